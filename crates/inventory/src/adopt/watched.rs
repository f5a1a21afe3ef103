//! A certificate of a machine at an instant: what may be said of its automation.

use notafter_cert::{Certificate, Span, Time};

use super::case::Case;
use super::fact::{Kept, Known, Run, RunResult, Trigger};
use super::habit::{self, Due};
use super::take_over;
use crate::threshold::Thresholds;

/// A case at an instant: what the rules about automations are told.
pub struct Watched<'a> {
    /// The case.
    pub case: &'a Case,
    /// The instant of judgement.
    pub now: Time,
    /// When time that is left becomes too little.
    pub thresholds: &'a Thresholds,
    /// Its habit as remembered, where its own history does not tell.
    pub habit_permille: Option<u16>,
}

/// A server that is being reloaded at this moment is not late yet.
const RELOADING: Span = Span::minutes(2);

impl Watched<'_> {
    /// Whether the file was written so lately that its server may be about to read it.
    #[must_use]
    pub fn may_be_reloading(&self) -> bool {
        self.case.written.is_some_and(|written| self.now.since(written) < RELOADING)
    }

    /// When its renewal is due, and when it is late.
    #[must_use]
    pub fn due(&self) -> Option<Due> {
        habit::due(self.case, self.habit_permille)
    }

    /// The runs since the last one that went well, oldest first: all of them failed.
    #[must_use]
    pub fn failures(&self) -> Vec<&Run> {
        let concerns = |run: &&Run| run.failed.is_empty() || run.failed.contains(&self.case.name);
        let mut failures: Vec<&Run> = self
            .case
            .runs
            .iter()
            .rev()
            .take_while(|run| run.result != RunResult::Succeeded && concerns(run))
            .filter(|run| run.result == RunResult::Failed)
            .collect();
        failures.reverse();
        // What was renewed after the last failure is mended, whatever the log says; logs count whole seconds.
        let renewed = self.case.written.or(self.case.newest.as_ref().map(Certificate::not_before));
        failures.retain(|run| renewed.is_none_or(|renewed| renewed.unix_seconds() <= run.at.unix_seconds()));
        failures
    }

    /// Whether anything is alive that will start the renewal.
    #[must_use]
    pub fn alive(&self) -> Known {
        let case = self.case;
        if let Some(Kept { enabled: Known::No(why), .. }) = &case.kept {
            return Known::No(why.clone());
        }
        if case.triggers.is_empty() {
            return match &case.blind_to_triggers {
                Some(why) => Known::Unknown(why.clone()),
                None => Known::No("no timer or cron entry starts it".to_owned()),
            };
        }
        let states: Vec<Known> = case.triggers.iter().map(|trigger| self.fires(trigger)).collect();
        let first = |wanted: fn(&Known) -> bool| states.iter().find(|state| wanted(state)).cloned();
        first(|state| matches!(state, Known::Yes))
            .or_else(|| first(|state| matches!(state, Known::Unknown(_) | Known::Unasked)))
            .unwrap_or_else(|| Known::No(reasons(&case.triggers, &states)))
    }

    /// When its certificate ends, to be added to what is said of its automation.
    pub(crate) fn end(&self) -> String {
        self.case.newest.as_ref().map_or_else(String::new, |newest| {
            let left = newest.not_after().since(self.now);
            if left.is_negative() {
                format!("; expired {} ago", left.abs())
            } else {
                format!("; the certificate ends in {left}")
            }
        })
    }

    /// The command that lets notafter renew instead, to end a hint; nothing where that is known to fail.
    pub(crate) fn or_take_over(&self) -> String {
        match take_over::plan(self.case) {
            Ok(_) => format!(", or let notafter renew: `{}`", self.case.how_to_take_over()),
            Err(_) => String::new(),
        }
    }

    /// The same, and why notafter could not, where it cannot.
    pub(crate) fn or_take_over_or_why_not(&self) -> String {
        match take_over::plan(self.case) {
            Ok(_) => format!("{}.", self.or_take_over()),
            Err(obstacles) => {
                let why: Vec<String> = obstacles.iter().map(ToString::to_string).collect();
                format!(". It cannot be taken over: {}.", why.join("; "))
            }
        }
    }

    /// What is known of how it is started, as evidence.
    pub(crate) fn started(&self) -> serde_json::Value {
        let case = self.case;
        let triggers: Vec<&str> = case.triggers.iter().map(|trigger| trigger.name.as_str()).collect();
        serde_json::json!({
            "triggers": triggers,
            "last_run": case.runs.last().map(|run| run.at),
            "not_after": case.newest.as_ref().map(Certificate::not_after),
        })
    }

    /// A trigger that is switched on and has not fired for three of its pauses and a day does not fire.
    fn fires(&self, trigger: &Trigger) -> Known {
        match (&trigger.enabled, trigger.last, trigger.every) {
            (Known::Yes, Some(last), Some(every)) => {
                let silence = self.now.since(last);
                let patience = every + every + every + Span::days(1);
                if silence > patience {
                    Known::No(format!("it last fired {silence} ago, and should every {every}"))
                } else {
                    Known::Yes
                }
            }
            (state, _, _) => state.clone(),
        }
    }
}

fn reasons(triggers: &[Trigger], states: &[Known]) -> String {
    let reason = |(trigger, state): (&Trigger, &Known)| match state {
        Known::No(why) => Some(format!("{}: {why}", trigger.name)),
        _ => None,
    };
    triggers.iter().zip(states).filter_map(reason).collect::<Vec<_>>().join("; ")
}

//! Pings of other people's jobs (the protocol of healthchecks.io): what is expected, what came, and what that means.

use notafter_cert::{Span, Time};
use serde::{Deserialize, Serialize};

use super::LineageId;

/// Pings that are kept, newest last.
const KEPT: usize = 20;

/// Pings of one lineage within a minute; more are not taken.
pub const MOST_A_MINUTE: usize = 5;

/// How often pings are expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// Between two that say that all went well.
    pub every: Span,
    /// How late one may be, and how long a job may take that said that it begins.
    pub grace: Span,
}

/// What a ping says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "says", rename_all = "kebab-case")]
pub enum Says {
    /// The job went well.
    Success,
    /// The job begins.
    Start,
    /// The job failed; with the exit code of its program where that is what told so.
    Fail {
        /// 1 to 255.
        exit: Option<u8>,
    },
    /// Something for the record.
    Log,
}

impl Says {
    /// What stands behind the identity in a ping's address: nothing, `start`, `fail`, `log`, or an exit code.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        match text {
            "" => Some(Self::Success),
            "start" => Some(Self::Start),
            "fail" => Some(Self::Fail { exit: None }),
            "log" => Some(Self::Log),
            _ if text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                match text.parse().ok()? {
                    0 => Some(Self::Success),
                    exit => Some(Self::Fail { exit: Some(exit) }),
                }
            }
            _ => None,
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Success => "went well".to_owned(),
            Self::Start => "began".to_owned(),
            Self::Fail { exit: None } => "failed".to_owned(),
            Self::Fail { exit: Some(exit) } => format!("failed with exit code {exit}"),
            Self::Log => "wrote something".to_owned(),
        }
    }
}

/// One ping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {
    /// When.
    pub at: Time,
    /// What it says.
    #[serde(flatten)]
    pub says: Says,
    /// Which run it is of, where it says so (`rid`, a UUID): a job may run twice at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Where it came from.
    pub from: String,
    /// What its body said; foreign text, cut.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
}

impl Ping {
    /// When it came, what it says, and from where, on one line; what its body said is foreign text.
    #[must_use]
    pub fn for_people(&self) -> String {
        let body = crate::words::one_line(&self.body, 200);
        let body = if body.is_empty() { body } else { format!(": {body}") };
        format!("{} the job {}, from {}{body}", self.at.for_people(), self.says.words(), self.from)
    }
}

/// A run that began, and did not say yet how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// When.
    pub at: Time,
    /// Which, where it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

/// The pings of a lineage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pings {
    /// Whose.
    pub lineage_id: LineageId,
    /// How often its address was changed: the one with another number leads nowhere.
    pub generation: u32,
    /// Since when pings are expected; where none are, since when not.
    pub since: Time,
    /// Whether none are expected any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_rest: bool,
    /// The last that said that all went well.
    #[serde(default)]
    pub succeeded_at: Option<Time>,
    /// The first that failed since then.
    #[serde(default)]
    pub failing_since: Option<Time>,
    /// The last one that failed since then.
    #[serde(default)]
    pub last_failure: Option<Ping>,
    /// Runs that began since then, oldest first.
    #[serde(default)]
    pub begun: Vec<Begun>,
    /// The last ones, newest last.
    #[serde(default)]
    pub recent: Vec<Ping>,
}

impl Pings {
    /// Of a lineage that was never pinged.
    #[must_use]
    pub const fn new(lineage_id: LineageId, since: Time) -> Self {
        Self {
            lineage_id,
            generation: 0,
            since,
            at_rest: false,
            succeeded_at: None,
            failing_since: None,
            last_failure: None,
            begun: Vec::new(),
            recent: Vec::new(),
        }
    }

    /// Of the same address, and nothing of what came: none are expected until they are again.
    #[must_use]
    pub fn at_rest(&self, since: Time) -> Self {
        Self { generation: self.generation, at_rest: true, ..Self::new(self.lineage_id, since) }
    }

    /// Whether another one is taken at `now`. A clock that was ahead holds nothing back.
    #[must_use]
    pub fn takes_another(&self, now: Time) -> bool {
        let of_this_minute = |ping: &&Ping| ping.at <= now && now.since(ping.at) < Span::minutes(1);
        self.recent.iter().filter(of_this_minute).count() < MOST_A_MINUTE
    }

    /// With another ping.
    #[must_use]
    pub fn with(&self, ping: Ping) -> Self {
        let mut after = self.clone();
        match ping.says {
            Says::Success => {
                after.succeeded_at = Some(ping.at);
                (after.failing_since, after.last_failure) = (None, None);
                let began = after.begun.iter().find(|begun| begun.run == ping.run).map(|begun| begun.at);
                after.ended(ping.run.as_deref());
                // An earlier run that was killed says nothing any more: this one went well after it.
                after.begun.retain(|begun| began.is_none_or(|began| begun.at >= began));
            }
            Says::Fail { .. } => {
                after.failing_since = after.failing_since.or(Some(ping.at));
                after.last_failure = Some(ping.clone());
                after.ended(ping.run.as_deref());
            }
            Says::Start => {
                after.ended(ping.run.as_deref());
                after.begun.push(Begun { at: ping.at, run: ping.run.clone() });
                let surplus = after.begun.len().saturating_sub(KEPT);
                after.begun.drain(..surplus);
            }
            Says::Log => {}
        }
        after.recent.push(ping);
        let surplus = after.recent.len().saturating_sub(KEPT);
        after.recent.drain(..surplus);
        after
    }

    /// The end of a run; one that does not say which is the end of all.
    fn ended(&mut self, run: Option<&str>) {
        self.begun.retain(|begun| run.is_some() && begun.run.as_deref() != run);
    }

    /// When the next one that says that all went well is late.
    #[must_use]
    pub fn late_at(&self, expected: Expected) -> Time {
        self.succeeded_at.unwrap_or(self.since) + expected.every + expected.grace
    }

    /// The run that is due to say how it ended, and when it is late.
    #[must_use]
    pub fn unended(&self, expected: Expected) -> Option<(&Begun, Time)> {
        self.begun.first().map(|begun| (begun, begun.at + expected.grace))
    }

    /// The next instant after `now` at which time alone makes things worse.
    #[must_use]
    pub fn turns_at(&self, expected: Expected, now: Time) -> Option<Time> {
        let unended = self.unended(expected).map(|(_, at)| at);
        [Some(self.late_at(expected)), unended].into_iter().flatten().filter(|at| *at > now).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);
    const DAILY: Expected = Expected { every: Span::days(1), grace: Span::hours(1) };

    fn ping(minutes: i64, what: &str, run: Option<&str>) -> Ping {
        Ping {
            at: NOW + Span::minutes(minutes),
            says: Says::read(what).unwrap(),
            run: run.map(str::to_owned),
            from: "192.0.2.1".to_owned(),
            body: String::new(),
        }
    }

    #[test]
    fn what_stands_behind_the_identity_is_read_as_healthchecks_does() {
        for (text, says) in [
            ("", Some(Says::Success)),
            ("0", Some(Says::Success)),
            ("000", Some(Says::Success)),
            ("1", Some(Says::Fail { exit: Some(1) })),
            ("255", Some(Says::Fail { exit: Some(255) })),
            ("256", None),
            ("-1", None),
            ("+1", None),
            ("0000", None),
            ("start", Some(Says::Start)),
            ("fail", Some(Says::Fail { exit: None })),
            ("log", Some(Says::Log)),
            ("Start", None),
            ("stop", None),
        ] {
            assert_eq!(Says::read(text), says, "{text:?}");
        }
    }

    #[test]
    fn a_success_ends_what_failed_and_what_began() {
        let new = Pings::new(LineageId::from_bytes([1; 16]), NOW);
        assert_eq!(new.late_at(DAILY), NOW + Span::hours(25));
        let begun = new.with(ping(1, "start", None));
        assert_eq!(begun.unended(DAILY).unwrap().1, NOW + Span::minutes(61));
        assert_eq!(begun.turns_at(DAILY, NOW), Some(NOW + Span::minutes(61)));
        let failed = begun.with(ping(2, "7", None)).with(ping(3, "fail", None));
        assert_eq!((failed.failing_since, failed.begun.len()), (Some(NOW + Span::minutes(2)), 0));
        assert_eq!(failed.last_failure.as_ref().unwrap().says, Says::Fail { exit: None });
        let logged = failed.with(ping(4, "log", None));
        assert_eq!(logged.failing_since, failed.failing_since, "it is for the record alone");
        let long = (4..40).fold(failed.clone(), |pings, minute| pings.with(ping(minute, "log", None)));
        assert_eq!(long.last_failure, failed.last_failure, "however much is written after it");
        let well = logged.with(ping(5, "", None));
        assert_eq!((well.failing_since, well.succeeded_at), (None, Some(NOW + Span::minutes(5))));
        assert_eq!(well.turns_at(DAILY, NOW + Span::days(9)), None);
    }

    #[test]
    fn runs_that_overlap_end_one_by_one() {
        let new = Pings::new(LineageId::from_bytes([1; 16]), NOW);
        let both = new.with(ping(0, "start", Some("a"))).with(ping(1, "start", Some("b")));
        let one = both.with(ping(2, "0", Some("a")));
        assert_eq!(one.unended(DAILY).unwrap().0.run.as_deref(), Some("b"));
        assert_eq!(both.with(ping(2, "0", None)).begun, [], "one that does not say which run ended them all");
        let killed = both.with(ping(3, "start", Some("c"))).with(ping(4, "0", Some("c")));
        assert_eq!(killed.begun, [], "what began before a run that went well, and was killed, is over");
        assert_eq!(both.with(ping(2, "0", Some("z"))).begun, both.begun, "when that one began is not known");
    }

    #[test]
    fn a_flood_is_not_taken_and_the_record_stays_short() {
        let mut pings = Pings::new(LineageId::from_bytes([1; 16]), NOW);
        for _ in 0..MOST_A_MINUTE {
            assert!(pings.takes_another(NOW));
            pings = pings.with(ping(0, "start", None));
        }
        assert!(!pings.takes_another(NOW + Span::seconds(59)) && pings.takes_another(NOW + Span::minutes(1)));
        for minute in 0..100 {
            pings = pings.with(ping(minute, "start", Some(&minute.to_string())));
        }
        assert_eq!((pings.recent.len(), pings.begun.len()), (KEPT, KEPT));
        assert!(pings.takes_another(NOW), "those of a clock that was ahead hold nothing back");
    }

    #[test]
    fn a_record_reads_back() {
        let pings = Pings::new(LineageId::from_bytes([1; 16]), NOW).with(ping(1, "7", Some("a")));
        let text = serde_json::to_string(&pings).unwrap();
        assert_eq!(serde_json::from_str::<Pings>(&text).unwrap(), pings, "{text}");
    }
}

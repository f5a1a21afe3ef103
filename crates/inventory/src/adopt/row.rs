//! What a person sees of a case.

use std::net::SocketAddr;

use notafter_cert::{Certificate, Fingerprint, Identifier, Span, Time};
use notafter_tls::{Resolution, Target};
use serde::Serialize;

use super::case::{Agreement, Case, Seen};
use super::fact::{Known, Run, RunResult, Trigger, TriggerKind};
use super::ours::{Ours, Tie};
use super::take_over;
use super::watched::Watched;
use crate::check::{Judge, Look};
use crate::model::{Renewer, Severity, Subject, Violation};
use crate::rule::{self, Mark};

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The lineage's name.
    pub name: String,
    /// The worst of what is served, of the automation, and of what will come of it.
    pub severity: Severity,
    /// What is on disk.
    pub disk: Disk,
    /// What is served, address by address.
    pub served: Vec<Served>,
    /// Who renews it.
    pub renewer: RenewedBy,
    /// The lineage of notafter's own that renews it.
    pub ours: Option<Planned>,
    /// Whether that is alive.
    pub automation: Alive,
    /// Whether the certificate will be replaced in time.
    pub outlook: Outlook,
    /// What is wrong.
    pub violations: Vec<Violation>,
    /// Why notafter could not take it over, one line each; empty when it could.
    pub obstacles: Vec<String>,
    /// The next command to type.
    pub next: Option<String>,
}

/// Who renews a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RenewedBy {
    /// notafter does.
    Notafter,
    /// Somebody else, or nobody that is known.
    #[serde(untagged)]
    Other(Renewer),
}

/// What notafter will do with a lineage of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// Its name.
    pub lineage: String,
    /// When it is renewed next; `None` when that cannot be decided.
    pub next_renewal: Option<Time>,
    /// Why then, or why that is not known.
    pub why: String,
}

/// What is on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Disk {
    /// The chain file.
    pub chain_file: String,
    /// The key file.
    pub key_file: Option<String>,
    /// Whether every key that is used with it is its own; unasked where no key is known.
    pub key_fits: Known,
    /// The leaf; `None` when the file cannot be read.
    pub leaf: Option<Leaf>,
    /// Why not.
    pub unread: Option<String>,
}

/// A leaf's facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Leaf {
    /// Its identity.
    pub fingerprint: Fingerprint,
    /// Its names.
    pub identifiers: Vec<Identifier>,
    /// Who issued it.
    pub issuer: String,
    /// First instant.
    pub not_before: Time,
    /// Last instant.
    pub not_after: Time,
}

impl Leaf {
    fn of(certificate: &Certificate) -> Self {
        Self {
            fingerprint: certificate.fingerprint(),
            identifiers: certificate.names().to_vec(),
            issuer: certificate.issuer().to_owned(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
        }
    }
}

/// What one address serves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Served {
    /// What was asked for.
    pub target: Target,
    /// Where.
    pub address: SocketAddr,
    /// The leaf; `None` when none was seen.
    pub leaf: Option<Leaf>,
    /// Why not.
    pub failed: Option<String>,
    /// Compared with the newest on disk.
    pub agreement: Agreement,
    /// The file that another server of that name reads, where this is what it serves: judged in that row.
    pub read_from: Option<String>,
    /// Nothing but its looks says that it is an earlier certificate of this row: the same names, the same issuer.
    pub by_its_looks: bool,
    /// What is wrong with what is served, as `check` judges it; the worst first.
    pub violations: Vec<Violation>,
    /// What is to be asked for next time: a listener without a name by a name of its certificate.
    #[serde(skip)]
    pub by_name: Target,
}

/// The state of an automation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alive {
    /// Whether something will start it.
    pub alive: Known,
    /// What starts it, as found.
    pub triggers: Vec<String>,
    /// When it last ran.
    pub last_run: Option<Time>,
    /// How that ended for this certificate.
    pub last_result: Option<RunResult>,
    /// In its own words.
    pub last_detail: Option<String>,
    /// When the next renewal is due, by what it is known, and when it is late.
    pub due: Option<super::Due>,
}

/// Whether it will survive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outlook", rename_all = "kebab-case")]
pub enum Outlook {
    /// It is expected to be replaced in time.
    Renews {
        /// When that is expected.
        at: Time,
    },
    /// It will not survive this instant, unless somebody acts.
    Ends {
        /// When.
        at: Time,
        /// Why.
        why: String,
    },
    /// It is over.
    Over {
        /// Since when.
        at: Time,
    },
    /// Nothing that was looked at has a use for it: its end is nobody's trouble.
    Unused {
        /// When it ends.
        at: Time,
    },
    /// That cannot be told.
    Unknown {
        /// Why.
        why: String,
    },
}

/// The row of a case; what is served is judged by `judge`.
#[must_use]
pub fn row(watched: &Watched<'_>, judge: &Judge) -> Row {
    let case = watched.case;
    let served = served(watched, judge);
    let violations = rule::judge_automation(watched, &Subject::Named(case.name.clone()));
    let last = case.runs.last();
    let obstacles = match take_over::plan(case) {
        Ok(_) => Vec::new(),
        Err(obstacles) => obstacles.iter().map(ToString::to_string).collect(),
    };
    let outlook = outlook(watched, &violations);
    Row {
        name: case.name.clone(),
        severity: worst(
            watched,
            &outlook,
            violations.iter().chain(served.iter().flat_map(|it| &it.violations)),
        ),
        disk: Disk {
            chain_file: case.chain_file.clone(),
            key_file: case.key_file.clone(),
            key_fits: case.key_fits(),
            leaf: case.newest.as_ref().map(Leaf::of),
            unread: case.unread.clone(),
        },
        next: next(case, &violations, &served, obstacles.is_empty()),
        served,
        renewer: case.ours().map_or(RenewedBy::Other(case.renewer), |_| RenewedBy::Notafter),
        ours: case.ours().map(|ours| Planned {
            lineage: ours.lineage.clone(),
            next_renewal: ours.next_renewal,
            why: ours.why.clone(),
        }),
        automation: Alive {
            alive: match (case.ours(), case.renewer) {
                (Some(ours), _) => ours.alive.clone(),
                (None, Renewer::Unknown) => match &case.blind_to_renewers {
                    Some(blind) => Known::Unknown(blind.why.clone()),
                    None => Known::No("nobody is known to renew it".to_owned()),
                },
                (None, _) => watched.alive(),
            },
            triggers: case.triggers.iter().map(|it| format!("{} ({})", it.name, it.schedule)).collect(),
            last_run: last.map(|run| run.at),
            last_result: last.map(|run| ended(case, run).0),
            last_detail: last.map(|run| ended(case, run).1),
            due: if case.ours().is_some() { None } else { watched.due() },
        },
        outlook,
        obstacles,
        violations,
    }
}

/// How a run ended for this certificate, in words: one that failed for others alone went well.
fn ended(case: &Case, run: &Run) -> (RunResult, String) {
    let others_alone = !run.failed.is_empty() && !run.failed.contains(&case.name);
    match run.result {
        RunResult::Failed if others_alone => {
            (RunResult::Succeeded, format!("it failed for {} alone", run.failed.join(", ")))
        }
        result => (result, run.detail.clone()),
    }
}

fn served(watched: &Watched<'_>, judge: &Judge) -> Vec<Served> {
    let case = watched.case;
    case.seen
        .iter()
        .map(|seen| Served {
            target: seen.target.clone(),
            address: seen.address,
            leaf: seen.leaf.as_ref().ok().map(Leaf::of),
            failed: seen.leaf.as_ref().err().cloned(),
            agreement: seen.agreement(case.newest.as_ref()),
            read_from: seen.read_from.clone(),
            by_its_looks: seen.by_its_looks,
            by_name: seen.watched(),
            violations: match &seen.read_from {
                None => judged(seen, judge, watched.now),
                Some(_) => vec![],
            },
        })
        .collect()
}

/// As `check` judges that address. A port that was asked without a name was asked for none.
fn judged(seen: &Seen, judge: &Judge, now: Time) -> Vec<Violation> {
    let known = Resolution::known(vec![seen.address]);
    let look = Look::at(seen.target.clone(), Ok(known), vec![seen.observation.clone()]);
    let asked_for_none = matches!(look.expected, Identifier::Ip(_))
        && seen.leaf.as_ref().is_ok_and(|leaf| !leaf.names().is_empty());
    let findings = judge.look(&look, now).findings.into_iter().map(|found| found.violation);
    findings.filter(|found| !(asked_for_none && found.is_marked(Mark::ByName))).collect()
}

/// What will not survive is never well: the nearer its end, the worse.
fn worst<'a>(
    watched: &Watched<'_>,
    outlook: &Outlook,
    violations: impl Iterator<Item = &'a Violation>,
) -> Severity {
    let by_outlook = match outlook {
        Outlook::Over { .. } => Severity::Critical,
        Outlook::Unknown { .. } => Severity::Unknown,
        Outlook::Renews { .. } | Outlook::Unused { .. } => Severity::Ok,
        Outlook::Ends { at, .. } => {
            let served = watched.case.seen.iter().find_map(|seen| seen.leaf.as_ref().ok());
            let lifetime = watched.case.newest.as_ref().or(served).map_or(Span::ZERO, Certificate::lifetime);
            watched.thresholds.leaf(lifetime).severity(at.since(watched.now)).max(Severity::Warning)
        }
    };
    violations.map(|violation| violation.severity).max().unwrap_or(Severity::Ok).max(by_outlook)
}

fn outlook(watched: &Watched<'_>, violations: &[Violation]) -> Outlook {
    let case = watched.case;
    let Some(newest) = &case.newest else {
        return match (case.ours(), without_file(watched)) {
            (None, outlook) | (_, outlook @ Outlook::Over { .. }) => outlook,
            (Some(ours), _) => planned(ours, watched),
        };
    };
    // The first certificate that anybody will see end: an earlier one that is still served, or the newest.
    let earlier = case.seen.iter().filter(|seen| seen.agreement(Some(newest)) == Agreement::Earlier);
    let served_end = earlier.filter_map(|seen| Some(seen.leaf.as_ref().ok()?.not_after())).min();
    if let Some(at) = served_end.filter(|_| !watched.may_be_reloading()) {
        let why = "renewed on disk, but the server was never told".to_owned();
        return if at < watched.now { Outlook::Over { at } } else { Outlook::Ends { at, why } };
    }
    let at = newest.not_after();
    if case.is_idle() {
        return Outlook::Unused { at };
    }
    if at < watched.now {
        return Outlook::Over { at };
    }
    match &case.tie {
        Some(Tie::Renewed(ours)) => return planned(ours, watched),
        Some(Tie::Copied { lineage }) => {
            let why = format!("notafter renews the same as {lineage}, but writes no next one to this file");
            return Outlook::Ends { at, why };
        }
        None if case.renewer == Renewer::Unknown => return nobody_known(case, at),
        None => {}
    }
    if let Some(broken) = violations.iter().find(|it| it.severity >= Severity::Warning) {
        let why = rule::find(&broken.code).map_or(broken.text.as_str(), |rule| rule.meta.title);
        return Outlook::Ends { at, why: why.to_owned() };
    }
    match (watched.alive(), watched.due()) {
        (Known::Yes, Some(due)) => Outlook::Renews { at: due.at },
        (Known::Unknown(why), _) => Outlook::Unknown { why },
        _ => Outlook::Unknown { why: "whether anything renews it is not known".to_owned() },
    }
}

/// What we renew is renewed as planned, where what we have is here and a server is there to do it.
fn planned(ours: &Ours, watched: &Watched<'_>) -> Outlook {
    let name = &ours.lineage;
    let Some(at) = ours.next_renewal else { return Outlook::Unknown { why: ours.why.clone() } };
    if !ours.is_current(watched.case) {
        return Outlook::Unknown {
            why: format!("the certificate that notafter has for {name} is not in place here"),
        };
    }
    match &ours.alive {
        Known::Yes => Outlook::Renews { at },
        Known::No(why) | Known::Unknown(why) => {
            Outlook::Unknown { why: format!("its renewal is planned for {}, but {why}", at.for_people()) }
        }
        Known::Unasked => Outlook::Unknown { why: "whether a server runs is not known".to_owned() },
    }
}

/// It ends, unless somebody was overlooked.
fn nobody_known(case: &Case, at: Time) -> Outlook {
    match &case.blind_to_renewers {
        Some(blind) => Outlook::Unknown { why: blind.why.clone() },
        None => Outlook::Ends { at, why: "nobody is known to renew it".to_owned() },
    }
}

/// What was only seen on the wire ends when it ends: who renews it is not known.
fn without_file(watched: &Watched<'_>) -> Outlook {
    let case = watched.case;
    let served =
        case.seen.iter().filter_map(|seen| seen.leaf.as_ref().ok()).map(Certificate::not_after).min();
    match served {
        Some(at) if at < watched.now => Outlook::Over { at },
        Some(at) if case.chain_file.is_empty() => nobody_known(case, at),
        _ => Outlook::Unknown { why: case.unread.clone().unwrap_or_default() },
    }
}

/// The most urgent thing first: mend what is broken, else let it be watched.
fn next(case: &Case, violations: &[Violation], served: &[Served], takeable: bool) -> Option<String> {
    let has = |code: &str| violations.iter().any(|violation| violation.code == code);
    if has("automation.key-mismatch") {
        // A server that is reloaded now refuses the pair.
        // What names another certificate's key is not mended by a new pair.
        let wrong = |used| case.line_of_wrong_key(used).map(|line| (line, used.key.as_str()));
        if let Some((line, key)) = case.key_uses.iter().find_map(wrong) {
            return Some(format!("correct {line}, which names the key {key}"));
        }
        let explain = || "notafter explain automation.key-mismatch".to_owned();
        return Some(case.how_to_get_a_pair().unwrap_or_else(explain));
    }
    if has("automation.not-reloaded") {
        return Some(case.how_to_reload());
    }
    if let Some(ours) = case.ours() {
        return ours_next(case, ours);
    }
    if takeable && !violations.is_empty() {
        return Some(case.how_to_take_over());
    }
    if let (true, Some(timer)) = (has("automation.dead"), timer_to_enable(case)) {
        return Some(format!("systemctl enable --now {}", timer.name));
    }
    if violations.is_empty()
        && let Some(amiss) = worst_served(case, served)
        && amiss.severity() > Severity::Ok
    {
        return Some(amiss.check());
    }
    if case.is_idle() {
        return None;
    }
    if case.blind_to_renewers.as_ref().is_some_and(|blind| blind.as_root) {
        return Some("sudo notafter adopt".to_owned());
    }
    if case.renewer == Renewer::Unknown && served.is_empty() {
        // Nobody renews it and nothing serves it: there is nothing to watch.
        return case.newest.as_ref().map(|_| check_file(&case.chain_file));
    }
    Some("notafter adopt --watch".to_owned())
}

/// `notafter check` opens no PKCS#12 file: its certificates are taken out first, with its password.
fn check_file(file: &str) -> String {
    if ![".p12", ".pfx"].iter().any(|ending| file.ends_with(ending)) {
        return format!("notafter check {file}");
    }
    let name =
        file.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("store", |(name, _)| name);
    format!("notafter convert {file} --only fullchain --out {name}.pem && notafter check {name}.pem")
}

/// Of several that are as bad, the one that people ask for: by name, at the usual port, where a server is set up for it;
/// then the first.
fn worst_served<'a>(case: &Case, served: &'a [Served]) -> Option<&'a Served> {
    let is_set_up = |address: &SocketAddr| {
        case.sites.iter().flat_map(|site| &site.listens).any(|listen| listen.port() == address.port())
    };
    let standing = |it: &Served| {
        let is_named = matches!(it.target.host, Identifier::Dns(_));
        (it.severity(), is_named, it.target.port == 443, is_set_up(&it.address))
    };
    served.iter().rev().max_by_key(|it| standing(it))
}

/// Nothing enables a timer where no systemd is there to fire it.
fn timer_to_enable(case: &Case) -> Option<&Trigger> {
    let timer = case.triggers.first().filter(|it| it.kind == TriggerKind::Timer)?;
    (!matches!(case.systemd_runs, Known::No(_))).then_some(timer)
}

impl Served {
    fn severity(&self) -> Severity {
        self.violations.iter().map(|violation| violation.severity).max().unwrap_or(Severity::Ok)
    }

    /// The command that tells all of it.
    fn check(&self) -> String {
        let sni = self.by_name.sni.as_ref().map(|sni| format!(" --sni {sni}")).unwrap_or_default();
        format!("notafter check {}{sni}", self.by_name)
    }
}

/// What goes its way needs nobody.
fn ours_next(case: &Case, ours: &Ours) -> Option<String> {
    match &ours.alive {
        Known::Yes => {}
        Known::No(_) => return Some("notafter serve".to_owned()),
        Known::Unknown(_) | Known::Unasked => return Some("notafter doctor".to_owned()),
    }
    let well = ours.failures == 0 && ours.next_renewal.is_some() && ours.is_current(case);
    (!well).then(|| format!("notafter status {}", ours.lineage))
}

//! What ends when, and what is renewed when, as entries of a calendar.

mod ical;

use std::collections::BTreeSet;

use notafter_cert::{Certificate, Fingerprint, Identifier, Span, Time};

use crate::model::{EndpointId, Lineage, Mode, Renewer, Token, Version};
use crate::plan::renew::RenewPlan;

pub use ical::written;

/// A calendar shows at most so many entries, those that come first: no program of a person shows more, and some give up.
pub const MOST: usize = 5000;

/// So many names stand in an entry; the rest are counted.
const NAMES: usize = 20;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The same for as long as it is the same thing that happens; the world over no other has it (RFC 7986 section 5.3).
    pub uid: String,
    /// What happens.
    pub kind: Kind,
    /// When, or from when.
    pub from: Time,
    /// Until when, where it happens at an instant within some time.
    pub until: Option<Time>,
    /// Since when it is known as it stands here.
    pub revised: Time,
    /// In a few words.
    pub summary: String,
    /// In full, line by line.
    pub description: Vec<String>,
    /// The page about it, below the address of the pages.
    pub page: Option<String>,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something ends, whatever anybody does.
    End,
    /// Something is planned, and moves when the plan does.
    Renewal,
}

/// The end of a lineage's certificate, and its next renewal as far as that is known.
#[must_use]
pub fn of_lineage(lineage: &Lineage, version: Option<&Version>, plan: Option<&RenewPlan>) -> Vec<Entry> {
    let end = version.map(|version| end(lineage, version, plan));
    let renewal = match (&lineage.mode, plan, version) {
        (Mode::Managed(_), Some(plan), _) => Some(planned(lineage, version, plan)),
        (Mode::WatchOnly(automation), _, Some(version)) => {
            automation.habit_permille.and_then(|permille| by_habit(lineage, version, permille))
        }
        _ => None,
    };
    end.into_iter().chain(renewal).collect()
}

fn end(lineage: &Lineage, version: &Version, plan: Option<&RenewPlan>) -> Entry {
    let identifiers = match &lineage.mode {
        Mode::Managed(spec) => &spec.identifiers,
        Mode::WatchOnly(automation) => &automation.identifiers,
    };
    let is_in_time = plan.is_some_and(|plan| plan.action.not_before < version.not_after);
    let who = match (&lineage.mode, renewer(&lineage.mode)) {
        (Mode::Managed(_), _) if !lineage.renewal.failures.is_empty() => {
            "notafter tries to renew it, and has failed so far.".to_owned()
        }
        (Mode::Managed(_), _) if is_in_time => "notafter plans to renew it before then.".to_owned(),
        (Mode::Managed(_), _) => "notafter renews it; when is not known.".to_owned(),
        (Mode::WatchOnly(_), Some(name)) => format!("{name} has renewed it so far."),
        (Mode::WatchOnly(_), None) => "Nobody is known to renew it.".to_owned(),
    };
    Entry {
        uid: format!("{}-end", lineage.id),
        kind: Kind::End,
        from: version.not_after,
        until: None,
        revised: version.obtained_at,
        summary: format!("{}: certificate ends", lineage.name),
        description: vec![who, names(identifiers), sha256(version.fingerprint)],
        page: Some(page_of(lineage)),
    }
}

fn planned(lineage: &Lineage, version: Option<&Version>, plan: &RenewPlan) -> Entry {
    let at = plan.action.not_before;
    let window = lineage.renewal.ari.as_ref().filter(|window| {
        version.is_some_and(|version| window.version == version.id) && window.start <= at && at < window.end
    });
    let mut description = vec![format!("notafter renews it at {}: {}.", at.for_people(), plan.action.why)];
    description.extend(
        plan.holds.iter().map(|hold| format!("It waits until {}: {}.", hold.until.for_people(), hold.text)),
    );
    let known = [
        version.map(|version| version.obtained_at),
        lineage.renewal.failures.last().map(|failure| failure.at),
        lineage.renewal.forced_at,
        lineage.renewal.rolled_back.as_ref().map(|back| back.at),
    ];
    Entry {
        uid: format!("{}-renewal", lineage.id),
        kind: Kind::Renewal,
        from: window.map_or(at, |window| window.start),
        until: window.map(|window| window.end),
        revised: known.into_iter().flatten().max().unwrap_or_else(|| lineage.id.made_at()),
        summary: format!("{}: renewal", lineage.name),
        description,
        page: Some(page_of(lineage)),
    }
}

/// When somebody else's automation renews, as it did before.
fn by_habit(lineage: &Lineage, version: &Version, permille: u16) -> Option<Entry> {
    let name = renewer(&lineage.mode)?;
    let percent = permille / 10;
    Some(Entry {
        uid: format!("{}-renewal", lineage.id),
        kind: Kind::Renewal,
        from: version.not_before + version.lifetime().share(i64::from(permille), 1000),
        until: None,
        revised: version.obtained_at,
        summary: format!("{}: renewal by {name}", lineage.name),
        description: vec![format!("{name} renewed it after {percent} % of the lifetime so far.")],
        page: Some(page_of(lineage)),
    })
}

fn renewer(mode: &Mode) -> Option<&'static str> {
    match mode {
        Mode::Managed(_) => Some("notafter"),
        Mode::WatchOnly(automation) => match automation.renewer {
            Renewer::Certbot => Some("certbot"),
            Renewer::Lego => Some("lego"),
            Renewer::AcmeSh => Some("acme.sh"),
            Renewer::Unknown => None,
        },
    }
}

fn page_of(lineage: &Lineage) -> String {
    format!("/lineages/{}", lineage.id)
}

/// A certificate that endpoints serve and that is no lineage's present one.
#[derive(Clone, Debug)]
pub struct Served {
    fingerprint: Fingerprint,
    not_after: Time,
    names: Vec<Identifier>,
    since: Time,
    first: EndpointId,
    endpoints: BTreeSet<String>,
    /// Endpoints beyond those that are named.
    more: usize,
    /// Lineages that are installed there, and have another certificate by now.
    superseded_by: BTreeSet<String>,
}

impl Served {
    /// One endpoint serves it, and has since this instant.
    #[must_use]
    pub fn by(leaf: &Certificate, endpoint: EndpointId, since: Time) -> Self {
        Self {
            fingerprint: leaf.fingerprint(),
            not_after: leaf.not_after(),
            names: leaf.names().to_vec(),
            since,
            first: endpoint,
            endpoints: BTreeSet::new(),
            more: 0,
            superseded_by: BTreeSet::new(),
        }
    }

    /// An endpoint of this name serves it, too; a lineage that is installed there has another certificate.
    pub fn also(&mut self, endpoint: String, since: Time, lineage: Option<&str>) {
        self.since = self.since.min(since);
        self.superseded_by.extend(lineage.map(str::to_owned));
        if self.endpoints.len() < NAMES {
            self.endpoints.insert(endpoint);
        } else {
            self.more += 1;
        }
    }

    /// Its end.
    #[must_use]
    pub fn entry(&self) -> Entry {
        let all = self.endpoints.len() + self.more;
        let summary = match (self.endpoints.first(), all) {
            (Some(only), 1) => format!("{only}: certificate ends"),
            (Some(first), _) => format!("{first} and {} more: certificate ends", all - 1),
            (None, _) => "certificate ends".to_owned(),
        };
        let who = match self.superseded_by.is_empty() {
            true => "No lineage in this calendar renews it.".to_owned(),
            false => {
                let lineages: Vec<&str> = self.superseded_by.iter().map(String::as_str).collect();
                format!("It is served still, although there is a newer one: {}.", lineages.join(", "))
            }
        };
        let mut served: Vec<&str> = self.endpoints.iter().map(String::as_str).collect();
        let more = format!("{} more", self.more);
        if self.more > 0 {
            served.push(&more);
        }
        let served = format!("Served by {}", served.join(", "));
        Entry {
            uid: format!("{}-end", self.fingerprint),
            kind: Kind::End,
            from: self.not_after,
            until: None,
            revised: self.since,
            summary,
            description: vec![who, served, names(&self.names), sha256(self.fingerprint)],
            page: Some(format!("/endpoints/{}", self.first)),
        }
    }
}

/// The end of the link or token that a calendar is fetched with: from then on it would stay as it is, without a word.
#[must_use]
pub fn of_token(token: &Token) -> Entry {
    Entry {
        uid: format!("{}-end", token.id),
        kind: Kind::End,
        from: token.until,
        until: None,
        revised: token.from,
        summary: "notafter: this calendar's link ends".to_owned(),
        description: vec![
            format!("The calendar cannot be fetched with {} any more then.", token.name),
            "Make another link on the page of your account, or a token: notafter token make NAME --role calendar"
                .to_owned(),
        ],
        page: Some("/account".to_owned()),
    }
}

/// Those that come first from a while before `now` on, in order, and how many are left out: what ended long ago comes last.
#[must_use]
pub fn soonest(mut entries: Vec<Entry>, now: Time) -> (Vec<Entry>, usize) {
    let is_past = |entry: &Entry| entry.until.unwrap_or(entry.from) < now - Span::days(30);
    entries.sort_by(|one, other| {
        (is_past(one), one.from, &one.uid).cmp(&(is_past(other), other.from, &other.uid))
    });
    let left_out = entries.len().saturating_sub(MOST);
    entries.truncate(MOST);
    (entries, left_out)
}

fn names(identifiers: &[Identifier]) -> String {
    let mut shown: Vec<String> = identifiers.iter().take(NAMES).map(ToString::to_string).collect();
    if identifiers.len() > NAMES {
        shown.push(format!("{} more", identifiers.len() - NAMES));
    }
    match shown.is_empty() {
        true => "It carries no name.".to_owned(),
        false => format!("Names: {}", shown.join(", ")),
    }
}

fn sha256(fingerprint: Fingerprint) -> String {
    format!("SHA-256: {fingerprint}")
}

#[cfg(test)]
mod tests;

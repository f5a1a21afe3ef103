//! What the anchors of named clients make of a chain, as it is told.

use std::collections::BTreeMap;

use notafter_cert::path::stores::{ABSENT, StoreVerdict};
use notafter_cert::path::{Cliff, Ending, Horizon, Verdict};
use notafter_cert::{Fingerprint, Time};
use serde::Serialize;

/// One client, and whether a usable path leads to its anchors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoreSummary {
    /// The word for programs; none where no package carries its anchors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'static str>,
    /// Whose anchors they are.
    pub client: &'static str,
    /// The day that they are of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<&'static str>,
    /// The package that carries them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
    /// `valid`, `invalid` or `unknown`.
    pub verdict: &'static str,
    /// Why not, or why nobody can tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The anchor that the path leads to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anchor: Option<Fingerprint>,
    /// Until when a usable path exists.
    #[serde(flatten)]
    pub horizon: Option<HorizonSummary>,
}

/// Until when a usable path exists, and what ends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HorizonSummary {
    /// Its last second.
    pub usable_until: Time,
    /// What ends then.
    pub ends_by: EndingSummary,
    /// Paths that end before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cliffs: Vec<CliffSummary>,
}

/// A certificate that ends a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EndingSummary {
    /// `leaf`, `intermediate`, `cross-sign` or `root`.
    pub role: &'static str,
    /// The certificate.
    pub fingerprint: Fingerprint,
    /// In words.
    pub text: String,
}

/// The end of one path where others go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CliffSummary {
    /// Its last second.
    pub until: Time,
    /// What ends then.
    pub ends_by: EndingSummary,
    /// What people call the anchor that it leads to.
    pub anchor: String,
    /// What people call the anchor of the path that lasts longest.
    pub then: String,
}

impl StoreSummary {
    /// Of the verdicts on one chain, with the clients of which nothing is known behind them; nothing where no client's
    /// anchors lead to it: it is not a public one.
    #[must_use]
    pub fn all(verdicts: &[StoreVerdict]) -> Vec<Self> {
        if verdicts.iter().all(|said| said.verdict == Verdict::Invalid) {
            return Vec::new();
        }
        let absent = ABSENT.iter().map(|absent| Self {
            id: None,
            client: absent.client,
            date: None,
            source: None,
            verdict: Verdict::Unknown.name(),
            why: Some(absent.why.to_owned()),
            anchor: None,
            horizon: None,
        });
        verdicts.iter().map(Self::of).chain(absent).collect()
    }

    fn of(said: &StoreVerdict) -> Self {
        let anchor = said.anchor.as_ref().filter(|_| said.verdict == Verdict::Valid);
        Self {
            id: Some(said.store.id),
            client: said.store.client,
            date: Some(said.store.date),
            source: Some(said.store.source),
            verdict: said.verdict.name(),
            why: said.why.clone(),
            anchor: anchor.map(notafter_cert::Certificate::fingerprint),
            horizon: said.horizon.as_ref().map(HorizonSummary::of),
        }
    }

    /// `Android 7.0 (2016-09-01)`.
    #[must_use]
    pub fn shown(&self) -> String {
        self.date.map_or_else(|| self.client.to_owned(), |date| format!("{} ({date})", self.client))
    }

    fn is_valid(&self) -> bool {
        self.verdict == Verdict::Valid.name()
    }
}

impl HorizonSummary {
    /// Of a horizon.
    #[must_use]
    pub fn of(horizon: &Horizon) -> Self {
        Self {
            usable_until: horizon.until,
            ends_by: EndingSummary::of(&horizon.ending),
            cliffs: horizon.cliffs.iter().map(CliffSummary::of).collect(),
        }
    }
}

impl EndingSummary {
    fn of(ending: &Ending) -> Self {
        let fingerprint = ending.certificate.fingerprint();
        Self { role: ending.role.name(), fingerprint, text: ending.told() }
    }
}

impl CliffSummary {
    fn of(cliff: &Cliff) -> Self {
        Self {
            until: cliff.until,
            ends_by: EndingSummary::of(&cliff.ending),
            anchor: cliff.anchor.shown_name(),
            then: cliff.then.shown_name(),
        }
    }
}

/// What differs between clients, in lines; nothing where no client of the list has a path: the chain is not a public one.
#[must_use]
pub fn differences(stores: &[StoreSummary], leaf_ends: Time, at: Time) -> Vec<String> {
    let known = || stores.iter().filter(|store| store.id.is_some());
    let valid = known().filter(|store| store.is_valid()).count();
    if valid == 0 {
        return Vec::new();
    }
    let mut lines = Vec::new();
    for (verdict, words) in [(Verdict::Invalid, "fails in"), (Verdict::Unknown, "cannot be told for")] {
        let of_verdict = known().filter(|store| store.verdict == verdict.name());
        for (why, clients) in grouped(of_verdict, |store| store.why.clone().unwrap_or_default()) {
            lines.push(format!("{words} {}: {why}", clients.join(", ")));
        }
    }
    let early = known()
        .filter(|store| store.horizon.as_ref().is_some_and(|horizon| horizon.usable_until < leaf_ends));
    let end = |store: &StoreSummary| {
        let told = |horizon: &HorizonSummary| {
            format!("{}, when {} ends", horizon.usable_until.with_distance(at), horizon.ends_by.text)
        };
        store.horizon.as_ref().map(told).unwrap_or_default()
    };
    for (end, clients) in grouped(early, end) {
        lines.push(format!("lasts in {} only until {end}", clients.join(", ")));
    }
    if !lines.is_empty() {
        lines.insert(
            0,
            format!("usable in {valid} of {} clients whose anchors are known (-v: each)", known().count()),
        );
    }
    lines
}

/// Every client in a line of its own.
#[must_use]
pub fn every(stores: &[StoreSummary], at: Time) -> Vec<String> {
    let line = |store: &StoreSummary| {
        let mut said = store.verdict.to_owned();
        if let Some(horizon) = &store.horizon {
            let (until, by) = (horizon.usable_until.with_distance(at), &horizon.ends_by.text);
            said.push_str(&match horizon.ends_by.role {
                "leaf" => " as long as the certificate itself".to_owned(),
                _ => format!(" until {until}, the end of {by}"),
            });
            for cliff in &horizon.cliffs {
                let (anchor, until, by) = (&cliff.anchor, cliff.until.for_people(), &cliff.ends_by.text);
                said.push_str(&format!("; under {anchor} until {until}, the end of {by}"));
            }
        }
        let why = store.why.as_ref().map(|why| format!(", {why}")).unwrap_or_default();
        let source = store.source.map(|source| format!(" [{source}]")).unwrap_or_default();
        format!("{}: {said}{why}{source}", store.shown())
    };
    stores.iter().map(line).collect()
}

/// Clients by what is said of them, in their order.
fn grouped<'a>(
    stores: impl Iterator<Item = &'a StoreSummary>,
    said: impl Fn(&StoreSummary) -> String,
) -> Vec<(String, Vec<String>)> {
    let mut order: BTreeMap<String, usize> = BTreeMap::new();
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for store in stores {
        let said = said(store);
        let place = *order.entry(said.clone()).or_insert(groups.len());
        if place == groups.len() {
            groups.push((said, Vec::new()));
        }
        groups[place].1.push(store.shown());
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn store(id: &'static str, client: &'static str, date: &'static str) -> StoreSummary {
        StoreSummary {
            id: Some(id),
            client,
            date: Some(date),
            source: Some("PyPI x 1.0"),
            verdict: "valid",
            why: None,
            anchor: None,
            horizon: None,
        }
    }

    fn ends(role: &'static str, text: &str) -> EndingSummary {
        EndingSummary { role, fingerprint: Fingerprint::from_bytes([7; 32]), text: text.to_owned() }
    }

    fn lasting(until: &str, ends_by: EndingSummary) -> Option<HorizonSummary> {
        Some(HorizonSummary { usable_until: at(until), ends_by, cliffs: Vec::new() })
    }

    fn some() -> Vec<StoreSummary> {
        let why = Some("no path leads to an anchor of it".to_owned());
        let leaf = || lasting("2027-02-01T00:00:00Z", ends("leaf", "the certificate itself"));
        let cross = ends("cross-sign", "the cross-sign of New by Old");
        let cliff = CliffSummary {
            until: at("2026-12-24T00:00:00Z"),
            ends_by: cross.clone(),
            anchor: "Old".to_owned(),
            then: "New".to_owned(),
        };
        let mut both = leaf();
        both.iter_mut().for_each(|horizon| horizon.cliffs.push(cliff.clone()));
        vec![
            StoreSummary { horizon: both, ..store("firefox", "Firefox", "2026-10-23") },
            StoreSummary {
                verdict: "unknown",
                why: Some("its list has Old, and does not say what for".to_owned()),
                ..store("windows", "Windows", "2026-03-28")
            },
            StoreSummary {
                horizon: lasting("2026-12-24T00:00:00Z", cross),
                ..store("android-9", "Android 9", "2018-10-04")
            },
            StoreSummary {
                verdict: "invalid",
                why: why.clone(),
                ..store("android-7", "Android 7.0", "2016-09-01")
            },
            StoreSummary { verdict: "invalid", why, ..store("java-7", "Java 7u79", "2016-07-31") },
            StoreSummary {
                id: None,
                date: None,
                source: None,
                verdict: "unknown",
                why: Some("no package carries them".to_owned()),
                ..store("", "RHEL", "")
            },
        ]
    }

    const NOW: &str = "2026-11-24T00:00:00Z";

    #[test]
    fn what_differs_is_told_with_its_reason() {
        let lines = differences(&some(), at("2027-02-01T00:00:00Z"), at(NOW));
        insta::assert_snapshot!(lines.join("\n"), @"
        usable in 2 of 5 clients whose anchors are known (-v: each)
        fails in Android 7.0 (2016-09-01), Java 7u79 (2016-07-31): no path leads to an anchor of it
        cannot be told for Windows (2026-03-28): its list has Old, and does not say what for
        lasts in Android 9 (2018-10-04) only until 2026-12-24 00:00 UTC (in 30 d), when the cross-sign of New by Old ends
        ");
        insta::assert_snapshot!(every(&some(), at(NOW)).join("\n"), @"
        Firefox (2026-10-23): valid as long as the certificate itself; under Old until 2026-12-24 00:00 UTC, the end of the cross-sign of New by Old [PyPI x 1.0]
        Windows (2026-03-28): unknown, its list has Old, and does not say what for [PyPI x 1.0]
        Android 9 (2018-10-04): valid until 2026-12-24 00:00 UTC (in 30 d), the end of the cross-sign of New by Old [PyPI x 1.0]
        Android 7.0 (2016-09-01): invalid, no path leads to an anchor of it [PyPI x 1.0]
        Java 7u79 (2016-07-31): invalid, no path leads to an anchor of it [PyPI x 1.0]
        RHEL: unknown, no package carries them
        ");
    }

    #[test]
    fn what_all_have_or_none_has_is_no_difference() {
        let (all, none) = (some().into_iter().take(1).collect::<Vec<_>>(), some().split_off(3));
        assert!(differences(&all, at("2027-02-01T00:00:00Z"), at(NOW)).is_empty());
        assert!(differences(&none, at("2027-02-01T00:00:00Z"), at(NOW)).is_empty());
    }
}

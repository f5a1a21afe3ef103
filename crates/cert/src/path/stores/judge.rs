//! What the anchors of every named client make of one chain: its paths are found once, and sorted by where they end.

use super::super::horizon::{self, Horizon, Window};
use super::super::judge::question;
use super::super::rule;
use super::super::verdict::{Path, PathError, Verification};
use super::super::{Anchors, Chain, Question, Verdict, validate};
use super::{EndedAnchors, Store};
use crate::{Certificate, Time};

/// What one client makes of a chain.
#[derive(Clone, Debug)]
pub struct StoreVerdict {
    /// The client's anchors.
    pub store: &'static Store,
    /// Whether a usable path leads to one of them.
    pub verdict: Verdict,
    /// Why not, or why nobody can tell.
    pub why: Option<String>,
    /// The anchor of the path that is the nearest to being usable.
    pub anchor: Option<Certificate>,
    /// Until when a usable path exists, where one does.
    pub horizon: Option<Horizon>,
}

/// Judges a chain as sent, by the rules that every server's certificate is judged by.
#[must_use]
pub fn judge_chain(chain: &Chain, at: Time) -> Vec<StoreVerdict> {
    judge(&question(chain, &super::union(), at))
}

/// Judges a question by the anchors of every store instead of its own. All are judged by the rules of the question's profile:
/// the stores differ by their anchors, by the terms on which they have them, and by what they do with anchors that have ended.
#[must_use]
pub fn judge(question: &Question) -> Vec<StoreVerdict> {
    among(question, super::union(), Store::all().iter())
}

/// By stores whose anchors are all in `anchors`.
pub(super) fn among(
    question: &Question,
    anchors: Anchors,
    stores: impl Iterator<Item = &'static Store>,
) -> Vec<StoreVerdict> {
    let question = Question { anchors, partial_chain: true, ..question.clone() };
    let found = validate(&question);
    stores.map(|store| of_store(store, &question, &found)).collect()
}

fn of_store(store: &'static Store, question: &Question, found: &Verification) -> StoreVerdict {
    let mine = found.paths.iter().filter(|path| leads_to(store, path));
    let mut judged: Vec<Judged<'_>> = mine.map(|path| Judged::of(path, store, question)).collect();
    judged.sort_by_key(|one| (one.rank(), one.path.distance()));
    let nearest = judged.first();
    let (verdict, why) = match nearest {
        Some(Judged { wrong: None, doubt: None, .. }) => (Verdict::Valid, None),
        Some(Judged { wrong: None, doubt, .. }) => (Verdict::Unknown, doubt.clone()),
        other => nowhere(store, found, other.and_then(|one| one.wrong.clone())),
    };
    let windows = judged.iter().filter(|one| one.lasts).map(|one| one.window(store)).collect();
    StoreVerdict {
        store,
        verdict,
        why,
        anchor: nearest.and_then(|one| one.path.certificates.last()).map(|link| link.certificate.clone()),
        horizon: horizon::of(windows, question.at, found).filter(|_| verdict == Verdict::Valid),
    }
}

/// Where no path is usable: why, unless there may be one that was not found.
fn nowhere(store: &Store, found: &Verification, wrong: Option<String>) -> (Verdict, Option<String>) {
    if let Some(everywhere) = everywhere(found) {
        return (Verdict::Invalid, Some(everywhere));
    }
    let doubt = found.exhausted.map(str::to_owned).or_else(|| unsaid(store, found));
    match doubt {
        Some(doubt) => (Verdict::Unknown, Some(doubt)),
        None => (Verdict::Invalid, wrong.or_else(|| Some("no path leads to an anchor of it".to_owned()))),
    }
}

/// What is wrong with the leaf on every path.
fn everywhere(found: &Verification) -> Option<String> {
    let (first, others) = found.paths.split_first()?;
    let has = |path: &Path, code: &str| {
        path.errors.iter().any(|error| error.certificate == 0 && error.rule.code == code)
    };
    let is_on_all = |error: &&PathError| others.iter().all(|path| has(path, error.rule.code));
    let ends = |error: &PathError| {
        matches!(error.rule.code, "path.untrusted" | "path.signature" | "path.unknown-signature")
    };
    let mut leaf =
        first.errors.iter().filter(|error| error.certificate == 0 && !error.rule.is_doubt && !ends(error));
    leaf.find(is_on_all).map(PathError::text)
}

/// Whether a path ends at an anchor of the store, and needs nobody else that only another store has.
fn leads_to(store: &Store, path: &Path) -> bool {
    let is_had = |certificate: &Certificate| store.contains(certificate);
    let above = path.certificates.iter().all(|link| link.given.is_some() || is_had(&link.certificate));
    path.is_complete() && above && path.certificates.last().is_some_and(|link| is_had(&link.certificate))
}

/// A path, as one client sees it.
struct Judged<'p> {
    path: &'p Path,
    /// What is wrong with it.
    wrong: Option<String>,
    /// What nobody can tell.
    doubt: Option<String>,
    /// Whether nothing but dates is ever wrong with it.
    lasts: bool,
}

impl<'p> Judged<'p> {
    fn of(path: &'p Path, store: &Store, question: &Question) -> Self {
        let last = path.certificates.len() - 1;
        let is_anchors_date =
            |error: &&PathError| last > 0 && error.certificate == last && horizon::is_date(error.rule.code);
        // What becomes of an anchor that has ended is for the store to say, not for the profile.
        let mut errors = path.errors.iter().filter(|error| !is_anchors_date(error));
        let first = errors.clone().find(|error| !error.rule.is_doubt);
        let terms = refused(path, store, question);
        let ended = anchors_end(path, question.at);
        let told = |error: &PathError| {
            let certificate = &path.certificates[error.certificate].certificate;
            let by = if certificate.is_ca() && !certificate.is_self_issued() {
                format!(" by {}", certificate.issuer_name())
            } else {
                String::new()
            };
            format!("{}{by}: {}", certificate.shown_name(), error.text())
        };
        let (refused, unsaid) = match store.ended_anchors {
            EndedAnchors::Accepted => (None, false),
            EndedAnchors::Refused => (ended, false),
            EndedAnchors::Unsaid => (None, ended.is_some()),
        };
        Self {
            path,
            wrong: first.or(refused.as_ref()).map(told).or_else(|| terms.clone()),
            doubt: errors.find(|error| error.rule.is_doubt).map(told).or_else(|| {
                unsaid.then(|| "whether it still takes the anchor, which has ended, is not known".to_owned())
            }),
            lasts: terms.is_none() && horizon::is_usable_but_for_dates(path),
        }
    }

    const fn rank(&self) -> u8 {
        match (&self.wrong, &self.doubt) {
            (None, None) => 0,
            (None, Some(_)) => 1,
            (Some(_), _) => 2,
        }
    }

    /// Where nobody says what becomes of an anchor that has ended, a path is sure of no more than it.
    fn window(&self, store: &Store) -> Window<'p> {
        Window::of(self.path, store.ended_anchors != EndedAnchors::Accepted)
    }
}

/// What is wrong with the dates of the anchor. Those of a leaf that is one are the leaf's.
fn anchors_end(path: &Path, at: Time) -> Option<PathError> {
    let (last, above) = path.certificates.iter().enumerate().skip(1).last()?;
    rule::dates(&above.certificate, last, at)
}

/// Why the terms of the programme refuse the leaf.
fn refused(path: &Path, store: &Store, question: &Question) -> Option<String> {
    let anchor = &path.certificates.last()?.certificate;
    let terms = super::terms(store.id, &anchor.fingerprint());
    let (leaf, name) = (&question.leaf, anchor.shown_name());
    if let (Some(found), Some(distrust)) = (terms.too_late(leaf), terms.distrust) {
        return Some(format!(
            "{found}; certificates under {name} are trusted until {}",
            distrust.after.for_people()
        ));
    }
    let host = terms.outside(leaf)?;
    Some(format!("{host} is not below {}, to which {name} is bound", terms.hosts.join(", ")))
}

/// Where a path ends at somebody whom the list has without saying what for.
fn unsaid(store: &Store, found: &Verification) -> Option<String> {
    let ends = found.paths.iter().filter_map(|path| path.certificates.last()).map(|link| &link.certificate);
    let met = ends.into_iter().find(|end| store.leaves_unsaid(end.issuer_der()))?;
    Some(format!("its list has {}, and does not say what for", met.issuer_name()))
}

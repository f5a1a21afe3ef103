//! Until when a usable path exists, what ends it, and which paths end before the last one does.

use super::Anchors;
use super::question::Question;
use super::verdict::{Link, Path, Verification};
use crate::{Certificate, Span, Time};

/// Until when a usable path exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Horizon {
    /// The last second of the last path, without a break since the instant of judgement.
    pub until: Time,
    /// What ends then.
    pub ending: Ending,
    /// Paths that end before, the first first: who has the anchor of no other loses the endpoint there.
    pub cliffs: Vec<Cliff>,
}

/// A certificate whose end is the end of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The certificate.
    pub certificate: Certificate,
    /// What it is in the path.
    pub role: Role,
}

/// What a certificate is in a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The certificate at its end: it is renewed anyway.
    Leaf,
    /// A CA's.
    Intermediate,
    /// A root's key under another root.
    CrossSign,
    /// The anchor.
    Root,
}

/// The end of one path where others go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cliff {
    /// Its last second.
    pub until: Time,
    /// What ends then.
    pub ending: Ending,
    /// The anchor that it leads to.
    pub anchor: Certificate,
    /// The anchor of the path that lasts longest.
    pub then: Certificate,
}

impl Role {
    /// In words, and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Leaf => "leaf",
            Self::Intermediate => "intermediate",
            Self::CrossSign => "cross-sign",
            Self::Root => "root",
        }
    }
}

impl Ending {
    /// `the cross-sign ISRG Root X1 by DST Root CA X3`.
    #[must_use]
    pub fn told(&self) -> String {
        let name = self.certificate.shown_name();
        match self.role {
            Role::Leaf => "the certificate itself".to_owned(),
            Role::CrossSign => format!("the cross-sign of {name} by {}", self.certificate.issuer_name()),
            role => format!("the {} {name}", role.name()),
        }
    }
}

/// The horizon of a question that was validated; `None` where no path is usable at its instant. Revocation is what is known
/// now: nobody knows what will be revoked.
#[must_use]
pub fn horizon(question: &Question, verification: &Verification) -> Option<Horizon> {
    let usable = verification.paths.iter().filter(|path| is_usable_but_for_dates(path));
    let dates = |path: &Path| {
        let anchor = path.certificates.last();
        question.profile.anchor_dates.of(anchor.is_some_and(|link| Anchors::is_public(&link.certificate)))
    };
    let windows = usable.map(|path| Window::of(path, dates(path))).collect();
    of(windows, question.at, verification)
}

/// Whether a path leads to an anchor, and nothing is wrong with it that time could heal or bring.
pub(super) fn is_usable_but_for_dates(path: &Path) -> bool {
    path.is_complete() && path.errors.iter().all(|error| is_date(error.rule.code))
}

pub(super) fn is_date(code: &str) -> bool {
    matches!(code, "path.expired" | "path.not-yet-valid")
}

/// When a path can be used.
#[derive(Clone, Copy)]
pub(super) struct Window<'p> {
    path: &'p Path,
    from: Time,
    /// The first instant at which it cannot be used any more.
    to: Time,
    ends: usize,
}

impl<'p> Window<'p> {
    /// `anchor_dates`: whether the dates of the anchor count; those of a leaf that is one always do.
    pub(super) fn of(path: &'p Path, anchor_dates: bool) -> Self {
        let count = path.certificates.len() - usize::from(!anchor_dates && path.certificates.len() > 1);
        let dated = || path.certificates.iter().take(count).map(|link| &link.certificate);
        // Of several that end together, the one nearest to the leaf is renewed first.
        let (ends, last) = dated()
            .map(Certificate::not_after)
            .enumerate()
            .min_by_key(|(_, end)| *end)
            .unwrap_or((0, Time::from_micros(i64::MAX)));
        let from = dated().map(Certificate::not_before).max().unwrap_or(last);
        Self { path, from, to: last + Span::seconds(1), ends }
    }

    fn is_open(&self, at: Time) -> bool {
        self.from <= at && at < self.to
    }

    fn ending(&self, all: &Verification) -> Option<Ending> {
        let Link { certificate, anchor, .. } = self.path.certificates.get(self.ends)?;
        let role = match self.ends {
            0 => Role::Leaf,
            _ if *anchor => Role::Root,
            _ if is_cross_sign(certificate, all) => Role::CrossSign,
            _ => Role::Intermediate,
        };
        Some(Ending { certificate: certificate.clone(), role })
    }

    fn anchor(&self) -> Option<Certificate> {
        self.path.certificates.last().map(|link| link.certificate.clone())
    }
}

/// Whether its key is known as a root's of the same name.
fn is_cross_sign(certificate: &Certificate, all: &Verification) -> bool {
    let mut met = all.paths.iter().flat_map(|path| &path.certificates).map(|link| &link.certificate);
    met.any(|other| {
        other.is_self_issued()
            && other.subject_der() == certificate.subject_der()
            && other.key().spki_sha256 == certificate.key().spki_sha256
    })
}

/// From one path to the next as long as one is open.
pub(super) fn of(windows: Vec<Window<'_>>, at: Time, all: &Verification) -> Option<Horizon> {
    let mut last: Option<Window<'_>> = None;
    loop {
        let now = last.map_or(at, |window| window.to);
        let open = windows.iter().filter(|window| window.is_open(now)).max_by_key(|window| window.to);
        match open {
            Some(open) => last = Some(*open),
            None => break,
        }
    }
    let last = last?;
    let mut before: Vec<&Window<'_>> =
        windows.iter().filter(|window| window.to > at && window.to < last.to).collect();
    before.sort_by_key(|window| window.to);
    let mut cliffs: Vec<Cliff> = Vec::new();
    for window in before {
        let cliff = Cliff {
            until: window.to - Span::seconds(1),
            ending: window.ending(all)?,
            anchor: window.anchor()?,
            then: last.anchor()?,
        };
        if !cliffs.contains(&cliff) {
            cliffs.push(cliff);
        }
    }
    Some(Horizon { until: last.to - Span::seconds(1), ending: last.ending(all)?, cliffs })
}

#[cfg(test)]
mod tests;

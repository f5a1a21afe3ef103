//! Lints: what documents ask of a certificate, one file each.
//!
//! A lint has metadata, says whether it applies, and judges. Help, manual pages and tables are made from the metadata.

mod apple;
mod br;
mod chrome;
mod code_signing;
mod community;
mod countries;
mod crl;
mod dns;
#[cfg(test)]
mod draft;
mod etsi;
mod ev;
mod meta;
mod mozilla;
mod ocsp;
mod operator;
mod page;
mod pss;
mod reading;
mod reserved_addresses;
mod rfc;
mod smime;
mod subject;
mod top_level_domains;
mod uri;

pub use crl::CrlLint;
pub use dns::HostName;
pub use meta::{Day, Effective, Meta, Severity, Source, midnight, months_after};
pub use ocsp::OcspLint;
pub use page::{About, Page, WEAK_KEY, pages};
pub use subject::Subject;

/// One lint.
pub struct Lint {
    /// What it is about.
    pub meta: Meta,
    /// Whether it has anything to say about this certificate.
    pub applies: fn(&Subject<'_>) -> bool,
    /// Whether the certificate is as it must be.
    pub judge: fn(&Subject<'_>) -> Verdict,
}

/// What a lint says of a certificate that it applies to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is as it must be.
    Pass,
    /// It is not: what was found, in words.
    Violated(String),
    /// That cannot be told: why.
    Unknown(String),
}

/// What became of a lint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has nothing to say about such a certificate.
    NotApplicable,
    /// Its rule was not in force when the certificate was issued.
    NotEffective,
    /// It was judged.
    Judged(Verdict),
}

/// All lints, source by source, in the order in which people read them.
pub fn all() -> impl Iterator<Item = &'static Lint> {
    let sources = [
        rfc::ALL,
        br::ALL,
        ev::ALL,
        smime::ALL,
        code_signing::ALL,
        mozilla::ALL,
        apple::ALL,
        chrome::ALL,
        etsi::ALL,
        community::ALL,
        operator::ALL,
    ];
    sources.into_iter().flatten().copied()
}

/// The lint of this id, or of another linter's name for it (`zlint:e_...`).
#[must_use]
pub fn find(id: &str) -> Option<&'static Lint> {
    all().find(|lint| lint.meta.id == id || lint.meta.alias == Some(id))
}

/// All lints of CRLs.
pub fn of_crls() -> impl Iterator<Item = &'static CrlLint> {
    crl::ALL.iter().copied()
}

/// All lints of OCSP responses.
pub fn of_ocsp() -> impl Iterator<Item = &'static OcspLint> {
    ocsp::ALL.iter().copied()
}

impl Lint {
    /// What becomes of it for this certificate: rules are those of the day of its notBefore. Where it asked for an extension
    /// that cannot be read, nothing is known.
    #[must_use]
    pub fn run(&self, subject: &Subject<'_>) -> Outcome {
        if !self.meta.source.covers(subject) {
            return Outcome::NotApplicable;
        }
        let (is_about, unseen) = subject.watch(|| (self.applies)(subject));
        if !is_about && unseen.is_none() {
            return Outcome::NotApplicable;
        }
        let begins = subject.anatomy.not_before.as_ref().map(|moment| moment.time);
        self.meta.effective.outcome(begins.map_err(|fault| *fault), || {
            let judged = || subject.watch(|| (self.judge)(subject));
            match unseen.map_or_else(judged, |unseen| (Verdict::Pass, Some(unseen))) {
                (verdict, None) => verdict,
                (_, Some(unseen)) => reading::unreadable(&unseen.kind.shown(), unseen.fault),
            }
        })
    }
}

impl Lint {
    /// What it says where a path is judged: rules are those of the day of notBefore, or the newest.
    #[must_use]
    pub fn judge_on_path(&self, subject: &Subject<'_>) -> Option<Verdict> {
        let begins = subject.anatomy.not_before.as_ref().ok()?.time;
        let is_about = self.meta.source.covers(subject) && (self.applies)(subject);
        (is_about && self.meta.effective.holds_on_path(begins)).then(|| (self.judge)(subject))
    }
}

impl Verdict {
    /// Violated with these words where they are there.
    #[must_use]
    pub fn of(found: Option<String>) -> Self {
        found.map_or(Self::Pass, Self::Violated)
    }

    /// Pass where it holds, else violated with these words.
    #[must_use]
    pub fn holds(holds: bool, found: impl FnOnce() -> String) -> Self {
        if holds { Self::Pass } else { Self::Violated(found()) }
    }
}

#[cfg(test)]
mod tests;

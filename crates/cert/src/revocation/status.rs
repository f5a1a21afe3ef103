//! What all sources together say of a certificate.

use std::fmt;

use super::{Because, Verdict};
use crate::Time;
use crate::revocation::ocsp::Judgement;

/// Who tells of a certificate's revocation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The OCSP answer that the server stapled to its handshake (RFC 6066 section 8).
    Staple,
    /// An OCSP responder, by its URL.
    Ocsp(String),
    /// A CRL, by its URL.
    Crl(String),
    /// A CRLite filter, by its file or URL.
    Crlite(String),
}

impl Source {
    /// Its kind in JSON.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Staple => "staple",
            Self::Ocsp(_) => "ocsp",
            Self::Crl(_) => "crl",
            Self::Crlite(_) => "crlite",
        }
    }

    /// Where it is, where it has a place of its own.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        match self {
            Self::Staple => None,
            Self::Ocsp(place) | Self::Crl(place) | Self::Crlite(place) => Some(place),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Staple => f.write_str("the stapled OCSP answer"),
            Self::Ocsp(url) => write!(f, "OCSP {url}"),
            Self::Crl(url) => write!(f, "CRL {url}"),
            Self::Crlite(place) => write!(f, "CRLite {place}"),
        }
    }
}

/// What one source says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Who says it.
    pub source: Source,
    /// What it says.
    pub verdict: Verdict,
    /// Since when that is known to be right (`thisUpdate`), where it says so.
    pub this_update: Option<Time>,
    /// When something newer will be there (`nextUpdate`), where it says so.
    pub next_update: Option<Time>,
}

impl Statement {
    /// Of a source that tells nothing.
    #[must_use]
    pub const fn nothing(source: Source, because: Because) -> Self {
        Self { source, verdict: Verdict::Unknown(because), this_update: None, next_update: None }
    }

    /// Of an OCSP answer.
    #[must_use]
    pub fn of_answer(source: Source, judged: Judgement) -> Self {
        let Judgement { verdict, this_update, next_update, .. } = judged;
        Self { source, verdict, this_update, next_update }
    }
}

/// Why nobody must tell of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exempt {
    /// It lives so short that it needs no revocation (Baseline Requirements section 1.6.1).
    ShortLived,
    /// It has ended: CRLs leave such out.
    Ended,
    /// Its own key signed it: nobody but whoever trusts it can revoke it.
    SelfSigned,
    /// It is a responder's of whom its issuer wants nobody to ask.
    NoCheck,
}

impl Exempt {
    /// Its name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ShortLived => "short-lived",
            Self::Ended => "ended",
            Self::SelfSigned => "self-signed",
            Self::NoCheck => "no-check",
        }
    }
}

impl fmt::Display for Exempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ShortLived => "it lives so short that it needs no revocation",
            Self::Ended => "it has ended, and whoever ended it need not tell of it any more",
            Self::SelfSigned => "it is signed by its own key, and nobody else can revoke it",
            Self::NoCheck => "its issuer wants nobody to ask about it",
        })
    }
}

/// What all sources say of one certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Each of them, in the order in which they were asked.
    pub statements: Vec<Statement>,
    /// Why nobody must tell of it.
    pub exempt: Option<Exempt>,
}

impl Status {
    /// Whether it was revoked, by the rule of [`Verdict::or`].
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.telling().map_or(Verdict::Unknown(Because::NoSource), |telling| telling.verdict.clone())
    }

    /// The statement that the verdict is of.
    #[must_use]
    pub fn telling(&self) -> Option<&Statement> {
        self.statements
            .iter()
            .reduce(|best, next| if next.verdict.outweighs(&best.verdict) { next } else { best })
    }

    /// Whether it is not known, although somebody must tell.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.exempt.is_none() && matches!(self.verdict(), Verdict::Unknown(_))
    }

    /// With what others say, too.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.statements.extend(other.statements.iter().cloned());
        self.exempt = self.exempt.or(other.exempt);
        self
    }
}

impl Verdict {
    /// What two who tell of one certificate say together. Whoever says that it was revoked is believed before whoever says that it
    /// was not; of those who say so, the one who knows since when. Where nobody tells, the most telling reason why.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if other.outweighs(&self) { other } else { self }
    }

    const fn outweighs(&self, other: &Self) -> bool {
        let ((mine, my_progress), (others, other_progress)) = (self.rank(), other.rank());
        mine > others || (mine == others && my_progress > other_progress)
    }

    const fn rank(&self) -> (u8, u8) {
        match self {
            Self::Revoked { at: Some(_), .. } => (3, 0),
            Self::Revoked { at: None, .. } => (2, 0),
            Self::Good => (1, 0),
            Self::Unknown(because) => (0, because.progress()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::revocation::Reason;

    fn said(verdict: Verdict) -> Statement {
        Statement { source: Source::Staple, verdict, this_update: None, next_update: None }
    }

    fn status(verdicts: Vec<Verdict>) -> Status {
        Status { statements: verdicts.into_iter().map(said).collect(), exempt: None }
    }

    #[test]
    fn whoever_says_that_it_was_revoked_is_believed_and_silence_is_never_good() {
        let by_filter = Verdict::Revoked { at: None, reason: None, invalidity: None };
        let at = Some(Time::from_unix_seconds(1_780_000_000));
        let by_crl = Verdict::Revoked { at, reason: Some(Reason::Superseded), invalidity: None };
        let stale = Verdict::Unknown(Because::Stale(Time::from_unix_seconds(0)));
        let unfetched = Verdict::Unknown(Because::Unfetched("no connection".to_owned()));
        assert_eq!(status(vec![]).verdict(), Verdict::Unknown(Because::NoSource));
        assert_eq!(status(vec![unfetched.clone(), stale.clone()]).verdict(), stale);
        assert_eq!(status(vec![stale.clone(), unfetched.clone()]).verdict(), stale);
        assert_eq!(status(vec![unfetched, Verdict::Good, stale]).verdict(), Verdict::Good);
        assert_eq!(status(vec![Verdict::Good, by_filter.clone()]).verdict(), by_filter);
        let both = status(vec![by_filter, Verdict::Good]).and(&status(vec![by_crl.clone()]));
        assert_eq!(both.verdict(), by_crl, "who knows since when");
        assert_eq!(Verdict::Good.or(by_crl.clone()), by_crl.clone().or(Verdict::Good));
    }

    #[test]
    fn nothing_is_missing_where_nobody_must_tell() {
        assert!(status(vec![]).is_missing());
        assert!(!status(vec![Verdict::Good]).is_missing());
        let short = Status { exempt: Some(Exempt::ShortLived), ..Status::default() };
        assert!(!short.is_missing() && !short.verdict().is_good());
    }
}

//! What is said of promises.

use std::fmt;

use notafter_cert::Time;
use notafter_cert::der::Fault;

use crate::loglist::State;
use crate::policy::Verdict;
use crate::{Algorithm, EntryFault, LogId};

/// Where a promise was found (RFC 6962 section 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// In the certificate itself.
    Certificate,
    /// In the TLS handshake: the extension `signed_certificate_timestamp`.
    Tls,
    /// In an OCSP answer that came with the handshake.
    Ocsp,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "in the certificate",
            Self::Tls => "over TLS",
            Self::Ocsp => "in the OCSP answer",
        })
    }
}

/// Promises that came beside the certificate.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// By which way.
    pub source: Source,
    /// The `SignedCertificateTimestampList`, with its length: all of TLS's extension, or what lies in the OCTET STRING within
    /// that of OCSP.
    pub list: &'a [u8],
}

/// What is said of a certificate's promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Each promise, those of the certificate first.
    pub scts: Vec<Judged>,
    /// What each browser thinks of all of them, in the order of [`ALL`](crate::policy::ALL): its id, and its verdict.
    pub policies: Vec<(&'static str, Verdict)>,
}

/// One promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Where it was found.
    pub source: Source,
    /// Which log, where that can be read.
    pub log_id: Option<LogId>,
    /// What the list calls the log; safe to print.
    pub log: Option<String>,
    /// Who ran it when it promised; safe to print.
    pub operator: Option<String>,
    /// What the list says of its life.
    pub state: Option<State>,
    /// When it promised.
    pub time: Option<Time>,
    /// Where the certificate stands in the log, where the log says so at once.
    pub leaf_index: Option<u64>,
    /// Whether it is proved.
    pub verdict: SctVerdict,
}

/// What became of a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SctVerdict {
    /// The log promised this.
    Valid,
    /// It did not, or what it says is worth nothing.
    Invalid(Wrong),
    /// That cannot be told.
    Unknown(Doubt),
}

/// Why a promise is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It cannot be read.
    Malformed(Fault),
    /// The log did not sign it for this certificate.
    Signature,
    /// The log's key cannot make such a signature.
    Algorithm(Algorithm),
    /// It was given later than now (RFC 6962 section 5.2).
    Future,
    /// The key by which it is signed is published (see [`MIMICS`](crate::loglist::MIMICS)).
    Mimic,
}

/// Why it cannot be told whether a promise was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// There is no list of logs.
    NoList,
    /// The list does not have this log.
    Unlisted,
    /// It is of another version than 1.
    Version(u8),
    /// The issuer's certificate is not at hand; its key is a part of what was signed.
    NoIssuer,
    /// The certificate that is given as the issuer's did not sign this one.
    OtherIssuer,
    /// What the log has signed cannot be found out.
    Entry(EntryFault),
    /// So many more were presented than are looked at.
    TooMany(usize),
}

impl Report {
    /// How many promises are proved.
    #[must_use]
    pub fn proved(&self) -> usize {
        self.scts.iter().filter(|judged| judged.verdict == SctVerdict::Valid).count()
    }

    /// What the browser of this id thinks.
    #[must_use]
    pub fn policy(&self, id: &str) -> Option<&Verdict> {
        self.policies.iter().find(|(policy, _)| *policy == id).map(|(_, verdict)| verdict)
    }
}

impl Judged {
    /// A line about what is no promise of a log.
    pub(crate) const fn nothing(source: Source, verdict: SctVerdict) -> Self {
        Self {
            source,
            log_id: None,
            log: None,
            operator: None,
            state: None,
            time: None,
            leaf_index: None,
            verdict,
        }
    }

    /// Whether it is neither proved nor refuted, although a browser could tell.
    pub(crate) fn is_undetermined(&self) -> bool {
        matches!(self.verdict, SctVerdict::Unknown(doubt) if doubt != Doubt::Unlisted)
    }
}

impl fmt::Display for SctVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Valid => f.write_str("valid"),
            Self::Invalid(wrong) => write!(f, "invalid: {wrong}"),
            Self::Unknown(doubt) => write!(f, "unknown: {doubt}"),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(fault) => write!(f, "it cannot be read: {fault}"),
            Self::Signature => f.write_str("the log did not sign it for this certificate"),
            Self::Algorithm(Algorithm { hash, signature }) => {
                write!(f, "the log's key makes no signatures of kind {signature} with hash {hash}")
            }
            Self::Future => f.write_str("it is from the future"),
            Self::Mimic => {
                f.write_str("the private key of its log is published, so that anybody can sign with it")
            }
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoList => f.write_str("no log list was given"),
            Self::Unlisted => f.write_str("the log list does not have its log"),
            Self::Version(version) => {
                write!(f, "it is of version {}, which is not known here", u16::from(*version) + 1)
            }
            Self::NoIssuer => f.write_str("the issuer's certificate is not at hand"),
            Self::OtherIssuer => {
                f.write_str("what was given as the issuer's certificate did not sign this one")
            }
            Self::Entry(fault) => write!(f, "what the log has signed cannot be found out: {fault}"),
            Self::TooMany(1) => f.write_str("one more, which was not looked at"),
            Self::TooMany(count) => write!(f, "{count} more, which were not looked at"),
        }
    }
}

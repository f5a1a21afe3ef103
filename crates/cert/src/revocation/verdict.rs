//! What a judgement says.

use std::fmt;

use super::{Reason, Reasons};
use crate::der::{Fault, Field};
use crate::x509::AlgorithmIdentifier;
use crate::x509::ocsp::OcspStatus;
use crate::{SignatureAlgorithm, SignatureFault, Time};

/// Whether a certificate was revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Whoever must know says that it was not.
    Good,
    /// It was.
    Revoked {
        /// When; a CRLite filter does not say.
        at: Option<Time>,
        /// Why, where that is given.
        reason: Option<Reason>,
        /// Since when its key is suspect, where that is given.
        invalidity: Option<Time>,
    },
    /// That cannot be told.
    Unknown(Because),
}

impl Verdict {
    /// Whether it is good.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        matches!(self, Self::Good)
    }

    /// Whether it was revoked.
    #[must_use]
    pub const fn is_revoked(&self) -> bool {
        matches!(self, Self::Revoked { .. })
    }
}

/// `good`, `revoked on 2026-12-03 04:11 UTC (keyCompromise)`, `unknown: no CRL is there`.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good => f.write_str("good"),
            Self::Unknown(because) => write!(f, "unknown: {because}"),
            Self::Revoked { at, reason, .. } => {
                f.write_str("revoked")?;
                at.map_or(Ok(()), |at| write!(f, " on {}", at.for_people()))?;
                reason.map_or(Ok(()), |reason| write!(f, " ({})", reason.name()))
            }
        }
    }
}

/// Why it cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Because {
    /// Nothing was there to judge by.
    #[error("no CRL is there")]
    NoCrl,
    /// The certificate does not say who tells of it.
    #[error("the certificate names nobody who tells of it")]
    NoSource,
    /// It could not be fetched: why.
    #[error("it could not be fetched: {0}")]
    Unfetched(String),
    /// A CRL, but another issuer's.
    #[error("the CRL is not of whoever must tell of this certificate")]
    OtherIssuer,
    /// A CRL of the right issuer, for other certificates.
    #[error("the CRL does not tell of this certificate: {0}")]
    OutOfScope(OutOfScope),
    /// The CRL went by, and nobody looked for this certificate in it.
    #[error("the CRL was read without looking for this certificate")]
    NotSought,
    /// A delta CRL, and nothing that it changes.
    #[error("only changes are there (a delta CRL), and no CRL that they change")]
    DeltaAlone,
    /// An answer, but about other certificates.
    #[error("the answer is about other certificates")]
    OtherCertificate,
    /// The answer is not of the basic kind.
    #[error("the answer is of a kind that is not known here ({0})")]
    OtherKind(String),
    /// The responder has no answer.
    #[error("the responder answers {}", .0.name())]
    Responder(OcspStatus),
    /// Something is not of its structure.
    #[error("{what} cannot be read: {fault}")]
    Unreadable {
        /// What.
        what: &'static str,
        /// What is wrong, and where.
        fault: Fault,
    },
    /// The two places that name the algorithm of the signature differ.
    #[error("the algorithm that is signed is not the one that it is signed with")]
    AlgorithmsDiffer,
    /// Whoever does not know it must not use what it stands in.
    #[error("the critical extension {0} is not known here")]
    CriticalExtension(String),
    /// It begins later.
    #[error("it is from the future: thisUpdate is {}", .0.for_people())]
    NotYet(Time),
    /// It is no longer current.
    #[error("it is out of date: nextUpdate was {}", .0.for_people())]
    Stale(Time),
    /// The answer was made before the certificate began: it cannot be about it.
    #[error("it was made at {}, before the certificate began", .0.for_people())]
    BeforeCertificate(Time),
    /// It is older than whoever asks allows.
    #[error("it is too old: thisUpdate was {}", .0.for_people())]
    TooOld(Time),
    /// It does not say until when it holds, and is not new any more.
    #[error("it has no nextUpdate, and is too old to count without: thisUpdate was {}", .0.for_people())]
    Undated(Time),
    /// It is not current, and says that the certificate was revoked. Nothing takes that back but a hold that ends.
    #[error("{why}; it lists the certificate as revoked since {since}")]
    ListedBefore {
        /// Why it does not count.
        why: Box<Self>,
        /// Since when.
        since: Time,
    },
    /// A rule that whoever asks holds CRLs to is broken.
    #[error("the CRL breaks the rule {0}")]
    BreaksRule(&'static str),
    /// Whether whoever signed leads to the same anchor takes more work than is done for one question.
    #[error("there are too many who may have signed the CRLs to look at them all")]
    TooManySigners,
    /// The nonce that was sent did not come back.
    #[error("the answer does not repeat the nonce")]
    NonceMissing,
    /// Another nonce came back.
    #[error("the answer has another nonce")]
    NonceDiffers,
    /// The key that signed is not at hand.
    #[error("no certificate of whoever signed it is there")]
    SignerUnknown,
    /// The certificate of whoever signed does not let it do so.
    #[error("whoever signed it may not: {0}")]
    SignerNotAllowed(&'static str),
    /// The certificate of whoever signed has ended, or has not begun.
    #[error("the certificate of whoever signed it is not valid now")]
    SignerNotValid,
    /// The signature is wrong, or cannot be checked.
    #[error("{}", signature(.0))]
    Signature(SignatureFault),
    /// It is signed with a hash that is broken: whoever makes two that collide has both signed.
    #[error("it is signed with an algorithm that is broken ({0})")]
    WeakSignature(String),
    /// CRLs were right, but do not tell of every reason.
    #[error("the CRLs do not tell of these reasons: {0}")]
    ReasonsLeft(Reasons),
    /// The responder does not know the certificate.
    #[error("the responder does not know the certificate")]
    NotKnownToResponder,
    /// The filter was made before the certificate, or without the logs that have it.
    #[error("the filter does not cover the certificate")]
    NotCovered,
    /// The issuer's CRLs are not in the filter.
    #[error("the filter has nothing of the certificate's issuer")]
    NotEnrolled,
}

/// Why a CRL does not tell of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum OutOfScope {
    /// `onlyContainsUserCerts`, and it is a CA's, or of a version that cannot say so.
    #[error("it is only for certificates that are no CA's")]
    UserCertificates,
    /// `onlyContainsCACerts`, and it is no CA's.
    #[error("it is only for certificates of CAs")]
    CaCertificates,
    /// `onlyContainsAttributeCerts`.
    #[error("it is only for attribute certificates")]
    AttributeCertificates,
    /// It is of a distribution point that the certificate does not name.
    #[error("it is of another distribution point")]
    OtherPoint,
    /// The certificate leaves its status to another issuer, and the CRL is not said to tell of others' certificates.
    #[error("it is not for certificates of other issuers")]
    NotIndirect,
    /// It is indirect, and whoever asks wants none of these.
    #[error("it is for certificates of other issuers too, or the point leaves it to another issuer")]
    Indirect,
    /// It tells of some reasons only, and whoever asks wants none of these.
    #[error("it is only for some reasons")]
    SomeReasons,
}

/// Whether an algorithm's hash is not broken.
pub(super) fn strong(algorithm: &Field<AlgorithmIdentifier<'_>>) -> Result<(), Because> {
    let algorithm = algorithm.map_err(|fault| Because::Unreadable { what: "signatureAlgorithm", fault })?;
    match SignatureAlgorithm::of(&algorithm) {
        known if known.weak => Err(Because::WeakSignature(known.name)),
        _ => Ok(()),
    }
}

const fn signature(fault: &SignatureFault) -> &'static str {
    match fault {
        SignatureFault::Wrong => "its signature is wrong",
        SignatureFault::Unsupported => {
            "its signature cannot be checked: the algorithm is not known here, or does not fit the key"
        }
    }
}

impl Because {
    /// How far the judgement came: of several reasons, the one of the greatest is the most telling.
    pub(super) const fn progress(&self) -> u8 {
        match self {
            Self::NoSource | Self::NoCrl => 0,
            Self::Unfetched(_) | Self::OtherIssuer | Self::OtherCertificate => 1,
            Self::OutOfScope(_) | Self::NotCovered | Self::NotEnrolled => 2,
            Self::DeltaAlone | Self::NotSought => 3,
            Self::Unreadable { .. } | Self::OtherKind(_) | Self::Responder(_) | Self::AlgorithmsDiffer => 4,
            Self::CriticalExtension(_) => 5,
            Self::NotYet(_)
            | Self::Stale(_)
            | Self::TooOld(_)
            | Self::Undated(_)
            | Self::BeforeCertificate(_) => 6,
            Self::NonceMissing | Self::NonceDiffers => 7,
            Self::SignerUnknown => 8,
            Self::SignerNotAllowed(_) | Self::SignerNotValid | Self::TooManySigners => 9,
            Self::Signature(_) | Self::WeakSignature(_) => 10,
            Self::BreaksRule(_) => 11,
            Self::ReasonsLeft(_) => 12,
            Self::NotKnownToResponder => 13,
            Self::ListedBefore { .. } => 14,
        }
    }

    /// The more telling of two.
    #[must_use]
    pub(super) fn or(self, other: Self) -> Self {
        if other.progress() > self.progress() { other } else { self }
    }
}

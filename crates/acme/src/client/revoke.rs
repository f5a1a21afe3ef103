//! Revocation (RFC 8555 section 7.6).

use serde_json::json;

use super::{Body, Call, SignWith};
use crate::answer::Answer;
use crate::failure::{Code, Failure};
use crate::jose::base64url;
use crate::message::Directory;

/// Why a certificate is revoked (RFC 5280 section 5.3.1): the reasons that public CAs take from subscribers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reason {
    /// None given.
    #[default]
    Unspecified,
    /// The private key is in other hands.
    KeyCompromise,
    /// The subject changed.
    AffiliationChanged,
    /// A newer certificate took its place.
    Superseded,
    /// The names are no longer served.
    CessationOfOperation,
}

impl Reason {
    /// Every reason, for help texts.
    pub const ALL: [Self; 5] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
    ];

    /// The CRLReason's number.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
        }
    }

    /// The name in options.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "key-compromise",
            Self::AffiliationChanged => "affiliation-changed",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessation-of-operation",
        }
    }

    /// What it says, for whoever chooses one.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Unspecified => "no reason is given",
            Self::KeyCompromise => "somebody else has the key, or may have it: it is never used again",
            Self::AffiliationChanged => "the names in it are somebody else's",
            Self::Superseded => "another certificate takes its place",
            Self::CessationOfOperation => "it is not used any more",
        }
    }
}

/// The request; `sign_with` is the account ([`SignWith::AccountKid`]) or [`SignWith::CertificateKey`].
///
/// # Errors
/// When the CA offers no revocation.
pub fn call(
    directory: &Directory,
    certificate_der: &[u8],
    reason: Reason,
    sign_with: SignWith,
) -> Result<Call, Failure> {
    let url = directory.revoke_cert.clone().ok_or_else(|| {
        Failure::new(Code::NotOffered, format!("the CA at {} offers no revocation", directory.origin))
    })?;
    let payload = json!({ "certificate": base64url(certificate_der), "reason": reason.code() });
    Ok(Call { doing: "revoke the certificate", url, body: Body::Post(payload), sign_with, accept: None })
}

/// What the answer means. Revoked before counts as revoked, so that a lost reply may simply be asked again.
///
/// # Errors
/// The CA's refusal.
pub fn read(answer: &Answer) -> Result<(), Failure> {
    match answer.success("revoke the certificate") {
        Err(failure) if failure.code == Code::AlreadyRevoked => Ok(()),
        outcome => outcome,
    }
}

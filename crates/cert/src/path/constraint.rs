//! What a found path must also obey.

use std::fmt;
use std::time::Duration;

use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage};

use super::anchors::for_webpki;
use super::{Fault, Problem, Step};
use crate::Time;

/// A broken rule of path validation (RFC 5280 section 6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Constraint {
    /// A CA certificate is used as a server's.
    CaAsLeaf,
    /// A certificate that is no CA's issued another.
    NotCa,
    /// More certificates follow than a CA allows.
    PathLength,
    /// A name that a CA may not certify.
    Name,
    /// Not issued for TLS servers.
    Purpose,
    /// A critical extension that is not known here.
    CriticalExtension,
    /// A signature of a kind that is not accepted.
    Signature,
    /// More certificates than an honest path has.
    TooDeep,
    /// Something else, in `webpki`'s words.
    Other(String),
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CaAsLeaf => "a CA certificate is used as a server's",
            Self::NotCa => "a certificate that may not issue others has issued one",
            Self::PathLength => "more certificates follow than a CA in the path allows",
            Self::Name => "a CA in the path may not certify one of the names",
            Self::Purpose => "the certificate was not issued for TLS servers",
            Self::CriticalExtension => "it carries a critical extension that is not known",
            Self::Signature => "its signature is of a kind that clients do not accept",
            Self::TooDeep => "the chain is longer or more tangled than clients follow",
            Self::Other(text) => text,
        })
    }
}

/// Everything wrong with a complete path at this instant.
pub(super) fn problems(path: &[Step], at: Time) -> Vec<Problem> {
    let mut problems = dates(path, at);
    // A certificate that is trusted itself needs no issuer, and `webpki` has no words for it.
    if path.len() > 1
        && let Some(error) = refusal(path, at)
    {
        let (step, constraint) = explain(path, &error);
        problems.push(Problem { step, fault: Fault::Refused(constraint) });
    }
    problems
}

/// What is out of date, from the leaf upwards.
pub(super) fn dates(path: &[Step], at: Time) -> Vec<Problem> {
    let fault = |step: &Step| match &step.certificate {
        one if one.is_expired(at) => Some(Fault::Expired),
        one if one.is_not_yet_valid(at) => Some(Fault::NotYetValid),
        _ => None,
    };
    path.iter()
        .enumerate()
        .filter_map(|(step, one)| fault(one).map(|fault| Problem { step, fault }))
        .collect()
}

/// What `webpki` says at an instant at which every date is right, as near to `at` as can be; nothing where there is none.
fn refusal(path: &[Step], at: Time) -> Option<Error> {
    let (last, below) = path.split_last()?;
    let (leaf, intermediates) = below.split_first()?;
    let from = below.iter().map(|step| step.certificate.not_before()).max()?;
    let until = below.iter().map(|step| step.certificate.not_after()).min()?;
    if from > until {
        return None;
    }
    let seconds = u64::try_from(at.clamp(from, until).unix_seconds()).unwrap_or(0);
    let ders: Vec<CertificateDer<'_>> =
        intermediates.iter().map(|step| CertificateDer::from(step.certificate.der())).collect();
    let leaf = CertificateDer::from(leaf.certificate.der());
    let Some(anchor) = for_webpki(&last.certificate) else { return Some(Error::BadDer) };
    let verified = EndEntityCert::try_from(&leaf).and_then(|leaf| {
        leaf.verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &[anchor],
            &ders,
            UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
            KeyUsage::server_auth(),
            None,
            None,
        )
        .map(|_| ())
    });
    verified.err()
}

/// The constraint, and the step that it is about as far as that can be told.
fn explain(path: &[Step], error: &Error) -> (usize, Constraint) {
    let issuers = 1..path.len() - 1;
    match error {
        Error::CaUsedAsEndEntity => (0, Constraint::CaAsLeaf),
        Error::EndEntityUsedAsCa => {
            (issuers.clone().find(|step| !path[*step].certificate.is_ca()).unwrap_or(0), Constraint::NotCa)
        }
        Error::PathLenConstraintViolated => (0, Constraint::PathLength),
        Error::NameConstraintViolation => (0, Constraint::Name),
        Error::RequiredEkuNotFoundContext(_) => (0, Constraint::Purpose),
        Error::UnsupportedCriticalExtension => (0, Constraint::CriticalExtension),
        Error::UnsupportedSignatureAlgorithmContext(_)
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)
        | Error::InvalidSignatureForPublicKey => {
            let weak = |step: &&Step| step.certificate.signature_algorithm().weak;
            let below = &path[..path.len() - 1];
            (below.iter().position(|step| weak(&step)).unwrap_or(0), Constraint::Signature)
        }
        other => (0, Constraint::Other(format!("path validation failed: {other}"))),
    }
}

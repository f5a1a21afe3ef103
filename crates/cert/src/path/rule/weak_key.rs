//! No key is too short, or of a kind that the client refuses.

use super::{Meta, Rule};
use crate::path::Profile;
use crate::{Curve, KeyAlgorithm};

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.weak-key",
        title: "Its key is refused",
        why: "Such a key can be broken, or clients do not know it: they refuse every certificate with it.",
        section: "Baseline Requirements sections 6.1.5 and 6.1.6",
        hint: "make a new key (ECDSA on P-256, or RSA with 2048 bits), and have the certificate issued anew",
        weight: 6,
        is_doubt: false,
    },
    judge: |walk, findings| {
        for (place, node) in walk.nodes.iter().enumerate() {
            if let Some(why) = refused(&node.certificate.key().algorithm, walk.question.profile) {
                findings.tell(place, node.certificate.key().algorithm.to_string(), why);
            }
        }
    },
};

/// What the client wants instead.
fn refused(key: &KeyAlgorithm, profile: &Profile) -> Option<String> {
    const KINDS: &str = "RSA, or ECDSA on P-256 or P-384";
    match key {
        KeyAlgorithm::Rsa { bits, .. } if *bits < profile.rsa_bits => {
            Some(format!("at least {} bits", profile.rsa_bits))
        }
        KeyAlgorithm::Rsa { bits, .. } if profile.browser_keys && bits % 8 != 0 => {
            Some("a length that 8 divides".to_owned())
        }
        KeyAlgorithm::Rsa { exponent, .. } => match exponent {
            Some(exponent) if *exponent < 3 || exponent % 2 == 0 => {
                Some("an odd exponent of at least 3".to_owned())
            }
            _ => None,
        },
        KeyAlgorithm::Ec(Curve::P521) if !profile.p521 => Some(KINDS.to_owned()),
        KeyAlgorithm::Ec(Curve::Other(_)) if profile.browser_keys => Some(KINDS.to_owned()),
        KeyAlgorithm::Ed25519 if !profile.ed25519 => Some(KINDS.to_owned()),
        KeyAlgorithm::Other(_) | KeyAlgorithm::Ed448 if profile.browser_keys => Some(KINDS.to_owned()),
        _ => None,
    }
}

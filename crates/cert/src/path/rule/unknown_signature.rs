//! Signatures can be checked.

use super::{Meta, Rule};
use crate::path::search::End;

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.unknown-signature",
        title: "Whether the signature holds cannot be told",
        why: "A signature that cannot be checked proves nothing, and disproves nothing.",
        section: "RFC 5280 section 6.1.3 (a) (1)",
        hint: "have it issued anew with RSA, ECDSA on P-256, P-384 or P-521, Ed25519 or ML-DSA",
        weight: 7,
        is_doubt: true,
    },
    judge: |walk, findings| {
        if walk.end == End::UnknownSignature {
            let last = walk.nodes.len() - 1;
            let algorithm = walk.nodes[last - 1].certificate.signature_algorithm();
            findings.tell(last - 1, format!("{algorithm}, which cannot be checked here with this key"), "");
        }
    },
};

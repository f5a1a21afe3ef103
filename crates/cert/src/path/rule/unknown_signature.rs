//! Signatures can be checked.

use super::{Meta, Rule};

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
        for place in walk.unchecked {
            let algorithm = walk.nodes[*place].certificate.signature_algorithm();
            findings.tell(*place, format!("{algorithm}, which cannot be checked here with this key"), "");
        }
    },
};

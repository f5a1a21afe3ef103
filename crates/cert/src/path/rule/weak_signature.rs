//! No signature stands on a broken hash.

use super::{Meta, Rule};

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.weak-signature",
        title: "Its signature stands on a broken hash",
        why: "Who finds two texts with one hash has the signature for both: clients refuse it.",
        section: "RFC 8446 section 4.2.3; Baseline Requirements section 7.1.3.2",
        hint: "have it issued anew with SHA-256",
        weight: 6,
        is_doubt: false,
    },
    judge: |walk, findings| {
        for (place, node) in walk.signed() {
            let algorithm = node.certificate.signature_algorithm();
            if algorithm.weak {
                findings.tell(place, algorithm.to_string(), "SHA-256 or better");
            }
        }
    },
};

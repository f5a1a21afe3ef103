//! No signature stands on a broken hash.

use super::{Meta, Rule};

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.weak-signature",
        title: "Its signature stands on a broken hash",
        why: "Who finds two texts with one hash has the signature for both: clients refuse it.",
        section: "RFC 9155; Baseline Requirements section 7.1.3.2",
        hint: "have it issued anew with SHA-256",
        weight: 6,
        is_doubt: false,
    },
    judge: |walk, findings| {
        for (place, node) in walk.signed() {
            let algorithm = node.certificate.signature_algorithm();
            let is_sha1 = matches!(
                algorithm.oid.as_str(),
                "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" | "1.2.840.10045.4.1" | "1.2.840.10040.4.3"
            );
            if algorithm.weak && !(is_sha1 && walk.question.profile.sha1) {
                findings.tell(place, algorithm.to_string(), "SHA-256 or better");
            }
        }
    },
};

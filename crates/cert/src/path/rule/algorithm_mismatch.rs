//! The algorithm is the same inside and outside of what is signed.

use super::{Meta, Rule};

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.algorithm-mismatch",
        title: "Its signature algorithms differ",
        why: "What stands outside of the signature could be changed by anybody: clients refuse the certificate.",
        section: "RFC 5280 section 4.1.1.2",
        hint: "have it issued anew: what is not signed says something else than what is",
        weight: 6,
        is_doubt: false,
    },
    judge: |walk, findings| {
        for (place, node) in walk.signed() {
            let (Ok(inside), Ok(outside)) = (&node.anatomy.tbs_signature, &node.anatomy.signature_algorithm)
            else {
                continue;
            };
            if inside.der() != outside.der() {
                findings.tell(
                    place,
                    format!("{} inside, {} outside", inside.oid.shown(), outside.oid.shown()),
                    "the same",
                );
            }
        }
    },
};

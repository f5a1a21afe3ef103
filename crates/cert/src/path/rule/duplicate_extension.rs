//! No extension is there twice.

use super::{Meta, Rule};

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.duplicate-extension",
        title: "An extension is there twice",
        why: "Of two that differ nobody knows which counts: clients refuse the certificate.",
        section: "RFC 5280 section 4.2",
        hint: "have it issued anew with each extension once",
        weight: 6,
        is_doubt: false,
    },
    judge: |walk, findings| {
        for (place, node) in walk.bound() {
            for kind in node.repeated() {
                findings.tell(place, kind.as_str(), "once");
            }
        }
    },
};

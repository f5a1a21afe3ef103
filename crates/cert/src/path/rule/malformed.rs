//! Every field and every known extension can be read.

use super::{Meta, Rule};

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.malformed",
        title: "It is malformed",
        why: "Clients that read strictly cannot open it; those that read on may disagree about what it says.",
        section: "RFC 5280 section 4; X.690",
        hint: "have it issued anew by software that writes DER: `notafter inspect --der` shows the place",
        weight: 6,
        is_doubt: false,
    },
    judge: |walk, findings| {
        for (place, node) in walk.bound() {
            for fault in node.faults() {
                findings.tell(place, fault.as_str(), "");
            }
        }
    },
};

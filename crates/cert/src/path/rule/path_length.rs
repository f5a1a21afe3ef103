//! No more CAs follow than a CA allows.

use super::{Meta, Rule};

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.path-length",
        title: "More CAs follow than it allows",
        why: "A CA says how many others may stand below it.",
        section: "RFC 5280 sections 6.1.4 (l), (m) and 4.2.1.9",
        hint: "have the certificate issued by a CA nearer to the root",
        weight: 7,
        is_doubt: false,
    },
    judge: |walk, findings| {
        for (place, node) in walk.issuers() {
            let Some(allowed) = node.basic.and_then(|basic| basic.allowed_below()) else { continue };
            let below = walk.nodes[1..place].iter().filter(|node| !node.is_self_issued()).count();
            if node.is_ca() && u32::try_from(below).is_ok_and(|below| below > allowed) {
                let follow =
                    if below == 1 { "1 CA follows".to_owned() } else { format!("{below} CAs follow") };
                findings.tell(place, follow, format!("at most {allowed}"));
            }
        }
    },
};

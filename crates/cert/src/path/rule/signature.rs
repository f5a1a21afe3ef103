//! Each certificate is signed by the one above.

use super::{Meta, Rule};
use crate::path::search::End;

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.signature",
        title: "The signature is wrong",
        why: "Either the certificate was changed, or another than its issuer stands above it.",
        section: "RFC 5280 section 6.1.3 (a) (1)",
        hint: "the certificate was changed, or its issuer is another of the same name: have it issued anew, and send the right intermediate",
        weight: 8,
        is_doubt: false,
    },
    judge: |walk, findings| {
        if walk.end == End::WrongSignature {
            let last = walk.nodes.len() - 1;
            findings.tell(last - 1, format!("the key of {} did not make it", walk.nodes[last].shown()), "");
        }
    },
};

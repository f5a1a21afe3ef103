//! Every name lies where the CAs above allow it.

use super::{Meta, Rule};
use crate::path::bounds::Compared;

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.name-constraint",
        title: "A CA above may not certify this name",
        why: "A CA may be allowed to certify some names only; one outside of them is not its to certify.",
        section: "RFC 5280 sections 6.1.3 (b), (c) and 4.2.1.10",
        hint: "have it issued by a CA that may certify the name",
        weight: 6,
        is_doubt: false,
    },
    judge: |walk, findings| {
        for breach in &walk.breaches {
            if let Compared::Outside(found, excluded) = &breach.compared {
                let expected = match excluded {
                    Some(base) => format!("outside of {base}, as {} wants it", breach.by),
                    None => format!("within the names of {}", breach.by),
                };
                findings.tell(breach.certificate, found.as_str(), expected);
            }
        }
    },
};

//! Every name can be compared with the constraints on its form.

use super::{Meta, Rule};
use crate::path::bounds::Compared;

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.name-incomparable",
        title: "A name cannot be compared with a constraint of a CA above",
        why: "Where a constraint cannot be applied, nobody knows whether the CA may certify the name: clients refuse it.",
        section: "RFC 5280 section 4.2.1.10",
        hint: "the constraint in the CA's certificate, or the name, is not of its form: have that one issued anew",
        weight: 6,
        is_doubt: false,
    },
    judge: |walk, findings| {
        for breach in &walk.breaches {
            if let Compared::Incomparable(found) = &breach.compared {
                findings.tell(breach.certificate, format!("{found}, in {}", breach.by), "");
            }
        }
    },
};

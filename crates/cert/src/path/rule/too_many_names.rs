//! There are no more names and constraints than can be compared.

use super::{Meta, Rule};
use crate::path::bounds::Compared;

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.too-many-names",
        title: "There are too many names and constraints to compare",
        why: "Hostile chains multiply names by constraints; clients stop somewhere, and so does this.",
        section: "RFC 5280 section 6.1.3 (b), (c); CVE-2018-16875",
        hint: "have it issued with fewer names, or by a CA with fewer constraints",
        weight: 6,
        is_doubt: true,
    },
    judge: |walk, findings| {
        for breach in &walk.breaches {
            if breach.compared == Compared::TooMany {
                findings.tell(
                    breach.certificate,
                    format!("not all were compared with those of {}", breach.by),
                    "",
                );
            }
        }
    },
};

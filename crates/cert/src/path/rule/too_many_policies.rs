//! There are no more policies than can be followed.

use super::{Meta, Rule};
use crate::path::policy::{MOST, PolicyFault};

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.too-many-policies",
        title: "It has too many policies to follow",
        why: "Honest certificates have a few; hostile ones have thousands, so that clients are busy with them.",
        section: "RFC 5280 section 6.1.3 (d); CVE-2023-0464",
        hint: "have it issued anew with the policies that it is issued under",
        weight: 6,
        is_doubt: true,
    },
    judge: |walk, findings| {
        if let Err(PolicyFault::TooMany { certificate, count }) = walk.policies {
            findings.tell(*certificate, format!("{count} policies and mappings"), format!("at most {MOST}"));
        }
    },
};

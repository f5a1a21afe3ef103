//! A path ends before it is too long to be followed.

use super::{Meta, Rule};
use crate::path::search::End;

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.not-followed",
        title: "It leads further than is followed here",
        why: "Honest paths have two to five certificates; hostile chains grow without end, and every client stops somewhere.",
        section: "RFC 5280 section 6.1.1 (a)",
        hint: "send only the certificates that lead to the root",
        weight: 8,
        is_doubt: true,
    },
    judge: |walk, findings| {
        if walk.end == End::TooDeep {
            let most = walk.question.budget.depth;
            findings.tell(walk.nodes.len() - 1, format!("more lead on after {most} certificates"), "");
        }
    },
};

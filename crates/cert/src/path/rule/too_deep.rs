//! A path has no more certificates than an honest one, or than were asked for.

use super::{Meta, Rule};
use crate::path::search::End;

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.too-deep",
        title: "Too many certificates stand on the way",
        why: "Honest paths have two to five certificates; clients stop somewhere, and hostile chains grow without end.",
        section: "RFC 5280 section 6.1.1 (a)",
        hint: "send only the certificates that lead to the root",
        weight: 8,
        is_doubt: false,
    },
    judge: |walk, findings| {
        let last = walk.nodes.len() - 1;
        if walk.end == End::TooDeep {
            let most = walk.question.budget.depth;
            findings.tell(last, "more lead on", format!("at most {most} certificates"));
        }
        let Some(most) = walk.question.max_depth else { return };
        let above = walk.nodes.iter().skip(1).take(last.saturating_sub(1));
        let count = above.filter(|node| !node.is_self_issued()).count();
        if count > most {
            findings.tell(last, format!("{count} intermediates"), format!("at most {most}"));
        }
    },
};

//! A path has no more intermediates than were asked for.

use super::{Meta, Rule};

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.too-deep",
        title: "Too many certificates stand on the way",
        why: "Whoever asks allows so many between the certificate and its anchor.",
        section: "RFC 5280 section 6.1.1 (a)",
        hint: "allow more with --max-depth, or send the certificates that lead to a nearer root",
        weight: 8,
        is_doubt: false,
    },
    judge: |walk, findings| {
        let last = walk.nodes.len() - 1;
        let Some(most) = walk.question.max_depth else { return };
        let above = walk.nodes.iter().skip(1).take(last.saturating_sub(1));
        let count = above.filter(|node| !node.is_self_issued()).count();
        if count > most {
            let found =
                if count == 1 { "1 intermediate".to_owned() } else { format!("{count} intermediates") };
            findings.tell(last, found, format!("at most {most}"));
        }
    },
};

//! Whoever trusts the anchor trusts it for this certificate.

use super::{Meta, Rule};
use crate::path::question::Purpose;

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.distrusted",
        title: "The anchor is not trusted for it",
        why: "Programmes that phase a CA out go on trusting what it issued until a day, and bind others to names; OpenSSL's trusted certificates name their purposes.",
        section: "RFC 5280 section 6.1.1 (d) and RFC 5937; the root programme",
        hint: "have it issued by a CA that clients trust without end, or for this purpose",
        weight: 6,
        is_doubt: false,
    },
    judge: |walk, findings| {
        let Some((last, terms)) = walk.nodes.last().and_then(|node| node.terms.map(|terms| (node, terms)))
        else {
            return;
        };
        if !walk.is_complete() {
            return;
        }
        let (top, leaf) = (walk.nodes.len() - 1, walk.leaf().certificate);
        if let Some(why) = terms.refused_purpose(walk.question.purpose) {
            findings.tell(top, why, "");
        }
        if !walk.question.profile.programme_terms || walk.question.purpose != Purpose::Server {
            return;
        }
        if let (Some(found), Some(distrust)) = (terms.too_late(leaf), terms.distrust) {
            findings.tell(0, found, format!("by {} under {}", distrust.after.for_people(), last.shown()));
        }
        if let Some(name) = terms.outside(leaf) {
            findings.tell(0, name, format!("below {} under {}", terms.hosts.join(", "), last.shown()));
        }
    },
};

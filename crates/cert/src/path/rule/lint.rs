//! Where the profile wants it, no lint that affects paths is violated.

use super::{Meta, Rule};
use crate::lint::{self, Outcome, Subject, Verdict};

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.lint",
        title: "A rule of the documents that clients follow is broken",
        section: "the lint",
        hint: "read the lint's page: `notafter lint --explain ID`",
        weight: 4,
        is_doubt: false,
    },
    judge: |walk, findings| {
        if !walk.question.profile.lints {
            return;
        }
        for (place, node) in walk.nodes.iter().enumerate() {
            let subject = Subject::of(node.certificate.der(), walk.question.at);
            for lint in lint::all().filter(|lint| lint.meta.affects_path) {
                if let Outcome::Judged(Verdict::Violated(found)) = lint.run(&subject) {
                    findings.tell(place, format!("{}: {found}", lint.meta.id), lint.meta.title);
                }
            }
        }
    },
};

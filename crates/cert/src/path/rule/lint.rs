//! Where the profile wants it, no lint that affects paths is violated.

use super::{Meta, Rule};
use crate::lint::{self, Lint, Source, Subject, Verdict};

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.lint",
        title: "A rule of the documents that clients follow is broken",
        why: "Clients that follow the document refuse such a certificate.",
        section: "the lint",
        hint: "read the lint's page: `notafter lint --explain ID`",
        weight: 4,
        is_doubt: false,
    },
    judge: |walk, findings| {
        let sources = walk.question.profile.lints;
        if sources.is_empty() {
            return;
        }
        for (place, node) in walk.nodes.iter().enumerate() {
            let subject = Subject::of(node.certificate.der(), walk.question.at);
            let is_overridden =
                |lint: &Lint| sources.contains(&Source::BaselineRequirements) && is_relaxed(lint);
            let counts = |lint: &&Lint| {
                lint.meta.affects_path && sources.contains(&lint.meta.source) && !is_overridden(lint)
            };
            for lint in
                lint::all().filter(counts).filter(|lint| !(place > 0 && node.is_anchor && is_free(lint)))
            {
                if let Some(Verdict::Violated(found)) = lint.judge_on_path(&subject) {
                    findings.tell(place, format!("{}: {found}", lint.meta.id), lint.meta.title);
                }
            }
        }
    },
};

/// Whether anchors that vouch for others need not mind: who chose to trust one knows its number, and who issued it is nobody
/// on the path.
fn is_free(lint: &Lint) -> bool {
    const FREE: [&str; 3] = [
        "rfc.serial-number-not-positive",
        "rfc.serial-number-longer-than-20-octets",
        "rfc.ext-authority-key-identifier-no-key-identifier",
    ];
    FREE.contains(&lint.meta.id)
}

/// Whether the baseline requirements allow what RFC 5280 forbids: name constraints that are not critical (section
/// 7.1.2.10.8).
fn is_relaxed(lint: &Lint) -> bool {
    lint.meta.id == "rfc.ext-name-constraints-not-critical"
}

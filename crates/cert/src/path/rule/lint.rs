//! Where the profile wants it, no lint that affects paths is violated.

use super::{Meta, Rule};
use crate::Time;
use crate::lint::{self, Lint, Source, Subject, Verdict};
use crate::path::ledger::Violation;
use crate::path::node::Node;

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
            let violated =
                walk.ledger.lints(node.place, sources, || violations(node, sources, walk.question.at));
            for (lint, found) in
                violated.iter().filter(|(lint, _)| !(place > 0 && node.is_anchor && is_free(lint)))
            {
                findings.tell(place, format!("{}: {found}", lint.meta.id), lint.meta.title);
            }
        }
    },
};

/// Every lint of these sources that affects paths and is violated by a certificate, wherever on a path it stands.
fn violations(node: &Node<'_>, sources: &[Source], at: Time) -> Vec<Violation> {
    let subject = Subject::of(node.certificate.der(), at);
    let is_overridden = |lint: &Lint| sources.contains(&Source::BaselineRequirements) && is_relaxed(lint);
    let counts = |lint: &&'static Lint| {
        lint.meta.affects_path && sources.contains(&lint.meta.source) && !is_overridden(lint)
    };
    let judged = lint::all().filter(counts).map(|lint| (lint, lint.judge_on_path(&subject)));
    let violated = judged.filter_map(|(lint, verdict)| match verdict {
        Some(Verdict::Violated(found)) => Some((lint, found)),
        _ => None,
    });
    violated.collect()
}

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

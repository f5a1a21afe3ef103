//! Every field and every extension of a known kind can be read.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.malformed",
        title: "Every field and every extension of a known kind can be read.",
        why: "What one client cannot read, another guesses at: most refuse such a certificate.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.1; X.690 section 10",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        // Where paths are judged, this is a rule of its own: path.malformed.
        affects_path: false,
        alias: None,
        hint: "have it issued anew by software that writes DER: `notafter inspect --der` shows the place",
    },
    applies: |_| true,
    judge: |subject| {
        let fields = subject.anatomy.faults().into_iter().map(|(field, fault)| format!("{field}, {fault}"));
        let broken = subject
            .anatomy
            .extensions()
            .filter_map(|extension| Some(format!("{}, {}", extension.kind.shown(), extension.fault()?)));
        let all: Vec<String> = fields.chain(broken).collect();
        Verdict::holds(all.is_empty(), || all.join("; "))
    },
};

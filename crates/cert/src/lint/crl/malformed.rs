//! Every field of a CRL, of its entries and of its extensions can be read.

use crate::lint::crl::CrlLint;
use crate::lint::{Effective, Meta, Severity, Source, Verdict};
use crate::x509::Extensions;

pub(super) const LINT: CrlLint = CrlLint {
    meta: Meta {
        id: "crl.malformed",
        title: "Every field of a CRL, of its entries and of its extensions can be read.",
        why: "A client that cannot read a CRL does not know what is revoked: strict ones then refuse every certificate of the CA.",
        source: Source::Rfc,
        citation: "RFC 5280 section 5.1; X.690 section 10",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: None,
        hint: "have it issued anew by software that writes DER: `notafter inspect --der` shows the place",
    },
    applies: |_| true,
    judge: |crl| {
        let fields = crl.faults().into_iter().map(|(field, fault)| format!("{field}, {fault}"));
        let entries = crl.entries().filter_map(|entry| Some(format!("an entry, {}", entry.err()?)));
        let extensions = crl.trailer.extensions.iter().flatten().flat_map(Extensions::iter);
        let broken = extensions.filter_map(|one| Some(format!("{}, {}", one.kind.shown(), one.fault()?)));
        let all: Vec<String> = fields.chain(entries.take(1)).chain(broken).collect();
        Verdict::holds(all.is_empty(), || all.join("; "))
    },
};

//! A name in the zones for looking up addresses backwards stands for a whole address.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::GeneralNames;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.subject-contains-malformed-arpa-ip",
        title: "A name in the zones for looking up addresses backwards stands for a whole address.",
        why: "Part of an address, or a wildcard there, is a range that the registries have given to many.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 3.2.2.6",
        severity: Severity::Warning,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:w_subject_contains_malformed_arpa_ip"),
        hint: "use the name of the host, or its address",
    },
    applies: |subject| ask::ReverseName::is_in(subject),
    judge: |subject| {
        let names = subject.alt_names();
        let odd = names
            .into_iter()
            .flat_map(GeneralNames::dns)
            .map(String::from_utf8_lossy)
            .find(|name| ask::ReverseName::of(name).is_some_and(|reverse| reverse.address.is_none()));
        Verdict::of(odd.map(|name| format!("{name} is no address")))
    },
};

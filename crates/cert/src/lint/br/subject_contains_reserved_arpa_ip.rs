//! A name in the zones for looking up addresses backwards does not stand for a reserved address.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reserved_addresses};
use crate::x509::GeneralNames;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.subject-contains-reserved-arpa-ip",
        title: "A name in the zones for looking up addresses backwards does not stand for a reserved address.",
        why: "A reserved address belongs to nobody, or to everybody within his own network.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.12",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_subject_contains_reserved_arpa_ip"),
        hint: "use a name that is yours in public DNS",
    },
    applies: |subject| ask::ReverseName::is_in(subject),
    judge: |subject| {
        let names = subject.alt_names();
        let reserved =
            names.into_iter().flat_map(GeneralNames::dns).map(String::from_utf8_lossy).find_map(|name| {
                let network = reserved_addresses::network_of(ask::ReverseName::of(&name)?.address?)?;
                Some(format!("{name} lies in {network}"))
            });
        Verdict::of(reserved)
    },
};

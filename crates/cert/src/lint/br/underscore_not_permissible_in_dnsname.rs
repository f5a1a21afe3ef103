//! No DNS name has an underscore.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::GeneralNames;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.underscore-not-permissible-in-dnsname",
        title: "No DNS name has an underscore.",
        why: "It is no letter of host names, and some clients refuse or rewrite such a name.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.12",
        severity: Severity::Error,
        effective: Effective::from(2019, 4, 1),
        affects_path: false,
        alias: Some("zlint:e_underscore_not_permissible_in_dnsname"),
        hint: "give the host a name of letters, digits and hyphens",
    },
    applies: |subject| subject.is_subscriber() && subject.host_names().next().is_some(),
    judge: |subject| {
        let names = subject.alt_names();
        let odd = names.into_iter().flat_map(GeneralNames::dns).find(|name| name.contains(&b'_'));
        Verdict::of(odd.map(|name| format!("{} has one", String::from_utf8_lossy(name))))
    },
};

//! No label of a DNS name is longer than 63 octets.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::GeneralNames;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.dnsname-label-too-long",
        title: "A label of a DNS name has at most 63 octets.",
        why: "Such a name cannot exist in DNS: nobody can have validated it, and no client can look it up.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.4.2; RFC 1034 section 3.1",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_dnsname_label_too_long"),
        hint: "ask for a name whose labels have at most 63 letters each",
    },
    applies: |subject| {
        subject.is_subscriber() && subject.alt_names().is_some_and(|names| names.dns().next().is_some())
    },
    judge: |subject| {
        let names = subject.alt_names();
        let long = names
            .iter()
            .flat_map(GeneralNames::dns)
            .find(|name| name.split(|letter| *letter == b'.').any(|label| label.len() > 63));
        Verdict::of(long.map(|name| format!("{} has a longer one", String::from_utf8_lossy(name))))
    },
};

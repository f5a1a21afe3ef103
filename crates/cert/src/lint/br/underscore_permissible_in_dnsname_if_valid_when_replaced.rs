//! A DNS name with underscores would be one of host names with hyphens in their place.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::GeneralNames;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.underscore-permissible-in-dnsname-if-valid-when-replaced",
        title: "A DNS name with underscores would be one of host names with hyphens in their place.",
        why: "From December 2018 to March 2019 underscores were borne, but no other fault.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.6.2 section 7.1.4.2.1",
        severity: Severity::Error,
        effective: Effective::from(2018, 12, 10).until(2019, 4, 1),
        affects_path: false,
        alias: Some("zlint:e_underscore_permissible_in_dnsname_if_valid_when_replaced"),
        hint: "give the host a name of letters, digits and hyphens",
    },
    applies: |subject| subject.is_subscriber() && subject.host_names().next().is_some(),
    judge: |subject| {
        let names = subject.alt_names();
        let odd = names.into_iter().flat_map(GeneralNames::dns).map(String::from_utf8_lossy).find(|name| {
            name.split('.').filter(|label| label.contains('_')).any(|label| !is_ldh(&label.replace('_', "-")))
        });
        Verdict::of(odd.map(|name| format!("{name} would not be")))
    },
};

/// Whether a label is of letters, digits and hyphens, and not reserved but for internationalised names (RFC 5890 section 2.3.1).
fn is_ldh(label: &str) -> bool {
    let letters = label.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'-');
    let reserved = label.get(2..4) == Some("--");
    let international = label.get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case("xn--"));
    let edges = label.starts_with('-') || label.ends_with('-');
    (1..=63).contains(&label.len()) && letters && !edges && (!reserved || international)
}

//! A name of Tor's is one of version 3, or in a certificate of extended validation of version 2.

use crate::lint::ev::ask::claims_extended_validation;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.san-dns-name-onion-invalid",
        title: "A name of Tor's is one of version 3, or in a certificate of extended validation of version 2.",
        why: "The name is the key of the service; one of another form belongs to nobody.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements appendix B; RFC 7686",
        severity: Severity::Error,
        effective: Effective::from(2015, 5, 1),
        affects_path: false,
        alias: Some("zlint:e_san_dns_name_onion_invalid"),
        hint: "use the name of 56 letters that Tor has made for the service",
    },
    applies: |subject| subject.onion_names().next().is_some(),
    judge: |subject| {
        let is_extended = claims_extended_validation(subject);
        let wrong = subject.onion_names().find_map(|name| {
            let why = fault(name, is_extended)?;
            Some(format!("{name} {why}"))
        });
        Verdict::of(wrong)
    },
};

/// What is wrong with a name that ends with `.onion`: its second label must be a key, or part of one, in base 32.
fn fault(name: &str, is_extended: bool) -> Option<&'static str> {
    let key = name.rsplit('.').nth(1).unwrap_or_default();
    match key.len() {
        16 if !is_extended => Some("is of version 2, which needs extended validation"),
        16 | 56 if key.bytes().all(|letter| matches!(letter, b'a'..=b'z' | b'A'..=b'Z' | b'2'..=b'7')) => {
            None
        }
        16 | 56 => Some("has letters that base 32 does not have"),
        _ => Some("is of no version of Tor's"),
    }
}

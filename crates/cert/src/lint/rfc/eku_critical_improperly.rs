//! extKeyUsage that allows any purpose should not be critical.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::ExtendedKeyUsage;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.eku-critical-improperly",
        title: "extKeyUsage that allows any purpose should not be critical.",
        why: "It restricts nothing, but a client that does not know it must refuse the certificate.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.12",
        severity: Severity::Warning,
        effective: Effective::RFC_3280,
        affects_path: false,
        alias: Some("zlint:w_eku_critical_improperly"),
        hint: "ask for a profile with the purposes that are needed, and no other",
    },
    applies: |subject| ask::has(subject, oid::EXTENDED_KEY_USAGE),
    judge: |subject| {
        ask::value(subject, |purposes: &ExtendedKeyUsage<'_>| {
            if purposes.has(oid::ANY_EXTENDED_KEY_USAGE) {
                return reading::must_not_be_critical(subject, oid::EXTENDED_KEY_USAGE);
            }
            Verdict::Pass
        })
    },
};

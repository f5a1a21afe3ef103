//! A certificate that begins before March 2020 has names of Tor's only under extended validation.

use crate::lint::ev::ask::claims_extended_validation;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, midnight};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.san-dns-name-onion-not-ev-cert",
        title: "A certificate that begins before March 2020 has names of Tor's only under extended validation.",
        why: "Nobody had agreed yet on how else control over such a name is proved.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements 1.6.8 section 7.1.4.2.1; ballot 144",
        severity: Severity::Error,
        effective: Effective::from(2015, 5, 1),
        affects_path: false,
        alias: Some("zlint:e_san_dns_name_onion_not_ev_cert"),
        hint: "replace it by a certificate issued under the rules of today",
    },
    applies: |subject| {
        let begins = subject.anatomy.not_before.as_ref();
        begins.is_ok_and(|begins| begins.time < midnight((2020, 3, 27)))
            && subject.is_subscriber()
            && subject.onion_names().next().is_some()
    },
    judge: |subject| {
        let name = subject.onion_names().next().filter(|_| !claims_extended_validation(subject));
        Verdict::of(name.map(|name| format!("{name} is in a certificate without extended validation")))
    },
};

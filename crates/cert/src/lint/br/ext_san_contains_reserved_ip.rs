//! No address of a certificate is reserved.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, midnight, reserved_addresses};
use crate::x509::GeneralNames;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ext-san-contains-reserved-ip",
        title: "No address in subjectAltName is reserved.",
        why: "Reserved addresses are used by many networks at once: whoever has the certificate can stand for all of them.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements sections 4.2.2 and 7.1.2.7.12",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_ext_san_contains_reserved_ip"),
        hint: "use a name instead of the address, or a CA of your own",
    },
    applies: |subject| ask::ends_after(subject, midnight((2015, 11, 1))),
    judge: |subject| {
        let names = subject.alt_names();
        let addresses = names.into_iter().flat_map(GeneralNames::iter).filter_map(|name| name.address());
        let mut reserved = addresses.filter_map(|it| Some((it, reserved_addresses::network_of(it)?)));
        Verdict::of(reserved.next().map(|(address, network)| format!("{address} is one of {network}")))
    },
};

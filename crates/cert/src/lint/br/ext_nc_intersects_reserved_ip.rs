//! The addresses that a CA is allowed hold none that is reserved.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, midnight, reading, reserved_addresses};
use crate::x509::GeneralName;
use crate::x509::extension::NameConstraints;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.ext-nc-intersects-reserved-ip",
        title: "No range of addresses that name constraints permit holds a reserved address.",
        why: "Reserved addresses are used by many networks at once: nobody can own them.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements sections 4.2.2 and 7.1.2.10.8",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_ext_nc_intersects_reserved_ip"),
        hint: "issue the CA's certificate again with ranges that its owner holds",
    },
    applies: |subject| {
        let constrained = subject.anatomy.extension(oid::NAME_CONSTRAINTS).is_some();
        constrained && ask::ends_after(subject, midnight((2015, 11, 1)))
    },
    judge: |subject| {
        reading::extension(subject, |constraints: Option<NameConstraints<'_>>| {
            let permitted = constraints.iter().flat_map(|all| &all.permitted).flatten();
            let mut names = permitted.filter_map(|subtree| subtree.base.as_ref().ok());
            let reserved = names.find(|name| overlaps(name));
            Verdict::of(reserved.map(|network| format!("{network} holds a reserved address")))
        })
    },
};

fn overlaps(name: &GeneralName<'_>) -> bool {
    matches!(name, GeneralName::Ip(octets) if reserved_addresses::overlap(octets) == Some(true))
}

//! Only a CA whose key signs certificates has a pathLenConstraint.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::extension::{BasicConstraints, KeyUsage, KeyUsageBit};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.path-len-constraint-improperly-included",
        title: "Only a CA whose key signs certificates has a pathLenConstraint.",
        why: "It counts the CAs below; where none can be, the certificate contradicts itself.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.9",
        severity: Severity::Error,
        effective: Effective::RFC_3280,
        affects_path: true,
        alias: Some("zlint:e_path_len_constraint_improperly_included"),
        hint: "have it issued anew without pathLenConstraint; a CA needs keyCertSign",
    },
    applies: |subject| ask::has(subject, oid::BASIC_CONSTRAINTS),
    judge: |subject| {
        ask::value(subject, |basic: &BasicConstraints<'_>| {
            let usage = subject.readable::<KeyUsage<'_>>();
            let signs = basic.ca && usage.is_some_and(|usage| usage.has(KeyUsageBit::KeyCertSign));
            Verdict::holds(signs || basic.path_len.is_none(), || {
                "pathLenConstraint, but no CA that signs certificates".to_owned()
            })
        })
    },
};

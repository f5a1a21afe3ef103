//! Every critical extension is understood.

use super::{Meta, Rule};
use crate::der::{Oid, oid};

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.critical-extension",
        title: "A critical extension is not understood",
        why: "Whoever does not understand a critical extension must not trust the certificate: it may limit what it is good for.",
        section: "RFC 5280 sections 4.2, 6.1.4 (o) and 6.1.5 (f)",
        hint: "ask the CA what the extension is for: no common client accepts it",
        weight: 6,
        is_doubt: false,
    },
    judge: |walk, findings| {
        for (place, node) in walk.bound() {
            for extension in node.anatomy.extensions().filter(|extension| extension.critical) {
                if !PROCESSED.contains(&extension.kind) {
                    findings.tell(place, extension.kind.shown(), "not critical");
                }
            }
        }
    },
};

/// What is processed here, so that it may be critical.
const PROCESSED: [Oid<'static>; 11] = [
    oid::BASIC_CONSTRAINTS,
    oid::KEY_USAGE,
    oid::EXTENDED_KEY_USAGE,
    oid::SUBJECT_ALT_NAME,
    oid::NAME_CONSTRAINTS,
    oid::CERTIFICATE_POLICIES,
    oid::POLICY_MAPPINGS,
    oid::POLICY_CONSTRAINTS,
    oid::INHIBIT_ANY_POLICY,
    oid::CRL_DISTRIBUTION_POINTS,
    oid::ISSUER_ALT_NAME,
];

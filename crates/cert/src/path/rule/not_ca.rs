//! Who issues is a CA.

use super::{Meta, Rule};
use crate::x509::extension::KeyUsageBit;

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.not-ca",
        title: "It issued a certificate, and is no CA",
        why: "Anybody who has a certificate could issue others if this were not looked at.",
        section: "RFC 5280 section 6.1.4 (k)",
        hint: "have the certificate issued by a CA",
        weight: 7,
        is_doubt: false,
    },
    judge: |walk, findings| {
        for (place, node) in walk.issuers() {
            // Roots of version 1 have no extensions: whoever trusts them knows them otherwise.
            let is_old_root = node.is_anchor && node.anatomy.version.is_ok_and(|version| !version.is_3());
            let by_usage = walk.question.profile.anchor_by_usage
                && node.is_anchor
                && node.basic.is_none()
                && node.usage.is_some_and(|usage| usage.has(KeyUsageBit::KeyCertSign));
            if !node.is_ca() && !is_old_root && !by_usage {
                let found = if node.basic.is_some() {
                    "basicConstraints has cA false"
                } else {
                    "no basicConstraints"
                };
                findings.tell(place, found, "basicConstraints with cA true");
            }
        }
    },
};

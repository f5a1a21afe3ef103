//! Who issues may sign certificates.

use super::{Meta, Rule};
use crate::x509::extension::KeyUsageBit;

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.may-not-sign",
        title: "It issued a certificate, and may not",
        why: "The key above may sign other things, but not certificates.",
        section: "RFC 5280 section 6.1.4 (n)",
        hint: "have the certificate issued by a CA whose keyUsage has keyCertSign",
        weight: 7,
        is_doubt: false,
    },
    judge: |walk, findings| {
        for (place, node) in walk.issuers() {
            if !node.may(KeyUsageBit::KeyCertSign) {
                findings.tell(place, "keyUsage without keyCertSign", "keyCertSign");
            }
        }
    },
};

//! The key at the end of the path may do what it is used for.

use super::{Meta, Rule};
use crate::path::question::Purpose;
use crate::x509::extension::{KeyUsage, KeyUsageBit};

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.leaf-key-usage",
        title: "Its key may not be used for this",
        why: "The CA said what the key may do, and this is not among it.",
        section: "RFC 5280 sections 4.2.1.3 and 4.2.1.12; RFC 8446 section 4.4.2.2",
        hint: "have a certificate issued whose keyUsage has digitalSignature",
        weight: 5,
        is_doubt: false,
    },
    judge: |walk, findings| {
        use KeyUsageBit::{
            ContentCommitment, CrlSign, DigitalSignature, KeyAgreement, KeyCertSign, KeyEncipherment,
        };
        let enough: &[KeyUsageBit] = match walk.question.purpose {
            Purpose::Server => &[DigitalSignature, KeyEncipherment, KeyAgreement],
            Purpose::Client => &[DigitalSignature, KeyAgreement],
            Purpose::Email => &[DigitalSignature, ContentCommitment, KeyEncipherment, KeyAgreement],
            Purpose::CodeSigning => &[DigitalSignature],
            Purpose::TimeStamping | Purpose::OcspSigning => &[DigitalSignature, ContentCommitment],
            Purpose::Any => return,
        };
        let leaf = walk.leaf();
        let is_ca_as_such = walk.question.profile.ca_usage_is_enough
            && leaf.is_ca()
            && [KeyCertSign, CrlSign].into_iter().any(|bit| leaf.may(bit));
        if is_ca_as_such || enough.iter().any(|bit| leaf.may(*bit)) {
            return;
        }
        let found: Vec<&str> = leaf.usage.iter().flat_map(KeyUsage::set).map(KeyUsageBit::name).collect();
        let wanted: Vec<&str> = enough.iter().map(|bit| bit.name()).collect();
        findings.tell(0, found.join(", "), wanted.join(" or "));
    },
};

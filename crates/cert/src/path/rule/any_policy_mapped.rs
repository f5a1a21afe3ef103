//! No CA maps anyPolicy.

use super::{Meta, Rule};
use crate::path::policy::PolicyFault;

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.any-policy-mapped",
        title: "It maps anyPolicy",
        why: "A mapping says that one policy is as good as another; any policy is as good as none.",
        section: "RFC 5280 section 6.1.4 (a)",
        hint: "have the CA's certificate issued anew without that mapping",
        weight: 6,
        is_doubt: false,
    },
    judge: |walk, findings| {
        if let Err(PolicyFault::MapsAny { certificate }) = walk.policies {
            findings.tell(*certificate, "policyMappings has anyPolicy", "no mapping of anyPolicy");
        }
    },
};

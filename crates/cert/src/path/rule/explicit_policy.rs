//! Where a policy is needed, there is one.

use super::{Meta, Rule};
use crate::path::policy::PolicyFault;

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.explicit-policy",
        title: "No policy that is asked for covers the path",
        why: "A CA above, or whoever asks, wants a policy that holds for every certificate of the path, and none does.",
        section: "RFC 5280 sections 6.1.3 (f) and 6.1.5 (g); RFC 9618",
        hint: "have it issued under a policy that the CAs above assert, or ask for another with --policy",
        weight: 5,
        is_doubt: false,
    },
    judge: |walk, findings| {
        if let Err(PolicyFault::NoneValid { certificate, found }) = walk.policies {
            findings.tell(*certificate, found.as_str(), "a policy that all certificates of the path assert");
        }
    },
};

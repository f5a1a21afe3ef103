//! Where revocation is looked at, it is known.

use super::{Meta, Rule};
use crate::revocation::Verdict;

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.revocation-unknown",
        title: "Whether it was revoked cannot be told",
        why: "Where revocation is looked at, what is not known is not good.",
        section: "RFC 5280 sections 6.1.3 (a) (3) and 6.3; RFC 6960",
        hint: "give the current CRL of its issuer with --crl, or an answer about it with --ocsp",
        weight: 3,
        is_doubt: true,
    },
    judge: |walk, findings| {
        for (place, status) in walk.statuses.iter().enumerate() {
            if let Verdict::Unknown(because) = status {
                findings.tell(place, because.to_string(), "");
            }
        }
    },
};

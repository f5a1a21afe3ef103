//! No certificate was revoked.

use super::{Meta, Rule};
use crate::revocation::Verdict;

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.revoked",
        title: "It was revoked",
        why: "The CA takes back what it said, often because somebody else has the key.",
        section: "RFC 5280 sections 6.1.3 (a) (3) and 6.3; RFC 6960",
        hint: "have it issued anew with a new key, and find out why it was revoked",
        weight: 4,
        is_doubt: false,
    },
    judge: |walk, findings| {
        for (place, status) in walk.statuses.iter().enumerate() {
            if let Verdict::Revoked { at, reason, .. } = status {
                let since = at
                    .map(|at| format!("at {at}"))
                    .unwrap_or_else(|| "at a time that is not told".to_owned());
                let why = reason.map(|reason| format!(", {reason}")).unwrap_or_default();
                findings.tell(place, format!("{since}{why}"), "not revoked");
            }
        }
    },
};

//! A key that stamps times is for nothing else, and says so in a way that nobody may overlook.

use super::{Meta, Rule};
use crate::der::oid;
use crate::path::question::Purpose;

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.time-stamping-alone",
        title: "Its key is not for time stamps alone",
        why: "A key that stamps times must do nothing else: whoever relies on a stamp would rely on every other use of the key.",
        section: "RFC 3161 section 2.3",
        hint: "have a certificate issued whose extKeyUsage is critical and has timeStamping alone",
        weight: 5,
        is_doubt: false,
    },
    judge: |walk, findings| {
        if walk.question.purpose != Purpose::TimeStamping {
            return;
        }
        let leaf = walk.leaf();
        let Some(purposes) = &leaf.purposes else {
            return findings.tell(0, "no extKeyUsage", "timeStamping alone");
        };
        if purposes.purposes.len() > 1 {
            let count = purposes.purposes.len();
            findings.tell(0, format!("extKeyUsage has {count} purposes"), "timeStamping alone");
        }
        if leaf.anatomy.extension(oid::EXTENDED_KEY_USAGE).is_some_and(|extension| !extension.critical) {
            findings.tell(0, "extKeyUsage is not critical", "critical");
        }
    },
};

//! No certificate is before its first second.

use super::expired::dated;
use super::{Meta, Rule};
use crate::{Certificate, Time};

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.not-yet-valid",
        title: "It is not valid yet",
        why: "Before its first second nobody vouches for the certificate; a clock that is behind has the same effect.",
        section: "RFC 5280 section 6.1.3 (a) (2)",
        hint: "wait until it is, or look at the clock",
        weight: 2,
        is_doubt: false,
    },
    judge: |walk, findings| {
        let at = walk.question.at;
        for (place, node) in dated(walk) {
            if let Some(found) = found(node.certificate, at) {
                findings.tell(place, found, "");
            }
        }
    },
};

pub(super) fn found(certificate: &Certificate, at: Time) -> Option<String> {
    certificate.is_not_yet_valid(at).then(|| format!("its first second is {}", certificate.not_before()))
}

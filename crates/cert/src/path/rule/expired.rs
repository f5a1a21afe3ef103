//! No certificate is past its last second.

use super::Walk;
use super::{Meta, Rule};
use crate::path::node::Node;
use crate::{Certificate, Time};

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.expired",
        title: "It has expired",
        why: "After its last second nobody vouches for the certificate any more, and revocation is no longer published.",
        section: "RFC 5280 section 6.1.3 (a) (2)",
        hint: "renew it, and serve the new one",
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
    certificate.is_expired(at).then(|| format!("its last second was {}", certificate.not_after()))
}

/// The certificates whose dates count.
pub(super) fn dated<'a, 'n>(walk: &Walk<'a, 'n>) -> impl Iterator<Item = (usize, &'a Node<'n>)> {
    let free =
        walk.is_complete() && !walk.question.profile.anchor_dates.of(walk.is_public) && walk.nodes.len() > 1;
    let count = walk.nodes.len() - usize::from(free);
    walk.nodes.clone().into_iter().enumerate().take(count)
}

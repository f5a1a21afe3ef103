//! The path ends at an anchor.

use super::{Meta, Rule};
use crate::path::search::End;

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.untrusted",
        title: "It leads to nobody who is trusted",
        why: "Nobody whom the client trusts vouches for the certificate.",
        section: "RFC 5280 section 6.1.1 (d)",
        hint: "send the intermediates that lead to a trusted root, or trust the root with --trusted",
        weight: 9,
        is_doubt: false,
    },
    judge: |walk, findings| {
        let last = walk.nodes.len() - 1;
        let issuer = walk.nodes[last].certificate.issuer();
        match walk.end {
            End::NoIssuer => {
                findings.tell(last, format!("nobody has the certificate of its issuer, {issuer}"), "");
            }
            End::Untrusted if last == 0 => findings.tell(0, "it is its own issuer, and no anchor", ""),
            End::Untrusted => findings.tell(last, "the root at its end is no anchor", ""),
            End::WrongSignature | End::TooDeep | End::Anchor => {}
        }
    },
};

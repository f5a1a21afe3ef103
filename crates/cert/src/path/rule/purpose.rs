//! Every certificate is meant for what it is used for.

use super::{Meta, Rule};
use crate::path::node::Node;
use crate::path::profile::CaAtEnd;
use crate::x509::extension::ExtendedKeyUsage;

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.purpose",
        title: "It is not meant for this",
        why: "The CA said what the key is for, and this is not among it.",
        section: "RFC 5280 section 4.2.1.12",
        hint: "have a certificate issued whose extKeyUsage has the purpose",
        weight: 5,
        is_doubt: false,
    },
    judge: |walk, findings| {
        let Some(wanted) = walk.question.purpose.oid() else { return };
        let profile = walk.question.profile;
        let listed = |node: &Node<'_>| {
            let shown = node.purposes.iter().flat_map(|usage| usage.purposes).map(|purpose| purpose.shown());
            shown.collect::<Vec<_>>().join(", ")
        };
        let leaf = walk.leaf();
        let fits = match &leaf.purposes {
            Some(purposes) if profile.any_purpose_in_leaf => purposes.allows(wanted),
            Some(purposes) => purposes.has(wanted),
            None => !profile.purpose_must_be_listed || (leaf.is_ca() && profile.ca_at_end == CaAtEnd::AsCa),
        };
        if !fits {
            let found =
                if leaf.purposes.is_some() { listed(leaf) } else { "no purpose is listed".to_owned() };
            findings.tell(0, found, wanted.shown());
        }
        if !profile.nested_purposes {
            return;
        }
        for (place, node) in walk.issuers() {
            let fits = |purposes: &ExtendedKeyUsage<'_>| match profile.any_purpose_in_issuers {
                true => purposes.allows(wanted),
                false => purposes.has(wanted),
            };
            if !node.purposes.as_ref().is_none_or(fits) {
                findings.tell(place, listed(node), wanted.shown());
            }
        }
    },
};

//! Every name lies where the CAs above allow it.

use super::{Meta, Rule};
use std::cell::Cell;

use crate::path::names::{self, Place};
use crate::path::node::Node;
use crate::x509::GeneralName;
use crate::x509::extension::NameConstraints;

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.name-constraint",
        title: "A CA above may not certify this name",
        why: "A CA may be allowed to certify some names only; one outside of them is not its to certify.",
        section: "RFC 5280 sections 6.1.3 (b), (c) and 4.2.1.10",
        hint: "have it issued by a CA that may certify the name",
        weight: 6,
        is_doubt: false,
    },
    judge: |walk, findings| {
        for (place, node) in walk.issuers() {
            let Some(constraints) = &node.constraints else { continue };
            for (below, held) in walk.nodes[..place].iter().enumerate() {
                if below > 0 && held.is_self_issued() {
                    continue;
                }
                if let Some(error) = first_outside(constraints, held, walk.comparisons) {
                    findings.tell(below, error, format!("within the names of {}", node.shown()));
                }
            }
        }
    },
};

/// The first name of a certificate that the constraints do not allow, in words.
fn first_outside(
    constraints: &NameConstraints<'_>,
    held: &Node<'_>,
    comparisons: &Cell<usize>,
) -> Option<String> {
    names::of(held).into_iter().find_map(|name| {
        let name = match name {
            Ok(name) => name,
            Err(fault) => return Some(format!("a name that cannot be read ({fault})")),
        };
        let cost = constraints.subtrees().count();
        let Some(left) = comparisons.get().checked_sub(cost) else {
            return Some("too many names and constraints to compare".to_owned());
        };
        comparisons.set(left);
        outside(constraints, &name).map(|why| format!("{} {name} {why}", name.form()))
    })
}

/// Why a name is not allowed.
fn outside(constraints: &NameConstraints<'_>, name: &GeneralName<'_>) -> Option<String> {
    for subtree in constraints.excluded.iter().flatten() {
        let Ok(base) = &subtree.base else {
            return Some("meets a constraint that cannot be read".to_owned());
        };
        match names::excluded(name, base) {
            Place::Inside => return Some(format!("is excluded by {base}")),
            Place::Unknown(why) => return Some(format!("cannot be compared with {base}: {why}")),
            Place::Outside | Place::OtherForm => {}
        }
    }
    let mut closest = None;
    for subtree in constraints.permitted.iter().flatten() {
        let Ok(base) = &subtree.base else {
            return Some("meets a constraint that cannot be read".to_owned());
        };
        match names::permitted(name, base) {
            Place::Inside => return None,
            Place::Unknown(why) => return Some(format!("cannot be compared with {base}: {why}")),
            Place::Outside => closest = Some(format!("is not within {base}")),
            Place::OtherForm => {}
        }
    }
    closest
}

//! Which names of a path lie outside of what the CAs above may certify (RFC 5280 sections 6.1.3 (b), (c) and 4.2.1.10).

use std::cell::Cell;
use std::collections::HashMap;

use super::names::{self, NameReading, Place};
use super::node::Node;
use super::rule::Walk;
use crate::x509::GeneralName;
use crate::x509::extension::{GeneralSubtree, NameConstraints};

/// What comes of the names of one certificate and the constraints of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    /// Every name is allowed.
    Within,
    /// One is not: which, and what excludes it, where it is not that nothing permits it.
    Outside(String, Option<String>),
    /// One cannot be compared: which, with what, and why.
    Incomparable(String),
    /// There are more comparisons than are made.
    TooMany,
}

/// A certificate whose names are not all known to be allowed.
pub(super) struct Breach {
    pub(super) certificate: usize,
    /// Who constrains it.
    pub(super) by: String,
    pub(super) compared: Compared,
}

/// Every certificate of a path against the constraints of all above it, within a share of comparisons that is the path's own.
pub(super) fn breaches(walk: &Walk<'_, '_>, share: usize) -> Vec<Breach> {
    let (left, reading) = (Cell::new(share), walk.question.profile.name_reading);
    let mut breaches = Vec::new();
    for (place, node) in walk.issuers() {
        let Some(constraints) = &node.constraints else { continue };
        for (certificate, held) in walk.nodes[..place].iter().enumerate() {
            if certificate > 0 && held.is_self_issued() {
                continue;
            }
            let reading = NameReading { common_name: reading.common_name && certificate == 0, ..reading };
            let key = (node.place, held.place, reading);
            let compared =
                walk.ledger.compared(key, left.get(), || compare(constraints, held, reading, &left));
            if compared != Compared::Within {
                breaches.push(Breach { certificate, by: node.shown(), compared });
            }
        }
    }
    breaches
}

/// What comes of the first name that is not allowed.
pub(super) fn compare(
    constraints: &NameConstraints<'_>,
    held: &Node<'_>,
    reading: NameReading,
    left: &Cell<usize>,
) -> Compared {
    let bounds = Bounds {
        permitted: Subtrees::of(constraints.permitted.as_deref()),
        excluded: Subtrees::of(constraints.excluded.as_deref()),
        reading,
        left,
    };
    let mut judged = names::of(held, reading).into_iter().map(|name| match name {
        Ok(name) => bounds.compare(&name),
        Err(fault) => Compared::Incomparable(format!("a name cannot be read ({fault})")),
    });
    judged.find(|compared| *compared != Compared::Within).unwrap_or(Compared::Within)
}

/// What binds the names of one certificate.
struct Bounds<'b, 'a> {
    permitted: Subtrees<'b, 'a>,
    excluded: Subtrees<'b, 'a>,
    reading: NameReading,
    left: &'b Cell<usize>,
}

/// Constraints by their forms: of the others nothing is asked.
struct Subtrees<'b, 'a> {
    by_form: HashMap<&'static str, Vec<&'b GeneralName<'a>>>,
    has_unreadable: bool,
}

impl<'b, 'a> Subtrees<'b, 'a> {
    fn of(subtrees: Option<&'b [GeneralSubtree<'a>]>) -> Self {
        let mut all = Self { by_form: HashMap::new(), has_unreadable: false };
        for subtree in subtrees.into_iter().flatten() {
            match &subtree.base {
                Ok(base) => all.by_form.entry(base.form()).or_default().push(base),
                Err(_) => all.has_unreadable = true,
            }
        }
        all
    }

    /// Those that may say something about a name.
    fn about(&self, name: &GeneralName<'_>) -> impl Iterator<Item = &'b GeneralName<'a>> {
        let forms = names::bound_by(name).into_iter().flatten();
        forms.filter_map(|form| self.by_form.get(form)).flatten().copied()
    }
}

impl Bounds<'_, '_> {
    fn compare(&self, name: &GeneralName<'_>) -> Compared {
        match self.in_excluded(name) {
            Compared::Within => self.in_permitted(name),
            other => other,
        }
    }

    fn in_excluded(&self, name: &GeneralName<'_>) -> Compared {
        if self.excluded.has_unreadable {
            return unreadable(name);
        }
        for base in self.excluded.about(name) {
            if !self.spend() {
                return Compared::TooMany;
            }
            match names::excluded(name, base, self.reading) {
                Place::Inside => {
                    let base = shown_base(base);
                    return Compared::Outside(format!("{} is excluded", shown(name)), Some(base));
                }
                Place::Unknown(why) => return incomparable(name, base, why),
                Place::Outside | Place::OtherForm => {}
            }
        }
        Compared::Within
    }

    /// Whether it lies within one that is permitted, whatever is wrong with the others.
    fn in_permitted(&self, name: &GeneralName<'_>) -> Compared {
        let (mut nearest, mut doubt) = (None, None);
        for base in self.permitted.about(name) {
            if !self.spend() {
                return Compared::TooMany;
            }
            match names::permitted(name, base, self.reading) {
                Place::Inside => return Compared::Within,
                Place::Unknown(why) => doubt = doubt.or(Some((base, why))),
                Place::Outside => nearest = Some(base),
                Place::OtherForm => {}
            }
        }
        match (doubt, nearest) {
            (Some((base, why)), _) => incomparable(name, base, why),
            _ if self.permitted.has_unreadable => unreadable(name),
            (None, Some(base)) => {
                Compared::Outside(format!("{} is not within {}", shown(name), shown_base(base)), None)
            }
            (None, None) => Compared::Within,
        }
    }

    /// Takes a comparison; whether there was one left.
    fn spend(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }
}

fn incomparable(name: &GeneralName<'_>, base: &GeneralName<'_>, why: &str) -> Compared {
    Compared::Incomparable(format!("{} with {}: {why}", shown(name), shown_base(base)))
}

fn unreadable(name: &GeneralName<'_>) -> Compared {
    Compared::Incomparable(format!("{} with a constraint that cannot be read", shown(name)))
}

fn shown(name: &GeneralName<'_>) -> String {
    format!("{} {name}", name.form())
}

/// An empty constraint is one on every name of its form.
fn shown_base(base: &GeneralName<'_>) -> String {
    let shown = base.to_string();
    if shown.is_empty() { format!("any {}", base.form()) } else { shown }
}

//! What a renewer had before its newest certificate, known again wherever it is served: by what an installation remembers,
//! or by its looks.

use std::collections::BTreeSet;

use notafter_cert::{Certificate, Fingerprint, Identifier};
use serde::{Deserialize, Serialize};

use super::case::{Agreement, Case, Seen};
use crate::model::Renewer;

/// What an installation remembers of a certificate that somebody else renews.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// The name of its lineage.
    pub lineage: String,
    /// The chain file, as the machine names it.
    pub chain_file: String,
    /// The home of its renewing program, which may lie where nobody would look.
    pub home: Option<String>,
    /// Every certificate that was ever seen in that file.
    pub had: Vec<Fingerprint>,
}

/// Tells the cases what an installation remembers of them.
pub fn remember(cases: &mut [Case], all: &[Remembered]) {
    for case in cases {
        let of_its_file = all.iter().filter(|remembered| remembered.chain_file == case.chain_file);
        case.remembered = of_its_file.flat_map(|remembered| &remembered.had).copied().collect();
    }
}

/// Puts what was only seen on the wire to the one case of which it looks like an earlier certificate. For people who look:
/// another program that got certificates for the same names from the same CA would look so, too.
#[must_use]
pub fn reunite(cases: Vec<Case>) -> Vec<Case> {
    let is_stranger = |case: &Case| case.chain_file.is_empty() && case.tie.is_none();
    let (strangers, mut known): (Vec<Case>, Vec<Case>) = cases.into_iter().partition(is_stranger);
    let mut left = Vec::new();
    for stranger in strangers {
        match owner(&mut known, &stranger) {
            Some(owner) => {
                let seen = stranger.seen.into_iter().map(|seen| Seen { by_its_looks: true, ..seen });
                owner.seen.extend(seen);
            }
            None => left.push(stranger),
        }
    }
    known.extend(left);
    known
}

/// The case that it belongs to, where no other could be meant.
fn owner<'a>(cases: &'a mut [Case], stranger: &Case) -> Option<&'a mut Case> {
    let [seen] = stranger.seen.as_slice() else { return None };
    let leaf = seen.leaf.as_ref().ok()?;
    let is_its_own = |case: &&mut Case| {
        let newest = case.newest.as_ref();
        case.renewer != Renewer::Unknown
            && seen.agreement(newest) == Agreement::Earlier
            && newest.is_some_and(|newest| is_alike(leaf, newest))
    };
    let mut fitting = cases.iter_mut().filter(is_its_own);
    let only = fitting.next()?;
    fitting.next().is_none().then_some(only)
}

/// Whether one renewal after the other makes such two: the same names, a key of the same kind, the same CA, whose
/// intermediates may change. What vouches for itself has an issuer of its own.
fn is_alike(earlier: &Certificate, newest: &Certificate) -> bool {
    let names =
        |certificate: &Certificate| certificate.names().iter().cloned().collect::<BTreeSet<Identifier>>();
    let of_one_organization = newest.issuer_organization().is_some()
        && newest.issuer_organization() == earlier.issuer_organization();
    !newest.is_self_issued()
        && (of_one_organization || newest.issuer_der() == earlier.issuer_der())
        && newest.key().spec() == earlier.key().spec()
        && names(newest) == names(earlier)
}

//! A pile of files: which key fits which certificate, which chain is complete and what it lacks, in what order it is served,
//! and what nobody needs.

mod chain;
mod index;
mod key;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::der::{Field, Reader, Tag};
use crate::path::Anchors;
use crate::x509::{CrlAnatomy, SubjectPublicKeyInfo};
use crate::{Certificate, Time};
pub use chain::{Lack, Link, ServingOrder};
use index::Index;
use key::KeyIdentity;

/// One thing of a pile.
#[derive(Clone, Debug)]
pub struct Thing {
    /// The file that it is in.
    pub file: String,
    /// What it is, as far as it can belong to something.
    pub what: What,
}

/// What a thing is.
#[derive(Clone, Debug)]
pub enum What {
    /// A certificate.
    Certificate(Certificate),
    /// A request, by the key that it is about.
    Request {
        /// The SubjectPublicKeyInfo, DER.
        spki: Vec<u8>,
    },
    /// A private key.
    Key {
        /// Its public half, a SubjectPublicKeyInfo; `None` where nobody can tell.
        spki: Option<Vec<u8>>,
        /// Whether it is under a password.
        is_sealed: bool,
    },
    /// A public key, a SubjectPublicKeyInfo.
    PublicKey(Vec<u8>),
    /// A CRL, DER.
    RevocationList(Vec<u8>),
    /// Something that belongs to nothing here.
    Other,
}

/// A pile put in order. Numbers are places among the things as they were given.
#[derive(Clone, Debug, Default)]
pub struct Pile {
    /// What is there for one certificate that is no issuer's, or for an issuer's where there is no other.
    pub sets: Vec<Set>,
    /// Certificates of CAs that are on none of their paths.
    pub unneeded: Vec<usize>,
    /// Roots that paths end at: they are not served.
    pub roots: Vec<usize>,
    /// Things that are there before: which, and the first of them.
    pub duplicates: Vec<(usize, usize)>,
    /// Private keys that fit no certificate.
    pub lonely_keys: Vec<usize>,
    /// Private keys of which nobody can tell, because they are under a password or of a kind that does not show.
    pub untold_keys: Vec<usize>,
    /// Requests whose key no certificate has.
    pub open_requests: Vec<usize>,
    /// Revocation lists, each with the certificates that they may tell of.
    pub revocation_lists: Vec<(usize, Vec<usize>)>,
}

/// What belongs together.
#[derive(Clone, Debug)]
pub struct Set {
    /// The certificate.
    pub leaf: usize,
    /// The private keys that fit it.
    pub keys: Vec<usize>,
    /// The requests for it.
    pub requests: Vec<usize>,
    /// Public keys by themselves that are its own.
    pub public_keys: Vec<usize>,
    /// Its chain.
    pub chain: ServingOrder,
}

/// Puts a pile in order. Anchors are those of clients; what they do not know may be trusted all the same, by whoever made it.
#[must_use]
pub fn sort(things: &[Thing], anchors: &Anchors, at: Time) -> Pile {
    let mut pile = Pile { duplicates: duplicates(things), ..Pile::default() };
    let later: BTreeSet<usize> = pile.duplicates.iter().map(|(later, _)| *later).collect();
    let certificates: Vec<(usize, &Certificate)> =
        certificates(things).filter(|(place, _)| !later.contains(place)).collect();
    let index = Index::of(&certificates);
    let keys = Keys::of(things);
    let mut on_a_path: BTreeSet<usize> = BTreeSet::new();
    for leaf in leaves(&certificates) {
        let chain = chain::of(leaf, &index, anchors, at);
        on_a_path.extend(chain.links.iter().filter_map(|link| link.place));
        pile.roots.extend(chain.root);
        let same = |is_kind: fn(&What) -> bool| -> Vec<usize> {
            keys.as_of(leaf).iter().copied().filter(|place| is_kind(&things[*place].what)).collect()
        };
        pile.sets.push(Set {
            leaf,
            keys: same(|what| matches!(what, What::Key { .. })),
            requests: same(|what| matches!(what, What::Request { .. })),
            public_keys: same(|what| matches!(what, What::PublicKey(_))),
            chain,
        });
    }
    pile.roots.sort_unstable();
    pile.roots.dedup();
    on_a_path.extend(&pile.roots);
    let is_unneeded = |place: &usize| !on_a_path.contains(place);
    pile.unneeded = certificates.iter().map(|(place, _)| *place).filter(is_unneeded).collect();
    pile.leftovers(things, &keys);
    pile
}

impl Pile {
    /// What belongs to nothing.
    fn leftovers(&mut self, things: &[Thing], keys: &Keys) {
        let all: Vec<(usize, &Certificate)> = certificates(things).collect();
        let index = Index::of(&all);
        let is_certificate = |place: &usize| matches!(things[*place].what, What::Certificate(_));
        let has_certificate = |place: usize| keys.as_of(place).iter().any(is_certificate);
        for (place, thing) in things.iter().enumerate() {
            match &thing.what {
                What::Key { .. } if keys.as_of(place).is_empty() => self.untold_keys.push(place),
                What::Key { .. } if !has_certificate(place) => self.lonely_keys.push(place),
                What::Request { .. } if !has_certificate(place) => self.open_requests.push(place),
                What::RevocationList(der) => {
                    let crl = CrlAnatomy::of(der);
                    let issued = crl.header.issuer.as_ref().map(|issuer| index.issued_by(issuer));
                    self.revocation_lists.push((place, issued.unwrap_or_default()));
                }
                _ => {}
            }
        }
    }
}

fn certificates(things: &[Thing]) -> impl Iterator<Item = (usize, &Certificate)> {
    let certificate = |(place, thing): (usize, &'_ Thing)| match &thing.what {
        What::Certificate(_) => Some(place),
        _ => None,
    };
    let places: Vec<usize> = things.iter().enumerate().filter_map(certificate).collect();
    places.into_iter().filter_map(|place| match &things[place].what {
        What::Certificate(certificate) => Some((place, certificate)),
        _ => None,
    })
}

/// Certificates that are there before.
fn duplicates(things: &[Thing]) -> Vec<(usize, usize)> {
    let mut first: BTreeMap<crate::Fingerprint, usize> = BTreeMap::new();
    let mut found = Vec::new();
    for (place, certificate) in certificates(things) {
        match first.get(&certificate.fingerprint()) {
            Some(before) => found.push((place, *before)),
            None => drop(first.insert(certificate.fingerprint(), place)),
        }
    }
    found
}

/// Those that are no CA's; where there is none, those that issued no other.
fn leaves(certificates: &[(usize, &Certificate)]) -> Vec<usize> {
    let ends: Vec<usize> =
        certificates.iter().filter(|(_, one)| !one.is_ca()).map(|(place, _)| *place).collect();
    if !ends.is_empty() {
        return ends;
    }
    let mut issued: HashMap<&[u8], usize> = HashMap::new();
    certificates.iter().for_each(|(_, one)| *issued.entry(one.issuer_der()).or_default() += 1);
    let issues = |one: &Certificate| {
        let by_itself = usize::from(one.is_self_issued());
        issued.get(one.subject_der()).is_some_and(|count| *count > by_itself)
    };
    certificates.iter().filter(|(_, one)| !issues(one)).map(|(place, _)| *place).collect()
}

/// Which things are about the same key.
struct Keys {
    of: BTreeMap<usize, KeyIdentity>,
    places: BTreeMap<KeyIdentity, Vec<usize>>,
}

impl Keys {
    fn of(things: &[Thing]) -> Self {
        let identity = |what: &What| match what {
            What::Certificate(certificate) => KeyIdentity::of(&certificate.key().spki_der),
            What::Request { spki } | What::PublicKey(spki) => KeyIdentity::of(spki),
            What::Key { spki, .. } => KeyIdentity::of(spki.as_ref()?),
            What::RevocationList(_) | What::Other => None,
        };
        let (mut of, mut places) = (BTreeMap::new(), BTreeMap::<KeyIdentity, Vec<usize>>::new());
        for (place, thing) in things.iter().enumerate() {
            if let Some(identity) = identity(&thing.what) {
                places.entry(identity.clone()).or_default().push(place);
                of.insert(place, identity);
            }
        }
        Self { of, places }
    }

    /// The places of all that is about the same key as this, itself among them; none where that key cannot be told.
    fn as_of(&self, place: usize) -> &[usize] {
        let places = self.of.get(&place).and_then(|identity| self.places.get(identity));
        places.map_or(&[], Vec::as_slice)
    }
}

/// A SubjectPublicKeyInfo taken apart.
fn read(spki: &[u8]) -> Field<SubjectPublicKeyInfo<'_>> {
    SubjectPublicKeyInfo::read(Reader::new(spki).expect(Tag::SEQUENCE, "SubjectPublicKeyInfo")?)
}

#[cfg(test)]
mod tests;

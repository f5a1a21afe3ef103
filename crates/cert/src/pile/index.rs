//! Certificates of a pile by their names, so that nobody has to look at all of them for each.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::x509::DistinguishedName;
use crate::{Certificate, Fingerprint};

/// More certificates above one are not looked at: an honest chain has four, and a root with all its cross-certificates a
/// dozen.
const MOST_ABOVE: usize = 100;

/// A name as names are compared (RFC 5280 section 7.1).
type Name = Vec<Vec<u8>>;

/// The certificates of a pile, each once.
pub(super) struct Index<'a> {
    certificates: BTreeMap<usize, &'a Certificate>,
    places: HashMap<Fingerprint, usize>,
    by_subject: HashMap<Name, Vec<usize>>,
    by_issuer: HashMap<Name, Vec<usize>>,
}

impl<'a> Index<'a> {
    pub(super) fn of(certificates: &[(usize, &'a Certificate)]) -> Self {
        let mut index = Self {
            certificates: certificates.iter().copied().collect(),
            places: certificates.iter().map(|(place, one)| (one.fingerprint(), *place)).collect(),
            by_subject: HashMap::new(),
            by_issuer: HashMap::new(),
        };
        for (place, certificate) in certificates {
            let anatomy = certificate.anatomy();
            if let Ok(subject) = &anatomy.subject {
                index.by_subject.entry(subject.normalized()).or_default().push(*place);
            }
            if let Ok(issuer) = &anatomy.issuer {
                index.by_issuer.entry(issuer.normalized()).or_default().push(*place);
            }
        }
        index
    }

    pub(super) fn get(&self, place: usize) -> Option<&'a Certificate> {
        self.certificates.get(&place).copied()
    }

    pub(super) fn place_of(&self, certificate: &Certificate) -> Option<usize> {
        self.places.get(&certificate.fingerprint()).copied()
    }

    /// Those that may be on a path above this one: its issuers by name, and theirs. Where there are too many, those come
    /// first whose key is the one that is named.
    pub(super) fn above(&self, leaf: usize) -> Vec<&'a Certificate> {
        let (mut seen, mut found) = (HashSet::from([leaf]), vec![leaf]);
        let mut next = 0;
        while let Some(certificate) = found.get(next).and_then(|place| self.get(*place)) {
            next += 1;
            for place in self.issuers_of(certificate) {
                if found.len() <= MOST_ABOVE && seen.insert(place) {
                    found.push(place);
                }
            }
        }
        found.into_iter().skip(1).filter_map(|place| self.get(place)).collect()
    }

    fn issuers_of(&self, certificate: &Certificate) -> Vec<usize> {
        let anatomy = certificate.anatomy();
        let Ok(issuer) = &anatomy.issuer else { return Vec::new() };
        let mut places = self.by_subject.get(&issuer.normalized()).cloned().unwrap_or_default();
        let named = certificate.authority_key_id();
        let is_other = |place: &usize| {
            named.is_some() && self.get(*place).is_some_and(|one| one.subject_key_id() != named)
        };
        places.sort_by_key(is_other);
        places
    }

    /// Those that bear this name as their issuer's, but for roots.
    pub(super) fn issued_by(&self, issuer: &DistinguishedName<'_>) -> Vec<usize> {
        let places = self.by_issuer.get(&issuer.normalized()).cloned().unwrap_or_default();
        let is_below = |place: &usize| self.get(*place).is_some_and(|one| !one.is_self_issued());
        places.into_iter().filter(is_below).collect()
    }
}

//! Certificates in a heap, put into the order in which a server sends them.

use std::collections::HashSet;

use crate::Certificate;

/// A path longer than this is no honest path.
const DEEPEST: usize = 8;
/// So many certificates of one name are tried as issuers of another.
const MOST_NAMESAKES: usize = 16;

/// The leaf, its issuer, the issuer of that, and so on, as far as they are in the heap. Of namesakes the one counts that
/// made the signature; where several did (cross-signed CAs), the one that lasts longest.
#[must_use]
pub fn order(leaf: &Certificate, heap: &[Certificate]) -> Vec<Certificate> {
    let mut chain = vec![leaf.clone()];
    while let Some(issuer) = chain.last().and_then(|tip| issuer_of(tip, heap, &chain)).cloned() {
        chain.push(issuer);
        if chain.len() >= DEEPEST {
            break;
        }
    }
    chain
}

fn issuer_of<'a>(
    tip: &Certificate,
    heap: &'a [Certificate],
    chain: &[Certificate],
) -> Option<&'a Certificate> {
    if tip.is_self_issued() {
        return None;
    }
    let namesakes = heap.iter().filter(|one| one.subject_der() == tip.issuer_der() && !chain.contains(one));
    let signers = namesakes.take(MOST_NAMESAKES).filter(|one| tip.is_signed_by(one).is_ok());
    signers.max_by_key(|one| one.not_after())
}

/// Those that issued none of the others: servers' certificates, where whole chains are in the heap.
#[must_use]
pub fn leaves(heap: &[Certificate]) -> Vec<&Certificate> {
    let issued = heap.iter().filter(|one| !one.is_self_issued());
    let issuers: HashSet<&[u8]> = issued.map(Certificate::issuer_der).collect();
    heap.iter().filter(|one| !issuers.contains(one.subject_der())).collect()
}

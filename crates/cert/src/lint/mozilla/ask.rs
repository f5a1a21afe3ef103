//! What several lints of Mozilla ask.

use crate::der::{Oid, oid};
use crate::lint::Subject;

/// The three signatures of ECDSA with SHA-2 that are allowed: an identifier without parameters, by the digest.
pub(super) const ECDSA: [Oid<'static>; 3] = [oid::ECDSA_SHA256, oid::ECDSA_SHA384, oid::ECDSA_SHA512];

/// Whether the signature says that it is made by ECDSA, with whatever digest.
pub(super) fn is_signed_by_ecdsa(subject: &Subject<'_>) -> bool {
    let others = [oid::ECDSA_SHA1, oid::ECDSA_SHA224];
    let algorithm = subject.anatomy.tbs_signature.as_ref();
    algorithm.is_ok_and(|algorithm| ECDSA.contains(&algorithm.oid) || others.contains(&algorithm.oid))
}

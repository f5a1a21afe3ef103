//! Delta CRLs (RFC 5280 sections 5.2.4 and 6.3.3 steps c and h).

use std::cmp::Ordering;

use super::{Crl, CrlIssuer, Policy};
use crate::Time;
use crate::der::{Integer, Oid, oid};
use crate::x509::extension::CrlNumber;

/// The newest delta that changes this complete CRL, is current, and is signed by the same key.
pub(super) fn newest<'m, 'a>(
    base: &Crl<'_>,
    signer: &CrlIssuer<'_>,
    crls: &'m [Crl<'a>],
    at: Time,
    policy: &Policy,
) -> Option<&'m Crl<'a>> {
    let usable = |delta: &&Crl<'_>| {
        let is_sound =
            delta.sound().and_then(|()| delta.understood()).and_then(|()| delta.current(at, policy));
        is_sound.is_ok() && changes(delta, base) && delta.verify(signer.key()).is_ok()
    };
    crls.iter().filter(|crl| crl.is_delta()).filter(usable).max_by(|one, other| compare_numbers(one, other))
}

/// CRLs by their numbers; those without one first.
pub(super) fn compare_numbers(one: &Crl<'_>, other: &Crl<'_>) -> Ordering {
    match (number(one), number(other)) {
        (Some(one), Some(other)) => compare(one, other),
        (one, other) => one.is_some().cmp(&other.is_some()),
    }
}

/// Whether a delta is of the same issuer, scope and key as a complete CRL, and begins no later than where that one ends.
fn changes(delta: &Crl<'_>, base: &Crl<'_>) -> bool {
    let same_issuer = match (delta.issuer(), base.issuer()) {
        (Ok(one), Ok(other)) => one.matches(other),
        _ => false,
    };
    let same = |kind| octets(delta, kind) == octets(base, kind);
    let (Some(first), Some(base_number), Some(own)) = (delta.delta(), number(base), number(delta)) else {
        return false;
    };
    same_issuer
        && same(oid::ISSUING_DISTRIBUTION_POINT)
        && same(oid::AUTHORITY_KEY_IDENTIFIER)
        && compare(first.base, base_number) != Ordering::Greater
        && compare(base_number, own) == Ordering::Less
}

fn octets<'a>(crl: &Crl<'a>, kind: Oid<'static>) -> Option<&'a [u8]> {
    crl.anatomy.trailer.extension(kind).map(|extension| extension.octets)
}

fn number<'a>(crl: &Crl<'a>) -> Option<Integer<'a>> {
    crl.anatomy.trailer.readable::<CrlNumber<'a>>().map(|number| number.number)
}

/// Of numbers that are not negative: those that are were refused before.
fn compare(one: Integer<'_>, other: Integer<'_>) -> Ordering {
    let (one, other) = (one.magnitude(), other.magnitude());
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

//! The public half of keys that notafter itself does not use.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, ML_DSA_44_SIGNING,
    ML_DSA_65_SIGNING, ML_DSA_87_SIGNING, PqdsaKeyPair, PqdsaSigningAlgorithm,
};
use notafter_cert::der::{Element, Reader, oid};
use notafter_cert::x509::{KeyKind, PrivateKeyInfo, PrivateKeyStructure, SubjectPublicKeyInfo};

use crate::key::is_usable_rsa;
use crate::{KeyError, der};

/// The pair of an Ed25519 key; a public key that is carried along must be its own.
pub(super) fn ed25519(info: &PrivateKeyInfo<'_>, pkcs8: &[u8]) -> Option<Ed25519KeyPair> {
    let is_ed25519 = info.algorithm.oid == oid::ED25519;
    is_ed25519.then(|| Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).ok()).flatten()
}

/// The public half of a key.
pub(super) struct PublicHalf {
    /// The SubjectPublicKeyInfo.
    pub(super) spki: Vec<u8>,
    /// Whether it was computed from the private half, or checked against it.
    pub(super) is_proven: bool,
}

/// The public half, computed where the library knows the kind, else as the structure carries it along.
///
/// # Errors
/// [`KeyError::Inconsistent`] where the library knows the kind and refuses the key.
pub(super) fn half(
    info: &PrivateKeyInfo<'_>,
    pkcs8: &[u8],
    ed25519: Option<&Ed25519KeyPair>,
) -> Result<Option<PublicHalf>, KeyError> {
    let algorithm = info.algorithm.der();
    if let Some(rsa) = &info.rsa {
        let Ok(rsa) = rsa else { return Ok(None) };
        let inside = secret(&info.element).unwrap_or_default();
        let is_proven = rsa::KeyPair::from_der(inside).is_ok();
        if !is_proven && is_usable_rsa(rsa) {
            return Err(KeyError::Inconsistent);
        }
        let key = der::unsigned_sequence(&[rsa.modulus.magnitude(), rsa.exponent.magnitude()]);
        return Ok(Some(PublicHalf { spki: SubjectPublicKeyInfo::write(algorithm, &key), is_proven }));
    }
    let computed = match (info.algorithm.oid, info.kind) {
        (oid::ED25519, _) => ed25519.and_then(|pair| as_spki(pair.public_key())),
        (oid::ML_DSA_44, _) => of_ml_dsa(&ML_DSA_44_SIGNING, pkcs8),
        (oid::ML_DSA_65, _) => of_ml_dsa(&ML_DSA_65_SIGNING, pkcs8),
        (oid::ML_DSA_87, _) => of_ml_dsa(&ML_DSA_87_SIGNING, pkcs8),
        (_, Ok(KeyKind::Ec(Some(oid::P521)))) => {
            let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P521_SHA512_FIXED_SIGNING, pkcs8).ok();
            pair.and_then(|pair| as_spki(pair.public_key()))
        }
        _ => {
            let carried = carried(info).map(|bits| SubjectPublicKeyInfo::write(algorithm, &bits));
            return Ok(carried.map(|spki| PublicHalf { spki, is_proven: false }));
        }
    };
    let spki = computed.ok_or(KeyError::Inconsistent)?;
    Ok(Some(PublicHalf { spki, is_proven: true }))
}

fn of_ml_dsa(algorithm: &'static PqdsaSigningAlgorithm, pkcs8: &[u8]) -> Option<Vec<u8>> {
    let pair = PqdsaKeyPair::from_pkcs8(algorithm, pkcs8).ok()?;
    as_spki(pair.public_key())
}

fn as_spki<'a>(key: &impl AsDer<PublicKeyX509Der<'a>>) -> Option<Vec<u8>> {
    key.as_der().ok().map(|der| der.as_ref().to_vec())
}

/// The public key that PKCS#8 (RFC 5958), or SEC1 inside of it, may carry along. Nobody checks that it is this key's.
fn carried(info: &PrivateKeyInfo<'_>) -> Option<Vec<u8>> {
    if let Some(Ok(bits)) = info.public_key {
        return Some(bits.bytes.to_vec());
    }
    let inside = secret(&info.element)?;
    match PrivateKeyStructure::read(inside).ok()? {
        PrivateKeyStructure::Sec1(ec) => ec.public_key?.ok().map(|bits| bits.bytes.to_vec()),
        _ => None,
    }
}

/// The third field of PKCS#8.
fn secret<'a>(info: &Element<'a>) -> Option<&'a [u8]> {
    let mut fields: Reader<'a> = info.children();
    fields.element().ok()?;
    fields.element().ok()?;
    Some(fields.element().ok()?.content)
}

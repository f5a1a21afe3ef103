//! From one structure of a key to another.

use notafter_cert::base64;
use notafter_cert::der::oid;
use notafter_cert::x509::PrivateKeyStructure;
use zeroize::Zeroizing;

use crate::KeyError;
use crate::der::{self, SEQUENCE, any, tlv};

const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OID: u8 = 0x06;
const NULL: [u8; 2] = [0x05, 0];

/// PKCS#8 around whatever it is.
pub(super) fn as_pkcs8(
    structure: &PrivateKeyStructure<'_>,
    der: &[u8],
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let algorithm = |kind: &[u8], parameters: &[u8]| tlv(SEQUENCE, &[&tlv(OID, kind), parameters].concat());
    let algorithm = match structure {
        PrivateKeyStructure::Pkcs8(_) => return Ok(Zeroizing::new(der.to_vec())),
        PrivateKeyStructure::Encrypted(_) => return Err(KeyError::Encrypted),
        PrivateKeyStructure::Dsa => {
            return Err(KeyError::Form {
                what: "the private key is a DSA key in OpenSSL's own structure".to_owned(),
                hint: "write it as PKCS#8 first: openssl pkcs8 -topk8 -nocrypt -in FILE -out FILE.p8",
            });
        }
        PrivateKeyStructure::Pkcs1(_) => algorithm(oid::RSA_ENCRYPTION.content(), &NULL),
        PrivateKeyStructure::Sec1(ec) => {
            let curve = ec.curve.and_then(Result::ok);
            let curve = curve.ok_or_else(|| KeyError::Unsupported("a curve that is not named".to_owned()))?;
            algorithm(oid::EC_PUBLIC_KEY.content(), &tlv(OID, curve.content()))
        }
    };
    let content = Zeroizing::new([&der::unsigned(&[0])[..], &algorithm, &tlv(OCTET_STRING, der)].concat());
    Ok(tlv(SEQUENCE, &content))
}

/// What lies inside of PKCS#8, as PEM: for RSA PKCS#1, for elliptic curves SEC1 with the name of the curve, which stands
/// outside in PKCS#8. `None` for others, which have no structure but that.
pub(super) fn traditional(pkcs8: &[u8]) -> Option<Zeroizing<String>> {
    let (_, info, _) = any(pkcs8)?;
    let (_, _version, rest) = any(info)?;
    let (_, algorithm, rest) = any(rest)?;
    let (OCTET_STRING, inner, _) = any(rest)? else { return None };
    let (_, kind, parameters) = any(algorithm)?;
    if kind == oid::RSA_ENCRYPTION.content() {
        return Some(pem("RSA PRIVATE KEY", inner));
    }
    if kind != oid::EC_PUBLIC_KEY.content() {
        return None;
    }
    let (_, sec1, _) = any(inner)?;
    let (_, _version, rest) = any(sec1)?;
    let (_, secret, rest) = any(rest)?;
    let mut content = Zeroizing::new(Vec::with_capacity(inner.len() + parameters.len() + 8));
    content.extend_from_slice(&der::unsigned(&[1]));
    content.extend_from_slice(&tlv(OCTET_STRING, secret));
    content.extend_from_slice(&tlv(0xa0, parameters));
    let mut rest = rest;
    while let Some((tag, value, after)) = any(rest) {
        if tag == 0xa1 {
            content.extend_from_slice(&tlv(tag, value));
        }
        rest = after;
    }
    Some(pem("EC PRIVATE KEY", &tlv(SEQUENCE, &content)))
}

/// A SubjectPublicKeyInfo.
pub(super) fn spki(algorithm: &[u8], bits: &[u8]) -> Vec<u8> {
    let bits = tlv(BIT_STRING, &[&[0], bits].concat());
    tlv(SEQUENCE, &[algorithm, &bits].concat()).to_vec()
}

/// PEM without a copy left behind.
pub(crate) fn pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(base64::encode(der));
    let mut pem = Zeroizing::new(String::with_capacity(body.len() + body.len() / 32 + 2 * label.len() + 64));
    for part in ["-----BEGIN ", label, "-----\n"] {
        pem.push_str(part);
    }
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    for part in ["-----END ", label, "-----\n"] {
        pem.push_str(part);
    }
    pem
}

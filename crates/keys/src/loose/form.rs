//! From one structure of a key to another.

use notafter_cert::base64;
use notafter_cert::der::{Reader, Tag, oid};
use notafter_cert::x509::{AlgorithmIdentifier, PrivateKeyStructure};
use zeroize::Zeroizing;

use crate::KeyError;
use crate::der::{self, SEQUENCE, tlv};

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
    let mut info = Reader::new(pkcs8).element().ok()?.sequence().ok()?;
    info.expect(Tag::INTEGER, "version").ok()?;
    let algorithm = info.expect(Tag::SEQUENCE, "privateKeyAlgorithm").ok()?;
    let algorithm = AlgorithmIdentifier::read(algorithm).ok()?;
    let inner = info.expect(Tag::OCTET_STRING, "privateKey").ok()?.content;
    match algorithm.oid {
        oid::RSA_ENCRYPTION => return Some(pem("RSA PRIVATE KEY", inner)),
        oid::EC_PUBLIC_KEY => {}
        _ => return None,
    }
    let curve = algorithm.parameters?.whole;
    let mut sec1 = Reader::new(inner).element().ok()?.sequence().ok()?;
    sec1.expect(Tag::INTEGER, "version").ok()?;
    let secret = sec1.expect(Tag::OCTET_STRING, "privateKey").ok()?.whole;
    sec1.optional_context(0).ok()?;
    let public_key = sec1.optional_context(1).ok()?.map(|point| point.whole).unwrap_or_default();
    let version = der::unsigned(&[1]);
    let content = Zeroizing::new([&version[..], secret, &tlv(0xa0, curve), public_key].concat());
    Some(pem("EC PRIVATE KEY", &tlv(SEQUENCE, &content)))
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

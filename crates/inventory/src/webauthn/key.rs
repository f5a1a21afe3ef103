//! Public keys of credentials: COSE (RFC 9052 section 7, RFC 9053 section 7, RFC 8230 section 4).

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use minicbor::Decoder;
use notafter_acme::jose::{base64url, from_base64url};
use serde::{Deserialize, Serialize};

use super::Refused;

const ES256: i64 = -7;
const EDDSA: i64 = -8;
const RS256: i64 = -257;

/// From 2048 to 8192 bits.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;

/// More members than any key that was asked for has, so that none is read for long.
const MOST_MEMBERS: u64 = 16;

/// The public key of a credential, as its authenticator wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CredentialKey {
    cose: Vec<u8>,
    public: Public,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Public {
    /// An uncompressed point of P-256.
    Es256([u8; 65]),
    /// A point of Ed25519.
    EdDsa([u8; 32]),
    Rs256 {
        n: Vec<u8>,
        e: Vec<u8>,
    },
}

/// The members of a COSE key by their labels, as far as any key that was asked for has them.
#[derive(Default)]
struct Members<'a> {
    kind: Option<i64>,
    algorithm: Option<i64>,
    /// -1: a number for a curve, or the modulus of RSA.
    curve: Option<i64>,
    first: Option<&'a [u8]>,
    second: Option<&'a [u8]>,
    third: Option<&'a [u8]>,
}

impl CredentialKey {
    /// The algorithms that are asked for, the one that is wished for first (IANA COSE Algorithms).
    pub const ALGORITHMS: [i64; 3] = [EDDSA, ES256, RS256];

    /// The key that stands first in these bytes, and what stands behind it.
    pub(super) fn read_first(bytes: &[u8]) -> Result<(Self, &[u8]), Refused> {
        let (members, length) = Members::read(bytes).ok_or(Refused::Unreadable("the key is not COSE"))?;
        let (cose, rest) = bytes.split_at_checked(length).ok_or(Refused::Key)?;
        let public = members.public().ok_or(Refused::Key)?;
        Ok((Self { cose: cose.to_vec(), public }, rest))
    }

    /// From the bytes of a COSE key and nothing else.
    ///
    /// # Errors
    /// They are none, or one of another kind.
    pub fn from_cose(bytes: &[u8]) -> Result<Self, Refused> {
        match Self::read_first(bytes)? {
            (key, []) => Ok(key),
            _ => Err(Refused::Unreadable("something stands behind the key")),
        }
    }

    /// The registered name of the algorithm that it signs with.
    #[must_use]
    pub const fn algorithm(&self) -> &'static str {
        match self.public {
            Public::Es256(_) => "ES256",
            Public::EdDsa(_) => "EdDSA",
            Public::Rs256 { .. } => "RS256",
        }
    }

    /// Whether this signature of a message is the key's (section 6.5.5: ECDSA's as DER).
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let is_verified = match &self.public {
            Public::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            Public::EdDsa(point) => UnparsedPublicKey::new(&ED25519, point).verify(message, signature),
            Public::Rs256 { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
        };
        is_verified.is_ok()
    }
}

impl<'a> Members<'a> {
    /// The members of the map that stands first, and its length in bytes. A label that is there twice is refused.
    fn read(bytes: &'a [u8]) -> Option<(Self, usize)> {
        let mut decoder = Decoder::new(bytes);
        let count = decoder.map().ok()?.filter(|count| *count <= MOST_MEMBERS)?;
        let mut members = Self::default();
        for _ in 0..count {
            let label = decoder.i64().ok()?;
            let is_new = match label {
                1 => members.kind.replace(decoder.i64().ok()?).is_none(),
                3 => members.algorithm.replace(decoder.i64().ok()?).is_none(),
                -1 if decoder.probe().i64().is_ok() => members.curve.replace(decoder.i64().ok()?).is_none(),
                -1 => members.first.replace(decoder.bytes().ok()?).is_none(),
                -2 => members.second.replace(decoder.bytes().ok()?).is_none(),
                -3 => members.third.replace(decoder.bytes().ok()?).is_none(),
                _ => decoder.skip().is_ok(),
            };
            if !is_new {
                return None;
            }
        }
        Some((members, decoder.position()))
    }

    /// A key with everything that its algorithm needs, at its right length (section 5.8.5).
    fn public(&self) -> Option<Public> {
        match (self.kind?, self.algorithm?, self.curve) {
            (2, ES256, Some(1)) => {
                let (x, y): ([u8; 32], [u8; 32]) =
                    (self.second?.try_into().ok()?, self.third?.try_into().ok()?);
                let mut point = [4; 65];
                point[1..33].copy_from_slice(&x);
                point[33..].copy_from_slice(&y);
                Some(Public::Es256(point))
            }
            (1, EDDSA, Some(6)) => Some(Public::EdDsa(self.second?.try_into().ok()?)),
            (3, RS256, None) => {
                let (n, e) = (self.first?, self.second?);
                let is_sound = MODULUS.contains(&n.len()) && (1..=8).contains(&e.len());
                is_sound.then(|| Public::Rs256 { n: n.to_vec(), e: e.to_vec() })
            }
            _ => None,
        }
    }
}

impl TryFrom<String> for CredentialKey {
    type Error = Refused;

    fn try_from(text: String) -> Result<Self, Refused> {
        Self::from_cose(&from_base64url(&text).ok_or(Refused::Unreadable("the key is not base64url"))?)
    }
}

impl From<CredentialKey> for String {
    fn from(key: CredentialKey) -> Self {
        base64url(&key.cose)
    }
}

//! Certificate requests (PKCS#10, RFC 2986).

use notafter_cert::Identifier;
use rcgen::{
    CertificateParams, CustomExtension, DistinguishedName, PublicKeyData, SanType, SignatureAlgorithm,
    SigningKey,
};

use crate::key::Signer;
use crate::{KeyError, LooseKey, PrivateKey, Subject, loose};

/// A request for exactly these identifiers, in this order, in DER.
///
/// The subject is empty: names stand in subjectAltName alone (RFC 8555 section 7.4 allows it, and a common name would be
/// limited to 64 characters).
///
/// # Errors
/// When an identifier cannot be encoded, or the cryptographic library refuses.
pub fn csr(key: &PrivateKey, identifiers: &[Identifier]) -> Result<Vec<u8>, KeyError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.subject_alt_names = identifiers.iter().map(san).collect::<Result<_, _>>()?;
    let request = params
        .serialize_request(&Requester(key))
        .map_err(|_| KeyError::Refused("sign a certificate request"))?;
    Ok(request.der().to_vec())
}

/// What somebody asks for by hand.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// The names and addresses of subjectAltName, in this order.
    pub identifiers: Vec<Identifier>,
    /// The subject; most CAs overwrite it.
    pub subject: Subject,
    /// Whether the certificate shall oblige its server to staple (RFC 7633).
    pub must_staple: bool,
}

/// A request as somebody wishes it, in DER.
///
/// # Errors
/// When an identifier cannot be encoded, or the key is of a kind that cannot sign here.
pub fn wished_csr(key: &LooseKey, wish: &Wish) -> Result<Vec<u8>, KeyError> {
    const TLS_FEATURE: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 1, 24];
    /// A SEQUENCE of the INTEGER 5, which is status_request (RFC 7633 section 6).
    const STATUS_REQUEST: [u8; 5] = [0x30, 3, 2, 1, 5];
    let requester = LooseRequester::of(key)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = wish.subject.distinguished_name();
    params.subject_alt_names = wish.identifiers.iter().map(san).collect::<Result<_, _>>()?;
    if wish.must_staple {
        let extension = CustomExtension::from_oid_content(&TLS_FEATURE, STATUS_REQUEST.to_vec());
        params.custom_extensions.push(extension);
    }
    let request =
        params.serialize_request(&requester).map_err(|_| KeyError::Refused("sign a certificate request"))?;
    Ok(request.der().to_vec())
}

/// Lends a key of a file to rcgen.
struct LooseRequester<'a> {
    key: &'a LooseKey,
    algorithm: &'static SignatureAlgorithm,
    bits: &'a [u8],
}

impl<'a> LooseRequester<'a> {
    fn of(key: &'a LooseKey) -> Result<Self, KeyError> {
        match key.signer() {
            Some(loose::Signer::Ours(ours)) => {
                let requester = Requester(ours);
                Ok(Self { key, algorithm: requester.algorithm(), bits: ours.public_bits() })
            }
            Some(loose::Signer::Ed25519(pair)) => {
                let bits = aws_lc_rs::signature::KeyPair::public_key(&**pair).as_ref();
                Ok(Self { key, algorithm: &rcgen::PKCS_ED25519, bits })
            }
            None => Err(KeyError::Unsupported(key.kind().to_owned())),
        }
    }
}

impl PublicKeyData for LooseRequester<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.bits
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}

impl SigningKey for LooseRequester<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.key.sign(message).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

pub(crate) fn san(identifier: &Identifier) -> Result<SanType, KeyError> {
    Ok(match identifier {
        Identifier::Ip(address) => SanType::IpAddress(*address),
        Identifier::Dns(name) => {
            SanType::DnsName(name.as_str().try_into().map_err(|_| KeyError::Identifier(name.clone()))?)
        }
    })
}

/// Lends a key to rcgen without giving it away.
pub(crate) struct Requester<'a>(pub(crate) &'a PrivateKey);

impl PublicKeyData for Requester<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_bits()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        match self.0.signer() {
            Signer::P256(_) => &rcgen::PKCS_ECDSA_P256_SHA256,
            Signer::P384(_) => &rcgen::PKCS_ECDSA_P384_SHA384,
            Signer::Rsa(_) => &rcgen::PKCS_RSA_SHA256,
        }
    }
}

impl SigningKey for Requester<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.0.sign(message).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

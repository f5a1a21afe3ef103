//! Certificate requests (PKCS#10, RFC 2986).

use notafter_cert::Identifier;
use rcgen::{CertificateParams, DistinguishedName, PublicKeyData, SanType, SignatureAlgorithm, SigningKey};

use crate::key::Signer;
use crate::{KeyError, PrivateKey};

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

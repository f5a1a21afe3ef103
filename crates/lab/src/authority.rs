//! A private CA for stages: a root, an intermediate, and leaves with any dates.

use notafter_acme::jose::Jwk;
use notafter_cert::der::{Tag, oid, write};
use notafter_cert::{Identifier, Time, pem};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CrlDistributionPoint, CustomExtension,
    DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, PublicKeyData,
    SanType, SignatureAlgorithm,
};

use crate::revocation::Signer;

/// The stage could not be set: a fault of the test or the demo, never of a peer.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// A certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A server could not be configured.
    #[error("cannot set up a TLS server: {0}")]
    Tls(#[from] rustls::Error),
    /// A socket or a file.
    #[error("cannot set the stage: {0}")]
    Io(#[from] std::io::Error),
    /// A key that cannot be certified, or no randomness to make one.
    #[error("the key cannot be used")]
    Key,
    /// A CA without a hierarchy.
    #[error("a CA needs at least one hierarchy to issue under")]
    NoHierarchy,
    /// An instant that X.509 cannot carry.
    #[error("{0} cannot stand in a certificate")]
    Date(Time),
}

/// First and last instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// notBefore.
    pub from: Time,
    /// notAfter.
    pub to: Time,
}

/// A root and one intermediate below it.
pub struct Authority {
    root: CertifiedIssuer<'static, KeyPair>,
    intermediate: CertifiedIssuer<'static, KeyPair>,
}

/// What a certificate says of its revocation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusPoints {
    /// The URLs of responders.
    pub ocsp: Vec<String>,
    /// The URLs of CRLs, each at a point of its own.
    pub crls: Vec<String>,
    /// The URLs of CRLs that say what changed since (`freshestCRL`).
    pub deltas: Vec<String>,
    /// Whether its server must staple.
    pub must_staple: bool,
}

/// A leaf with its chain and its key.
#[derive(Clone)]
pub struct Identity {
    /// Leaf, then intermediate; DER.
    pub chain: Vec<Vec<u8>>,
    /// The key in PKCS#8 DER.
    pub key: Vec<u8>,
}

impl Identity {
    /// The chain in PEM.
    #[must_use]
    pub fn chain_pem(&self) -> String {
        pem::chain_to(&self.chain)
    }

    /// The key in PEM.
    #[must_use]
    pub fn key_pem(&self) -> String {
        pem::write("PRIVATE KEY", &self.key)
    }

    /// The same leaf, sent without its intermediate.
    #[must_use]
    pub fn without_intermediate(&self) -> Self {
        Self { chain: self.chain.iter().take(1).cloned().collect(), key: self.key.clone() }
    }
}

impl Authority {
    /// A new authority with this name, valid for the given time.
    ///
    /// # Errors
    /// The dates cannot be expressed.
    pub fn new(name: &str, validity: Validity) -> Result<Self, StageError> {
        Self::with_intermediate(name, validity, validity)
    }

    /// As [`Authority::new`], with dates of its own for the intermediate.
    ///
    /// # Errors
    /// The dates cannot be expressed.
    pub fn with_intermediate(name: &str, root: Validity, intermediate: Validity) -> Result<Self, StageError> {
        let root_params = authority_params(&format!("{name} root"), root, BasicConstraints::Unconstrained)?;
        let root = CertifiedIssuer::self_signed(root_params, KeyPair::generate()?)?;
        let params = authority_params(
            &format!("{name} intermediate"),
            intermediate,
            BasicConstraints::Constrained(0),
        )?;
        let intermediate = CertifiedIssuer::signed_by(params, KeyPair::generate()?, &root)?;
        Ok(Self { root, intermediate })
    }

    /// The same root with a new intermediate, valid for the given time.
    ///
    /// # Errors
    /// The dates cannot be expressed.
    pub fn renewed(self, name: &str, intermediate: Validity) -> Result<Self, StageError> {
        let below = BasicConstraints::Constrained(0);
        let params = authority_params(&format!("{name} intermediate"), intermediate, below)?;
        let intermediate = CertifiedIssuer::signed_by(params, KeyPair::generate()?, &self.root)?;
        Ok(Self { intermediate, ..self })
    }

    /// The root in PEM: what a client of the stage trusts.
    #[must_use]
    pub fn root_pem(&self) -> String {
        pem::write("CERTIFICATE", self.root.der())
    }

    /// The intermediate in DER.
    #[must_use]
    pub fn intermediate_der(&self) -> Vec<u8> {
        self.intermediate.der().to_vec()
    }

    /// A leaf on P-256 for these names.
    ///
    /// # Errors
    /// The dates or names cannot be expressed.
    pub fn issue(&self, names: &[Identifier], validity: Validity) -> Result<Identity, StageError> {
        let key = KeyPair::generate()?;
        let leaf = leaf_params(names, validity)?.signed_by(&key, &self.intermediate)?;
        let chain = vec![leaf.der().to_vec(), self.intermediate_der()];
        Ok(Identity { chain, key: key.serialize_der() })
    }

    /// The same, and it says where its revocation is told.
    ///
    /// # Errors
    /// The dates, names or URLs cannot be expressed.
    pub fn issue_with_status(
        &self,
        names: &[Identifier],
        validity: Validity,
        status: &StatusPoints,
    ) -> Result<Identity, StageError> {
        let key = KeyPair::generate()?;
        let mut params = leaf_params(names, validity)?;
        status.stand_in(&mut params);
        let leaf = params.signed_by(&key, &self.intermediate)?;
        let chain = vec![leaf.der().to_vec(), self.intermediate_der()];
        Ok(Identity { chain, key: key.serialize_der() })
    }

    /// The same root with a new intermediate that says where its revocation is told.
    ///
    /// # Errors
    /// The dates or URLs cannot be expressed.
    pub fn with_status(
        self,
        name: &str,
        validity: Validity,
        status: &StatusPoints,
    ) -> Result<Self, StageError> {
        let below = BasicConstraints::Constrained(0);
        let mut params = authority_params(&format!("{name} intermediate"), validity, below)?;
        status.stand_in(&mut params);
        let intermediate = CertifiedIssuer::signed_by(params, KeyPair::generate()?, &self.root)?;
        Ok(Self { intermediate, ..self })
    }

    /// Whoever signs what is told of the root's certificates.
    ///
    /// # Errors
    /// The key cannot be read.
    pub fn root_signer(&self) -> Result<Signer, StageError> {
        Signer::new(self.root.der(), self.root.key())
    }

    /// Whoever signs what is told of the leaves.
    ///
    /// # Errors
    /// The key cannot be read.
    pub fn signer(&self) -> Result<Signer, StageError> {
        Signer::new(self.intermediate.der(), self.intermediate.key())
    }

    /// A leaf for a public key of somebody else's (a CSR's), with the intermediate behind it; DER.
    ///
    /// # Errors
    /// The dates, names or the key cannot be expressed.
    pub fn certify(
        &self,
        spki_der: &[u8],
        names: &[Identifier],
        validity: Validity,
    ) -> Result<Vec<Vec<u8>>, StageError> {
        let leaf = leaf_params(names, validity)?.signed_by(&Certified::of(spki_der)?, &self.intermediate)?;
        Ok(vec![leaf.der().to_vec(), self.intermediate_der()])
    }
}

impl StatusPoints {
    fn stand_in(&self, params: &mut CertificateParams) {
        let point = |url: &String| CrlDistributionPoint { uris: vec![url.clone()] };
        params.crl_distribution_points = self.crls.iter().map(point).collect();
        if !self.ocsp.is_empty() {
            let description = |url: &String| {
                let method = write(Tag::OID, &[oid::AD_OCSP.content()]);
                write(Tag::SEQUENCE, &[&method, &write(Tag::context(6), &[url.as_bytes()])])
            };
            let all: Vec<u8> = self.ocsp.iter().flat_map(description).collect();
            let access = write(Tag::SEQUENCE, &[&all]);
            params.custom_extensions.push(CustomExtension::from_oid_content(&AUTHORITY_INFO_ACCESS, access));
        }
        if !self.deltas.is_empty() {
            let uris: Vec<u8> =
                self.deltas.iter().flat_map(|url| write(Tag::context(6), &[url.as_bytes()])).collect();
            // A point with a name that is a full one (RFC 5280 section 4.2.1.13).
            let inner = write(Tag::context_constructed(0), &[&write(Tag::context_constructed(0), &[&uris])]);
            let points = write(Tag::SEQUENCE, &[&write(Tag::SEQUENCE, &[&inner])]);
            params.custom_extensions.push(CustomExtension::from_oid_content(&FRESHEST_CRL, points));
        }
        if self.must_staple {
            // status_request is extension 5 of TLS (RFC 7633 section 6).
            let feature = write(Tag::SEQUENCE, &[&write(Tag::INTEGER, &[&[5]])]);
            params.custom_extensions.push(CustomExtension::from_oid_content(&TLS_FEATURE, feature));
        }
    }
}

const AUTHORITY_INFO_ACCESS: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 1, 1];
const FRESHEST_CRL: [u64; 4] = [2, 5, 29, 46];
const TLS_FEATURE: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 1, 24];

/// A public key of somebody else's, as rcgen wants it: the bits, and an algorithm whose identifier goes before them.
struct Certified {
    bits: Vec<u8>,
    algorithm: &'static SignatureAlgorithm,
}

impl Certified {
    fn of(spki_der: &[u8]) -> Result<Self, StageError> {
        let (bits, algorithm) = match Jwk::from_spki(spki_der).map_err(|_| StageError::Key)? {
            Jwk::P256 { x, y } => ([&[4], &x[..], &y].concat(), &rcgen::PKCS_ECDSA_P256_SHA256),
            Jwk::P384 { x, y } => ([&[4], &x[..], &y].concat(), &rcgen::PKCS_ECDSA_P384_SHA384),
            Jwk::Rsa { .. } => (rsa_bits(spki_der).ok_or(StageError::Key)?, &rcgen::PKCS_RSA_SHA256),
        };
        Ok(Self { bits, algorithm })
    }
}

/// An RSA key's SubjectPublicKeyInfo ends with its bits, which begin after the algorithm's NULL (05 00), the BIT STRING's
/// header of at most five bytes, and its count of unused bits.
fn rsa_bits(spki_der: &[u8]) -> Option<Vec<u8>> {
    const RSA_ENCRYPTION: [u8; 13] =
        [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    let after = spki_der.windows(RSA_ENCRYPTION.len()).position(|bytes| bytes == RSA_ENCRYPTION)?
        + RSA_ENCRYPTION.len();
    let header = match spki_der.get(after + 1)? {
        length @ 0x81..=0x84 => 2 + usize::from(length & 0x7f),
        _ => 2,
    };
    spki_der.get(after + header + 1..).map(<[u8]>::to_vec)
}

impl PublicKeyData for Certified {
    fn der_bytes(&self) -> &[u8] {
        &self.bits
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}

/// A certificate that nobody but itself vouches for.
///
/// # Errors
/// The dates or names cannot be expressed.
pub fn self_signed(names: &[Identifier], validity: Validity) -> Result<Identity, StageError> {
    let key = KeyPair::generate()?;
    let leaf = leaf_params(names, validity)?.self_signed(&key)?;
    Ok(Identity { chain: vec![leaf.der().to_vec()], key: key.serialize_der() })
}

fn authority_params(
    name: &str,
    validity: Validity,
    constraints: BasicConstraints,
) -> Result<CertificateParams, StageError> {
    let mut params = dated(validity)?;
    params.distinguished_name = named(name);
    params.is_ca = IsCa::Ca(constraints);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn leaf_params(names: &[Identifier], validity: Validity) -> Result<CertificateParams, StageError> {
    let mut params = dated(validity)?;
    params.subject_alt_names = names
        .iter()
        .map(|name| {
            Ok(match name {
                Identifier::Dns(name) => SanType::DnsName(name.as_str().try_into()?),
                Identifier::Ip(address) => SanType::IpAddress(*address),
            })
        })
        .collect::<Result<_, rcgen::Error>>()?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn dated(validity: Validity) -> Result<CertificateParams, StageError> {
    let mut params = CertificateParams::default();
    params.not_before = validity.from.calendar().ok_or(StageError::Date(validity.from))?;
    params.not_after = validity.to.calendar().ok_or(StageError::Date(validity.to))?;
    params.distinguished_name = DistinguishedName::new();
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

pub(crate) fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::OrganizationName, "notafter lab");
    distinguished.push(DnType::CommonName, name);
    distinguished
}

#[cfg(test)]
mod tests {
    use notafter_cert::{Certificate, Span};

    use super::*;

    #[test]
    fn a_leaf_carries_the_names_and_dates_that_were_asked_for() {
        let from = Time::from_unix_seconds(1_790_000_000);
        let long = Validity { from, to: from + Span::days(3650) };
        let authority = Authority::new("stage", long).unwrap();
        let names = ["shop.example".parse().unwrap(), "127.0.0.1".parse().unwrap()];
        let identity = authority.issue(&names, Validity { from, to: from + Span::hours(12) }).unwrap();
        let leaf = Certificate::parse(&identity.chain[0]).unwrap();
        assert_eq!(leaf.names(), names);
        assert_eq!((leaf.not_before(), leaf.not_after()), (from, from + Span::hours(12)));
        assert_eq!(Certificate::parse(&identity.chain[1]).unwrap().not_after(), from + Span::days(3650));
    }
}

//! The private CA: a root, intermediates below it, and the certificates that they sign.
//!
//! What is signed, for whom and until when is decided elsewhere; here are the profiles (RFC 5280 section 4, and as far as they
//! fit a CA of one's own the Baseline Requirements of the CA/Browser Forum section 7.1.2), and the keys, which nothing but these
//! functions uses.

use std::net::IpAddr;

use notafter_cert::{Identifier, KeySpec, Subtree, Time, Validity};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyUsagePurpose, NameConstraints, SerialNumber,
};

use crate::csr::{Requester, san};
use crate::{KeyError, PrivateKey};

/// A serial number's length in bytes, of at most 20 (RFC 5280 section 4.1.2.2). All of it is random but for two bits.
const SERIAL: usize = 18;

/// The key of a root or an intermediate: it signs certificates and nothing else.
#[derive(Clone, Debug)]
pub struct AuthorityKey(PrivateKey);

/// A CA as what it signs names it.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// Its common name.
    pub common_name: &'a str,
    /// Its key.
    pub key: &'a AuthorityKey,
}

/// A certificate to be signed.
#[derive(Clone, Copy, Debug)]
pub struct Dated<'a> {
    /// Its serial number, as [`serial`] gives it.
    pub serial: &'a [u8],
    /// Its dates; seconds count.
    pub validity: Validity,
}

impl AuthorityKey {
    /// A new key.
    ///
    /// # Errors
    /// When the cryptographic library refuses.
    pub fn generate(spec: KeySpec) -> Result<Self, KeyError> {
        PrivateKey::generate(spec).map(Self)
    }

    pub(crate) fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        PrivateKey::from_pkcs8(der).map(Self)
    }

    pub(crate) const fn key(&self) -> &PrivateKey {
        &self.0
    }
}

/// A serial number of these random bytes: positive, and of the same length whatever they are.
#[must_use]
pub fn serial(random: [u8; SERIAL]) -> Vec<u8> {
    let mut serial = random.to_vec();
    serial[0] = serial[0] & 0x7f | 0x40;
    serial
}

/// A root, which signs itself, in DER.
///
/// # Errors
/// The dates cannot be written, or the cryptographic library refuses.
pub fn root(own: Signer<'_>, permitted: &[Subtree], dated: Dated<'_>) -> Result<Vec<u8>, KeyError> {
    let params = authority(own.common_name, BasicConstraints::Unconstrained, permitted, dated)?;
    signed(params.self_signed(&Requester(&own.key.0)))
}

/// An intermediate of this name and key, signed by the root, in DER. It may sign for TLS servers, and no further CA.
///
/// # Errors
/// As [`root`].
pub fn intermediate(
    own: Signer<'_>,
    root: Signer<'_>,
    permitted: &[Subtree],
    dated: Dated<'_>,
) -> Result<Vec<u8>, KeyError> {
    let mut params = authority(own.common_name, BasicConstraints::Constrained(0), permitted, dated)?;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    signed(params.signed_by(&Requester(&own.key.0), &issuer(root)))
}

/// A server's certificate for this key, signed by the intermediate, in DER. Its names stand in subjectAltName alone.
///
/// # Errors
/// As [`root`]; a name cannot stand in a certificate.
pub fn leaf(
    key: &PrivateKey,
    names: &[Identifier],
    intermediate: Signer<'_>,
    dated: Dated<'_>,
) -> Result<Vec<u8>, KeyError> {
    let mut params = with_dates(dated)?;
    params.subject_alt_names = names.iter().map(san).collect::<Result<_, _>>()?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    signed(params.signed_by(&Requester(key), &issuer(intermediate)))
}

fn signed(signed: Result<rcgen::Certificate, rcgen::Error>) -> Result<Vec<u8>, KeyError> {
    signed.map(|certificate| certificate.der().to_vec()).map_err(|_| KeyError::Refused("sign a certificate"))
}

fn issuer(signer: Signer<'_>) -> Issuer<'static, Requester<'_>> {
    let mut params = CertificateParams::default();
    params.distinguished_name = named(signer.common_name);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    Issuer::new(params, Requester(&signer.key.0))
}

fn authority(
    common_name: &str,
    constraints: BasicConstraints,
    permitted: &[Subtree],
    dated: Dated<'_>,
) -> Result<CertificateParams, KeyError> {
    let mut params = with_dates(dated)?;
    params.distinguished_name = named(common_name);
    params.is_ca = IsCa::Ca(constraints);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.name_constraints = constrained(permitted);
    Ok(params)
}

fn with_dates(Dated { serial, validity }: Dated<'_>) -> Result<CertificateParams, KeyError> {
    let at = |time: Time| time.calendar().ok_or(KeyError::Refused("write the date"));
    let mut params = CertificateParams::default();
    params.serial_number = Some(SerialNumber::from_slice(serial));
    params.not_before = at(validity.not_before)?;
    params.not_after = at(validity.not_after)?;
    params.distinguished_name = DistinguishedName::new();
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

/// What is permitted of one kind of name says nothing of the others (RFC 5280 section 4.2.1.10): where a kind is not mentioned,
/// all of it is excluded, as the Baseline Requirements want it of constrained CAs (section 7.1.2.5.2).
fn constrained(permitted: &[Subtree]) -> Option<NameConstraints> {
    if permitted.is_empty() {
        return None;
    }
    let permitted_subtrees: Vec<GeneralSubtree> = permitted
        .iter()
        .map(|subtree| match subtree {
            Subtree::Domain(domain) => GeneralSubtree::DnsName(domain.clone()),
            Subtree::Range { network, prefix } => {
                GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(*network, *prefix))
            }
        })
        .collect();
    let is_v4 = |subtree: &Subtree| matches!(subtree, Subtree::Range { network: IpAddr::V4(_), .. });
    let is_v6 = |subtree: &Subtree| matches!(subtree, Subtree::Range { network: IpAddr::V6(_), .. });
    let mut excluded_subtrees = Vec::new();
    if !permitted.iter().any(|subtree| matches!(subtree, Subtree::Domain(_))) {
        excluded_subtrees.push(GeneralSubtree::DnsName(String::new()));
    }
    if !permitted.iter().any(is_v4) {
        excluded_subtrees.push(GeneralSubtree::IpAddress(CidrSubnet::V4([0; 4], [0; 4])));
    }
    if !permitted.iter().any(is_v6) {
        excluded_subtrees.push(GeneralSubtree::IpAddress(CidrSubnet::V6([0; 16], [0; 16])));
    }
    Some(NameConstraints { permitted_subtrees, excluded_subtrees })
}

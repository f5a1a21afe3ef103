//! OBJECT IDENTIFIER (X.690 section 8.19), and those that certificates use, by the names of the documents that define them.

use std::fmt;

/// An object identifier, as the octets of its content. Those that come from outside are whole.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid<'a>(&'a [u8]);

impl<'a> Oid<'a> {
    /// Of content octets; `None` where an arc does not end, or none is there.
    #[must_use]
    #[inline]
    pub fn from_content(content: &'a [u8]) -> Option<Self> {
        let ends = content.last().is_some_and(|last| last & 0x80 == 0);
        ends.then_some(Self(content))
    }

    /// The octets.
    #[must_use]
    pub const fn content(&self) -> &'a [u8] {
        self.0
    }

    /// Whether every arc is written without leading zeros (X.690 section 8.19.2).
    #[must_use]
    pub fn is_minimal(&self) -> bool {
        self.0.split_inclusive(|byte| byte & 0x80 == 0).all(|arc| arc.first() != Some(&0x80))
    }

    /// The name that its document gives it.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        KNOWN.iter().find(|(oid, _)| oid == self).map(|(_, name)| *name)
    }

    /// Its name, or its numbers where it has none.
    #[must_use]
    pub fn shown(&self) -> String {
        self.name().map_or_else(|| self.to_string(), str::to_owned)
    }
}

/// Content octets of a dotted text (`1.2.840.113549`); `None` where it is none.
#[must_use]
pub fn parse(dotted: &str) -> Option<Vec<u8>> {
    let arcs: Option<Vec<u64>> = dotted.split('.').map(|arc| arc.parse().ok()).collect();
    let arcs = arcs?;
    let [first, second, more @ ..] = &arcs[..] else { return None };
    if *first > 2 || (*first < 2 && *second > 39) {
        return None;
    }
    let mut content = Vec::new();
    for arc in std::iter::once(first.checked_mul(40)?.checked_add(*second)?).chain(more.iter().copied()) {
        let groups = (64 - arc.leading_zeros()).div_ceil(7).max(1);
        for group in (0..groups).rev() {
            let more = if group > 0 { 0x80 } else { 0 };
            content.push(u8::try_from(arc >> (group * 7) & 0x7f).unwrap_or_default() | more);
        }
    }
    Some(content)
}

/// The name of an identifier that is written in dotted numbers.
#[must_use]
pub fn named(dotted: &str) -> Option<&'static str> {
    Oid::from_content(&parse(dotted)?)?.name()
}

/// Dotted numbers. An arc beyond 64 bits is written in hexadecimal octets.
impl fmt::Display for Oid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, arc) in self.0.split_inclusive(|byte| byte & 0x80 == 0).enumerate() {
            let value = arc
                .iter()
                .try_fold(0_u64, |sum, byte| (sum >> 57 == 0).then(|| sum << 7 | u64::from(byte & 0x7f)));
            match value {
                Some(value) if position == 0 => {
                    let first = (value / 40).min(2);
                    write!(f, "{first}.{}", value - first * 40)?;
                }
                Some(value) => write!(f, ".{value}")?,
                None => write!(f, ".0x{}", crate::hex(arc))?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Oid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

const LONGEST: usize = 32;

/// The content of a dotted text at compile time, and its length.
const fn encode(dotted: &str) -> ([u8; LONGEST], usize) {
    let text = dotted.as_bytes();
    let (mut out, mut length, mut position, mut count, mut first) = ([0; LONGEST], 0, 0, 0, 0);
    while position < text.len() {
        let mut arc: u64 = 0;
        while position < text.len() && text[position] != b'.' {
            arc = arc * 10 + (text[position] - b'0') as u64;
            position += 1;
        }
        position += 1;
        count += 1;
        if count == 1 {
            first = arc;
            continue;
        }
        if count == 2 {
            arc += first * 40;
        }
        let mut shift = 63;
        while shift > 0 && arc >> shift == 0 {
            shift -= 7;
        }
        while shift > 0 {
            out[length] = (arc >> shift & 0x7f) as u8 | 0x80;
            length += 1;
            shift -= 7;
        }
        out[length] = (arc & 0x7f) as u8;
        length += 1;
    }
    (out, length)
}

const fn head<const N: usize>(all: [u8; LONGEST]) -> [u8; N] {
    let (mut out, mut position) = ([0; N], 0);
    while position < N {
        out[position] = all[position];
        position += 1;
    }
    out
}

macro_rules! known {
    ($($name:ident = $dotted:literal, $text:literal;)*) => {
        $(
            #[doc = concat!("`", $text, "` (", $dotted, ").")]
            pub const $name: Oid<'static> = {
                const ENCODED: ([u8; LONGEST], usize) = encode($dotted);
                const CONTENT: [u8; ENCODED.1] = head(ENCODED.0);
                Oid(&CONTENT)
            };
        )*
        /// All of them with their names.
        pub const KNOWN: &[(Oid<'static>, &str)] = &[$(($name, $text)),*];
        #[cfg(test)]
        const DOTTED: &[&str] = &[$($dotted),*];
    };
}

known! {
    // Attributes of names (X.520, RFC 4519, RFC 4524, CA/B Forum).
    COMMON_NAME = "2.5.4.3", "CN";
    SURNAME = "2.5.4.4", "SN";
    SERIAL_NUMBER = "2.5.4.5", "serialNumber";
    COUNTRY = "2.5.4.6", "C";
    LOCALITY = "2.5.4.7", "L";
    STATE = "2.5.4.8", "ST";
    STREET = "2.5.4.9", "street";
    ORGANIZATION = "2.5.4.10", "O";
    ORGANIZATIONAL_UNIT = "2.5.4.11", "OU";
    TITLE = "2.5.4.12", "title";
    DESCRIPTION = "2.5.4.13", "description";
    BUSINESS_CATEGORY = "2.5.4.15", "businessCategory";
    POSTAL_CODE = "2.5.4.17", "postalCode";
    POST_OFFICE_BOX = "2.5.4.18", "postOfficeBox";
    TELEPHONE_NUMBER = "2.5.4.20", "telephoneNumber";
    NAME = "2.5.4.41", "name";
    GIVEN_NAME = "2.5.4.42", "givenName";
    INITIALS = "2.5.4.43", "initials";
    GENERATION_QUALIFIER = "2.5.4.44", "generationQualifier";
    DN_QUALIFIER = "2.5.4.46", "dnQualifier";
    PSEUDONYM = "2.5.4.65", "pseudonym";
    ORGANIZATION_IDENTIFIER = "2.5.4.97", "organizationIdentifier";
    USER_ID = "0.9.2342.19200300.100.1.1", "UID";
    DOMAIN_COMPONENT = "0.9.2342.19200300.100.1.25", "DC";
    EMAIL_ADDRESS = "1.2.840.113549.1.9.1", "emailAddress";
    UNSTRUCTURED_NAME = "1.2.840.113549.1.9.2", "unstructuredName";
    UNSTRUCTURED_ADDRESS = "1.2.840.113549.1.9.8", "unstructuredAddress";
    JURISDICTION_LOCALITY = "1.3.6.1.4.1.311.60.2.1.1", "jurisdictionLocality";
    JURISDICTION_STATE = "1.3.6.1.4.1.311.60.2.1.2", "jurisdictionStateOrProvince";
    JURISDICTION_COUNTRY = "1.3.6.1.4.1.311.60.2.1.3", "jurisdictionCountry";
    // Extensions of certificates and CRLs (RFC 5280 section 4.2 and 5.2, and others).
    SUBJECT_DIRECTORY_ATTRIBUTES = "2.5.29.9", "subjectDirectoryAttributes";
    SUBJECT_KEY_IDENTIFIER = "2.5.29.14", "subjectKeyIdentifier";
    KEY_USAGE = "2.5.29.15", "keyUsage";
    PRIVATE_KEY_USAGE_PERIOD = "2.5.29.16", "privateKeyUsagePeriod";
    SUBJECT_ALT_NAME = "2.5.29.17", "subjectAltName";
    ISSUER_ALT_NAME = "2.5.29.18", "issuerAltName";
    BASIC_CONSTRAINTS = "2.5.29.19", "basicConstraints";
    CRL_NUMBER = "2.5.29.20", "cRLNumber";
    REASON_CODE = "2.5.29.21", "reasonCode";
    HOLD_INSTRUCTION_CODE = "2.5.29.23", "holdInstructionCode";
    INVALIDITY_DATE = "2.5.29.24", "invalidityDate";
    DELTA_CRL_INDICATOR = "2.5.29.27", "deltaCRLIndicator";
    ISSUING_DISTRIBUTION_POINT = "2.5.29.28", "issuingDistributionPoint";
    CERTIFICATE_ISSUER = "2.5.29.29", "certificateIssuer";
    NAME_CONSTRAINTS = "2.5.29.30", "nameConstraints";
    CRL_DISTRIBUTION_POINTS = "2.5.29.31", "cRLDistributionPoints";
    CERTIFICATE_POLICIES = "2.5.29.32", "certificatePolicies";
    POLICY_MAPPINGS = "2.5.29.33", "policyMappings";
    AUTHORITY_KEY_IDENTIFIER = "2.5.29.35", "authorityKeyIdentifier";
    POLICY_CONSTRAINTS = "2.5.29.36", "policyConstraints";
    EXTENDED_KEY_USAGE = "2.5.29.37", "extKeyUsage";
    FRESHEST_CRL = "2.5.29.46", "freshestCRL";
    EXPIRED_CERTS_ON_CRL = "2.5.29.60", "expiredCertsOnCRL";
    INHIBIT_ANY_POLICY = "2.5.29.54", "inhibitAnyPolicy";
    AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1", "authorityInfoAccess";
    QC_STATEMENTS = "1.3.6.1.5.5.7.1.3", "qcStatements";
    LOGOTYPE = "1.3.6.1.5.5.7.1.12", "logotype";
    SUBJECT_INFO_ACCESS = "1.3.6.1.5.5.7.1.11", "subjectInfoAccess";
    TLS_FEATURE = "1.3.6.1.5.5.7.1.24", "TLS feature";
    ACME_IDENTIFIER = "1.3.6.1.5.5.7.1.31", "acmeIdentifier";
    OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5", "OCSP no check";
    SCT_LIST = "1.3.6.1.4.1.11129.2.4.2", "SCT list";
    PRECERTIFICATE_POISON = "1.3.6.1.4.1.11129.2.4.3", "precertificate poison";
    PRECERTIFICATE_SIGNING = "1.3.6.1.4.1.11129.2.4.4", "precertificate signing";
    OCSP_SCT_LIST = "1.3.6.1.4.1.11129.2.4.5", "SCT list of OCSP";
    CABF_ORGANIZATION_IDENTIFIER = "2.23.140.3.1", "cabfOrganizationIdentifier";
    TOR_SERVICE_DESCRIPTOR = "2.23.140.1.31", "Tor service descriptor";
    DELEGATION_USAGE = "1.3.6.1.4.1.44363.44", "delegation usage";
    NETSCAPE_CERT_TYPE = "2.16.840.1.113730.1.1", "Netscape certificate type";
    NETSCAPE_COMMENT = "2.16.840.1.113730.1.13", "Netscape comment";
    MICROSOFT_TEMPLATE_NAME = "1.3.6.1.4.1.311.20.2", "Microsoft template name";
    MICROSOFT_TEMPLATE = "1.3.6.1.4.1.311.21.7", "Microsoft template";
    MICROSOFT_CA_VERSION = "1.3.6.1.4.1.311.21.1", "Microsoft CA version";
    MICROSOFT_APPLICATION_POLICIES = "1.3.6.1.4.1.311.21.10", "Microsoft application policies";
    MICROSOFT_SID = "1.3.6.1.4.1.311.25.2", "Microsoft security identifier";
    ADOBE_TIME_STAMP = "1.2.840.113583.1.1.9.1", "Adobe time-stamp";
    ADOBE_ARCHIVE_REVOCATION_INFO = "1.2.840.113583.1.1.9.2", "Adobe archive revocation information";
    LEGAL_ENTITY_IDENTIFIER = "1.3.6.1.4.1.52266.1", "legal entity identifier";
    LEGAL_ENTITY_IDENTIFIER_ROLE = "1.3.6.1.4.1.52266.2", "legal entity identifier role";
    SMIME_CAPABILITIES = "1.2.840.113549.1.9.15", "S/MIME capabilities";
    ENTRUST_VERSION = "1.2.840.113533.7.65.0", "Entrust version";
    // Purposes of keys.
    SERVER_AUTH = "1.3.6.1.5.5.7.3.1", "serverAuth";
    CLIENT_AUTH = "1.3.6.1.5.5.7.3.2", "clientAuth";
    CODE_SIGNING = "1.3.6.1.5.5.7.3.3", "codeSigning";
    EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4", "emailProtection";
    TIME_STAMPING = "1.3.6.1.5.5.7.3.8", "timeStamping";
    OCSP_SIGNING = "1.3.6.1.5.5.7.3.9", "OCSPSigning";
    IPSEC_END_SYSTEM = "1.3.6.1.5.5.7.3.5", "ipsecEndSystem";
    IPSEC_TUNNEL = "1.3.6.1.5.5.7.3.6", "ipsecTunnel";
    IPSEC_USER = "1.3.6.1.5.5.7.3.7", "ipsecUser";
    IPSEC_IKE = "1.3.6.1.5.5.7.3.17", "ipsecIKE";
    ANY_EXTENDED_KEY_USAGE = "2.5.29.37.0", "anyExtendedKeyUsage";
    MICROSOFT_SERVER_GATED = "1.3.6.1.4.1.311.10.3.3", "Microsoft server gated crypto";
    NETSCAPE_SERVER_GATED = "2.16.840.1.113730.4.1", "Netscape server gated crypto";
    SMART_CARD_LOGON = "1.3.6.1.4.1.311.20.2.2", "smartCardLogon";
    KERBEROS_CLIENT = "1.3.6.1.5.2.3.4", "pkInitClientAuth";
    KERBEROS_KDC = "1.3.6.1.5.2.3.5", "pkInitKDC";
    DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36", "documentSigning";
    MICROSOFT_DOCUMENT_SIGNING = "1.3.6.1.4.1.311.10.3.12", "Microsoft document signing";
    // Policies.
    ANY_POLICY = "2.5.29.32.0", "anyPolicy";
    CABF_EV = "2.23.140.1.1", "extended-validated (CA/B Forum)";
    CABF_DV = "2.23.140.1.2.1", "domain-validated (CA/B Forum)";
    CABF_OV = "2.23.140.1.2.2", "organization-validated (CA/B Forum)";
    CABF_IV = "2.23.140.1.2.3", "individual-validated (CA/B Forum)";
    CABF_EV_CODE_SIGNING = "2.23.140.1.3", "EV code signing (CA/B Forum)";
    CABF_CODE_SIGNING = "2.23.140.1.4.1", "code signing (CA/B Forum)";
    SMIME_MAILBOX_LEGACY = "2.23.140.1.5.1.1", "mailbox-validated, legacy (CA/B Forum S/MIME)";
    SMIME_MAILBOX_MULTIPURPOSE = "2.23.140.1.5.1.2", "mailbox-validated, multipurpose (CA/B Forum S/MIME)";
    SMIME_MAILBOX_STRICT = "2.23.140.1.5.1.3", "mailbox-validated, strict (CA/B Forum S/MIME)";
    SMIME_ORGANIZATION_LEGACY = "2.23.140.1.5.2.1", "organization-validated, legacy (CA/B Forum S/MIME)";
    SMIME_ORGANIZATION_MULTIPURPOSE = "2.23.140.1.5.2.2", "organization-validated, multipurpose (CA/B Forum S/MIME)";
    SMIME_ORGANIZATION_STRICT = "2.23.140.1.5.2.3", "organization-validated, strict (CA/B Forum S/MIME)";
    SMIME_SPONSOR_LEGACY = "2.23.140.1.5.3.1", "sponsor-validated, legacy (CA/B Forum S/MIME)";
    SMIME_SPONSOR_MULTIPURPOSE = "2.23.140.1.5.3.2", "sponsor-validated, multipurpose (CA/B Forum S/MIME)";
    SMIME_SPONSOR_STRICT = "2.23.140.1.5.3.3", "sponsor-validated, strict (CA/B Forum S/MIME)";
    SMIME_INDIVIDUAL_LEGACY = "2.23.140.1.5.4.1", "individual-validated, legacy (CA/B Forum S/MIME)";
    SMIME_INDIVIDUAL_MULTIPURPOSE = "2.23.140.1.5.4.2", "individual-validated, multipurpose (CA/B Forum S/MIME)";
    SMIME_INDIVIDUAL_STRICT = "2.23.140.1.5.4.3", "individual-validated, strict (CA/B Forum S/MIME)";
    QCP_N = "0.4.0.194112.1.0", "QCP-n";
    QCP_L = "0.4.0.194112.1.1", "QCP-l";
    QCP_N_QSCD = "0.4.0.194112.1.2", "QCP-n-qscd";
    QCP_L_QSCD = "0.4.0.194112.1.3", "QCP-l-qscd";
    QEVCP_W = "0.4.0.194112.1.4", "QEVCP-w";
    QNCP_W = "0.4.0.194112.1.5", "QNCP-w";
    QNCP_W_GEN = "0.4.0.194112.1.6", "QNCP-w-gen";
    CPS_QUALIFIER = "1.3.6.1.5.5.7.2.1", "CPS";
    USER_NOTICE_QUALIFIER = "1.3.6.1.5.5.7.2.2", "user notice";
    // Access methods.
    AD_OCSP = "1.3.6.1.5.5.7.48.1", "OCSP";
    AD_CA_ISSUERS = "1.3.6.1.5.5.7.48.2", "caIssuers";
    AD_TIME_STAMPING = "1.3.6.1.5.5.7.48.3", "timeStamping service";
    AD_CA_REPOSITORY = "1.3.6.1.5.5.7.48.5", "caRepository";
    // OCSP (RFC 6960).
    OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1", "id-pkix-ocsp-basic";
    OCSP_NONCE = "1.3.6.1.5.5.7.48.1.2", "OCSP nonce";
    OCSP_CRL_REFERENCE = "1.3.6.1.5.5.7.48.1.3", "OCSP CRL reference";
    OCSP_RESPONSE_TYPES = "1.3.6.1.5.5.7.48.1.4", "OCSP response types";
    OCSP_ARCHIVE_CUTOFF = "1.3.6.1.5.5.7.48.1.6", "OCSP archive cutoff";
    OCSP_SERVICE_LOCATOR = "1.3.6.1.5.5.7.48.1.7", "OCSP service locator";
    OCSP_PREFERRED_SIGNATURES = "1.3.6.1.5.5.7.48.1.8", "OCSP preferred signature algorithms";
    OCSP_EXTENDED_REVOKE = "1.3.6.1.5.5.7.48.1.9", "OCSP extended revoke";
    // Keys.
    RSA_ENCRYPTION = "1.2.840.113549.1.1.1", "rsaEncryption";
    RSASSA_PSS = "1.2.840.113549.1.1.10", "RSASSA-PSS";
    RSAES_OAEP = "1.2.840.113549.1.1.7", "RSAES-OAEP";
    MGF1 = "1.2.840.113549.1.1.8", "MGF1";
    DSA = "1.2.840.10040.4.1", "DSA";
    EC_PUBLIC_KEY = "1.2.840.10045.2.1", "ecPublicKey";
    P192 = "1.2.840.10045.3.1.1", "P-192";
    P224 = "1.3.132.0.33", "P-224";
    P256 = "1.2.840.10045.3.1.7", "P-256";
    P384 = "1.3.132.0.34", "P-384";
    P521 = "1.3.132.0.35", "P-521";
    SECP256K1 = "1.3.132.0.10", "secp256k1";
    BRAINPOOL_P256 = "1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1";
    BRAINPOOL_P384 = "1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1";
    BRAINPOOL_P512 = "1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1";
    SM2 = "1.2.156.10197.1.301", "SM2";
    X25519 = "1.3.101.110", "X25519";
    X448 = "1.3.101.111", "X448";
    ED25519 = "1.3.101.112", "Ed25519";
    ED448 = "1.3.101.113", "Ed448";
    DIFFIE_HELLMAN = "1.2.840.113549.1.3.1", "Diffie-Hellman";
    ML_DSA_44 = "2.16.840.1.101.3.4.3.17", "ML-DSA-44";
    ML_DSA_65 = "2.16.840.1.101.3.4.3.18", "ML-DSA-65";
    ML_DSA_87 = "2.16.840.1.101.3.4.3.19", "ML-DSA-87";
    ML_KEM_512 = "2.16.840.1.101.3.4.4.1", "ML-KEM-512";
    ML_KEM_768 = "2.16.840.1.101.3.4.4.2", "ML-KEM-768";
    ML_KEM_1024 = "2.16.840.1.101.3.4.4.3", "ML-KEM-1024";
    SLH_DSA_SHA2_128S = "2.16.840.1.101.3.4.3.20", "SLH-DSA-SHA2-128s";
    SLH_DSA_SHA2_128F = "2.16.840.1.101.3.4.3.21", "SLH-DSA-SHA2-128f";
    SLH_DSA_SHA2_192S = "2.16.840.1.101.3.4.3.22", "SLH-DSA-SHA2-192s";
    SLH_DSA_SHA2_192F = "2.16.840.1.101.3.4.3.23", "SLH-DSA-SHA2-192f";
    SLH_DSA_SHA2_256S = "2.16.840.1.101.3.4.3.24", "SLH-DSA-SHA2-256s";
    SLH_DSA_SHA2_256F = "2.16.840.1.101.3.4.3.25", "SLH-DSA-SHA2-256f";
    SLH_DSA_SHAKE_128S = "2.16.840.1.101.3.4.3.26", "SLH-DSA-SHAKE-128s";
    SLH_DSA_SHAKE_128F = "2.16.840.1.101.3.4.3.27", "SLH-DSA-SHAKE-128f";
    SLH_DSA_SHAKE_192S = "2.16.840.1.101.3.4.3.28", "SLH-DSA-SHAKE-192s";
    SLH_DSA_SHAKE_192F = "2.16.840.1.101.3.4.3.29", "SLH-DSA-SHAKE-192f";
    SLH_DSA_SHAKE_256S = "2.16.840.1.101.3.4.3.30", "SLH-DSA-SHAKE-256s";
    SLH_DSA_SHAKE_256F = "2.16.840.1.101.3.4.3.31", "SLH-DSA-SHAKE-256f";
    // Signatures.
    RSA_MD2 = "1.2.840.113549.1.1.2", "RSA with MD2";
    RSA_MD4 = "1.2.840.113549.1.1.3", "RSA with MD4";
    RSA_MD5 = "1.2.840.113549.1.1.4", "RSA with MD5";
    RSA_SHA1 = "1.2.840.113549.1.1.5", "RSA with SHA-1";
    RSA_SHA1_OIW = "1.3.14.3.2.29", "RSA with SHA-1 (OIW)";
    RSA_SHA224 = "1.2.840.113549.1.1.14", "RSA with SHA-224";
    RSA_SHA256 = "1.2.840.113549.1.1.11", "RSA with SHA-256";
    RSA_SHA384 = "1.2.840.113549.1.1.12", "RSA with SHA-384";
    RSA_SHA512 = "1.2.840.113549.1.1.13", "RSA with SHA-512";
    DSA_SHA1 = "1.2.840.10040.4.3", "DSA with SHA-1";
    DSA_SHA224 = "2.16.840.1.101.3.4.3.1", "DSA with SHA-224";
    DSA_SHA256 = "2.16.840.1.101.3.4.3.2", "DSA with SHA-256";
    ECDSA_SHA1 = "1.2.840.10045.4.1", "ECDSA with SHA-1";
    ECDSA_SHA224 = "1.2.840.10045.4.3.1", "ECDSA with SHA-224";
    ECDSA_SHA256 = "1.2.840.10045.4.3.2", "ECDSA with SHA-256";
    ECDSA_SHA384 = "1.2.840.10045.4.3.3", "ECDSA with SHA-384";
    ECDSA_SHA512 = "1.2.840.10045.4.3.4", "ECDSA with SHA-512";
    SM2_SM3 = "1.2.156.10197.1.501", "SM2 with SM3";
    // Digests.
    MD5 = "1.2.840.113549.2.5", "MD5";
    SHA1 = "1.3.14.3.2.26", "SHA-1";
    SHA224 = "2.16.840.1.101.3.4.2.4", "SHA-224";
    SHA256 = "2.16.840.1.101.3.4.2.1", "SHA-256";
    SHA384 = "2.16.840.1.101.3.4.2.2", "SHA-384";
    SHA512 = "2.16.840.1.101.3.4.2.3", "SHA-512";
    // PKCS#7 and CMS (RFC 5652).
    CMS_DATA = "1.2.840.113549.1.7.1", "data";
    CMS_SIGNED_DATA = "1.2.840.113549.1.7.2", "signedData";
    CMS_ENVELOPED_DATA = "1.2.840.113549.1.7.3", "envelopedData";
    CMS_ENCRYPTED_DATA = "1.2.840.113549.1.7.6", "encryptedData";
    // Encryption by a password (RFC 8018, RFC 7914, RFC 7292 appendix C, and Java's own).
    PBE_MD2_DES = "1.2.840.113549.1.5.1", "PBE with MD2 and DES";
    PBE_MD5_DES = "1.2.840.113549.1.5.3", "PBE with MD5 and DES";
    PBE_MD2_RC2 = "1.2.840.113549.1.5.4", "PBE with MD2 and RC2";
    PBE_MD5_RC2 = "1.2.840.113549.1.5.6", "PBE with MD5 and RC2";
    PBE_SHA1_DES = "1.2.840.113549.1.5.10", "PBE with SHA-1 and DES";
    PBE_SHA1_RC2 = "1.2.840.113549.1.5.11", "PBE with SHA-1 and RC2";
    PBKDF2 = "1.2.840.113549.1.5.12", "PBKDF2";
    PBES2 = "1.2.840.113549.1.5.13", "PBES2";
    PBMAC1 = "1.2.840.113549.1.5.14", "PBMAC1";
    SCRYPT = "1.3.6.1.4.1.11591.4.11", "scrypt";
    PKCS12_RC4_128 = "1.2.840.113549.1.12.1.1", "PBE with SHA-1 and RC4-128";
    PKCS12_RC4_40 = "1.2.840.113549.1.12.1.2", "PBE with SHA-1 and RC4-40";
    PKCS12_3DES = "1.2.840.113549.1.12.1.3", "PBE with SHA-1 and 3DES";
    PKCS12_2DES = "1.2.840.113549.1.12.1.4", "PBE with SHA-1 and 3DES of two keys";
    PKCS12_RC2_128 = "1.2.840.113549.1.12.1.5", "PBE with SHA-1 and RC2-128";
    PKCS12_RC2_40 = "1.2.840.113549.1.12.1.6", "PBE with SHA-1 and RC2-40";
    JKS_KEY_PROTECTOR = "1.3.6.1.4.1.42.2.17.1.1", "Java's key protector";
    JCE_KEY_PROTECTOR = "1.3.6.1.4.1.42.2.19.1", "Java's PBE with MD5 and 3DES";
    HMAC_SHA1 = "1.2.840.113549.2.7", "HMAC-SHA-1";
    HMAC_SHA224 = "1.2.840.113549.2.8", "HMAC-SHA-224";
    HMAC_SHA256 = "1.2.840.113549.2.9", "HMAC-SHA-256";
    HMAC_SHA384 = "1.2.840.113549.2.10", "HMAC-SHA-384";
    HMAC_SHA512 = "1.2.840.113549.2.11", "HMAC-SHA-512";
    HMAC_SHA512_224 = "1.2.840.113549.2.12", "HMAC-SHA-512/224";
    HMAC_SHA512_256 = "1.2.840.113549.2.13", "HMAC-SHA-512/256";
    DES_CBC = "1.3.14.3.2.7", "DES-CBC";
    RC2_CBC = "1.2.840.113549.3.2", "RC2-CBC";
    TRIPLE_DES_CBC = "1.2.840.113549.3.7", "3DES-CBC";
    AES_128_CBC = "2.16.840.1.101.3.4.1.2", "AES-128-CBC";
    AES_192_CBC = "2.16.840.1.101.3.4.1.22", "AES-192-CBC";
    AES_256_CBC = "2.16.840.1.101.3.4.1.42", "AES-256-CBC";
    AES_128_GCM = "2.16.840.1.101.3.4.1.6", "AES-128-GCM";
    AES_256_GCM = "2.16.840.1.101.3.4.1.46", "AES-256-GCM";
    // Bags of PKCS#12 (RFC 7292 section 4.2 and appendix D), and what they hold (RFC 2985 section 5.3).
    KEY_BAG = "1.2.840.113549.1.12.10.1.1", "keyBag";
    SHROUDED_KEY_BAG = "1.2.840.113549.1.12.10.1.2", "pkcs8ShroudedKeyBag";
    CERT_BAG = "1.2.840.113549.1.12.10.1.3", "certBag";
    CRL_BAG = "1.2.840.113549.1.12.10.1.4", "crlBag";
    SECRET_BAG = "1.2.840.113549.1.12.10.1.5", "secretBag";
    SAFE_CONTENTS_BAG = "1.2.840.113549.1.12.10.1.6", "safeContentsBag";
    X509_CERTIFICATE = "1.2.840.113549.1.9.22.1", "x509Certificate";
    X509_CRL = "1.2.840.113549.1.9.23.1", "x509Crl";
    ORACLE_TRUSTED_KEY_USAGE = "2.16.840.1.113894.746875.1.1", "Oracle's trustedKeyUsage";
    // PKCS#9 attributes.
    CONTENT_TYPE = "1.2.840.113549.1.9.3", "contentType";
    CHALLENGE_PASSWORD = "1.2.840.113549.1.9.7", "challengePassword";
    EXTENSION_REQUEST = "1.2.840.113549.1.9.14", "extensionRequest";
    FRIENDLY_NAME = "1.2.840.113549.1.9.20", "friendlyName";
    LOCAL_KEY_ID = "1.2.840.113549.1.9.21", "localKeyID";
    MICROSOFT_EXTENSION_REQUEST = "1.3.6.1.4.1.311.2.1.14", "Microsoft extensionRequest";
    // Other names (RFC 4985, RFC 4556, RFC 8398, Microsoft).
    PRINCIPAL_NAME = "1.3.6.1.4.1.311.20.2.3", "userPrincipalName";
    SRV_NAME = "1.3.6.1.5.5.7.8.7", "SRVName";
    SMTP_UTF8_MAILBOX = "1.3.6.1.5.5.7.8.9", "SmtpUTF8Mailbox";
    XMPP_ADDRESS = "1.3.6.1.5.5.7.8.5", "xmppAddr";
    KERBEROS_PRINCIPAL = "1.3.6.1.5.2.2", "KRB5PrincipalName";
    // Qualified certificates (ETSI EN 319 412-5, RFC 3739).
    QCS_PKIX_V1 = "1.3.6.1.5.5.7.11.1", "pkixQCSyntax-v1";
    QCS_PKIX_V2 = "1.3.6.1.5.5.7.11.2", "pkixQCSyntax-v2";
    QCS_COMPLIANCE = "0.4.0.1862.1.1", "QcCompliance";
    QCS_LIMIT_VALUE = "0.4.0.1862.1.2", "QcLimitValue";
    QCS_RETENTION_PERIOD = "0.4.0.1862.1.3", "QcRetentionPeriod";
    QCS_SSCD = "0.4.0.1862.1.4", "QcSSCD";
    QCS_PDS = "0.4.0.1862.1.5", "QcPDS";
    QCS_TYPE = "0.4.0.1862.1.6", "QcType";
    QCS_LEGISLATION = "0.4.0.1862.1.7", "QcCClegislation";
    QCS_IDENT_METHOD = "0.4.0.1862.1.8", "QcIdentMethod";
    QCS_QSCD_LEGISLATION = "0.4.0.1862.1.9", "QcQSCDlegislation";
    QCT_ESIGN = "0.4.0.1862.1.6.1", "esign";
    QCT_ESEAL = "0.4.0.1862.1.6.2", "eseal";
    QCT_WEB = "0.4.0.1862.1.6.3", "web";
    PSD2_STATEMENT = "0.4.0.19495.2", "PSD2";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_identifier_is_what_its_numbers_say_and_named_once() {
        for ((oid, name), dotted) in KNOWN.iter().zip(DOTTED) {
            assert_eq!(oid.to_string(), *dotted);
            assert_eq!(parse(dotted).unwrap(), oid.content(), "{dotted}");
            assert!(oid.is_minimal());
            assert_eq!(
                KNOWN.iter().filter(|(other, text)| other == oid || text == name).count(),
                1,
                "{name}"
            );
        }
    }

    #[test]
    fn odd_identifiers_are_written_all_the_same() {
        assert_eq!(Oid::from_content(&[0x2a, 0x80, 0x01]).unwrap().to_string(), "1.2.1");
        assert!(!Oid::from_content(&[0x2a, 0x80, 0x01]).unwrap().is_minimal());
        assert_eq!(Oid::from_content(&[0x88, 0x37, 3]).unwrap().to_string(), "2.999.3");
        let long = [&[0x2a][..], &[0xff; 11], &[0x7f]].concat();
        assert!(Oid::from_content(&long).unwrap().to_string().starts_with("1.2.0xff"));
        assert_eq!((Oid::from_content(&[]), Oid::from_content(&[0x2a, 0x86])), (None, None));
        assert!(
            parse("1").is_none()
                && parse("3.1").is_none()
                && parse("1.40").is_none()
                && parse("1.a").is_none()
        );
    }
}

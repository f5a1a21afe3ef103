//! The structures whose fields are called by their names: RFC 5280, 2986, 6960, 5652, 5958, 8017, 5915 and 7292, in short.

use super::extension::extension;
use super::shape::Shape::{Any, Around, Bits, Each, Fields, Holds, Names, Opaque, What};
use super::shape::{Mark, Shape, Slot};
use crate::der::{Oid, Tag, oid};

/// What a document is, or should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Structure {
    /// A certificate.
    Certificate,
    /// A request for one.
    Request,
    /// A CRL.
    RevocationList,
    /// A request of OCSP.
    OcspRequest,
    /// A response of OCSP.
    OcspResponse,
    /// A public key.
    PublicKey,
    /// A private key, whatever its structure.
    PrivateKey,
    /// PKCS#7, or CMS.
    Pkcs7,
    /// PKCS#12.
    Pkcs12,
    /// A value inside of something public.
    Value,
    /// Nobody knows: it may be a private key.
    Unknown,
}

impl Structure {
    pub(super) fn known(self) -> (Option<&'static str>, &'static Shape) {
        match self {
            Self::Certificate => (Some("Certificate"), &CERTIFICATE),
            Self::Request => (Some("CertificationRequest"), &REQUEST),
            Self::RevocationList => (Some("CertificateList"), &CRL),
            Self::OcspRequest => (Some("OCSPRequest"), &OCSP_REQUEST),
            Self::OcspResponse => (Some("OCSPResponse"), &OCSP_RESPONSE),
            Self::PublicKey => (Some("SubjectPublicKeyInfo"), &PUBLIC_KEY),
            Self::PrivateKey => (Some("PrivateKey"), &Shape::Key),
            Self::Pkcs7 => (Some("ContentInfo"), &CONTENT_INFO),
            Self::Pkcs12 => (Some("PFX"), &PFX),
            Self::Value | Self::Unknown => (None, &Any),
        }
    }

    /// Whether there may be a private key where the structure says nothing.
    pub(super) const fn may_be_secret(self) -> bool {
        matches!(self, Self::PrivateKey | Self::Pkcs12 | Self::Unknown)
    }
}

pub(super) const fn slot(name: &'static str, tag: Tag, shape: &'static Shape) -> Slot {
    Slot { name, tag: Mark::Is(tag), shape }
}

pub(super) const fn tagged(name: &'static str, number: u32, shape: &'static Shape) -> Slot {
    Slot { name, tag: Mark::Context(number), shape }
}

pub(super) const fn any(name: &'static str, shape: &'static Shape) -> Slot {
    Slot { name, tag: Mark::Any, shape }
}

const fn time(name: &'static str) -> Slot {
    Slot { name, tag: Mark::Time, shape: &Any }
}

const SEQUENCE: Tag = Tag::SEQUENCE;
const INTEGER: Tag = Tag::INTEGER;
const OCTETS: Tag = Tag::OCTET_STRING;

static ALGORITHM: Shape = Fields(&[slot("algorithm", Tag::OID, &Any), any("parameters", &What(parameters))]);
static ATTRIBUTE_VALUE: Shape = Fields(&[slot("type", Tag::OID, &Any), any("value", &Any)]);
pub(super) static NAME: Shape =
    Each("RelativeDistinguishedName", &Each("AttributeTypeAndValue", &ATTRIBUTE_VALUE));
static VALIDITY: Shape = Fields(&[time("notBefore"), time("notAfter")]);
static PUBLIC_KEY: Shape =
    Fields(&[slot("algorithm", SEQUENCE, &ALGORITHM), slot("subjectPublicKey", Tag::BIT_STRING, &Any)]);
static EXTENSION: Shape = Fields(&[
    slot("extnID", Tag::OID, &Any),
    slot("critical", Tag::BOOLEAN, &Any),
    slot("extnValue", OCTETS, &What(extension)),
]);
static EXTENSIONS: Shape = Each("Extension", &EXTENSION);
static IN_TAG: Shape = Around(&EXTENSIONS);
static TBS_CERTIFICATE: Shape = Fields(&[
    tagged("version", 0, &Any),
    slot("serialNumber", INTEGER, &Any),
    slot("signature", SEQUENCE, &ALGORITHM),
    slot("issuer", SEQUENCE, &NAME),
    slot("validity", SEQUENCE, &VALIDITY),
    slot("subject", SEQUENCE, &NAME),
    slot("subjectPublicKeyInfo", SEQUENCE, &PUBLIC_KEY),
    tagged("issuerUniqueID", 1, &Bits),
    tagged("subjectUniqueID", 2, &Bits),
    tagged("extensions", 3, &IN_TAG),
]);
static CERTIFICATE: Shape = Fields(&[
    slot("tbsCertificate", SEQUENCE, &TBS_CERTIFICATE),
    slot("signatureAlgorithm", SEQUENCE, &ALGORITHM),
    slot("signatureValue", Tag::BIT_STRING, &Any),
]);
static ATTRIBUTE: Shape = Fields(&[slot("type", Tag::OID, &Any), slot("values", Tag::SET, &What(attribute))]);
static REQUEST_INFO: Shape = Fields(&[
    slot("version", INTEGER, &Any),
    slot("subject", SEQUENCE, &NAME),
    slot("subjectPKInfo", SEQUENCE, &PUBLIC_KEY),
    tagged("attributes", 0, &Each("Attribute", &ATTRIBUTE)),
]);
static REQUEST: Shape = Fields(&[
    slot("certificationRequestInfo", SEQUENCE, &REQUEST_INFO),
    slot("signatureAlgorithm", SEQUENCE, &ALGORITHM),
    slot("signature", Tag::BIT_STRING, &Any),
]);
static REVOKED: Shape = Fields(&[
    slot("userCertificate", INTEGER, &Any),
    time("revocationDate"),
    slot("crlEntryExtensions", SEQUENCE, &EXTENSIONS),
]);
static TBS_CRL: Shape = Fields(&[
    slot("version", INTEGER, &Any),
    slot("signature", SEQUENCE, &ALGORITHM),
    slot("issuer", SEQUENCE, &NAME),
    time("thisUpdate"),
    time("nextUpdate"),
    slot("revokedCertificates", SEQUENCE, &Each("revokedCertificate", &REVOKED)),
    tagged("crlExtensions", 0, &IN_TAG),
]);
static CRL: Shape = Fields(&[
    slot("tbsCertList", SEQUENCE, &TBS_CRL),
    slot("signatureAlgorithm", SEQUENCE, &ALGORITHM),
    slot("signatureValue", Tag::BIT_STRING, &Any),
]);
static CERT_ID: Shape = Fields(&[
    slot("hashAlgorithm", SEQUENCE, &ALGORITHM),
    slot("issuerNameHash", OCTETS, &Opaque),
    slot("issuerKeyHash", OCTETS, &Opaque),
    slot("serialNumber", INTEGER, &Any),
]);
static SINGLE_REQUEST: Shape =
    Fields(&[slot("reqCert", SEQUENCE, &CERT_ID), tagged("singleRequestExtensions", 0, &IN_TAG)]);
static OCSP_REQUEST: Shape = Fields(&[
    slot(
        "tbsRequest",
        SEQUENCE,
        &Fields(&[
            tagged("version", 0, &Any),
            tagged("requestorName", 1, &Names),
            slot("requestList", SEQUENCE, &Each("Request", &SINGLE_REQUEST)),
            tagged("requestExtensions", 2, &IN_TAG),
        ]),
    ),
    tagged("optionalSignature", 0, &Any),
]);
static SINGLE_RESPONSE: Shape = Fields(&[
    slot("certID", SEQUENCE, &CERT_ID),
    any("certStatus", &Any),
    time("thisUpdate"),
    tagged("nextUpdate", 0, &Any),
    tagged("singleExtensions", 1, &IN_TAG),
]);
static RESPONSE_DATA: Shape = Fields(&[
    tagged("version", 0, &Any),
    tagged("responderID (byName)", 1, &Around(&NAME)),
    tagged("responderID (byKey)", 2, &Around(&Opaque)),
    time("producedAt"),
    slot("responses", SEQUENCE, &Each("SingleResponse", &SINGLE_RESPONSE)),
    tagged("responseExtensions", 1, &IN_TAG),
]);
static BASIC_RESPONSE: Shape = Each("BasicOCSPResponse", &BASIC_FIELDS);
static BASIC_FIELDS: Shape = Fields(&[
    slot("tbsResponseData", SEQUENCE, &RESPONSE_DATA),
    slot("signatureAlgorithm", SEQUENCE, &ALGORITHM),
    slot("signature", Tag::BIT_STRING, &Any),
    tagged("certs", 0, &Around(&Each("Certificate", &CERTIFICATE))),
]);
static OCSP_RESPONSE: Shape = Fields(&[
    slot("responseStatus", Tag::ENUMERATED, &Any),
    tagged(
        "responseBytes",
        0,
        &Around(&Fields(&[
            slot("responseType", Tag::OID, &Any),
            slot("response", OCTETS, &Holds(&BASIC_RESPONSE)),
        ])),
    ),
]);
pub(super) static ENCRYPTED_KEY: Shape =
    Fields(&[slot("encryptionAlgorithm", SEQUENCE, &ALGORITHM), any("encryptedData", &Opaque)]);
pub(super) static PKCS8: Shape = Fields(&[
    slot("version", INTEGER, &Any),
    slot("privateKeyAlgorithm", SEQUENCE, &ALGORITHM),
    slot("privateKey", OCTETS, &Shape::Secret),
    tagged("attributes", 0, &Any),
    tagged("publicKey", 1, &Bits),
]);
pub(super) static EC_KEY: Shape = Fields(&[
    slot("version", INTEGER, &Any),
    slot("privateKey", OCTETS, &Shape::Secret),
    tagged("parameters", 0, &Any),
    tagged("publicKey", 1, &Around(&Bits)),
]);
pub(super) static RSA_KEY: Shape = Fields(&[
    slot("version", INTEGER, &Any),
    slot("modulus", INTEGER, &Any),
    slot("publicExponent", INTEGER, &Any),
    slot("privateExponent", INTEGER, &Shape::Secret),
    slot("prime1", INTEGER, &Shape::Secret),
    slot("prime2", INTEGER, &Shape::Secret),
    slot("exponent1", INTEGER, &Shape::Secret),
    slot("exponent2", INTEGER, &Shape::Secret),
    slot("coefficient", INTEGER, &Shape::Secret),
    slot("otherPrimeInfos", SEQUENCE, &Shape::Secret),
]);
pub(super) static DSA_KEY: Shape = Fields(&[
    slot("version", INTEGER, &Any),
    slot("p", INTEGER, &Any),
    slot("q", INTEGER, &Any),
    slot("g", INTEGER, &Any),
    slot("publicKey", INTEGER, &Any),
    any("privateKey", &Shape::Secret),
]);
static CONTENT_INFO: Shape =
    Fields(&[slot("contentType", Tag::OID, &Any), tagged("content", 0, &What(content))]);
static SIGNED_DATA: Shape = Fields(&[
    slot("version", INTEGER, &Any),
    slot("digestAlgorithms", Tag::SET, &Each("digestAlgorithm", &ALGORITHM)),
    slot("encapContentInfo", SEQUENCE, &CONTENT_INFO),
    tagged("certificates", 0, &Each("Certificate", &CERTIFICATE)),
    tagged("crls", 1, &Each("CertificateList", &CRL)),
    slot("signerInfos", Tag::SET, &Any),
]);
static ENCRYPTED_DATA: Shape = Fields(&[
    slot("version", INTEGER, &Any),
    slot(
        "encryptedContentInfo",
        SEQUENCE,
        &Fields(&[
            slot("contentType", Tag::OID, &Any),
            slot("contentEncryptionAlgorithm", SEQUENCE, &ALGORITHM),
            tagged("encryptedContent", 0, &Opaque),
        ]),
    ),
]);
static PFX: Shape = Fields(&[
    slot("version", INTEGER, &Any),
    slot("authSafe", SEQUENCE, &SAFE_INFO),
    slot(
        "macData",
        SEQUENCE,
        &Fields(&[any("mac", &DIGEST), any("macSalt", &Opaque), any("iterations", &Any)]),
    ),
]);
static DIGEST: Shape = Fields(&[slot("digestAlgorithm", SEQUENCE, &ALGORITHM), any("digest", &Opaque)]);
static SAFE_INFO: Shape = Fields(&[
    slot("contentType", Tag::OID, &Any),
    tagged("content", 0, &Around(&Holds(&Each("AuthenticatedSafe", &Each("ContentInfo", &SAFE_PART))))),
]);
static SAFE_PART: Shape =
    Fields(&[slot("contentType", Tag::OID, &Any), tagged("content", 0, &What(safe_part))]);
static SAFE_BAG: Shape = Fields(&[
    slot("bagId", Tag::OID, &Any),
    tagged("bagValue", 0, &What(bag)),
    slot("bagAttributes", Tag::SET, &Each("attribute", &ATTRIBUTE)),
]);

static CERT_BAG: Shape = Fields(&[
    slot("certId", Tag::OID, &Any),
    tagged("certValue", 0, &Around(&Holds(&Each("Certificate", &CERTIFICATE)))),
]);
static CRL_BAG: Shape = Fields(&[
    slot("crlId", Tag::OID, &Any),
    tagged("crlValue", 0, &Around(&Holds(&Each("CertificateList", &CRL)))),
]);

static INNER_CONTENT: Shape = Around(&SIGNED_DATA);
static INNER_ENCRYPTED: Shape = Around(&ENCRYPTED_DATA);

fn content(kind: Oid<'_>) -> &'static Shape {
    match kind {
        oid::CMS_SIGNED_DATA => &INNER_CONTENT,
        oid::CMS_ENCRYPTED_DATA => &INNER_ENCRYPTED,
        _ => &Any,
    }
}

fn safe_part(kind: Oid<'_>) -> &'static Shape {
    static BAGS: Shape = Around(&Holds(&Each("SafeContents", &Each("SafeBag", &SAFE_BAG))));
    if kind == oid::CMS_DATA { &BAGS } else { content(kind) }
}

fn bag(kind: Oid<'_>) -> &'static Shape {
    static KEY: Shape = Around(&Shape::Key);
    static CERTIFICATES: Shape = Around(&CERT_BAG);
    static LISTS: Shape = Around(&CRL_BAG);
    static BAGS: Shape = Around(&Each("SafeBag", &SAFE_BAG));
    static SHROUDED: Shape = Around(&ENCRYPTED_KEY);
    static SECRET: Shape = Around(&Shape::Secret);
    match kind {
        oid::KEY_BAG => &KEY,
        oid::SHROUDED_KEY_BAG => &SHROUDED,
        oid::CERT_BAG => &CERTIFICATES,
        oid::CRL_BAG => &LISTS,
        oid::SAFE_CONTENTS_BAG => &BAGS,
        // Of a kind that nobody knows, too.
        _ => &SECRET,
    }
}

fn parameters(kind: Oid<'_>) -> &'static Shape {
    static PBES2: Shape =
        Fields(&[any("keyDerivationFunc", &ALGORITHM), any("encryptionScheme", &ALGORITHM)]);
    if kind == oid::PBES2 { &PBES2 } else { &Any }
}

fn attribute(kind: Oid<'_>) -> &'static Shape {
    static ASKED: Shape = Each("Extensions", &EXTENSIONS);
    match kind {
        oid::EXTENSION_REQUEST | oid::MICROSOFT_EXTENSION_REQUEST => &ASKED,
        _ => &Any,
    }
}

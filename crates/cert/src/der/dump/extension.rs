//! What lies in the values of extensions.

use super::schema::{any, slot, tagged};
use super::shape::Shape;
use super::shape::Shape::{Any, Around, Bits, Each, Fields, Holds, MayHold, Name, Names, Number, Opaque};
use crate::der::{Oid, Tag, oid};

static GENERAL_NAMES: Shape = Holds(&Each("GeneralNames", &Names));
static AUTHORITY_KEY: Shape = Holds(&Each(
    "AuthorityKeyIdentifier",
    &Fields(&[
        tagged("keyIdentifier", 0, &Opaque),
        tagged("authorityCertIssuer", 1, &Names),
        tagged("authorityCertSerialNumber", 2, &Number),
    ]),
));
static SUBJECT_KEY: Shape = Holds(&Each("SubjectKeyIdentifier", &Opaque));
static SCTS: Shape = Holds(&Each("SignedCertificateTimestampList", &Opaque));
static USAGE: Shape = Holds(&Each("KeyUsage", &Bits));
static BASIC: Shape = Holds(&Each(
    "BasicConstraints",
    &Fields(&[slot("cA", Tag::BOOLEAN, &Any), slot("pathLenConstraint", Tag::INTEGER, &Any)]),
));
static PURPOSES: Shape = Holds(&Each("ExtKeyUsageSyntax", &Each("KeyPurposeId", &Any)));
static ACCESS: Shape = Holds(&Each("AccessDescriptions", &Each("AccessDescription", &ACCESS_FIELDS)));
static ACCESS_FIELDS: Shape = Fields(&[slot("accessMethod", Tag::OID, &Any), any("accessLocation", &Name)]);
static POINTS: Shape = Holds(&Each("CRLDistributionPoints", &Each("DistributionPoint", &POINT)));
static POINT_NAME: Shape = Around(&Any);
static POINT: Shape = Fields(&[
    tagged(
        "distributionPoint",
        0,
        &Fields(&[tagged("fullName", 0, &Names), tagged("nameRelativeToCRLIssuer", 1, &POINT_NAME)]),
    ),
    tagged("reasons", 1, &Bits),
    tagged("cRLIssuer", 2, &Names),
]);
static POLICIES: Shape = Holds(&Each("CertificatePolicies", &Each("PolicyInformation", &POLICY)));
static POLICY: Shape = Fields(&[
    slot("policyIdentifier", Tag::OID, &Any),
    slot(
        "policyQualifiers",
        Tag::SEQUENCE,
        &Each(
            "PolicyQualifierInfo",
            &Fields(&[slot("policyQualifierId", Tag::OID, &Any), any("qualifier", &Any)]),
        ),
    ),
]);
static CONSTRAINTS: Shape = Holds(&Each(
    "NameConstraints",
    &Fields(&[tagged("permittedSubtrees", 0, &SUBTREES), tagged("excludedSubtrees", 1, &SUBTREES)]),
));
static SUBTREES: Shape = Each(
    "GeneralSubtree",
    &Fields(&[any("base", &Name), tagged("minimum", 0, &Number), tagged("maximum", 1, &Number)]),
);

/// What lies in `extnValue` (RFC 5280 section 4.2).
pub(super) fn extension(kind: Oid<'_>) -> &'static Shape {
    match kind {
        oid::SUBJECT_ALT_NAME | oid::ISSUER_ALT_NAME | oid::CERTIFICATE_ISSUER => &GENERAL_NAMES,
        oid::AUTHORITY_KEY_IDENTIFIER => &AUTHORITY_KEY,
        oid::SUBJECT_KEY_IDENTIFIER => &SUBJECT_KEY,
        oid::SCT_LIST | oid::OCSP_SCT_LIST => &SCTS,
        oid::KEY_USAGE => &USAGE,
        oid::BASIC_CONSTRAINTS => &BASIC,
        oid::EXTENDED_KEY_USAGE => &PURPOSES,
        oid::AUTHORITY_INFO_ACCESS | oid::SUBJECT_INFO_ACCESS => &ACCESS,
        oid::CRL_DISTRIBUTION_POINTS | oid::FRESHEST_CRL => &POINTS,
        oid::CERTIFICATE_POLICIES => &POLICIES,
        oid::NAME_CONSTRAINTS => &CONSTRAINTS,
        _ => &MayHold,
    }
}

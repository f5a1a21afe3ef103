//! What several of these lints ask.

use crate::der::{Oid, oid};
use crate::lint::{Subject, Verdict, reading};
use crate::x509::DistinguishedName;
use crate::x509::extension::CertificatePolicies;

/// Whether it claims extended validation: by the identifier of the CA/B Forum, or by one that a CA had for it before.
pub(in crate::lint) fn claims_extended_validation(subject: &Subject<'_>) -> bool {
    let policies = subject.readable::<CertificatePolicies<'_>>();
    policies.is_some_and(|policies| {
        policies.oids().any(|policy| policy == oid::CABF_EV || OF_CAS.contains(&policy.to_string().as_str()))
    })
}

/// Whether it is a subscriber's and claims extended validation.
pub(super) fn is_subscribers(subject: &Subject<'_>) -> bool {
    subject.is_subscriber() && claims_extended_validation(subject)
}

/// That the subject's name has this attribute.
pub(super) fn must_have(subject: &Subject<'_>, kind: Oid<'static>) -> Verdict {
    reading::name(subject, |name| {
        Verdict::holds(name.all(kind).next().is_some(), || format!("the subject has no {}", kind.shown()))
    })
}

/// The first organizationIdentifier of a name, where it is text.
pub(super) fn organization_identifier(name: &DistinguishedName<'_>) -> Option<String> {
    name.first(oid::ORGANIZATION_IDENTIFIER).map(std::borrow::Cow::into_owned)
}

/// What CAs called extended validation in their own arcs, as browsers once listed it.
const OF_CAS: &[&str] = &[
    "0.4.0.2042.1.4",
    "0.4.0.2042.1.5",
    "1.2.40.0.17.1.22",
    "1.2.392.200091.100.721.1",
    "1.3.6.1.4.1.782.1.2.1.8.1",
    "1.3.6.1.4.1.4146.1.1",
    "1.3.6.1.4.1.6334.1.100.1",
    "1.3.6.1.4.1.6449.1.2.1.5.1",
    "1.3.6.1.4.1.7879.13.24.1",
    "1.3.6.1.4.1.8024.0.2.100.1.2",
    "1.3.6.1.4.1.13177.10.1.3.10",
    "1.3.6.1.4.1.14370.1.6",
    "1.3.6.1.4.1.14777.6.1.1",
    "1.3.6.1.4.1.17326.10.8.2.1.2",
    "1.3.6.1.4.1.17326.10.14.2.1.2",
    "1.3.6.1.4.1.22234.2.5.2.3.1",
    "1.3.6.1.4.1.23223.1.1.1",
    "1.3.6.1.4.1.23223.2",
    "1.3.6.1.4.1.34697.2.1",
    "1.3.6.1.4.1.34697.2.2",
    "1.3.6.1.4.1.34697.2.3",
    "1.3.6.1.4.1.34697.2.4",
    "1.3.6.1.4.1.36305.2",
    "1.3.159.1.17.1",
    "2.16.528.1.1001.1.1.1.12.6.1.1.1",
    "2.16.578.1.26.1.3.3",
    "2.16.756.1.83.21.0",
    "2.16.756.1.89.1.2.1.1",
    "2.16.792.1.2.1.1.5.7.1.9",
    "2.16.792.3.0.4.1.1.4",
    "2.16.840.1.113733.1.7.23.6",
    "2.16.840.1.113733.1.7.48.1",
    "2.16.840.1.114028.10.1.2",
    "2.16.840.1.114171.500.9",
    "2.16.840.1.114404.1.1.2.4.1",
    "2.16.840.1.114412.1.3.0.2",
    "2.16.840.1.114412.2.1",
    "2.16.840.1.114413.1.7.23.3",
    "2.16.840.1.114414.1.7.23.3",
];

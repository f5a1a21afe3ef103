//! Extensions in words.

mod names;
mod policies;
mod qualified;
mod sct;
mod usage;

use super::{Context, Line, field, tree};
use crate::der::{Field, Oid, oid};
use crate::x509::extension::{
    AcmeIdentifier, ArchiveCutoff, AuthorityKeyIdentifier, CabfOrganizationIdentifier, CrlNumber,
    DeltaCrlIndicator, ExpiredCertsOnCrl, Extension, ExtensionValue, InvalidityDate, OcspNonce,
    PrivateKeyUsagePeriod, Reason, ReasonCode, SubjectKeyIdentifier, TlsFeature, TorServiceDescriptors,
};
pub(super) use names::scope;
pub(super) use usage::purpose;

/// So many elements of an unknown value are shown.
const MOST: usize = 60;

/// What an extension says: words, and lines below them.
pub(super) struct Told {
    text: String,
    lines: Vec<Line>,
}

impl Told {
    fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), lines: Vec::new() }
    }

    fn lines(text: impl Into<String>, lines: Vec<Line>) -> Self {
        Self { text: text.into(), lines }
    }
}

type Words = fn(&Extension<'_>, &Context<'_>) -> Field<Told>;

/// Who finds the words for which kind.
const WORDS: &[(Oid<'static>, Words)] = &[
    (oid::KEY_USAGE, usage::key_usage),
    (oid::EXTENDED_KEY_USAGE, usage::purposes),
    (oid::BASIC_CONSTRAINTS, usage::basic_constraints),
    (oid::SUBJECT_ALT_NAME, names::subject),
    (oid::ISSUER_ALT_NAME, names::issuer),
    (oid::CERTIFICATE_ISSUER, names::of_entry),
    (oid::NAME_CONSTRAINTS, names::constraints),
    (oid::AUTHORITY_INFO_ACCESS, names::authority_access),
    (oid::SUBJECT_INFO_ACCESS, names::subject_access),
    (oid::CRL_DISTRIBUTION_POINTS, names::distribution_points),
    (oid::FRESHEST_CRL, names::freshest),
    (oid::ISSUING_DISTRIBUTION_POINT, names::issuing_point),
    (oid::CERTIFICATE_POLICIES, policies::policies),
    (oid::POLICY_MAPPINGS, policies::mappings),
    (oid::POLICY_CONSTRAINTS, policies::constraints),
    (oid::INHIBIT_ANY_POLICY, policies::inhibit),
    (oid::QC_STATEMENTS, qualified::statements),
    (oid::SUBJECT_DIRECTORY_ATTRIBUTES, qualified::attributes),
    (oid::SCT_LIST, sct::list),
    (oid::OCSP_SCT_LIST, sct::list),
    (oid::NETSCAPE_CERT_TYPE, usage::netscape),
    (oid::SUBJECT_KEY_IDENTIFIER, subject_key),
    (oid::AUTHORITY_KEY_IDENTIFIER, authority_key),
    (oid::TLS_FEATURE, tls_feature),
    (oid::PRECERTIFICATE_POISON, |one, _| null(one, "a precertificate: no client accepts it")),
    (oid::OCSP_NO_CHECK, |one, _| null(one, "nobody need ask whether this one is revoked")),
    (oid::PRIVATE_KEY_USAGE_PERIOD, usage_period),
    (oid::CABF_ORGANIZATION_IDENTIFIER, organization),
    (oid::TOR_SERVICE_DESCRIPTOR, tor),
    (oid::ACME_IDENTIFIER, |one, _| Ok(Told::text(crate::hex(one.value::<AcmeIdentifier<'_>>()?.0)))),
    (oid::CRL_NUMBER, |one, _| Ok(Told::text(one.value::<CrlNumber<'_>>()?.number.to_string()))),
    (oid::DELTA_CRL_INDICATOR, delta),
    (oid::REASON_CODE, reason),
    (oid::INVALIDITY_DATE, |one, _| Ok(Told::text(one.value::<InvalidityDate<'_>>()?.0.time.to_string()))),
    (oid::EXPIRED_CERTS_ON_CRL, expired),
    (oid::OCSP_NONCE, |one, _| Ok(Told::text(crate::hex(one.value::<OcspNonce<'_>>()?.octets)))),
    (oid::OCSP_ARCHIVE_CUTOFF, |one, _| Ok(Told::text(one.value::<ArchiveCutoff<'_>>()?.0.time.to_string()))),
];

/// One extension.
pub(super) fn describe(extension: &Extension<'_>, context: &Context<'_>) -> Line {
    let name = extension.kind.shown();
    let words = WORDS.iter().find(|(kind, _)| *kind == extension.kind);
    let line = match words.map(|(_, words)| words(extension, context)) {
        Some(Ok(told)) => {
            let odd = extension.fault().map(|fault| Line::fault("odd", fault));
            Line::text(name, told.text).with(told.lines.into_iter().chain(odd).collect())
        }
        Some(Err(fault)) => Line::fault(name, fault).with(vec![Line::octets("octets", extension.octets)]),
        None => unknown(name, extension),
    };
    line.noted(extension.critical.then_some("critical"))
}

/// What nobody here knows: the text that it is, or octets and their elements.
fn unknown(name: String, extension: &Extension<'_>) -> Line {
    let inner = extension.inner();
    if let Some(text) = inner.ok().and_then(|inner| inner.text().ok().map(std::borrow::Cow::into_owned)) {
        return Line::text(name, text);
    }
    let mut lines = Vec::new();
    if extension.kind.name().is_some() {
        lines.push(Line::text("identifier", extension.kind.to_string()));
    }
    lines.push(Line::octets("octets", extension.octets));
    if inner.is_ok() {
        lines.push(Line::group("elements", tree::lines(extension.octets, MOST)));
    }
    Line::text(name, "of a kind that is not read here").with(lines)
}

fn null(extension: &Extension<'_>, words: &str) -> Field<Told> {
    extension.inner()?.must_be(crate::der::Tag::NULL)?;
    Ok(Told::text(words))
}

fn subject_key(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    Ok(Told::text(crate::hex(extension.value::<SubjectKeyIdentifier<'_>>()?.0)))
}

fn authority_key(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    let value = extension.value::<AuthorityKeyIdentifier<'_>>()?;
    let text = value.key_id.map_or_else(|| "by name and serial number alone".to_owned(), crate::hex);
    let mut lines = value.issuer.as_ref().map(field::general_names).unwrap_or_default();
    lines.extend(value.serial.map(|serial| Line::octets("serial number", serial.bytes())));
    Ok(Told::lines(text, lines))
}

fn tls_feature(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    let value = extension.value::<TlsFeature>()?;
    let words = |feature: &i64| match feature {
        5 => "the server must staple an OCSP answer (status_request)".to_owned(),
        17 => "the server must staple answers for the chain (status_request_v2)".to_owned(),
        other => format!("feature {other}"),
    };
    Ok(Told::text(value.0.iter().map(words).collect::<Vec<_>>().join(", ")))
}

fn usage_period(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    let value = extension.value::<PrivateKeyUsagePeriod<'_>>()?;
    let edge = |word: &str, letters: Option<&[u8]>| {
        letters.map(|letters| format!("{word} {}", String::from_utf8_lossy(letters)))
    };
    let edges = [edge("from", value.not_before), edge("until", value.not_after)];
    Ok(Told::text(edges.into_iter().flatten().collect::<Vec<_>>().join(" ")))
}

fn organization(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    let value = extension.value::<CabfOrganizationIdentifier>()?;
    let state = value.state.map(|state| format!("+{state}")).unwrap_or_default();
    Ok(Told::text(format!("{}{}{state}-{}", value.scheme, value.country, value.reference)))
}

fn tor(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    let value = extension.value::<TorServiceDescriptors<'_>>()?;
    let lines = value
        .0
        .iter()
        .map(|one| Line::octets(String::from_utf8_lossy(one.onion).into_owned(), one.hash.bytes));
    Ok(Told::lines(field::count(value.0.len(), "service", "services"), lines.collect()))
}

fn delta(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    let base = extension.value::<DeltaCrlIndicator<'_>>()?.base;
    Ok(Told::text(format!("what has changed since number {base}")))
}

fn reason(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    let code = extension.value::<ReasonCode>()?;
    Ok(Told::text(code.reason().map_or_else(
        || format!("{}, which is no reason", code.number),
        |reason: Reason| reason.name().to_owned(),
    )))
}

fn expired(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    let since = extension.value::<ExpiredCertsOnCrl<'_>>()?.0.time;
    Ok(Told::text(format!("certificates that have ended stay on it, since {since}")))
}

/// What cannot be read of a value is told beside it, by `check`.
fn value<'a, T: ExtensionValue<'a>>(extension: &Extension<'a>) -> Field<T> {
    extension.value::<T>()
}

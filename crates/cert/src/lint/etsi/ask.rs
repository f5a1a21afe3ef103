//! What several lints of ETSI ask.

use crate::der::{Element, Fault, Field, Oid, Tag, oid};
use crate::lint::{Subject, Verdict, reading};
use crate::x509::extension::{KeyUsage, KeyUsageBit, QcStatement, QcStatements};

/// The statements that EN 319 412-5 defines.
pub(super) const STATEMENTS: [Oid<'static>; 9] = [
    oid::QCS_COMPLIANCE,
    oid::QCS_LIMIT_VALUE,
    oid::QCS_RETENTION_PERIOD,
    oid::QCS_SSCD,
    oid::QCS_PDS,
    oid::QCS_TYPE,
    oid::QCS_LEGISLATION,
    oid::QCS_IDENT_METHOD,
    oid::QCS_QSCD_LEGISLATION,
];

/// Whether it has qcStatements, readable or not.
pub(super) fn has_statements(subject: &Subject<'_>) -> bool {
    subject.anatomy.extension(oid::QC_STATEMENTS).is_some()
}

/// Whether it has one of ETSI's statements, or statements that cannot be read.
pub(super) fn has_any(subject: &Subject<'_>) -> bool {
    statements(subject, |statements| STATEMENTS.iter().any(|kind| statements.find(*kind).is_some()))
}

/// Whether it has this statement, or statements that cannot be read.
pub(super) fn has(subject: &Subject<'_>, kind: Oid<'static>) -> bool {
    statements(subject, |statements| statements.find(kind).is_some())
}

fn statements(subject: &Subject<'_>, is_there: impl Fn(&QcStatements<'_>) -> bool) -> bool {
    match subject.anatomy.value::<QcStatements<'_>>() {
        None => false,
        Some(Ok(statements)) => is_there(&statements),
        Some(Err(_)) => true,
    }
}

/// Judges the first statement of a kind. What is said in it must be of its form: a fault is a violation.
pub(super) fn statement(
    subject: &Subject<'_>,
    kind: Oid<'static>,
    judge: impl FnOnce(&QcStatement<'_>) -> Field<Verdict>,
) -> Verdict {
    reading::extension(subject, |statements: Option<QcStatements<'_>>| {
        match statements.as_ref().and_then(|statements| statements.find(kind)) {
            Some(statement) => judge(statement).unwrap_or_else(|fault| Verdict::Violated(fault.to_string())),
            None => Verdict::Pass,
        }
    })
}

/// That a statement is its identifier alone.
pub(super) fn says_nothing_more(statement: &QcStatement<'_>) -> Verdict {
    let more = statement.info.map(|info| format!("{} follows the identifier", info.tag));
    Verdict::of(more)
}

/// What a statement says after its identifier.
///
/// # Errors
/// When it says nothing.
pub(super) fn info<'a>(statement: &QcStatement<'a>) -> Field<Element<'a>> {
    statement.info.ok_or(statement.element.fault("nothing after the identifier"))
}

/// The places of a statement about PKI disclosure: URLs and languages.
///
/// # Errors
/// When it is not of its form (EN 319 412-5 section 4.3.4).
pub(super) fn disclosures(statement: &QcStatement<'_>) -> Field<Vec<(String, String)>> {
    let places = info(statement)?.sequence()?.all()?;
    let place = |place: &Element<'_>| {
        let mut fields = place.sequence()?;
        let url = fields.expect(Tag::IA5_STRING, "url")?.text()?.into_owned();
        let language = fields.expect(Tag::PRINTABLE_STRING, "language")?.text()?.into_owned();
        fields.finish()?;
        Ok((url, language))
    };
    places.iter().map(place).collect()
}

/// The types of a statement about the type of a certificate.
///
/// # Errors
/// When it is not of its form (EN 319 412-5 section 4.2.3), or empty.
pub(super) fn types<'a>(statement: &QcStatement<'a>) -> Field<Vec<Oid<'a>>> {
    let list = info(statement)?;
    let types: Vec<Oid<'_>> = list
        .sequence()?
        .all()?
        .into_iter()
        .map(|kind| kind.must_be(Tag::OID)?.oid())
        .collect::<Result<_, Fault>>()?;
    if types.is_empty() { Err(list.fault("no type, where one is the least")) } else { Ok(types) }
}

/// That one of these is among the types.
pub(super) fn has_type_of(subject: &Subject<'_>, wanted: &[Oid<'static>]) -> Verdict {
    statement(subject, oid::QCS_TYPE, |statement| {
        let types = types(statement)?;
        let shown: Vec<String> = types.iter().map(Oid::shown).collect();
        Ok(Verdict::holds(types.iter().any(|kind| wanted.contains(kind)), || shown.join(", ")))
    })
}

/// That all types are ETSI's.
///
/// # Errors
/// When the statement is not of its form.
pub(super) fn are_known(types: &[Oid<'_>]) -> Verdict {
    let known = [oid::QCT_ESIGN, oid::QCT_ESEAL, oid::QCT_WEB];
    let unknown = types.iter().find(|kind| !known.contains(kind));
    Verdict::of(unknown.map(|kind| format!("{} is none of esign, eseal, web", kind.shown())))
}

/// Whether it is a qualified certificate of a person: by its policy, or by the names in its subject where the policy is for
/// persons and organisations (EN 319 411-2 section 5.3).
pub(super) fn is_of_person(subject: &Subject<'_>) -> bool {
    if subject.has_policy(&[oid::QCP_N, oid::QCP_N_QSCD]) {
        return true;
    }
    let kinds = [oid::GIVEN_NAME, oid::SURNAME, oid::PSEUDONYM];
    let name = subject.anatomy.subject.as_ref();
    subject.has_policy(&[oid::QEVCP_W, oid::QNCP_W, oid::QNCP_W_GEN])
        && name.is_ok_and(|name| name.attributes().any(|attribute| kinds.contains(&attribute.kind)))
}

/// That the bits of keyUsage are one of these settings.
pub(super) fn usage_is_one_of(subject: &Subject<'_>, settings: &[&[KeyUsageBit]]) -> Verdict {
    reading::extension(subject, |usage: Option<KeyUsage<'_>>| {
        let bits: Vec<KeyUsageBit> = usage.iter().flat_map(KeyUsage::set).collect();
        Verdict::holds(settings.contains(&&bits[..]), || {
            let names: Vec<&str> = bits.iter().map(|bit| bit.name()).collect();
            format!("it is for {}", if names.is_empty() { "nothing".to_owned() } else { names.join(", ") })
        })
    })
}

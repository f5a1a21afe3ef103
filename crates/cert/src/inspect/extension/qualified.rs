//! Statements of qualified certificates, and attributes of their subjects.

use super::{Context, Told, field, value};
use crate::der::{Element, Field, Tag, oid};
use crate::inspect::{Line, tree};
use crate::x509::extension::{Extension, QcStatement, QcStatements, SubjectDirectoryAttributes};

pub(super) fn statements(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    let value: QcStatements<'_> = value(extension)?;
    let lines = value.0.iter().map(statement).collect();
    Ok(Told::lines(field::count(value.0.len(), "statement", "statements"), lines))
}

fn statement(one: &QcStatement<'_>) -> Line {
    let words = match one.kind {
        oid::QCS_COMPLIANCE => "a qualified certificate of the European Union",
        oid::QCS_SSCD => "the key is in a qualified device",
        oid::QCS_PDS => "where the terms are",
        oid::QCS_TYPE => "what it is for",
        oid::QCS_LIMIT_VALUE => "the limit of liability",
        oid::QCS_RETENTION_PERIOD => "years for which records are kept",
        oid::QCS_LEGISLATION => "the countries whose law it is made under",
        oid::PSD2_STATEMENT => "roles and authority of a payment service",
        _ => "",
    };
    let info = one.info.iter().flat_map(|info| leaves(info, 0)).collect::<Vec<_>>();
    let text = match (words, info.is_empty()) {
        ("", true) => one.kind.to_string(),
        (words, true) => words.to_owned(),
        ("", false) => info.join(", "),
        (words, false) => format!("{words}: {}", info.join(", ")),
    };
    Line::text(one.kind.shown(), text)
}

/// The values in a structure, one after the other.
fn leaves(element: &Element<'_>, depth: usize) -> Vec<String> {
    if element.tag.constructed {
        let inside = element.children().all().unwrap_or_default();
        let deeper = |one: &Element<'_>| if depth < 8 { leaves(one, depth + 1) } else { Vec::new() };
        return inside.iter().flat_map(deeper).collect();
    }
    let value = match element.tag {
        Tag::OID => element.oid().ok().map(|oid| oid.shown()),
        Tag::INTEGER => element.integer().ok().map(|number| number.to_string()),
        _ => element.text().ok().map(std::borrow::Cow::into_owned),
    };
    vec![value.unwrap_or_else(|| format!("#{}", crate::hex(element.content)))]
}

pub(super) fn attributes(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    let value: SubjectDirectoryAttributes<'_> = value(extension)?;
    let line = |(kind, values): &(crate::der::Oid<'_>, Element<'_>)| match &leaves(values, 0)[..] {
        [] => Line::group(kind.shown(), tree::lines(values.whole, 20)),
        leaves => Line::text(kind.shown(), leaves.join(", ")),
    };
    Ok(Told::lines(
        field::count(value.0.len(), "attribute", "attributes"),
        value.0.iter().map(line).collect(),
    ))
}

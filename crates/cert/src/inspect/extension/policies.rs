//! Policies.

use super::{Context, Told, field, value};
use crate::der::{Field, Integer, Oid, oid};
use crate::inspect::Line;
use crate::x509::extension::{
    CertificatePolicies, Extension, InhibitAnyPolicy, PolicyConstraints, PolicyInformation, PolicyMappings,
    PolicyQualifier,
};

/// `domain-validated (CA/B Forum), 2.23.140.1.2.1`.
fn name(policy: &Oid<'_>) -> String {
    policy.name().map_or_else(|| policy.to_string(), |name| format!("{name}, {policy}"))
}

pub(super) fn policies(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    let value: CertificatePolicies<'_> = value(extension)?;
    let line = |one: PolicyInformation<'_>| {
        Line::text("policy", name(&one.policy))
            .with(one.qualifiers().iter().map(|one| qualifier(&one)).collect())
    };
    let lines = value.policies.iter().map(line).collect();
    Ok(Told::lines(field::count(value.policies.len(), "policy", "policies"), lines))
}

fn qualifier(one: &PolicyQualifier<'_>) -> Line {
    match one.user_notice() {
        Some(Err(fault)) => Line::fault("notice", fault),
        Some(Ok(notice)) => {
            let text = notice.text.and_then(|text| text.text().ok().map(std::borrow::Cow::into_owned));
            let reference = notice.reference.map(|(organization, numbers)| {
                let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
                let organization = organization.text().unwrap_or_default().into_owned();
                Line::text("of", format!("{organization}: {}", numbers.join(", ")))
            });
            Line::text("notice", text.unwrap_or_else(|| "without a text".to_owned()))
                .with(reference.into_iter().collect())
        }
        None => {
            let kind = if one.kind == oid::CPS_QUALIFIER { "statement".to_owned() } else { one.kind.shown() };
            match one.value.text() {
                Ok(text) => Line::text(kind, text),
                Err(_) => Line::octets(kind, one.value.whole),
            }
        }
    }
}

pub(super) fn mappings(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    let value: PolicyMappings<'_> = value(extension)?;
    let line =
        |(issuer, subject): &(Oid<'_>, Oid<'_>)| Line::text(name(issuer), format!("is {}", name(subject)));
    let text = field::count(
        value.pairs.len(),
        "policy is one of the subject's",
        "policies are some of the subject's",
    );
    Ok(Told::lines(text, value.pairs.iter().map(line).collect()))
}

pub(super) fn constraints(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    let value: PolicyConstraints<'_> = value(extension)?;
    let line = |words: &'static str, count: Option<Integer<'_>>| {
        count.map(|count| format!("{words} {}", after(&count)))
    };
    let words = [
        line("a policy is required", value.require_explicit),
        line("nothing is mapped", value.inhibit_mapping),
    ];
    Ok(Told::text(words.into_iter().flatten().collect::<Vec<_>>().join("; ")))
}

pub(super) fn inhibit(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    let value: InhibitAnyPolicy<'_> = value(extension)?;
    Ok(Told::text(format!("anyPolicy stands for nothing {}", after(&value.0))))
}

fn after(count: &Integer<'_>) -> String {
    match count.to_i64() {
        Some(0) => "from here on".to_owned(),
        Some(1) => "after one more certificate".to_owned(),
        _ => format!("after {count} more certificates"),
    }
}

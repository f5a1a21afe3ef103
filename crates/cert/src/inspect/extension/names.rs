//! Names, and places where something is found.

use super::{Context, Told, field, value};
use crate::der::{Bits, Field, List, oid};
use crate::inspect::Line;
use crate::x509::GeneralNames;
use crate::x509::extension::{
    AccessDescription, AuthorityInfoAccess, CertificateIssuer, CrlDistributionPoints, DistributionPoint,
    DistributionPointName, Extension, FreshestCrl, GeneralSubtree, IssuerAltName, IssuingDistributionPoint,
    NameConstraints, SubjectInfoAccess,
};

fn told(names: &GeneralNames<'_>) -> Told {
    Told::lines(field::count(names.0.len(), "name", "names"), field::general_names(names))
}

pub(super) fn subject(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    Ok(told(&value::<GeneralNames<'_>>(extension)?))
}

pub(super) fn issuer(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    Ok(told(&value::<IssuerAltName<'_>>(extension)?.0))
}

pub(super) fn of_entry(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    Ok(told(&value::<CertificateIssuer<'_>>(extension)?.0))
}

pub(super) fn constraints(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    let value: NameConstraints<'_> = value(extension)?;
    let list = |word: &'static str, trees: &Option<Vec<GeneralSubtree<'_>>>| {
        trees.iter().flatten().map(|tree| subtree(word, tree)).collect::<Vec<_>>()
    };
    let lines = [list("permitted", &value.permitted), list("excluded", &value.excluded)].concat();
    Ok(Told::lines("names that certificates below may have", lines))
}

/// A tree of names; an empty root stands for all names of its form.
fn subtree(word: &'static str, tree: &GeneralSubtree<'_>) -> Line {
    let name = match &tree.base {
        Ok(name) => name,
        Err(fault) => return Line::fault(word, *fault),
    };
    let text = name.to_string();
    let root = if text.is_empty() { "all".to_owned() } else { text };
    Line::text(word, format!("{}: {root}", name.form()))
}

pub(super) fn authority_access(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    Ok(access(value::<AuthorityInfoAccess<'_>>(extension)?.0))
}

pub(super) fn subject_access(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    Ok(access(value::<SubjectInfoAccess<'_>>(extension)?.0))
}

fn access(all: List<'_, AccessDescription<'_>>) -> Told {
    let line = |one: AccessDescription<'_>| {
        let method = match one.method {
            oid::AD_CA_ISSUERS => "issuer's certificate".to_owned(),
            oid::AD_OCSP => "OCSP responder".to_owned(),
            other => other.shown(),
        };
        match one.location {
            Ok(location) => Line::text(method, location.to_string()),
            Err(fault) => Line::fault(method, fault),
        }
    };
    Told::lines(field::count(all.len(), "place", "places"), all.iter().map(line).collect())
}

pub(super) fn distribution_points(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    Ok(points(value::<CrlDistributionPoints<'_>>(extension)?.0))
}

pub(super) fn freshest(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    Ok(points(value::<FreshestCrl<'_>>(extension)?.0))
}

fn points(all: List<'_, DistributionPoint<'_>>) -> Told {
    Told::lines(field::count(all.len(), "place", "places"), all.iter().map(point).collect())
}

fn point(point: DistributionPoint<'_>) -> Line {
    let reasons = point.reasons.map(|bits| Line::text("only revoked for", reasons(&bits)));
    let issuer = point.crl_issuer.as_ref().map(|names| Line::text("signed by", field::in_words(names)));
    let text = point.name.as_ref().map_or_else(|| "no name".to_owned(), place);
    Line::text("CRL", text).with(reasons.into_iter().chain(issuer).collect())
}

fn place(name: &DistributionPointName<'_>) -> String {
    match name {
        DistributionPointName::Full(names) => field::in_words(names),
        DistributionPointName::Relative(element) => {
            format!("below the issuer's name: #{}", crate::hex(element.content))
        }
    }
}

/// `ReasonFlags` (RFC 5280 section 4.2.1.13); the first bit means nothing.
fn reasons(bits: &Bits<'_>) -> String {
    const NAMES: [&str; 9] = [
        "unused",
        "keyCompromise",
        "cACompromise",
        "affiliationChanged",
        "superseded",
        "cessationOfOperation",
        "certificateHold",
        "privilegeWithdrawn",
        "aACompromise",
    ];
    let set = NAMES.iter().enumerate().filter(|(bit, _)| bits.has(*bit)).map(|(_, name)| *name);
    set.collect::<Vec<_>>().join(", ")
}

pub(super) fn issuing_point(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    let point: IssuingDistributionPoint<'_> = value(extension)?;
    let line = point.name.as_ref().map(|name| Line::text("of the place", place(name)));
    Ok(Told::lines(scope(&point), line.into_iter().collect()))
}

/// Which certificates a CRL tells of.
pub(in super::super) fn scope(point: &IssuingDistributionPoint<'_>) -> String {
    let kinds = [
        (point.only_user_certificates, "servers' and people's certificates alone"),
        (point.only_ca_certificates, "CAs' certificates alone"),
        (point.only_attribute_certificates, "attribute certificates alone"),
    ];
    let mut words: Vec<String> =
        kinds.into_iter().filter(|(only, _)| *only).map(|(_, words)| words.to_owned()).collect();
    if words.is_empty() {
        words.push("certificates of every kind".to_owned());
    }
    words.extend(point.only_some_reasons.map(|bits| format!("only revoked for {}", reasons(&bits))));
    if point.indirect {
        words.push("other issuers' among them".to_owned());
    }
    if point.name.is_some() {
        words.push("that name its place".to_owned());
    }
    words.join(", ")
}

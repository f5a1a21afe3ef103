//! A certificate.

use super::odd::Oddities;
use super::{Context, Description, Fact, FactValue, Kind, Line, Section, extension, field, key};
use crate::Fingerprint;
use crate::der::{Oid, oid};
use crate::hex;
use crate::lint::Subject;
use crate::model::SignatureAlgorithm;
use crate::x509::extension::{BasicConstraints, CertificatePolicies, Extensions, SctList};
use crate::x509::{Anatomy, DistinguishedName, GeneralName, GeneralNames};

/// So many names are told at a glance.
const NAMES: usize = 6;

pub(super) fn describe(der: &[u8], context: &Context<'_>) -> Description {
    let subject = Subject::of(der, context.at);
    let anatomy = &subject.anatomy;
    let names = names(anatomy);
    let whose = whose(anatomy, &names, subject.is_ca());
    Description {
        kind: Kind::Certificate,
        title: format!("{} of {whose}", if is_poisoned(anatomy) { "precertificate" } else { "certificate" }),
        facts: facts(&subject, &names),
        glance: glance(&subject, &names, context),
        sections: sections(&subject, context),
        odd: odd(&subject, context),
    }
}

fn is_poisoned(anatomy: &Anatomy<'_>) -> bool {
    anatomy.extension(oid::PRECERTIFICATE_POISON).is_some()
}

/// The names that it speaks for: those of subjectAltName.
fn names(anatomy: &Anatomy<'_>) -> Vec<String> {
    let names = anatomy.readable::<GeneralNames<'_>>();
    let shown = |name: GeneralName<'_>| match name {
        GeneralName::Dns(_) | GeneralName::Ip(_) | GeneralName::Rfc822(_) | GeneralName::Uri(_) => {
            name.to_string()
        }
        other => format!("{}: {other}", other.form()),
    };
    names.iter().flat_map(GeneralNames::iter).map(shown).collect()
}

/// What people call it.
pub(super) fn whose(anatomy: &Anatomy<'_>, names: &[String], is_ca: bool) -> String {
    let subject = anatomy.subject.as_ref().ok();
    let common = || subject.and_then(|name| called(name));
    let first = || names.first().cloned();
    let name = if is_ca { common().or_else(first) } else { first().or_else(common) };
    name.unwrap_or_else(|| match subject {
        Some(_) => "nobody: its subject is empty".to_owned(),
        None => "somebody whose name cannot be read".to_owned(),
    })
}

/// The common name, else the whole.
pub(super) fn called(name: &DistinguishedName<'_>) -> Option<String> {
    let common = name.first(oid::COMMON_NAME).filter(|text| !text.is_empty());
    common
        .map(std::borrow::Cow::into_owned)
        .or_else(|| Some(name.to_string()).filter(|text| !text.is_empty()))
}

fn facts(subject: &Subject<'_>, names: &[String]) -> Vec<Fact> {
    let anatomy = &subject.anatomy;
    let name = |field: &Result<DistinguishedName<'_>, _>| field.as_ref().ok().map(ToString::to_string);
    let key = anatomy.key.as_ref().ok();
    let signature = anatomy.signature_algorithm.as_ref().ok().map(|one| SignatureAlgorithm::of(one).name);
    let purposes =
        subject.purposes().map(|all| all.purposes.iter().map(|one| one.shown()).collect::<Vec<_>>());
    let spki = key.map(|key| key.element.whole);
    vec![
        Fact::new("sha256", Fingerprint::of(anatomy.der).to_string()),
        Fact::new("sha1", hex(&field::sha1(anatomy.der))),
        Fact::new("spki_sha256", spki.map(|spki| hex(&field::sha256(spki)))),
        Fact::new("pin", spki.map(field::pin)),
        Fact::new("subject", name(&anatomy.subject)),
        Fact::new("issuer", name(&anatomy.issuer)),
        Fact::new("serial", anatomy.serial.ok().map(|serial| hex(serial.bytes()))),
        Fact::new("not_before", anatomy.not_before.ok().map(|moment| moment.time)),
        Fact::new("not_after", anatomy.not_after.ok().map(|moment| moment.time)),
        Fact::new("names", FactValue::List(names.to_vec())),
        Fact::new("key", key.map(key::named)),
        Fact::new("signature", signature),
        Fact::new("is_ca", subject.is_ca()),
        Fact::new("is_self_signed", subject.is_self_signed()),
        Fact::new("purposes", purposes),
    ]
}

fn glance(subject: &Subject<'_>, names: &[String], context: &Context<'_>) -> Vec<Line> {
    let anatomy = &subject.anatomy;
    let mut lines = vec![Line::text("for", purpose(subject)), Line::text("names", named(subject, names))];
    lines.extend(holder(anatomy).map(|holder| Line::text("held by", holder)));
    lines.push(validity(subject, context));
    lines.push(issued(subject));
    lines.push(Line::of("key", &anatomy.key, |name, info| Line::text(name, key::named(info))));
    if let Some(list) = anatomy.readable::<SctList<'_>>() {
        let logs = field::count(
            list.0.len(),
            "CT log has promised to publish it",
            "CT logs have promised to publish it",
        );
        lines.push(Line::text("logged", logs));
    }
    lines.push(Line::octets("SHA-256", Fingerprint::of(anatomy.der).as_bytes()));
    lines
}

/// What it is for, in words.
fn purpose(subject: &Subject<'_>) -> String {
    let purposes = match subject.purposes() {
        Some(all) => all.purposes.iter().map(|one| extension::purpose(&one)).collect::<Vec<_>>().join(", "),
        None if subject.anatomy.extension(oid::EXTENDED_KEY_USAGE).is_some() => {
            "unreadable purposes".to_owned()
        }
        None => "any purpose: none is named".to_owned(),
    };
    let level = subject
        .anatomy
        .readable::<CertificatePolicies<'_>>()
        .and_then(|listed| listed.oids().find_map(level));
    let level = level.map(|level| format!(" ({level})")).unwrap_or_default();
    if is_poisoned(&subject.anatomy) {
        return "CT logs alone: a precertificate, which no client accepts".to_owned();
    }
    let basic = subject.anatomy.readable::<BasicConstraints<'_>>().filter(|basic| basic.ca);
    let Some(basic) = basic else { return format!("{purposes}{level}") };
    let role = if subject.is_self_signed() { "a root" } else { "an intermediate CA" };
    let below = match basic.allowed_below() {
        Some(0) => ", with no CA below it",
        _ => "",
    };
    let limited = if subject.purposes().is_some() { format!(": {purposes}") } else { String::new() };
    format!("issuing certificates: {role}{below}{limited}{level}")
}

/// How well the subject was looked at (CA/B Forum).
const fn level(policy: Oid<'_>) -> Option<&'static str> {
    Some(match policy {
        oid::CABF_EV => "extended validation",
        oid::CABF_OV => "organization validated",
        oid::CABF_IV => "individual validated",
        oid::CABF_DV => "domain validated",
        _ => return None,
    })
}

fn named(subject: &Subject<'_>, names: &[String]) -> String {
    let (first, more) = names.split_at(names.len().min(NAMES));
    match (first.is_empty(), more.len()) {
        (true, _) if subject.anatomy.extension(oid::SUBJECT_ALT_NAME).is_some() => {
            "none that can be read".to_owned()
        }
        (true, _) => match subject.common_name().filter(|_| !subject.is_ca()) {
            Some(common) => format!("none but the common name {common}, at which no browser looks"),
            None => "none, as for a CA".to_owned(),
        },
        (false, 0) => first.join(", "),
        (false, more) => format!("{}, and {more} more", first.join(", ")),
    }
}

/// The organisation, where the subject names one.
fn holder(anatomy: &Anatomy<'_>) -> Option<String> {
    let subject = anatomy.subject.as_ref().ok()?;
    let organization = subject.first(oid::ORGANIZATION)?;
    let places = [oid::LOCALITY, oid::STATE, oid::COUNTRY].into_iter().filter_map(|kind| subject.first(kind));
    Some(std::iter::once(organization).chain(places).collect::<Vec<_>>().join(", "))
}

fn validity(subject: &Subject<'_>, context: &Context<'_>) -> Line {
    let anatomy = &subject.anatomy;
    let (begins, ends) = match (&anatomy.not_before, &anatomy.not_after) {
        (Ok(begins), Ok(ends)) => (begins.time, ends.time),
        (Err(fault), _) | (_, Err(fault)) => return Line::fault("valid", *fault),
    };
    let lifetime = subject.lifetime().unwrap_or_default();
    let is_ahead = begins > context.at;
    let when = if is_ahead {
        format!("begins {}", begins.with_distance(context.at))
    } else {
        ends.as_end(context.at)
    };
    let from = if is_ahead {
        format!("until {}", ends.for_people())
    } else {
        format!("since {}", begins.for_people())
    };
    Line::text("valid", format!("{when}; {from}, {lifetime} in all"))
}

fn issued(subject: &Subject<'_>) -> Line {
    let anatomy = &subject.anatomy;
    Line::of("issued by", &anatomy.issuer, |line, issuer| {
        if subject.is_self_signed() {
            return Line::text(line, "itself");
        }
        let organization = issuer.first(oid::ORGANIZATION).map(|name| format!(", {name}"));
        let called = called(issuer).unwrap_or_else(|| "nobody: the name is empty".to_owned());
        let organization = organization.filter(|name| !called.contains(name.trim_start_matches(", ")));
        Line::text(line, called + &organization.unwrap_or_default())
    })
}

fn sections(subject: &Subject<'_>, context: &Context<'_>) -> Vec<Section> {
    let anatomy = &subject.anatomy;
    let version = |name, version: &crate::x509::Version| {
        let number = format!("{}", version.number.saturating_add(1));
        Line::text(name, number).noted((!version.is_written).then_some("not written"))
    };
    let ids =
        [("issuerUniqueID", &anatomy.issuer_unique_id), ("subjectUniqueID", &anatomy.subject_unique_id)];
    let ids = ids.into_iter().filter_map(|(name, id)| id.as_ref().map(|id| Line::of(name, id, field::bits)));
    let fields = [
        Line::of("version", &anatomy.version, version),
        Line::of("serialNumber", &anatomy.serial, serial),
        Line::of("signature", &anatomy.tbs_signature, field::algorithm),
        Line::of("issuer", &anatomy.issuer, field::name),
        Line::of("notBefore", &anatomy.not_before, field::instant),
        Line::of("notAfter", &anatomy.not_after, field::instant),
        Line::of("subject", &anatomy.subject, field::name),
        Line::of("subjectPublicKeyInfo", &anatomy.key, key::lines),
    ];
    let mut sections = vec![Section::new("fields", fields.into_iter().chain(ids).collect())];
    sections.extend(anatomy.extensions.as_ref().map(|all| extensions("extensions", all, context)));
    let own = subject.is_self_signed().then(|| Line::text("signed by", "its own key, as far as can be told"));
    sections.push(field::signature(&anatomy.signature_algorithm, &anatomy.signature, own));
    sections.push(field::fingerprints(anatomy.der, anatomy.key.as_ref().ok().map(|key| key.element.whole)));
    sections
}

/// Octets, as most programs show it; small ones in decimal, too.
pub(super) fn serial(name: &'static str, serial: &crate::der::Integer<'_>) -> Line {
    let decimal = serial.to_i64().map(|number| Line::text("decimal", number.to_string()));
    Line::octets(name, serial.bytes()).with(decimal.into_iter().collect())
}

/// All extensions, each in words; those that cannot be told apart with their faults.
pub(super) fn extensions(
    name: &'static str,
    all: &Result<Extensions<'_>, crate::der::Fault>,
    context: &Context<'_>,
) -> Section {
    let lines = match all {
        Err(fault) => vec![Line::fault("extensions", *fault)],
        Ok(all) => {
            let readable = all.iter().map(|one| extension::describe(one, context));
            readable.chain(all.faults().map(|fault| Line::fault("extension", fault))).collect()
        }
    };
    Section::new(name, lines)
}

fn odd(subject: &Subject<'_>, context: &Context<'_>) -> Oddities {
    let anatomy = &subject.anatomy;
    let mut odd = Oddities::default();
    if let Ok(ends) = anatomy.not_after.as_ref()
        && ends.time.unix_seconds() < context.at.unix_seconds()
    {
        odd.add("dates", "it has ended", None);
    }
    if let Ok(begins) = anatomy.not_before.as_ref()
        && begins.time > context.at
    {
        odd.add("dates", "it is not valid yet", None);
    }
    odd.faults(anatomy.faults());
    odd.extensions(anatomy.extensions());
    odd.audit(anatomy.der);
    odd.lints(subject);
    if let Ok(info) = &anatomy.key {
        odd.weak_key(info, context);
    }
    odd
}

//! A request for a certificate (PKCS#10).

use super::odd::Oddities;
use super::{Context, Description, Fact, FactValue, Kind, Line, Section, certificate, field, key, tree};
use crate::hex;
use crate::model::signature;
use crate::x509::{GeneralNames, RequestAnatomy};

pub(super) fn describe(der: &[u8], context: &Context<'_>) -> Description {
    let anatomy = RequestAnatomy::of(der);
    let names: Vec<String> = anatomy
        .readable::<GeneralNames<'_>>()
        .iter()
        .flat_map(GeneralNames::iter)
        .map(|name| name.to_string())
        .collect();
    let subject = anatomy.subject.as_ref().ok();
    let called = names.first().cloned().or_else(|| subject.and_then(certificate::called));
    let whose = called.unwrap_or_else(|| "nobody: it has no name".to_owned());
    Description {
        kind: Kind::Request,
        title: format!("certificate request for {whose}"),
        facts: facts(&anatomy, &names),
        glance: glance(&anatomy, &names),
        sections: sections(&anatomy, context),
        odd: odd(&anatomy, context),
    }
}

/// Whether the asker holds the key; `None` where nobody can tell.
fn is_self_signed(anatomy: &RequestAnatomy<'_>) -> Option<bool> {
    let info = anatomy.key.as_ref().ok()?;
    match (signature::holds(anatomy.der, info), signature::may_be_of(anatomy.der, info)) {
        (true, _) => Some(true),
        (false, false) => Some(false),
        (false, true) => None,
    }
}

fn facts(anatomy: &RequestAnatomy<'_>, names: &[String]) -> Vec<Fact> {
    let key = anatomy.key.as_ref().ok();
    let spki = key.map(|key| key.element.whole);
    vec![
        Fact::new("sha256", hex(&field::sha256(anatomy.der))),
        Fact::new("spki_sha256", spki.map(|spki| hex(&field::sha256(spki)))),
        Fact::new("subject", anatomy.subject.as_ref().ok().map(ToString::to_string)),
        Fact::new("names", FactValue::List(names.to_vec())),
        Fact::new("key", key.map(key::named)),
        Fact::new("is_self_signed", is_self_signed(anatomy)),
    ]
}

fn glance(anatomy: &RequestAnatomy<'_>, names: &[String]) -> Vec<Line> {
    let names = match names {
        [] => "none but the subject's".to_owned(),
        names => names.join(", "),
    };
    let signed = match is_self_signed(anatomy) {
        Some(true) => "yes: it is signed with the key that it is about",
        Some(false) => "no: the signature is not of the key that it is about",
        None => "cannot be told: the signature is of a kind that is not known here",
    };
    vec![
        Line::text("names", names),
        Line::of("subject", &anatomy.subject, |line, subject| {
            let text = subject.to_string();
            Line::text(line, if text.is_empty() { "empty".to_owned() } else { text })
        }),
        Line::of("key", &anatomy.key, |line, info| Line::text(line, key::named(info))),
        Line::text("held by the asker", signed),
    ]
}

fn sections(anatomy: &RequestAnatomy<'_>, context: &Context<'_>) -> Vec<Section> {
    let version = |name, number: &i64| Line::text(name, number.saturating_add(1).to_string());
    let attributes = |name, all: &Vec<(crate::der::Oid<'_>, crate::der::Element<'_>)>| {
        let one = |(kind, values): &(crate::der::Oid<'_>, crate::der::Element<'_>)| {
            Line::group(kind.shown(), tree::lines(values.whole, 20))
        };
        Line::text(name, field::count(all.len(), "attribute", "attributes"))
            .with(all.iter().map(one).collect())
    };
    let fields = vec![
        Line::of("version", &anatomy.version, version),
        Line::of("subject", &anatomy.subject, field::name),
        Line::of("subjectPKInfo", &anatomy.key, key::lines),
        Line::of("attributes", &anatomy.attributes, attributes),
    ];
    let mut sections = vec![Section::new("fields", fields)];
    sections.extend(
        anatomy.extensions().map(|all| certificate::extensions("extensions asked for", &all, context)),
    );
    sections.push(field::signature(&anatomy.signature_algorithm, &anatomy.signature, None));
    sections.push(field::fingerprints(anatomy.der, anatomy.key.as_ref().ok().map(|key| key.element.whole)));
    sections
}

fn odd(anatomy: &RequestAnatomy<'_>, context: &Context<'_>) -> Oddities {
    let mut odd = Oddities::default();
    odd.faults(anatomy.faults());
    if let Some(Ok(all)) = anatomy.extensions() {
        odd.faults(all.faults().map(|fault| ("extensions", fault)).collect());
        odd.extensions(all.iter());
    }
    odd.audit(anatomy.der);
    if is_self_signed(anatomy) == Some(false) {
        odd.add("field", "signature: it was not made with the key that the request is about", None);
    }
    if let Ok(info) = &anatomy.key {
        odd.weak_key(info, context);
        key::weakness(info, &mut odd);
    }
    odd
}

//! Fields that several structures have.

use super::{Line, Section};
use crate::base64;
use crate::der::{Bits, Field, Integer, Moment, MomentForm, Oid, oid};
use crate::hex;
use crate::model::SignatureAlgorithm;
use crate::x509::{AlgorithmIdentifier, DistinguishedName, GeneralName, GeneralNames};

/// A kind of attribute as people read it.
fn attribute_name(kind: &Oid<'_>) -> String {
    let words = match *kind {
        oid::COMMON_NAME => "common name",
        oid::SURNAME => "surname",
        oid::COUNTRY => "country",
        oid::LOCALITY => "locality",
        oid::STATE => "state or province",
        oid::ORGANIZATION => "organization",
        oid::ORGANIZATIONAL_UNIT => "organizational unit",
        oid::DOMAIN_COMPONENT => "domain component",
        oid::USER_ID => "user id",
        _ => return kind.shown(),
    };
    format!("{words} ({})", kind.shown())
}

/// A distinguished name, attribute by attribute.
pub(super) fn name(name: &'static str, value: &DistinguishedName<'_>) -> Line {
    let attribute = |attribute: crate::x509::Attribute<'_>| {
        let kind = attribute_name(&attribute.kind);
        match attribute.value.text() {
            Ok(text) => Line::text(kind, text),
            Err(_) => Line::octets(kind, attribute.value.whole),
        }
    };
    let line = if value.is_empty() { Line::text(name, "empty") } else { Line::text(name, value.to_string()) };
    let odd = value.check().err().map(|fault| Line::fault("structure", fault));
    line.with(value.attributes().map(attribute).chain(odd).collect())
}

/// An algorithm with its parameters.
pub(super) fn algorithm(name: &'static str, value: &AlgorithmIdentifier<'_>) -> Line {
    let parameters = match value.parameters {
        None => Line::text("parameters", "none"),
        Some(_) if value.has_null() => Line::text("parameters", "NULL"),
        Some(parameters) => match parameters.oid().ok().filter(|_| parameters.tag == crate::der::Tag::OID) {
            Some(oid) => Line::text("parameters", oid.shown()),
            None => Line::octets("parameters", parameters.whole),
        },
    };
    let known = SignatureAlgorithm::of(value).name;
    Line::text(name, known).with(vec![Line::text("identifier", value.oid.to_string()), parameters])
}

pub(super) fn number(name: &'static str, value: &Integer<'_>) -> Line {
    match value.to_i64() {
        Some(small) => Line::text(name, small.to_string()),
        None => Line::octets(name, value.bytes()),
    }
}

pub(super) fn instant(name: &'static str, moment: &Moment<'_>) -> Line {
    let odd = match moment.form {
        _ if !moment.is_der => Some("not written as DER wants it"),
        MomentForm::Utc => None,
        MomentForm::Generalized => Some("GeneralizedTime"),
    };
    Line::text(name, moment.time.to_string()).noted(odd)
}

pub(super) fn bits(name: &'static str, value: &Bits<'_>) -> Line {
    Line::octets(name, value.bytes)
}

/// Algorithm and value of a signature.
pub(super) fn signature(
    algorithm: &Field<AlgorithmIdentifier<'_>>,
    value: &Field<Bits<'_>>,
    more: Option<Line>,
) -> Section {
    let lines =
        [Line::of("signatureAlgorithm", algorithm, self::algorithm), Line::of("signatureValue", value, bits)];
    Section::new("signature", lines.into_iter().chain(more).collect())
}

/// Hashes by which it is known.
pub(super) fn fingerprints(der: &[u8], spki: Option<&[u8]>) -> Section {
    let mut lines = vec![Line::text("SHA-256", hex(&sha256(der))), Line::text("SHA-1", hex(&sha1(der)))];
    if let Some(spki) = spki {
        lines.push(Line::text("pin of the key (SHA-256)", pin(spki)));
    }
    Section::new("fingerprints", lines)
}

/// What pinning calls a key: base64 of the SHA-256 of its SubjectPublicKeyInfo (RFC 7469 section 2.4).
pub(super) fn pin(spki: &[u8]) -> String {
    base64::encode(&sha256(spki))
}

pub(super) fn sha256(bytes: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref().to_vec()
}

pub(super) fn sha1(bytes: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec()
}

/// A name of any form, called by its form.
pub(super) fn general_name(name: &Field<GeneralName<'_>>) -> Line {
    match name {
        Err(fault) => Line::fault("name", *fault),
        Ok(GeneralName::Directory(name)) => self::name("directory name", name),
        Ok(name @ (GeneralName::X400(_) | GeneralName::EdiParty(_))) => {
            Line::text(name.form(), name.to_string())
        }
        Ok(name) => Line::text(form(name), name.to_string()),
    }
}

const fn form(name: &GeneralName<'_>) -> &'static str {
    match name {
        GeneralName::Dns(_) => "DNS name",
        GeneralName::Ip(_) => "address",
        GeneralName::Rfc822(_) => "mailbox",
        GeneralName::Uri(_) => "URI",
        GeneralName::Other { .. } => "other name",
        _ => name.form(),
    }
}

pub(super) fn general_names(names: &GeneralNames<'_>) -> Vec<Line> {
    names.0.fields().map(|name| general_name(&name)).collect()
}

/// The same as words one after the other.
pub(super) fn in_words(names: &GeneralNames<'_>) -> String {
    let words: Vec<String> = names.iter().map(|name| name.to_string()).collect();
    if words.is_empty() { "no name".to_owned() } else { words.join(", ") }
}

/// So many things: `1 name`, `3 names`.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    match number {
        0 => format!("no {one}"),
        1 => format!("1 {one}"),
        more => format!("{more} {many}"),
    }
}

//! What a key may be used for.

use super::{Context, Told, value};
use crate::der::{Field, Oid, Tag, oid};
use crate::x509::extension::{BasicConstraints, ExtendedKeyUsage, Extension, KeyUsage, KeyUsageBit};

pub(super) fn key_usage(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    let usage: KeyUsage<'_> = value(extension)?;
    let words: Vec<&str> = usage.set().map(word).collect();
    Ok(Told::text(if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }))
}

const fn word(bit: KeyUsageBit) -> &'static str {
    match bit {
        KeyUsageBit::DigitalSignature => "digital signatures",
        KeyUsageBit::ContentCommitment => "signatures that bind (contentCommitment)",
        KeyUsageBit::KeyEncipherment => "encrypting keys",
        KeyUsageBit::DataEncipherment => "encrypting data",
        KeyUsageBit::KeyAgreement => "agreeing on keys",
        KeyUsageBit::KeyCertSign => "signing certificates",
        KeyUsageBit::CrlSign => "signing CRLs",
        KeyUsageBit::EncipherOnly => "only encrypting, when agreeing on keys",
        KeyUsageBit::DecipherOnly => "only decrypting, when agreeing on keys",
    }
}

pub(super) fn purposes(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    let usage: ExtendedKeyUsage<'_> = value(extension)?;
    let words: Vec<String> = usage.purposes.iter().map(|one| purpose(&one)).collect();
    Ok(Told::text(if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }))
}

/// A purpose as people say it.
pub(in super::super) fn purpose(kind: &Oid<'_>) -> String {
    let words = match *kind {
        oid::SERVER_AUTH => "TLS servers",
        oid::CLIENT_AUTH => "TLS clients",
        oid::CODE_SIGNING => "signing code",
        oid::EMAIL_PROTECTION => "mail (S/MIME)",
        oid::TIME_STAMPING => "time stamps",
        oid::OCSP_SIGNING => "answering OCSP",
        oid::ANY_EXTENDED_KEY_USAGE => "any purpose",
        oid::SMART_CARD_LOGON => "logging on with a smart card",
        oid::DOCUMENT_SIGNING | oid::MICROSOFT_DOCUMENT_SIGNING => "signing documents",
        oid::PRECERTIFICATE_SIGNING => "signing precertificates",
        _ => return kind.shown(),
    };
    words.to_owned()
}

pub(super) fn basic_constraints(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    let basic: BasicConstraints<'_> = value(extension)?;
    let below = basic.path_len.map(|number| match number.to_i64() {
        Some(0) => ", with no CA below it".to_owned(),
        Some(1) => ", with one CA below it at most".to_owned(),
        _ => format!(", with {number} CAs below it at most"),
    });
    let role = if basic.ca { "a CA" } else { "no CA" };
    Ok(Told::text(format!("{role}{}", below.unwrap_or_default())))
}

/// What Netscape's browsers looked at before extKeyUsage.
pub(super) fn netscape(extension: &Extension<'_>, _: &Context<'_>) -> Field<Told> {
    const WORDS: [&str; 8] = [
        "TLS clients",
        "TLS servers",
        "mail (S/MIME)",
        "signing code",
        "reserved",
        "a CA of TLS",
        "a CA of mail",
        "a CA of code",
    ];
    let bits = extension.inner()?.must_be(Tag::BIT_STRING)?.bits()?;
    let words = WORDS.iter().enumerate().filter(|(bit, _)| bits.has(*bit)).map(|(_, word)| *word);
    Ok(Told::text(words.collect::<Vec<_>>().join(", ")))
}

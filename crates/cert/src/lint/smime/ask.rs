//! What several lints of S/MIME ask.

use std::collections::BTreeSet;

use crate::der::{Field, Oid, oid};
use crate::lint::{Subject, Verdict, reading};
use crate::x509::extension::{CertificatePolicies, KeyUsage, KeyUsageBit};
use crate::x509::{DistinguishedName, GeneralName, GeneralNames};

/// How strict a profile is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Generation {
    /// What was usual before there were rules; until 2025-07-15.
    Legacy,
    /// With other purposes beside mail.
    Multipurpose,
    /// For mail alone.
    Strict,
}

/// Whose identity was validated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Validated {
    /// The mailbox alone.
    Mailbox,
    /// An organisation.
    Organization,
    /// A person of an organisation, by the organisation.
    Sponsor,
    /// A person.
    Individual,
}

use Generation::{Legacy, Multipurpose, Strict};

/// The policies of the profiles (section 7.1.6.1).
const PROFILES: [(Oid<'static>, Validated, Generation); 12] = [
    (oid::SMIME_MAILBOX_LEGACY, Validated::Mailbox, Legacy),
    (oid::SMIME_MAILBOX_MULTIPURPOSE, Validated::Mailbox, Multipurpose),
    (oid::SMIME_MAILBOX_STRICT, Validated::Mailbox, Strict),
    (oid::SMIME_ORGANIZATION_LEGACY, Validated::Organization, Legacy),
    (oid::SMIME_ORGANIZATION_MULTIPURPOSE, Validated::Organization, Multipurpose),
    (oid::SMIME_ORGANIZATION_STRICT, Validated::Organization, Strict),
    (oid::SMIME_SPONSOR_LEGACY, Validated::Sponsor, Legacy),
    (oid::SMIME_SPONSOR_MULTIPURPOSE, Validated::Sponsor, Multipurpose),
    (oid::SMIME_SPONSOR_STRICT, Validated::Sponsor, Strict),
    (oid::SMIME_INDIVIDUAL_LEGACY, Validated::Individual, Legacy),
    (oid::SMIME_INDIVIDUAL_MULTIPURPOSE, Validated::Individual, Multipurpose),
    (oid::SMIME_INDIVIDUAL_STRICT, Validated::Individual, Strict),
];

/// The profiles by whose policies it was issued.
pub(super) fn profiles(subject: &Subject<'_>) -> Vec<(Validated, Generation)> {
    let policies = subject.readable::<CertificatePolicies<'_>>();
    let listed = policies.iter().flat_map(CertificatePolicies::oids);
    let profile = |policy: Oid<'_>| PROFILES.iter().find(|(known, ..)| *known == policy);
    listed.filter_map(profile).map(|(_, validated, generation)| (*validated, *generation)).collect()
}

/// Whether it was issued by one of the profiles.
pub(in crate::lint) fn is_smime(subject: &Subject<'_>) -> bool {
    !profiles(subject).is_empty()
}

/// Whether it is a subscriber's, issued by one of the profiles.
pub(super) fn is_subscriber(subject: &Subject<'_>) -> bool {
    subject.is_subscriber() && is_smime(subject)
}

/// Whether it is a subscriber's, of one of these generations.
pub(super) fn is_of(subject: &Subject<'_>, generations: &[Generation]) -> bool {
    subject.is_subscriber()
        && profiles(subject).iter().any(|(_, generation)| generations.contains(generation))
}

/// Whether one of these was validated, in a subscriber's certificate or not.
pub(super) fn has_validated(subject: &Subject<'_>, what: &[Validated]) -> bool {
    profiles(subject).iter().any(|(validated, _)| what.contains(validated))
}

/// Whether the rules are about such a certificate: it names a mailbox and may be meant for mail, or says so by its policy.
pub(in crate::lint) fn covers(subject: &Subject<'_>) -> bool {
    let is_for_mail = subject
        .purposes()
        .is_none_or(|purposes| purposes.purposes.is_empty() || purposes.allows(oid::EMAIL_PROTECTION));
    (is_for_mail && !alt_mailboxes(subject).is_empty()) || is_smime(subject)
}

/// That its subject has no attribute but those of a mailbox (section 7.1.4.2.3).
pub(super) fn only_attributes_of_a_mailbox(subject: &Subject<'_>) -> Verdict {
    reading::name(subject, |name| {
        let allowed = [oid::COMMON_NAME, oid::SERIAL_NUMBER, oid::EMAIL_ADDRESS];
        let other = name.attributes().find(|attribute| !allowed.contains(&attribute.kind));
        Verdict::of(other.map(|one| one.to_string()))
    })
}

/// The mailboxes of the subjectAltName, those in UTF-8 (RFC 9598) among them.
pub(super) fn alt_mailboxes(subject: &Subject<'_>) -> BTreeSet<String> {
    let names = subject.alt_names();
    let mailbox = |name: GeneralName<'_>| match name {
        GeneralName::Rfc822(letters) => Some(String::from_utf8_lossy(letters).into_owned()),
        GeneralName::Other { kind, .. } if kind == oid::SMTP_UTF8_MAILBOX => name.other_text(),
        _ => None,
    };
    let all = names.into_iter().flat_map(GeneralNames::iter).filter_map(mailbox);
    all.filter(|mailbox| !mailbox.is_empty()).collect()
}

/// The texts of one kind in a distinguished name.
pub(super) fn texts(name: &DistinguishedName<'_>, kind: Oid<'static>) -> Vec<String> {
    name.all(kind).filter_map(|attribute| attribute.value.text().ok()).map(Into::into).collect()
}

/// Whether a text is the address of one mailbox (RFC 5322 section 3.4.1, RFC 6531 section 3.3).
pub(super) fn is_mailbox(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_quoted = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).is_some_and(is_quotable);
    let literal = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_literal = literal.is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|letter| letter.is_ascii_graphic() && !b"[]\\".contains(&letter))
    });
    (is_quoted || is_dotted(local)) && (is_literal || is_dotted(domain))
}

/// Atoms with dots between them.
fn is_dotted(text: &str) -> bool {
    let is_letter = |letter: char| {
        letter.is_ascii_alphanumeric()
            || "!#$%&'*+-/=?^_`{|}~".contains(letter)
            || (!letter.is_ascii() && !letter.is_control() && !letter.is_whitespace())
    };
    text.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_letter))
}

/// What may stand between quotation marks, one of its own and a backslash only after a backslash.
fn is_quotable(text: &str) -> bool {
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let letter = if letter == '\\' { letters.next() } else { Some(letter).filter(|it| *it != '"') };
        if letter.is_none_or(char::is_control) {
            return false;
        }
    }
    true
}

/// Judges the URIs of OCSP responders and those of the issuer's certificate, each list by itself.
pub(super) fn access(subject: &Subject<'_>, judge: impl Fn(&[&[u8]]) -> Option<String>) -> Verdict {
    let lists: Field<Vec<_>> =
        [oid::AD_OCSP, oid::AD_CA_ISSUERS].into_iter().map(|method| subject.access_uris(method)).collect();
    match lists {
        Ok(lists) => Verdict::of(lists.iter().find_map(|list| judge(list))),
        Err(fault) => reading::unreadable("authorityInfoAccess", fault),
    }
}

/// What a key may do besides signing, by its kind and generation: the bit that says that it does, and what may stand beside.
pub(super) struct Management {
    /// That it does.
    pub(super) bit: KeyUsageBit,
    /// What may stand beside.
    pub(super) beside: &'static [KeyUsageBit],
}

/// Whether keyUsage says that the key signs or does the other.
pub(super) fn has_role(subject: &Subject<'_>, management: &Management) -> bool {
    let usage = subject.readable::<KeyUsage<'_>>();
    usage.is_some_and(|usage| usage.has(KeyUsageBit::DigitalSignature) || usage.has(management.bit))
}

/// That no other bits are set than those of what the key does (section 7.1.2.3 e).
pub(super) fn no_other_usage(subject: &Subject<'_>, management: &Management) -> Verdict {
    reading::extension(subject, |usage: Option<KeyUsage<'_>>| {
        let has = |bit| usage.as_ref().is_some_and(|usage| usage.has(bit));
        let (signs, manages) = (has(KeyUsageBit::DigitalSignature), has(management.bit));
        let is_allowed = |bit: &KeyUsageBit| match bit {
            KeyUsageBit::DigitalSignature | KeyUsageBit::ContentCommitment => signs,
            bit => manages && (*bit == management.bit || management.beside.contains(bit)),
        };
        let other = usage.iter().flat_map(KeyUsage::set).find(|bit| !is_allowed(bit));
        Verdict::of(other.map(|bit| format!("{} is set", bit.name())))
    })
}

/// That keyUsage is not of other bits alone.
pub(super) fn has_known_usage(subject: &Subject<'_>, management: &Management) -> Verdict {
    reading::extension(subject, |usage: Option<KeyUsage<'_>>| {
        let first = usage.as_ref().and_then(|usage| usage.set().next());
        match first.filter(|_| !has_role(subject, management)) {
            Some(bit) => {
                Verdict::Violated(format!("{} is set, and the key neither signs nor decrypts", bit.name()))
            }
            None => Verdict::Pass,
        }
    })
}

/// Whether it has keyUsage, readable or not, and a key of this kind.
pub(super) fn has_usage_of(subject: &Subject<'_>, algorithm: Oid<'static>) -> bool {
    subject.anatomy.extension(oid::KEY_USAGE).is_some()
        && subject.anatomy.key.as_ref().is_ok_and(|key| key.algorithm.oid == algorithm)
}

/// Whether keyUsage sets a bit at all, or cannot be read.
pub(super) fn sets_a_bit(subject: &Subject<'_>) -> bool {
    subject
        .anatomy
        .value::<KeyUsage<'_>>()
        .is_some_and(|usage| !usage.is_ok_and(|usage| usage.bits.is_zero()))
}

/// RSA keys that also decrypt data.
pub(super) const RSA: Management =
    Management { bit: KeyUsageBit::KeyEncipherment, beside: &[KeyUsageBit::DataEncipherment] };

/// RSA keys of the strict generation.
pub(super) const RSA_STRICT: Management = Management { bit: KeyUsageBit::KeyEncipherment, beside: &[] };

/// Elliptic keys.
pub(super) const ELLIPTIC: Management = Management {
    bit: KeyUsageBit::KeyAgreement,
    beside: &[KeyUsageBit::EncipherOnly, KeyUsageBit::DecipherOnly],
};

/// The algorithms of keys that are allowed since the first version, each in the one way in which it is written (section 7.1.3.1).
pub(super) fn is_classical(subject: &Subject<'_>) -> bool {
    subject.anatomy.key.as_ref().is_ok_and(|key| match key.algorithm.oid {
        oid::RSA_ENCRYPTION => key.algorithm.has_null(),
        oid::EC_PUBLIC_KEY => {
            let curves = [oid::P256, oid::P384, oid::P521];
            key.curve().is_some_and(|curve| curve.is_ok_and(|curve| curves.contains(&curve)))
        }
        oid::ED25519 | oid::ED448 => key.algorithm.parameters.is_none(),
        _ => false,
    })
}

/// The algorithm of the key, for people.
pub(super) fn shown_algorithm(subject: &Subject<'_>) -> String {
    match &subject.anatomy.key {
        Ok(key) => format!("{} ({})", key.algorithm.oid.shown(), crate::hex(key.algorithm.der())),
        Err(fault) => fault.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_are_told_from_other_texts() {
        let table = [
            ("a@b.example", true),
            ("first.last+tag@b.example", true),
            ("\"a b\"@b.example", true),
            ("\"a\\\"b\"@b.example", true),
            ("a@[192.0.2.1]", true),
            ("m\u{fc}ller@b.example", true),
            ("\"a\"b\"@b.example", false),
            ("a b@b.example", false),
            ("A <a@b.example>", false),
            ("a@b.example, c@d.example", false),
            ("a@b.example;c@d.example", false),
            (".a@b.example", false),
            ("a..b@c.example", false),
            ("a@", false),
            ("@b", false),
            ("a", false),
        ];
        for (text, is) in table {
            assert_eq!(is_mailbox(text), is, "{text}");
        }
    }
}

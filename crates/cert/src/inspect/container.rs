//! Containers, by what shows of them.

use super::odd::Oddities;
use super::{Description, Fact, Kind, Line, Section, field};
use crate::der::{Fault, Field};
use crate::x509::java_keystore::{Content, Entry, JavaKeystore};
use crate::x509::pkcs7::SignedData;
use crate::x509::pkcs12::{BagValue, Mac, Part, Pfx, SafeBag, bags};

pub(super) fn pkcs7(der: &[u8]) -> Description {
    let mut odd = Oddities::default();
    let data = SignedData::read(der);
    let count = |field: Field<usize>| field.unwrap_or_default();
    let (certificates, lists, signers) = match &data {
        Ok(data) => {
            odd.faults(data.faults());
            let of = |all: &Field<Vec<crate::der::Element<'_>>>| {
                count(all.as_ref().map(Vec::len).map_err(|fault| *fault))
            };
            (of(&data.certificates), of(&data.revocation_lists), count(data.signers))
        }
        Err(fault) => {
            odd.faults(vec![("ContentInfo", *fault)]);
            (0, 0, 0)
        }
    };
    odd.audit(der);
    let mut glance = vec![Line::text("holds", field::count(certificates, "certificate", "certificates"))];
    if lists > 0 {
        glance.push(Line::text("and", field::count(lists, "revocation list", "revocation lists")));
    }
    glance.push(Line::text(
        "signed",
        if signers == 0 { "by nobody: it only carries them".to_owned() } else { format!("by {signers}") },
    ));
    let lines = match &data {
        Err(fault) => vec![Line::fault("ContentInfo", *fault)],
        Ok(data) => vec![
            Line::of("version", &data.version, |name, number| Line::text(name, number.to_string())),
            Line::of("content", &data.content_type, |name, kind| Line::text(name, kind.shown())),
        ],
    };
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    Description {
        kind: Kind::Pkcs7,
        title: format!("PKCS#7 file with {}", field::count(certificates, "certificate", "certificates")),
        facts: vec![
            Fact::new("certificates", number(certificates)),
            Fact::new("revocation_lists", number(lists)),
        ],
        glance,
        sections: vec![Section::new("fields", lines)],
        odd,
    }
}

pub(super) fn pkcs12(der: &[u8]) -> Description {
    let mut odd = Oddities::default();
    let pfx = Pfx::read(der);
    let mut lines = Vec::new();
    let mut is_sealed = false;
    match &pfx {
        Err(fault) => {
            odd.faults(vec![("PFX", *fault)]);
            lines.push(Line::fault("PFX", *fault));
        }
        Ok(pfx) => {
            lines
                .push(Line::of("version", &pfx.version, |name, number| Line::text(name, number.to_string())));
            lines.push(integrity(pfx.mac.as_ref()));
            match pfx.parts() {
                Err(fault) => lines.push(Line::fault("authSafe", fault)),
                Ok(parts) => {
                    is_sealed = parts.iter().any(|part| matches!(part, Ok(Part::Encrypted { .. })));
                    lines.extend(parts.iter().map(part));
                }
            }
        }
    }
    let seal = if is_sealed { "under a password" } else { "no certificate is under a password" };
    Description {
        kind: Kind::Pkcs12,
        title: "PKCS#12 file".to_owned(),
        facts: vec![Fact::new("is_encrypted", is_sealed)],
        glance: vec![Line::text("encryption", seal)],
        sections: vec![Section::new("structure", lines)],
        odd,
    }
}

fn integrity(mac: Option<&Field<Mac<'_>>>) -> Line {
    match mac {
        None => Line::text("integrity", "nothing keeps it"),
        Some(mac) => Line::of("integrity", mac, |name, mac| match &mac.scheme {
            Ok(scheme) => Line::text(name, scheme.to_string()),
            Err(fault) => Line::fault(name, *fault),
        }),
    }
}

fn part(part: &Field<Part<'_>>) -> Line {
    match part {
        Err(fault) => Line::fault("part", *fault),
        Ok(Part::Encrypted { encryption, ciphertext }) => {
            let length = field::count(ciphertext.bytes.len(), "byte", "bytes");
            Line::text("part", format!("encrypted, {encryption}; {length}"))
        }
        Ok(Part::Other(kind)) => Line::text("part", format!("of another kind: {}", kind.shown())),
        Ok(Part::Plain(contents)) => match bags(contents.reader()) {
            Err(fault) => Line::fault("part", fault),
            Ok(bags) => Line::text("part", "not encrypted as a whole").with(bags.iter().map(bag).collect()),
        },
    }
}

fn bag(bag: &SafeBag<'_>) -> Line {
    let faulty = |name, fault: &Fault| Line::fault(name, *fault);
    let line = match &bag.value {
        BagValue::Key(Ok(_)) => Line::text("key", "not encrypted"),
        BagValue::ShroudedKey(Ok(key)) => Line::text("key", format!("encrypted, {}", key.encryption)),
        BagValue::Certificate(Ok(_)) => Line::text("certificate", "not encrypted"),
        BagValue::RevocationList(Ok(_)) => Line::text("revocation list", "not encrypted"),
        BagValue::Secret => Line::text("secret", "of another kind"),
        BagValue::Bags(Ok(inner)) => Line::text("bags", field::count(inner.len(), "bag", "bags")),
        BagValue::Other(kind) => Line::text("bag", format!("of another kind: {}", kind.shown())),
        BagValue::Key(Err(fault)) | BagValue::ShroudedKey(Err(fault)) => faulty("key", fault),
        BagValue::Certificate(Err(fault)) => faulty("certificate", fault),
        BagValue::RevocationList(Err(fault)) => faulty("revocation list", fault),
        BagValue::Bags(Err(fault)) => faulty("bags", fault),
    };
    let name = bag.friendly_name.as_ref().map(|name| Line::text("called", name));
    let id = bag.local_key_id.map(|id| Line::octets("local key id", id));
    line.with(name.into_iter().chain(id).collect())
}

pub(super) fn java_keystore(bytes: &[u8]) -> Description {
    let mut odd = Oddities::default();
    let store = JavaKeystore::read(bytes);
    let (title, lines) = match &store {
        Err(fault) => {
            odd.faults(vec![("keystore", *fault)]);
            ("Java keystore".to_owned(), vec![Line::fault("keystore", *fault)])
        }
        Ok(store) => {
            odd.faults(store.fault.map(|fault| ("entries", fault)).into_iter().collect());
            let title = format!(
                "Java keystore ({}) with {}",
                store.kind,
                field::count(store.entries.len(), "entry", "entries")
            );
            (title, store.entries.iter().map(entry).collect())
        }
    };
    let entries = store.as_ref().map_or(0, |store| store.entries.len());
    Description {
        kind: Kind::JavaKeystore,
        title,
        facts: vec![Fact::new("entries", u64::try_from(entries).unwrap_or(u64::MAX))],
        glance: vec![Line::text("encryption", "keys are under a password, certificates are not")],
        sections: vec![Section::new("entries", lines)],
        odd,
    }
}

fn entry(entry: &Entry<'_>) -> Line {
    let text = match &entry.content {
        Content::Key { sealed: Ok(sealed), chain } => format!(
            "a key, {}, and {}",
            sealed.encryption,
            field::count(chain.len(), "certificate", "certificates")
        ),
        Content::Key { sealed: Err(fault), .. } => format!("a key that cannot be read: {fault}"),
        Content::Trusted(_) => "a certificate that is trusted".to_owned(),
    };
    Line::text(entry.alias.clone(), format!("{text}; put in {}", entry.made))
}

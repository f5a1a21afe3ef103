//! What is in a file, object by object, whatever its making.

use super::Kind;
use crate::bag::{self, Container, Form, Place};
use crate::der::{Element, Field, Reader, Tag, oid};
use crate::pem::{self, Piece};
use crate::x509::java_keystore::{Content, JavaKeystore};
use crate::x509::ocsp::{OcspRequestAnatomy, OcspResponseAnatomy};
use crate::x509::pkcs7::{ContentInfo, SignedData};
use crate::x509::pkcs12::{BagValue, Part, Pfx, SafeBag, bags};
use crate::x509::{Anatomy, CrlAnatomy, PrivateKeyStructure, RequestAnatomy, SubjectPublicKeyInfo};

/// More objects than anybody looks at.
const MOST: usize = 10_000;
/// Bags within bags within bags.
const DEEPEST: usize = 8;

/// One object of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Where it stands.
    pub place: Place,
    /// Its PEM label, or the one that it would have.
    pub label: String,
    /// What a container calls it.
    pub alias: Option<String>,
    /// What it is.
    pub kind: Kind,
    /// Its octets; what could be read of a block that is damaged.
    pub octets: Vec<u8>,
    /// The headers of its PEM block.
    pub headers: Vec<(String, String)>,
    /// What is wrong with its PEM block.
    pub damage: Option<String>,
}

impl Object {
    fn new(place: Place, label: &str, kind: Kind, octets: &[u8]) -> Self {
        Self {
            place,
            label: label.to_owned(),
            alias: None,
            kind,
            octets: octets.to_vec(),
            headers: Vec::new(),
            damage: None,
        }
    }

    /// The octets of an object that came by itself: from a server, or out of a container that was opened.
    #[must_use]
    pub fn alone(kind: Kind, octets: &[u8], alias: Option<String>) -> Self {
        Self { alias, ..Self::new(Place::Byte(0), label(kind), kind, octets) }
    }
}

/// Everything in a file, in its order. There is always something: bytes that nobody knows are an object, too.
#[must_use]
pub fn objects(file: &[u8]) -> Vec<Object> {
    let mut found = Vec::new();
    match bag::form(file) {
        Form::Octets(octets) => elements(&octets, &mut found),
        Form::Pem(pieces) => blocks(&pieces, &mut found),
    }
    if found.is_empty() {
        found.push(Object::new(Place::Byte(0), "", Kind::NotDer, file));
    }
    found.truncate(MOST);
    found
}

/// PEM blocks.
fn blocks(pieces: &[Piece], found: &mut Vec<Object>) {
    for (position, piece) in pieces.iter().enumerate() {
        // OpenSSL writes the curve before the key, which names it once more.
        let is_before_key = pieces.get(position + 1).is_some_and(|next| next.label == "EC PRIVATE KEY");
        if found.len() >= MOST || (piece.label == "EC PARAMETERS" && is_before_key) {
            continue;
        }
        let place = Place::Block { number: position + 1, line: piece.line };
        let before = found.len();
        match &piece.content {
            Ok(der) => one(der, place, &piece.label, found),
            Err(damage) => found.push(Object {
                damage: Some(damage.to_string()),
                ..Object::new(place, &piece.label, labelled(&piece.label).unwrap_or(Kind::NotDer), &[])
            }),
        }
        if let Some(first) = found.get_mut(before) {
            first.headers.clone_from(&piece.headers);
        }
    }
}

/// DER elements one after the other, each a SEQUENCE or a SET; what begins as none of them goes to the end.
fn elements(bytes: &[u8], found: &mut Vec<Object>) {
    if Container::of(bytes) == Some(Container::JavaKeystore) {
        return one(bytes, Place::Byte(0), "", found);
    }
    let mut document = Reader::new(bytes);
    while !document.is_empty() && found.len() < MOST {
        let (at, rest) = (document.at(), document.rest());
        match document.element() {
            Ok(element) if matches!(element.tag, Tag::SEQUENCE | Tag::SET) => {
                one(element.whole, Place::Byte(at), "", found);
            }
            _ => return one(rest, Place::Byte(at), "", found),
        }
    }
}

/// One object, and its members where it is a container.
fn one(der: &[u8], place: Place, label: &str, found: &mut Vec<Object>) {
    // OpenSSL's TRUSTED CERTIFICATE carries trust settings after the certificate.
    let der = match Reader::new(der).element() {
        Ok(first) if label == "TRUSTED CERTIFICATE" => first.whole,
        _ => der,
    };
    // What begins as a key is one, whatever stands above it: damaged as it may be, it is not shown.
    let damaged_key = || (resembles_key(der) && !label.ends_with("PARAMETERS")).then_some(Kind::PrivateKey);
    let kind = kind(der).or_else(damaged_key).or_else(|| labelled(label)).unwrap_or_else(|| by_guess(der));
    let label = if label.is_empty() { self::label(kind) } else { label };
    found.push(Object::new(place, label, kind, der));
    match kind {
        Kind::Pkcs7 => pkcs7(der, place, found),
        Kind::Pkcs12 => pkcs12(der, place, found),
        Kind::JavaKeystore => java_keystore(der, place, found),
        _ => {}
    }
}

/// Where a member stands: at its byte where the container is the file, else with the block.
const fn within(place: Place, at: usize) -> Place {
    match place {
        Place::Byte(begin) => Place::Byte(begin + at),
        block @ Place::Block { .. } => block,
    }
}

fn pkcs7(der: &[u8], place: Place, found: &mut Vec<Object>) {
    let Ok(data) = SignedData::read(der) else { return };
    for (members, kind) in
        [(&data.certificates, Kind::Certificate), (&data.revocation_lists, Kind::RevocationList)]
    {
        let members = members.iter().flatten();
        found.extend(members.map(|one| Object::new(within(place, one.at), label(kind), kind, one.whole)));
    }
}

fn pkcs12(der: &[u8], place: Place, found: &mut Vec<Object>) {
    let Ok(pfx) = Pfx::read(der) else { return };
    for part in pfx.parts().into_iter().flatten().flatten() {
        if let Part::Plain(contents) = part {
            bags(contents.reader()).into_iter().flatten().for_each(|bag| take_bag(&bag, place, 0, found));
        }
    }
}

fn take_bag(bag: &SafeBag<'_>, place: Place, depth: usize, found: &mut Vec<Object>) {
    let (kind, octets) = match &bag.value {
        BagValue::Key(Ok(key)) => (Kind::PrivateKey, key.element.whole),
        BagValue::ShroudedKey(Ok(key)) => (Kind::PrivateKey, key.element.whole),
        BagValue::Certificate(Ok(der)) => (Kind::Certificate, &der.bytes[..]),
        BagValue::RevocationList(Ok(der)) => (Kind::RevocationList, &der.bytes[..]),
        BagValue::Bags(Ok(inner)) if depth < DEEPEST => {
            return inner.iter().for_each(|bag| take_bag(bag, place, depth + 1, found));
        }
        _ => return,
    };
    let alias = bag.friendly_name.clone();
    found.push(Object { alias, ..Object::new(within(place, bag.at), label(kind), kind, octets) });
}

fn java_keystore(bytes: &[u8], place: Place, found: &mut Vec<Object>) {
    let Ok(store) = JavaKeystore::read(bytes) else { return };
    for entry in &store.entries {
        let mut add = |kind: Kind, octets: &[u8], at: usize| {
            let alias = Some(entry.alias.clone());
            found.push(Object { alias, ..Object::new(within(place, at), label(kind), kind, octets) });
        };
        match &entry.content {
            Content::Key { sealed, chain } => {
                if let Ok(key) = sealed {
                    add(Kind::PrivateKey, key.element.whole, entry.at);
                }
                chain.iter().for_each(|one| add(Kind::Certificate, one.der, one.at));
            }
            Content::Trusted(one) => add(Kind::Certificate, one.der, one.at),
        }
    }
}

/// What has this PEM label (RFC 7468, and what other programs write).
fn labelled(label: &str) -> Option<Kind> {
    Some(match label {
        label if pem::CERTIFICATE_LABELS.contains(&label) => Kind::Certificate,
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Kind::Request,
        "X509 CRL" | "CRL" => Kind::RevocationList,
        "PUBLIC KEY" => Kind::PublicKey,
        "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA" => Kind::Pkcs7,
        "OCSP REQUEST" => Kind::OcspRequest,
        "OCSP RESPONSE" => Kind::OcspResponse,
        label if label.ends_with("PRIVATE KEY") => Kind::PrivateKey,
        _ => return None,
    })
}

const fn label(kind: Kind) -> &'static str {
    match kind {
        Kind::Certificate => "CERTIFICATE",
        Kind::Request => "CERTIFICATE REQUEST",
        Kind::RevocationList => "X509 CRL",
        Kind::OcspRequest => "OCSP REQUEST",
        Kind::OcspResponse => "OCSP RESPONSE",
        Kind::PrivateKey => "PRIVATE KEY",
        Kind::PublicKey => "PUBLIC KEY",
        Kind::Pkcs7 => "PKCS7",
        Kind::Pkcs12 => "PKCS12",
        Kind::JavaKeystore | Kind::Der | Kind::NotDer => "",
    }
}

/// What has the shape of something, whatever is in it.
fn kind(der: &[u8]) -> Option<Kind> {
    match Container::of(der) {
        Some(Container::JavaKeystore) => return Some(Kind::JavaKeystore),
        Some(Container::Pkcs7Der) => return Some(Kind::Pkcs7),
        _ => {}
    }
    let element = Reader::new(der).element().ok()?;
    let mut outer = element.sequence().ok()?.all().ok()?.into_iter();
    let (first, second, third) = (outer.next()?, outer.next(), outer.next());
    let tag = |one: Option<Element<'_>>| one.map(|one| one.tag);
    match (first.tag, tag(second), tag(third)) {
        (Tag::SEQUENCE, Some(Tag::SEQUENCE), Some(Tag::BIT_STRING)) => signed(&first),
        (Tag::SEQUENCE, Some(Tag::BIT_STRING), None) => {
            SubjectPublicKeyInfo::read(element).ok().map(|_| Kind::PublicKey)
        }
        (Tag::SEQUENCE, Some(Tag::OCTET_STRING), None) => key(element),
        (Tag::SEQUENCE, _, None) if OcspRequestAnatomy::of(der).requests.is_ok_and(is_about_certificates) => {
            Some(Kind::OcspRequest)
        }
        (Tag::ENUMERATED, _, None) => OcspResponseAnatomy::of(der).status.ok().map(|_| Kind::OcspResponse),
        (Tag::INTEGER, Some(Tag::SEQUENCE), None | Some(Tag::SEQUENCE)) => {
            let info = second.and_then(|safe| ContentInfo::of(safe).ok())?;
            matches!(info.kind, oid::CMS_DATA | oid::CMS_SIGNED_DATA).then_some(Kind::Pkcs12)
        }
        (Tag::INTEGER, ..) => key(element),
        _ => None,
    }
}

fn is_about_certificates<T>(requests: Vec<Field<T>>) -> bool {
    requests.first().is_some_and(Result::is_ok)
}

fn key(element: Element<'_>) -> Option<Kind> {
    PrivateKeyStructure::of(element).ok().map(|_| Kind::PrivateKey)
}

/// Whether it begins as a private key does: a SEQUENCE, of whatever length, with version 0 or 1, and then an algorithm
/// (PKCS#8), octets (SEC1) or a large number (PKCS#1, DSA).
fn resembles_key(der: &[u8]) -> bool {
    let content = match der {
        [0x30, 0..=0x80, content @ ..] => content,
        [0x30, long @ 0x81..=0x84, rest @ ..] => rest.get(usize::from(long & 0x0f)..).unwrap_or_default(),
        _ => return false,
    };
    matches!(content, [0x02, 0x01, 0 | 1, 0x04 | 0x30, ..] | [0x02, 0x01, 0 | 1, 0x02, 0x20..=0xff, ..])
}

/// Certificates, requests and CRLs are signed alike; what is signed tells them apart.
fn signed(content: &Element<'_>) -> Option<Kind> {
    let fields = content.children().all().unwrap_or_default();
    let tags: Vec<Tag> = fields.iter().map(|field| field.tag).collect();
    let is_time = |tag: &Tag| matches!(*tag, Tag::UTC_TIME | Tag::GENERALIZED_TIME);
    const SEQUENCES: [Tag; 5] = [Tag::SEQUENCE; 5];
    match &tags[..] {
        [Tag::SEQUENCE, Tag::SEQUENCE, time, ..] if is_time(time) => Some(Kind::RevocationList),
        [Tag::INTEGER, Tag::SEQUENCE, Tag::SEQUENCE, time, ..] if is_time(time) => Some(Kind::RevocationList),
        [Tag::INTEGER, Tag::SEQUENCE, Tag::SEQUENCE] => Some(Kind::Request),
        [Tag::INTEGER, Tag::SEQUENCE, Tag::SEQUENCE, more] if more.is_context(0) => Some(Kind::Request),
        [Tag::INTEGER, fields @ ..] if fields.starts_with(&SEQUENCES) => Some(Kind::Certificate),
        [version, Tag::INTEGER, fields @ ..] if version.is_context(0) && fields.starts_with(&SEQUENCES) => {
            Some(Kind::Certificate)
        }
        _ => None,
    }
}

/// What it may be where nothing has its shape: whatever has most of its fields.
fn by_guess(der: &[u8]) -> Kind {
    let kinds = [Kind::Certificate, Kind::Request, Kind::RevocationList];
    let best =
        kinds.into_iter().max_by_key(|kind| readable(der, *kind)).filter(|kind| readable(der, *kind) >= 4);
    let is_element = || Reader::new(der).element().is_ok_and(|one| one.whole.len() == der.len());
    best.unwrap_or_else(|| if is_element() { Kind::Der } else { Kind::NotDer })
}

/// How many of the fields by which it is known can be read.
fn readable(der: &[u8], kind: Kind) -> usize {
    let fields = match kind {
        Kind::Certificate => {
            let one = Anatomy::of(der);
            let times = [one.not_before.is_ok(), one.not_after.is_ok()];
            let names = [one.issuer.is_ok(), one.subject.is_ok()];
            [&[one.serial.is_ok(), one.tbs_signature.is_ok(), one.key.is_ok()][..], &times, &names].concat()
        }
        Kind::Request => {
            let one = RequestAnatomy::of(der);
            vec![one.version.is_ok(), one.subject.is_ok(), one.key.is_ok(), one.signature_algorithm.is_ok()]
        }
        _ => {
            let one = CrlAnatomy::of(der);
            let header = &one.header;
            vec![
                header.tbs_signature.is_ok(),
                header.issuer.is_ok(),
                header.this_update.is_ok(),
                one.trailer.signature_algorithm.is_ok(),
            ]
        }
    };
    fields.into_iter().filter(|is_read| *is_read).count()
}

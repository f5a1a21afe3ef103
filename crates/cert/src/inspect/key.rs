//! Public keys, and private ones as far as they show.

use super::odd::Oddities;
use super::{Context, Description, Fact, Kind, Line, Object, Section, field};
use crate::der::{Fault, Field, Reader, Tag, oid, write};
use crate::hex;
use crate::model::{KeyAlgorithm, PublicKey};
use crate::x509::{
    EcPrivateKey, LegacyEncryption, PrivateKeyInfo, PrivateKeyStructure, RsaPrivateKey, SubjectPublicKeyInfo,
};

/// What a key is, in a few words: `ECDSA P-256`, `RSA 2048`.
pub(super) fn named(info: &SubjectPublicKeyInfo<'_>) -> String {
    match PublicKey::read(info).algorithm {
        KeyAlgorithm::Other(_) => match info.rsa() {
            Some(Ok((modulus, _))) => {
                format!("RSA {} ({})", modulus.bit_length(), info.algorithm.oid.shown())
            }
            _ => info.algorithm.oid.shown(),
        },
        KeyAlgorithm::Ec(crate::Curve::Other(_)) => match info.curve() {
            Some(Ok(curve)) => format!("ECDSA {}", curve.shown()),
            _ => "ECDSA on a curve that is not named".to_owned(),
        },
        known => known.to_string(),
    }
}

/// What is in a key.
pub(super) fn lines(name: &'static str, info: &SubjectPublicKeyInfo<'_>) -> Line {
    let mut lines = vec![field::algorithm("algorithm", &info.algorithm)];
    match (info.rsa(), info.dsa(), info.curve()) {
        (Some(Ok((modulus, exponent))), ..) => {
            lines.push(
                Line::text("modulus", format!("{} bits", modulus.bit_length()))
                    .with(vec![Line::octets("value", modulus.magnitude())]),
            );
            lines.push(field::number("public exponent", &exponent));
        }
        (_, Some(Ok(dsa)), _) => {
            let domain =
                dsa.domain.iter().flat_map(|domain| [("p", domain.p), ("q", domain.q), ("g", domain.g)]);
            lines.extend(domain.map(|(name, number)| field::number(name, &number)));
            lines.push(field::number("y", &dsa.y));
        }
        (Some(Err(fault)), ..) | (_, Some(Err(fault)), _) => lines.push(Line::fault("key", fault)),
        (_, _, Some(Err(fault))) => lines.push(Line::fault("curve", fault)),
        (_, _, Some(Ok(_))) => {
            lines.push(Line::octets("point", info.key.bytes).noted(point_form(info.key.bytes)));
        }
        _ => lines.push(Line::octets("key", info.key.bytes)),
    }
    Line::text(name, named(info)).with(lines)
}

/// How a point is written (SEC 1 section 2.3.3).
const fn point_form(octets: &[u8]) -> Option<&'static str> {
    match octets {
        [4, ..] => Some("uncompressed"),
        [2 | 3, ..] => Some("compressed"),
        _ => Some("of no known form"),
    }
}

/// A key that is too weak for clients.
pub(super) fn weakness(info: &SubjectPublicKeyInfo<'_>, odd: &mut Oddities) {
    if let Some(weakness) = PublicKey::read(info).weakness() {
        odd.add("key", weakness.to_string(), None);
    }
}

pub(super) fn public(der: &[u8], context: &Context<'_>) -> Description {
    let info = read(der);
    let mut odd = Oddities::default();
    match &info {
        Ok(info) => {
            weakness(info, &mut odd);
            odd.weak_key(info, context);
        }
        Err(fault) => odd.faults(vec![("SubjectPublicKeyInfo", *fault)]),
    }
    odd.audit(der);
    let key = info.as_ref().ok().map(named);
    let facts = vec![
        Fact::new("spki_sha256", hex(&field::sha256(der))),
        Fact::new("pin", field::pin(der)),
        Fact::new("key", key.clone()),
    ];
    Description {
        kind: Kind::PublicKey,
        title: format!("public key, {}", key.unwrap_or_else(|| "of a kind that cannot be read".to_owned())),
        facts,
        glance: vec![Line::text("pin (SHA-256)", field::pin(der))],
        sections: vec![Section::new("fields", vec![Line::of("subjectPublicKeyInfo", &info, lines)])],
        odd,
    }
}

fn read(der: &[u8]) -> Field<SubjectPublicKeyInfo<'_>> {
    let mut document = Reader::new(der);
    let info = SubjectPublicKeyInfo::read(document.expect(Tag::SEQUENCE, "SubjectPublicKeyInfo")?)?;
    document.finish().map(|()| info)
}

/// What OpenSSH's own keys begin with (its PROTOCOL.key).
const OPENSSH: &[u8] = b"openssh-key-v1\0";

pub(super) fn private(object: &Object, context: &Context<'_>) -> Description {
    let der = &object.octets[..];
    let mut odd = Oddities::default();
    let legacy = LegacyEncryption::of(&object.headers);
    let structure = legacy.is_none().then(|| PrivateKeyStructure::read(der));
    let sealed = match (&legacy, &structure) {
        (Some(Ok(encryption)), _) => Some(encryption.to_string()),
        (Some(Err(unknown)), _) => Some(unknown.to_string()),
        (None, Some(Ok(structure))) => structure.encryption().map(ToString::to_string),
        _ => None,
    };
    let is_of_openssh = der.starts_with(OPENSSH);
    if let Some(Err(fault)) = &structure
        && !is_of_openssh
    {
        odd.faults(vec![("privateKey", *fault)]);
    } else if structure.is_some() && !is_of_openssh {
        odd.audit(der);
    }
    let known = structure.as_ref().and_then(|structure| structure.as_ref().ok());
    let half = known.and_then(public_half);
    if let Some(info) = half.as_deref().and_then(|der| Reader::new(der).element().ok())
        && let Ok(info) = SubjectPublicKeyInfo::read(info)
    {
        weakness(&info, &mut odd);
        odd.weak_key(&info, context);
    }
    let kind = known.and_then(PrivateKeyStructure::kind).map(|kind| kind.to_string());
    let words = match (&kind, &sealed) {
        (Some(kind), _) => kind.clone(),
        (None, Some(_)) => "under a password".to_owned(),
        (None, None) if is_of_openssh => "in OpenSSH's own form".to_owned(),
        (None, None) => "of a kind that cannot be read".to_owned(),
    };
    Description {
        kind: Kind::PrivateKey,
        title: format!("private key, {words}"),
        facts: vec![
            Fact::new("key", kind),
            Fact::new("is_encrypted", (sealed.is_some() || known.is_some()).then_some(sealed.is_some())),
            Fact::new("spki_sha256", half.as_deref().map(|spki| hex(&field::sha256(spki)))),
            Fact::new("pin", half.as_deref().map(field::pin)),
        ],
        glance: seal(known, sealed, half.as_deref()),
        sections: structure.iter().filter(|_| !is_of_openssh).map(parts).collect(),
        odd,
    }
}

fn seal(known: Option<&PrivateKeyStructure<'_>>, sealed: Option<String>, half: Option<&[u8]>) -> Vec<Line> {
    let sealed = sealed.unwrap_or_else(|| match known {
        Some(_) => "none: whoever can read the file has the key".to_owned(),
        None => "unknown".to_owned(),
    });
    let pin = half.map(|half| Line::text("pin of its public half", field::pin(half)));
    let form = known.map(|structure| Line::text("structure", structure.form()));
    form.into_iter().chain([Line::text("encryption", sealed)]).chain(pin).collect()
}

/// Its fields, but for those that are secret.
fn parts(structure: &Field<PrivateKeyStructure<'_>>) -> Section {
    let lines = match structure {
        Err(fault) => vec![Line::fault("privateKey", *fault)],
        Ok(PrivateKeyStructure::Pkcs8(info)) => of_pkcs8(info),
        Ok(PrivateKeyStructure::Pkcs1(rsa)) => of_pkcs1(rsa),
        Ok(PrivateKeyStructure::Sec1(ec)) => of_sec1(ec),
        Ok(PrivateKeyStructure::Encrypted(sealed)) => vec![
            Line::text("encryptionAlgorithm", sealed.encryption.to_string()),
            Line::text("encryptedData", field::count(sealed.ciphertext.bytes.len(), "byte", "bytes")),
        ],
        Ok(PrivateKeyStructure::Dsa) => vec![Line::text("numbers", "p, q, g, and both halves of the key")],
    };
    Section::new("fields (what is secret is not shown)", lines)
}

fn of_pkcs8(info: &PrivateKeyInfo<'_>) -> Vec<Line> {
    let version = |name, number: &i64| Line::text(name, number.to_string());
    let mut lines = vec![
        Line::of("version", &info.version, version),
        field::algorithm("privateKeyAlgorithm", &info.algorithm),
    ];
    lines.extend(info.rsa.iter().flat_map(|rsa| match rsa {
        Ok(rsa) => of_pkcs1(rsa),
        Err(fault) => vec![Line::fault("privateKey", *fault)],
    }));
    if let Ok(kinds) = &info.attributes
        && !kinds.is_empty()
    {
        let kinds: Vec<String> = kinds.iter().map(crate::der::Oid::shown).collect();
        lines.push(Line::text("attributes", kinds.join(", ")));
    }
    lines.extend(info.public_key.as_ref().map(|key| Line::of("publicKey", key, field::bits)));
    lines
}

fn of_pkcs1(rsa: &RsaPrivateKey<'_>) -> Vec<Line> {
    vec![
        Line::text("modulus", format!("{} bits", rsa.modulus.bit_length()))
            .with(vec![Line::octets("value", rsa.modulus.magnitude())]),
        field::number("publicExponent", &rsa.exponent),
    ]
}

fn of_sec1(ec: &EcPrivateKey<'_>) -> Vec<Line> {
    let curve = ec
        .curve
        .as_ref()
        .map(|curve| Line::of("parameters", curve, |name, oid| Line::text(name, oid.shown())));
    let point = ec.public_key.as_ref().map(|point| Line::of("publicKey", point, field::bits));
    curve.into_iter().chain(point).collect()
}

/// The SubjectPublicKeyInfo of a private key, where its structure carries what is needed; of others only `keys` can tell.
#[must_use]
pub fn public_half(structure: &PrivateKeyStructure<'_>) -> Option<Vec<u8>> {
    match structure {
        PrivateKeyStructure::Pkcs1(rsa) => Some(rsa_info(rsa)),
        PrivateKeyStructure::Sec1(ec) => ec_info(ec.curve?.ok()?.content(), ec.public_key?.ok()?.bytes),
        PrivateKeyStructure::Pkcs8(info) => match (info.rsa, info.public_key) {
            (Some(Ok(rsa)), _) => Some(rsa_info(&rsa)),
            (_, Some(Ok(point))) => Some(SubjectPublicKeyInfo::write(info.algorithm.der(), point.bytes)),
            _ => of_inner(info),
        },
        PrivateKeyStructure::Encrypted(_) | PrivateKeyStructure::Dsa => None,
    }
}

/// The point that SEC1 inside of PKCS#8 carries along.
fn of_inner(info: &PrivateKeyInfo<'_>) -> Option<Vec<u8>> {
    if info.algorithm.oid != oid::EC_PUBLIC_KEY {
        return None;
    }
    let inner = || -> Result<Option<Vec<u8>>, Fault> {
        let mut fields = info.element.sequence()?;
        fields.expect(Tag::INTEGER, "version")?;
        fields.expect(Tag::SEQUENCE, "privateKeyAlgorithm")?;
        let secret = fields.expect(Tag::OCTET_STRING, "privateKey")?;
        let element = Reader::nested(secret.content, secret.content_at()).element()?;
        let PrivateKeyStructure::Sec1(ec) = PrivateKeyStructure::of(element)? else { return Ok(None) };
        Ok(ec
            .public_key
            .and_then(Result::ok)
            .map(|point| SubjectPublicKeyInfo::write(info.algorithm.der(), point.bytes)))
    };
    inner().ok().flatten()
}

fn rsa_info(rsa: &RsaPrivateKey<'_>) -> Vec<u8> {
    let algorithm = write(Tag::SEQUENCE, &[&write(Tag::OID, &[oid::RSA_ENCRYPTION.content()]), &[5, 0]]);
    let number = |bytes: &[u8]| write(Tag::INTEGER, &[bytes]);
    let key = write(Tag::SEQUENCE, &[&number(rsa.modulus.shortest()), &number(rsa.exponent.shortest())]);
    SubjectPublicKeyInfo::write(&algorithm, &key)
}

fn ec_info(curve: &[u8], point: &[u8]) -> Option<Vec<u8>> {
    let kind = write(Tag::OID, &[oid::EC_PUBLIC_KEY.content()]);
    let algorithm = write(Tag::SEQUENCE, &[&kind, &write(Tag::OID, &[curve])]);
    (!point.is_empty()).then(|| SubjectPublicKeyInfo::write(&algorithm, point))
}

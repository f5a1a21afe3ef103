//! Certificates with one mistake each, for tests of lints; nobody has signed them.

use super::{Outcome, Subject, Verdict, find};
use crate::der::{Oid, oid};

/// A certificate before it is put together.
pub(super) struct Draft {
    pub(super) version: Vec<u8>,
    pub(super) serial: Vec<u8>,
    pub(super) inner_algorithm: Vec<u8>,
    pub(super) outer_algorithm: Vec<u8>,
    pub(super) issuer: Vec<u8>,
    pub(super) not_before: Vec<u8>,
    pub(super) not_after: Vec<u8>,
    pub(super) subject: Vec<u8>,
    pub(super) key: Vec<u8>,
    pub(super) extensions: Vec<u8>,
}

pub(super) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    match content.len() {
        0..=0x7f => [&[tag, length[1]], content].concat(),
        0x80..=0xff => [&[tag, 0x81, length[1]], content].concat(),
        _ => [&[tag, 0x82, length[0], length[1]], content].concat(),
    }
}

pub(super) fn id(oid: Oid<'static>) -> Vec<u8> {
    tlv(6, oid.content())
}

pub(super) fn name(attributes: &[(Oid<'static>, u8, &[u8])]) -> Vec<u8> {
    let rdn = |(kind, tag, value): &(Oid<'static>, u8, &[u8])| {
        tlv(0x31, &tlv(0x30, &[id(*kind), tlv(*tag, value)].concat()))
    };
    tlv(0x30, &attributes.iter().flat_map(rdn).collect::<Vec<u8>>())
}

pub(super) fn algorithm(kind: Oid<'static>, parameters: &[u8]) -> Vec<u8> {
    tlv(0x30, &[&id(kind)[..], parameters].concat())
}

pub(super) fn key(kind: Oid<'static>, parameters: &[u8]) -> Vec<u8> {
    tlv(0x30, &[algorithm(kind, parameters), tlv(3, &[0, 4])].concat())
}

pub(super) const NULL: [u8; 2] = [5, 0];
pub(super) const CA: [u8; 5] = [0x30, 3, 1, 1, 0xff];

impl Draft {
    pub(super) fn new() -> Self {
        Self {
            version: vec![0xa0, 3, 2, 1, 2],
            serial: vec![2, 1, 7],
            inner_algorithm: algorithm(oid::RSA_SHA256, &NULL),
            outer_algorithm: algorithm(oid::RSA_SHA256, &NULL),
            issuer: name(&[(oid::COUNTRY, 19, b"DE"), (oid::COMMON_NAME, 12, b"Issuer")]),
            not_before: tlv(23, b"250101000000Z"),
            not_after: tlv(23, b"260101000000Z"),
            subject: name(&[(oid::COMMON_NAME, 12, b"www.example.com")]),
            key: key(oid::RSA_ENCRYPTION, &NULL),
            extensions: Vec::new(),
        }
    }

    pub(super) fn extend(&mut self, kind: Oid<'static>, critical: bool, value: &[u8]) {
        let flag: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
        let parts = [&id(kind)[..], flag, &tlv(4, value)].concat();
        self.extensions.extend(tlv(0x30, &parts));
    }

    pub(super) fn names(&mut self, kind: Oid<'static>, names: &[(u8, &[u8])]) {
        let names: Vec<u8> = names.iter().flat_map(|(tag, value)| tlv(*tag, value)).collect();
        self.extend(kind, false, &tlv(0x30, &names));
    }

    pub(super) fn dns(&mut self, name: &[u8]) {
        self.names(oid::SUBJECT_ALT_NAME, &[(0x82, name)]);
    }

    pub(super) fn uri(&mut self, kind: Oid<'static>, uri: &[u8]) {
        self.names(kind, &[(0x86, uri)]);
    }

    pub(super) fn usage(&mut self, octets: &[u8]) {
        self.extend(oid::KEY_USAGE, true, &tlv(3, octets));
    }

    pub(super) fn purposes(&mut self, critical: bool, purposes: &[Oid<'static>]) {
        let list: Vec<u8> = purposes.iter().flat_map(|purpose| id(*purpose)).collect();
        self.extend(oid::EXTENDED_KEY_USAGE, critical, &tlv(0x30, &list));
    }

    pub(super) fn ca(&mut self) {
        self.extend(oid::BASIC_CONSTRAINTS, true, &CA);
    }

    pub(super) fn attribute(&mut self, kind: Oid<'static>, tag: u8, value: &[u8]) {
        self.subject = name(&[(kind, tag, value)]);
    }

    pub(super) fn der(&self) -> Vec<u8> {
        let extensions = match &self.extensions[..] {
            [] => Vec::new(),
            all => tlv(0xa3, &tlv(0x30, all)),
        };
        let validity = tlv(0x30, &[&self.not_before[..], &self.not_after].concat());
        let fields: [&[u8]; 8] = [
            &self.version,
            &self.serial,
            &self.inner_algorithm,
            &self.issuer,
            &validity,
            &self.subject,
            &self.key,
            &extensions,
        ];
        let parts = [tlv(0x30, &fields.concat()), self.outer_algorithm.clone(), tlv(3, &[0, 0])];
        tlv(0x30, &parts.concat())
    }
}

pub(super) fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::NotApplicable => "does not apply",
        Outcome::NotEffective => "not in force",
        Outcome::Judged(Verdict::Pass) => "pass",
        Outcome::Judged(Verdict::Unknown(_)) => "unknown",
        Outcome::Judged(Verdict::Violated(_)) => "violated",
    }
}

/// The lint, what it says, and what the certificate has that others have not.
pub(super) type Case = (&'static str, &'static str, fn(&mut Draft));

/// Runs lints of a source.
pub(super) fn check(source: &str, cases: &[Case]) {
    let at = "2025-06-01T00:00:00Z".parse().unwrap();
    for (lint, expected, change) in cases {
        let mut draft = Draft::new();
        change(&mut draft);
        let der = draft.der();
        let subject = Subject::of(&der, at);
        assert!(subject.anatomy.surplus.is_empty(), "{lint}: {:?}", subject.anatomy.faults());
        let outcome = find(&format!("{source}.{lint}")).unwrap().run(&subject);
        assert_eq!(word(&outcome), *expected, "{source}.{lint}: {outcome:?}");
    }
}

//! Chains made wrong and signed again, so that what is wrong is met behind the signature: rustls-webpki and we agree on
//! them, but for rules that only one of us has.

use std::collections::BTreeMap;

use fastrand::Rng;
use notafter_cert::der::{Reader, Tag, write};
use notafter_cert::path::{Anchors, PeerName, Question, Verdict, validate};
use notafter_cert::{Certificate, Time};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, GeneralSubtree,
    IsCa, KeyPair, KeyUsagePurpose, NameConstraints, SanType, SerialNumber, SigningKey,
};

use crate::mutation::mutated;
use crate::{beside, exceptions};

/// How many chains are made; with another number in `NOTAFTER_MUTATIONS`, so many.
const CHAINS: u64 = 10_000;

/// ecdsa-with-SHA256, as an AlgorithmIdentifier.
const ECDSA_SHA256: &[u8] = &[0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

/// Keys of P-256 in PKCS#8, always the same: what is wrong with a key depends on it.
const ROOT: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgqBObG4DpTDfXToHmSd/KtwGd2CyXBb1CmQC+QfTQFCmhRANCAASdEhRpOqGzHBmudr8GUarJY2yRf/R9Bg4hlC0cMzKA2iYdFotWub9yyXxstz7QEftC+0x/zSH0ervQWtjMLlpR";
const CA: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0wmAwkl2kajwzzVyapoizfBjrWFmKBQqX7g+PMpsHcShRANCAATNerkWrM3usCSp6oeQSwfYllD3gPv/4SLx8/BHwcCKuby5ExisLi4SKprAIVkJVxNsNKK1xH7vLR4B/DCXMgZ6";
const LEAF: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgydcHbCBfRLj/yEYiZF9hhx+xIyyg/+UcnT9Uu9w0H3uhRANCAARWWM5EIpayRwQ9890hprraypU2Qq0jpNEDU1DdAOjvwSXgsBcylDACi9kVMStzE4HyjH23MddSlbX2J2eNgndk";

fn key(text: &str) -> KeyPair {
    KeyPair::try_from(notafter_cert::base64::decode(text).unwrap()).unwrap()
}

/// A chain that is right, in parts that can be made wrong.
struct Stage {
    root: CertifiedIssuer<'static, KeyPair>,
    ca_key: KeyPair,
    ca: Vec<u8>,
    leaf: Vec<u8>,
    /// Another certificate, from which parts are taken.
    donor: Vec<u8>,
}

fn params(name: &str, serial: u64) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.serial_number = Some(SerialNumber::from(serial));
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2027, 1, 1);
    params.use_authority_key_identifier_extension = true;
    params
}

impl Stage {
    fn new() -> Self {
        let mut root = params("Root", 1);
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let root = CertifiedIssuer::self_signed(root, key(ROOT)).unwrap();
        let mut ca = params("CA", 2);
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        ca.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        ca.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("example".to_owned())],
            excluded_subtrees: vec![GeneralSubtree::DnsName("evil.example".to_owned())],
        });
        let ca = CertifiedIssuer::signed_by(ca, key(CA), &root).unwrap();
        let mut leaf = params("shop.example", 3);
        leaf.is_ca = IsCa::ExplicitNoCa;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        leaf.subject_alt_names =
            ["shop.example", "*.shop.example"].map(|name| SanType::DnsName(name.try_into().unwrap())).into();
        let leaf = leaf.signed_by(&key(LEAF), &ca).unwrap();
        let mut donor = params("evil.example", 4);
        donor.subject_alt_names = vec![
            SanType::DnsName("evil.example".try_into().unwrap()),
            SanType::IpAddress("192.0.2.1".parse().unwrap()),
            SanType::Rfc822Name("a@evil.example".try_into().unwrap()),
        ];
        donor.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
        let donor = donor.self_signed(&key(LEAF)).unwrap();
        let (ca_der, leaf_der, donor_der) = (ca.der().to_vec(), leaf.der().to_vec(), donor.der().to_vec());
        Self {
            root,
            ca_key: key(CA),
            ca: signed_part(&ca_der),
            leaf: signed_part(&leaf_der),
            donor: signed_part(&donor_der),
        }
    }

    /// The leaf and the CA, one of which is wrong.
    fn chain(&self, number: u64) -> [Vec<u8>; 2] {
        let mut random = Rng::with_seed(number);
        let (mut leaf, mut ca) = (self.leaf.clone(), self.ca.clone());
        let part = if random.u8(..) < 150 { &mut leaf } else { &mut ca };
        *part = mutated(part, &self.donor, &mut random);
        [signed(&leaf, &self.ca_key), signed(&ca, self.root.key())]
    }
}

/// What is signed of a certificate.
fn signed_part(der: &[u8]) -> Vec<u8> {
    Reader::new(der).element().unwrap().children().element().unwrap().whole.to_vec()
}

fn signed(part: &[u8], key: &KeyPair) -> Vec<u8> {
    let signature = [&[0][..], &key.sign(part).unwrap()].concat();
    write(Tag::SEQUENCE, &[part, ECDSA_SHA256, &write(Tag::BIT_STRING, &[&signature])])
}

/// What both say of one chain, where they differ.
fn disagreement([leaf, ca]: &[Vec<u8>; 2], root: &[u8]) -> Option<String> {
    let reads = |der: &[u8]| webpki::EndEntityCert::try_from(&der.into()).map(|_| ());
    for der in [leaf, ca] {
        if let (Err(_), Ok(())) = (Certificate::parse(der), reads(der)) {
            return Some("we refuse: it cannot be read".to_owned());
        }
    }
    let question = Question {
        name: Some("shop.example".parse::<PeerName>().unwrap()),
        ..Question::of_server(
            Certificate::parse(leaf).ok()?,
            vec![Certificate::parse(ca).ok()?],
            Anchors::from_ders("the root", [root]),
            "2026-06-01T00:00:00Z".parse::<Time>().unwrap(),
        )
    };
    let (ours, theirs) = (validate(&question), beside::webpki(&question).unwrap());
    match (ours.verdict == Verdict::Valid, theirs) {
        (true, Err(why)) => {
            let kind = why.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or_default();
            Some(format!("webpki refuses: {kind}"))
        }
        (false, Ok(())) => {
            let mut codes: Vec<&str> =
                ours.paths.first()?.errors.iter().map(|error| error.rule.code).collect();
            codes.sort_unstable();
            Some(format!("we refuse: {}", codes.first()?))
        }
        _ => None,
    }
}

#[test]
fn webpki_and_we_agree_on_chains_made_wrong() {
    let stage = Stage::new();
    let asked = std::env::var("NOTAFTER_MUTATIONS").ok().map(|count| count.parse().unwrap());
    let mut disagreements = BTreeMap::new();
    for number in 0..asked.unwrap_or(CHAINS) {
        if let Some(what) = disagreement(&stage.chain(number), stage.root.der()) {
            let (count, first) = disagreements.entry(what).or_insert((0, number));
            *count += 1;
            *first = number.min(*first);
        }
    }
    let told =
        |(what, (count, first)): (String, (u64, u64))| (what, format!("{count}, the first in chain {first}"));
    let disagreements: BTreeMap<String, String> = disagreements.into_iter().map(told).collect();
    let mut known = exceptions::read(include_str!("exceptions/mutated_chains.tsv"));
    if asked.is_some() {
        known.retain(|what, _| disagreements.contains_key(what));
    }
    exceptions::compare(&disagreements, &known);
}

/// It checked signatures, because a library reads it; RFC 5480 section 2.2 forbids it.
#[test]
fn a_key_in_the_hybrid_form_checks_no_signature() {
    const POINT: [u8; 4] = [0x03, 0x42, 0x00, 0x04];
    let stage = Stage::new();
    let mut ca = stage.ca.clone();
    let at = ca.windows(POINT.len()).position(|four| four == POINT).unwrap() + POINT.len() - 1;
    ca[at] = 6 | ca[at + 64] & 1;
    let chain = [signed(&stage.leaf, &stage.ca_key), signed(&ca, stage.root.key())];
    assert_eq!(disagreement(&chain, stage.root.der()), None);
}

use super::*;
use crate::bag::Place;
use crate::der::{Tag, oid, write};
use crate::pem;
use crate::staged::{Authority, Draft, entry, now, number, reason};

/// Without names of logs.
pub(crate) fn context() -> Context<'static> {
    Context { at: now(), log_name: &|_| None, calculates: true }
}

fn line(line: &Line, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let text = match &line.shown {
        Shown::Nothing => String::new(),
        Shown::Text(text) => text.clone(),
        Shown::Octets(octets) if octets.len() > 8 => "octets".to_owned(),
        Shown::Octets(octets) => crate::hex(octets),
        Shown::Fault(fault) => format!("! {fault}"),
    };
    let note = line.note.map(|note| format!(" ({note})")).unwrap_or_default();
    let below: String = line.lines.iter().map(|one| self::line(one, depth + 1)).collect();
    format!("{indent}{}{note}: {text}\n{below}", line.name)
}

fn told(description: &Description) -> String {
    let glance: String = description.glance.iter().map(|one| line(one, 1)).collect();
    let sections = description.sections.iter().map(|section| {
        let lines: String = section.lines.iter().map(|one| line(one, 1)).collect();
        format!("{}\n{lines}", section.name)
    });
    let odd = &description.odd;
    let errors: String =
        odd.errors.iter().map(|one| format!("  {}: {} {:?}\n", one.rule, one.text, one.at)).collect();
    let counts = format!("odd: {} warnings, {} notices\n{errors}", odd.warnings, odd.notices);
    format!("{}\n{glance}{}{counts}", description.title, sections.collect::<String>())
}

fn only(file: &[u8]) -> Description {
    let objects = objects(file);
    assert_eq!(objects.len(), 1, "{objects:?}");
    describe(&objects[0], &context())
}

/// A certificate with extensions of many kinds, one of them broken.
fn everything() -> Vec<u8> {
    let names = write(Tag::SEQUENCE, &[&write(Tag::context(2), &[b"shop.example"])]);
    let access = write(
        Tag::SEQUENCE,
        &[&write(
            Tag::SEQUENCE,
            &[
                &write(Tag::OID, &[oid::AD_CA_ISSUERS.content()]),
                &write(Tag::context(6), &[b"http://ca.example/ca.crt"]),
            ],
        )],
    );
    let promise = [&[0][..], &[7; 32], &1_700_000_000_000_u64.to_be_bytes(), &[0, 0, 4, 3, 0, 1, 9]].concat();
    let length = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap().to_be_bytes().to_vec();
    let list = [length(&promise), promise].concat();
    let list = write(Tag::OCTET_STRING, &[&length(&list), &list]);
    let extensions = [
        (oid::SUBJECT_ALT_NAME, names),
        (oid::AUTHORITY_INFO_ACCESS, access),
        (oid::KEY_USAGE, vec![3, 2, 7, 0x80]),
        (oid::EXTENDED_KEY_USAGE, write(Tag::SEQUENCE, &[&write(Tag::OID, &[oid::SERVER_AUTH.content()])])),
        (oid::TLS_FEATURE, vec![0x30, 3, 2, 1, 5]),
        (oid::SCT_LIST, list),
        (oid::NETSCAPE_CERT_TYPE, vec![3, 2, 6, 0x40]),
        (oid::MICROSOFT_CA_VERSION, vec![2, 1, 0]),
        (oid::BASIC_CONSTRAINTS, vec![0x30, 3, 2, 1]),
    ];
    Authority::new("CA").certificate(7, &extensions)
}

/// Without what differs from key to key.
fn steady(told: &str) -> String {
    let differs =
        |line: &&str| ["SHA-256:", "SHA-1:", "pin of"].iter().any(|name| line.trim_start().starts_with(name));
    told.lines().filter(|line| !differs(line)).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_people_want_to_know_first_is_told_first() {
    let description = Description { sections: Vec::new(), ..only(&everything()) };
    insta::assert_snapshot!(steady(&told(&description)), @r#"
    certificate of shop.example
      for: TLS servers
      names: shop.example
      valid: ends 2026-09-09 12:00 UTC (in 100 d); since 2026-02-21 12:00 UTC, 200 d in all
      issued by: CA
      key: ECDSA P-256
      logged: 1 CT log has promised to publish it
    odd: 9 warnings, 2 notices
      field: basicConstraints: cut short: 3 bytes announced, 2 there Some(440)
      rfc.malformed: Every field and every extension of a known kind can be read: basicConstraints, byte 440: cut short: 3 bytes announced, 2 there (RFC 5280 section 4.1; X.690 section 10) None
      rfc.ext-authority-key-identifier-no-key-identifier: A certificate names the key of its issuer, unless it is a root's: no keyIdentifier of the issuer's key (RFC 5280 section 4.2.1.1) None
      br.dnsname-not-valid-tld: A host's name ends in a top-level domain that there was when the certificate was issued: "subject" did not end in one when it was issued (Baseline Requirements sections 1.6.1 (Internal Name) and 4.2.2) None
      br.missing-crl-distrib-point: A server certificate that is not short-lived and offers no OCSP has a distribution point of CRLs: there is neither an address of a CRL nor of OCSP (Baseline Requirements section 7.1.2.11.2) None
      br.sub-cert-basic-constraints-not-critical: The basicConstraints of a subscriber is critical, where it is there: basicConstraints is not critical (Baseline Requirements section 7.1.2.7.6) None
      br.sub-cert-certificate-policies-missing: The certificate of a subscriber has certificatePolicies: there is no certificatePolicies (Baseline Requirements section 7.1.2.7.6) None
      br.sub-cert-cert-policy-empty: The certificate of a subscriber names a policy at least: no policy is named (Baseline Requirements section 7.1.2.7.9) None
      br.subject-common-name-not-exactly-from-san: A common name is, letter for letter, one of the names in subjectAltName: subject is not in subjectAltName (Baseline Requirements section 7.1.4.3) None
      br.sub-cert-not-one-reserved-policy: A server certificate names exactly one reserved policy: there is none (Baseline Requirements section 7.1.2.7.9) None
    "#);
}

#[test]
fn everything_in_a_certificate_is_told() {
    let description = only(&everything());
    let description = Description { glance: Vec::new(), odd: Oddities::default(), ..description };
    insta::assert_snapshot!(steady(&told(&description)), @"
    certificate of shop.example
    fields
      version: 3
      serialNumber: 07
        decimal: 7
      signature: ECDSA with SHA-256
        identifier: 1.2.840.10045.4.3.2
        parameters: none
      issuer: CN=CA
        common name (CN): CA
      notBefore: 2026-02-21T12:00:00Z
      notAfter: 2026-09-09T12:00:00Z
      subject: CN=subject
        common name (CN): subject
      subjectPublicKeyInfo: ECDSA P-256
        algorithm: ecPublicKey
          identifier: 1.2.840.10045.2.1
          parameters: P-256
        point (uncompressed): octets
    extensions
      subjectAltName: 1 name
        DNS name: shop.example
      authorityInfoAccess: 1 place
        issuer's certificate: http://ca.example/ca.crt
      keyUsage: digital signatures
      extKeyUsage: TLS servers
      TLS feature: the server must staple an OCSP answer (status_request)
      SCT list: 1 promise of a CT log
        promise: 2023-11-14T22:13:20Z
          log id: BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=
      Netscape certificate type: TLS servers
      Microsoft CA version: of a kind that is not read here
        identifier: 1.3.6.1.4.1.311.21.1
        octets: 020100
        elements: 
          INTEGER: 0
      basicConstraints: ! byte 440: cut short: 3 bytes announced, 2 there
        octets: 30030201
    signature
      signatureAlgorithm: ECDSA with SHA-256
        identifier: 1.2.840.10045.4.3.2
        parameters: none
      signatureValue: octets
    fingerprints
    odd: 0 warnings, 0 notices
    ");
}

#[test]
fn a_broken_certificate_is_shown_as_far_as_it_goes() {
    let der = Authority::new("CA").certificate(7, &[]);
    let cut = &der[..134];
    let file = pem::write("CERTIFICATE", cut);
    let description = only(file.as_bytes());
    assert_eq!(description.kind, Kind::Certificate);
    assert_eq!(description.title, "certificate of subject");
    let told: Vec<String> = description.sections[0].lines.iter().map(|one| line(one, 0)).collect();
    insta::assert_snapshot!(told.concat(), @"
    version: 3
    serialNumber: 07
      decimal: 7
    signature: ECDSA with SHA-256
      identifier: 1.2.840.10045.4.3.2
      parameters: none
    issuer: CN=CA
      common name (CN): CA
    notBefore: 2026-02-21T12:00:00Z
    notAfter: 2026-09-09T12:00:00Z
    subject: CN=subject
      common name (CN): subject
    subjectPublicKeyInfo: ! byte 94: cut short: 89 bytes announced, 38 there
    ");
    assert_eq!(only(cut).kind, Kind::Certificate, "without a label, too");
}

#[test]
fn crls_are_told_with_their_reasons() {
    let draft = Draft::new(&[entry(7, &[reason(1)]), entry(8, &[])]).with(number(3));
    let told = told(&only(&Authority::new("CA").crl(&draft)));
    insta::assert_snapshot!(steady(&told), @"
    CRL of CA
      revoked: 2 certificates are on it: 1 keyCompromise, 1 no reason
      about: all certificates of its issuer
      made: 2026-05-31 12:00 UTC (1 d ago)
      next: 2026-06-02 12:00 UTC (in 1 d)
    fields
      version: 2
      signature: ECDSA with SHA-256
        identifier: 1.2.840.10045.4.3.2
        parameters: none
      issuer: CN=CA
        common name (CN): CA
      thisUpdate (GeneralizedTime): 2026-05-31T12:00:00Z
      nextUpdate (GeneralizedTime): 2026-06-02T12:00:00Z
    extensions
      cRLNumber: 3
    entries
      07: revoked 2026-05-22T12:00:00Z
        reasonCode: keyCompromise
      08: revoked 2026-05-22T12:00:00Z
    signature
      signatureAlgorithm: ECDSA with SHA-256
        identifier: 1.2.840.10045.4.3.2
        parameters: none
      signatureValue: octets
    fingerprints
    odd: 0 warnings, 0 notices
      crl.has-authority-key-identifier: A CRL names the key that signed it: it has no authorityKeyIdentifier (RFC 5280 section 5.2.1) None
    ");
}

#[test]
fn requests_and_keys_are_told() {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let parameters = rcgen::CertificateParams::new(vec!["shop.example".to_owned()]).unwrap();
    let request = parameters.serialize_request(&key).unwrap().der().to_vec();
    let file = [pem::write("PRIVATE KEY", &key.serialize_der()), pem::write("CERTIFICATE REQUEST", &request)];
    let objects = objects(file.concat().as_bytes());
    let titles: Vec<String> = objects.iter().map(|one| describe(one, &context()).title).collect();
    assert_eq!(titles, ["private key, ECDSA P-256", "certificate request for shop.example"]);
    let facts = |position: usize, name: &str| {
        let facts = describe(&objects[position], &context()).facts;
        facts.into_iter().find(|fact| fact.name == name).unwrap().value
    };
    assert_eq!(facts(0, "spki_sha256"), facts(1, "spki_sha256"), "the key fits the request");
    assert_eq!(facts(1, "is_self_signed"), FactValue::Flag(true));
    let shown = told(&describe(&objects[0], &context()));
    insta::assert_snapshot!(steady(&shown), @"
    private key, ECDSA P-256
      structure: PKCS#8
      encryption: none: whoever can read the file has the key
    fields (what is secret is not shown)
      version: 0
      privateKeyAlgorithm: ecPublicKey
        identifier: 1.2.840.10045.2.1
        parameters: P-256
    odd: 0 warnings, 0 notices
    ");
    let secret = crate::hex(&key.serialize_der()[36..68]);
    assert!(!format!("{:?}", describe(&objects[0], &context())).contains(&secret));
}

#[test]
fn what_nobody_knows_is_an_object_too() {
    let table: [(&[u8], Kind); 5] = [
        (b"", Kind::NotDer),
        (b"hello", Kind::NotDer),
        (&[0x30, 3, 2, 1, 1], Kind::Der),
        (&[0x30, 9, 2, 1], Kind::NotDer),
        (b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----", Kind::Certificate),
    ];
    for (bytes, kind) in table {
        assert_eq!(only(bytes).kind, kind, "{bytes:?}");
    }
    let damaged = only(b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----");
    assert_eq!(damaged.odd.errors[0].rule, "pem");
}

#[test]
fn objects_of_a_file_come_in_its_order_with_their_places() {
    let der = Authority::new("CA").certificate(7, &[]);
    let two = objects(&[&der[..], &der].concat());
    assert_eq!((two.len(), two[1].place), (2, Place::Byte(der.len())));
    let bare = objects(crate::base64::encode(&der).as_bytes());
    assert_eq!((bare.len(), bare[0].kind), (1, Kind::Certificate));
}

/// Every place of a secret in hexadecimal, eight octets at a time.
fn windows(secret: &[u8]) -> Vec<String> {
    secret.windows(8).map(crate::hex).collect()
}

/// All that is ever told of a file: as a description with every octet, and as a dump.
fn all_that_is_told(file: &[u8]) -> String {
    let quick = Context { calculates: false, ..context() };
    let told = objects(file).into_iter().map(|object| {
        let description = serde_json::to_string(&describe(&object, &quick)).unwrap();
        let dump = crate::der::dump::dump(&object.octets, object.kind.structure(), usize::MAX);
        format!("{description}{}", serde_json::to_string(&dump).unwrap())
    });
    told.collect()
}

/// Keys with their secrets: SEC1, PKCS#8, the same for Ed25519, PKCS#1 by itself and inside, DSA, octets in a SEQUENCE.
fn secret_keys() -> Vec<(Vec<u8>, Vec<Vec<u8>>)> {
    let octets =
        |from: u8, count: u8| -> Vec<u8> { (0..count).map(|step| from ^ step.wrapping_mul(73)).collect() };
    let number = |from: u8, count: u8| [vec![0x41], octets(from, count)].concat();
    let integer = |number: &[u8]| write(Tag::INTEGER, &[number]);
    let (zero, one) = ([2, 1, 0], [2, 1, 1]);
    let scalar = octets(0xa5, 32);
    let point = write(Tag::BIT_STRING, &[&[0, 4], &octets(0x11, 64)]);
    let curve = write(Tag::OID, &[oid::P256.content()]);
    let octet_string = |content: &[u8]| write(Tag::OCTET_STRING, &[content]);
    let explicit =
        |number, content: &[u8]| write(Tag { constructed: true, ..Tag::context(number) }, &[content]);
    let sec1 =
        write(Tag::SEQUENCE, &[&one, &octet_string(&scalar), &explicit(0, &curve), &explicit(1, &point)]);
    let algorithm = |kind: crate::der::Oid<'_>, rest: &[u8]| {
        write(Tag::SEQUENCE, &[&write(Tag::OID, &[kind.content()]), rest])
    };
    let pkcs8 =
        |algorithm: &[u8], inner: &[u8]| write(Tag::SEQUENCE, &[&zero, algorithm, &octet_string(inner)]);
    let ec = pkcs8(&algorithm(oid::EC_PUBLIC_KEY, &curve), &sec1);
    let ed25519 = pkcs8(&algorithm(oid::ED25519, &[]), &octet_string(&scalar));
    let secrets: Vec<Vec<u8>> = [(1, 64), (2, 32), (3, 32), (4, 32), (5, 32), (6, 32)]
        .map(|(from, count)| number(from * 40, count))
        .into();
    let numbers: Vec<Vec<u8>> = secrets.iter().map(|secret| integer(secret)).collect();
    let public = [&zero[..], &integer(&number(9, 64)), &integer(&[1, 0, 1])].concat();
    let rsa = write(Tag::SEQUENCE, &[&public, &numbers.concat()]);
    let rsa_in_pkcs8 = pkcs8(&algorithm(oid::RSA_ENCRYPTION, &[5, 0]), &rsa);
    let domain = [&integer(&number(9, 64))[..], &integer(&number(8, 20)), &integer(&number(7, 60))].concat();
    let private = number(0x77, 20);
    let dsa = write(Tag::SEQUENCE, &[&zero, &domain, &integer(&number(6, 60)), &integer(&private)]);
    let bare = write(Tag::SEQUENCE, &[&octet_string(&scalar)]);
    vec![
        (sec1, vec![scalar.clone()]),
        (ec, vec![scalar.clone()]),
        (ed25519, vec![scalar.clone()]),
        (rsa, secrets.clone()),
        (rsa_in_pkcs8, secrets),
        (dsa, vec![private]),
        (bare, vec![scalar]),
    ]
}

/// A key whose last bytes were missing was shown as DER of another kind: the whole scalar in JSON, 25 of its 32 bytes in
/// text.
#[test]
fn no_part_of_a_private_key_is_ever_shown_however_damaged_or_named_it_is() {
    const LABELS: [&str; 6] =
        ["PRIVATE KEY", "EC PRIVATE KEY", "CERTIFICATE", "X509 CRL", "PUBLIC KEY", "PKCS7"];
    for (key, secrets) in secret_keys() {
        let windows: Vec<String> = secrets.iter().flat_map(|secret| windows(secret)).collect();
        let hidden = |file: &[u8], how: &str| {
            let told = all_that_is_told(file);
            let shown = windows.iter().find(|window| told.contains(*window));
            assert_eq!(shown, None, "{how}: {told}");
        };
        let step = 1 + key.len() / 40;
        for cut in (0..key.len()).step_by(step) {
            for part in [&key[..key.len() - cut], &key[cut..]] {
                hidden(part, "DER");
                for label in LABELS {
                    hidden(pem::write(label, part).as_bytes(), label);
                }
            }
        }
        let around = write(Tag::SEQUENCE, &[&write(Tag::SET, &[&key])]);
        hidden(&around, "inside of something else");
        let body = crate::base64::encode(&key);
        for text in [format!("{body}\n-----END PRIVATE KEY-----\n"), format!("d: {body}"), crate::hex(&key)] {
            assert!(!all_that_is_told(text.as_bytes()).contains(&text[10..30]), "{text}");
        }
    }
}

/// Whoever pasted what `openssl s_client` says was told of DER.
#[test]
fn text_that_begins_with_a_zero_is_read_as_text() {
    let der = Authority::new("CA").certificate(7, &[]);
    let pasted = format!(" 0 s:CN = shop.example\n{}", pem::write("CERTIFICATE", &der));
    for text in [pasted.trim_start(), &pasted] {
        assert_eq!(only(text.as_bytes()).kind, Kind::Certificate);
        assert_eq!(crate::bag::read(text.as_bytes()).unwrap().certificates.len(), 1);
    }
}

/// PowerShell writes UTF-16 where `>` stands; such files were bytes that nobody knew.
#[test]
fn pem_in_utf_16_is_read() {
    let text = pem::write("CERTIFICATE", &Authority::new("CA").certificate(7, &[]));
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let files = [[&[0xff, 0xfe][..], &little].concat(), [&[0xfe, 0xff][..], &big].concat(), little, big];
    for file in files {
        assert_eq!(only(&file).kind, Kind::Certificate);
    }
}

/// Thirty megabytes of zeros were ten thousand objects.
#[test]
fn octets_that_are_nothing_are_one_object() {
    for file in [vec![0; 10_000], vec![5, 0, 5, 0], vec![0x7f; 99]] {
        assert_eq!(objects(&file).len(), 1);
    }
    assert_eq!(objects(&[&[0x30, 0][..], &[0; 10_000]].concat()).len(), 2);
}

/// `openssl ecparam -genkey` writes the curve before the key: it was counted as DER of another kind.
#[test]
fn the_parameters_before_a_key_are_part_of_it() {
    let (sec1, _) = secret_keys().remove(0);
    let curve = pem::write("EC PARAMETERS", &write(Tag::OID, &[oid::P256.content()]));
    let key = pem::write("EC PRIVATE KEY", &sec1);
    let found = objects(format!("{curve}{key}").as_bytes());
    assert_eq!((found.len(), found[0].kind), (1, Kind::PrivateKey));
    assert_eq!(found[0].place, Place::Block { number: 2, line: 4 });
    assert_eq!(objects(curve.as_bytes()).len(), 1, "alone they are told");
}

/// A key of OpenSSH was said to lie open, which nobody had looked at.
#[test]
fn what_cannot_be_read_is_not_said_to_lie_open() {
    let openssh = [&b"openssh-key-v1\0"[..], &[0, 0, 0, 4], b"none"].concat();
    let files = [pem::write("OPENSSH PRIVATE KEY", &openssh), pem::write("PRIVATE KEY", &[0x30, 3, 2, 1, 0])];
    let shown = files.map(|file| told(&only(file.as_bytes())));
    insta::assert_snapshot!(shown.join("--\n"), @"
    private key, in OpenSSH's own form
      encryption: unknown
    odd: 0 warnings, 0 notices
    --
    private key, of a kind that cannot be read
      encryption: unknown
    fields (what is secret is not shown)
      privateKey: ! byte 0: not the structure of a private key
    odd: 0 warnings, 0 notices
      field: privateKey: not the structure of a private key Some(0)
    ");
}

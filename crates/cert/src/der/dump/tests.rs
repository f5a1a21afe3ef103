use super::*;
use crate::der::{oid, write};
use crate::staged::{Authority, Draft, entry, number, reason};

fn shown(document: &[u8], structure: Structure) -> String {
    let dump = dump(document, structure, 1000);
    let line = |line: &DumpLine| {
        let words = [line.field.map(str::to_owned), line.kind.clone(), line.value.clone()];
        let words: Vec<String> =
            words.into_iter().flatten().chain(line.faults.iter().map(|why| format!("! {why}"))).collect();
        format!(
            "{:>3} {}+{} {}{}",
            line.at,
            line.header,
            line.length,
            "  ".repeat(line.depth),
            words.join(" ")
        )
    };
    dump.lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn fields_of_a_crl_are_called_by_their_names() {
    let crl = Authority::new("CA").crl(&Draft::new(&[entry(7, &[reason(1)])]).with(number(3)));
    let shown = shown(&crl, Structure::RevocationList);
    // The length of a signature of ECDSA is chance.
    let lines: Vec<&str> =
        shown.lines().skip(1).take_while(|line| !line.contains("signatureValue")).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
      3 2+118   tbsCertList SEQUENCE
      5 2+1     version INTEGER 1
      8 2+10     signature SEQUENCE
     10 2+8       algorithm OBJECT IDENTIFIER 1.2.840.10045.4.3.2 (ECDSA with SHA-256)
     20 2+13     issuer SEQUENCE
     22 2+11       RelativeDistinguishedName SET
     24 2+9         AttributeTypeAndValue SEQUENCE
     26 2+3           type OBJECT IDENTIFIER 2.5.4.3 (CN)
     31 2+2           value UTF8String "CA"
     35 2+15     thisUpdate GeneralizedTime "20260531120000Z" = 2026-05-31T12:00:00Z
     52 2+15     nextUpdate GeneralizedTime "20260602120000Z" = 2026-06-02T12:00:00Z
     69 2+36     revokedCertificates SEQUENCE
     71 2+34       revokedCertificate SEQUENCE
     73 2+1         userCertificate INTEGER 7
     76 2+15         revocationDate GeneralizedTime "20260522120000Z" = 2026-05-22T12:00:00Z
     93 2+12         crlEntryExtensions SEQUENCE
     95 2+10           Extension SEQUENCE
     97 2+3             extnID OBJECT IDENTIFIER 2.5.29.21 (reasonCode)
    102 2+3             extnValue OCTET STRING
    104 2+1               ENUMERATED 1
    107 2+14     crlExtensions [0]
    109 2+12       SEQUENCE
    111 2+10         Extension SEQUENCE
    113 2+3           extnID OBJECT IDENTIFIER 2.5.29.20 (cRLNumber)
    118 2+3           extnValue OCTET STRING
    120 2+1             INTEGER 3
    123 2+10   signatureAlgorithm SEQUENCE
    125 2+8     algorithm OBJECT IDENTIFIER 1.2.840.10045.4.3.2 (ECDSA with SHA-256)
    "#);
}

#[test]
fn faults_stand_at_their_place_and_what_follows_is_still_shown() {
    let broken = [0x30, 0x81, 10, 1, 1, 1, 2, 2, 0, 5, 4, 9, 1];
    insta::assert_snapshot!(shown(&broken, Structure::Unknown), @"
     0 3+10 SEQUENCE ! a length in more octets than it needs
     3 2+1   BOOLEAN true ! a BOOLEAN that is neither 0 nor 255
     6 2+2   INTEGER 5 ! an INTEGER with octets that it does not need
    10 0+3   OCTET STRING ! cut short: 9 bytes announced, 1 there
    ");
    insta::assert_snapshot!(shown(b"hello", Structure::Unknown), @"  0 0+5 ! cut short: 101 bytes announced, 3 there");
}

#[test]
fn strings_are_gone_into_where_a_structure_fills_them() {
    let inner = write(Tag::SEQUENCE, &[&[2, 1, 5]]);
    let whole = write(
        Tag::SEQUENCE,
        &[&write(Tag::OCTET_STRING, &[&inner]), &write(Tag::OCTET_STRING, &[&inner, &[0]])],
    );
    insta::assert_snapshot!(shown(&whole, Structure::Unknown), @"
    0 2+15 SEQUENCE
    2 2+5   OCTET STRING
    4 2+3     SEQUENCE
    6 2+1       INTEGER 5
    9 2+6   OCTET STRING 300302010500
    ");
}

#[test]
fn secrets_are_not_shown() {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap().serialize_der();
    insta::assert_snapshot!(shown(&key, Structure::PrivateKey).lines().take(6).collect::<Vec<_>>().join("\n"), @"
     0 3+135 PrivateKeyInfo SEQUENCE
     3 2+1   version INTEGER 0
     6 2+19   privateKeyAlgorithm SEQUENCE
     8 2+7     algorithm OBJECT IDENTIFIER 1.2.840.10045.2.1 (ecPublicKey)
    17 2+8     parameters OBJECT IDENTIFIER 1.2.840.10045.3.1.7 (P-256)
    27 2+109   privateKey OCTET STRING not shown
    ");
}

#[test]
fn the_budget_ends_a_dump() {
    let many = write(Tag::SEQUENCE, &[&[5, 0].repeat(100)]);
    let dump = super::dump(&many, Structure::Unknown, 10);
    assert_eq!((dump.lines.len(), dump.is_cut), (10, true));
    let deep =
        (0..200).fold(vec![5, 0], |inner, _| write(Tag::OCTET_STRING, &[&write(Tag::SEQUENCE, &[&inner])]));
    let dump = super::dump(&deep, Structure::Unknown, 10_000);
    assert!(dump.lines.len() < 100 && !dump.is_cut);
}

#[test]
fn names_of_a_certificate_are_shown_in_letters() {
    let name = write(
        Tag::SEQUENCE,
        &[&write(Tag::context(2), &[b"shop.example"]), &write(Tag::context(7), &[&[192, 0, 2, 1]])],
    );
    let der = Authority::new("CA").certificate(1, &[(oid::SUBJECT_ALT_NAME, name)]);
    let shown = shown(&der, Structure::Certificate);
    let from = shown.lines().position(|line| line.contains("GeneralNames")).unwrap();
    insta::assert_snapshot!(shown.lines().skip(from - 1).take(4).map(|line| line[8..].trim()).collect::<Vec<_>>().join("\n"), @r#"
    extnValue OCTET STRING
    GeneralNames SEQUENCE
    dNSName [2] "shop.example"
    iPAddress [7] 192.0.2.1
    "#);
}

/// The fields of a key under a password were called those of one that lies open.
#[test]
fn keys_are_called_by_their_structure() {
    let algorithm = write(Tag::SEQUENCE, &[&write(Tag::OID, &[oid::PBES2.content()])]);
    let sealed = write(Tag::SEQUENCE, &[&algorithm, &write(Tag::OCTET_STRING, &[&[7; 4]])]);
    let dsa = write(Tag::SEQUENCE, &[&[2, 1, 0], &[2, 1, 5].repeat(5)]);
    let none = write(Tag::SEQUENCE, &[&[2, 1, 0, 4, 2, 1, 2, 5, 0]]);
    let told = [sealed, dsa, none].map(|key| shown(&key, Structure::PrivateKey));
    insta::assert_snapshot!(told.join("\n--\n"), @"
      0 2+19 EncryptedPrivateKeyInfo SEQUENCE
      2 2+11   encryptionAlgorithm SEQUENCE
      4 2+9     algorithm OBJECT IDENTIFIER 1.2.840.113549.1.5.13 (PBES2)
     15 2+4   encryptedData OCTET STRING 07070707
    --
      0 2+18 DSAPrivateKey SEQUENCE
      2 2+1   version INTEGER 0
      5 2+1   p INTEGER 5
      8 2+1   q INTEGER 5
     11 2+1   g INTEGER 5
     14 2+1   publicKey INTEGER 5
     17 2+1   privateKey INTEGER not shown
    --
      0 2+9 PrivateKey SEQUENCE not shown
    ");
}

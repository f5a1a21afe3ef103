//! Files of OpenSSL and keytool, opened; and files of ours, opened by them.

use std::fs;
use std::path::Path;
use std::process::Command;

use notafter_cert::{Trouble, pem};
use notafter_keys::pkcs12::{self, Style};
use notafter_keys::unpack::{UnpackError, Unpacked, Wanted, unpack, unpack_within};
use notafter_keys::{Budget, KeyError, LooseKey, Subject, Wish, wished_csr};
use tempfile::TempDir;

use crate::left_out::{Need, left_out};
use crate::openssl;

struct Desk(TempDir);

impl Desk {
    /// A key in PKCS#8 and a certificate that signed itself with it.
    fn with_key(kind: &str) -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        desk.openssl(&format!("genpkey {kind} -out key.pem"));
        desk.openssl("req -x509 -new -key key.pem -subj /CN=shop.example -days 30 -out cert.pem");
        desk
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn openssl(&self, arguments: &str) -> String {
        openssl::run(self.path(), arguments)
    }

    /// Whether there is a Java here.
    fn has_java(test: &str) -> bool {
        let has = Command::new("keytool").arg("-help").output().is_ok();
        if !has {
            left_out(test, Need::Package("default-jre-headless"));
        }
        has
    }

    fn keytool(&self, arguments: &str) -> String {
        let ran = Command::new("keytool").args(arguments.split(' ')).current_dir(self.path()).output();
        let ran = ran.expect("keytool is part of every Java");
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert!(ran.status.success(), "keytool {arguments}: {said}{}", String::from_utf8_lossy(&ran.stderr));
        said
    }

    fn unpack(&self, name: &str, passwords: &[&str]) -> Result<Unpacked, UnpackError> {
        unpack(&fs::read(self.path().join(name)).unwrap(), passwords, Wanted::Everything)
    }

    fn spki(&self) -> Vec<u8> {
        pem::blocks(self.openssl("pkey -in key.pem -pubout").as_bytes()).remove(0).der
    }

    fn certificate(&self) -> Vec<u8> {
        pem::chain_from(&fs::read(self.path().join("cert.pem")).unwrap()).unwrap().remove(0)
    }
}

const EC: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";

#[test]
fn keys_of_every_kind_have_their_public_half() {
    let kinds = [
        (EC, "ECDSA P-256"),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-384", "ECDSA P-384"),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-521", "ECDSA P-521"),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1", "ECDSA secp256k1"),
        ("-algorithm RSA -pkeyopt rsa_keygen_bits:2048", "RSA 2048"),
        ("-algorithm RSA -pkeyopt rsa_keygen_bits:1024", "RSA 1024"),
        ("-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048", "RSA 2048 bound to PSS"),
        ("-algorithm ED25519", "Ed25519"),
    ];
    for (kind, name) in kinds {
        let desk = Desk::with_key(kind);
        let unpacked = desk.unpack("key.pem", &[]).unwrap();
        let key = &unpacked.keys[0].key;
        assert_eq!((key.kind(), key.spki_der()), (name, Some(desk.spki().as_slice())));
        let certificate = desk.unpack("cert.pem", &[]).unwrap().certificates.remove(0);
        // Nobody here calculates on this curve, or with so few bits: what is written beside proves nothing.
        let is_proven = !["ECDSA secp256k1", "RSA 1024"].contains(&name);
        assert_eq!(key.is_of(&certificate), is_proven.then_some(true), "{name}");
        assert_eq!(key.proven_spki_der().is_some(), is_proven);
    }
    let desk = Desk::with_key("-algorithm ED448");
    let key = desk.unpack("key.pem", &[]).unwrap().keys.remove(0).key;
    assert_eq!((key.kind(), key.spki_der()), ("Ed448", None));
}

/// The public half that a file carries was believed where the library had refused the key: such a pair was said to fit, and
/// written out.
#[test]
fn halves_that_do_not_belong_together_are_no_key() {
    let point = |der: &[u8], bytes: usize| der[der.len() - bytes..].to_vec();
    let kinds = [
        (EC, 64),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-384", 96),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-521", 132),
    ];
    for (kind, bytes) in kinds {
        let ders = [kind; 2].map(|kind| {
            let desk = Desk::with_key(kind);
            pem::blocks(&fs::read(desk.path().join("key.pem")).unwrap()).remove(0).der
        });
        let mixed = [&ders[0][..ders[0].len() - bytes], &point(&ders[1], bytes)].concat();
        assert!(LooseKey::from_der(&ders[0]).is_ok());
        assert_eq!(LooseKey::from_der(&mixed).unwrap_err(), KeyError::Inconsistent, "{kind}");
    }
    let desk = Desk::with_key("-algorithm RSA -pkeyopt rsa_keygen_bits:2048");
    let mut der = pem::blocks(&fs::read(desk.path().join("key.pem")).unwrap()).remove(0).der;
    der[200] ^= 1;
    assert_eq!(LooseKey::from_der(&der).unwrap_err(), KeyError::Inconsistent, "another modulus");
    let refused = unpack(pem::write("PRIVATE KEY", &der).as_bytes(), &[], Wanted::Everything).unwrap_err();
    insta::assert_snapshot!(format!("{refused}\n hint: {}", refused.hint()), @"
    the PRIVATE KEY of line 1 cannot be read: the halves of the private key do not belong together, or it is damaged
     hint: take it from a backup, or make a new one and ask for a new certificate
    ");
}

/// Refused by the library, and keys all the same.
#[test]
fn keys_of_three_primes_are_kept() {
    let desk = Desk::with_key("-algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_primes:3");
    let key = desk.unpack("key.pem", &[]).unwrap().keys.remove(0).key;
    assert_eq!((key.kind(), key.proven_spki_der()), ("RSA 2048", None));
}

/// Each key of a pile had work of its own: a file of thousands took hours.
#[test]
fn the_work_of_several_files_is_bounded_together() {
    let key = LooseKey::generate(notafter_keys::LooseKind::default()).unwrap();
    let sealed = key.sealed_der("swordfish").unwrap();
    let mut budget = Budget::for_each_of(1);
    let mut open = || unpack_within(&sealed, &["other"], Wanted::Everything, &mut budget).unwrap_err().code();
    let codes: Vec<&str> = (0..7).map(|_| open()).collect();
    assert_eq!(codes.iter().filter(|code| **code == "container.locked").count(), 6, "of 600,000 iterations");
    assert_eq!(codes.last(), Some(&"password.too-slow"));
    assert!(budget.is_short_for(1));
}

#[test]
fn keys_under_a_password_open_with_it_and_with_no_other() {
    let desk = Desk::with_key(EC);
    desk.openssl("ecparam -name prime256v1 -genkey -noout -out other.pem");
    let pkcs8 = [
        "-v2 aes-256-cbc",
        "-v2 aes-128-cbc -v2prf hmacWithSHA1",
        "-v2 aes-192-cbc -v2prf hmacWithSHA512",
        "-v2 aes256 -v2prf hmacWithSHA224",
        "-provider default -provider legacy -v2 rc2",
        "-v2 des3",
        "-scrypt",
        "-v1 PBE-SHA1-3DES",
        "-v1 PBE-SHA1-2DES",
        "-provider default -provider legacy -v1 PBE-SHA1-RC2-40",
        "-provider default -provider legacy -v1 PBE-SHA1-RC2-128",
        "-provider default -provider legacy -v1 PBE-MD5-DES",
        "-provider default -provider legacy -v1 PBE-SHA1-RC2-64",
    ];
    for how in pkcs8 {
        desk.openssl(&format!("pkcs8 -topk8 -in key.pem -passout pass:swördfish -out sealed.pem {how}"));
        let opened =
            desk.unpack("sealed.pem", &["", "swördfish"]).unwrap_or_else(|error| panic!("{how}: {error}"));
        assert_eq!(opened.keys[0].key.spki_der(), Some(desk.spki().as_slice()), "{how}");
        assert_eq!(opened.opened_with, Some(1));
        for wrong in [&[][..], &["", "swordfish"]] {
            let refused = desk.unpack("sealed.pem", wrong).unwrap_err();
            assert_eq!(refused.code(), "container.locked", "{how}");
        }
        let bytes = fs::read(desk.path().join("sealed.pem")).unwrap();
        assert!(unpack(&bytes, &[], Wanted::WithoutKeys).unwrap().keys.is_empty());
    }
    for how in ["-aes256", "-aes192", "-aes128", "-des3"] {
        desk.openssl(&format!("ec -in key.pem {how} -passout pass:swordfish -out sealed.pem"));
        assert!(fs::read_to_string(desk.path().join("sealed.pem")).unwrap().contains("DEK-Info"));
        let opened = desk.unpack("sealed.pem", &["swordfish"]).unwrap();
        assert_eq!(opened.keys[0].key.spki_der(), Some(desk.spki().as_slice()), "{how}");
        assert_eq!(desk.unpack("sealed.pem", &["other"]).unwrap_err().code(), "container.locked");
    }
    desk.openssl("pkcs8 -topk8 -in key.pem -passout pass:swordfish -out costly.pem -scrypt -scrypt_p 32");
    let costly = desk.unpack("costly.pem", &["swordfish"]).unwrap_err();
    assert_eq!(costly.code(), "password.too-slow", "{costly}");
}

#[test]
fn pkcs12_of_every_age_is_opened() {
    let desk = Desk::with_key(EC);
    let ways = [
        "",
        "-legacy",
        "-legacy -certpbe PBE-SHA1-RC2-128 -keypbe PBE-SHA1-RC2-40",
        "-keypbe AES-128-CBC -certpbe PBE-SHA1-3DES -macalg sha512",
        "-macalg sha384 -iter 100000",
        "-keypbe NONE -certpbe NONE",
        "-keypbe NONE -certpbe NONE -nomac",
    ];
    for how in ways {
        let arguments =
            "pkcs12 -export -inkey key.pem -in cert.pem -name shop -passout pass:swördfish -out all.p12";
        desk.openssl(format!("{arguments} {how}").trim_end());
        let opened = desk.unpack("all.p12", &["swördfish"]).unwrap_or_else(|error| panic!("{how}: {error}"));
        assert_eq!(opened.certificates[0].der(), desk.certificate(), "{how}");
        assert_eq!(opened.keys[0].alias.as_deref(), Some("shop"));
        assert_eq!(opened.keys[0].key.spki_der(), Some(desk.spki().as_slice()));
        if !how.contains("nomac") {
            assert_eq!(
                desk.unpack("all.p12", &["swordfish"]).unwrap_err().code(),
                "container.locked",
                "{how}"
            );
        }
    }
    desk.openssl("pkcs12 -export -inkey key.pem -in cert.pem -passout pass: -out empty.p12");
    assert_eq!(desk.unpack("empty.p12", &[]).unwrap().keys.len(), 1);
}

/// OpenSSL 3.0 does not write it: its own parts make it, from a file without MAC.
#[test]
fn pbmac1_is_checked() {
    let desk = Desk::with_key(EC);
    desk.openssl("pkcs12 -export -inkey key.pem -in cert.pem -passout pass:swordfish -nomac -out plain.p12");
    let plain = fs::read(desk.path().join("plain.p12")).unwrap();
    let length = usize::from(plain[2]) << 8 | usize::from(plain[3]);
    assert_eq!((plain[1], plain.len()), (0x82, length + 4));
    // What the MAC is over lies in [0] and OCTET STRING, both with lengths of two bytes.
    let info = &plain[7..];
    let content = &info[4 + 11 + 4 + 4..];
    fs::write(desk.path().join("content"), content).unwrap();
    let key = desk.openssl(
        "kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt pass:swordfish -kdfopt hexsalt:0102030405060708 -kdfopt iter:2048 PBKDF2",
    );
    let key = key.trim().replace(':', "");
    let mac = desk.openssl(&format!("dgst -sha256 -mac HMAC -macopt hexkey:{key} content"));
    let mac: Vec<u8> = mac
        .trim()
        .rsplit(' ')
        .next()
        .unwrap()
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    let tlv = |tag: u8, parts: &[&[u8]]| {
        let content = parts.concat();
        [&[tag, 0x82], &u16::try_from(content.len()).unwrap().to_be_bytes()[..], &content].concat()
    };
    let pkcs5 = |last: u8| [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, last];
    let hmac = tlv(0x30, &[&[6, 8, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 9], &[5, 0]]);
    let salt = [4, 8, 1, 2, 3, 4, 5, 6, 7, 8];
    let pbkdf2 = tlv(0x30, &[&pkcs5(12), &tlv(0x30, &[&salt, &[2, 2, 8, 0, 2, 1, 32], &hmac])]);
    let algorithm = tlv(0x30, &[&pkcs5(14), &tlv(0x30, &[&pbkdf2, &hmac])]);
    let data = tlv(0x30, &[&tlv(0x30, &[&algorithm, &tlv(4, &[&mac])]), &[4, 0], &[2, 1, 1]]);
    let file = tlv(0x30, &[&[2, 1, 3], info, &data]);
    assert_eq!(unpack(&file, &["swordfish"], Wanted::Everything).unwrap().keys.len(), 1);
    let refused = unpack(&file, &["other"], Wanted::Everything).unwrap_err();
    assert_eq!(refused.code(), "container.locked");
}

#[test]
fn keystores_of_java_are_opened_and_ours_by_java() {
    if !Desk::has_java("keystores_of_java_are_opened_and_ours_by_java") {
        return;
    }
    let desk = Desk::with_key(EC);
    desk.openssl("pkcs12 -export -inkey key.pem -in cert.pem -name shop -passout pass:changeit -out all.p12");
    for kind in ["jks", "jceks"] {
        desk.keytool(&format!(
            "-importkeystore -srckeystore all.p12 -srcstorepass changeit -srcstoretype pkcs12 -destkeystore all.{kind} \
             -deststoretype {kind} -deststorepass swordfish -destkeypass swordfish"
        ));
        desk.keytool(&format!(
            "-importcert -noprompt -alias anchor -file cert.pem -keystore all.{kind} -storetype {kind} -storepass swordfish"
        ));
        let name = format!("all.{kind}");
        let opened = desk.unpack(&name, &["changeit", "swordfish"]).unwrap();
        assert_eq!((opened.opened_with, opened.certificates.len()), (Some(1), 2), "{kind}");
        assert_eq!(opened.keys[0].alias.as_deref(), Some("shop"));
        assert_eq!(opened.keys[0].key.spki_der(), Some(desk.spki().as_slice()));
        for wrong in [&[][..], &["changeit"]] {
            assert_eq!(desk.unpack(&name, wrong).unwrap_err().code(), "container.locked");
        }
        let bytes = fs::read(desk.path().join(&name)).unwrap();
        let seen = unpack(&bytes, &[], Wanted::WithoutKeys).unwrap();
        assert_eq!((seen.certificates.len(), seen.keys.len()), (2, 0), "certificates are open to anybody");
    }
    let key = &desk.unpack("key.pem", &[]).unwrap().keys.remove(0).key;
    for style in [Style::Modern, Style::Legacy] {
        let file = pkcs12::write(Some(key), &[desk.certificate()], "shop", "swordfish", style).unwrap();
        fs::write(desk.path().join("ours.p12"), &*file).unwrap();
        let listed = desk.keytool("-list -keystore ours.p12 -storepass swordfish");
        assert!(listed.contains("shop") && listed.contains("PrivateKeyEntry"), "{listed}");
        let legacy = if style == Style::Legacy { " -legacy" } else { "" };
        let shown = desk.openssl(&format!("pkcs12 -in ours.p12 -passin pass:swordfish -nodes -info{legacy}"));
        let expected = match style {
            Style::Modern => ["MAC: sha256", "AES-256-CBC"],
            Style::Legacy => ["MAC: sha1", "pbeWithSHA1And3-KeyTripleDES-CBC"],
        };
        assert!(expected.iter().all(|words| shown.contains(words)), "{shown}");
    }
    let anchors = pkcs12::write(None, &[desk.certificate()], "anchor", "swordfish", Style::Modern).unwrap();
    fs::write(desk.path().join("anchors.p12"), &*anchors).unwrap();
    let listed = desk.keytool("-list -keystore anchors.p12 -storepass swordfish");
    assert!(listed.contains("anchor") && listed.contains("trustedCertEntry"), "{listed}");
}

/// The store was said to be under a password that did open it.
#[test]
fn a_key_with_a_password_of_its_own_is_named() {
    if !Desk::has_java("a_key_with_a_password_of_its_own_is_named") {
        return;
    }
    let desk = Desk(tempfile::tempdir().unwrap());
    desk.keytool(
        "-genkeypair -alias shop -keyalg EC -dname CN=shop.example -keystore own.jks -storetype jks -storepass swordfish \
         -keypass mackerel",
    );
    let refused = desk.unpack("own.jks", &["swordfish"]).unwrap_err();
    insta::assert_snapshot!(format!("{refused}\n hint: {}", refused.hint()), @"
    the Java keystore opens, and its key shop has another password
     hint: give the password of the key as well
    ");
    assert_eq!(desk.unpack("own.jks", &["swordfish", "mackerel"]).unwrap().keys.len(), 1);
    // By itself, as inspect has it, it was encrypted "in a way that is not known".
    let objects = notafter_cert::inspect::objects(&fs::read(desk.path().join("own.jks")).unwrap());
    let key = objects.iter().find(|one| one.kind == notafter_cert::inspect::Kind::PrivateKey).unwrap();
    let opened = unpack(&key.octets, &["mackerel"], Wanted::Everything).unwrap();
    assert!(opened.keys[0].key.proven_spki_der().is_some());
    assert_eq!(unpack(&key.octets, &["other"], Wanted::Everything).unwrap_err().code(), "container.locked");
}

#[test]
fn what_is_sealed_here_openssl_opens() {
    let desk = Desk::with_key(EC);
    let key = desk.unpack("key.pem", &[]).unwrap().keys.remove(0).key;
    fs::write(desk.path().join("sealed.pem"), key.sealed_pem("swordfish").unwrap().as_bytes()).unwrap();
    let public = desk.openssl("pkey -in sealed.pem -passin pass:swordfish -pubout");
    assert_eq!(pem::blocks(public.as_bytes()).remove(0).der, desk.spki());
    fs::write(desk.path().join("sec1.pem"), key.traditional_pem().unwrap().as_bytes()).unwrap();
    assert_eq!(pem::blocks(desk.openssl("ec -in sec1.pem -pubout").as_bytes())[0].der, desk.spki());
}

#[test]
fn requests_say_what_was_wished() {
    for kind in notafter_keys::LooseKind::ALL {
        let desk = Desk(tempfile::tempdir().unwrap());
        let key = LooseKey::generate(kind).unwrap();
        let wish = Wish {
            identifiers: vec!["shop.example".parse().unwrap(), "192.0.2.7".parse().unwrap()],
            subject: "O=Example Ltd, C=DE".parse::<Subject>().unwrap(),
            must_staple: true,
        };
        let csr = pem::write("CERTIFICATE REQUEST", &wished_csr(&key, &wish).unwrap());
        fs::write(desk.path().join("csr.pem"), csr).unwrap();
        let shown = desk.openssl("req -in csr.pem -noout -verify -text");
        for words in [
            "O = Example Ltd, C = DE",
            "DNS:shop.example, IP Address:192.0.2.7",
            "status_request",
            "verify OK",
        ] {
            assert!(shown.contains(words), "{kind}: {words}: {shown}");
        }
    }
}

//! Private keys, requests and JWS signatures.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
};
use notafter_cert::{Certificate, Identifier, KeySpec, Trouble};
use notafter_keys::account::AccountKey;
use notafter_keys::on_disk::{UnknownKey, is_key_of};
use notafter_keys::{KeyError, PrivateKey, csr};

use crate::openssl;

#[test]
fn every_kind_is_read_by_openssl_and_read_back() {
    let dir = tempfile::tempdir().unwrap();
    for spec in [KeySpec::EcdsaP256, KeySpec::EcdsaP384, KeySpec::Rsa2048] {
        let key = PrivateKey::generate(spec).unwrap();
        assert_eq!(key.spec(), Some(spec));
        std::fs::write(dir.path().join("key.pem"), key.to_pem().as_bytes()).unwrap();
        openssl::run(dir.path(), "pkey -in key.pem -check -noout");
        openssl::run(dir.path(), "pkey -in key.pem -pubout -outform DER -out spki.der");
        assert_eq!(std::fs::read(dir.path().join("spki.der")).unwrap(), key.spki_der());
        let back = PrivateKey::from_pem(key.to_pem().as_bytes()).unwrap();
        assert_eq!(back.spki_sha256(), key.spki_sha256());
        assert_eq!(PrivateKey::from_pkcs8(key.pkcs8()).unwrap().spki_der(), key.spki_der());
    }
}

#[test]
fn keys_of_other_programs_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let table = [
        ("ecparam -name prime256v1 -genkey -out k", Some(KeySpec::EcdsaP256)), // SEC1, after EC PARAMETERS
        ("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out k", Some(KeySpec::EcdsaP384)),
        ("genrsa -traditional -out k 2048", Some(KeySpec::Rsa2048)), // PKCS#1
        ("genrsa -out k 2560", None),
    ];
    for (command, spec) in table {
        openssl::run(dir.path(), command);
        let key = PrivateKey::from_pem(&std::fs::read(dir.path().join("k")).unwrap()).unwrap();
        assert_eq!(key.spec(), spec, "{command}");
    }
}

#[test]
fn a_key_on_disk_is_known_as_its_certificates_however_that_writes_the_key() {
    let dir = tempfile::tempdir().unwrap();
    let run = |command: &str| openssl::run(dir.path(), command);
    run(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -subj /CN=ca -out ca.pem",
    );
    run("genrsa -out rsa.key 2048");
    run("req -x509 -key rsa.key -subj /CN=x -out rsa.pem");
    run("ecparam -name secp384r1 -genkey -noout -out ec.key");
    run("ec -in ec.key -pubout -conv_form compressed -out ec.pub");
    run("req -new -key ec.key -subj /CN=x -out ec.csr");
    run("x509 -req -in ec.csr -CA ca.pem -CAkey ca.key -force_pubkey ec.pub -out ec.pem");
    let is_key_of = |key: &str, certificate: &str| {
        let pem = std::fs::read(dir.path().join(certificate)).unwrap();
        let leaf = Certificate::parse(&notafter_cert::pem::chain_from(&pem).unwrap()[0]).unwrap();
        is_key_of(&dir.path().join(key), &leaf)
    };
    for (key, certificate, expected) in [
        ("ca.key", "ca.pem", true),
        ("rsa.key", "rsa.pem", true),
        ("ec.key", "ec.pem", true),
        ("ca.key", "ec.pem", false),
        ("ca.key", "rsa.pem", false),
        ("rsa.key", "ca.pem", false),
    ] {
        assert_eq!(is_key_of(key, certificate).unwrap(), expected, "{key} {certificate}");
    }
    let compressed = std::fs::read_to_string(dir.path().join("ec.pub")).unwrap();
    assert!(compressed.len() < 180, "the point is compressed: {compressed}");
    assert!(matches!(is_key_of("ca.pem", "ca.pem"), Err(UnknownKey::Key(_))));
    assert!(matches!(is_key_of(".", "ca.pem"), Err(UnknownKey::NotAFile)));
    rustix::fs::mknodat(
        rustix::fs::CWD,
        dir.path().join("pipe"),
        rustix::fs::FileType::Fifo,
        0o600.into(),
        0,
    )
    .unwrap();
    assert!(matches!(is_key_of("pipe", "ca.pem"), Err(UnknownKey::NotAFile)), "nobody waits for its writer");
    // Whoever opens a socket is told something else.
    std::os::unix::net::UnixListener::bind(dir.path().join("socket")).unwrap();
    assert!(matches!(is_key_of("socket", "ca.pem"), Err(UnknownKey::NotAFile)), "it is not even opened");
    std::fs::write(dir.path().join("huge"), vec![b'-'; (1 << 20) + 1]).unwrap();
    assert!(matches!(is_key_of("huge", "ca.pem"), Err(UnknownKey::TooLarge)));
}

#[test]
fn what_cannot_be_used_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let mut shown = String::new();
    for command in [
        "genpkey -algorithm ed25519 -out k",
        "ecparam -name secp521r1 -genkey -noout -out k",
        "genrsa -out k 1024",
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -pass pass:x -out k",
        "genrsa -traditional -aes128 -passout pass:x -out k 2048",
        "rand -hex -out k 40",
    ] {
        openssl::run(dir.path(), command);
        let error = PrivateKey::from_pem(&std::fs::read(dir.path().join("k")).unwrap()).unwrap_err();
        shown.push_str(&format!("{command}\n  {}: {error}\n  hint: {}\n", error.code(), error.hint()));
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn hostile_bytes_are_refused_without_a_panic() {
    let good = PrivateKey::generate(KeySpec::EcdsaP256).unwrap();
    for cut in 0..good.pkcs8().len() {
        assert!(PrivateKey::from_der(&good.pkcs8()[..cut]).is_err());
    }
    for junk in
        [&b""[..], b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", b"\x30\x84\xff\xff\xff\xff"]
    {
        assert!(PrivateKey::from_pem(junk).is_err());
        assert!(PrivateKey::from_der(junk).is_err());
        assert!(PrivateKey::from_jwk(junk).is_err());
    }
}

#[test]
fn a_request_carries_names_and_addresses_and_an_empty_subject() {
    let dir = tempfile::tempdir().unwrap();
    let names: Vec<Identifier> = ["shop.example", "*.shop.example", "192.0.2.7", "2001:db8::7"]
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
    for spec in [KeySpec::EcdsaP256, KeySpec::EcdsaP384, KeySpec::Rsa2048] {
        let request = csr(&PrivateKey::generate(spec).unwrap(), &names).unwrap();
        std::fs::write(dir.path().join("csr.der"), request).unwrap();
        let text = openssl::run(dir.path(), "req -inform DER -in csr.der -verify -noout -text");
        assert!(text.contains("verify OK"), "{text}");
        assert!(text.lines().any(|line| line.trim() == "Subject:"), "{text}");
        assert!(
            text.contains(
                "DNS:shop.example, DNS:*.shop.example, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7"
            ),
            "{text}"
        );
    }
}

#[test]
fn jws_signatures_verify_in_the_form_of_rfc_7518() {
    let message = b"eyJhbGciOiJFUzI1NiJ9.e30";
    let check = |key: &PrivateKey, algorithm: &'static dyn aws_lc_rs::signature::VerificationAlgorithm| {
        let signature = key.sign_jws(message).unwrap();
        UnparsedPublicKey::new(algorithm, key.spki_der()).verify(message, &signature).unwrap();
        signature.len()
    };
    let p256 = PrivateKey::generate(KeySpec::EcdsaP256).unwrap();
    assert_eq!((p256.jws_algorithm(), check(&p256, &ECDSA_P256_SHA256_FIXED)), ("ES256", 64));
    let p384 = PrivateKey::generate(KeySpec::EcdsaP384).unwrap();
    assert_eq!((p384.jws_algorithm(), check(&p384, &ECDSA_P384_SHA384_FIXED)), ("ES384", 96));
    let rsa = PrivateKey::generate(KeySpec::Rsa2048).unwrap();
    assert_eq!((rsa.jws_algorithm(), check(&rsa, &RSA_PKCS1_2048_8192_SHA256)), ("RS256", 256));
}

/// RFC 7638 section 3.1 and RFC 7515 appendix A.2 use the same kind of key; this one is RFC 7517 appendix A.2.
const RSA_JWK: &str = include_str!("rfc7517-a2-rsa.json");

#[test]
fn a_private_jwk_is_read_and_its_thumbprint_is_the_published_one() {
    let key = AccountKey::from_file_content(RSA_JWK.as_bytes()).unwrap();
    assert_eq!(key.algorithm(), "RS256");
    // RFC 7638 section 3.1 gives the thumbprint of this public key.
    assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

#[test]
fn account_keys_of_other_clients_are_taken_over() {
    let ours = AccountKey::generate().unwrap();
    assert_eq!(ours.algorithm(), "ES256");
    assert_eq!(ours.jwk()["crv"], "P-256");
    let pem = ours.key().to_pem();
    let back = AccountKey::from_file_content(pem.as_bytes()).unwrap();
    assert_eq!(back.thumbprint(), ours.thumbprint());
    assert_eq!(AccountKey::from_pkcs8(ours.key().pkcs8()).unwrap().jwk(), ours.jwk());
    let ec = r#"{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}"#;
    let key = AccountKey::from_file_content(ec.as_bytes()).unwrap(); // RFC 7517 appendix A.2
    assert_eq!(key.jwk()["x"], "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4");
    let torn = ec.replace("MKBC", "NKBC");
    assert!(matches!(AccountKey::from_file_content(torn.as_bytes()), Err(KeyError::Unparsable(_))));
}

#[test]
fn debug_output_shows_nothing_secret() {
    let key = PrivateKey::generate(KeySpec::EcdsaP256).unwrap();
    let shown = format!("{key:?} {:?}", AccountKey::from_key(key.clone()));
    let pem = key.to_pem();
    let secret = pem.lines().nth(1).unwrap();
    assert!(shown.contains("ecdsa-p256") && !shown.contains(&secret[..12]), "{shown}");
    let hex: String = key.pkcs8()[36..44].iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(!shown.contains(&hex), "{shown}");
}

#[test]
fn a_certificate_of_another_key_is_told_with_both_fingerprints() {
    let (mine, other) = (
        PrivateKey::generate(KeySpec::EcdsaP256).unwrap(),
        PrivateKey::generate(KeySpec::EcdsaP256).unwrap(),
    );
    mine.check_spki(mine.spki_der()).unwrap();
    let error = mine.check_spki(other.spki_der()).unwrap_err();
    assert_eq!(error.code(), "key.mismatch");
    assert!(matches!(error, KeyError::Mismatch { key, certificate } if key != certificate));
}

//! `key`, `csr` and `convert` against openssl and keytool, which must read what we write and the reverse.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use notafter_cert::pem;

use crate::home::Home;
use crate::left_out::{Need, left_out};
use crate::notafter::Ran;
use crate::peer::{Pair, Pki};

fn openssl(home: &Home, line: &str) -> String {
    let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    let ran = Command::new("openssl").args(words).current_dir(home.dir.path()).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "openssl {line}: {said}");
    said
}

fn run(home: &Home, line: &str) -> Ran {
    home.run(&line.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>())
}

/// Runs it, and it must do what it was asked.
fn done(home: &Home, line: &str) -> Ran {
    let ran = run(home, line);
    assert_eq!(ran.code, 0, "{line}: {}{}", ran.out, ran.err);
    ran
}

fn mode(home: &Home, name: &str) -> u32 {
    fs::metadata(home.path(name)).unwrap().permissions().mode() & 0o777
}

fn secret(home: &Home, name: &str, content: &str) {
    home.file(name, content);
    fs::set_permissions(home.path(name), PermissionsExt::from_mode(0o600)).unwrap();
}

/// A chain in disorder, its key, and passwords.
fn lay_out(home: &Home) -> Pair {
    let pki = Pki::new();
    let pair = pki.ecdsa("shop.example", (2026, 2, 1), (2030, 5, 1));
    let full = pki.full(&pair);
    let blocks: Vec<&str> = full.split_inclusive("-----END CERTIFICATE-----\n").collect();
    assert!(blocks.len() > 1);
    let upside_down: String = blocks.iter().rev().copied().collect();
    home.file("chain.pem", &full);
    home.file("heap.pem", format!("subject=CN = x\r\n{}", upside_down.replace('\n', "\r\n")));
    home.file("key.pem", &pair.key);
    secret(home, "swordfish", "swordfish\n");
    secret(home, "other", "other\n");
    pair
}

#[test]
fn a_key_is_its_owners_alone_and_never_takes_the_place_of_a_file() {
    let home = Home::new();
    let made = done(&home, "key --out shop.key");
    assert_eq!(mode(&home, "shop.key"), 0o600);
    let public = openssl(&home, "pkey -in shop.key -pubout");
    let shown = done(&home, "key --public shop.key");
    assert_eq!(shown.out, public);
    let pin = made.err.lines().find(|line| line.starts_with("public key SHA-256: ")).unwrap();
    assert_eq!(shown.err.trim(), pin);
    openssl(&home, "pkey -in shop.key -pubout -outform DER -out public.der");
    let digest = openssl(&home, "dgst -sha256 -binary -out digest public.der");
    assert_eq!(digest, "");
    assert_eq!(pin.rsplit(' ').next().unwrap(), openssl(&home, "base64 -in digest").trim());

    let before = fs::read(home.path("shop.key")).unwrap();
    let refused = run(&home, "key --out shop.key");
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("exists already") && refused.err.contains("--force"), "{}", refused.err);
    assert_eq!(fs::read(home.path("shop.key")).unwrap(), before);
    fs::set_permissions(home.path("shop.key"), PermissionsExt::from_mode(0o644)).unwrap();
    done(&home, "key --out shop.key --force");
    assert_ne!(fs::read(home.path("shop.key")).unwrap(), before);
    assert_eq!(mode(&home, "shop.key"), 0o600);

    assert!(done(&home, "key --out -").out.starts_with("-----BEGIN PRIVATE KEY-----"));
    assert_eq!(run(&home, "key").code, 64, "nobody said where to");
    assert_eq!(run(&home, "key --type rsa-1024 --out x.key").code, 64);
    assert_eq!(run(&home, "key --out no/such/folder.key").code, 2);
    assert!(home.is_untouched(), "no installation begins with a key");
}

#[test]
fn keys_of_every_kind_are_read_by_openssl_and_sealed_ones_with_their_password() {
    let home = Home::new();
    secret(&home, "swordfish", "swordfish\n");
    for (kind, shown) in [
        ("ecdsa-p256", "prime256v1"),
        ("ecdsa-p384", "secp384r1"),
        ("rsa-2048", "2048 bit"),
        ("ed25519", "ED25519"),
    ] {
        done(&home, &format!("key --type {kind} --out {kind}.key"));
        assert!(openssl(&home, &format!("pkey -in {kind}.key -noout -text")).contains(shown), "{kind}");
        done(&home, &format!("key --type {kind} --out {kind}.sealed --password-file swordfish"));
        let sealed = fs::read_to_string(home.path(&format!("{kind}.sealed"))).unwrap();
        assert!(sealed.contains("BEGIN ENCRYPTED PRIVATE KEY"));
        assert_eq!(mode(&home, &format!("{kind}.sealed")), 0o600);
        let public = openssl(&home, &format!("pkey -in {kind}.sealed -passin file:swordfish -pubout"));
        let shown = done(&home, &format!("key --public {kind}.sealed --password-file swordfish"));
        assert_eq!(shown.out, public);
    }
    let mut command = home.command(&["key", "--public", "ed25519.sealed", "--password-env", "SHOP_PASSWORD"]);
    let shown: Ran = command.env("SHOP_PASSWORD", "swordfish").output().unwrap().into();
    assert_eq!(shown.code, 0, "{}", shown.err);
    fs::set_permissions(home.path("swordfish"), PermissionsExt::from_mode(0o644)).unwrap();
    let exposed = run(&home, "key --out x.key --password-file swordfish");
    assert!(exposed.code == 2 && exposed.err.contains("can be read by others"), "{}", exposed.err);
    assert_eq!(run(&home, "key --out x.key --encrypt").code, 64, "there is no terminal");
    assert!(!home.path("x.key").exists());
}

#[test]
fn a_request_has_its_names_and_its_key() {
    let home = Home::new();
    let made = done(&home, "csr shop.example *.shop.example 192.0.2.7 2001:db8::7 --must-staple");
    assert!(made.out.starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
    assert_eq!(mode(&home, "shop.example.key"), 0o600);
    home.file("csr.pem", &made.out);
    let shown = openssl(&home, "req -in csr.pem -noout -text -verify");
    for words in [
        "DNS:shop.example, DNS:*.shop.example, IP Address:192.0.2.7, IP Address:2001:DB8:0:0:0:0:0:7",
        "TLS Feature",
        "verify OK",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert_eq!(
        openssl(&home, "req -in csr.pem -noout -pubkey"),
        openssl(&home, "pkey -in shop.example.key -pubout")
    );
    assert_eq!(run(&home, "csr shop.example").code, 2, "the key that is there stays");

    done(&home, "key --type ed25519 --out own.key");
    let mut command = home.command(&["csr", "a.example", "--key", "own.key", "--out", "own.csr"]);
    let made: Ran = command.args(["--subject", r"O=Example\, Ltd, C=de"]).output().unwrap().into();
    assert_eq!((made.code, made.out.as_str()), (0, ""), "{}", made.err);
    let shown = openssl(&home, "req -in own.csr -noout -text -verify");
    assert!(shown.contains("O = \"Example, Ltd\", C = DE") && shown.contains("ED25519"), "{shown}");
    assert_eq!(
        done(&home, "key --public own.csr").out,
        openssl(&home, "pkey -in own.key -pubout"),
        "a request tells its key"
    );

    for wrong in [
        "csr",
        "csr not_a/name",
        "csr a.example --subject C=Germany",
        "csr a.example --key own.key --type rsa-2048",
        "csr a.example --out one --key-out one",
    ] {
        assert_eq!(run(&home, wrong).code, 64, "{wrong}");
    }
}

#[test]
fn pkcs12_goes_both_ways_for_systems_of_today_and_of_old() {
    let home = Home::new();
    let pair = lay_out(&home);
    for (legacy, shown) in
        [("", ["AES-256-CBC", "MAC: sha256"]), ("--legacy", ["3-KeyTripleDES", "MAC: sha1"])]
    {
        done(
            &home,
            &format!("convert heap.pem key.pem --out all.p12 --out-password-file swordfish --force {legacy}"),
        );
        assert_eq!(mode(&home, "all.p12"), 0o600);
        let dash = if legacy.is_empty() { "" } else { "-legacy" };
        let info = openssl(&home, &format!("pkcs12 -in all.p12 -passin file:swordfish -nodes -info {dash}"));
        assert!(shown.iter().all(|words| info.contains(words)), "{legacy}: {info}");
        assert_eq!(info.matches("BEGIN CERTIFICATE").count(), 2);

        done(&home, "convert all.p12 --password-file swordfish --out back.pem --force");
        assert_eq!(mode(&home, "back.pem"), 0o600);
        let back = fs::read_to_string(home.path("back.pem")).unwrap();
        let chain = fs::read_to_string(home.path("chain.pem")).unwrap();
        assert!(back.starts_with(&chain), "the leaf comes first");
        openssl(&home, "pkey -in back.pem -pubout -out back.pub");
        openssl(&home, "pkey -in key.pem -pubout -out key.pub");
        assert_eq!(fs::read(home.path("back.pub")).unwrap(), fs::read(home.path("key.pub")).unwrap());
    }
    for how in ["", "-legacy", "-macalg sha512 -keypbe AES-128-CBC"] {
        openssl(
            &home,
            &format!(
                "pkcs12 -export -in chain.pem -inkey key.pem -passout file:swordfish -out theirs.p12 {how}"
            ),
        );
        let only = done(&home, "convert theirs.p12 --password-file swordfish --only leaf");
        assert_eq!(only.out, pair.leaf);
        let wrong = run(&home, "convert theirs.p12 --password-file other --only leaf");
        assert!(wrong.code == 2 && wrong.err.contains("does not open it"), "{}", wrong.err);
        let none = run(&home, "convert theirs.p12 --only leaf");
        assert!(none.code == 2 && none.err.contains("--password-file"), "{}", none.err);
    }
    openssl(&home, "pkcs12 -export -in chain.pem -inkey key.pem -passout pass:changeit -out java.p12");
    assert_eq!(
        done(&home, "convert java.p12 --only leaf").out,
        pair.leaf,
        "what everybody knows is no password"
    );
}

#[test]
fn keystores_of_java_are_read_and_ours_are_read_by_java() {
    let test = "keystores_of_java_are_read_and_ours_are_read_by_java";
    let home = Home::new();
    let pair = lay_out(&home);
    let keytool = |line: &str| {
        let ran = Command::new("keytool").args(line.split(' ')).current_dir(home.dir.path()).output();
        ran.map(|ran| {
            let said =
                format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
            assert!(ran.status.success(), "keytool {line}: {said}");
            said
        })
    };
    done(&home, "convert chain.pem --key key.pem --out all.p12 --out-password-file swordfish --name Shop");
    let Ok(listed) = keytool("-list -keystore all.p12 -storepass swordfish") else {
        return left_out(test, Need::Package("default-jre-headless"));
    };
    assert!(listed.contains("shop") && listed.contains("PrivateKeyEntry"), "{listed}");
    done(&home, "convert chain.pem --out anchors.p12 --out-password-file swordfish --name anchor");
    let listed = keytool("-list -keystore anchors.p12 -storepass swordfish").unwrap();
    assert_eq!(listed.matches("trustedCertEntry").count(), 2, "{listed}");
    for kind in ["jks", "jceks"] {
        keytool(&format!(
            "-importkeystore -srckeystore all.p12 -srcstorepass swordfish -destkeystore all.{kind} -deststoretype {kind} \
             -deststorepass swordfish"
        ))
        .unwrap();
        let back = done(&home, &format!("convert all.{kind} --password-file swordfish --out -"));
        assert!(back.out.starts_with(&pair.leaf) && back.out.contains("BEGIN PRIVATE KEY"), "{kind}");
        assert_eq!(done(&home, &format!("convert all.{kind} --only leaf")).out, pair.leaf);
        assert_eq!(run(&home, &format!("convert all.{kind} --password-file other --out -")).code, 2);
    }
    keytool("-genkeypair -alias second -keyalg EC -dname CN=second.example -keystore all.jks -storepass swordfish -keypass swordfish").unwrap();
    let several = run(&home, "convert all.jks --password-file swordfish --out -");
    assert!(
        several.code == 2 && several.err.contains("--entry") && several.err.contains("second"),
        "{}",
        several.err
    );
    let second = done(
        &home,
        "convert all.jks --password-file swordfish --entry second --out two.p12 --out-password-file swordfish",
    );
    assert!(second.err.contains("certificate of second.example"), "{}", second.err);
}

#[test]
fn every_other_form_goes_there_and_back() {
    let home = Home::new();
    let pair = lay_out(&home);
    done(&home, "convert heap.pem --out chain.p7b");
    let listed = openssl(&home, "pkcs7 -inform DER -in chain.p7b -print_certs");
    assert_eq!(listed.matches("BEGIN CERTIFICATE").count(), 2);
    openssl(&home, "crl2pkcs7 -nocrl -certfile chain.pem -out theirs.p7b");
    for file in ["chain.p7b", "theirs.p7b"] {
        assert_eq!(
            done(&home, &format!("convert {file}")).out,
            fs::read_to_string(home.path("chain.pem")).unwrap()
        );
    }
    done(&home, "convert chain.pem --only leaf --out leaf.der");
    assert_eq!(openssl(&home, "x509 -inform DER -in leaf.der"), pair.leaf);
    assert_eq!(done(&home, "convert leaf.der").out, pair.leaf);
    assert!(mode(&home, "leaf.der") & 0o400 != 0);
    let both = run(&home, "convert chain.pem --to der");
    assert!(both.code == 2 && both.err.contains("--only leaf"), "{}", both.err);

    done(&home, "convert key.pem --to traditional --out sec1.key");
    assert!(fs::read_to_string(home.path("sec1.key")).unwrap().contains("BEGIN EC PRIVATE KEY"));
    done(&home, "convert sec1.key --to der --out key.der");
    done(&home, "convert key.der --out sealed.key --out-password-file swordfish");
    for name in ["sec1.key", "key.der", "sealed.key"] {
        assert_eq!(mode(&home, name), 0o600, "{name}");
    }
    let public = openssl(&home, "pkey -in sealed.key -passin file:swordfish -pubout");
    assert_eq!(public, openssl(&home, "pkey -in key.pem -pubout"));
    done(&home, "csr shop.example --key key.pem --out shop.csr");
    done(&home, "convert shop.csr --to der --out csr.der");
    assert_eq!(done(&home, "convert csr.der").out, fs::read_to_string(home.path("shop.csr")).unwrap());
}

#[test]
fn what_does_not_fit_or_is_damaged_is_told_and_nothing_is_written() {
    let home = Home::new();
    lay_out(&home);
    done(&home, "key --out stranger.key");
    let chain = fs::read_to_string(home.path("chain.pem")).unwrap();
    home.file("cut.pem", &chain[..chain.len() - 90]);
    let mut home = home;
    for (line, code) in [
        ("convert chain.pem stranger.key --out x.pem", 2),
        ("convert chain.pem key.pem", 64),
        ("convert cut.pem --out x.pem", 2),
        ("convert key.pem --only leaf", 2),
        ("convert chain.pem --to pkcs8 --out x.key", 2),
        ("convert chain.pem key.pem stranger.key --out x.pem", 2),
        ("convert chain.pem --to pkcs12 --out x.p12", 64),
        ("convert chain.pem --legacy", 64),
        ("convert chain.pem --only leaf --out-password-file swordfish", 64),
        ("convert key.pem --only key --to pkcs7", 64),
        ("convert missing.pem", 2),
        ("convert swordfish", 2),
        ("convert chain.pem --to jks", 64),
        ("convert chain.pem --out chain.pem", 2),
    ] {
        assert_eq!(home.say(line), code, "{line}: {}", home.said);
    }
    for name in ["x.pem", "x.key", "x.p12"] {
        assert!(!home.path(name).exists(), "{name}");
    }
    let is_fingerprint = |word: &&str| {
        let word = word.trim_end_matches(',');
        word.len() == 64 && word.bytes().all(|letter| letter.is_ascii_hexdigit())
    };
    let fingerprints: Vec<&str> = home.said.split_whitespace().filter(is_fingerprint).collect();
    let said = fingerprints
        .iter()
        .fold(home.said.clone(), |said, word| said.replace(word.trim_end_matches(','), "FINGERPRINT"));
    insta::assert_snapshot!(said);
}

/// Each of these wrote something else than was asked for, or left somebody without a way on.
#[test]
fn what_was_asked_is_what_is_written_or_it_is_said_what_to_do() {
    let mut home = Home::new();
    lay_out(&home);
    secret(&home, "empty", "\n");
    home.file("words.txt", "nothing to see\n");
    home.file(
        "openssh.key",
        pem::write("OPENSSH PRIVATE KEY", &[b"openssh-key-v1\0\0\0\0\x04none", &[7; 80][..]].concat()),
    );
    home.file(
        "dsa.key",
        pem::write("DSA PRIVATE KEY", &[&[0x30, 18, 2, 1, 0][..], &[2, 1, 5].repeat(5)].concat()),
    );
    for name in ["own", "second"] {
        done(&home, &format!("key --out {name}.key"));
    }
    done(&home, "key --type ed25519 --out ed.key");
    done(&home, "csr shop.example --key key.pem --out shop.csr");
    openssl(&home, "genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out pss.key");
    for (line, code) in [
        ("csr a.example --out x --key-out ./x --force", 64),
        ("csr a.example --key own.key --out ./own.key --force", 64),
        ("key --public own.key --out ./own.key --force", 64),
        ("csr a.example --key pss.key", 2),
        ("csr a.example --key openssh.key", 2),
        ("convert chain.pem key.pem --only leaf --out leaf.key", 64),
        ("convert chain.pem key.pem --out shop.jks", 64),
        ("convert chain.pem key.pem --out shop.txt", 0),
        ("convert key.pem --out sealed.key --out-password-file empty", 2),
        ("convert chain.pem key.pem --out empty.p12 --out-password-file empty", 0),
        ("convert chain.pem key.pem shop.csr --out all.p12 --out-password-file swordfish", 0),
        ("convert chain.pem shop.csr --out all.p7b", 0),
        ("convert own.key second.key --out x", 2),
        ("convert openssh.key --out x", 2),
        ("convert dsa.key --out x", 2),
        ("convert ed.key --to traditional --out x", 2),
        ("key --public words.txt", 2),
        ("key --out no/such.key", 2),
    ] {
        assert_eq!(home.say(line), code, "{line}: {}", home.said);
    }
    for name in ["x", "leaf.key", "shop.jks", "sealed.key"] {
        assert!(!home.path(name).exists(), "{name}");
    }
    assert_eq!(
        done(&home, "convert empty.p12 --only leaf").out,
        done(&home, "convert chain.pem --only leaf").out
    );
    insta::assert_snapshot!(home.said);
    done(&home, "csr a.example b.example A.example a.example --key own.key --out names.csr");
    let shown = openssl(&home, "req -in names.csr -noout -text");
    assert!(shown.contains("DNS:a.example, DNS:b.example\n"), "{shown}");
}

/// Nobody sees what is typed, and two slips are forgiven.
#[test]
fn passwords_are_asked_for_at_a_terminal() {
    let test = "passwords_are_asked_for_at_a_terminal";
    let home = Home::new();
    lay_out(&home);
    let typed = |line: &str, words: &str| {
        let command = format!("{} {line}", env!("CARGO_BIN_EXE_notafter"));
        let mut script = Command::new("script");
        script
            .args(["-qec", &command, "/dev/null"])
            .current_dir(home.dir.path())
            .env("HOME", home.dir.path());
        script.env("NOTAFTER_DATA", home.path("data")).env("NOTAFTER_CONFIG", home.path("notafter.toml"));
        let mut running = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        std::io::Write::write_all(&mut running.stdin.take()?, words.as_bytes()).ok()?;
        let output = running.wait_with_output().ok()?;
        Some((output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()))
    };
    let Some((code, shown)) = typed("key --out shop.key --encrypt", "swordfish\nswordfish\n") else {
        return left_out(test, Need::Package("bsdutils"));
    };
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("password for the key: ") && shown.contains("the same again: "), "{shown}");
    openssl(&home, "pkey -in shop.key -passin file:swordfish -noout");
    let (code, shown) = typed("convert shop.key --to pkcs8 --out plain.key", "other\nswordfish\n").unwrap();
    assert_eq!((code, shown.matches("password of shop.key: ").count()), (Some(0), 2), "{shown}");
    openssl(&home, "pkey -in plain.key -noout");
    let (code, shown) = typed("key --out other.key --encrypt", "one\nother\n").unwrap();
    assert_eq!(code, Some(2), "{shown}");
    assert!(shown.contains("are not the same") && !home.path("other.key").exists(), "{shown}");
}

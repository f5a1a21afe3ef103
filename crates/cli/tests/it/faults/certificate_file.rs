//! Files that are no certificate, no key, or not what they should be, in `check` and `import`.

use std::fs;
use std::process::{Command, Stdio};

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519};

use super::Home;
use crate::left_out::{Need, left_out};
use crate::peer::{Pair, Pki};

const INVENTORY: &str = "[[issuer]]\nname = \"ca\"\ndirectory = \"https://127.0.0.1:9/\"\n\
    [[lineage]]\nname = \"shop\"\nidentifiers = [\"shop.example\"]\nissuer = \"ca\"\n";

fn pem(label: &str, body: &str) -> String {
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

/// Files in every state of disrepair.
fn lay_out(home: &Home) -> Pair {
    let pki = Pki::new();
    let pair = pki.ecdsa("shop.example", (2026, 2, 1), (2030, 5, 1));
    home.file("chain.pem", pki.full(&pair));
    home.file("key.pem", &pair.key);
    home.file("empty.pem", "");
    home.file("binary.pem", (0..=255).cycle().take(3000).collect::<Vec<u8>>());
    home.file("text.pem", "nothing of the kind\n");
    home.file("cut.pem", &pair.leaf[..200]);
    home.file("cut-inside.pem", pem("CERTIFICATE", "MIIBszCCAVmgAwIBAgIUQw=="));
    home.file("integer.pem", pem("CERTIFICATE", "AgEB"));
    home.file("not-base64.pem", pem("CERTIFICATE", "!!!!"));
    home.file("integer.der", [0x30, 3, 2, 1, 1]);
    fs::create_dir(home.path("folder.pem")).unwrap();
    assert!(Command::new("mkfifo").arg(home.path("pipe.pem")).status().unwrap().success());
    fs::File::create(home.path("large.pem")).unwrap().set_len(1 << 30).unwrap();
    pair
}

#[test]
fn a_file_that_is_no_certificate_is_unknown_with_its_reason() {
    let mut home = Home::new();
    lay_out(&home);
    for name in [
        "empty.pem",
        "binary.pem",
        "text.pem",
        "cut.pem",
        "cut-inside.pem",
        "integer.pem",
        "not-base64.pem",
        "integer.der",
        "key.pem",
        "folder.pem",
        "large.pem",
        "missing.pem",
        "/dev/zero",
        "/dev/null",
    ] {
        assert_eq!(home.say(&format!("check {name}")), 3, "{name}");
    }
    insta::assert_snapshot!(home.said);
}

/// Nobody writes into it: the look ends all the same.
#[test]
fn a_pipe_without_a_writer_is_given_up_and_one_with_a_writer_is_read() {
    let mut home = Home::new();
    lay_out(&home);
    let silent = home.command(&["check", "pipe.pem"]).stdout(Stdio::piped()).spawn().unwrap();
    let chain = fs::read(home.path("chain.pem")).unwrap();
    let mut piped = home.command(&["check", "--at", crate::peer::TODAY, "/dev/stdin"]);
    let mut piped = piped.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut piped.stdin.take().unwrap(), &chain).unwrap();
    let read = piped.wait_with_output().unwrap();
    let read = String::from_utf8(read.stdout).unwrap();
    assert!(read.contains("ends 2030-05-01"), "{read}");
    let silent: crate::notafter::Ran = silent.wait_with_output().unwrap().into();
    assert_eq!(home.keep("check pipe.pem", &silent), 3);
    insta::assert_snapshot!(home.said);
}

/// As many silent pipes as the process has workers stopped every other look, and the timer that ends a plug-in's run.
#[test]
fn silent_pipes_hold_up_neither_the_looks_beside_them_nor_the_end_of_a_plug_in() {
    let home = Home::new();
    lay_out(&home);
    home.file("list", "./pipe.pem\n./pipe.pem\n./chain.pem\n127.0.0.1:1\n");
    let run = |arguments: &[&str]| {
        let mut command = home.command(arguments);
        let output = command.env("TOKIO_WORKER_THREADS", "2").output().unwrap();
        crate::notafter::Ran::from(output)
    };
    let told = run(&["check", "--at", crate::peer::TODAY, "--format", "jsonl", "-f", "list"]);
    let is_silent: Vec<bool> = told.out.lines().map(|line| line.contains("pipe.pem")).collect();
    assert_eq!(is_silent, [false, false, true, true], "{}{}", told.out, told.err);

    let line = ["check", "--format", "nagios", "-t", "2", "127.0.0.1:1", "./pipe.pem", "./pipe.pem"];
    let plugin = run(&line);
    assert_eq!(plugin.code, 3, "{}", plugin.out);
    let ended = "CERTIFICATES UNKNOWN - the time limit of 2 s ended the run; 1 target: 1 critical; ";
    assert!(plugin.out.starts_with(ended), "{}", plugin.out);
    assert_eq!(plugin.out.matches("./pipe.pem: not finished within 2 s").count(), 2, "{}", plugin.out);
}

#[test]
fn a_pair_that_is_none_is_not_imported_and_no_byte_of_a_key_is_shown() {
    let mut home = Home::new();
    let pair = lay_out(&home);
    home.file("inventory.toml", INVENTORY);
    assert_eq!(home.run(&["apply", "inventory.toml", "--yes"]).code, 0);
    let other = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    home.file("other.pem", other.serialize_pem());
    home.file("ed25519.pem", KeyPair::generate_for(&PKCS_ED25519).unwrap().serialize_pem());
    let lines: Vec<&str> = pair.key.lines().collect();
    home.file("half-key.pem", lines[..2].join("\n"));
    home.file("no-dashes.pem", pair.key.replacen("-----\n", "----\n", 1));
    home.file("bad-key.pem", pair.key.replace(lines[1], "!!! not base64 !!!"));
    home.file("garbage-key.pem", pem("PRIVATE KEY", "AAAA"));
    home.file("locked.pem", pem("ENCRYPTED PRIVATE KEY", "AAAA"));
    for (key, code) in [
        ("other.pem", 2),
        ("ed25519.pem", 2),
        ("half-key.pem", 2),
        ("no-dashes.pem", 2),
        ("bad-key.pem", 2),
        ("garbage-key.pem", 2),
        ("locked.pem", 2),
        ("chain.pem", 2),
        ("empty.pem", 2),
        ("binary.pem", 2),
        ("folder.pem", 2),
        ("large.pem", 2),
        ("/dev/zero", 2),
        ("missing.pem", 2),
    ] {
        assert_eq!(home.say(&format!("import shop --chain chain.pem --key {key}")), code, "{key}");
    }
    for (chain, code) in [
        ("key.pem", 2),
        ("empty.pem", 2),
        ("cut.pem", 2),
        ("cut-inside.pem", 2),
        ("integer.pem", 2),
        ("binary.pem", 2),
    ] {
        assert_eq!(home.say(&format!("import shop --chain {chain} --key key.pem")), code, "{chain}");
    }
    assert!(!home.said.contains(lines[1]) && !home.said.contains("[77, "), "{}", home.said);
    let status = home.run(&["vault", "status"]).out;
    assert!(status.contains("sealed: 0 certificate keys"), "nothing was kept: {status}");
    let mut said = home.said.clone();
    for mark in ["the key is ", "the certificate's key is "] {
        let found = said.split_once(mark).unwrap().1[..64].to_owned();
        said = said.replace(&found, "FINGERPRINT");
    }
    insta::assert_snapshot!(said);
}

/// What comes from a Windows CA, from Java, or from a colleague: they were taken for names of hosts.
#[test]
fn files_of_other_kinds_say_what_they_are_and_how_to_open_them() {
    let test = "files_of_other_kinds_say_what_they_are_and_how_to_open_them";
    let mut home = Home::new();
    let pair = lay_out(&home);
    for line in [
        "crl2pkcs7 -nocrl -certfile chain.pem -outform PEM -out pem.p7b",
        "crl2pkcs7 -nocrl -certfile chain.pem -outform DER -out der.p7b",
        "req -new -key key.pem -subj /CN=shop.example -out REQUEST.CSR",
    ] {
        let made = Command::new("openssl").args(line.split(' ')).current_dir(home.dir.path()).output();
        let Ok(made) = made else { return left_out(test, Need::Package("openssl")) };
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    home.file("store.jks", b"\xfe\xed\xfe\xed\0\0\0\x02\0\0\0\0");
    home.file("targets.txt", "shop.example\nblog.example:8443\n");
    home.file("shop.key", &pair.key);
    for name in ["pem.p7b", "der.p7b"] {
        let checked = home.run(&["check", "--at", crate::peer::TODAY, name]);
        assert!(checked.out.contains("ends 2030-05-01"), "{name}: {}", checked.out);
    }
    for name in ["store.jks", "targets.txt", "shop.key", "REQUEST.CSR", "missing.p7b"] {
        assert_eq!(home.say(&format!("check {name}")), 3, "{name}");
    }
    home.file("inventory.toml", INVENTORY);
    assert_eq!(home.run(&["apply", "inventory.toml", "--yes"]).code, 0);
    for name in ["der.p7b", "store.jks"] {
        assert_eq!(home.say(&format!("import shop --chain {name} --key key.pem")), 2, "{name}");
    }
    insta::assert_snapshot!(home.said);
}

#[test]
fn pkcs12_is_told_with_the_command_that_opens_it() {
    let test = "pkcs12_is_told_with_the_command_that_opens_it";
    let mut home = Home::new();
    lay_out(&home);
    home.file("inventory.toml", INVENTORY);
    assert_eq!(home.run(&["apply", "inventory.toml", "--yes"]).code, 0);
    let made = Command::new("openssl")
        .args([
            "pkcs12",
            "-export",
            "-in",
            "chain.pem",
            "-inkey",
            "key.pem",
            "-passout",
            "pass:",
            "-out",
            "pair.p12",
        ])
        .current_dir(home.dir.path())
        .output();
    let Ok(made) = made else { return left_out(test, Need::Package("openssl")) };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert_eq!(home.say("check ./pair.p12"), 3);
    assert_eq!(home.say("import shop --chain pair.p12 --key pair.p12"), 2);
    insta::assert_snapshot!(home.said);
}

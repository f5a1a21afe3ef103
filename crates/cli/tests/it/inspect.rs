//! `notafter inspect`, as whoever types it who was handed a file.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;

use notafter_cert::{Identifier, Span, Time, pem};
use notafter_lab::authority::{Authority, Validity};
use notafter_lab::tls_server::TlsServer;

use crate::home::Home;
use crate::notafter::Ran;
use crate::peer::Pki;

const AT: &str = "2026-12-01T00:00:00Z";

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../cert/tests/it/data").join(name)
}

/// Runs it; nothing that can be read is refused.
fn inspect(home: &Home, words: &[&str]) -> Ran {
    let ran = home.run(&[&["inspect", "--at", AT][..], words].concat());
    assert_eq!(ran.code, 0, "{words:?}: {}{}", ran.out, ran.err);
    ran
}

/// Without what differs from run to run: keys, and instants that are now.
fn steady(text: &str) -> String {
    let differs = |line: &&str| {
        ["SHA-256  ", "pin of its public half"].iter().any(|name| line.trim_start().starts_with(name))
    };
    text.lines().filter(|line| !differs(line)).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_certificate_alone_is_shown_as_a_viewer_does() {
    let home = Home::new();
    let file = data("everything.pem");
    insta::assert_snapshot!(inspect(&home, &[file.to_str().unwrap()]).out);
}

/// A name with the end of a line in it put a line of its own among ours.
#[test]
fn no_name_makes_a_line_of_its_own() {
    let home = Home::new();
    let mut params = rcgen::CertificateParams::default();
    let forged = "shop\r\n  private key  shop.key, which fits\u{85}x\u{2028}y";
    params.distinguished_name.push(rcgen::DnType::CommonName, forged);
    params.distinguished_name.push(rcgen::DnType::OrganizationName, forged);
    let key = rcgen::KeyPair::generate().unwrap();
    fs::write(home.path("forged.der"), params.self_signed(&key).unwrap().der()).unwrap();
    fs::copy(home.path("forged.der"), home.path("again.der")).unwrap();
    let (one, both) = (&["forged.der"][..], &["forged.der", "again.der"][..]);
    for words in
        [one, both, &["--all", "forged.der"], &["--der", "forged.der"], &["--der", "forged.der", "again.der"]]
    {
        let words: Vec<String> = words
            .iter()
            .map(|word| {
                if word.starts_with('-') { (*word).to_owned() } else { home.path(word).display().to_string() }
            })
            .collect();
        let ran = inspect(&home, &words.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(ran.out.contains("shop\\r\\n"), "{}", ran.out);
        let is_forged = |line: &&str| line.trim_start().starts_with("private key  shop.key");
        assert_eq!(ran.out.lines().find(is_forged), None, "{}", ran.out);
    }
}

#[test]
fn der_is_dumped_with_places_and_names() {
    let home = Home::new();
    let file = data("ed25519.pem");
    insta::assert_snapshot!(inspect(&home, &["--der", file.to_str().unwrap()]).out);
}

/// A folder with leaf, intermediate, root, the key, a request, a stranger's key, and a copy.
fn pile() -> Home {
    let home = Home::new();
    let pki = Pki::new();
    let pair = pki.ecdsa("shop.example", (2026, 2, 1), (2030, 5, 1));
    let other = pki.ecdsa("other.example", (2026, 2, 1), (2030, 5, 1));
    let blocks = pem::blocks(pki.full(&pair).as_bytes());
    let text = |from: usize| pem::write("CERTIFICATE", &blocks[from].der);
    fs::create_dir(home.path("tls")).unwrap();
    home.file("tls/cert.pem", text(0));
    home.file("tls/chain.pem", text(1));
    home.file("tls/copy.der", &blocks[0].der);
    home.file("tls/other.key", &other.key);
    home.file("tls/privkey.pem", &pair.key);
    home.file("tls/readme", "nothing to see");
    home
}

#[test]
fn of_a_pile_it_is_told_what_belongs_to_what() {
    let home = pile();
    insta::assert_snapshot!(steady(&inspect(&home, &["tls"]).out));
    let document = inspect(&home, &["tls", "--format", "json"]).document();
    let set = &document["pile"]["sets"][0];
    let source = |position: &serde_json::Value| {
        document["objects"][usize::try_from(position.as_u64().unwrap()).unwrap()]["source"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        (source(&set["leaf"]), source(&set["keys"][0])),
        ("tls/cert.pem".into(), "tls/privkey.pem".into())
    );
    assert_eq!(source(&document["pile"]["lonely_keys"][0]), "tls/other.key");
    assert_eq!(source(&document["pile"]["duplicates"][0]["object"]), "tls/copy.der");
}

#[test]
fn what_is_missing_is_told() {
    let home = pile();
    let document = inspect(&home, &["tls/cert.pem", "tls/other.key", "--format", "json"]).document();
    let set = &document["pile"]["sets"][0];
    assert_eq!((set["keys"].as_array().unwrap().len(), &set["chain"]["lack"]), (0, &"issuer".into()));
    let told = inspect(&home, &["tls/cert.pem", "tls/other.key"]).out;
    assert!(told.contains("which is missing") && told.contains("none of those that are here fits"), "{told}");
}

/// Every document holds to its schema, whatever the file.
#[test]
fn every_kind_of_file_is_shown_in_words_and_as_a_document() {
    let home = Home::new();
    let folders = [data(""), data("containers")];
    let files =
        folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let mut kinds = std::collections::BTreeSet::new();
    for path in files.filter(|path| path.is_file()) {
        let file = path.to_str().unwrap();
        let document = inspect(&home, &[file, "--format", "json", "--der"]).document();
        let objects = document["objects"].as_array().unwrap();
        assert!(!objects.is_empty(), "{file}");
        kinds.extend(objects.iter().map(|object| object["kind"].as_str().unwrap().to_owned()));
        assert!(!inspect(&home, &[file, "--all"]).out.is_empty());
    }
    let wanted = ["certificate", "java-keystore", "pkcs12", "pkcs7", "private-key"];
    assert!(wanted.iter().all(|kind| kinds.contains(*kind)), "{kinds:?}");
}

/// Bytes on standard input.
fn piped(home: &Home, bytes: &[u8]) -> Ran {
    let mut command = home.command(&["inspect", "--at", AT, "-"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    child.wait_with_output().unwrap().into()
}

#[test]
fn what_is_broken_is_shown_as_far_as_it_goes() {
    let home = Home::new();
    let whole = fs::read(data("ed25519.pem")).unwrap();
    let der = pem::blocks(&whole).remove(0).der;
    let cut = piped(&home, &der[..der.len() - 90]);
    assert_eq!(cut.code, 0, "{}", cut.err);
    insta::assert_snapshot!(cut.out);
    let said: Vec<String> =
        [&b""[..], b"hello\n", &[0x30, 3, 2, 1, 1]].map(|bytes| piped(&home, bytes).out).into();
    insta::assert_snapshot!(said.join("--\n"));
}

#[test]
fn what_is_under_a_password_is_shown_and_opened() {
    let home = Home::new();
    let done = |words: &[&str]| {
        let ran = home.run(words);
        assert_eq!(ran.code, 0, "{words:?}: {}", ran.err);
    };
    done(&["csr", "shop.example", "--out", "shop.csr"]);
    home.file("password", "swordfish\n");
    fs::set_permissions(home.path("password"), PermissionsExt::from_mode(0o600)).unwrap();
    done(&["convert", "shop.example.key", "--out", "sealed.key", "--out-password-file", "password"]);
    let locked = inspect(&home, &["sealed.key", "shop.csr"]).out;
    assert!(locked.contains("cannot be told: sealed.key") && locked.contains("--password-file"), "{locked}");
    let opened =
        inspect(&home, &["sealed.key", "shop.csr", "--password-file", "password", "--format", "json"]);
    let document = opened.document();
    assert_eq!(document["pile"]["untold_keys"].as_array().unwrap().len(), 0);
    assert_eq!(document["objects"][1]["facts"]["is_self_signed"], true);
}

/// A key whose last bytes were missing was shown byte by byte.
#[test]
fn a_damaged_key_is_not_shown() {
    let home = Home::new();
    let pki = Pki::new();
    let der = pem::blocks(pki.ecdsa("shop.example", (2026, 2, 1), (2030, 5, 1)).key.as_bytes()).remove(0).der;
    let secret: Vec<String> = der[36..68].windows(8).map(notafter_cert::hex).collect();
    home.file("cut.der", &der[..der.len() - 10]);
    home.file("cut.pem", pem::write("CERTIFICATE", &der[..der.len() - 10]));
    home.file("tail.der", &der[29..]);
    for file in ["cut.der", "cut.pem", "tail.der"] {
        for how in [&[][..], &["--all"], &["--der"], &["--format", "json"], &["--format", "json", "--der"]] {
            let told = inspect(&home, &[&[file], how].concat()).out;
            let told: String = told.split_whitespace().collect();
            assert_eq!(secret.iter().find(|window| told.contains(*window)), None, "{file} {how:?}: {told}");
        }
    }
}

/// The public half that a file carries was believed: such a key was said to fit.
#[test]
fn a_key_whose_halves_do_not_belong_together_fits_nothing() {
    let home = Home::new();
    let pki = Pki::new();
    let pairs = [1, 2].map(|_| pki.ecdsa("shop.example", (2026, 2, 1), (2030, 5, 1)));
    let [own, other] = [0, 1].map(|at| pem::blocks(pairs[at].key.as_bytes()).remove(0).der);
    let mixed = [&other[..other.len() - 64], &own[own.len() - 64..]].concat();
    home.file("cert.pem", &pairs[0].leaf);
    home.file("mixed.key", pem::write("PRIVATE KEY", &mixed));
    let document = inspect(&home, &["cert.pem", "mixed.key", "--format", "json"]).document();
    assert_eq!(document["pile"]["sets"][0]["keys"].as_array().unwrap().len(), 0);
    assert_eq!(
        document["remarks"][0],
        "mixed.key: the halves of the private key do not belong together, or it is damaged"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_is_looked_at_and_its_chain_told() {
    let now = notafter_net::Clock::system().now();
    let ca =
        Authority::new("Ours", Validity { from: now - Span::days(9), to: now + Span::days(900) }).unwrap();
    let name: Identifier = "127.0.0.1".parse().unwrap();
    let pair = ca.issue(&[name], Validity { from: now - Span::days(1), to: now + Span::days(89) }).unwrap();
    let peer = TlsServer::fixed("127.0.0.1:0".parse().unwrap(), &pair).await.unwrap();
    let address = peer.address().to_string();
    let home = Home::new();
    let trust = home.file("ours.pem", ca.root_pem());
    let told = home.run(&["inspect", &address, "--trust", &trust]);
    assert_eq!(told.code, 0, "{}", told.err);
    assert!(told.out.contains("127.0.0.1") && !told.out.contains("private key"), "{}", told.out);
    let document = home.run(&["inspect", &address, "--trust", &trust, "--format", "json"]).document();
    assert_eq!(document["pile"]["sets"][0]["chain"]["is_complete"], true, "{document:#}");
    let _: Time = document["at"].as_str().unwrap().parse().unwrap();
}

#[test]
fn what_is_not_there_is_told() {
    let mut home = Home::new();
    assert_eq!(home.say("inspect nosuch.pem"), 2);
    assert_eq!(home.say("inspect 127.0.0.1:1"), 2);
    assert_eq!(home.say("inspect"), 64);
    assert_eq!(home.say("inspect a:b:c"), 64);
    insta::assert_snapshot!(home.said);
}

//! What we say that curl would show is what curl shows.

use std::path::Path;
use std::process::Command;

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};

use crate::notafter;
use crate::peer::{Nginx, Pair, Pki, free_port, program, write};

/// What curl is said to show: the exit code, and words of its message (or other words, for other builds); nothing at all
/// where it goes on.
fn said(trust: &str, target: &str, resolve: &str) -> (i32, Vec<String>) {
    let ran = notafter::run(&["check", "--format", "json", "--trust", trust, "--resolve", resolve, target]);
    let document = ran.document();
    let clients = document["targets"][0]["findings"][0]["clients"].as_array().unwrap();
    let Some(curl) = clients.iter().find(|client| client["client"] == "curl") else {
        return (0, vec![String::new()]);
    };
    let (code, words) = curl["shows"].as_str().unwrap().split_once(": ").unwrap();
    (code.parse().unwrap(), words.split(", or ").map(str::to_owned).collect())
}

fn shown(curl: &Path, trust: &str, target: &str, resolve: &str) -> (i32, String) {
    let output = Command::new(curl)
        .args(["--silent", "--show-error", "--noproxy", "*", "--cacert", trust, "--resolve", resolve])
        .arg(format!("https://{target}/"))
        .output()
        .unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn server(folder: &Path, name: &str, chain: &str, key: &str) -> String {
    let chain = write(folder, &format!("{name}.pem"), chain);
    let key = write(folder, &format!("{name}.key"), key);
    format!(
        "server {{ listen 127.0.0.1:PORT ssl; server_name {name}; ssl_certificate {chain}; \
         ssl_certificate_key {key}; return 204; }}\n"
    )
}

/// A certificate with the faults that [`Pki::ecdsa`] does not make.
fn odd(pki: &Pki, name: &str, purpose: Option<ExtendedKeyUsagePurpose>, from_itself: bool) -> Pair {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2034, 1, 1);
    params.extended_key_usages = purpose.into_iter().collect();
    let key = KeyPair::generate().unwrap();
    let leaf = match from_itself {
        true => params.self_signed(&key).unwrap(),
        false => params.signed_by(&key, &pki.intermediate).unwrap(),
    };
    Pair { leaf: leaf.pem(), key: key.serialize_pem() }
}

/// Without a subjectAltName, and with this common name.
fn named(pki: &Pki, common_name: Option<&str>) -> Pair {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    if let Some(name) = common_name {
        params.distinguished_name.push(DnType::CommonName, name);
    }
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2034, 1, 1);
    let key = KeyPair::generate().unwrap();
    let leaf = params.signed_by(&key, &pki.intermediate).unwrap();
    Pair { leaf: leaf.pem(), key: key.serialize_pem() }
}

#[test]
fn curl_shows_what_we_say() {
    let test = "curl_shows_what_we_say";
    let Some(curl) = program(test, "curl", "/usr/bin/curl") else { return };
    let Some(nginx) = program(test, "nginx", "/usr/sbin/nginx") else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (pki, stranger) = (Pki::new(), Pki::named("Stranger"));
    let trust = write(folder, "root.pem", &pki.root.pem());
    let year = |from, to| ((from, 1, 1), (to, 1, 1));
    let issue = |name: &str, (from, to)| pki.ecdsa(name, from, to);

    let expired = issue("expired.example", year(2020, 2021));
    let early = issue("early.example", year(2033, 2034));
    let alone = issue("alone.example", year(2020, 2034));
    let other = issue("other.example", year(2020, 2034));
    let itself = odd(&pki, "itself.example", None, true);
    let purpose = odd(&pki, "purpose.example", Some(ExtendedKeyUsagePurpose::ClientAuth), false);
    let by_common_name = named(&pki, Some("common.example"));
    let by_another = named(&pki, Some("another.example"));
    let nameless = named(&pki, None);
    let strange = stranger.ecdsa("strange.example", (2020, 1, 1), (2034, 1, 1));
    let servers: String = [
        ("expired.example", pki.full(&expired), &expired),
        ("early.example", pki.full(&early), &early),
        ("alone.example", alone.leaf.clone(), &alone),
        ("mismatch.example", pki.full(&other), &other),
        ("itself.example", itself.leaf.clone(), &itself),
        ("purpose.example", pki.full(&purpose), &purpose),
        ("common.example", pki.full(&by_common_name), &by_common_name),
        ("uncommon.example", pki.full(&by_another), &by_another),
        ("nameless.example", pki.full(&nameless), &nameless),
        ("strange.example", stranger.full(&strange), &strange),
    ]
    .iter()
    .map(|(name, chain, pair)| server(folder, name, chain, &pair.key))
    .collect();
    let plain = free_port();
    let servers = format!("{servers}server {{ listen 127.0.0.1:{plain}; return 204; }}\n");
    let nginx = Nginx::start(nginx, folder, &servers);

    let closed = free_port();
    let names = [
        "expired", "early", "alone", "mismatch", "itself", "purpose", "common", "uncommon", "nameless",
        "strange",
    ];
    let targets = names.iter().map(|name| (format!("{name}.example"), nginx.port));
    for (name, port) in
        targets.chain([("plain.example".to_owned(), plain), ("closed.example".to_owned(), closed)])
    {
        let (target, resolve) = (format!("{name}:{port}"), format!("{name}:{port}:127.0.0.1"));
        let (code, words) = said(&trust, &target, &resolve);
        let (curl_code, message) = shown(&curl, &trust, &target, &resolve);
        assert_eq!(curl_code, code, "{name}: {message}");
        // What differs from case to case is left out of what is said.
        let has = |words: &String| words.split("'...'").all(|words| message.contains(words));
        assert!(words.iter().any(has), "{name}: {words:?} in {message}");
    }
}

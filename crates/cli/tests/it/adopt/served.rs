//! What is served at every address.

use notafter_cert::{Fingerprint, pem};
use notafter_lab::nginx::Nginx;
use serde_json::{Value, json};

use super::bare::Bare;
use crate::machine::{NGINX, has};
use crate::peer::{Pair, Pki, TODAY};

fn fingerprint(pair: &Pair) -> Fingerprint {
    Fingerprint::of(&pem::chain_from(pair.leaf.as_bytes()).unwrap().remove(0))
}

/// nginx with one name at two addresses, each with a pair of its own.
fn two_addresses(bare: &Bare) -> Nginx {
    let files = bare.path("srv/certs");
    let server = |address: &str, port: u16| {
        let file = files.join(address);
        let file = file.display();
        format!(
            "server {{ listen {address}:{port} ssl; server_name shop.example; ssl_certificate {file}.pem; \
             ssl_certificate_key {file}.key; }}\n"
        )
    };
    let both = |port| server("127.0.0.1", port) + &server("127.0.0.2", port);
    Nginx::start(&bare.path("etc/nginx"), both).unwrap().unwrap()
}

/// Target, address, and how what is served there relates to what is on disk.
fn served(row: &Value) -> Vec<(String, String, String)> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let target = |served: &Value| match &served["target"] {
        Value::Object(target) => format!("{} as {}", word(&target["target"]), word(&target["sni"])),
        target => word(target),
    };
    let served = row["served"].as_array().unwrap();
    served.iter().map(|it| (target(it), word(&it["address"]), word(&it["agreement"]))).collect()
}

#[test]
fn two_addresses_of_one_name_are_told_apart_in_text_and_json() {
    if !has("two_addresses_of_one_name_are_told_apart_in_text_and_json", &[NGINX]) {
        return;
    }
    let bare = Bare::new();
    let pki = Pki::new();
    let (first, second) = (
        pki.ecdsa("shop.example", (2026, 2, 20), (2026, 5, 20)),
        pki.ecdsa("shop.example", (2025, 12, 20), (2026, 3, 20)),
    );
    for (address, pair) in [("127.0.0.1", &first), ("127.0.0.2", &second)] {
        bare.write(&format!("srv/certs/{address}.pem"), pki.full(pair));
        bare.write(&format!("srv/certs/{address}.key"), &pair.key);
    }
    std::fs::create_dir_all(bare.path("etc/nginx")).unwrap();
    let nginx = two_addresses(&bare);
    let roots = bare.home.file("roots.pem", pki.root.pem());
    let port = nginx.port();
    bare.set(&format!("trust = {roots:?}\nresolve = [\"shop.example:{port}:127.0.0.1,127.0.0.2\"]"));

    let document = bare.adopt(&["--at", TODAY, "--format", "json"]).document();
    let rows = document["rows"].as_array().unwrap();
    let of = |pair: &Pair| {
        let leaf = fingerprint(pair).to_string();
        rows.iter().find(|row| row["disk"]["leaf"]["fingerprint"] == leaf).unwrap()
    };
    let at = |address: &str, agreement: &str| {
        (format!("shop.example:{port}"), format!("{address}:{port}"), agreement.to_owned())
    };
    assert_eq!(served(of(&first)), [at("127.0.0.1", "newest"), at("127.0.0.2", "other")], "{document:#}");
    assert_eq!(served(of(&second)), [at("127.0.0.2", "newest"), at("127.0.0.1", "other")], "{document:#}");
    let leaves = |row: &Value| {
        let served = row["served"].as_array().unwrap();
        served.iter().map(|it| it["leaf"]["fingerprint"].clone()).collect::<Vec<_>>()
    };
    let (first, second) = (fingerprint(&first), fingerprint(&second));
    assert_eq!(leaves(&rows[0]).len(), 2);
    for row in rows {
        let mut seen = leaves(row);
        seen.sort_by_key(ToString::to_string);
        let mut expected = [json!(first.to_string()), json!(second.to_string())];
        expected.sort_by_key(ToString::to_string);
        assert_eq!(seen, expected, "each as it is served there: {row:#}");
    }

    let text = bare.adopt(&["--at", TODAY]).out;
    let text = text
        .replace(&port.to_string(), "PORT")
        .replace(&first.short(), "FIRST")
        .replace(&second.short(), "SECOND")
        .replace(bare.path("").to_str().unwrap(), "/");
    insta::assert_snapshot!(text);
}

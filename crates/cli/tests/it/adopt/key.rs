//! Keys that do not fit the certificates beside them.

use serde_json::{Value, json};

use super::bare::Bare;
use super::codes;
use crate::peer::{Pair, Pki};

const LIVE: &str = "etc/letsencrypt/live/shop.example";
const CONF: &str = "version = 2.1.0\narchive_dir = /etc/letsencrypt/archive/shop.example\nprivkey = \
    /etc/letsencrypt/live/shop.example/privkey.pem\nfullchain = \
    /etc/letsencrypt/live/shop.example/fullchain.pem\n[renewalparams]\nauthenticator = standalone\n";

/// A pair for this name, valid on the day of the tests.
fn pair(pki: &Pki, name: &str) -> Pair {
    pki.ecdsa(name, (2026, 2, 1), (2026, 5, 1))
}

/// The row of this name on the day of the tests.
fn row(bare: &Bare, name: &str) -> Value {
    let document = bare.adopt(&["--at", crate::peer::TODAY, "--format", "json"]).document();
    let found = document["rows"].as_array().unwrap().iter().find(|row| row["name"] == name);
    found.unwrap_or_else(|| panic!("no row {name} in {document:#}")).clone()
}

/// Each went on being "OK" until the server was reloaded, and then was down.
#[test]
fn a_key_that_does_not_fit_is_critical_for_certbot_nginx_and_apache() {
    let bare = Bare::new();
    let pki = Pki::new();
    let other = pair(&pki, "other.example");
    bare.set("resolve = [\"web.example:1:127.0.0.1\", \"mail.example:1:127.0.0.1\"]");
    for name in ["shop", "web", "mail"] {
        let made = pair(&pki, &format!("{name}.example"));
        let (chain, key) = match name {
            "shop" => (format!("{LIVE}/fullchain.pem"), format!("{LIVE}/privkey.pem")),
            name => (format!("srv/{name}.pem"), format!("srv/{name}.key")),
        };
        bare.write(&chain, &made.leaf);
        bare.write(&key, &made.key);
    }
    bare.write("etc/letsencrypt/renewal/shop.example.conf", CONF);
    bare.write(
        "etc/nginx/nginx.conf",
        "events {}\nhttp { server { listen 127.0.0.1:1 ssl; server_name web.example;\n\
         ssl_certificate /srv/web.pem; ssl_certificate_key /srv/web.key; } }\n",
    );
    bare.write(
        "etc/apache2/apache2.conf",
        "<VirtualHost 127.0.0.1:1>\nServerName mail.example\nSSLEngine on\n\
         SSLCertificateFile /srv/mail.pem\nSSLCertificateKeyFile /srv/mail.key\n</VirtualHost>\n",
    );
    let keys = [
        (
            "shop.example",
            format!("{LIVE}/privkey.pem"),
            "certbot renew --force-renewal --cert-name shop.example",
        ),
        (
            "web.example",
            "srv/web.key".to_owned(),
            "correct /etc/nginx/nginx.conf:3, which names the key /srv/web.key",
        ),
        (
            "mail.example",
            "srv/mail.key".to_owned(),
            "correct /etc/apache2/apache2.conf:5, which names the key /srv/mail.key",
        ),
    ];
    for (name, key, next) in keys {
        let well = row(&bare, name);
        assert_eq!(well["disk"]["key_fits"], json!({"known": "yes"}), "{well:#}");
        assert!(!codes(&well).contains(&"automation.key-mismatch".to_owned()), "{well:#}");
        bare.write(&key, &other.key);
        let broken = row(&bare, name);
        assert_eq!(codes(&broken)[0], "automation.key-mismatch", "{broken:#}");
        assert_eq!((&broken["severity"], &broken["next"]), (&json!("critical"), &json!(next)));
        assert_eq!(broken["disk"]["key_fits"]["known"], "no");
        assert!(
            broken["violations"][0]["text"].as_str().unwrap().starts_with(&format!("/{key}: it is not "))
        );
    }
    let explained = bare.home.run(&["explain", "automation.key-mismatch"]);
    assert_eq!(explained.code, 0, "{}", explained.err);
}

#[test]
fn a_key_behind_a_passphrase_is_unknown_and_said_so() {
    let bare = Bare::new();
    bare.write(&format!("{LIVE}/fullchain.pem"), &pair(&Pki::new(), "shop.example").leaf);
    let locked = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n";
    bare.write(&format!("{LIVE}/privkey.pem"), locked);
    bare.write("etc/letsencrypt/renewal/shop.example.conf", CONF);
    let unknown = row(&bare, "shop.example");
    assert_eq!(unknown["disk"]["key_fits"]["known"], "unknown", "{unknown:#}");
    let text = bare.adopt(&[]).out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("unknown: whether its key fits; /etc/"), "{text}");
}

//! Renewing programs that live where nobody would look, and programs whose configuration is not read.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

use notafter_lab::tls_server::{Files, TlsServer};
use serde_json::Value;

use super::bare::Bare;
use super::codes;
use crate::peer::{Pair, Pki, TODAY};

/// What lego keeps at a place of somebody's own choice; written long before [`TODAY`].
fn lego_has(bare: &Bare, pki: &Pki, pair: &Pair) -> Files {
    let path = |ending: &str| format!("srv/acme/lego/certificates/shop.example.{ending}");
    bare.write(&path("json"), "{}");
    bare.write(&path("crt"), pki.full(pair));
    bare.write(&path("key"), &pair.key);
    let (chain, key) = (bare.path(&path("crt")), bare.path(&path("key")));
    let written = SystemTime::UNIX_EPOCH + Duration::from_secs(1_771_600_000);
    fs::File::options().append(true).open(&chain).unwrap().set_modified(written).unwrap();
    Files { chain, key }
}

fn python_listens(bare: &Bare, port: u16) {
    let line = format!(
        "   0: 0100007F:{port:04X} 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 77 1\n"
    );
    bare.write("proc/net/tcp", format!("  sl  local_address\n{line}"));
    bare.write("proc/7/comm", "python3\n");
    fs::create_dir(bare.path("proc/7/fd")).unwrap();
    symlink("socket:[77]", bare.path("proc/7/fd/3")).unwrap();
}

fn row(bare: &Bare, arguments: &[&str]) -> Value {
    let document = bare.adopt(&[&["--at", TODAY, "--format", "json"], arguments].concat()).document();
    let rows = document["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{document:#}");
    rows[0].clone()
}

/// It was in a row of its own, "nobody is known to renew it"; the command to type next did not look where lego was.
#[tokio::test(flavor = "multi_thread")]
async fn what_lego_renewed_and_a_program_never_took_up_is_told_with_what_to_do() {
    let bare = Bare::new();
    let pki = Pki::new();
    let earlier = pki.ecdsa("shop.example", (2026, 1, 10), (2026, 4, 10));
    let files = lego_has(&bare, &pki, &earlier);
    let server = TlsServer::from_files("127.0.0.1:0".parse().unwrap(), files).await.unwrap();
    let port = server.address().port();
    python_listens(&bare, port);
    let above = ["--look-in", "/srv/acme"];
    let well = row(&bare, &above);
    assert_eq!((&well["renewer"], &well["served"][0]["agreement"]), (&"lego".into(), &"newest".into()));
    assert_eq!(codes(&well), ["automation.dead"], "{well:#}");
    let hint = well["violations"][0]["hint"].as_str().unwrap();
    let why =
        ["It cannot be taken over: ", "its account at the CA was not found", "no command that starts lego"];
    assert!(why.iter().all(|why| hint.contains(why)) && !hint.contains("--take-over"), "{hint}");
    assert_eq!(well["next"], "notafter adopt --look-in /srv/acme --watch");

    lego_has(&bare, &pki, &pki.ecdsa("shop.example", (2026, 2, 20), (2026, 5, 20)));
    let stale = row(&bare, &above);
    assert_eq!(codes(&stale)[0], "automation.not-reloaded", "{stale:#}");
    assert_eq!(
        (&stale["served"][0]["agreement"], &stale["served"][0]["by_its_looks"]),
        (&"earlier".into(), &true.into())
    );
    assert_eq!(stale["next"], format!("reload whatever listens at 127.0.0.1:{port}"));
    let text = bare.adopt(&[&["--at", TODAY], &above[..]].concat()).out;
    assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains("EARLIER one"), "{text}");

    bare.adopt(&[&["--watch"], &above[..]].concat());
    let remembered = row(&bare, &[]);
    assert_eq!(remembered["renewer"], "lego", "where what is watched lies is looked at: {remembered:#}");
}

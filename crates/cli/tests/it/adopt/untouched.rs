//! `adopt` reads an installation and changes nothing of it.

use std::fs::{self, File};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::bare::Bare;
use crate::peer::{Pki, TODAY};

/// An installation that renews a certificate of the machine, and was never asked to.
fn installed() -> Bare {
    let bare = Bare::new();
    let chain = bare.path("srv/certs/shop.pem");
    bare.write("srv/certs/shop.pem", Pki::new().ecdsa("shop.example", (2026, 2, 1), (2026, 5, 1)).leaf);
    bare.home.apply(&format!(
        "[[issuer]]\nname = \"ca\"\ndirectory = \"https://127.0.0.1:9/\"\n\n\
         [[lineage]]\nname = \"shop\"\nidentifiers = [\"shop.example\"]\nissuer = \"ca\"\n\n\
         [[lineage.place]]\nname = \"files\"\ndeployer = \"files\"\n\
         settings = {{ full_chain = {chain:?}, key = {:?} }}\n",
        bare.path("srv/certs/shop.key")
    ));
    bare
}

/// Names, bytes and times of everything in a directory, and of the directory itself.
fn state(folder: &Path) -> Vec<(String, Vec<u8>, SystemTime)> {
    let modified = |path: &Path| fs::symlink_metadata(path).unwrap().modified().unwrap();
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            // A socket has no bytes.
            (path.display().to_string(), fs::read(&path).unwrap_or_default(), modified(&path))
        })
        .collect();
    found.push((String::new(), vec![], modified(folder)));
    found.sort();
    found
}

/// The row of what notafter renews; looking at it has changed nothing.
fn row(bare: &Bare, more: &[&str]) -> Value {
    let data = bare.home.path("data");
    let before = state(&data);
    let document = bare.adopt(&[&["--at", TODAY, "--format", "json"], more].concat()).document();
    assert!(state(&data) == before, "not a byte is another: {document:#}");
    let row = document["rows"][0].clone();
    assert_eq!(
        (&row["renewer"], &row["ours"]["lineage"]),
        (&json!("notafter"), &json!("shop")),
        "{document:#}"
    );
    row
}

/// It took the lock, and wrote itself into it; it brought the database up to date and made what was missing.
#[test]
fn an_installation_without_a_server_is_read_as_it_stands() {
    let bare = installed();
    let nobody = json!({"known": "no", "why": "no server of notafter runs"});
    // The log of the last command's writes lies there, and then a copy into which it was folded.
    assert_eq!(row(&bare, &[])["automation"]["alive"], nobody);
    let copy = bare.home.path("copy.db");
    let copied = bare.home.run(&["backup", copy.to_str().unwrap()]);
    assert_eq!(copied.code, 0, "{}", copied.err);
    for file in ["notafter.db", "notafter.db-wal", "notafter.db-shm"] {
        drop(fs::remove_file(bare.home.path("data").join(file)));
    }
    fs::rename(copy, bare.home.path("data/notafter.db")).unwrap();
    assert_eq!(row(&bare, &[])["automation"]["alive"], nobody);
    // Nor is a key needed to look.
    fs::remove_file(bare.home.path("kek")).unwrap();
    row(&bare, &[]);
    assert!(!bare.home.path("kek").exists());
}

/// It was refused, or hung.
#[test]
fn an_installation_that_another_process_holds_is_read_beside_it() {
    let bare = installed();
    let lock = File::open(bare.home.path("data/lock")).unwrap();
    lock.try_lock().unwrap();
    row(&bare, &[]);
    let _door = UnixListener::bind(bare.home.path("data/socket")).unwrap();
    let silent = row(&bare, &["--timeout", "100ms"]);
    let why = "its server did not answer within 100 ms";
    assert_eq!(silent["automation"]["alive"], json!({"known": "unknown", "why": why}));
    assert_eq!(silent["next"], "notafter doctor");
}

#[test]
fn a_server_that_hangs_is_told_and_its_database_read_all_the_same() {
    let bare = installed();
    let server = bare.home.serve();
    server.wait_for("/healthz", 200);
    server.freeze();
    let frozen = row(&bare, &["--timeout", "1s"]);
    assert_eq!(frozen["automation"]["alive"]["why"], "its server did not answer within 1 s", "{frozen:#}");
}

#[test]
fn an_installation_that_cannot_be_read_as_it_stands_is_not_seen_and_said_so() {
    let bare = installed();
    let data = bare.home.path("data");
    fs::remove_file(data.join("notafter.db-shm")).unwrap();
    let before = state(&data);
    let document = bare.adopt(&["--format", "json"]).document();
    assert!(state(&data) == before, "{document:#}");
    let unseen = document["unseen"].as_array().unwrap();
    let told =
        unseen.iter().find(|one| one["what"].as_str().unwrap().starts_with("what notafter itself renews"));
    assert_eq!(
        told.unwrap()["why"],
        "the database cannot be read as it stands: the log beside it has no index (notafter status brings it up to \
         date, and so does notafter serve)"
    );
}

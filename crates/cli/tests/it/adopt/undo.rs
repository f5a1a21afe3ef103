//! What `adopt --undo` says where notafter had got nothing.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::ca::certbots;
use crate::machine::{NAME, Stage};
use crate::notafter::Ran;

fn take_over(stage: &Stage) {
    let taken = stage.adopt(&["--take-over", NAME, "--yes", "--issuer-trust", stage.ca().to_str().unwrap()]);
    assert_eq!(taken.code, 0, "{}", taken.err);
}

/// What was said, and the first note without what differs from run to run; certbot's own is in place.
fn give_back(stage: &Stage) -> (Value, String) {
    let undone = stage.adopt(&["--undo", NAME, "--format", "json"]);
    assert_eq!(undone.code, 0, "{}", undone.err);
    let done = undone.document()["done"].clone();
    assert_eq!(done["handed_over"], Value::Null, "{done:#}");
    let live = fs::read_link(stage.path("etc/letsencrypt/live/shop.example/fullchain.pem")).unwrap();
    assert_eq!(live, Path::new("../../archive/shop.example/fullchain1.pem"), "{done:#}");
    assert!(!stage.path("etc/letsencrypt/archive/shop.example/fullchain2.pem").exists(), "{done:#}");
    let note = done["notes"][0].as_str().unwrap().replace(stage.path("").to_str().unwrap(), "/");
    (done, note)
}

/// It spoke of a certificate that notafter got, and handed certbot its own as a second version.
#[tokio::test(flavor = "multi_thread")]
async fn given_back_before_anything_was_renewed_nothing_is_claimed() {
    let Some(stage) = certbots("given_back_before_anything_was_renewed_nothing_is_claimed").await else {
        return;
    };
    take_over(&stage);
    let (done, note) = give_back(&stage);
    let own = "in /etc/letsencrypt/live/shop.example/fullchain.pem lies the certificate that it had when it was taken \
               over, valid until ";
    assert!(note.starts_with(own) && note.ends_with("; notafter got none meanwhile"), "{note}");
    assert_eq!(
        done["notes"][1],
        "its account at the CA stays known to notafter, as issuer 127.0.0.1: notafter get issuer 127.0.0.1"
    );

    take_over(&stage);
    let deployed = Ran::from(stage.command(&["deploy", NAME]).output().unwrap());
    assert_eq!(deployed.code, 3, "nothing serves it here: {}{}", deployed.out, deployed.err);
    let live = stage.path("etc/letsencrypt/live/shop.example/fullchain.pem");
    let installed = fs::canonicalize(&live).unwrap();
    assert!(!installed.to_str().unwrap().contains("/archive/"), "what was taken over is installed");
    let (_, note) = give_back(&stage);
    assert!(note.starts_with(own) && note.ends_with("; notafter got none meanwhile"), "{note}");

    // Each take-over left one more version that was called the current one.
    take_over(&stage);
    let status = Ran::from(stage.command(&["status", NAME]).output().unwrap()).out;
    assert_eq!(status.matches(": current;").count(), 1, "{status}");
}

/// A CA that had lost its accounts registered the same key anew: at each take-over from then on one more issuer was made
/// for it, and `issue` did not know which one was meant.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_another_url_and_the_same_key_became_another_issuer() {
    let test = "an_account_with_another_url_and_the_same_key_became_another_issuer";
    let Some(stage) = certbots(test).await else { return };
    take_over(&stage);
    give_back(&stage);
    let found = Command::new("find")
        .arg(stage.path("etc/letsencrypt/accounts"))
        .args(["-name", "regr.json"])
        .output()
        .unwrap();
    let file = String::from_utf8(found.stdout).unwrap().trim().to_owned();
    let mut registration: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    registration["uri"] = (registration["uri"].as_str().unwrap().to_owned() + "0").into();
    fs::write(&file, registration.to_string()).unwrap();
    take_over(&stage);
    let issuers = Ran::from(stage.command(&["get", "issuer"]).output().unwrap()).out;
    assert_eq!(issuers.matches("[[issuer]]").count(), 1, "{issuers}");
}

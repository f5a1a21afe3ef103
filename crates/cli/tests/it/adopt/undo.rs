//! What `adopt --undo` says where notafter had got nothing.

use std::fs;
use std::path::Path;

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

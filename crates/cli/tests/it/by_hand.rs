//! What people do to a lineage by hand, with and without a server beside it: they hear of its end, not of its beginning.

use notafter_acme::server::RequestKind;
use serde_json::Value;

use crate::notafter::Ran;
use crate::serve::Serving;
use crate::sweep::stage::Stage;

/// Runs a command about the lineage, which must end well; how it stands then.
fn by_hand(stage: &Stage, arguments: &[&str]) -> Value {
    let ran = Ran::from(stage.run(&[], &[arguments, &["--format", "json"]].concat()));
    let told = ran.document();
    assert_eq!(ran.code, 0, "{arguments:?}: {told:#}{}", ran.err);
    let outcome = told["lineages"].as_array().map_or(told.clone(), |outcomes| outcomes[0].clone());
    assert_eq!(outcome["ending"], "done", "{arguments:?}: {outcome:#}");
    for deployment in outcome["deployments"].as_array().unwrap() {
        let proofs = deployment["proofs"].as_array().unwrap();
        assert!(!proofs.is_empty(), "{arguments:?}: {deployment:#}");
        assert!(proofs.iter().all(|proof| proof["state"] == "proven"), "{arguments:?}: {deployment:#}");
    }
    outcome
}

/// With a server beside it, "0 of 0 addresses proven" was told after 30 ms, because the lease of the task that the server
/// had just claimed ended in ten minutes.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_hears_the_end_whether_a_server_runs_or_not() {
    let stage = Stage::set().await;
    assert!(stage.issue(&[]).status.success());
    for served in [true, false] {
        let server =
            served.then(|| Serving::start(stage.command(&[], &["serve", "--listen", "127.0.0.1:0"])));
        let before = stage.ca.acted(RequestKind::Finalize);
        let first = by_hand(&stage, &["renew", "shop", "--force"])["version"]["id"].clone();
        let second = by_hand(&stage, &["renew", "shop", "--block-key"])["version"]["id"].clone();
        assert_ne!(first, second);
        by_hand(&stage, &["deploy", "shop"]);
        let third = by_hand(&stage, &["renew", "shop", "--force"])["version"]["id"].clone();
        let back = by_hand(&stage, &["rollback", "shop"]);
        assert_eq!(back["version"]["id"], second, "the one before {third}");
        let replaced = by_hand(&stage, &["revoke", "shop"]);
        assert_eq!(replaced["renewed"], true, "{replaced:#}");
        let said = replaced["remarks"][0].as_str().unwrap();
        assert!(said.starts_with("revoked at ") && said.contains("serial "), "{said}");
        assert_eq!(stage.ca.acted(RequestKind::Finalize) - before, 4);
        drop(server);
    }
}

/// A certificate was ordered first, and could not be installed then.
#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_is_missing_is_told_before_anything_is_ordered() {
    let stage = Stage::set().await;
    std::fs::remove_dir_all(stage.path("live")).unwrap();
    let refused = Ran::from(stage.issue(&[]));
    assert_eq!(refused.code, 2, "{}{}", refused.out, refused.err);
    assert!(refused.err.contains("live"), "{}", refused.err);
    assert_eq!(stage.ca.acted(RequestKind::NewOrder), 0);
    assert_eq!(stage.run(&[], &["get"]).stdout, b"", "and nothing is in the inventory");
    std::fs::create_dir(stage.path("live")).unwrap();
}

/// "0 to add, 0 to change, 0 to remove; nothing was changed yet: add --yes" was the answer.
#[tokio::test(flavor = "multi_thread")]
async fn what_get_printed_changes_nothing() {
    let stage = Stage::set().await;
    assert!(stage.issue(&[]).status.success());
    let printed = Ran::from(stage.run(&[], &["get"]));
    std::fs::write(stage.path("printed.toml"), &printed.out).unwrap();
    let file = stage.path("printed.toml");
    let compared = Ran::from(stage.run(&[], &["apply", file.to_str().unwrap()]));
    insta::assert_snapshot!(compared.out);
    let claims = || {
        let told = stage.run(&[], &["apply", file.to_str().unwrap(), "--format", "json"]);
        let told = Ran::from(told).document();
        (told["changes"].clone(), told["claims"].clone())
    };
    assert_eq!(claims(), (false.into(), true.into()), "nothing differs, but no file wrote it yet");
    for _ in 0..2 {
        let applied = Ran::from(stage.run(&[], &["apply", file.to_str().unwrap(), "--yes"]));
        assert_eq!((applied.code, applied.out.as_str()), (0, "no changes\n"), "{}", applied.err);
    }
    let again = Ran::from(stage.run(&[], &["apply", file.to_str().unwrap()]));
    assert_eq!(again.out, "no changes\n");
    assert_eq!(claims(), (false.into(), false.into()));
}

/// The place stood without its lineage, and `apply` refused the text.
#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_get_printed_is_applied_and_changes_nothing() {
    let stage = Stage::set().await;
    assert!(stage.issue(&[]).status.success());
    let printed = Ran::from(stage.run(&[], &["get", "place"])).out;
    assert!(printed.contains("[[lineage.place]]"), "{printed}");
    let file = stage.path("place.toml");
    std::fs::write(&file, &printed).unwrap();
    let applied = Ran::from(stage.run(&[], &["apply", file.to_str().unwrap(), "--yes"]));
    assert_eq!(applied.code, 0, "{}{}", applied.out, applied.err);
    assert!(applied.out.ends_with("no changes\n"), "{}", applied.out);
}

/// The second `issue` put key, reuse of the key, solver and place back to their defaults, and renewed.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_issue_changes_nothing_that_it_was_not_told() {
    let stage = Stage::set().await;
    assert!(stage.issue(&[]).status.success());
    by_hand(&stage, &["issue", "shop.example", "--name", "shop", "--key", "ecdsa-p384", "--reuse-key"]);
    let inventory = || Ran::from(stage.run(&[], &["get"])).out;
    let before = inventory();
    assert!(before.contains("ecdsa-p384") && before.contains("reuse_key = true"), "{before}");
    let again = by_hand(&stage, &["issue", "shop.example", "--name", "shop"]);
    assert_eq!(again["renewed"], false, "{again:#}");
    assert_eq!(inventory(), before);
}

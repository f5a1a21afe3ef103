//! An account that Pebble closed, or lost with its database, when its key shall be changed.

use std::process::Command;

use serde_json::Value;

use crate::machine::{NAME, Stage};
use crate::notafter::Ran;

impl Stage {
    fn notafter(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    fn account(&self) -> Value {
        let ran = self.notafter(&["account", "show", "pebble", "--format", "json"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.document()["account"].clone()
    }

    fn issues(&self) {
        let (directory, ca) = (self.pebble.directory_url(), self.ca());
        let listen = format!("127.0.0.1:{}", self.http01_port);
        let mut words = vec!["issue", NAME, "--issuer", "pebble", "--directory", &directory, "--agree-terms"];
        words.extend(["--ca-trust", ca.to_str().unwrap(), "--listen", &listen]);
        let ran = self.notafter(&words);
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    }

    /// A renewal gets another certificate, whatever became of the account.
    fn renews(&self) {
        let ran = self.notafter(&["renew", NAME, "--force", "--format", "json"]);
        assert_eq!(ran.document()["lineages"][0]["renewed"], true, "{}{}", ran.out, ran.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_not_changed_at_an_account_that_was_closed_and_the_way_on_is_told() {
    let Some(stage) = Stage::new("rollover of a closed account").await else { return };
    stage.issues();
    // Somebody who has the same key closes it: this installation does not know.
    let (data, copy) = (stage.home("data"), stage.home("copy"));
    assert!(Command::new("/bin/cp").arg("-a").args([&data, &copy]).status().unwrap().success());
    let elsewhere = ["--data", copy.to_str().unwrap()];
    let closed = stage.notafter(&[&["account", "deactivate", "pebble", "--yes"][..], &elsewhere].concat());
    assert_eq!(closed.code, 0, "{}", closed.err);

    let before = stage.account();
    let refused = stage.notafter(&["account", "rollover", "pebble"]);
    assert_eq!(refused.code, 2, "{}", refused.out);
    assert!(refused.err.contains("notafter account deactivate pebble --yes"), "{}", refused.err);
    let after = stage.account();
    assert_eq!(after["thumbprint"], before["thumbprint"], "the key stays");
    assert_eq!(after["rolling_over"], false);

    let let_go = stage.notafter(&["account", "deactivate", "pebble", "--yes"]);
    assert_eq!(let_go.code, 0, "{}", let_go.err);
    stage.renews();
    let another = stage.account();
    assert_ne!(another["thumbprint"], before["thumbprint"]);
    assert_eq!(stage.notafter(&["account", "rollover", "pebble"]).code, 0);
    assert_ne!(stage.account()["thumbprint"], another["thumbprint"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_changed_at_the_second_attempt_where_the_ca_had_lost_the_account() {
    let Some(mut stage) = Stage::new("rollover of a lost account").await else { return };
    stage.issues();
    let before = stage.account();
    stage.pebble.forget().await.unwrap();

    let refused = stage.notafter(&["account", "rollover", "pebble"]);
    assert_eq!(refused.code, 2, "{}", refused.out);
    assert!(refused.err.contains("say it again"), "{}", refused.err);
    let lost = stage.account();
    assert_eq!((&lost["account"], lost["rolling_over"].as_bool()), (&Value::Null, Some(false)));
    assert_eq!(lost["thumbprint"], before["thumbprint"], "the key stays");

    let changed = stage.notafter(&["account", "rollover", "pebble"]);
    assert_eq!(changed.code, 0, "{}", changed.err);
    let after = stage.account();
    assert!(after["account"].is_string() && after["thumbprint"] != before["thumbprint"], "{after:#}");
    stage.renews();
}

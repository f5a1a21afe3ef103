//! Whether a server is there to do what `--watch` and `--take-over` ask for from now on.

use serde_json::{Value, json};

use super::bare::Bare;
use super::ca::certbots;
use crate::machine::NAME;
use crate::serve::Serving;

/// Nobody renewed it, and nothing was said of that; `--watch` asked for a server that ran.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_renews_what_was_taken_over_while_no_server_runs_and_that_is_said() {
    let test = "nobody_renews_what_was_taken_over_while_no_server_runs_and_that_is_said";
    let Some(stage) = certbots(test).await else { return };
    let trust = stage.ca();
    let over = ["--take-over", NAME, "--yes", "--issuer-trust", trust.to_str().unwrap()];
    let said = |arguments: &[&str]| {
        let ran = stage.adopt(arguments);
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran
    };
    let watching = said(&["--watch"]).out;
    assert!(
        watching.ends_with("1 lineages are new, 0 lineages were known\nnext: notafter serve\n"),
        "{watching}"
    );
    let taken = said(&over).out;
    let note = "  note: no server of notafter runs: until one does, nobody renews it\n";
    assert!(taken.contains(note) && taken.ends_with("  next: notafter serve\n"), "{taken}");
    said(&["--undo", NAME]);

    let server = Serving::start(stage.command(&["serve", "--listen", "127.0.0.1:0"]));
    server.wait_for("/readyz", 200);
    let done =
        |arguments: &[&str]| said(&[arguments, &["--format", "json"]].concat()).document()["done"].clone();
    assert_eq!(done(&["--watch"])["next"], Value::Null);
    let taken = done(&over);
    assert_eq!(taken["next"], Value::Null, "{taken:#}");
    assert!(!taken["notes"].to_string().contains("server of notafter"), "{taken:#}");
    assert_eq!(taken["issuer"], json!("127.0.0.1"));
}

/// It ended with "next: notafter serve", which would have served another installation.
#[test]
fn a_command_to_type_next_carries_the_data_directory_that_was_given() {
    let bare = Bare::new();
    let data = bare.home.path("elsewhere");
    let watching = bare.adopt(&["--data", data.to_str().unwrap(), "--watch"]);
    let next = format!("next: notafter --data {} serve\n", data.display());
    assert!(watching.out.ends_with(&next), "{}", watching.out);
    assert!(data.exists());
}

//! Outages of other people's automation, watched after `adopt --watch`.

use std::fs;
use std::process::Command;

use notafter_cert::Span;

use super::duty::Duty;
use crate::machine::{CERTBOT, NAME, NGINX};

const WATCH: [&str; 2] = ["adopt", "--watch"];

#[tokio::test(flavor = "multi_thread")]
async fn what_certbot_renewed_and_nobody_reloaded_reaches_the_owner() {
    let test = "what_certbot_renewed_and_nobody_reloaded_reaches_the_owner";
    let Some(duty) = Duty::new(test, &[CERTBOT, NGINX]).await else { return };
    let stage = &duty.stage;
    stage.certbot_issues();
    stage.timer();
    let nginx = stage.nginx();
    stage.resolve(nginx.port(), "127.0.0.1");
    duty.trust("");
    duty.begin("");
    duty.done(&WATCH);
    let _server = duty.serve();
    let version = |status: &serde_json::Value| status["lineage"]["versions"][0]["fingerprint"].clone();
    let before = version(&duty.until(&["status", NAME], |status| !version(status).is_null()));

    let renewed = stage.certbot_renews();
    assert!(renewed.status.success(), "{}", String::from_utf8_lossy(&renewed.stderr));
    // A server that is being reloaded is not late yet.
    duty.pass(Span::minutes(3));
    duty.done(&WATCH);
    let letter = duty.letter().await;
    assert!(letter.subject.starts_with("WARNING shop.example: "), "{letter:#?}");
    let stale = format!("127.0.0.1:{} still serves the earlier certificate", nginx.port());
    letter.says(&[
        "automation.not-reloaded",
        &stale,
        "Now: nginx -s reload",
        "notafter adopt --take-over shop.example",
    ]);
    assert_ne!(version(&duty.json(&["status", NAME])), before, "the newest on disk is known");

    let [program, arguments @ ..] = nginx.reload_command();
    assert!(Command::new(program).args(arguments).status().unwrap().success());
    duty.done(&WATCH);
    duty.recovers(&WATCH).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_of_certbot_that_was_switched_off_reaches_the_owner() {
    let test = "a_timer_of_certbot_that_was_switched_off_reaches_the_owner";
    let Some(duty) = Duty::new(test, &[CERTBOT]).await else { return };
    let stage = &duty.stage;
    stage.certbot_issues();
    stage.timer();
    duty.trust("");
    duty.begin("");
    duty.done(&WATCH);
    let _server = duty.serve();

    fs::remove_file(stage.path("etc/systemd/system/timers.target.wants/certbot.timer")).unwrap();
    duty.done(&WATCH);
    let letter = duty.letter().await;
    assert!(letter.subject.starts_with("WARNING shop.example: "), "{letter:#?}");
    letter.says(&[
        "automation.dead",
        "`systemctl enable --now certbot.timer` starts it",
        "notafter adopt --take-over shop.example",
    ]);

    fs::remove_dir_all(stage.path("etc/systemd/system/timers.target.wants")).unwrap();
    stage.timer();
    duty.done(&WATCH);
    duty.recovers(&WATCH).await;
}

//! The CA is asked before a certificate is taken over from certbot.

use std::fs;

use crate::machine::{CERTBOT, CONF, NAME, Stage, has};
use crate::notafter::Ran;
use crate::peer::free_port;

/// certbot renews the certificate, and nothing of ours is there.
pub(super) async fn certbots(test: &str) -> Option<Stage> {
    if !has(test, &[CERTBOT]) {
        return None;
    }
    let stage = Stage::new(test).await?;
    stage.certbot_issues();
    stage.timer();
    Some(stage)
}

/// What was said; certbot still renews it, and notafter does not.
fn refused(stage: &Stage, more: &[&str]) -> String {
    let before = fs::read(stage.path(CONF)).unwrap();
    let ran = stage.adopt(&[&["--take-over", NAME, "--yes"], more].concat());
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert_eq!(fs::read(stage.path(CONF)).unwrap(), before, "certbot is as it was: {}", ran.err);
    assert_eq!(stage.row(NAME, &[])["renewer"], "certbot");
    let url = stage.pebble.directory_url();
    let origin = url.trim_end_matches("/dir");
    let said = ran.err.replace(origin, "https://CA").replace(stage.home("").to_str().unwrap(), "/home/");
    said.replace(&format!("127.0.0.1:{}", origin.rsplit(':').next().unwrap()), "CA")
}

/// certbot was switched off, and the first renewal failed over a root that nobody had named.
#[tokio::test(flavor = "multi_thread")]
async fn a_private_ca_whose_root_is_not_named_takes_nothing_from_certbot() {
    let test = "a_private_ca_whose_root_is_not_named_takes_nothing_from_certbot";
    let Some(stage) = certbots(test).await else { return };
    insta::assert_snapshot!(refused(&stage, &[]));
    fs::write(stage.home("other.pem"), crate::peer::Pki::new().root.pem()).unwrap();
    let other = stage.home("other.pem");
    insta::assert_snapshot!(refused(&stage, &["--issuer-trust", other.to_str().unwrap()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ca_that_cannot_be_reached_takes_nothing_from_certbot() {
    let test = "a_ca_that_cannot_be_reached_takes_nothing_from_certbot";
    let Some(stage) = certbots(test).await else { return };
    let url = stage.pebble.directory_url();
    let living = url.split('/').nth(2).unwrap().to_owned();
    let nobody = format!("127.0.0.1:{}", free_port());
    let conf = fs::read_to_string(stage.path(CONF)).unwrap();
    fs::write(stage.path(CONF), conf.replace(&living, &nobody)).unwrap();
    let accounts = stage.path("etc/letsencrypt/accounts");
    fs::rename(accounts.join(&living), accounts.join(&nobody)).unwrap();
    let said = refused(&stage, &["--issuer-trust", stage.ca().to_str().unwrap()]);
    insta::assert_snapshot!(said.replace(&nobody, "NOBODY"));
}

/// The option was ignored without a word.
#[tokio::test(flavor = "multi_thread")]
async fn other_anchors_for_a_known_issuer_are_refused_and_the_same_in_another_file_are_not() {
    let test = "other_anchors_for_a_known_issuer_are_refused_and_the_same_in_another_file_are_not";
    let Some(stage) = certbots(test).await else { return };
    let with = |file: &str| {
        let file = stage.home(file);
        stage.adopt(&["--take-over", NAME, "--yes", "--issuer-trust", file.to_str().unwrap()])
    };
    let back = || {
        let undone = stage.adopt(&["--undo", NAME]);
        assert_eq!(undone.code, 0, "{}", undone.err);
    };
    let taken = with("ca.pem");
    assert_eq!(taken.code, 0, "{}", taken.err);
    back();
    fs::write(stage.home("other.pem"), crate::peer::Pki::new().root.pem()).unwrap();
    let other = stage.home("other.pem");
    insta::assert_snapshot!(refused(&stage, &["--issuer-trust", other.to_str().unwrap()]));
    fs::copy(stage.home("ca.pem"), stage.home("copy.pem")).unwrap();
    let taken = with("copy.pem");
    assert_eq!(taken.code, 0, "{}", taken.err);
    back();
    let without = stage.adopt(&["--take-over", NAME, "--yes"]);
    assert_eq!(without.code, 0, "by the anchors that the issuer has: {}", without.err);
    let issuers = Ran::from(stage.command(&["get", "issuers"]).output().unwrap());
    assert!(issuers.out.contains(&format!("trust = {:?}", stage.ca())), "{}", issuers.out);
}

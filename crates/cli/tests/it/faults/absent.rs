//! A directory without an installation, such as a mistyped one: nothing is made of it by looking.

use std::fs;

use super::Home;

#[test]
fn a_mistyped_directory_is_told_and_does_not_become_an_installation() {
    let mut home = Home::new();
    fs::create_dir(home.path("empty")).unwrap();
    for line in [
        "status",
        "status shop",
        "get",
        "explain shop",
        "renew shop",
        "renew",
        "revoke shop",
        "rollback shop",
        "deploy shop",
        "alert list",
        "alert ack al_00000000000000000000000000000000",
        "alert confirm ABCDEF",
        "alert silence --code renewal.* --for 2h --why x",
        "alert unsilence si_00000000000000000000000000000000",
        "backup copy",
        "vault status",
        "vault rotate",
        "vault prune",
        "account show ca",
        "account rollover ca",
        "adopt --undo shop",
        "doctor",
        "status --data empty",
    ] {
        assert_eq!(home.say(line), 2, "{line}");
        assert!(home.is_untouched(), "{line}");
    }
    assert_eq!(fs::read_dir(home.path("empty")).unwrap().count(), 0);
    assert!(!home.path("copy").exists());
    insta::assert_snapshot!(home.said);
}

/// What needs no installation is answered without one, and does not begin one either.
#[test]
fn a_file_is_compared_with_nothing_before_it_begins_an_installation() {
    let mut home = Home::new();
    home.file("inventory.toml", "[[endpoint]]\ntarget = \"shop.example\"\n");
    home.file("broken.toml", "[[endpoint]]\ntarget = \"\"\n");
    assert_eq!(home.say("apply inventory.toml"), 0);
    assert_eq!(home.say("apply broken.toml --yes"), 2);
    assert_eq!(home.say("explain renewal.failing"), 0);
    assert_eq!(home.say("issue shop.example"), 2);
    assert!(home.is_untouched(), "it was only shown");
    assert_eq!(home.say("apply inventory.toml --yes"), 0);
    assert_eq!(home.say("get"), 0);
    insta::assert_snapshot!(home.said);
}

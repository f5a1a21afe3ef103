//! Commands about things that do not exist, and files that are not what they should be.

use std::fs;
use std::net::TcpListener;

use super::Home;

#[test]
fn what_does_not_exist_is_told_with_the_command_that_lists_what_does() {
    let mut home = Home::new();
    home.begin();
    for line in [
        "status nope",
        "explain nope",
        "explain renewal.nope",
        "explain renewal.faling",
        "get lineage nope",
        "get issuer nope",
        "renew nope",
        "deploy nope",
        "rollback nope",
        "revoke nope",
        "account show nope",
        "account rollover nope",
        "alert ack al_00000000000000000000000000000000",
        "alert confirm ABCDEF",
        "alert unsilence si_00000000000000000000000000000000",
        "alert silence --subject nope --for 2h --why x",
        "alert silence --owner nope --for 2h --why x",
        "alert test nope",
        "alert test",
        "adopt --undo nope",
    ] {
        assert_eq!(home.say(line), 2, "{line}");
    }
    assert_eq!(home.say("renew"), 0);
    assert_eq!(home.say("vault prune"), 0);
    insta::assert_snapshot!(home.said);
}

/// Whoever was one letter off was told to look for the name in a list.
#[test]
fn what_is_nearly_there_is_told_by_its_name() {
    let mut home = Home::new();
    home.file(
        "inventory.toml",
        "[[issuer]]\nname = \"letsencrypt\"\ndirectory = \"https://127.0.0.1:9/\"\n\
         [[owner]]\nname = \"web-team\"\n\
         [[endpoint]]\ntarget = \"shop.example\"\n\
         [[lineage]]\nname = \"shop\"\nidentifiers = [\"shop.example\", \"www.shop.example\"]\nissuer = \"letsencrypt\"\n",
    );
    assert_eq!(home.run(&["apply", "inventory.toml", "--yes"]).code, 0);
    for line in [
        "get lineage shpo",
        "get lineage www.shop.example",
        "get issuer letsencript",
        "get owner webteam",
        "get endpoint shop.exmaple",
        "status shopp",
        "explain shopp",
        "renew Shop",
        "account show lets-encrypt",
        "alert silence --owner web-teem --for 2h --why x",
    ] {
        assert_eq!(home.say(line), 2, "{line}");
    }
    insta::assert_snapshot!(home.said);
}

#[test]
fn a_lineage_without_a_certificate_has_nothing_to_deploy_revoke_or_go_back_to() {
    let mut home = Home::new();
    home.file(
        "inventory.toml",
        "[[issuer]]\nname = \"ca\"\ndirectory = \"https://127.0.0.1:9/\"\n\
         [[lineage]]\nname = \"shop\"\nidentifiers = [\"shop.example\"]\nissuer = \"ca\"\n",
    );
    assert_eq!(home.run(&["apply", "inventory.toml", "--yes"]).code, 0);
    let version = format!("rollback shop --to vr_{}", "0".repeat(32));
    for line in ["deploy shop", "revoke shop", "rollback shop", &version] {
        assert_eq!(home.say(line), 2, "{line}");
    }
    insta::assert_snapshot!(home.said);
}

#[test]
fn what_is_no_backup_is_never_restored_and_no_file_is_overwritten_by_one() {
    let mut home = Home::new();
    home.file("garbage", [7; 4096]);
    home.file("empty", "");
    fs::create_dir(home.path("folder")).unwrap();
    for line in ["restore missing", "restore folder", "restore garbage", "restore empty"] {
        assert_eq!(home.say(line), 2, "{line}");
    }
    home.file("inventory.toml", "[[endpoint]]\ntarget = \"shop.example\"\n");
    home.begin();
    assert_eq!(home.run(&["backup", "good"]).code, 0);
    assert_eq!(home.run(&["apply", "inventory.toml", "--yes"]).code, 0);
    for line in ["restore good", "restore garbage --force", "backup garbage", "backup missing/good"] {
        assert_eq!(home.say(line), 2, "{line}");
    }
    assert!(home.run(&["get"]).out.contains("shop.example"), "the database is what it was");
    assert!(fs::read(home.path("garbage")).unwrap() == [7; 4096], "the file is what it was");
    insta::assert_snapshot!(home.said);
}

#[test]
fn a_port_that_is_taken_is_told_before_anything_runs() {
    let mut home = Home::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    assert_eq!(home.say(&format!("serve --listen 127.0.0.1:{port}")), 2);
    assert!(!home.path("data/socket").exists());
    insta::assert_snapshot!(home.said.replace(&port.to_string(), "PORT"));
}

#[test]
fn an_inventory_file_that_is_none_changes_nothing() {
    let mut home = Home::new();
    home.file("empty.toml", "");
    home.file("latin.toml", [b'#', 0xe9, b'\n']);
    home.file("broken.toml", "[[endpoint]\ntarget = \"a.example\"\n");
    fs::create_dir(home.path("folder")).unwrap();
    for (line, code) in [
        ("apply missing.toml", 2),
        ("apply folder", 2),
        ("apply latin.toml", 2),
        ("apply /dev/zero", 2),
        ("apply broken.toml --yes", 2),
        ("apply empty.toml --yes", 0),
    ] {
        assert_eq!(home.say(line), code, "{line}");
    }
    assert_eq!(home.run(&["get"]).out, "");
    insta::assert_snapshot!(home.said);
}

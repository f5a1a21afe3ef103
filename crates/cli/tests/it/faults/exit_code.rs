//! What is typed and can be seen wrong as it is written ends with 64, whatever the command; what is looked up and is not
//! there, or cannot be had, with 2, and with 3 where 2 would be a verdict.

use super::Home;

const INVENTORY: &str = "[[issuer]]\nname = \"ca\"\ndirectory = \"https://127.0.0.1:9/\"\n\
                         [[lineage]]\nname = \"shop\"\nidentifiers = [\"shop.example\"]\nissuer = \"ca\"\n";

/// Some of these ended with 2: whether a word was wrong or only unknown depended on the command.
#[test]
fn a_word_that_is_wrong_as_it_is_written_ends_every_command_with_64() {
    let mut home = Home::new();
    home.apply(INVENTORY);
    for line in [
        "check a..b",
        "check --timeout soon x",
        "check --sni a..b x",
        "adopt --timeout soon",
        "adopt --resolve x",
        "look a..b",
        "get certificate",
        "issue a..b",
        "issue --name a/b shop.example",
        "issue --issuer a/b shop.example",
        "issue --directory http://ca.example/ shop.example",
        "issue --directory ca.example shop.example",
        "issue --directory letsencrypt --contact nobody shop.example",
        "issue --directory letsencrypt --eab-kid x --eab-hmac hunter2 shop.example",
        "issue --listen nowhere shop.example",
        "issue --endpoint a..b shop.example",
        "issue --endpoint http://shop.example shop.example",
        "issue --key rsa-1024 shop.example",
        "issue --files . --reload a|b shop.example",
        "rollback shop --to vr_1",
        "revoke shop --reason tired",
        "alert ack al_1",
        "alert unsilence si_1",
        "alert silence --for 2h --why x",
        "alert silence --code renewal.faling --for 2h --why x",
        "alert silence --code renewals.* --for 2h --why x",
        "alert silence --code acme.paused --for 2h --why x",
        "alert silence --code * --for 2h --why x",
        "alert silence --code nonsense --for 2h --why x",
        "alert silence --code renewal.* --why x",
        "alert silence --code renewal.* --for soon --why x",
        "alert silence --code renewal.* --for 0s --why x",
        "alert silence --code renewal.* --for 91d --why x",
        "alert silence --code renewal.* --until tomorrow --why x",
        "vault rotate --to passphrase:hunter2",
        "serve --listen nowhere",
        "hands --grants",
        "demo --reload nowhere",
        "explain",
        "restore",
    ] {
        assert_eq!(home.say(line), 64, "{line}");
    }
    assert!(
        !home.said.contains("error: a secret")
            && !home.said.replace("--eab-hmac hunter2 s", "").contains(": hunter2")
    );
    insta::assert_snapshot!(home.said);
}

/// Some of these ended with 64.
#[test]
fn what_is_looked_up_and_is_not_there_ends_with_2_and_with_3_where_2_would_be_a_verdict() {
    let mut home = Home::new();
    home.apply(INVENTORY);
    for (line, code) in [
        ("check --file . x", 3),
        ("check --file missing", 3),
        ("check --trust missing x", 3),
        ("check ./missing.pem", 3),
        ("check --config missing x", 3),
        ("doctor --config missing", 3),
        ("adopt --root missing", 2),
        ("adopt --look-in missing", 2),
        ("adopt --undo nope", 2),
        ("apply missing.toml", 2),
        ("get lineage nope", 2),
        ("get lineage a/b", 2),
        ("explain nope", 2),
        ("explain a/b", 2),
        ("issue --issuer nope shop.example", 2),
        ("issue --directory https://127.0.0.1:9/ --eab-kid x --eab-hmac env:NOT_THERE shop.example", 2),
        ("issue --directory https://127.0.0.1:8/ --ca-trust missing shop.example", 2),
        ("issue --reload true shop.example", 2),
        ("import shop --chain missing --key missing", 2),
        ("rollback nope", 2),
        ("revoke nope --reason superseded", 2),
        ("alert test nope", 2),
        ("alert confirm ABCDEF", 2),
        ("alert silence --subject nope --for 2h --why x", 2),
        ("alert silence --code renewal.* --until 2020-01-01T00:00:00Z --why x", 2),
        ("account show nope", 2),
        ("vault rotate --to passphrase:env:NOT_THERE", 2),
        ("backup missing/file", 2),
        ("restore missing --force", 2),
        ("hands --grants missing", 2),
        ("status --config missing", 2),
    ] {
        assert_eq!(home.say(line), code, "{line}");
    }
    insta::assert_snapshot!(home.said);
}

/// A file in the place of a directory was "cannot read the link"; a document root that is not there was only seen when the
/// lineage was stored already.
#[test]
fn where_a_certificate_could_not_be_had_or_installed_is_told_before_anything_is_stored() {
    let mut home = Home::new();
    home.apply(INVENTORY);
    home.file("afile", "");
    let before = home.run(&["get"]).out;
    for line in [
        "issue --files afile shop.example",
        "issue --files missing shop.example",
        "issue --webroot afile shop.example",
        "issue --webroot missing shop.example",
        "issue --webroot missing --name other other.example",
    ] {
        assert_eq!(home.say(line), 2, "{line}");
        assert_eq!(home.run(&["get"]).out, before, "{line}");
    }
    insta::assert_snapshot!(home.said);
}

/// Monitoring systems know no 64.
#[test]
fn as_a_plug_in_whatever_keeps_it_from_looking_ends_with_3() {
    let home = Home::new();
    for line in [
        "check a..b",
        "check",
        "check --file missing",
        "check --trust missing x",
        "check --timeout soon x",
        "check --help",
    ] {
        let words = line.split(' ').chain(["--format", "nagios"]).collect::<Vec<_>>();
        let ran = home.run(&words);
        assert_eq!(ran.code, 3, "{line}: {}{}", ran.out, ran.err);
    }
}

//! The same name twice.

use super::Home;

/// Each kind of thing twice, and things twice inside one.
const TWICE: &str = r#"
[[channel]]
name = "mail"
kind = "webhook"
url = "https://hooks.example/a"

[[channel]]
name = "mail"
kind = "webhook"
url = "https://hooks.example/b"

[[owner]]
name = "web"
owns = ["*.shop.example"]

[[owner]]
name = "web"

[[owner]]
name = "shop"
owns = ["*.shop.example"]

[[issuer]]
name = "ca"
directory = "https://ca.example/directory"

[[issuer]]
name = "ca"
directory = "https://ca.example/directory"

[[endpoint]]
target = "shop.example"

[[endpoint]]
target = "https://SHOP.example:443"

[[lineage]]
name = "shop"
identifiers = ["shop.example", "Shop.Example"]
issuer = "ca"

[[lineage]]
name = "shop"
identifiers = ["other.example"]
issuer = "ca"

[[lineage.place]]
name = "web"
deployer = "files"
settings = { full_chain = "/srv/chain.pem", key = "/srv/key.pem" }
endpoints = ["shop.example", "shop.example:443"]

[[lineage.place]]
name = "web"
deployer = "files"
settings = { full_chain = "/srv/chain.pem", key = "/srv/key.pem" }

[[lineage.place]]
name = "again"
deployer = "files"
settings = { full_chain = "/srv/chain.pem", key = "/srv/key.pem" }
"#;

#[test]
fn every_name_that_is_there_twice_is_told_at_once_and_nothing_is_applied() {
    let mut home = Home::new();
    home.file("inventory.toml", TWICE);
    assert_eq!(home.say("apply inventory.toml --yes"), 2);
    assert!(home.is_untouched(), "nothing was applied");
    insta::assert_snapshot!(home.said);
}

#[test]
fn two_places_never_write_the_same_file() {
    let mut home = Home::new();
    let place = |name: &str, key: &str| {
        format!(
            "[[lineage.place]]\nname = \"{name}\"\ndeployer = \"files\"\n\
             settings = {{ full_chain = \"/srv/chain.pem\", key = \"{key}\" }}\n"
        )
    };
    let text = format!(
        "[[issuer]]\nname = \"ca\"\ndirectory = \"https://ca.example/\"\n\
         [[lineage]]\nname = \"shop\"\nidentifiers = [\"shop.example\"]\nissuer = \"ca\"\n{}{}",
        place("one", "/srv/one.pem"),
        place("two", "/srv/two.pem")
    );
    home.file("inventory.toml", text);
    assert_eq!(home.say("apply inventory.toml --yes"), 2);
    assert!(home.is_untouched(), "nothing was applied");
    insta::assert_snapshot!(home.said);
}

/// The deployer for nginx names files too, where it is told which pair of several is the lineage's.
#[test]
fn two_places_of_different_deployers_never_write_the_same_file() {
    let mut home = Home::new();
    let place = |name: &str, deployer: &str, key: &str, chain: &str| {
        format!(
            "[[lineage.place]]\nname = \"{name}\"\ndeployer = \"{deployer}\"\n\
             settings = {{ full_chain = \"/srv/{chain}.pem\", key = \"/srv/{key}.key\" }}\n"
        )
    };
    let text = format!(
        "[[issuer]]\nname = \"ca\"\ndirectory = \"https://ca.example/\"\n\
         [[lineage]]\nname = \"shop\"\nidentifiers = [\"shop.example\"]\nissuer = \"ca\"\n{}{}{}",
        place("one", "nginx", "one", "one"),
        place("two", "nginx", "one", "two"),
        place("three", "files", "three", "one")
    );
    home.file("inventory.toml", text);
    assert_eq!(home.say("apply inventory.toml --yes"), 2);
    assert!(home.is_untouched(), "nothing was applied");
    insta::assert_snapshot!(home.said);
}

#[test]
fn a_name_twice_on_the_command_line_is_told_without_talk_of_files() {
    let mut home = Home::new();
    let line = "issue shop.example SHOP.example --directory https://127.0.0.1:9/ --agree-terms";
    assert_eq!(home.say(line), 2);
    assert_eq!(home.run(&["get"]).out, "", "nothing was added");
    insta::assert_snapshot!(home.said);
}

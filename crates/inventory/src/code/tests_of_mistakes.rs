//! What is wrong with a file: every mistake at once, each with its line.

use super::tests::Stage;
use super::*;

#[test]
fn every_mistake_is_told_at_once_with_its_line() {
    let text = r#"
[[channel]]
name = "mail"
kind = "smtp"
host = "mail.example.org"
from = "notafter@example.org"
password = "hunter2"
tls = "ssl"

[[channel]]
name = "pigeon post"
kind = "pigeon"

[[owner]]
name = "payments"
contacts = [{ channel = "mail", adress = "x" }]
hours = { from = "18:00", to = "09:00" }
owns = ["not a name"]

[[endpoint]]
target = "gopher://shop.example"

[[endpoint]]
target = "shop.example"
critcality = "high"

[[endpoint]]
target = "shop.example:443"
labels = { "notafter/shed-from" = "x" }
trust = "root.pem"

[[issuer]]
name = "le"
directory = "http://ca.example"
contact = ["ops@example.org"]

[[lineage]]
name = "shop"
identifiers = ["*.shop.example", "shop.example", "shop.example"]
keep_versions = -1
http01 = { solver = "dns" }

[[lineage.place]]
name = "web"
endpoints = ["shop.example:https", { target = "1.2.3.4", snj = "x" }]

[lineages]
"#;
    let mistakes = Stage::new().plan(text, Prune::Written).unwrap_err();
    let told = mistakes.to_string();
    assert!(!told.contains("hunter2"), "a secret is repeated");
    insta::assert_snapshot!("mistakes", told);
    let broken = Stage::new().plan("[[owner]]\nname = payments\n[x\n", Prune::Written).unwrap_err();
    insta::assert_snapshot!("not_toml", broken.to_string());
}

/// An unknown kind of channel made unknown keys of its settings, an unreadable `watch` a lineage without names, and a list
/// told its first slip only.
#[test]
fn a_slip_is_one_mistake_and_hides_no_other() {
    let text = r#"
[[channel]]
name = "pigeons"
kind = "pigeon"
loft = "north"

[[lineage]]
name = "blog"
watch = { renewer = "certbott", chain_file = "/etc/blog.pem" }

[[lineage]]
name = "shop"
identifiers = ["shop example", "shop.example", "www_.shop..example"]
issuer = "le"

[[lineage.place]]
name = "web"
deployer = "files"
endpoints = ["shop.example:https", "gopher://shop.example"]

[[owner]]
name = "payments"
contacts = [{ channel = "mial" }, { channel = "mail", adress = "x" }, { to = "y" }]
"#;
    let mistakes = Stage::new().plan(text, Prune::Written).unwrap_err();
    insta::assert_snapshot!("slips", mistakes.to_string());
}

/// A contact on a channel that does not exist was not told where another channel had a mistake.
#[test]
fn a_reference_to_nothing_was_not_told_beside_something_mistaken() {
    let owner = "[[owner]]\nname = \"a\"\ncontacts = [{ channel = \"nope\" }, { channel = \"mail\" }]\n";
    let told = |channel: &str| {
        let mistakes =
            Stage::new().plan(&format!("{channel}{owner}"), Prune::Written).unwrap_err().to_string();
        (mistakes.contains("refers to channel `nope`"), mistakes.contains("refers to channel `mail`"))
    };
    assert_eq!(told("[[channel]]\nname = \"mail\"\nkind = \"pigeon\"\n"), (true, false));
    // Without a name, it may be the one that is missed.
    assert_eq!(told("[[channel]]\nkind = \"pigeon\"\n"), (false, false));
}

#[test]
fn unknown_references_are_told_with_what_is_known() {
    let text = r#"
[[owner]]
name = "a"
contacts = [{ channel = "pager" }]
owns = ["shop.example"]

[[owner]]
name = "b"
owns = ["shop.example"]

[[lineage]]
name = "shop"
identifiers = ["shop.example"]
issuer = "letsencrypt"
owner = "c"

[[endpoint]]
target = "shop.example"
owner = "d"
"#;
    let mistakes = Stage::new().plan(text, Prune::Written).unwrap_err();
    insta::assert_snapshot!("references", mistakes.to_string());
}

#[test]
fn a_mistake_hides_no_dangling_name() {
    let text = r#"
[[issuer]]
name = "le"
directory = "https://ca.example/dir"

[[owner]]
name = "payments"
own = ["shop.example"]

[[lineage]]
name = "shop"
identifiers = ["shop.example"]
issuer = "letsencrypt"
"#;
    let told = Stage::new().plan(text, Prune::Written).unwrap_err().to_string();
    assert!(
        told.contains("line 8: `own` is no key") && told.contains("issuer `letsencrypt`, which does not"),
        "{told}"
    );
    // But nothing is said about names that may be among those that could not be read.
    let unread = text.replace("name = \"le\"\n", "");
    let told = Stage::new().plan(&unread, Prune::Written).unwrap_err().to_string();
    assert!(told.contains("has no `name`") && !told.contains("letsencrypt"), "{told}");
}

/// An address, a pattern or no name at all was sent as server name, and asked of the certificate, since only that of an
/// `[[endpoint]]` was looked at.
#[test]
fn a_server_name_below_a_place_must_be_one_too() {
    for sni in ["192.0.2.7", "*.shop.example", "-bad.example", "no name", ""] {
        let place = format!(
            "[[issuer]]\nname = \"ca\"\ndirectory = \"https://ca.example\"\n[[lineage]]\nname = \"shop\"\n\
             identifiers = [\"shop.example\"]\nissuer = \"ca\"\n[[lineage.place]]\nname = \"web\"\n\
             deployer = \"files\"\nendpoints = [\n  \"shop.example\",\n  {{ target = \"192.0.2.7\", sni = \"{sni}\" }},\n]\n"
        );
        let mistakes = Stage::new().plan(&place, Prune::Written).unwrap_err().0;
        let [mistake] = mistakes.as_slice() else { panic!("{mistakes:?}") };
        assert_eq!(mistake.line, Some(13), "{mistake}");
        assert!(mistake.why.starts_with(&format!("`sni` is no host name: `{sni}`")), "{mistake}");
        let endpoint = format!("[[endpoint]]\ntarget = \"192.0.2.7\"\nsni = \"{sni}\"\n");
        let mistakes = Stage::new().plan(&endpoint, Prune::Written).unwrap_err().0;
        assert_eq!(mistakes.first().and_then(|mistake| mistake.line), Some(3), "{sni}");
    }
}

/// It was told for a line that the file does not have.
#[test]
fn a_mistake_that_shows_at_the_end_of_the_file_is_told_at_its_last_line() {
    let table = [
        ("a = [\n", 1),
        ("\n[[endpoint]]\ntarget = {\r\n", 3),
        ("a = \"\"\"\n", 1),
        ("a = \"\"\"\n\n\n", 3),
        ("a = '''\n\n", 2),
    ];
    for (text, line) in table {
        let mistakes = Stage::new().plan(text, Prune::Written).unwrap_err().0;
        assert!(mistakes.iter().all(|mistake| mistake.line <= Some(line)), "{text:?}: {mistakes:?}");
        assert_eq!(mistakes.last().and_then(|mistake| mistake.line), Some(line), "{text:?}: {mistakes:?}");
    }
}

/// Words of inventory files, and what a reader trips over.
const WORDS: [&str; 30] = [
    "[[endpoint]]",
    "[[lineage]]",
    "[[lineage.place]]",
    "[[owner]]",
    "[[channel]]",
    "[[issuer]]",
    "[",
    "]",
    "{",
    "}",
    "\n",
    "\n",
    "=",
    ",",
    "\"",
    "name",
    "target",
    "identifiers",
    "http01",
    "solver",
    "settings",
    "contacts",
    "\"shop.example\"",
    "\"smtp://mail.example\"",
    "\"env:X\"",
    "true",
    "-1",
    "99999999999999999999",
    "\u{0}",
    "#",
];

proptest::proptest! {
    /// Every text is a plan, or mistakes that lie within it.
    #[test]
    fn any_file_is_planned_or_refused_with_lines_of_its_own(
        words in proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..60),
        separate in proptest::bool::ANY,
    ) {
        let text = words.join(if separate { " " } else { "" });
        if let Err(mistakes) = Stage::new().plan(&text, Prune::Written) {
            let last = text.lines().count().max(1);
            proptest::prop_assert!(!mistakes.0.is_empty());
            proptest::prop_assert!(mistakes.0.iter().all(|mistake| mistake.line.is_none_or(|line| line <= last)), "{}", mistakes);
        }
    }
}

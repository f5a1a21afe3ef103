//! The pages about deployers, solvers and channels are what they say of themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use notafter_inventory::code::{self, Present, Prune};
use notafter_inventory::model::{Form, Setting, Usual};
use notafter_providers::{deploy, notify, solve};

fn page() -> String {
    let mut page = "# Deployers and solvers\n\n\
        Made from what each of them says of itself; a test keeps it so. In an inventory file, a place names a deployer and\n\
        its settings, and a lineage names who answers `http-01` ([inventory.md](inventory.md)).\n"
        .to_owned();
    for deployer in deploy::ALL {
        let meta = deployer.meta();
        write!(page, "\n## Deployer `{}`\n\n{}.\n\n", meta.name, capital(meta.title)).unwrap();
        if meta.settings.is_empty() {
            page += "It has no settings.\n";
            continue;
        }
        page += "| setting | meaning |\n| --- | --- |\n";
        for (name, meaning) in meta.settings {
            writeln!(page, "| `{name}` | {meaning} |").unwrap();
        }
    }
    page += "\n## Solvers\n\n| solver | what it does |\n| --- | --- |\n";
    for meta in solve::ALL {
        writeln!(page, "| `{}` | {} |", meta.name, meta.title).unwrap();
    }
    page
}

fn capital(text: &str) -> String {
    let (first, rest) = text.split_at(1);
    first.to_uppercase() + rest
}

fn channels() -> String {
    let (mut text, examples) = (String::new(), examples());
    for kind in notify::kinds() {
        write!(text, "\n### `{}`: {}\n\n", kind.name, kind.title).unwrap();
        let example = examples.get(kind.name).map_or("", String::as_str);
        write!(text, "```toml\n{example}\n```\n\n").unwrap();
        text += "| key | meaning | default |\n| --- | --- | --- |\n";
        for setting in kind.settings {
            let Setting { key, meaning, .. } = setting;
            writeln!(text, "| `{key}` | {meaning}{} | {} |", form(setting), usual(setting)).unwrap();
        }
        writeln!(text, "\nAccepted means: {}.", kind.receipt).unwrap();
    }
    text
}

const fn form(setting: &Setting) -> &'static str {
    match setting.form {
        Form::Secret => "; a secret",
        Form::Urls => "; a list of addresses",
        Form::Texts => "; a list",
        Form::Labels => "; names and texts",
        Form::Text | Form::Url | Form::GuardedUrl | Form::Path | Form::Port | Form::OneOf(_) => "",
    }
}

fn usual(setting: &Setting) -> String {
    match setting.usual {
        Usual::Required => "required".to_owned(),
        Usual::Nothing => "none".to_owned(),
        Usual::Text(text) => format!("`{text}`"),
        Usual::Follows(words) => words.to_owned(),
    }
}

fn documentation(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

/// The page holds what is made, from the end of what people wrote on.
fn holds(name: &str, written: &str, made: &str) {
    let whole = format!("{written}{made}");
    if std::env::var_os("INSTA_UPDATE").is_some_and(|value| value == "always") {
        std::fs::write(documentation(name), &whole).unwrap();
    }
    let page = std::fs::read_to_string(documentation(name)).unwrap_or_default();
    assert_eq!(page, whole, "write it anew: INSTA_UPDATE=always");
}

#[test]
fn the_page_is_what_they_say() {
    holds("deployers.md", "", &page());
}

#[test]
fn the_settings_of_channels_are_what_they_declare() {
    let page = std::fs::read_to_string(documentation("alerts.md")).unwrap();
    let mark = "<!-- From here on: what the channels declare; a test keeps it so. -->\n";
    let (written, _) = page.split_once(mark).unwrap();
    holds("alerts.md", &format!("{written}{mark}"), &channels());
}

/// The channels of the example file by their kinds; most of them stand there as comments.
fn examples() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(documentation("examples/inventory.toml")).unwrap();
    let mut examples = BTreeMap::new();
    for piece in text.split("\n\n").filter(|piece| piece.contains("[[channel]]")) {
        let lines = piece.lines().map(|line| line.strip_prefix("# ").unwrap_or(line));
        let lines: Vec<&str> = lines.skip_while(|line| *line != "[[channel]]").collect();
        let kind = lines.iter().find_map(|line| line.strip_prefix("kind = \"")?.strip_suffix('"'));
        examples.insert(kind.unwrap().to_owned(), lines.join("\n"));
    }
    examples
}

/// Every kind stands in the example with every setting that must be said, and `get` prints what was applied.
#[test]
fn the_example_has_a_channel_of_every_kind_and_get_prints_it_as_it_was_applied() {
    let examples = examples();
    let kinds = notify::kinds();
    let wanted: BTreeSet<String> = kinds.iter().map(|kind| kind.name.to_owned()).collect();
    assert_eq!(examples.keys().cloned().collect::<BTreeSet<_>>(), wanted);
    let text = examples.into_values().collect::<Vec<_>>().join("\n\n");
    let now = notafter_cert::Time::from_unix_seconds(1_796_000_000);
    let mut counter = 0_u8;
    let mut random = || {
        counter += 1;
        [counter; 10]
    };
    let changes = code::plan(&text, (&Present::default(), &kinds), Prune::Written, now, &mut random).unwrap();
    let mut present = Present { manifest: changes.manifest, ..Present::default() };
    for write in changes.writes {
        match write {
            code::Write::PutChannel(channel) => present.channels.push(channel),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(present.channels.len(), kinds.len());
    let printed = code::print(&present, &kinds, code::Aside { now, ownerships: &[] });
    let again = code::plan(&printed, (&present, &kinds), Prune::Written, now, &mut random).unwrap();
    assert!(again.differences.is_empty() && again.writes.is_empty(), "{printed}\n{:#?}", again.differences);
    for secret in changes.secrets {
        assert!(printed.contains(&secret.0), "the reference is printed: {}", secret.0);
    }
}

//! The pages about deployers, solvers and channels are what they say of themselves.

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
    let mut text = String::new();
    for kind in notify::kinds() {
        write!(text, "\n### `{}`: {}\n\n", kind.name, kind.title).unwrap();
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

/// Every kind stands in the example with every setting that must be said; most of them as comments.
#[test]
fn the_example_has_a_channel_of_every_kind() {
    let text = std::fs::read_to_string(documentation("examples/inventory.toml")).unwrap();
    let mut pieces: Vec<String> = text.split("\n\n").map(str::to_owned).collect();
    for piece in pieces.iter_mut().filter(|piece| piece.contains("# [[channel]]")) {
        let lines = piece.lines().filter_map(|line| line.strip_prefix("# "));
        *piece = lines.skip_while(|line| *line != "[[channel]]").collect::<Vec<_>>().join("\n");
    }
    let kinds = notify::kinds();
    let mut random = {
        let mut counter = 0_u8;
        move || {
            counter += 1;
            [counter; 10]
        }
    };
    let now = notafter_cert::Time::from_unix_seconds(1_796_000_000);
    let text = pieces.join("\n\n");
    let changes = code::plan(&text, (&Present::default(), &kinds), Prune::Written, now, &mut random).unwrap();
    let mut named: Vec<String> = changes
        .writes
        .into_iter()
        .filter_map(|write| match write {
            code::Write::PutChannel(channel) => Some(channel.kind),
            _ => None,
        })
        .collect();
    let mut wanted: Vec<String> = kinds.iter().map(|kind| kind.name.to_owned()).collect();
    named.sort();
    wanted.sort();
    assert_eq!(named, wanted);
}

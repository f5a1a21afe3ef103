//! The commands that the README tells a newcomer to type.

use std::path::Path;

use crate::notafter;

/// What is run here, in an order that makes sense, and how it may end.
const RUN: &[(&str, &[i32])] = &[
    ("notafter apply inventory.toml", &[0]),
    ("notafter apply inventory.toml --yes", &[0]),
    ("notafter explain shop", &[0]),
    ("notafter look shop.example:443", &[0, 2]),
    ("notafter status", &[0, 1, 2, 3]),
    ("notafter doctor", &[0, 1, 2, 3]),
    ("notafter alert test", &[0, 2]),
    ("notafter backup notafter.backup", &[0]),
    ("notafter adopt", &[0]),
    ("notafter adopt --watch", &[0]),
    ("notafter csr shop.example www.shop.example", &[0]),
    ("notafter convert shop.example.key --to traditional --out old.key", &[0]),
    ("notafter why shop.example --at 2026-11-20T12:00:00Z", &[0]),
];

/// What is not, and where it is instead.
const NOT_RUN: &[(&str, &str)] = &[
    ("cargo run --release -- demo", "demo.rs runs the demo"),
    ("./test", "runs this test"),
    ("cargo install --path crates/cli", "installs on the machine"),
    ("notafter check shop.example", "goes to the internet; check/ has the same on loopback"),
    (
        "notafter check smtp://mail.example -f targets.txt --format jsonl",
        "goes to the internet; check/outputs.rs has the same on loopback",
    ),
    ("notafter inspect /etc/ssl/shop", "there is no such folder; inspect.rs has it"),
    ("notafter verify chain.pem --name shop.example", "there is no such chain; verify.rs has it"),
    ("notafter lint *.pem", "a shell writes out the names; lint.rs has it"),
    ("sudo install -m 755 target/release/notafter /usr/local/bin/notafter", "installs on the machine"),
    ("sudo notafter service install", "installs on the machine; package/ has it in a container"),
    ("notafter drill shop", "wakes people; drill.rs has it"),
    ("notafter serve", "runs until it is stopped; serve.rs has it"),
    (
        "notafter issue --name shop --directory https://acme-v02.api.letsencrypt.org/directory --agree-terms \
         --contact mailto:ops@shop.example --webroot /var/www/html shop.example www.shop.example \
         --nginx --endpoint shop.example:443",
        "asks a public CA; sweep/ issues from one on loopback",
    ),
];

const INVENTORY: &str = r#"
[[issuer]]
name = "house"
directory = "https://127.0.0.1:1/directory"
terms_agreed = true

[[lineage]]
name = "shop"
identifiers = ["shop.example"]
issuer = "house"
http01 = { solver = "webroot", root = "/nonexistent" }
"#;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The indented lines of the README: continued lines joined, comments cut off, single spaces.
fn commands() -> Vec<String> {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap().replace("\\\n", " ");
    let indented = text.lines().filter_map(|line| line.strip_prefix("    "));
    let bare = indented.map(|line| {
        let words: Vec<&str> = line.split(" #").next().unwrap().split_whitespace().collect();
        words.join(" ")
    });
    bare.filter(|line| !line.is_empty()).collect()
}

#[test]
fn every_command_of_the_readme_is_run_or_says_why_not() {
    let known: Vec<&str> =
        RUN.iter().map(|(line, _)| *line).chain(NOT_RUN.iter().map(|(line, _)| *line)).collect();
    for line in commands() {
        assert!(known.contains(&line.as_str()), "neither run nor excused: {line}");
    }
    for line in known {
        assert!(commands().iter().any(|shown| shown == line), "no longer in the README: {line}");
    }
    assert!(root().join("test").exists() && root().join("crates/cli/Cargo.toml").exists());
}

#[test]
fn the_harmless_commands_of_the_readme_run() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("machine")).unwrap();
    std::fs::write(folder.path().join("inventory.toml"), INVENTORY).unwrap();
    std::fs::write(
        folder.path().join("notafter.toml"),
        // The machine of whoever runs the tests is neither read nor looked at.
        format!(
            "key_encryption_key = {:?}\nmachine_root = {:?}\n",
            folder.path().join("kek"),
            folder.path().join("machine")
        ),
    )
    .unwrap();
    for (line, codes) in RUN {
        let words: Vec<&str> = line.split(' ').skip(1).collect();
        let ran: notafter::Ran = notafter::command(&words)
            .current_dir(folder.path())
            .env("NOTAFTER_DATA", folder.path().join("data"))
            .env("NOTAFTER_CONFIG", folder.path().join("notafter.toml"))
            .output()
            .unwrap()
            .into();
        assert!(codes.contains(&ran.code), "{line} ends with {}:\n{}{}", ran.code, ran.out, ran.err);
        assert!(!(ran.out + &ran.err).is_empty(), "{line} says nothing");
    }
}

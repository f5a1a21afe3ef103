//! The page about deployers and solvers is what they say of themselves.

use std::fmt::Write;
use std::path::Path;

use notafter_providers::{deploy, solve};

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

#[test]
fn the_page_is_what_they_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/deployers.md");
    if std::env::var_os("INSTA_UPDATE").is_some_and(|value| value == "always") {
        std::fs::write(&path, page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, page(), "write it anew: INSTA_UPDATE=always");
}

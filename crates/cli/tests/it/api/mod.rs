//! The API of a running server, by a tool that asks whatever the document allows, and more: Schemathesis.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::home::Home;
use crate::left_out::{Need, left_out};

const INVENTORY: &str = r#"
[[owner]]
name = "web"

[[issuer]]
name = "ca"
directory = "https://127.0.0.1:9/directory"
terms_agreed = true

[[endpoint]]
target = "127.0.0.1:9"
owner = "web"

[[lineage]]
name = "shop"
identifiers = ["shop.example"]
issuer = "ca"
owner = "web"
"#;

/// A thousand requests, the same each time: answers have the status, type and shape that the document says, nothing fails in
/// the server, and what the document does not allow is refused.
#[test]
fn whatever_is_asked_is_answered_as_the_document_says() {
    let test = "whatever_is_asked_is_answered_as_the_document_says";
    let Some(schemathesis) = std::env::var_os("NOTAFTER_SCHEMATHESIS") else {
        return left_out(test, Need::Package("schemathesis, which ./test brings from PyPI"));
    };
    let home = Home::new();
    home.apply(INVENTORY);
    let server = home.serve();
    server.wait_for("/readyz", 200);
    let made = home.run(&["token", "make", "schemathesis", "--role", "admin"]);
    assert_eq!(made.code, 0, "{}", made.err);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/api");
    let ran = Command::new(schemathesis)
        .current_dir(home.dir.path())
        .arg("--config-file")
        .arg(folder.join("schemathesis.toml"))
        .args(["run", &format!("{}/api/v1/openapi.json", server.site())])
        .args(["--header", &format!("Authorization:Bearer {}", made.out.trim())])
        .args(["--seed", "1", "--generation-deterministic"])
        .args(["--max-examples", "15", "--continue-on-failure", "--no-color"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = [ran.stdout, ran.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    assert!(ran.status.success(), "{}", said.join("\n"));
    assert_eq!(server.wait_for("/healthz", 200), "ok\n");
}

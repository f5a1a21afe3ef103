//! The API of a running server, by a tool that asks whatever the document allows, and more: Schemathesis.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::home::Home;
use crate::left_out::{Need, left_out};
use crate::notafter::Ran;

/// A channel with a secret that is read where the command runs.
const WITH_A_SECRET: &str = r#"
[[channel]]
name = "hook"
kind = "webhook"
url = "https://hooks.example/notafter"
hmac = "env:HOOK_KEY"
"#;

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

/// `apply` and `get` knew the installation of their own machine alone.
#[test]
fn an_inventory_is_applied_to_a_server_elsewhere_and_read_back() {
    let (elsewhere, here) = (Home::new(), Home::new());
    elsewhere.begin();
    let server = elsewhere.serve();
    let token = |name: &str, role: &str| {
        let made = elsewhere.run(&["token", "make", name, "--role", role]);
        assert_eq!(made.code, 0, "{}", made.err);
        here.file(name, made.out)
    };
    let (admin, viewer) = (token("admin", "admin"), token("viewer", "viewer"));
    let site = server.site();
    let at = |token: &str| ["--server", &site, "--token-file", token].map(str::to_owned);
    let run = |arguments: &[&str], token: &str| {
        let at = at(token);
        here.run(&[arguments, &at.each_ref().map(String::as_str)[..]].concat())
    };
    let file = here.file("inventory.toml", [INVENTORY, WITH_A_SECRET].concat());

    let planned = run(&["apply", &file], &admin);
    assert_eq!(planned.code, 0, "{}", planned.err);
    assert!(
        planned.out.ends_with("5 to add, 0 to change, 0 to remove; nothing was changed yet: add --yes\n"),
        "{}",
        planned.out
    );
    let refused = run(&["apply", &file, "--yes"], &viewer);
    assert_eq!(refused.code, 2, "{}", refused.out);
    assert!(refused.err.contains("this takes the role admin"), "{}", refused.err);
    let applied = run(&["apply", &file, "--yes"], &admin);
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert!(applied.out.contains("secret env:HOOK_KEY: stored in the vault"), "{}", applied.out);
    assert_eq!(run(&["apply", &file], &admin).out, "no changes\n");

    let read = run(&["get"], &viewer);
    assert_eq!(read.out, elsewhere.run(&["get"]).out);
    assert!(
        read.out.contains("env:HOOK_KEY") && !read.out.contains("a key that both sides know"),
        "{}",
        read.out
    );
    assert!(run(&["get", "owner", "web"], &viewer).out.contains("name = \"web\""));
    let wrong = here.file("wrong.toml", "[[endpoint]]\ntarget = \"\"\n");
    let wrong = run(&["apply", &wrong, "--yes"], &admin);
    assert!(wrong.code == 2 && wrong.err.contains("line 2"), "{}", wrong.err);
    let nobody = here.file("nobody", "x");
    assert!(run(&["get"], &nobody).err.contains("the token that was presented opens nothing"));
    let secret = std::fs::read_to_string(&viewer).unwrap();
    let mut by_variable = here.command(&["get", "--server", &site]);
    let by_variable: Ran = by_variable.env("NOTAFTER_TOKEN", secret.trim()).output().unwrap().into();
    assert_eq!((by_variable.out, by_variable.err.as_str()), (read.out, ""));
    let without = here.run(&["get", "--server", &site]);
    assert!(
        without.code == 2 && without.err.contains("there is no token in NOTAFTER_TOKEN"),
        "{}",
        without.err
    );
    let in_the_clear = here.run(&["get", "--server", "http://192.0.2.1:8400", "--token-file", &viewer]);
    assert_eq!(in_the_clear.code, 64, "{}", in_the_clear.err);
    assert!(here.is_untouched(), "nothing begins where the command runs");
}

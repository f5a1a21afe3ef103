//! docs/processes.md, followed to the letter.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::left_out::{Need, left_out};
use crate::notafter::{Ran, command};

/// The system's "nobody", for the user `notafter`.
const SERVER: u32 = 65_534;

const SECRET: &str = "[[channel]]\nname = \"mail\"\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nfrom = \"a@example.org\"\n\
    user = \"notafter\"\npassword = \"env:SMTP_PASSWORD\"\n";

/// The lines of the document's block in which this line stands, as they are for a machine below this directory.
fn block(with: &str, machine: &Path) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/processes.md");
    let text = fs::read_to_string(path).unwrap();
    let mut blocks = text.split("\n\n").filter(|block| block.lines().all(|line| line.starts_with("       ")));
    let found = blocks.find(|block| block.contains(with)).unwrap();
    let below = |path: &str| format!("{}{path}", machine.display());
    let text = ["/var/lib/notafter", "/etc/notafter"]
        .iter()
        .fold(found.to_owned(), |text, path| text.replace(path, &below(path)));
    text.replace("chown -R notafter: ", "chown -R nobody: ")
}

/// The service began a new, empty installation with a new key, and nothing of root's was renewed any more.
#[test]
fn an_installation_of_roots_moves_to_the_service_with_its_key() {
    if !rustix::process::geteuid().is_root() {
        return left_out(
            "an_installation_of_roots_moves_to_the_service_with_its_key",
            Need::Right("the right to become another user"),
        );
    }
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir_all(path("var/lib")).unwrap();
    fs::create_dir_all(path("etc")).unwrap();
    fs::write(path("inventory.toml"), SECRET).unwrap();
    let as_root = |arguments: &[&str]| -> Ran {
        let mut command = command(arguments);
        command.env("NOTAFTER_DATA", path("var/lib/notafter")).env("SMTP_PASSWORD", "swordfish");
        command.env("NOTAFTER_KEY_ENCRYPTION_KEY", path("etc/notafter/key-encryption-key"));
        command.output().unwrap().into()
    };
    let applied = as_root(&["apply", path("inventory.toml").to_str().unwrap(), "--yes"]);
    assert_eq!(applied.code, 0, "{}", applied.err);
    let before = as_root(&["vault", "status", "--format", "json"]).document();

    fs::write(path("etc/notafter/notafter.toml"), block("key_encryption_key = ", folder.path())).unwrap();
    let moved = Command::new("sh").args(["-ec", &block("mv /etc", folder.path())]).output().unwrap();
    assert!(moved.status.success(), "{}", String::from_utf8_lossy(&moved.stderr));

    let as_server = |arguments: &[&str]| -> Ran {
        let mut command = command(arguments);
        command.env("NOTAFTER_CONFIG", path("etc/notafter/notafter.toml")).uid(SERVER).gid(SERVER);
        command.output().unwrap().into()
    };
    let after = as_server(&["vault", "status", "--format", "json"]);
    assert_eq!(after.code, 0, "{}", after.err);
    let after = after.document();
    for member in ["key_id", "secrets"] {
        assert_eq!(after["vault"][member], before["vault"][member], "{member}");
    }
    assert_eq!(after["vault"]["secrets"], 1);
    assert!(as_server(&["get"]).out.contains("name = \"mail\""));
}

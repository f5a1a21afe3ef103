//! The Debian package, in a clean Debian that systemd boots; and what it is made of.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use notafter_lab::pebble::{self, Pebble};

use crate::left_out::{Need, left_out};
use crate::notafter::run;
use crate::peer::program;

const BINARY: &str = env!("CARGO_BIN_EXE_notafter");

/// Longer than all of it takes on a busy machine.
const WITHIN: &str = "8m";

/// A Debian with systemd, curl, openssl and nginx, unpacked: `./test` makes it.
fn debian(test: &str) -> Option<PathBuf> {
    let root = std::env::var_os("NOTAFTER_DEBIAN_ROOT").map(PathBuf::from);
    if root.is_none() {
        left_out(test, Need::Right("a Debian in NOTAFTER_DEBIAN_ROOT, which root makes with mmdebstrap"));
    }
    root
}

/// A container of its own: nothing of it reaches the machine, and nothing is written into the tree.
fn container(root: &Path) -> Command {
    let mut command = Command::new("/usr/bin/systemd-nspawn");
    command
        .args(["--quiet", "--register=no", "--keep-unit", "--private-network", "--volatile=overlay"])
        .args(["--link-journal=no", "--directory"])
        .arg(root)
        .stdin(Stdio::null());
    command
}

/// Machines of builders may forbid what a container is made of, or what systemd needs in it.
fn may_be_had(test: &str, root: &Path) -> bool {
    let mut tried = Command::new("timeout");
    let container = container(root);
    tried.arg("60s").arg(container.get_program()).args(container.get_args());
    tried.args(["--boot", "systemd.unit=exit.target", "systemd.show_status=false"]);
    let boots = tried.stdin(Stdio::null()).output().unwrap().status.success();
    if !boots {
        left_out(test, Need::Right("the right to run containers that systemd boots"));
    }
    boots
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The package of the binary under test.
fn package(folder: &Path) -> PathBuf {
    let output = Command::new(repository().join("package"))
        .env("NOTAFTER_BINARY", BINARY)
        .env("NOTAFTER_PACKAGE_FOLDER", folder)
        .env("NOTAFTER_PACKAGE_COMPRESSION", "none")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().into()
}

/// Its files, for a CA that is started in the container.
async fn certificate_authority(folder: &Path, program: PathBuf) {
    fs::create_dir(folder).unwrap();
    let started = Pebble::start(folder, &pebble::Options::new(program, 80)).await.unwrap();
    fs::write(folder.join("root.pem"), started.root_pem()).unwrap();
    fs::write(folder.join("directory"), started.directory_url()).unwrap();
    fs::write(folder.join("issuing-root"), started.issuing_root_url(0)).unwrap();
    fs::write(folder.join("dns"), started.name_server().to_string()).unwrap();
}

#[tokio::test]
async fn the_package_is_installed_used_killed_upgraded_and_removed_under_systemd() {
    let test = "the_package_is_installed_used_killed_upgraded_and_removed_under_systemd";
    let Some(pebble) = program(test, "pebble", "/usr/bin/pebble") else { return };
    if program(test, "systemd-container", "/usr/bin/systemd-nspawn").is_none() {
        return;
    }
    let Some(root) = debian(test).filter(|root| may_be_had(test, root)) else { return };
    let folder = tempfile::tempdir().unwrap();
    let stage = folder.path().join("exercise");
    fs::create_dir(&stage).unwrap();
    fs::rename(package(folder.path()), stage.join("notafter.deb")).unwrap();
    fs::copy(BINARY, stage.join("notafter")).unwrap();
    fs::copy(&pebble, stage.join("pebble")).unwrap();
    fs::copy("/usr/bin/pebble-challtestsrv", stage.join("pebble-challtestsrv")).unwrap();
    certificate_authority(&stage.join("ca"), pebble).await;
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/package");
    fs::copy(here.join("exercise"), stage.join("run")).unwrap();
    fs::copy(here.join("exercise.service"), stage.join("exercise.service")).unwrap();

    let mut boot = Command::new("timeout");
    boot.args(["--kill-after=10s", WITHIN]);
    let container = container(&root);
    boot.arg(container.get_program()).args(container.get_args());
    boot.arg(format!("--bind={}:/exercise", stage.display()));
    boot.arg(format!("--bind-ro={}/exercise.service:/etc/systemd/system/exercise.service", stage.display()));
    boot.args(["--boot", "systemd.wants=exercise.service", "systemd.show_status=false"]);
    let ended = boot.stdin(Stdio::null()).output().unwrap();
    let log = fs::read_to_string(stage.join("log")).unwrap_or_default();
    let held = log.contains("\n+ : == all of it held") && ended.status.success();
    assert!(held, "{:?}\n{log}\n{}", ended.status, String::from_utf8_lossy(&ended.stdout));
}

/// It would run here, and on no machine that lacks what this one has.
#[test]
fn a_binary_that_needs_libraries_is_put_into_no_static_archive() {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new(repository().join("package"))
        .arg("static")
        .env("NOTAFTER_BINARY", BINARY)
        .env("NOTAFTER_PACKAGE_FOLDER", folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8(made.stderr).unwrap();
    assert_eq!(made.status.code(), Some(2), "{said}");
    assert!(said.contains("needs libraries of the machine that it runs on; build it for"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn what_is_installed_by_hand_is_the_examples_and_settings_stay() {
    let root = tempfile::tempdir().unwrap();
    let install = || {
        let below = root.path().to_str().unwrap();
        let ran = run(&["service", "install", "--root", below, "--binary", "/opt/notafter"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out.replace(below, "")
    };
    insta::assert_snapshot!(install(), @"
    wrote /etc/notafter/notafter.toml
    wrote /etc/notafter/hands.toml
    wrote /etc/sysusers.d/notafter.conf
    wrote /etc/systemd/system/notafter-hands.service
    wrote /etc/systemd/system/notafter.service
    ");
    let read = |path: &str| fs::read_to_string(root.path().join(path)).unwrap();
    let unit = read("etc/systemd/system/notafter.service");
    let example = fs::read_to_string(repository().join("docs/examples/systemd/notafter.service")).unwrap();
    assert_eq!(unit, example.replace("/usr/local/bin/notafter", "/opt/notafter"));
    assert!(unit.contains("ExecStart=/opt/notafter serve\n"));

    fs::write(root.path().join("etc/notafter/notafter.toml"), "listen = \"127.0.0.1:1\"\n").unwrap();
    fs::write(root.path().join("etc/systemd/system/notafter.service"), "an older one\n").unwrap();
    insta::assert_snapshot!(install(), @"
    kept /etc/notafter/notafter.toml: it was there
    /etc/notafter/hands.toml is as it would be written
    /etc/sysusers.d/notafter.conf is as it would be written
    /etc/systemd/system/notafter-hands.service is as it would be written
    wrote /etc/systemd/system/notafter.service
    ");
    assert_eq!(read("etc/systemd/system/notafter.service"), unit);
    assert_eq!(read("etc/notafter/notafter.toml"), "listen = \"127.0.0.1:1\"\n");
    let mode = fs::metadata(root.path().join("etc/notafter/hands.toml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
}

/// What the service would begin with: the settings that are installed are settings, and the grants are grants.
#[test]
fn the_settings_that_are_installed_are_understood() {
    let settings = repository().join("docs/examples/systemd/notafter.toml");
    let ran = run(&["--config", settings.to_str().unwrap(), "check", "--help"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let ran = run(&["--config", settings.to_str().unwrap(), "completions", "bash"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[test]
fn bash_completes_commands_and_options() {
    let script = "source <(\"$0\" completions bash)
        complete_it() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _notafter notafter \"${!#}\" \"${@: -2:1}\"; echo \"${COMPREPLY[@]}\"; }
        complete_it notafter dep; complete_it notafter user lis; complete_it notafter check --format n";
    let output = Command::new("bash").args(["-c", script, BINARY]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "deploy\nlist\nnagios\n");
}

#[test]
fn every_command_has_a_manual_page_that_says_what_its_help_says() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(&["man", "--to", folder.path().to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let names: Vec<String> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for name in ["notafter.1", "notafter-check.1", "notafter-alert-silence.1", "notafter-service-install.1"] {
        assert!(names.iter().any(|there| there == name), "{name} is not among {names:?}");
    }
    let page = fs::read_to_string(folder.path().join("notafter-rollback.1")).unwrap();
    assert!(page.contains(".TH notafter-rollback 1"), "{page}");
    assert_eq!(run(&["man", "rollback"]).out, page);
    assert!(page.contains("Exit codes"), "{page}");
    let unknown = run(&["man", "alert", "loud"]);
    assert_eq!(unknown.code, 64);
    assert_eq!(
        unknown.err,
        "error: there is no command alert loud\n hint: notafter alert --help lists them\n"
    );
}

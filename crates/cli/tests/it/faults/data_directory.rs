//! A data directory that cannot be used, and a key-encryption key that must not be.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::net::TcpListener;

use super::{Home, NOBODY, give, is_root};
use crate::left_out::{Need, left_out};
use crate::notafter::Ran;
use crate::peer::free_port;

fn mode(path: impl AsRef<std::path::Path>) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// As a user who may not do everything: root may write anywhere.
fn unprivileged(home: &Home, arguments: &[&str]) -> Ran {
    let mut command = home.command(arguments);
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.output().unwrap().into()
}

fn owned_by_the_unprivileged(home: &Home) {
    fs::set_permissions(home.dir.path(), Permissions::from_mode(0o755)).unwrap();
    if is_root() {
        give(home.dir.path(), NOBODY);
    }
}

#[test]
fn a_first_command_makes_directory_and_key_that_nobody_else_can_read() {
    let home = Home::new();
    owned_by_the_unprivileged(&home);
    let mut command = home.command(&["apply", "/dev/null", "--yes"]);
    for name in ["NOTAFTER_DATA", "NOTAFTER_KEY_ENCRYPTION_KEY", "NOTAFTER_CONFIG", "XDG_DATA_HOME"] {
        command.env_remove(name);
    }
    command.env_remove("XDG_CONFIG_HOME");
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    let ran: Ran = command.output().unwrap().into();
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert_eq!(mode(home.path(".local/share/notafter")), 0o700);
    assert_eq!(mode(home.path(".config/notafter")), 0o700);
    assert_eq!(mode(home.path(".config/notafter/key-encryption-key")), 0o600);
}

#[test]
fn a_directory_without_permission_is_told_and_left_alone() {
    let mut home = Home::new();
    owned_by_the_unprivileged(&home);
    fs::create_dir(home.path("closed")).unwrap();
    fs::create_dir(home.path("data")).unwrap();
    give(&home.path("data"), if is_root() { NOBODY } else { rustix::process::geteuid().as_raw() });
    fs::set_permissions(home.path("closed"), Permissions::from_mode(0o500)).unwrap();
    fs::set_permissions(home.path("data"), Permissions::from_mode(0o500)).unwrap();
    let apply = ["apply", "/dev/null", "--yes"];
    let elsewhere = [&apply[..], &["--data", "closed/data"]].concat();
    for line in [elsewhere.as_slice(), &apply, &["serve"], &["doctor"]] {
        let ran = unprivileged(&home, line);
        assert_eq!(home.keep(&line.join(" "), &ran), 2);
    }
    assert_eq!(fs::read_dir(home.path("closed")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(home.path("data")).unwrap().count(), 0);
    assert!(!home.path("kek").exists(), "no key is made for an installation that does not come about");
    // With permission it goes on.
    fs::set_permissions(home.path("data"), Permissions::from_mode(0o700)).unwrap();
    assert_eq!(unprivileged(&home, &apply).code, 0);
    insta::assert_snapshot!(home.said);
}

/// "there is none in DIR ... begin one" was said of an installation that somebody else had.
#[test]
fn an_installation_that_may_not_be_looked_into_is_unknown_to_the_doctor() {
    let mut home = Home::new();
    home.apply("[[endpoint]]\ntarget = \"192.0.2.1:443\"\n");
    fs::set_permissions(home.dir.path(), Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(home.path("data"), Permissions::from_mode(0o000)).unwrap();
    let ran = unprivileged(&home, &["doctor"]);
    assert_eq!(home.keep("doctor", &ran), 3);
    fs::set_permissions(home.path("data"), Permissions::from_mode(0o700)).unwrap();
    insta::assert_snapshot!(home.said);
}

#[test]
fn somebody_elses_directory_is_refused_even_to_root() {
    if !is_root() {
        left_out(
            "somebody_elses_directory_is_refused_even_to_root",
            Need::Right("the right to become another user"),
        );
        return;
    }
    let mut home = Home::new();
    home.begin();
    give(&home.path("data"), NOBODY);
    let before: Vec<_> =
        fs::read_dir(home.path("data")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(home.say("get"), 2);
    assert_eq!(home.say("serve"), 2);
    let after: Vec<_> = fs::read_dir(home.path("data")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(before, after, "root left nothing there that its owner could not read");
    insta::assert_snapshot!(home.said);
}

#[test]
fn a_directory_that_others_use_is_never_closed_to_them() {
    let mut home = Home::new();
    let shared = home.path("shared");
    fs::create_dir(&shared).unwrap();
    fs::write(shared.join("letter"), "").unwrap();
    fs::set_permissions(&shared, Permissions::from_mode(0o1777)).unwrap();
    assert_eq!(home.say("apply /dev/null --yes --data shared"), 2);
    assert_eq!((mode(&shared), fs::read_dir(&shared).unwrap().count()), (0o1777, 1));
    home.file("plain", "text");
    assert_eq!(home.say("get --data plain"), 2);
    assert_eq!(home.say("get --data plain/below"), 2);
    assert_eq!(fs::read_to_string(home.path("plain")).unwrap(), "text");
    assert!(home.is_untouched());
    insta::assert_snapshot!(home.said);
}

/// One that others may write was called "no data directory of notafter"; and the doctor, whose look closes one that others
/// may only read, said that all had been well.
#[test]
fn a_data_directory_that_was_opened_to_others_was_not_told_as_that() {
    let mut home = Home::new();
    home.begin();
    let open = |mode| fs::set_permissions(home.path("data"), Permissions::from_mode(mode)).unwrap();
    let told = |home: &Home| {
        let ran = home.run(&["doctor"]).out.replace(home.dir.path().to_str().unwrap(), "HOME");
        let about = ran.split_once("data directory").map(|(_, about)| about.to_owned());
        about.unwrap().lines().take_while(|line| !line.contains("disk: ")).collect::<Vec<_>>().join("\n")
    };
    open(0o755);
    let closed = told(&home);
    assert_eq!(mode(home.path("data")), 0o700);
    let well = told(&home);
    open(0o777);
    let refused = told(&home);
    assert_eq!(home.say("status"), 2);
    assert_eq!(mode(home.path("data")), 0o777, "what others may have written is not taken for ours");
    insta::assert_snapshot!(format!("{closed}\n\n{well}\n\n{refused}\n\n{}", home.said));
}

#[test]
fn a_read_only_file_system_is_told() {
    let mut home = Home::new();
    fs::create_dir(home.path("data")).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "ro,mode=0700", "notafter-test"])
        .arg(home.path("data"))
        .output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        left_out("a_read_only_file_system_is_told", Need::Right("the right to mount"));
        return;
    }
    let said = home.say("apply /dev/null --yes");
    let unmounted = Command::new("umount").arg(home.path("data")).status().unwrap();
    assert!(unmounted.success());
    assert_eq!(said, 2);
    insta::assert_snapshot!(home.said);
}

#[test]
fn a_key_encryption_key_that_must_not_be_used_is_told_and_never_replaced() {
    let mut home = Home::new();
    home.file("smtp", "swordfish\n");
    let secret = format!(
        "[[channel]]\nname = \"mail\"\nkind = \"smtp\"\nhost = \"127.0.0.1\"\nfrom = \"a@b.example\"\nuser = \"u\"\n\
         password = \"file:{}\"\n",
        home.path("smtp").display()
    );
    home.file("inventory.toml", secret);
    assert_eq!(home.run(&["apply", "inventory.toml", "--yes"]).code, 0);
    let (kek, key) = (home.path("kek"), fs::read(home.path("kek")).unwrap());
    let with = |home: &mut Home, what: &str, content: &[u8], mode: u32| {
        fs::write(&kek, content).unwrap();
        fs::set_permissions(&kek, Permissions::from_mode(mode)).unwrap();
        home.said.push_str(&format!("# {what}\n"));
        assert_eq!(home.say("vault status"), 2, "{what}");
        assert_eq!(fs::read(&kek).unwrap(), content, "{what}");
    };
    with(&mut home, "readable by others", &key, 0o644);
    with(&mut home, "too short", &key[..key.len() - 8], 0o600);
    with(&mut home, "too long", &[&key[..], b"AAAA\n"].concat(), 0o600);
    with(&mut home, "empty", b"", 0o600);
    with(&mut home, "something else", b"-----BEGIN PRIVATE KEY-----\n", 0o600);
    with(&mut home, "another key", b"notafter-kek-1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", 0o600);
    fs::remove_file(&kek).unwrap();
    home.said.push_str("# missing\n");
    assert_eq!(home.say("vault status"), 2);
    assert!(!kek.exists(), "a lost key is told, not replaced");
    fs::create_dir(&kek).unwrap();
    home.said.push_str("# a directory\n");
    assert_eq!(home.say("vault status"), 2);
    fs::remove_dir(&kek).unwrap();
    fs::write(&kek, &key).unwrap();
    fs::set_permissions(&kek, Permissions::from_mode(0o600)).unwrap();
    assert_eq!(home.run(&["vault", "status"]).code, 0, "nothing was lost");
    let said = home.said.clone();
    let wanted = equal_each_time(&said, "sealed with the key-encryption key ", 16);
    insta::assert_snapshot!(wanted);
}

/// The text with so many letters after this mark made equal: a fingerprint that is another each time.
fn equal_each_time(text: &str, mark: &str, length: usize) -> String {
    let fingerprint = text.split_once(mark).map(|(_, rest)| rest[..length].to_owned());
    fingerprint.map_or_else(|| text.to_owned(), |found| text.replace(&found, "FINGERPRINT"))
}

/// `status` beside a command told to stop that command.
#[tokio::test]
async fn a_command_at_work_is_named_and_waited_for() {
    let mut home = Home::new();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (directory, port) = (format!("https://{}/directory", silent.local_addr().unwrap()), free_port());
    home.file("notafter.toml", format!("http01_port = {port}\n"));
    home.apply(&format!(
        "[[issuer]]\nname = \"ca\"\ndirectory = \"{directory}\"\nterms_agreed = true\n\
         [[lineage]]\nname = \"shop\"\nidentifiers = [\"127.0.0.1\"]\nissuer = \"ca\"\n\
         http01 = {{ solver = \"listener\", listen = \"127.0.0.1:{port}\" }}\n"
    ));
    let mut renew = home.command(&["renew", "shop"]);
    let mut at_work = renew.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Whoever asks the CA holds the directory.
    let asked = tokio::time::timeout(Duration::from_secs(60), silent.accept()).await.unwrap().unwrap();
    assert_eq!(home.say("status"), 2);
    at_work.kill().unwrap();
    at_work.wait().unwrap();
    drop(asked);
    insta::assert_snapshot!(home.said.replace(&at_work.id().to_string(), "PID"));
    assert_eq!(home.say("status"), 0, "{}", home.said);
}

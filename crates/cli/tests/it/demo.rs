//! The demo keeps what it promises.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn the_demo_sees_every_expected_outcome_on_the_wire_and_leaves_nothing_behind() {
    let home = tempfile::tempdir().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_notafter"))
        .args(["demo", "--once"])
        .env_clear()
        .env("HOME", home.path())
        .env("TMPDIR", temporary.path())
        .env("PATH", "/nonexistent")
        .output()
        .unwrap();
    let story = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{story}\n{}", String::from_utf8_lossy(&output.stderr));
    for service in ["shop", "blog", "pool", "old", "api"] {
        assert!(story.contains(&format!("yes  {service}.demo.example")), "{service}:\n{story}");
    }
    assert!(!story.contains('\u{1b}'), "colour although it is no terminal");
    // Found, planned with its reason, issued, deployed, proven; and where a person must act, what to do.
    for verb in ["found", "planned", "issued", "deployed", "proven", "told"] {
        assert!(story.contains(&format!("s {verb:<9} ")), "{verb}:\n{story}");
    }
    assert!(story.contains("to order from the CA now: "), "{story}");
    // What lies on a disk was not issued, and a server without a command to reload it is told nothing.
    assert!(
        story.contains("s read      blog.demo.example") && !story.contains("s issued    blog"),
        "{story}"
    );
    assert!(
        !story.lines().any(|line| line.contains("blog.demo") && line.contains("told the product")),
        "{story}"
    );
    assert_eq!(story.matches(" to do: ").count(), 4, "blog, pool, old and api wait for a person:\n{story}");
    assert!(!story.contains("See for yourself"), "with --once nothing is left to see:\n{story}");
    assert!(story.lines().all(|line| line.chars().count() <= 100), "{story}");
    let left = |folder: &std::path::Path| std::fs::read_dir(folder).unwrap().count();
    assert_eq!(left(home.path()), 0, "the user's directories were touched");
    assert_eq!(left(temporary.path()), 0, "the demo's directory stayed");
}

/// Ctrl-C during the story, or SIGTERM at any time, left a directory of keys that everybody could read.
#[test]
fn a_signal_during_the_story_leaves_nothing_and_its_keys_were_its_own() {
    for signal in ["-INT", "-TERM"] {
        let (home, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut child = Command::new(env!("CARGO_BIN_EXE_notafter"))
            .arg("demo")
            .env_clear()
            .env("HOME", home.path())
            .env("TMPDIR", temporary.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut story = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        assert!(story.read_line(&mut line).unwrap() > 0, "the stage is set when the first line is told");
        let folder = std::fs::read_dir(temporary.path()).unwrap().next().unwrap().unwrap().path();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let modes = (mode(&folder), mode(&folder.join("blog.demo.example/privkey.pem")));
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        std::io::copy(&mut story, &mut std::io::sink()).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{signal}");
        assert_eq!(modes, (0o700, 0o600));
        assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0, "{signal}: the directory stayed");
    }
}

//! The demo keeps what it promises.

use std::process::Command;

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

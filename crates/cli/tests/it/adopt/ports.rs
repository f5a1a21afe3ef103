//! What listens and is in no row.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::json;

use super::bare::Bare;

/// They were left out without a word.
#[test]
fn a_port_that_is_not_asked_is_told_with_its_program_and_the_reason() {
    let bare = Bare::new();
    let line = |port: u16, inode: u32| {
        format!(
            "   0: 00000000:{port:04X} 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 {inode} 1\n"
        )
    };
    // proc_pid_net(5), proc_pid_fd(5).
    bare.write("proc/net/tcp", format!("  sl  local_address\n{}{}", line(22, 77), line(3306, 78)));
    bare.write("proc/7/comm", "sshd\n");
    fs::create_dir(bare.path("proc/7/fd")).unwrap();
    symlink("socket:[77]", bare.path("proc/7/fd/3")).unwrap();
    let text = bare.adopt(&[]).out;
    let told = "Listening, and in no row:\n  *:22 (sshd); not asked: TLS is not usual there\n  *:3306; not asked: TLS begins there within MySQL, which notafter does not speak\n";
    assert!(text.contains(told), "{text}");
    let document = bare.adopt(&["--format", "json"]).document();
    assert_eq!(document["ports"][0]["process"], json!({"pid": 7, "name": "sshd"}), "{document:#}");
    assert_eq!(document["ports"][1]["address"], "0.0.0.0:3306");
    assert_eq!(document["ports"][1]["process"], json!(null));
}

/// A web server at a port of its own choice was not asked, and a certificate that ended there in two days was in no row.
#[test]
fn a_web_server_at_an_unusual_port_is_asked_and_one_that_is_silent_is_told() {
    let bare = Bare::new();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    bare.write(
        "proc/net/tcp",
        format!("  sl  local_address\n   0: 0100007F:{port:04X} 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 77 1\n"),
    );
    bare.write("proc/7/comm", "python3\n");
    fs::create_dir(bare.path("proc/7/fd")).unwrap();
    symlink("socket:[77]", bare.path("proc/7/fd/3")).unwrap();
    let text = bare.adopt(&[]).out;
    let told = format!("Listening, and in no row:\n  127.0.0.1:{port} (python3); asked: no TLS within 1 s\n");
    assert!(text.contains(&told), "{text}");
}

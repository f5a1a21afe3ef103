//! Names that do not resolve, each in its own way, told by `check`.

use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;
use std::thread;

use super::Home;
use crate::left_out::{Need, left_out};
use crate::notafter::{Ran, without_settings};

/// An address of loopback where no name server listens: the resolver's configuration knows no port but 53.
const SERVER: &str = "127.53.53.53:53";

/// A name server that fails as the first label of the name says (RFC 1035 section 4.1).
fn answer(question: &[u8]) -> Option<Vec<u8>> {
    let first = usize::from(question[12]);
    let label = String::from_utf8_lossy(&question[13..13 + first]).into_owned();
    let end = 12 + question[12..].iter().position(|byte| *byte == 0)? + 5;
    let mut reply = question[..end].to_vec();
    let (code, alias) = match label.as_str() {
        "silent" => return None,
        "nx" => (3, false),
        "refused" => (5, false),
        "empty" => (0, false),
        "loop" => (0, true),
        _ => (2, false),
    };
    reply[2..4].copy_from_slice(&[0x81, 0x80 | code]);
    reply[4..12].copy_from_slice(&[0, 1, 0, u8::from(alias), 0, 0, 0, 0]);
    if alias {
        // CNAME to itself.
        reply.extend([0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 2, 0xc0, 12]);
    }
    Some(reply)
}

/// Runs the binary where `/etc/resolv.conf` names the server above; `None` (and a word) where that cannot be had.
struct Names;

impl Names {
    fn serve(test: &str, home: &Home) -> Option<Self> {
        home.file("resolv.conf", "nameserver 127.53.53.53\noptions timeout:1 attempts:1\n");
        let tried = Self::in_namespace(home.dir.path(), Path::new("true"), &[]).output();
        let socket = UdpSocket::bind(SERVER).ok();
        let Some(socket) = socket.filter(|_| tried.is_ok_and(|output| output.status.success())) else {
            left_out(test, Need::Right("the right to mount and to listen on port 53"));
            return None;
        };
        thread::spawn(move || {
            let mut buffer = [0; 1500];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                if let Some(reply) = answer(&buffer[..length]) {
                    drop(socket.send_to(&reply, from));
                }
            }
        });
        Some(Self)
    }

    fn in_namespace(home: &Path, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new("unshare");
        let script =
            format!("mount --bind {}/resolv.conf /etc/resolv.conf && exec \"$0\" \"$@\"", home.display());
        without_settings(&mut command);
        command.args(["-m", "sh", "-c", &script]).arg(program).args(arguments);
        command
    }
}

#[test]
fn each_failure_of_dns_is_unknown_with_its_own_reason() {
    let mut home = Home::new();
    let Some(_names) = Names::serve("each_failure_of_dns_is_unknown_with_its_own_reason", &home) else {
        return;
    };
    for name in ["nx", "servfail", "refused", "empty", "silent", "loop"] {
        let target = format!("{name}.example");
        let line = ["check", "--timeout", "2s", &target];
        let binary = Path::new(env!("CARGO_BIN_EXE_notafter"));
        let ran: Ran = Names::in_namespace(home.dir.path(), binary, &line).output().unwrap().into();
        assert_eq!(home.keep(&line.join(" "), &ran), 3, "{name}: nobody knows");
    }
    insta::assert_snapshot!(home.said);
}

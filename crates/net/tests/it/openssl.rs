//! `openssl s_server` as a peer: it does what rustls refuses to.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// Runs `openssl` in a directory; panics with its complaint when it fails.
pub(crate) fn run(directory: &Path, arguments: &str) {
    let output = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(directory)
        .output()
        .expect("openssl is part of every Debian");
    assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A self-signed certificate and its key: `NAME.pem`, `NAME.key`.
pub(crate) fn self_signed(directory: &Path, name: &str, key: &str) {
    let rest = "-nodes -days 30 -subj /CN=shop.example -addext subjectAltName=DNS:shop.example";
    run(directory, &format!("req -x509 -newkey {key} -keyout {name}.key -out {name}.pem {rest}"));
}

/// A running `openssl s_server`; killed when dropped.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Held open, so that the server never writes into a closed pipe.
    _output: BufReader<ChildStdout>,
}

impl Server {
    /// Starts it on a free port with these arguments, in the directory of the files that they name.
    pub(crate) fn start(directory: &Path, arguments: &str) -> Self {
        let mut child = Command::new("openssl")
            .args("s_server -accept 127.0.0.1:0".split(' '))
            .args(arguments.split(' '))
            .current_dir(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl is part of every Debian");
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let address = loop {
            let mut line = String::new();
            let length = output.read_line(&mut line).unwrap();
            assert!(length > 0, "openssl s_server {arguments} ended before it listened");
            if let Some(address) = line.strip_prefix("ACCEPT ").and_then(|rest| rest.trim().parse().ok()) {
                break address;
            }
        };
        Self { child, address, _output: output }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

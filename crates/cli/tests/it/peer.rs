//! Real servers for the tests, stopped when dropped, and the certificates that they serve.

use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::left_out::{Need, left_out};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, PKCS_ECDSA_P256_SHA256,
    PKCS_RSA_SHA256, RsaKeySize, date_time_ymd,
};

/// The path of a program that a test talks to; without it the test is left out.
pub(crate) fn program(test: &str, package: &str, path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(path);
    if !path.exists() {
        left_out(test, Need::Package(package));
    }
    path.exists().then_some(path)
}

/// The day on which the tests judge: every certificate below is dated around it.
pub(crate) const TODAY: &str = "2026-03-01T12:00:00Z";

/// A root and an intermediate, and what they issue.
pub(crate) struct Pki {
    /// The root, to be trusted.
    pub(crate) root: CertifiedIssuer<'static, KeyPair>,
    /// The intermediate, to be sent.
    pub(crate) intermediate: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate with its key, as PEM.
#[derive(Clone)]
pub(crate) struct Pair {
    /// The certificate.
    pub(crate) leaf: String,
    /// The key.
    pub(crate) key: String,
}

/// A day as (year, month, day).
type Day = (i32, u8, u8);

impl Pki {
    pub(crate) fn new() -> Self {
        Self::named("Test")
    }

    /// One whose CAs have other names.
    pub(crate) fn named(owner: &str) -> Self {
        let ca = |name: &str| {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.distinguished_name.push(DnType::CommonName, name);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2035, 1, 1);
            params
        };
        let root =
            CertifiedIssuer::self_signed(ca(&format!("{owner} Root")), KeyPair::generate().unwrap()).unwrap();
        let intermediate = CertifiedIssuer::signed_by(
            ca(&format!("{owner} Intermediate")),
            KeyPair::generate().unwrap(),
            &root,
        )
        .unwrap();
        Self { root, intermediate }
    }

    /// An ECDSA certificate for this name.
    pub(crate) fn ecdsa(&self, name: &str, from: Day, to: Day) -> Pair {
        self.issue(name, from, to, KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap())
    }

    /// An RSA certificate for this name.
    pub(crate) fn rsa(&self, name: &str, from: Day, to: Day) -> Pair {
        self.issue(name, from, to, KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap())
    }

    fn issue(&self, name: &str, from: Day, to: Day, key: KeyPair) -> Pair {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = date_time_ymd(from.0, from.1, from.2);
        params.not_after = date_time_ymd(to.0, to.1, to.2);
        let leaf = params.signed_by(&key, &self.intermediate).unwrap();
        Pair { leaf: leaf.pem(), key: key.serialize_pem() }
    }

    /// The leaf with its intermediate: what a well-kept server sends.
    pub(crate) fn full(&self, pair: &Pair) -> String {
        format!("{}{}", pair.leaf, self.intermediate.pem())
    }
}

/// Writes a file and gives its path.
pub(crate) fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A port that is free on every address, and nobody else's while this process runs.
pub(crate) fn free_port() -> u16 {
    notafter_lab::port::free().unwrap()
}

/// A running nginx.
pub(crate) struct Nginx {
    folder: PathBuf,
    program: PathBuf,
    /// The port that every server of it listens on.
    pub(crate) port: u16,
}

impl Nginx {
    /// Starts nginx with these `server` blocks, in which `PORT` stands for the port. It has bound its sockets when this
    /// returns: nginx does so before it goes into the background.
    pub(crate) fn start(program: PathBuf, folder: &Path, servers: &str) -> Self {
        for _ in 0..5 {
            let port = free_port();
            let config = format!(
                "worker_processes 1;\nuser root;\npid nginx.pid;\nerror_log error.log;\n\
                 events {{ worker_connections 512; }}\n\
                 http {{\n access_log off;\n client_body_temp_path tmp; proxy_temp_path tmp;\n \
                 fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;\n{}\n}}\n",
                servers.replace("PORT", &port.to_string())
            );
            write(folder, "nginx.conf", &config);
            let nginx = Self { folder: folder.to_owned(), program: program.clone(), port };
            if nginx.run(&[]) {
                return nginx;
            }
        }
        let log = std::fs::read_to_string(folder.join("error.log")).unwrap_or_default();
        panic!("nginx does not start: {log}");
    }

    fn run(&self, arguments: &[&str]) -> bool {
        let mut command = Command::new(&self.program);
        command.arg("-p").arg(&self.folder).args(["-c", "nginx.conf", "-e", "error.log"]).args(arguments);
        command.stderr(Stdio::null()).stdin(Stdio::null()).stdout(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.run(&["-s", "stop"]);
    }
}

/// A server that runs in the foreground; killed when dropped.
pub(crate) struct Server(Child);

impl Server {
    /// Starts it, and returns when something accepts connections at the port.
    pub(crate) fn start(command: &mut Command, port: u16) -> Self {
        let child =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut server = Self(child);
        let begun = Instant::now();
        while TcpStream::connect((IpAddr::from(Ipv4Addr::LOCALHOST), port)).is_err() {
            let ended = server.0.try_wait().unwrap();
            assert!(ended.is_none(), "{command:?} ended: {ended:?}");
            assert!(begun.elapsed() < Duration::from_secs(60), "{command:?} never listens");
            std::thread::yield_now();
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGTERM lets PostgreSQL end its own children; the wait is for them.
        let id = self.0.id().to_string();
        Command::new("kill").arg(id).status().ok();
        self.0.wait().ok();
    }
}

//! Real Pebble (Let's Encrypt's test CA) on ephemeral ports, with a name server that leads every name to loopback.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use notafter_cert::{Identifier, Span, Time, pem};
use notafter_net::Clock;
use serde_json::json;
use tokio::net::TcpStream;

use crate::authority::{Authority, StageError, Validity};
use crate::port;

/// Where Pebble may be found when it is not in the usual place: a newer one than the system's, for instance.
const NEWER: &str = "NOTAFTER_PEBBLE_ARI";
const USUAL: &str = "/usr/bin/pebble";
const READY_WITHIN: Span = Span::seconds(20);

/// How Pebble shall behave.
#[derive(Clone, Debug)]
pub struct Options {
    /// The program; its `pebble-challtestsrv` lies beside it or in the usual place.
    pub program: PathBuf,
    /// The port that `http-01` is looked for at.
    pub http01_port: u16,
    /// Percentage of good nonces that are rejected.
    pub rejects_nonces: u8,
    /// Percentage of valid authorizations that are used again.
    pub reuses_authorizations: u8,
    /// Roots beside the default one.
    pub alternate_roots: u8,
    /// MAC keys (base64url) by key identifier; a new account needs one where there are any.
    pub external_accounts: BTreeMap<String, String>,
}

impl Options {
    /// A well-behaved Pebble.
    #[must_use]
    pub const fn new(program: PathBuf, http01_port: u16) -> Self {
        Self {
            program,
            http01_port,
            rejects_nonces: 0,
            reuses_authorizations: 0,
            alternate_roots: 0,
            external_accounts: BTreeMap::new(),
        }
    }
}

/// The system's Pebble, if it is installed.
#[must_use]
pub fn installed() -> Option<PathBuf> {
    Some(PathBuf::from(USUAL)).filter(|program| program.exists())
}

/// A Pebble that offers renewal information (2.6 or newer): the one that `NOTAFTER_PEBBLE_ARI` names, or the system's.
#[must_use]
pub fn with_renewal_info() -> Option<PathBuf> {
    let named = std::env::var_os(NEWER).map(PathBuf::from).filter(|program| program.exists());
    named.or_else(|| installed().filter(|program| is_new(program)))
}

fn is_new(program: &Path) -> bool {
    // `-version` came with 2.6; an older one takes it for a mistake.
    Command::new(program).arg("-version").output().is_ok_and(|output| output.status.success())
}

/// A running Pebble; it ends when dropped.
pub struct Pebble {
    listen: SocketAddr,
    management: SocketAddr,
    dns: SocketAddr,
    root_pem: String,
    folder: PathBuf,
    command: Command,
    children: Vec<Child>,
}

impl Pebble {
    /// Starts Pebble with its files in `folder`, and waits until it listens.
    ///
    /// # Errors
    /// It cannot be started, or does not listen in time; its log is in `folder`.
    pub async fn start(folder: &Path, options: &Options) -> Result<Self, StageError> {
        let [listen, management, dns, control] = [address()?, address()?, address()?, address()?];
        let root_pem = certify(folder, Clock::system().now())?;
        std::fs::write(folder.join("pebble.json"), config(options, listen, management, folder).to_string())?;
        let mut command = Command::new(&options.program);
        command
            .arg("-config")
            .arg(folder.join("pebble.json"))
            .arg("-dnsserver")
            .arg(dns.to_string())
            .env("PEBBLE_VA_NOSLEEP", "1")
            .env("PEBBLE_WFE_NONCEREJECT", options.rejects_nonces.to_string())
            .env("PEBBLE_AUTHZREUSE", options.reuses_authorizations.to_string())
            .env("PEBBLE_ALTERNATE_ROOTS", options.alternate_roots.to_string());
        let (folder, children) = (folder.to_owned(), Vec::new());
        let mut pebble = Self { listen, management, dns, root_pem, folder, command, children };
        let names = spawn(&mut name_server(options, dns, control), &pebble.folder, "challtestsrv.log")?;
        pebble.children.push(names);
        pebble.begin(&[control]).await?;
        Ok(pebble)
    }

    /// It begins again at the same addresses, as after its database was lost: it knows no account, order or certificate.
    ///
    /// # Errors
    /// It cannot be started, or does not listen in time.
    pub async fn forget(&mut self) -> Result<(), StageError> {
        if let Some(mut child) = self.children.pop() {
            child.kill()?;
            child.wait()?;
        }
        self.begin(&[]).await
    }

    async fn begin(&mut self, beside: &[SocketAddr]) -> Result<(), StageError> {
        self.children.push(spawn(&mut self.command, &self.folder, "pebble.log")?);
        let own = [self.listen, self.management];
        for address in beside.iter().copied().chain(own) {
            ready(address, &self.folder, &mut self.children).await?;
        }
        Ok(())
    }

    /// Where clients begin.
    #[must_use]
    pub fn directory_url(&self) -> String {
        format!("https://{}/dir", self.listen)
    }

    /// The root behind Pebble's own TLS, in PEM; not that of the certificates it issues.
    #[must_use]
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// Where a root of issued certificates is read; 0 is the default one.
    #[must_use]
    pub fn issuing_root_url(&self, index: u8) -> String {
        format!("https://{}/roots/{index}", self.management)
    }

    /// The name server that leads every name to loopback.
    #[must_use]
    pub const fn name_server(&self) -> SocketAddr {
        self.dns
    }

    /// Where the state of a certificate is read.
    #[must_use]
    pub fn status_url(&self, serial_hex: &str) -> String {
        format!("https://{}/cert-status-by-serial/{}", self.management, serial_hex.trim_start_matches("00"))
    }
}

impl Drop for Pebble {
    fn drop(&mut self) {
        for child in &mut self.children {
            // Gone already is as good.
            drop(child.kill());
            drop(child.wait());
        }
    }
}

fn config(options: &Options, listen: SocketAddr, management: SocketAddr, folder: &Path) -> serde_json::Value {
    json!({ "pebble": {
        "listenAddress": listen.to_string(),
        "managementListenAddress": management.to_string(),
        "certificate": folder.join("tls.pem"),
        "privateKey": folder.join("tls.key"),
        "httpPort": options.http01_port,
        "tlsPort": 9,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": !options.external_accounts.is_empty(),
        "externalAccountMACKeys": options.external_accounts,
        "retryAfter": { "authz": 1, "order": 1 },
    } })
}

fn name_server(options: &Options, dns: SocketAddr, control: SocketAddr) -> Command {
    let beside = options.program.with_file_name("pebble-challtestsrv");
    let program = if beside.exists() { beside } else { PathBuf::from("/usr/bin/pebble-challtestsrv") };
    let mut command = Command::new(program);
    command
        .args(["-dns01", &dns.to_string(), "-management", &control.to_string()])
        .args(["-http01", "", "-https01", "", "-tlsalpn01", ""])
        .args(["-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""]);
    command
}

fn spawn(command: &mut Command, folder: &Path, log: &str) -> Result<Child, StageError> {
    let log = std::fs::File::create(folder.join(log))?;
    let errors = log.try_clone()?;
    Ok(command.stdin(Stdio::null()).stdout(log).stderr(errors).spawn()?)
}

/// Pebble's own certificate, and the root to trust for it.
fn certify(folder: &Path, now: Time) -> Result<String, StageError> {
    let validity = Validity { from: now - Span::days(1), to: now + Span::days(30) };
    let authority = Authority::new("Pebble's stage", validity)?;
    let names = [Identifier::Ip(Ipv4Addr::LOCALHOST.into()), Identifier::Dns("localhost".to_owned())];
    let identity = authority.issue(&names, validity)?;
    std::fs::write(folder.join("tls.pem"), pem::chain_to(&identity.chain))?;
    std::fs::write(folder.join("tls.key"), identity.key_pem())?;
    Ok(authority.root_pem())
}

fn address() -> Result<SocketAddr, StageError> {
    Ok((Ipv4Addr::LOCALHOST, port::free()?).into())
}

/// Waits until somebody listens, as long as both programs run.
async fn ready(address: SocketAddr, folder: &Path, children: &mut [Child]) -> Result<(), StageError> {
    let connected = async {
        while TcpStream::connect(address).await.is_err() {
            for child in &mut *children {
                if let Some(status) = child.try_wait()? {
                    return Err(failed(
                        io::ErrorKind::Other,
                        address,
                        folder,
                        &format!("one of both {status}"),
                    ));
                }
            }
            tokio::time::sleep(Span::millis(10).to_std()).await;
        }
        Ok(())
    };
    let waited = tokio::time::timeout(READY_WITHIN.to_std(), connected).await;
    waited.unwrap_or_else(|_| {
        Err(failed(io::ErrorKind::TimedOut, address, folder, &format!("not within {READY_WITHIN}")))
    })
}

fn failed(kind: io::ErrorKind, address: SocketAddr, folder: &Path, how: &str) -> StageError {
    let logs = ["pebble.log", "challtestsrv.log"].map(|log| std::fs::read_to_string(folder.join(log)));
    let logs = logs.map(Result::unwrap_or_default).join("\n");
    io::Error::new(kind, format!("nobody listens at {address}: {how}\n{logs}")).into()
}

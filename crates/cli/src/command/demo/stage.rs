//! The stage: servers that misbehave in known ways, a CA, a mail server; all on loopback.

use std::fs::OpenOptions;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use notafter_cert::{Identifier, Span, Time};
use notafter_engine::settings::Settings;
use notafter_lab::acme_ca::{AcmeCa, Options};
use notafter_lab::authority::{Authority, Identity, StageError, Validity};
use notafter_lab::port;
use notafter_lab::smtp_sink::{self, SmtpSink};
use notafter_lab::tls_server::{Files, TlsServer};
use notafter_net::Clock;
use notafter_tls::Target;
use tempfile::TempDir;

use crate::failure::Failure;

/// The service whose certificate is about to expire.
pub(super) const SHOP: &str = "shop.demo.example";
/// The pool of which one node does not reload.
pub(super) const POOL: &str = "pool.demo.example";
/// The service that was renewed on disk and never reloaded.
pub(super) const BLOG: &str = "blog.demo.example";
/// The service that expired.
pub(super) const OLD: &str = "old.demo.example";
/// The service that does not send its intermediate.
pub(super) const API: &str = "api.demo.example";

/// Everything that plays a part, alive as long as this value.
pub(super) struct Stage {
    pub(super) settings: Settings,
    pub(super) inventory: String,
    pub(super) services: Vec<Service>,
    pub(super) mail: SmtpSink,
    pub(super) ca_url: String,
    pub(super) root_file: PathBuf,
    pub(super) blog_chain: String,
    pub(super) blog_key: String,
    _ca: AcmeCa,
}

/// One name with its servers.
pub(super) struct Service {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    pub(super) servers: Vec<TlsServer>,
}

impl Service {
    pub(super) fn target(&self) -> Target {
        let port = self.servers.first().map_or(443, |server| server.address().port());
        Target::tls(Identifier::Dns(self.name.to_owned()), port)
    }
}

impl Stage {
    /// In a new `folder`, which outlives it: only when nothing plays any more is it removed.
    pub(super) async fn set(clock: &Clock, folder: &mut Option<TempDir>) -> Result<Self, Failure> {
        set(clock, folder).await.map_err(|error| {
            Failure::new("the stage of the demo cannot be set", "the demo needs loopback addresses and a temporary directory").because(error)
        })
    }

    /// The service of this name.
    pub(super) fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }
}

async fn set(clock: &Clock, folder: &mut Option<TempDir>) -> Result<Stage, StageError> {
    // It holds private keys, and temporary directories are everybody's.
    let owner_only = std::fs::Permissions::from_mode(0o700);
    let made = tempfile::Builder::new().prefix("notafter-demo-").permissions(owner_only).tempdir()?;
    let folder = folder.insert(made);
    let now = clock.now();
    let long = Validity { from: now - Span::days(400), to: now + Span::days(3650) };
    let authority = Authority::new("Demo CA", long)?;
    let http01 = port::free()?;
    let ca = AcmeCa::start(Options::loopback(clock.clone(), http01)).await?;
    let mail = SmtpSink::start(local(0), smtp_sink::Options::default()).await?;
    let root_file = folder.path().join("roots.pem");
    std::fs::write(&root_file, format!("{}{}", authority.root_pem(), ca.roots_pem()))?;
    let props = Props { authority: &authority, folder: folder.path(), now };
    let (blog, blog_pair) = props.blog().await?;
    let services = vec![props.shop().await?, blog, props.pool().await?, props.old().await?, props.api().await?];
    let settings = settings(folder.path(), &root_file, http01, &services);
    let inventory = inventory(&services, folder.path(), &ca, &root_file, http01, mail.address())?;
    Ok(Stage {
        settings,
        inventory,
        services,
        mail,
        ca_url: ca.directory_url(),
        root_file,
        blog_chain: blog_pair.chain_pem(),
        blog_key: blog_pair.key_pem(),
        _ca: ca,
    })
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Makes the servers.
struct Props<'a> {
    authority: &'a Authority,
    folder: &'a Path,
    now: Time,
}

impl Props<'_> {
    fn issue(&self, name: &str, began: Span, left: Span) -> Result<Identity, StageError> {
        let validity = Validity { from: self.now - began, to: self.now + left };
        self.authority.issue(&[Identifier::Dns(name.to_owned())], validity)
    }

    fn files(&self, name: &str, pair: &Identity) -> Result<Files, StageError> {
        let folder = self.folder.join(name);
        std::fs::create_dir(&folder)?;
        let files = Files { chain: folder.join("fullchain.pem"), key: folder.join("privkey.pem") };
        write_pair(&files, pair)?;
        Ok(files)
    }

    async fn shop(&self) -> Result<Service, StageError> {
        let pair = self.issue(SHOP, Span::days(90) - Span::hours(2), Span::hours(2))?;
        let server = TlsServer::from_files(local(0), self.files(SHOP, &pair)?).await?;
        Ok(Service { name: SHOP, what: "its certificate ends in two hours", servers: vec![server] })
    }

    /// Two nodes behind one name share their files; only the first one is told to reload.
    async fn pool(&self) -> Result<Service, StageError> {
        let pair = self.issue(POOL, Span::days(85), Span::days(5))?;
        let files = self.files(POOL, &pair)?;
        let node = |host: u8, port| SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, host)), port);
        let first = TlsServer::from_files(node(2, 0), files.clone()).await?;
        let second = TlsServer::from_files(node(3, first.address().port()), files).await?;
        Ok(Service { name: POOL, what: "two nodes, of which one never reloads", servers: vec![first, second] })
    }

    /// The server began with the old pair; the disk has a new one since.
    async fn blog(&self) -> Result<(Service, Identity), StageError> {
        let old = self.issue(BLOG, Span::days(86), Span::days(4))?;
        let files = self.files(BLOG, &old)?;
        let server = TlsServer::from_files(local(0), files.clone()).await?;
        let new = self.issue(BLOG, Span::hours(1), Span::days(90))?;
        write_pair(&files, &new)?;
        let service = Service { name: BLOG, what: "renewed on disk, never reloaded", servers: vec![server] };
        Ok((service, new))
    }

    async fn old(&self) -> Result<Service, StageError> {
        let pair = self.issue(OLD, Span::days(93), -Span::days(3))?;
        let server = TlsServer::fixed(local(0), &pair).await?;
        Ok(Service { name: OLD, what: "expired three days ago", servers: vec![server] })
    }

    async fn api(&self) -> Result<Service, StageError> {
        let pair = self.issue(API, Span::days(10), Span::days(80))?.without_intermediate();
        let server = TlsServer::fixed(local(0), &pair).await?;
        Ok(Service { name: API, what: "does not send its intermediate", servers: vec![server] })
    }
}

/// The key is its owner's alone, as on a real server.
pub(crate) fn write_pair(files: &Files, pair: &Identity) -> Result<(), StageError> {
    std::fs::write(&files.chain, pair.chain_pem())?;
    let mut key = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&files.key)?;
    key.write_all(pair.key_pem().as_bytes())?;
    Ok(())
}

fn settings(folder: &Path, root_file: &Path, http01: u16, services: &[Service]) -> Settings {
    let mut resolve = Vec::new();
    for service in services {
        resolve.push(format!("{}:{http01}:127.0.0.1", service.name));
        let addresses: Vec<String> = service.servers.iter().map(|server| server.address().ip().to_string()).collect();
        resolve.push(format!("{}:{}:{}", service.name, service.target().port, addresses.join(",")));
    }
    Settings {
        data: Some(folder.join("data")),
        key_encryption_key: Some(folder.join("key-encryption-key")),
        trust: root_file.display().to_string(),
        listen: "127.0.0.1:0".to_owned(),
        http01_port: http01,
        resolve,
        ..Settings::default()
    }
}

/// What an administrator would write: docs/inventory.md.
fn inventory(
    services: &[Service],
    folder: &Path,
    ca: &AcmeCa,
    root_file: &Path,
    http01: u16,
    mail: SocketAddr,
) -> Result<String, StageError> {
    let mut text = format!(
        r#"
[[channel]]
name = "mail"
kind = "smtp"
host = "{mail_host}"
port = {mail_port}
tls = "none"
from = "notafter@demo.example"

[[owner]]
name = "default"
contacts = [{{ channel = "mail", to = "ops@demo.example" }}]

[[issuer]]
name = "demo-ca"
directory = "{directory}"
terms_agreed = true
trust = "{root}"
"#,
        mail_host = mail.ip(),
        mail_port = mail.port(),
        directory = ca.directory_url(),
        root = root_file.display(),
    );
    let program = std::env::current_exe()?;
    for service in services {
        let target = service.target();
        text.push_str(&format!("\n[[endpoint]]\ntarget = \"{target}\"\ncriticality = \"high\"\n"));
        let reload = match (service.name, service.servers.first()) {
            (SHOP | POOL, Some(server)) => format!(
                ", reload = {{ command = [\"{}\", \"demo\", \"--reload\", \"{}\"] }}",
                program.display(),
                server.control()
            ),
            (BLOG, _) => String::new(),
            _ => continue,
        };
        let name = service.name;
        let files = folder.join(name);
        text.push_str(&format!(
            r#"
[[lineage]]
name = "{name}"
identifiers = ["{name}"]
issuer = "demo-ca"
http01 = {{ solver = "listener", listen = "127.0.0.1:{http01}" }}

[[lineage.place]]
name = "files"
deployer = "files"
settings = {{ key = "{files}/privkey.pem", full_chain = "{files}/fullchain.pem"{reload} }}
endpoints = ["{target}"]
"#,
            files = files.display(),
        ));
    }
    Ok(text)
}

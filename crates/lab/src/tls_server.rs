//! A TLS server on loopback that behaves as told: well, badly, or not at all.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use notafter_cert::pem;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::authority::{Identity, StageError};

/// What the server does with a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Serves TLS.
    Serve,
    /// Accepts, reads, and never says a word.
    Silent,
    /// Resets the connection at once.
    Reset,
    /// Says these bytes to whoever comes, and closes.
    Say(Vec<u8>),
    /// Sends these bytes again and again.
    Endless(Vec<u8>),
}

/// A running server; it ends when dropped.
pub struct TlsServer {
    address: SocketAddr,
    control: SocketAddr,
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

struct Shared {
    serving: Mutex<Serving>,
    files: Option<Files>,
}

struct Serving {
    config: Arc<ServerConfig>,
    behaviour: Behaviour,
    connections: u64,
    /// Says that it reloaded, and did not.
    deaf: bool,
}

/// Where a server finds its chain and key.
#[derive(Clone, Debug)]
pub struct Files {
    /// PEM chain, leaf first.
    pub chain: PathBuf,
    /// PEM key.
    pub key: PathBuf,
}

impl TlsServer {
    /// Serves a fixed identity.
    ///
    /// # Errors
    /// The address cannot be bound, or the identity is no pair.
    pub async fn fixed(address: SocketAddr, identity: &Identity) -> Result<Self, StageError> {
        Self::start(address, configure(&identity.chain, &identity.key)?, None).await
    }

    /// Serves a fixed identity, with an OCSP answer stapled to it.
    ///
    /// # Errors
    /// The address cannot be bound, or the identity is no pair.
    pub async fn stapling(
        address: SocketAddr,
        identity: &Identity,
        answer: Vec<u8>,
    ) -> Result<Self, StageError> {
        Self::start(address, configure_stapling(&identity.chain, &identity.key, answer)?, None).await
    }

    /// Serves what lies in these files, as it was when the server started or was last told to reload: like any real
    /// server, it does not look by itself.
    ///
    /// # Errors
    /// The address cannot be bound, or the files hold no pair.
    pub async fn from_files(address: SocketAddr, files: Files) -> Result<Self, StageError> {
        let config = read(&files)?;
        Self::start(address, config, Some(files)).await
    }

    async fn start(
        address: SocketAddr,
        config: Arc<ServerConfig>,
        files: Option<Files>,
    ) -> Result<Self, StageError> {
        let listener = TcpListener::bind(address).await?;
        let control = TcpListener::bind("127.0.0.1:0").await?;
        let serving = Serving { config, behaviour: Behaviour::Serve, connections: 0, deaf: false };
        let shared = Arc::new(Shared { serving: Mutex::new(serving), files });
        let (address, control_address) = (listener.local_addr()?, control.local_addr()?);
        let tasks = vec![
            tokio::spawn(accept(listener, Arc::clone(&shared))),
            tokio::spawn(obey(control, Arc::clone(&shared))),
        ];
        Ok(Self { address, control: control_address, shared, tasks })
    }

    /// Where it serves.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where a connection makes it reload its files; one byte comes back: `+` when it did, `-` when it could not.
    #[must_use]
    pub const fn control(&self) -> SocketAddr {
        self.control
    }

    /// Changes what it does with the next connection.
    pub fn behave(&self, behaviour: Behaviour) {
        self.lock().behaviour = behaviour;
    }

    /// From now on (or no more) says of every reload that it was done, and goes on as it was.
    pub fn ignore_reloads(&self, deaf: bool) {
        self.lock().deaf = deaf;
    }

    /// Reads the files again, as a reload does.
    ///
    /// # Errors
    /// The files hold no pair; what was served stays.
    pub fn reload(&self) -> Result<(), StageError> {
        self.shared.reload()
    }

    /// How many connections came.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.lock().connections
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Serving> {
        self.shared.lock()
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Serving> {
        self.serving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reload(&self) -> Result<(), StageError> {
        if self.lock().deaf {
            return Ok(());
        }
        if let Some(files) = &self.files {
            let config = read(files)?;
            self.lock().config = config;
        }
        Ok(())
    }
}

/// Tells the server behind this control address to reload; what a deployer's reload command runs.
///
/// # Errors
/// The server is not there, or could not read its files.
pub async fn ask_to_reload(control: SocketAddr) -> Result<(), StageError> {
    let mut stream = TcpStream::connect(control).await?;
    match stream.read_u8().await? {
        b'+' => Ok(()),
        _ => Err(std::io::Error::other("the server could not read its files").into()),
    }
}

async fn obey(control: TcpListener, shared: Arc<Shared>) {
    while let Ok((mut stream, _)) = control.accept().await {
        let answer = if shared.reload().is_ok() { b'+' } else { b'-' };
        // Whoever asked may have gone away; the reload holds.
        drop(stream.write_u8(answer).await);
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (config, behaviour) = {
            let mut serving = shared.lock();
            serving.connections += 1;
            (Arc::clone(&serving.config), serving.behaviour.clone())
        };
        tokio::spawn(async move {
            // A peer that goes away in the middle is its own affair.
            drop(converse(stream, config, behaviour).await);
        });
    }
}

async fn converse(
    mut stream: TcpStream,
    config: Arc<ServerConfig>,
    behaviour: Behaviour,
) -> std::io::Result<()> {
    match behaviour {
        Behaviour::Serve => serve(stream, config).await,
        Behaviour::Silent => {
            let mut sink = [0; 1024];
            while stream.read(&mut sink).await? > 0 {}
            Ok(())
        }
        Behaviour::Reset => stream.set_zero_linger(),
        Behaviour::Say(bytes) => {
            stream.write_all(&bytes).await?;
            stream.shutdown().await
        }
        Behaviour::Endless(bytes) => loop {
            stream.write_all(&bytes).await?;
        },
    }
}

/// A handshake, then a friendly answer to whatever HTTP request comes: `curl` and `openssl s_client` are both content.
async fn serve(stream: TcpStream, config: Arc<ServerConfig>) -> std::io::Result<()> {
    let mut tls = TlsAcceptor::from(config).accept(stream).await?;
    let mut request = [0; 4096];
    if tls.read(&mut request).await? > 0 {
        let body = "served by the notafter lab\n";
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: ";
        tls.write_all(format!("{head}{}\r\n\r\n{body}", body.len()).as_bytes()).await?;
    }
    tls.shutdown().await
}

fn read(files: &Files) -> Result<Arc<ServerConfig>, StageError> {
    let chain =
        pem::chain_from(&std::fs::read(&files.chain)?).map_err(|error| unreadable(&files.chain, &error))?;
    let key = pem::blocks(&std::fs::read(&files.key)?)
        .into_iter()
        .find(|block| block.label == "PRIVATE KEY")
        .ok_or_else(|| unreadable(&files.key, &"no PKCS#8 key"))?;
    configure(&chain, &key.der)
}

fn unreadable(path: &Path, why: &dyn std::fmt::Display) -> StageError {
    std::io::Error::new(std::io::ErrorKind::InvalidData, format!("{}: {why}", path.display())).into()
}

pub(crate) fn configure(chain: &[Vec<u8>], key: &[u8]) -> Result<Arc<ServerConfig>, StageError> {
    configure_stapling(chain, key, Vec::new())
}

/// Without an answer nothing is stapled.
fn configure_stapling(
    chain: &[Vec<u8>],
    key: &[u8],
    answer: Vec<u8>,
) -> Result<Arc<ServerConfig>, StageError> {
    let chain: Vec<CertificateDer<'static>> = chain.iter().map(|der| der.clone().into()).collect();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.to_vec()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert_with_ocsp(chain, key, answer)?;
    Ok(Arc::new(config))
}

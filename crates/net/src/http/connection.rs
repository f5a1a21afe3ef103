//! One connection to one origin, and the idle ones kept for the next request.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::error::{Break, tls_words};
use super::{HttpError, Options, site};
use crate::dial::{self, DialError};

/// A connection that takes requests.
pub(super) type Sender = SendRequest<Full<Bytes>>;

/// Servers close idle connections after a minute or so; ours are gone before that, so that a request seldom meets a
/// closing one.
const LONGEST_IDLE: Duration = Duration::from_secs(15);
/// Idle connections kept per origin.
const MOST_IDLE: usize = 32;

/// Scheme, host and port: connections are shared within one origin and never across.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Origin {
    tls: bool,
    host: Host<String>,
    port: u16,
}

impl Origin {
    pub(super) fn of(url: &Url) -> Result<Self, HttpError> {
        let wrong = |why: &str| HttpError::Url { url: site(url), why: why.to_owned() };
        let tls = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(wrong("neither http nor https")),
        };
        let host = url.host().ok_or_else(|| wrong("no host"))?.to_owned();
        let port = url.port_or_known_default().ok_or_else(|| wrong("no port"))?;
        Ok(Self { tls, host, port })
    }

    pub(super) fn host(&self) -> String {
        self.host.to_string()
    }

    /// With the port, where HTTPS has another one.
    fn authority(&self) -> String {
        match self.port {
            443 => self.host(),
            port => format!("{}:{port}", self.host),
        }
    }

    pub(super) const fn is_tls(&self) -> bool {
        self.tls
    }
}

/// Idle connections.
#[derive(Default)]
pub(super) struct Pool(Mutex<HashMap<Origin, Vec<Idle>>>);

struct Idle {
    sender: Sender,
    since: Instant,
}

impl Pool {
    /// The connection used last, if the peer has not closed it.
    pub(super) async fn take(&self, origin: &Origin) -> Option<Sender> {
        loop {
            let idle = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(origin)?.pop()?;
            let mut sender = idle.sender;
            if idle.since.elapsed() < LONGEST_IDLE && sender.ready().await.is_ok() {
                return Some(sender);
            }
        }
    }

    pub(super) fn put(&self, origin: Origin, sender: Sender) {
        if sender.is_closed() {
            return;
        }
        let mut pool = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = pool.entry(origin).or_default();
        idle.retain(|idle| idle.since.elapsed() < LONGEST_IDLE && !idle.sender.is_closed());
        if idle.len() < MOST_IDLE {
            idle.push(Idle { sender, since: Instant::now() });
        }
    }
}

/// A new connection to the first of the origin's addresses that lets us in; every one is checked against the policy
/// before it is touched.
pub(super) async fn open(
    origin: &Origin,
    options: &Options,
    tls: &Arc<ClientConfig>,
) -> Result<Sender, HttpError> {
    let identifier = match &origin.host {
        Host::Domain(name) => name
            .parse()
            .map_err(|_| HttpError::Url { url: name.clone(), why: "not a host name".to_owned() })?,
        Host::Ipv4(address) => notafter_cert::Identifier::Ip((*address).into()),
        Host::Ipv6(address) => notafter_cert::Identifier::Ip((*address).into()),
    };
    let resolution = options.resolver.resolve(&identifier, origin.port).await?;
    let mut last = None;
    for address in resolution.addresses {
        options.policy.check(address.ip())?;
        match dial::connect(address, options.connect_within).await {
            Ok(stream) if origin.tls => return secure(origin, stream, tls.clone()).await,
            Ok(stream) => return speak(&origin.host(), stream).await,
            Err(error) => last = Some((address, error)),
        }
    }
    Err(no_connection(origin, last))
}

fn no_connection(origin: &Origin, last: Option<(SocketAddr, DialError)>) -> HttpError {
    match last {
        Some((address, source)) => HttpError::Connect { host: origin.host(), address, source },
        None => HttpError::Url { url: origin.host(), why: "no address to connect to".to_owned() },
    }
}

async fn secure(
    origin: &Origin,
    stream: tokio::net::TcpStream,
    config: Arc<ClientConfig>,
) -> Result<Sender, HttpError> {
    let name = match &origin.host {
        Host::Domain(name) => ServerName::try_from(name.clone())
            .map_err(|error| HttpError::Url { url: name.clone(), why: error.to_string() })?,
        Host::Ipv4(address) => ServerName::IpAddress(std::net::IpAddr::V4(*address).into()),
        Host::Ipv6(address) => ServerName::IpAddress(std::net::IpAddr::V6(*address).into()),
    };
    let stream = TlsConnector::from(config)
        .connect(name, stream)
        .await
        .map_err(|error| HttpError::Tls { host: origin.authority(), why: tls_words(&error) })?;
    speak(&origin.host(), stream).await
}

async fn speak<S>(host: &str, stream: S) -> Result<Sender, HttpError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| HttpError::Broken { host: host.to_owned(), how: Break::of(&error) })?;
    // It ends with its connection; what goes wrong on it is told to the request that waits.
    tokio::spawn(connection);
    Ok(sender)
}

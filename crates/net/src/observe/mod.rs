//! The network's eye: one full handshake per address, without trust; judged elsewhere (law 5).

mod drive;
mod recorder;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notafter_cert::{Identifier, Span};
use notafter_tls::observation::{Failure, FailureKind, Observation, Outcome, Served};
use notafter_tls::{Offer, Resolution, ResolveError, Target};
use rustls::{ClientConfig, ClientConnection};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::Instant;

pub(crate) use recorder::Recorder;

use crate::clock::Clock;
use crate::config;
use crate::dial;
use crate::dns::Resolver;
use crate::eye::Eye;
use crate::limits::AddressPolicy;
use drive::Phase;

/// What the network's eye is made of.
#[derive(Clone)]
pub struct Options {
    /// Finds addresses.
    pub resolver: Resolver,
    /// Where it may go.
    pub policy: AddressPolicy,
    /// Dates the observations.
    pub clock: Clock,
    /// The limit on one look, from the first packet to the end of the handshake.
    pub within: Span,
    /// Who looks: `local`, or an agent's name.
    pub vantage: String,
}

/// Looks through this machine's network. Cheap to clone.
#[derive(Clone)]
pub struct Network {
    options: Options,
    /// One per offer, because suites of TLS 1.2 name the kind of key too.
    configs: Arc<[(Offer, ClientConfig); 3]>,
}

impl Network {
    /// An eye of its own.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let configs = [Offer::Any, Offer::Rsa, Offer::Ecdsa].map(|offer| (offer, config::looking(offer)));
        Self { options, configs: Arc::new(configs) }
    }

    /// The same eye under another policy.
    #[must_use]
    pub fn with_policy(&self, policy: AddressPolicy) -> Self {
        Self { options: Options { policy, ..self.options.clone() }, configs: self.configs.clone() }
    }

    async fn observe(&self, target: &Target, address: SocketAddr, offer: Offer) -> Observation {
        let at = self.options.clock.now();
        let begun = Instant::now();
        let outcome = match self.options.policy.check(address.ip()) {
            Err(forbidden) => Outcome::Failed(dial::DialError::from(forbidden).failure()),
            Ok(()) => self.shake_hands(target, address, offer).await,
        };
        let took = Span::from_std(begun.elapsed());
        Observation { at, vantage: self.options.vantage.clone(), address, outcome, took }
    }

    async fn shake_hands(&self, target: &Target, address: SocketAddr, offer: Offer) -> Outcome {
        let recorder = Arc::new(Recorder::new(offer));
        let mut phase = Phase::Connecting;
        let mut connection = match self.client(target, address, (offer, recorder.clone())) {
            Ok(connection) => connection,
            Err(error) => {
                return Outcome::Failed(drive::failure(FailureKind::Malformed, error.to_string()));
            }
        };
        let within = self.options.within;
        let attempt = attempt(target, address, within, (&mut connection, &mut phase));
        let ended = match tokio::time::timeout(within.to_std(), attempt).await {
            Ok(ended) => ended,
            Err(_) => Err(drive::failure(FailureKind::Timeout, silence(target, phase, within))),
        };
        conclude(&recorder, &connection, ended)
    }

    /// The head of the answer to `HEAD /`, from the same server under the same limits and still without trust: what a web
    /// server says about itself. `None` where no answer came.
    pub async fn head(&self, target: &Target, address: SocketAddr) -> Option<String> {
        self.options.policy.check(address.ip()).ok()?;
        let recorder = Arc::new(Recorder::new(Offer::Any));
        let mut connection = self.client(target, address, (Offer::Any, recorder)).ok()?;
        let request = format!(
            "HEAD / HTTP/1.1\r\nHost: {}\r\nUser-Agent: notafter\r\nAccept: */*\r\nConnection: close\r\n\r\n",
            authority(target)
        );
        let within = self.options.within;
        let exchange = async {
            let mut phase = Phase::Connecting;
            let mut stream = shake(target, address, within, (&mut connection, &mut phase)).await.ok()?;
            let head = drive::ask(&mut stream, &mut connection, request.as_bytes()).await.ok()?;
            drive::part(&stream, &mut connection);
            Some(head)
        };
        tokio::time::timeout(within.to_std(), exchange).await.ok().flatten()
    }

    fn client(
        &self,
        target: &Target,
        address: SocketAddr,
        (offer, recorder): (Offer, Arc<Recorder>),
    ) -> Result<ClientConnection, rustls::Error> {
        let [any, ..] = self.configs.as_ref();
        let (_, config) = self.configs.iter().find(|(mine, _)| *mine == offer).unwrap_or(any);
        let mut config = config.clone();
        config::record_with(&mut config, recorder);
        // rustls sends no server_name for an address (RFC 6066 section 3).
        let name = target
            .server_name()
            .and_then(|name| ServerName::try_from(name).ok())
            .unwrap_or_else(|| ServerName::IpAddress(address.ip().into()));
        ClientConnection::new(Arc::new(config), name)
    }
}

/// What did not come in time.
fn silence(target: &Target, phase: Phase, within: Span) -> String {
    match target.starttls {
        Some(protocol) if phase == Phase::Talking => {
            format!("connected, but the peer said nothing of {} within {within}", protocol.name())
        }
        _ => format!("no sign of {} within {within}", phase.awaited()),
    }
}

/// One handshake, and goodbye.
async fn attempt(
    target: &Target,
    address: SocketAddr,
    within: Span,
    (connection, phase): (&mut ClientConnection, &mut Phase),
) -> Result<(), Failure> {
    let stream = shake(target, address, within, (connection, phase)).await?;
    drive::part(&stream, connection);
    Ok(())
}

async fn shake(
    target: &Target,
    address: SocketAddr,
    within: Span,
    (connection, phase): (&mut ClientConnection, &mut Phase),
) -> Result<TcpStream, Failure> {
    let mut stream = dial::connect(address, within).await.map_err(|error| error.failure())?;
    if let Some(protocol) = target.starttls {
        *phase = Phase::Talking;
        let mut dialogue = protocol.begin(&target.expected_name().to_string());
        drive::converse(&mut stream, dialogue.as_mut()).await?;
    }
    drive::handshake(&mut stream, connection, phase).await?;
    Ok(stream)
}

/// As it stands in a URL (RFC 3986 section 3.2).
fn authority(target: &Target) -> String {
    let host = match target.expected_name() {
        Identifier::Ip(IpAddr::V6(address)) => format!("[{address}]"),
        name => name.to_string(),
    };
    if target.port == 443 { host } else { format!("{host}:{}", target.port) }
}

/// A certificate that was seen is an observation, however the handshake ended.
fn conclude(recorder: &Recorder, connection: &ClientConnection, ended: Result<(), Failure>) -> Outcome {
    let seen = recorder.take();
    let incomplete = match ended {
        Ok(()) => None,
        Err(failure) if seen.chain.is_empty() => return Outcome::Failed(failure),
        Err(failure) if seen.asks_for_certificate => Some(Failure {
            detail: format!("the peer asks for a client certificate, and we have none: {}", failure.detail),
            ..failure
        }),
        Err(failure) => Some(failure),
    };
    Outcome::Served(Served {
        chain: seen.chain.into(),
        version: connection.protocol_version().map_or(0, u16::from),
        suite: connection.negotiated_cipher_suite().map_or(0, |suite| u16::from(suite.suite())),
        group: connection.negotiated_key_exchange_group().map(|group| u16::from(group.name())),
        possession: seen.possession,
        incomplete,
        staple: seen.staple,
    })
}

impl Eye for Network {
    fn resolve<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Resolution, ResolveError>> {
        self.options.resolver.resolve(&target.host, target.port).boxed()
    }

    fn look_for<'a>(
        &'a self,
        target: &'a Target,
        address: SocketAddr,
        offer: Offer,
    ) -> BoxFuture<'a, Observation> {
        self.observe(target, address, offer).boxed()
    }

    fn head<'a>(&'a self, target: &'a Target, address: SocketAddr) -> BoxFuture<'a, Option<String>> {
        Self::head(self, target, address).boxed()
    }
}

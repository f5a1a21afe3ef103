//! An ACME CA on loopback: the server half of `acme` behind TLS, issuing real certificates, asking real web servers, and
//! misbehaving as told.

mod issue;
mod serve;
mod validate;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use notafter_acme::server::fault::{Logged, Misbehaving, Planned};
use notafter_acme::server::{Ca, IssuedRecord, RequestKind, Settings};
use notafter_cert::{Identifier, Span, pem};
use notafter_net::Clock;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::authority::{Authority, StageError, Validity};
use crate::tls_server::configure;

/// What the CA is made of; how it behaves is in [`AcmeCa::settings`].
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it listens; port 0 picks one.
    pub listen: SocketAddr,
    /// Its clock, but for [`Settings::clock_ahead`].
    pub clock: Clock,
    /// The port that `http-01` is looked for at: 80 in the world.
    pub http01_port: u16,
    /// Where names lead, as the CA sees it; an empty list is a name without an address.
    pub hosts: BTreeMap<Identifier, Vec<IpAddr>>,
    /// Where every other name leads; `None` leaves them without an address. Addresses lead to themselves.
    pub otherwise: Option<IpAddr>,
    /// How long before the order certificates begin, against clocks that are slow; a tenth of a lifetime at most.
    pub backdate: Span,
    /// Names of the hierarchies that certificates are issued under: the default one, then the alternates.
    pub hierarchies: Vec<String>,
}

impl Options {
    /// On loopback, validating there at this port, with one alternate chain.
    #[must_use]
    pub fn loopback(clock: Clock, http01_port: u16) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            clock,
            http01_port,
            hosts: BTreeMap::new(),
            otherwise: Some(Ipv4Addr::LOCALHOST.into()),
            backdate: Span::hours(1),
            hierarchies: vec!["Lab CA".to_owned(), "Other Lab CA".to_owned()],
        }
    }
}

/// A running CA; it ends when dropped.
pub struct AcmeCa {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    state: Mutex<Misbehaving>,
    hosts: Mutex<BTreeMap<Identifier, Vec<IpAddr>>>,
    validations: watch::Sender<usize>,
    authorities: Vec<Authority>,
    options: Options,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, Misbehaving> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AcmeCa {
    /// Starts a CA with its own roots.
    ///
    /// # Errors
    /// The address cannot be bound, or a certificate cannot be made.
    pub async fn start(options: Options) -> Result<Self, StageError> {
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let now = options.clock.now();
        // A clock of a stage runs for years.
        let long = Validity { from: now - Span::days(365), to: now + Span::days(20 * 365) };
        let authorities = options
            .hierarchies
            .iter()
            .map(|name| Authority::new(name, long))
            .collect::<Result<Vec<_>, _>>()?;
        let first = authorities.first().ok_or(StageError::NoHierarchy)?;
        let names = [Identifier::Ip(address.ip()), Identifier::Dns("localhost".to_owned())];
        let own = first.issue(&names, long)?;
        let tls = TlsAcceptor::from(configure(&own.chain, &own.key)?);
        let ca = Ca::new(Settings::at(&format!("https://{address}")), serve::random()?);
        let shared = Arc::new(Shared {
            state: Mutex::new(Misbehaving::new(ca)),
            hosts: Mutex::new(options.hosts.clone()),
            validations: watch::Sender::new(0),
            authorities,
            options,
        });
        let task = tokio::spawn(serve::accept(listener, tls, Arc::clone(&shared)));
        Ok(Self { address, shared, task })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where clients begin.
    #[must_use]
    pub fn directory_url(&self) -> String {
        self.shared.state().ca.directory_url()
    }

    /// The root of the default hierarchy: of its certificates, and of the CA's own TLS.
    #[must_use]
    pub fn root_pem(&self) -> String {
        self.shared.authorities.first().map(Authority::root_pem).unwrap_or_default()
    }

    /// Every root, the default one first.
    #[must_use]
    pub fn roots_pem(&self) -> String {
        self.shared.authorities.iter().map(Authority::root_pem).collect()
    }

    /// Changes how it behaves from now on.
    pub fn settings(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.shared.state().ca.settings);
    }

    /// Plans a fault.
    pub fn plan(&self, planned: Planned) {
        self.shared.state().plan(planned);
    }

    /// Forgets every planned fault.
    pub fn behave(&self) {
        self.shared.state().behave();
    }

    /// Changes where a name leads, as the CA sees it.
    pub fn point(&self, host: Identifier, addresses: Vec<IpAddr>) {
        self.shared.hosts.lock().unwrap_or_else(PoisonError::into_inner).insert(host, addresses);
    }

    /// Every request so far.
    #[must_use]
    pub fn log(&self) -> Vec<Logged> {
        self.shared.state().log().to_vec()
    }

    /// How many requests of a kind the CA acted upon.
    #[must_use]
    pub fn acted(&self, kind: RequestKind) -> usize {
        self.shared.state().log().iter().filter(|logged| logged.kind == kind && logged.acted).count()
    }

    /// Every certificate issued so far.
    #[must_use]
    pub fn certificates(&self) -> Vec<IssuedRecord> {
        self.shared.state().ca.certificates().to_vec()
    }

    /// The default chain of the newest certificate, in PEM.
    #[must_use]
    pub fn newest_chain_pem(&self) -> Option<String> {
        let state = self.shared.state();
        state
            .ca
            .certificates()
            .last()
            .and_then(|record| record.chains.first())
            .map(|chain| pem::chain_to(chain))
    }

    /// How many validations are under way: a staged clock should not jump while there are any.
    #[must_use]
    pub fn validations(&self) -> watch::Receiver<usize> {
        self.shared.validations.subscribe()
    }

    /// Looks at the CA's whole state.
    pub fn inspect<T>(&self, look: impl FnOnce(&Ca) -> T) -> T {
        look(&self.shared.state().ca)
    }

    /// Stops listening and closes every connection.
    pub async fn shutdown(mut self) {
        self.task.abort();
        // It ends because it was aborted: there is no other outcome to look at.
        drop((&mut self.task).await);
    }
}

impl Drop for AcmeCa {
    fn drop(&mut self) {
        self.task.abort();
    }
}

//! HTTP faces: pages, API and accounts, metrics, probe, health. It holds no judgement: what it shows comes from `inventory`,
//! `store` and `engine::operate`.

mod api;
mod auth;
mod certificate_files;
mod connection;
mod exposition;
mod headers;
mod health;
mod host;
mod live;
mod metrics;
mod misread;
mod patience;
mod ping;
mod places;
mod probe;
mod refusal;
mod router;
mod secure;
mod shown;
mod status_page;
mod web;

use std::net::SocketAddr;
use std::sync::Arc;

use notafter_cert::{Retry, Trouble};
use notafter_engine::context::Context;
use notafter_engine::operate::Fault;
use notafter_engine::own_certificate;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::connection::Limits;
use crate::status_page::Board;

/// Bound listeners that are ready to answer.
pub struct Server {
    plain: TcpListener,
    secure: Option<(TcpListener, TlsAcceptor)>,
    status: Option<TcpListener>,
    context: Arc<Context>,
}

/// Why the server cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The setting is no address.
    #[error("{0:?} is not an address to listen on")]
    Address(String),
    /// Plain HTTP would be reached from elsewhere, and nobody said that it shall.
    #[error("plain HTTP is not answered at {0}, which other machines may reach")]
    Plain(SocketAddr),
    /// What is to be served over TLS was written wrongly.
    #[error("{}", .0.what)]
    Certificate(Fault),
    /// The TLS library refused.
    #[error("the TLS listener cannot be made")]
    Tls(#[source] rustls::Error),
    /// The address cannot be bound.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The listener failed while it ran.
    #[error("the HTTP listener failed")]
    Failed(#[source] std::io::Error),
}

impl Trouble for ServerError {
    fn code(&self) -> &'static str {
        match self {
            Self::Address(_) => "server.bad-address",
            Self::Plain(_) => "server.plain-http",
            Self::Certificate(_) => "server.unservable-files",
            Self::Tls(_) => "server.failed",
            Self::Bind { .. } => "server.cannot-listen",
            Self::Failed(_) => "server.failed",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Address(_) => {
                "write an address and a port, such as 127.0.0.1:8400, in the setting listen".to_owned()
            }
            Self::Plain(address) => format!(
                "let it serve TLS there (tls_listen = \"{address}\"; the status page: let a proxy do so), or say plain_http = true \
                 where everybody on the way may read and change what is said"
            ),
            Self::Certificate(fault) => {
                let why = fault.why.as_ref().map_or_else(String::new, |why| format!("{why}: "));
                format!("{why}{}", fault.hint)
            }
            Self::Bind { address, .. } => {
                format!(
                    "see who listens there (ss -ltnp 'sport = :{}'), or choose another: --listen",
                    address.port()
                )
            }
            Self::Failed(_) | Self::Tls(_) => "start it again".to_owned(),
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Address(_) | Self::Plain(_) | Self::Certificate(_) => Retry::Never,
            Self::Tls(_) | Self::Bind { .. } | Self::Failed(_) => Retry::Later,
        }
    }
}

impl Server {
    /// Binds the address of the setting `listen`, and those of `tls_listen` and `status_listen` where there are any.
    ///
    /// # Errors
    /// One is no address, or cannot be bound; plain HTTP would be reached from elsewhere; a certificate and the key of another
    /// one are set.
    pub async fn bind(context: Arc<Context>) -> Result<Self, ServerError> {
        let settings = &context.settings;
        let plain = bind(in_the_clear(&settings.listen, settings.plain_http)?).await?;
        let status = match &settings.status_listen {
            Some(text) => Some(bind(in_the_clear(text, settings.plain_http)?).await?),
            None => None,
        };
        let secure = match &settings.tls_listen {
            Some(text) => {
                let listener = bind(address(text)?).await?;
                own_certificate::begin(&context).await.map_err(ServerError::Certificate)?;
                Some((listener, secure::acceptor(context.own.slot()).map_err(ServerError::Tls)?))
            }
            None => None,
        };
        let server = Self { plain, secure, status, context };
        server.context.listens_on(server.address()?, server.tls_address()?);
        Ok(server)
    }

    /// Where it answers in the clear.
    ///
    /// # Errors
    /// The socket is gone.
    pub fn address(&self) -> Result<SocketAddr, ServerError> {
        self.plain.local_addr().map_err(ServerError::Failed)
    }

    /// Where it answers over TLS, if it does.
    ///
    /// # Errors
    /// The socket is gone.
    pub fn tls_address(&self) -> Result<Option<SocketAddr>, ServerError> {
        let secure = self.secure.as_ref();
        secure.map(|(listener, _)| listener.local_addr().map_err(ServerError::Failed)).transpose()
    }

    /// Where it answers the status page alone, if it does.
    ///
    /// # Errors
    /// The socket is gone.
    pub fn status_address(&self) -> Result<Option<SocketAddr>, ServerError> {
        let status = self.status.as_ref();
        status.map(|listener| listener.local_addr().map_err(ServerError::Failed)).transpose()
    }

    /// Answers until the future is dropped. Each listener has room of its own: whoever fills the one that everybody reaches
    /// leaves administrators theirs.
    ///
    /// # Errors
    /// A socket is gone.
    pub async fn answer(self) -> Result<(), ServerError> {
        let (address, tls_address) = (self.address()?, self.tls_address()?);
        let Self { plain, secure, status, context } = self;
        let board = Arc::new(Board::default());
        let answer = |listener, address, acceptor| {
            let router = router::router(Arc::clone(&context), address, Arc::clone(&board));
            connection::answer(listener, router, Limits::USUAL, acceptor)
        };
        let over_tls = async {
            if let (Some((listener, acceptor)), Some(tls_address)) = (secure, tls_address) {
                let answers = answer(listener, tls_address, Some(acceptor));
                tokio::join!(answers, own_certificate::keep(&context));
            }
        };
        let to_the_public = async {
            if let Some(listener) = status {
                let router = router::status(Arc::clone(&context), Arc::clone(&board));
                connection::answer(listener, router, Limits::USUAL, None).await;
            }
        };
        tokio::join!(answer(plain, address, None), over_tls, to_the_public, board.keep(&context));
        Ok(())
    }
}

/// Where plain HTTP is answered: on this machine, unless somebody said that others shall reach it.
fn in_the_clear(text: &str, elsewhere: bool) -> Result<SocketAddr, ServerError> {
    let address = address(text)?;
    match address.ip().is_loopback() || elsewhere {
        true => Ok(address),
        false => Err(ServerError::Plain(address)),
    }
}

fn address(text: &str) -> Result<SocketAddr, ServerError> {
    text.parse().map_err(|_| ServerError::Address(text.to_owned()))
}

async fn bind(address: SocketAddr) -> Result<TcpListener, ServerError> {
    TcpListener::bind(address).await.map_err(|source| ServerError::Bind { address, source })
}

#[cfg(test)]
mod tests;

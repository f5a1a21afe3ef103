//! HTTP faces: pages, API and accounts, metrics, probe, health. It holds no judgement: what it shows comes from `inventory`,
//! `store` and `engine::operate`.

mod api;
mod auth;
mod connection;
mod exposition;
mod headers;
mod health;
mod host;
mod metrics;
mod probe;
mod refusal;
mod router;
mod shown;
mod web;

use std::net::SocketAddr;
use std::sync::Arc;

use notafter_cert::{Retry, Trouble};
use notafter_engine::context::Context;
use tokio::net::TcpListener;

use crate::connection::Limits;

/// A bound listener that is ready to answer.
pub struct Server {
    listener: TcpListener,
    context: Arc<Context>,
}

/// Why the server cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The setting is no address.
    #[error("{0:?} is not an address to listen on")]
    Address(String),
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
            Self::Bind { .. } => "server.cannot-listen",
            Self::Failed(_) => "server.failed",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Address(_) => {
                "write an address and a port, such as 127.0.0.1:8400, in the setting listen".to_owned()
            }
            Self::Bind { address, .. } => {
                format!(
                    "see who listens there (ss -ltnp 'sport = :{}'), or choose another: --listen",
                    address.port()
                )
            }
            Self::Failed(_) => "start it again".to_owned(),
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Address(_) => Retry::Never,
            Self::Bind { .. } | Self::Failed(_) => Retry::Later,
        }
    }
}

impl Server {
    /// Binds the address of the setting `listen`.
    ///
    /// # Errors
    /// It is no address, or cannot be bound.
    pub async fn bind(context: Arc<Context>) -> Result<Self, ServerError> {
        let text = &context.settings.listen;
        let address: SocketAddr = text.parse().map_err(|_| ServerError::Address(text.clone()))?;
        let listener =
            TcpListener::bind(address).await.map_err(|source| ServerError::Bind { address, source })?;
        context.listens_on(listener.local_addr().map_err(ServerError::Failed)?);
        Ok(Self { listener, context })
    }

    /// Where it answers.
    ///
    /// # Errors
    /// The socket is gone.
    pub fn address(&self) -> Result<SocketAddr, ServerError> {
        self.listener.local_addr().map_err(ServerError::Failed)
    }

    /// Answers until the future is dropped.
    ///
    /// # Errors
    /// The socket is gone.
    pub async fn answer(self) -> Result<(), ServerError> {
        let router = router::router(Arc::clone(&self.context), self.address()?);
        connection::answer(self.listener, router, Limits::USUAL).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests;

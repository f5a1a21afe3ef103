//! Looking at endpoints.

use std::net::SocketAddr;

use futures_util::future::BoxFuture;
use notafter_tls::observation::Observation;
use notafter_tls::{Offer, Resolution, ResolveError, Target};

/// What the engine looks through: the network ([`crate::observe::Network`]), or the lab's simulated fleet.
///
/// Contract: all calls end by themselves within the implementation's time limits, may run concurrently without
/// bound (the caller bounds them), change nothing at the peer, and never judge: a broken certificate is an observation
/// like any other.
pub trait Eye: Send + Sync {
    /// Every address of the target. An address literal is answered without a question.
    fn resolve<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Resolution, ResolveError>>;

    /// One full handshake with one address, in which only these kinds of signature are offered.
    fn look_for<'a>(
        &'a self,
        target: &'a Target,
        address: SocketAddr,
        offer: Offer,
    ) -> BoxFuture<'a, Observation>;

    /// The head of the answer of a web server at this address to `HEAD /`; nothing where there is none, or none is asked.
    fn head<'a>(&'a self, _: &'a Target, _: SocketAddr) -> BoxFuture<'a, Option<String>> {
        Box::pin(std::future::ready(None))
    }

    /// One full handshake with one address, in which everything is offered.
    fn look<'a>(&'a self, target: &'a Target, address: SocketAddr) -> BoxFuture<'a, Observation> {
        self.look_for(target, address, Offer::Any)
    }
}

//! Looks at every address of a place.

use std::net::SocketAddr;

use futures_util::stream::{self, StreamExt};
use notafter_cert::path::Anchors;
use notafter_inventory::model::{Deployment, Place};
use notafter_inventory::plan::deploy::Sight;
use notafter_tls::observation::{FailureKind, Observation, Outcome};
use notafter_tls::{Offer, Target};

use crate::context::Context;

/// Addresses that are looked at at once.
const AT_ONCE: usize = 8;

/// A look at every address that the place's endpoints lead to now, or ever led to since the deployment began.
pub(super) async fn look(
    context: &Context,
    place: &Place,
    deployment: &Deployment,
    slot: Offer,
) -> Vec<Sight> {
    let mut sights = Vec::with_capacity(place.endpoints.len());
    for target in &place.endpoints {
        let resolved = context.eye.resolve(target).await;
        let resolved = resolved.map(|found| found.addresses).map_err(|error| error.to_string());
        let mut addresses = resolved.clone().unwrap_or_default();
        let known =
            deployment.proofs.iter().filter(|proof| proof.target == *target).map(|proof| proof.address);
        for address in known {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        let looks = stream::iter(addresses)
            .map(|address| look_at(context, target, address, slot))
            .buffered(AT_ONCE)
            .collect()
            .await;
        sights.push(Sight { target: target.clone(), resolved, looks });
    }
    sights
}

/// Only the version's own type of key is offered, so that its slot is seen beside another. A server that has no such key
/// yet ends the handshake with an alert: then what it serves at all is looked at, to tell old from broken.
async fn look_at(context: &Context, target: &Target, address: SocketAddr, slot: Offer) -> Observation {
    let look = context.eye.look_for(target, address, slot).await;
    match &look.outcome {
        Outcome::Failed(failure) if failure.kind == FailureKind::Alert && slot != Offer::Any => {
            context.eye.look(target, address).await
        }
        _ => look,
    }
}

/// Whom the clients of the place trust: the installation's anchors, and those that its endpoints name.
pub(super) async fn anchors(context: &Context, place: &Place) -> Anchors {
    let mut anchors = context.judge().anchors().clone();
    for target in &place.endpoints {
        let endpoint = context.store.endpoint_at(&context.scope, target).await;
        let trust = endpoint.ok().flatten().and_then(|endpoint| endpoint.trust);
        let judge = trust.map(|path| context.judges.of(&path));
        if let Some(judge) = judge.filter(|judge| !judge.anchors().is_empty()) {
            anchors = anchors.and(judge.anchors());
        }
    }
    anchors
}

//! Looks at every address of a place.

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use notafter_cert::path::Anchors;
use notafter_inventory::check::Judge;
use notafter_inventory::model::{Deployment, Place};
use notafter_inventory::plan::deploy::Sight;
use notafter_tls::observation::{FailureKind, Observation, Outcome};
use notafter_tls::{Offer, Target};

use crate::context::Context;
use crate::private_roots;

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

/// Whom the clients of the place trust: the installation's anchors, those that its endpoints name, and the root of the private CA
/// where that issues for it.
pub(super) async fn anchors(context: &Context, place: &Place) -> Anchors {
    if let Err(error) = private_roots::refresh(context).await {
        tracing::warn!(%error, "the roots of private CAs cannot be read");
    }
    let installed = context.judge();
    let mut anchors = installed.anchors().clone();
    for target in &place.endpoints {
        let endpoint = context.store.endpoint_at(&context.scope, target).await;
        let judge = endpoint.ok().flatten().map(|endpoint| context.judge_of(&endpoint));
        let others = |judge: &Arc<Judge>| !Arc::ptr_eq(judge, &installed) && !judge.anchors().is_empty();
        if let Some(judge) = judge.filter(others) {
            anchors = anchors.and(judge.anchors());
        }
    }
    anchors
}

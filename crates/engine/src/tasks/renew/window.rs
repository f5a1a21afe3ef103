//! Asks the CA for the renewal window (RFC 9773) when it is time, and keeps the one instant drawn inside it.

use notafter_acme::ari;
use notafter_inventory::model::{Actor, Issuer, Lineage};
use notafter_inventory::plan::renew::{Window, draw};
use notafter_net::acme::get;
use notafter_store::Lease;

use super::Case;
use crate::ca;
use crate::context::Context;
use crate::draft::amend;
use crate::operate::Fault;

/// Answers whether the CA offers windows. A CA that cannot be asked changes nothing: the nets by lifetime do not depend
/// on it.
pub(super) async fn refresh(context: &Context, lease: &Lease, case: &mut Case) -> Result<bool, Fault> {
    let now = context.clock.now();
    let Some(ask_at) = case.plan(now).ask_window_at else { return Ok(false) };
    let Some(held) = case.held().cloned() else { return Ok(false) };
    if ask_at > now {
        return Ok(true);
    }
    let Issuer::Acme(issuer) = &case.issuer else { return Ok(false) };
    let answer = match ca::read_directory(context, issuer).await {
        Ok((client, directory)) => {
            let id = case.leaf().and_then(|leaf| leaf.ari_id());
            let Some(url) = id.and_then(|id| ari::url(&directory, &id)) else { return Ok(false) };
            get(&client, &context.clock, &url).await.ok()
        }
        Err(_) => None,
    };
    let window = answer.as_ref().map(|answer| (ari::read(answer), answer.retry_after()));
    let chosen = match window {
        Some((Ok(info), retry_after)) => {
            let window = Window {
                start: info.start,
                end: info.end,
                explanation_url: info.explanation_url,
                retry_after,
            };
            let random = u64::from_be_bytes(context.random());
            draw(&window, &held, case.lineage.renewal.ari.as_ref(), random, now)
        }
        Some((Err(failure), _)) => {
            tracing::warn!(lineage = %case.lineage.name, error = %failure, "no renewal window from the CA");
            None
        }
        None => None,
    };
    // Nothing usable: the old choice stays, and the CA is left in peace for a while.
    let ask_again = ari::ask_again(answer.as_ref(), now);
    let noted =
        amend(context, Some(lease), &Actor::Engine, case.lineage.id, |Lineage { renewal, .. }| {
            match &chosen {
                Some(choice) => {
                    renewal.ari = Some(choice.clone());
                    renewal.ask_window_at = None;
                }
                None => renewal.ask_window_at = Some(ask_again),
            }
            Some(Vec::new())
        });
    if let Some(noted) = noted.await? {
        case.lineage.renewal = noted.renewal;
    }
    Ok(true)
}

//! What to write instead of the name of something that is not there.

use notafter_inventory::code::Kind;
use notafter_inventory::model::{Lineage, Mode};
use notafter_inventory::near;
use notafter_store::StoreError;

use crate::context::Context;

/// The names that are near, a lineage that has this identifier, and the command that lists what there is. What cannot be
/// read is left out: that something is not there is the news.
pub(super) async fn hint(context: &Context, kind: Kind, written: &str) -> String {
    let list = format!("see what there is: notafter get {kind}");
    match near(context, kind, written).await {
        Ok(Some(near)) if near.ends_with('?') => format!("{near} else {list}"),
        Ok(Some(near)) => format!("{near}; {list}"),
        Ok(None) | Err(_) => list,
    }
}

async fn near(context: &Context, kind: Kind, written: &str) -> Result<Option<String>, StoreError> {
    let (store, scope) = (&context.store, &context.scope);
    let names: Vec<String> = match kind {
        Kind::Channel => store.channels(scope).await?.into_iter().map(|channel| channel.name).collect(),
        Kind::Owner => {
            let mut owners = store.owners(scope).await?;
            owners.retain(|owner| scope.kept_to().is_none_or(|kept| kept == owner.id));
            owners.into_iter().map(|owner| owner.name).collect()
        }
        Kind::Issuer => store.issuers(scope).await?.iter().map(|issuer| issuer.name().to_owned()).collect(),
        Kind::Criticality => store.criticalities(scope).await?.into_iter().map(|rule| rule.label).collect(),
        Kind::Endpoint => {
            store.endpoints(scope).await?.iter().map(|endpoint| endpoint.target.to_string()).collect()
        }
        Kind::Lineage => {
            let lineages = store.lineages(scope).await?;
            if let Some(bearer) = bearer(&lineages, written) {
                return Ok(Some(format!(
                    "{written} is a name in the certificate of lineage {}",
                    bearer.name
                )));
            }
            lineages.into_iter().map(|lineage| lineage.name).collect()
        }
        Kind::Place => {
            let lineages = store.lineages(scope).await?;
            let of = |id| lineages.iter().find(|lineage| lineage.id == id).map(|lineage| &lineage.name);
            let places = store.places(scope).await?;
            places
                .iter()
                .filter_map(|place| of(place.lineage_id).map(|lineage| format!("{lineage}/{}", place.name)))
                .collect()
        }
    };
    Ok(near::meant(written, names.iter().map(String::as_str)))
}

/// A lineage whose certificate is for this name.
fn bearer<'a>(lineages: &'a [Lineage], written: &str) -> Option<&'a Lineage> {
    lineages.iter().find(|lineage| match &lineage.mode {
        Mode::Managed(spec) => {
            spec.identifiers.iter().any(|one| one.to_string().eq_ignore_ascii_case(written))
        }
        Mode::WatchOnly(_) => false,
    })
}

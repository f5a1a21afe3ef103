//! The lineages: whether challenges can be answered and versions installed.

use std::collections::BTreeMap;

use notafter_cert::KeySpec;
use notafter_inventory::model::{Issuer, Lineage, LineageSpec, Mode, Place, Severity};
use notafter_providers::deploy::Job;
use notafter_providers::hands::Bounds;
use notafter_tls::Offer;

use super::{Fault, Row};
use crate::context::Context;

pub(super) async fn examine(context: &Context) -> Result<Vec<Row>, Fault> {
    let lineages = context.store.lineages(&context.scope).await?;
    let managed: Vec<(&Lineage, &LineageSpec)> = lineages
        .iter()
        .filter_map(|lineage| match &lineage.mode {
            Mode::Managed(spec) => Some((lineage, spec)),
            Mode::WatchOnly(_) => None,
        })
        .collect();
    let issuers = context.store.issuers(&context.scope).await?;
    let private: Vec<&str> =
        issuers.iter().filter_map(Issuer::private).map(|private| private.name.as_str()).collect();
    // The private CA asks for no answers.
    let asked: Vec<_> =
        managed.iter().filter(|(_, spec)| !private.contains(&spec.issuer.as_str())).copied().collect();
    let mut rows = solvers(context, &asked).await;
    for (lineage, spec) in &managed {
        for place in context.store.places_of(&context.scope, lineage.id).await? {
            rows.push(deployer(context, lineage, spec.key, &place).await);
        }
    }
    Ok(rows)
}

/// Each setting once, however many lineages share it.
async fn solvers(context: &Context, managed: &[(&Lineage, &LineageSpec)]) -> Vec<Row> {
    let mut shared: BTreeMap<String, (&LineageSpec, Vec<&str>)> = BTreeMap::new();
    for (lineage, spec) in managed {
        let (_, names) = shared.entry(format!("{:?}", spec.http01)).or_insert_with(|| (spec, Vec::new()));
        names.push(&lineage.name);
    }
    let mut rows = Vec::new();
    for (spec, names) in shared.into_values() {
        let name = format!("challenges of {}", some(&names));
        let outcome = match context.solvers.http01(&spec.http01) {
            Ok(solver) => solver.ready().await,
            Err(error) => Err(error),
        };
        rows.push(match outcome {
            Ok(text) => Row::ok(name, text),
            Err(error) => Row::fault(name, Severity::Critical, error),
        });
    }
    rows
}

fn some(names: &[&str]) -> String {
    match names {
        [first, second, third, rest @ ..] if !rest.is_empty() => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        few => few.join(", "),
    }
}

async fn deployer(context: &Context, lineage: &Lineage, key: KeySpec, place: &Place) -> Row {
    let name = format!("{} at {} ({})", lineage.name, place.name, place.deployer);
    let job = Job {
        place: place.id,
        operation: context.new_id(),
        settings: place.settings.clone(),
        slot: Offer::only(key),
        bounds: Bounds::own(),
    };
    let outcome = match context.deployers.find(&place.deployer) {
        Ok(deployer) => deployer.ready(&job).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => Row::ok(name, "can be installed"),
        Err(error) => Row::fault(name, Severity::Critical, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_are_counted() {
        assert_eq!(some(&["a"]), "a");
        assert_eq!(some(&["a", "b", "c"]), "a, b, c");
        assert_eq!(some(&["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
    }
}

//! What a file brings to places and this machine could not do as it is: users, groups and directories that are not there, and a
//! listener that presents something else.
//!
//! That is no mistake of the file. What is missing may come later, with the product that the place is for, and an inventory
//! in PostgreSQL may be applied from another machine than that of its server. So it is told, and applied all the same.

use std::collections::{BTreeMap, btree_map::Entry};
use std::io::ErrorKind;

use notafter_inventory::code::{Changes, Mistake, Present, Write};
use notafter_inventory::model::{Lineage, LineageId, Mode, Place};
use notafter_providers::deploy::{self, DeployError, Own};
use notafter_providers::installation::Account;
use notafter_providers::swap::can_hold_a_file;

use crate::operate::Fault;
use crate::settings::Settings;

/// What stands in the way at places that are added or changed, with the line of each place.
pub(super) async fn of(settings: &Settings, present: &Present, changes: &Changes) -> Vec<Mistake> {
    let written = changes.writes.iter().filter_map(|write| match write {
        Write::PutLineage(lineage) => Some(&**lineage),
        _ => None,
    });
    // Nothing is installed where somebody else renews.
    let managed: BTreeMap<LineageId, &Lineage> = present
        .lineages
        .iter()
        .chain(written)
        .filter(|lineage| matches!(lineage.mode, Mode::Managed(_)))
        .map(|lineage| (lineage.id, lineage))
        .collect();
    let (mut asked, mut doubts) = (BTreeMap::new(), Vec::new());
    for write in &changes.writes {
        let Write::PutPlace(place) = write else { continue };
        let Some(lineage) = managed.get(&place.lineage_id) else { continue };
        let name = format!("place {}/{}", lineage.name, place.name);
        let line = changes.lines.get(&name).copied();
        doubts.extend(presents_another(settings, place, &lineage.name).map(|(why, hint)| {
            Mistake::new(line, format!("{name} and the settings do not agree"), why, hint)
        }));
        for Fault { what, why, hint, .. } in missing(place, &mut asked).await {
            let why = why.map_or_else(|| what.clone(), |why| format!("{what}: {why}"));
            let what = format!("{name} could not be installed on this machine as it is");
            doubts.push(Mistake::new(line, what, why, hint));
        }
    }
    doubts.sort();
    doubts
}

/// Why the listener of `serve` would present this lineage only until the next start, and what to do: the settings name what it
/// begins with.
fn presents_another(settings: &Settings, place: &Place, lineage: &str) -> Option<(String, String)> {
    if place.deployer != Own::NAME {
        return None;
    }
    let named = match (&settings.tls_lineage, &settings.tls_certificate) {
        (Some(name), _) if name == lineage => return None,
        (Some(name), _) => format!("tls_lineage names {name}"),
        (None, Some(certificate)) => format!("tls_certificate names {}", certificate.display()),
        // Without a listener, the deployment says so.
        (None, None) => return None,
    };
    let why = format!(
        "{named}: the certificate of {lineage} would be presented from its deployment to the next start, or until the other one \
         is renewed"
    );
    Some((
        why,
        format!("set tls_lineage = {lineage:?} in notafter.toml, or take the place away from {lineage}"),
    ))
}

/// Each account is asked for once: there may be thousands of places, and a directory service behind the names.
async fn missing(place: &Place, asked: &mut BTreeMap<Account, Option<Fault>>) -> Vec<Fault> {
    let Ok(deployer) = deploy::find(&place.deployer) else { return Vec::new() };
    let named = deployer.named(&place.settings);
    let mut faults = Vec::new();
    for account in named.accounts {
        let absent = match asked.entry(account) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(new) => {
                let absent = absence(new.key().number().await.err());
                new.insert(absent).clone()
            }
        };
        faults.extend(absent);
    }
    for path in &named.files {
        match can_hold_a_file(path) {
            // What may not be looked at is unknown: whoever installs may have other rights.
            Err(error)
                if matches!(
                    error.source.kind(),
                    ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::NotADirectory
                ) =>
            {
                faults.push(Fault::from(DeployError::from(error)));
            }
            Ok(()) | Err(_) => {}
        }
    }
    faults.dedup_by(|one, other| one.what == other.what);
    faults
}

/// Where nobody could be asked, nothing is known.
fn absence(error: Option<DeployError>) -> Option<Fault> {
    error.filter(|error| matches!(error, DeployError::NoSuchAccount { .. })).map(Fault::from)
}

//! What is on record of certificates that somebody else renews.

use std::path::Path;

use notafter_inventory::adopt::Remembered;
use notafter_inventory::model::{Automation, Mode, Renewer};
use notafter_store::{Scope, Store, StoreError};

/// Of every watch-only lineage.
pub(crate) async fn remembered(store: &Store, scope: &Scope) -> Result<Vec<Remembered>, StoreError> {
    let mut all = Vec::new();
    for lineage in store.lineages(scope).await? {
        let Mode::WatchOnly(automation) = &lineage.mode else { continue };
        let versions = store.versions_of(scope, lineage.id).await?;
        all.push(Remembered {
            chain_file: automation.chain_file.clone(),
            home: home(automation),
            had: versions.iter().map(|version| version.fingerprint).collect(),
            lineage: lineage.name,
        });
    }
    Ok(all)
}

/// The program's home, from the files that are remembered.
fn home(automation: &Automation) -> Option<String> {
    let above = |path: &str, levels: usize| {
        let mut path = Path::new(path);
        for _ in 0..levels {
            path = path.parent()?;
        }
        Some(path.to_string_lossy().into_owned())
    };
    match automation.renewer {
        Renewer::Certbot => above(automation.config_file.as_deref()?, 2),
        Renewer::Lego | Renewer::AcmeSh => above(&automation.chain_file, 2),
        Renewer::Unknown => None,
    }
}

//! Certificate files of this machine, as far as notafter knows what is in them: what it installed, and what other programs'
//! files held when they were last read.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use notafter_cert::{Certificate, pem};
use notafter_inventory::model::{LineageId, Mode, PlaceId, Version, VersionId};
use notafter_providers::installation::{Installation, Role};

use crate::context::Context;
use crate::operate::Fault;

/// Deployments of a place that are looked through for the last one that was installed: of several in a row that failed before
/// the swap, none changed the files.
const LOOKED_THROUGH: u32 = 8;

/// A file with certificates in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFile {
    /// Where.
    pub path: String,
    /// What is in it, in its order.
    pub certificates: Vec<Certificate>,
}

/// Every one that is known, by path.
///
/// # Errors
/// The store failed.
pub async fn known(context: &Context) -> Result<Vec<CertificateFile>, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let lineages = store.lineages(scope).await?;
    let mut versions = Versions { context, chains: HashMap::new() };
    versions.load(lineages.iter().filter_map(|lineage| lineage.current)).await?;
    let mut files = Vec::new();
    for lineage in &lineages {
        if let (Mode::WatchOnly(automation), Some(current)) = (&lineage.mode, lineage.current) {
            let certificates = versions.chain(current).await?;
            files.push(CertificateFile { path: automation.chain_file.clone(), certificates });
        }
    }
    let places = store.places(scope).await?;
    let of: HashMap<PlaceId, LineageId> = places.iter().map(|place| (place.id, place.lineage_id)).collect();
    let mut told: HashSet<PlaceId> = HashSet::new();
    for deployment in store.deployments_last(scope, LOOKED_THROUGH).await? {
        let is_of_now = of.get(&deployment.place_id) == Some(&deployment.lineage_id);
        if !is_of_now || told.contains(&deployment.place_id) || !deployment.is_installed() {
            continue;
        }
        told.insert(deployment.place_id);
        // What other deployers keep on record names no files.
        let record = deployment.snapshot.as_ref().and_then(|record| Installation::from_snapshot(record).ok());
        let Some(record) = record else { continue };
        let chain = versions.chain(deployment.version_id).await?;
        for (role, path) in record.destinations_on_record() {
            files.extend(file(role, path, &chain));
        }
    }
    files.retain(|file| !file.certificates.is_empty());
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

fn file(role: Role, path: &Path, chain: &[Certificate]) -> Option<CertificateFile> {
    let certificates = match role {
        Role::Key => return None,
        Role::Certificate => chain.get(..1)?,
        Role::Chain => chain.get(1..)?,
        Role::FullChain | Role::KeyAndFullChain | Role::Pkcs12 => chain,
    };
    Some(CertificateFile { path: path.display().to_string(), certificates: certificates.to_vec() })
}

/// The chains of versions, each read once.
struct Versions<'a> {
    context: &'a Context,
    chains: HashMap<VersionId, Vec<Certificate>>,
}

impl Versions<'_> {
    async fn load(&mut self, ids: impl Iterator<Item = VersionId>) -> Result<(), Fault> {
        let ids: Vec<VersionId> = ids.collect();
        let around = self.context.store.around(&self.context.scope, &ids, &[], &[]).await?;
        self.chains.extend(around.versions.iter().map(|version| (version.id, chain(version))));
        Ok(())
    }

    /// Empty where the version is gone: its record was kept for long enough.
    async fn chain(&mut self, id: VersionId) -> Result<Vec<Certificate>, Fault> {
        if let Some(chain) = self.chains.get(&id) {
            return Ok(chain.clone());
        }
        let version = self.context.store.version(&self.context.scope, id).await?;
        let chain = version.as_ref().map(chain).unwrap_or_default();
        self.chains.insert(id, chain.clone());
        Ok(chain)
    }
}

fn chain(version: &Version) -> Vec<Certificate> {
    let chain = pem::chain_from(version.chain_pem.as_bytes()).unwrap_or_default();
    chain.iter().filter_map(|der| Certificate::parse(der).ok()).collect()
}

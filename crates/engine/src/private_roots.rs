//! Endpoints at which a lineage of the private CA is installed are judged by its root as well, without anybody saying so: whoever
//! wrote the place has said whom its clients trust.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use notafter_cert::path::Anchors;
use notafter_inventory::check::Judge;
use notafter_inventory::code::endpoint_name;
use notafter_inventory::model::{Endpoint, IssuerId, LineageId, Mode};
use notafter_inventory::threshold::Thresholds;
use notafter_store::{Revision, Scope, StoreError};
use notafter_tls::Target;

use crate::context::Context;

/// What is known of private roots, as of one state of the inventory.
#[derive(Default)]
pub struct PrivateRoots(Mutex<Known>);

#[derive(Default)]
struct Known {
    revision: Option<Revision>,
    /// The private CAs whose lineages are installed at an endpoint, by its name.
    at: HashMap<String, BTreeSet<IssuerId>>,
    roots: HashMap<IssuerId, Anchors>,
    /// The installation's judge, and the one by its anchors and these roots.
    judges: HashMap<BTreeSet<IssuerId>, (Arc<Judge>, Arc<Judge>)>,
}

impl Known {
    fn judge(&mut self, installed: &Arc<Judge>, target: &Target) -> Arc<Judge> {
        // Most installations have no private CA, and many endpoints.
        if self.at.is_empty() {
            return Arc::clone(installed);
        }
        let Some(issuers) = self.at.get(&endpoint_name(target)) else { return Arc::clone(installed) };
        if let Some((_, judge)) = self.judges.get(issuers).filter(|(by, _)| Arc::ptr_eq(by, installed)) {
            return Arc::clone(judge);
        }
        let roots = issuers.iter().filter_map(|issuer| self.roots.get(issuer));
        let anchors = roots.fold(installed.anchors().clone(), |anchors, root| anchors.and(root));
        let judge = Arc::new(Judge::new(anchors, Thresholds::default()));
        self.judges.insert(issuers.clone(), (Arc::clone(installed), Arc::clone(&judge)));
        judge
    }
}

/// Reads what is known anew where the inventory was written since. To be asked before [`Context::judge_of`], and once for many.
///
/// # Errors
/// The store failed; what was known before stays.
pub async fn refresh(context: &Context) -> Result<(), StoreError> {
    let (store, everything) = (&context.store, &Scope::EVERYTHING);
    let revision = store.inventory_revision(everything).await?;
    if context.private_roots.lock().revision == Some(revision) {
        return Ok(());
    }
    let mut known = Known { revision: Some(revision), ..Known::default() };
    let issuers = store.issuers(everything).await?;
    let private: HashMap<&str, IssuerId> = issuers
        .iter()
        .filter_map(|issuer| issuer.private())
        .filter_map(|private| {
            let root = &private.authority.as_ref()?.root;
            let anchors = Anchors::from_pem(&private.name, root.pem.as_bytes()).ok()?;
            known.roots.insert(private.id, anchors);
            Some((private.name.as_str(), private.id))
        })
        .collect();
    if !private.is_empty() {
        let lineages = store.lineages(everything).await?;
        let by_lineage: HashMap<LineageId, IssuerId> = lineages
            .iter()
            .filter_map(|lineage| match &lineage.mode {
                Mode::Managed(spec) => Some((lineage.id, *private.get(spec.issuer.as_str())?)),
                Mode::WatchOnly(_) => None,
            })
            .collect();
        for place in store.places(everything).await? {
            let Some(issuer) = by_lineage.get(&place.lineage_id) else { continue };
            for target in &place.endpoints {
                known.at.entry(endpoint_name(target)).or_default().insert(*issuer);
            }
        }
    }
    *context.private_roots.lock() = known;
    Ok(())
}

impl PrivateRoots {
    /// The judge of an endpoint that names no anchors, where this is the installation's; as far as [`refresh`] has read of them.
    #[must_use]
    pub fn judge(&self, installed: &Arc<Judge>, target: &Target) -> Arc<Judge> {
        self.lock().judge(installed, target)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Context {
    /// Judges what is seen at this endpoint: by the anchors that it names; else by the installation's, and the roots of the
    /// private CAs whose lineages are installed there, as far as [`refresh`] has read of them.
    #[must_use]
    pub fn judge_of(&self, endpoint: &Endpoint) -> Arc<Judge> {
        match endpoint.trust.as_deref() {
            Some(path) => self.judges.of(path),
            None => self.private_roots.judge(&self.judge(), &endpoint.target),
        }
    }
}

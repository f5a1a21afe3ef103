//! Chains that were judged already.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use notafter_cert::Time;
use notafter_cert::path::{self, Anchors, Chain, ChainReadError, Judgement};

use super::facts::{CertificateSummary, PathSummary};
use super::stores::StoreSummary;

/// Chains kept at most; a fleet has few, and a scan of strangers must not grow.
const MOST: usize = 1024;

/// A chain, read and followed. A clone shares everything.
#[derive(Clone, Debug)]
pub struct Known {
    /// The chain, or why it has no leaf.
    pub chain: Arc<Result<Chain, ChainReadError>>,
    /// Where it leads; `None` without a leaf.
    pub path: Option<Arc<Judgement>>,
    pub(super) summary: Arc<[CertificateSummary]>,
    pub(super) path_summary: Option<Arc<PathSummary>>,
}

impl Known {
    fn judged(ders: &[Vec<u8>], by: (&Anchors, bool), at: Time) -> Self {
        let chain = Chain::read(ders);
        let summary = chain.as_ref().map(CertificateSummary::chain).unwrap_or_default();
        Self { chain: Arc::new(chain), path: None, summary: summary.into(), path_summary: None }
            .followed(by, at)
    }

    /// By these anchors, and by those of named clients where they are asked.
    fn followed(self, (anchors, asks_stores): (&Anchors, bool), at: Time) -> Self {
        let path = self.chain.as_ref().as_ref().ok().map(|chain| path::judge(chain, anchors, at));
        let asked = self.chain.as_ref().as_ref().ok().filter(|_| asks_stores);
        let stores = asked.map(|chain| StoreSummary::all(&path::stores::judge_chain(chain, at)));
        let stores = stores.unwrap_or_default();
        let path_summary = path.as_ref().map(|path| Arc::new(PathSummary::of(path, anchors, stores)));
        Self { path: path.map(Arc::new), path_summary, ..self }
    }

    fn holds_at(&self, at: Time) -> bool {
        self.path.as_ref().is_none_or(|path| path.holds_at(at))
    }
}

#[derive(Default)]
pub(super) struct Cache(Mutex<HashMap<Arc<[Vec<u8>]>, Known>>);

impl Cache {
    pub(super) fn known(&self, ders: &Arc<[Vec<u8>]>, by: (&Anchors, bool), at: Time) -> Known {
        let earlier = self.lock().get(ders).cloned();
        let known = match earlier {
            Some(known) if known.holds_at(at) => return known,
            Some(known) => known.followed(by, at),
            None => Known::judged(ders, by, at),
        };
        let mut chains = self.lock();
        if chains.len() >= MOST {
            chains.clear();
        }
        chains.insert(Arc::clone(ders), known.clone());
        known
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Arc<[Vec<u8>]>, Known>> {
        // A panic elsewhere leaves at worst a chain that is judged again.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

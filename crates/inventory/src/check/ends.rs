//! When chains end: for whoever asks about a whole fleet, again and again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use notafter_cert::path::{self, Anchors, Chain};
use notafter_cert::{Certificate, Fingerprint, Time};

/// Chains kept at most: about a hundred bytes each.
const MOST: usize = 200_000;

/// When a chain ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The first end of any certificate that was sent; `None` where none can be read.
    pub earliest: Option<Time>,
    /// The first end on its way to an anchor; `None` where it leads to none, or is not good now.
    pub trusted_until: Option<Time>,
}

#[derive(Clone, Copy)]
struct Kept {
    ends: Ends,
    from: Time,
    until: Time,
}

/// Signatures are checked once per chain, and again when a certificate of it begins or ends.
#[derive(Default)]
pub(super) struct Cache(Mutex<HashMap<Fingerprint, Kept>>);

impl Cache {
    pub(super) fn of(&self, chain: &[Vec<u8>], anchors: &Anchors, at: Time) -> Ends {
        // DER says where it ends: two chains have the same bytes only when they are the same.
        let key = Fingerprint::of(&chain.concat());
        let earlier = self.lock().get(&key).copied();
        if let Some(kept) = earlier.filter(|kept| kept.from <= at && at < kept.until) {
            return kept.ends;
        }
        let Ok(read) = Chain::read(chain) else { return Ends { earliest: None, trusted_until: None } };
        let judged = path::judge(&read, anchors, at);
        let on_path = judged.path.iter().map(|step| step.certificate.not_after()).min();
        let ends = Ends {
            earliest: read.certificates().map(Certificate::not_after).min(),
            trusted_until: on_path.filter(|_| judged.is_trusted()),
        };
        let mut kept = self.lock();
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(key, Kept { ends, from: judged.holds_from, until: judged.holds_until });
        ends
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Fingerprint, Kept>> {
        // A panic elsewhere leaves at worst a chain that is judged again.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

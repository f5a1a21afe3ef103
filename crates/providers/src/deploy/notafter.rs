//! The TLS listener of `notafter serve` itself: nothing is written, the pair is swapped in the process that serves it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use notafter_inventory::model::DeploymentId;
use notafter_keys::serving::{Pair, Slot};
use serde_json::{Value, json};

use super::{DeployError, Deployer, Job, Material, Meta};
use crate::settings::SettingsReader;

static META: Meta = Meta {
    name: Own::NAME,
    title: "the pages of notafter itself: what `notafter serve` presents at `tls_listen`, without a file and without a reload",
    settings: &[],
};

/// Where no server runs, as at a command line.
pub(super) static NOWHERE: Own = Own { slot: None, held: Mutex::new(Held { staged: None, before: None }) };

/// The deployer. What it holds ends with the process, and so does what is served: a server that begins serves the version
/// whose deployment was activated last, or else the present one.
pub struct Own {
    slot: Option<Slot>,
    held: Mutex<Held>,
}

struct Held {
    staged: Option<(DeploymentId, Pair)>,
    before: Option<(DeploymentId, Pair)>,
}

impl Own {
    /// Its name in inventory files.
    pub const NAME: &str = "notafter";

    /// For the listener that presents this slot.
    pub(crate) fn at(slot: Slot) -> Self {
        Self { slot: Some(slot), held: Mutex::new(Held { staged: None, before: None }) }
    }

    /// What is presented now, and where.
    fn listener(&self) -> Result<(&Slot, Pair), DeployError> {
        let slot = self.slot.as_ref().ok_or(DeployError::NoListener)?;
        Ok((slot, slot.presented().ok_or(DeployError::NoListener)?))
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self) -> Result<Value, DeployError> {
        let (_, presented) = self.listener()?;
        Ok(json!({ "presented": presented.leaf().fingerprint(), "stand_in": presented.is_stand_in() }))
    }

    fn lay_ready(&self, job: &Job, material: &Material) -> Result<(), DeployError> {
        self.listener()?;
        let pair = Pair::new(&material.key, &material.chain).map_err(DeployError::Unservable)?;
        self.held().staged = Some((job.operation, pair));
        Ok(())
    }

    fn present(&self, job: &Job) -> Result<(), DeployError> {
        let (slot, _) = self.listener()?;
        let mut held = self.held();
        // Nothing is staged where this was done before: it is staged each time before it is activated.
        if let Some((_, pair)) = held.staged.take_if(|(operation, _)| *operation == job.operation) {
            let before = slot.put(pair).map(|before| (job.operation, before));
            // Done twice, what is replaced is not what was there before.
            if held.before.as_ref().is_none_or(|(operation, _)| *operation != job.operation) {
                held.before = before;
            }
        }
        Ok(())
    }

    fn put_back(&self, job: &Job) -> Result<(), DeployError> {
        let (slot, _) = self.listener()?;
        let held = self.held();
        let before = held.before.as_ref().filter(|(operation, _)| *operation == job.operation);
        let (_, pair) = before.ok_or(DeployError::Forgotten)?;
        slot.put(pair.clone());
        Ok(())
    }
}

impl Deployer for Own {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, settings: &Value) -> Result<(), DeployError> {
        SettingsReader::new(&META, settings).end(Some(()))
    }

    fn snapshot<'a>(&'a self, _: &'a Job) -> BoxFuture<'a, Result<Value, DeployError>> {
        ready(self.record()).boxed()
    }

    fn stage<'a>(
        &'a self,
        job: &'a Job,
        _: &'a Value,
        material: &'a Material,
    ) -> BoxFuture<'a, Result<(), DeployError>> {
        ready(self.lay_ready(job, material)).boxed()
    }

    fn activate<'a>(&'a self, job: &'a Job, _: &'a Value) -> BoxFuture<'a, Result<(), DeployError>> {
        ready(self.present(job)).boxed()
    }

    fn restore<'a>(&'a self, job: &'a Job, _: &'a Value) -> BoxFuture<'a, Result<(), DeployError>> {
        ready(self.put_back(job)).boxed()
    }

    fn forgets(&self) -> bool {
        true
    }

    fn ready<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<(), DeployError>> {
        ready(self.check(&job.settings).and_then(|()| self.listener().map(drop))).boxed()
    }
}

#[cfg(test)]
mod tests {
    use notafter_cert::{KeySpec, Time};
    use notafter_inventory::model::PlaceId;
    use notafter_keys::PrivateKey;
    use notafter_tls::Offer;

    use super::*;
    use crate::hands::Bounds;

    fn job(operation: u8) -> Job {
        Job {
            place: PlaceId::from_bytes([0; 16]),
            operation: DeploymentId::from_bytes([operation; 16]),
            settings: Value::Null,
            slot: Offer::Any,
            bounds: Bounds::own(),
        }
    }

    fn pair() -> Pair {
        let (from, to) = (Time::from_unix_seconds(1_796_000_000), Time::from_unix_seconds(1_796_086_400));
        Pair::stand_in(&["localhost".parse().unwrap()], from, to).unwrap()
    }

    #[tokio::test]
    async fn what_became_worse_is_put_back_and_a_repeated_step_changes_nothing() {
        let (old, new) = (pair(), pair());
        let slot = Slot::default();
        slot.put(old.clone());
        let own = Own::at(slot.clone());
        let snapshot = own.snapshot(&job(1)).await.unwrap();
        assert_eq!(snapshot["presented"], json!(old.leaf().fingerprint()));
        own.held().staged = Some((job(1).operation, new.clone()));
        let presented = || slot.presented().unwrap().leaf().fingerprint();
        own.activate(&job(2), &snapshot).await.unwrap();
        assert_eq!(presented(), old.leaf().fingerprint(), "staged for another deployment");
        for _ in 0..2 {
            own.activate(&job(1), &snapshot).await.unwrap();
            assert_eq!(presented(), new.leaf().fingerprint());
        }
        own.held().staged = Some((job(1).operation, new.clone()));
        own.activate(&job(1), &snapshot).await.unwrap();
        for _ in 0..2 {
            own.restore(&job(1), &snapshot).await.unwrap();
            assert_eq!(presented(), old.leaf().fingerprint());
        }
        let error = own.restore(&job(2), &snapshot).await.unwrap_err();
        assert!(matches!(error, DeployError::Forgotten), "of a process that has ended: {error}");
    }

    #[tokio::test]
    async fn a_key_that_does_not_fit_is_refused_before_it_is_served() {
        let slot = Slot::default();
        slot.put(pair());
        let key = PrivateKey::generate(KeySpec::EcdsaP256).unwrap();
        let material = Material { key, chain: vec![pair().leaf().der().to_vec()], password: None };
        let error = Own::at(slot).stage(&job(1), &Value::Null, &material).await.unwrap_err();
        assert!(matches!(error, DeployError::Unservable(_)), "{error}");
    }

    #[tokio::test]
    async fn where_nothing_listens_nothing_is_deployed() {
        for own in [&NOWHERE, &Own::at(Slot::default())] {
            let error = own.ready(&job(1)).await.unwrap_err();
            assert!(matches!(error, DeployError::NoListener), "{error}");
        }
    }
}

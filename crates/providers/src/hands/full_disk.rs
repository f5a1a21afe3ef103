//! Deployers that find the disk full, as a drill plays it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notafter_keys::write_out::WriteError;
use serde_json::Value;

use crate::deploy::{DeployError, Deployer, Job, Material, Meta, Named};

/// A deployer that can write nothing while the switch is set.
pub(super) struct OnFullDisk {
    deployer: &'static dyn Deployer,
    is_full: Arc<AtomicBool>,
}

impl OnFullDisk {
    pub(super) fn new(deployer: &'static dyn Deployer, is_full: Arc<AtomicBool>) -> Self {
        Self { deployer, is_full }
    }

    /// What the file system says of the first file.
    fn room(&self, job: &Job) -> Result<(), DeployError> {
        if !self.is_full.load(Ordering::Relaxed) {
            return Ok(());
        }
        let files = self.deployer.named(&job.settings).files;
        let path = files.into_iter().next().unwrap_or_else(|| PathBuf::from("."));
        let source = io::Error::from(rustix::io::Errno::NOSPC);
        Err(WriteError::NoSpace { doing: "write", path, source }.into())
    }
}

impl Deployer for OnFullDisk {
    fn meta(&self) -> &'static Meta {
        self.deployer.meta()
    }

    fn check(&self, settings: &Value) -> Result<(), DeployError> {
        self.deployer.check(settings)
    }

    fn named(&self, settings: &Value) -> Named {
        self.deployer.named(settings)
    }

    fn snapshot<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Value, DeployError>> {
        self.deployer.snapshot(job)
    }

    fn stage<'a>(
        &'a self,
        job: &'a Job,
        snapshot: &'a Value,
        material: &'a Material,
    ) -> BoxFuture<'a, Result<(), DeployError>> {
        async move {
            self.room(job)?;
            self.deployer.stage(job, snapshot, material).await
        }
        .boxed()
    }

    fn activate<'a>(&'a self, job: &'a Job, snapshot: &'a Value) -> BoxFuture<'a, Result<(), DeployError>> {
        self.deployer.activate(job, snapshot)
    }

    fn restore<'a>(&'a self, job: &'a Job, snapshot: &'a Value) -> BoxFuture<'a, Result<(), DeployError>> {
        self.deployer.restore(job, snapshot)
    }

    fn forgets(&self) -> bool {
        self.deployer.forgets()
    }

    fn ready<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<(), DeployError>> {
        self.deployer.ready(job)
    }
}

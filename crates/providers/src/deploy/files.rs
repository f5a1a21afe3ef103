//! Files that any product reads, and a command or signal that makes it read them again.

use std::path::PathBuf;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notafter_inventory::model::SecretRef;
use serde::Deserialize;
use serde_json::Value;

use super::{DeployError, Deployer, Job, Material, Meta, read_settings};
use crate::installation::{Installation, Mode, Ownership, Role};
use crate::reload::Reload;

static META: Meta = Meta {
    name: "files",
    title: "key and certificate files for any product, and a reload",
    settings: &[
        ("key", "path of the private key (PEM, PKCS#8)"),
        ("certificate", "path of the leaf alone (PEM)"),
        ("chain", "path of the intermediates alone (PEM)"),
        ("full_chain", "path of leaf and intermediates (PEM)"),
        ("combined", "path of key, leaf and intermediates in one file (PEM)"),
        ("pkcs12", "path and password (a reference to a secret) of a PKCS#12 file"),
        ("owner", "user of the files; else that of the files that are replaced"),
        ("group", "group of the files; else that of the files that are replaced"),
        (
            "mode",
            "permission bits of the files with the key, in octal; else those of the file that is replaced, else 0600",
        ),
        (
            "reload",
            "command (a list, no shell) with timeout, or pid_file with signal; without it, the product looks itself",
        ),
    ],
};

/// The deployer.
pub(super) struct Files;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    key: Option<PathBuf>,
    certificate: Option<PathBuf>,
    chain: Option<PathBuf>,
    full_chain: Option<PathBuf>,
    combined: Option<PathBuf>,
    pkcs12: Option<Pkcs12>,
    owner: Option<String>,
    group: Option<String>,
    mode: Option<Mode>,
    reload: Option<Reload>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pkcs12 {
    path: PathBuf,
    /// Resolved by the engine through `Place::secret`.
    #[serde(rename = "password")]
    _password: SecretRef,
}

impl Settings {
    fn read(settings: &Value) -> Result<Self, DeployError> {
        let read: Self = read_settings(&META, settings)?;
        let wrong = |what: String| Err(DeployError::Settings { deployer: &META, what });
        let wanted = read.wanted();
        if !wanted.iter().any(|(role, _)| matches!(role, Role::Key | Role::KeyAndFullChain | Role::Pkcs12)) {
            return wrong("no path for the private key: write key, combined or pkcs12".to_owned());
        }
        if wanted.iter().all(|(role, _)| matches!(role, Role::Key | Role::Chain)) {
            return wrong(
                "no path for the certificate: write full_chain, certificate, combined or pkcs12".to_owned(),
            );
        }
        for (position, (_, path)) in wanted.iter().enumerate() {
            if !path.is_absolute() || path.file_name().is_none() {
                return wrong(format!("{} is not an absolute path of a file", path.display()));
            }
            if wanted[..position].iter().any(|(_, earlier)| earlier == path) {
                return wrong(format!("{} is named twice", path.display()));
            }
        }
        Ok(read)
    }

    fn wanted(&self) -> Vec<(Role, PathBuf)> {
        let pkcs12 = self.pkcs12.as_ref().map(|file| file.path.clone());
        [
            (Role::Key, self.key.clone()),
            (Role::Certificate, self.certificate.clone()),
            (Role::Chain, self.chain.clone()),
            (Role::FullChain, self.full_chain.clone()),
            (Role::KeyAndFullChain, self.combined.clone()),
            (Role::Pkcs12, pkcs12),
        ]
        .into_iter()
        .filter_map(|(role, path)| path.map(|path| (role, path)))
        .collect()
    }

    async fn tell(&self, job: &Job) -> Result<(), DeployError> {
        match &self.reload {
            Some(reload) => reload.tell(&job.bounds).await.map_err(DeployError::Reload),
            None => Ok(()),
        }
    }
}

impl Deployer for Files {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, settings: &Value) -> Result<(), DeployError> {
        Settings::read(settings).map(drop)
    }

    fn files_named(&self, settings: &Value) -> Vec<PathBuf> {
        let wanted = Settings::read(settings).map(|settings| settings.wanted()).unwrap_or_default();
        wanted.into_iter().map(|(_, path)| path).collect()
    }

    fn snapshot<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Value, DeployError>> {
        async {
            let settings = Settings::read(&job.settings)?;
            let wanted = settings.wanted();
            let ownership = Ownership { owner: settings.owner, group: settings.group, mode: settings.mode };
            Installation::plan(job, wanted, &ownership).await?.to_snapshot()
        }
        .boxed()
    }

    fn stage<'a>(
        &'a self,
        job: &'a Job,
        snapshot: &'a Value,
        material: &'a Material,
    ) -> BoxFuture<'a, Result<(), DeployError>> {
        async { Installation::of(job, snapshot)?.stage(job, material).await }.boxed()
    }

    fn activate<'a>(&'a self, job: &'a Job, snapshot: &'a Value) -> BoxFuture<'a, Result<(), DeployError>> {
        async {
            let settings = Settings::read(&job.settings)?;
            Installation::of(job, snapshot)?.activate().await?;
            settings.tell(job).await
        }
        .boxed()
    }

    fn restore<'a>(&'a self, job: &'a Job, snapshot: &'a Value) -> BoxFuture<'a, Result<(), DeployError>> {
        async {
            let settings = Settings::read(&job.settings)?;
            let installation = Installation::of(job, snapshot)?;
            installation.restore().await?;
            settings.tell(job).await?;
            installation.tidy().await
        }
        .boxed()
    }
}

//! Files that any product reads, and a command or signal that makes it read them again.

use std::path::PathBuf;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notafter_inventory::model::SecretRef;
use serde_json::Value;

use super::{DeployError, Deployer, Job, Material, Meta, Named};
use crate::installation::{Installation, Ownership, Role};
use crate::reload::Reload;
use crate::settings::SettingsReader;

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
            "permission bits of the files with the key, in octal (`\"0640\"`); else those of the file that is replaced, without access for everybody, else 0600",
        ),
        (
            "reload",
            "command (a list, no shell) with timeout, or pid_file with signal; without it, the product looks itself",
        ),
    ],
};

/// The deployer.
pub(super) struct Files;

#[derive(Debug)]
struct Settings {
    wanted: Vec<(Role, PathBuf)>,
    ownership: Ownership,
    reload: Option<Reload>,
}

/// Of each of these, one must be written.
const NEEDED: [(&[&str], &str, &str); 2] = [
    (&["key", "combined", "pkcs12"], "no path for the private key", "write key, combined or pkcs12"),
    (
        &["full_chain", "certificate", "combined", "pkcs12"],
        "no path for the certificate",
        "write full_chain, certificate, combined or pkcs12",
    ),
];

/// What a path holds, by its key.
const FILES: [(&str, Role); 5] = [
    ("key", Role::Key),
    ("certificate", Role::Certificate),
    ("chain", Role::Chain),
    ("full_chain", Role::FullChain),
    ("combined", Role::KeyAndFullChain),
];

impl Settings {
    fn read(settings: &Value) -> Result<Self, DeployError> {
        let mut reader = SettingsReader::new(&META, settings);
        for (needed, what, hint) in NEEDED {
            if !needed.iter().any(|key| reader.says(key)) {
                reader.amiss(what, hint);
            }
        }
        let mut paths: Vec<_> = FILES.iter().map(|(key, role)| (*key, *role, reader.file(key))).collect();
        paths.push(("pkcs12", Role::Pkcs12, reader.table("pkcs12", pkcs12)));
        let mut wanted: Vec<(Role, PathBuf)> = Vec::new();
        for (key, role, path) in paths {
            let Some(path) = path else { continue };
            if wanted.iter().any(|(_, earlier)| *earlier == path) {
                reader.wrong(key, format!("{} is named twice", path.display()));
            }
            wanted.push((role, path));
        }
        let ownership = Ownership::read(&mut reader);
        let reload = reader.table("reload", Reload::read);
        reader.end(Some(Self { wanted, ownership, reload }))
    }

    async fn tell(&self, job: &Job) -> Result<(), DeployError> {
        match &self.reload {
            Some(reload) => reload.tell(&job.bounds).await.map_err(DeployError::Reload),
            None => Ok(()),
        }
    }
}

fn pkcs12(reader: &mut SettingsReader) -> Option<PathBuf> {
    ["path", "password"].into_iter().for_each(|key| reader.must_say(key));
    // The engine resolves it through `Place::secret`.
    reader.optional::<SecretRef>("password");
    reader.file("path")
}

impl Deployer for Files {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, settings: &Value) -> Result<(), DeployError> {
        Settings::read(settings).map(drop)
    }

    fn named(&self, settings: &Value) -> Named {
        let Ok(Settings { wanted, ownership, .. }) = Settings::read(settings) else {
            return Named::default();
        };
        Named { files: wanted.into_iter().map(|(_, path)| path).collect(), accounts: ownership.accounts() }
    }

    fn snapshot<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Value, DeployError>> {
        async {
            let Settings { wanted, ownership, .. } = Settings::read(&job.settings)?;
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

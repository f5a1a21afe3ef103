//! Deployers: how a version is installed into a product, one file each.
//!
//! A deployer knows only its product. When to take a snapshot, to install, to prove on the wire and to restore is decided
//! by `inventory::plan::deploy` and done by `engine::tasks::deploy`, once for all of them.

mod files;
mod nginx;
mod notafter;

use std::path::PathBuf;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notafter_cert::{Retry, Trouble};
use notafter_inventory::model::{DeploymentId, PlaceId};
use notafter_keys::PrivateKey;
use notafter_keys::serving::PairError;
use notafter_keys::write_out::WriteError;
use notafter_tls::Offer;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::command::CommandError;
use crate::hands::{Bounds, Denied, HandsError};
use crate::installation::{Account, Installation};
use crate::nginx::NginxError;
use crate::reload::ReloadError;
use crate::settings::WrongSetting;
use crate::swap::{DIRECTORY, SwapError};

pub use notafter::Own;

/// Every deployer, in the order in which people are offered them.
pub static ALL: &[&dyn Deployer] = &[&files::Files, &nginx::Nginx, &notafter::NOWHERE];

/// The deployer of this name.
///
/// # Errors
/// When there is none.
pub fn find(name: &str) -> Result<&'static dyn Deployer, DeployError> {
    ALL.iter()
        .find(|deployer| deployer.meta().name == name)
        .copied()
        .ok_or_else(|| DeployError::UnknownDeployer(name.to_owned()))
}

/// What a deployer is, for documentation and hints.
#[derive(Debug)]
pub struct Meta {
    /// Its name in inventory files.
    pub name: &'static str,
    /// What it does, in one line.
    pub title: &'static str,
    /// Its settings and what they mean.
    pub settings: &'static [(&'static str, &'static str)],
}

impl Meta {
    /// What may be set, as a hint.
    pub(crate) fn known(&self) -> String {
        if self.settings.is_empty() {
            return "it has no settings: leave them out".to_owned();
        }
        let known: Vec<&str> = self.settings.iter().map(|(name, _)| *name).collect();
        format!("known settings are: {}", known.join(", "))
    }
}

/// What the settings of a place name on the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Files that are written: no two places may name the same.
    pub files: Vec<PathBuf>,
    /// For whom they shall be.
    pub accounts: Vec<Account>,
}

/// One deployment as a deployer sees it.
#[derive(Clone, Debug)]
pub struct Job {
    /// Where: names what is kept between deployments.
    pub place: PlaceId,
    /// Which deployment: names what belongs to this one.
    pub operation: DeploymentId,
    /// The place's settings.
    pub settings: Value,
    /// The key-type slot of the version: RSA and ECDSA may lie side by side.
    pub slot: Offer,
    /// What the steps may touch: checked by what they go through, not by the deployer.
    pub bounds: Bounds,
}

/// What is installed. The key can be named as content of a destination; its bytes are not to be had.
#[derive(Clone)]
pub struct Material {
    /// The private key.
    pub key: PrivateKey,
    /// The chain in DER, leaf first.
    pub chain: Vec<Vec<u8>>,
    /// The password that the place's settings refer to.
    pub password: Option<Zeroizing<String>>,
}

/// Installs versions into one product.
///
/// Contract: every step is durable when it returns `Ok`, may be repeated after a crash at any instant, and changes
/// nothing but what its own job names. Two jobs of one place never run at once; jobs of different places may.
pub trait Deployer: Sync {
    /// What it is.
    fn meta(&self) -> &'static Meta;

    /// Whether these settings are complete and make sense; touches nothing.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    fn check(&self, settings: &Value) -> Result<(), DeployError>;

    /// What these settings name on the machine themselves. What a product is to read by its own configuration is told
    /// apart there.
    fn named(&self, _settings: &Value) -> Named {
        Named::default()
    }

    /// What is there now, enough for `restore`; touches nothing. The later steps are given it back.
    fn snapshot<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Value, DeployError>>;

    /// Lays the new files beside the old ones. What is served does not change, nor what a restart would serve.
    fn stage<'a>(
        &'a self,
        job: &'a Job,
        snapshot: &'a Value,
        material: &'a Material,
    ) -> BoxFuture<'a, Result<(), DeployError>>;

    /// Swaps and tells the product. On an error, [`DeployError::is_after_swap`] says which pair a restart would serve;
    /// the pair on disk always matches.
    fn activate<'a>(&'a self, job: &'a Job, snapshot: &'a Value) -> BoxFuture<'a, Result<(), DeployError>>;

    /// Puts back exactly what the snapshot saw (what was absent is removed) and tells the product.
    fn restore<'a>(&'a self, job: &'a Job, snapshot: &'a Value) -> BoxFuture<'a, Result<(), DeployError>>;

    /// Whether what was staged ends with the process: then it is staged anew before it is activated.
    fn forgets(&self) -> bool {
        false
    }

    /// Whether this job could be done now: its settings, its product, and that its directories can be written; touches
    /// nothing.
    fn ready<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<(), DeployError>> {
        async move {
            self.check(&job.settings)?;
            let snapshot = self.snapshot(job).await?;
            Ok(Installation::of(job, &snapshot)?.writable()?)
        }
        .boxed()
    }
}

/// Why a deployer could not do its step.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// No deployer has this name.
    #[error("there is no deployer called {0:?}")]
    UnknownDeployer(String),
    /// The settings are wrong.
    #[error("the settings of deployer {} are wrong: {}", .deployer.name, told(.wrong))]
    Settings {
        /// Whose settings.
        deployer: &'static Meta,
        /// Everything that is wrong with them, one at least.
        wrong: Vec<WrongSetting>,
    },
    /// A PKCS#12 file is wanted and its password is not known.
    #[error("the password of the PKCS#12 file is not in the vault")]
    NoPassword,
    /// A user or group does not exist.
    #[error("there is no {kind} {name:?} on this machine")]
    NoSuchAccount {
        /// `user` or `group`.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// Users and groups cannot be looked up.
    #[error("users and groups cannot be looked up")]
    Accounts(#[source] CommandError),
    /// A snapshot that this deployer did not make.
    #[error("the stored snapshot cannot be read")]
    Snapshot(#[source] serde_json::Error),
    /// The file system refused a swap.
    #[error(transparent)]
    Swap(#[from] SwapError),
    /// The new files cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// nginx cannot be asked, or refuses its configuration with the new pair: the old pair was put back.
    #[error(transparent)]
    Nginx(#[from] NginxError),
    /// nginx serves no such name with TLS.
    #[error("nginx has no server with TLS for {0:?}")]
    NoServer(String),
    /// nginx serves the name with several pairs, and none has a key of the version's type.
    #[error(
        "nginx serves {name:?} with {count} pairs, and not exactly one is for the version's type of key ({slot})"
    )]
    Ambiguous {
        /// The name.
        name: String,
        /// How many pairs.
        count: usize,
        /// The version's slot.
        slot: Offer,
    },
    /// No TLS listener of notafter runs in this process.
    #[error("no server of notafter serves TLS here")]
    NoListener,
    /// What notafter is to serve itself is no pair.
    #[error("the listener of notafter cannot serve this")]
    Unservable(#[source] PairError),
    /// The process that knew what was served before has ended.
    #[error("what the listener of notafter presented before is not known any more")]
    Forgotten,
    /// It lies outside the job's bounds.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The helper that writes for this process did not do its step.
    #[error(transparent)]
    Hands(#[from] HandsError),
    /// The new pair is live on disk, and the product could not be told.
    #[error("the new files are in place, but the reload failed")]
    Reload(#[source] ReloadError),
}

impl DeployError {
    /// Whether the new pair is the one on disk.
    #[must_use]
    pub fn is_after_swap(&self) -> bool {
        match self {
            Self::Reload(_) | Self::Nginx(NginxError::Reload(_) | NginxError::NotRunning(_)) => true,
            Self::Hands(error) => error.is_after_swap(),
            _ => false,
        }
    }
}

impl Trouble for DeployError {
    fn code(&self) -> &'static str {
        match self {
            Self::UnknownDeployer(_) => "deploy.unknown-deployer",
            Self::Settings { .. } => "deploy.bad-settings",
            Self::NoPassword => "deploy.no-password",
            Self::NoSuchAccount { .. } => "deploy.no-such-account",
            Self::Accounts(error) => error.code(),
            Self::Snapshot(_) => "deploy.bad-snapshot",
            Self::Swap(_) => "deploy.swap-failed",
            Self::Write(error) => error.code(),
            Self::Nginx(error) => error.code(),
            Self::NoServer(_) => "deploy.no-server",
            Self::Ambiguous { .. } => "deploy.ambiguous-pair",
            Self::NoListener => "deploy.no-listener",
            Self::Unservable(_) => "deploy.unservable",
            Self::Forgotten => "deploy.forgotten",
            Self::Denied(denied) => denied.code(),
            Self::Hands(error) => error.code(),
            Self::Reload(_) => "deploy.reload-failed",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::UnknownDeployer(_) => {
                let names: Vec<&str> = ALL.iter().map(|deployer| deployer.meta().name).collect();
                format!("write one of: {}", names.join(", "))
            }
            Self::Settings { wrong, .. } => {
                let mut hints: Vec<&str> = wrong.iter().map(|wrong| wrong.hint.as_str()).collect();
                hints.dedup();
                hints.join("; ")
            }
            Self::NoPassword => "apply the inventory file again, so that its reference is read".to_owned(),
            Self::NoSuchAccount { kind, .. } => format!("create the {kind}, or write another one"),
            Self::Accounts(error) => error.hint(),
            Self::Snapshot(_) => "begin a new deployment: notafter deploy LINEAGE".to_owned(),
            Self::Swap(error) => swap_hint(error),
            Self::Write(error) => error.hint(),
            Self::Nginx(error) => error.hint(),
            Self::NoServer(_) => {
                format!(
                    "check server_name and listen ... ssl in nginx's configuration, or write key and full_chain; {}",
                    crate::nginx::ELSEWHERE
                )
            }
            Self::Ambiguous { .. } => {
                "write the paths of the pair that this lineage owns: key and full_chain".to_owned()
            }
            Self::NoListener => {
                "set tls_listen, and tls_lineage to this lineage, and let notafter serve run: docs/server.md"
                    .to_owned()
            }
            Self::Unservable(_) => "issue it anew: notafter renew LINEAGE --force".to_owned(),
            Self::Forgotten => "go back by hand: notafter rollback LINEAGE".to_owned(),
            Self::Denied(denied) => denied.hint(),
            Self::Hands(error) => error.hint(),
            Self::Reload(error) => error.hint(),
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::UnknownDeployer(_) | Self::Settings { .. } | Self::Snapshot(_) => Retry::Never,
            Self::Write(error) => error.retry(),
            Self::Hands(error) => error.retry(),
            _ => Retry::Later,
        }
    }
}

fn swap_hint(error: &SwapError) -> String {
    match error.source.kind() {
        std::io::ErrorKind::NotFound if error.doing == DIRECTORY => {
            format!("create {}, or mend the path", error.path.display())
        }
        std::io::ErrorKind::NotFound => format!("create the directory of {}", error.path.display()),
        std::io::ErrorKind::NotADirectory => {
            format!("name a directory in the place of {}", error.path.display())
        }
        std::io::ErrorKind::IsADirectory => format!("name a file, such as one in {}", error.path.display()),
        std::io::ErrorKind::PermissionDenied => {
            format!("let the user of notafter write in the directory of {}", error.path.display())
        }
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            "free some space; the live files are as they were".to_owned()
        }
        _ => "look at the system's reason above; the live files are as they were".to_owned(),
    }
}

fn told(wrong: &[WrongSetting]) -> String {
    wrong.iter().map(|wrong| wrong.what.as_str()).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_folder() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/deploy");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|entry| Some(entry.unwrap().file_name().to_str()?.strip_suffix(".rs")?.to_owned()))
            .filter(|name| name != "mod")
            .collect();
        files.sort();
        let mut names: Vec<&str> = ALL.iter().map(|deployer| deployer.meta().name).collect();
        names.sort_unstable();
        assert_eq!(names, files);
    }

    /// The doors ask the job's bounds; a deployer that went past them would take its helper along.
    #[test]
    fn deployers_touch_the_world_through_its_doors_alone() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/deploy");
        let past =
            ["fs::write", "fs::rename", "fs::remove", "File::", "process::", "command::", "from_snapshot("];
        for deployer in ALL {
            let text =
                std::fs::read_to_string(folder.join(deployer.meta().name).with_extension("rs")).unwrap();
            let found: Vec<&str> = past.into_iter().filter(|way| text.contains(way)).collect();
            assert!(found.is_empty(), "{}: {found:?}", deployer.meta().name);
        }
    }

    /// Each of them stopped before the next one was looked at.
    #[test]
    fn every_mistake_of_settings_is_told() {
        let mut shown = String::new();
        for (deployer, settings) in [
            (
                "files",
                serde_json::json!({
                    "keys": "/k.pem", "full_chain": "c.pem", "mode": 640, "owner": 7, "ttl": "1d",
                    "reload": {"command": ["true"], "timeout": "soon", "signal": "HUP"},
                }),
            ),
            (
                "files",
                serde_json::json!({"pkcs12": {"pasword": "env:P", "path": "x.p12"}, "reload": "systemctl reload postfix"}),
            ),
            (
                "files",
                serde_json::json!({"key": "/a.pem", "combined": "/a.pem", "mode": "0777", "reload": {"pid_file": "x", "signal": "KILL"}}),
            ),
            (
                "nginx",
                serde_json::json!({"key": "k.pem", "full_chian": "/c.pem", "timeout": "1w", "mode": "rw", "group": ["www"], "reload": {}}),
            ),
        ] {
            let error = find(deployer).unwrap().check(&settings).unwrap_err();
            let DeployError::Settings { wrong, .. } = &error else { panic!("{error}") };
            shown += &format!("{deployer} {settings}\n");
            for WrongSetting { what, hint } in wrong {
                shown += &format!("  {what}\n    hint: {hint}\n");
            }
        }
        insta::assert_snapshot!(shown);
    }

    #[test]
    fn settings_are_checked_with_a_hint() {
        let mut shown = String::new();
        for (deployer, settings) in [
            (
                "files",
                serde_json::json!({"key": "/k.pem", "full_chain": "/c.pem", "reload": {"command": ["true"]}}),
            ),
            ("files", serde_json::json!({"keys": "/k.pem"})),
            ("files", serde_json::json!({})),
            ("files", serde_json::json!({"certificate": "/c.pem"})),
            ("files", serde_json::json!({"key": "k.pem", "certificate": "/c.pem"})),
            ("files", serde_json::json!({"key": "/a.pem", "certificate": "/a.pem"})),
            ("files", serde_json::json!({"key": "/k.pem", "certificate": "/c.pem", "mode": "0644"})),
            (
                "files",
                serde_json::json!({"key": "/k.pem", "certificate": "/c.pem", "reload": {"command": []}}),
            ),
            ("nginx", serde_json::json!({"server_name": "shop.example"})),
            ("nginx", serde_json::json!({})),
            (
                "nginx",
                serde_json::json!({"server_name": "shop.example", "key": "/k.pem", "full_chain": "/c.pem"}),
            ),
            ("nginx", serde_json::json!({"key": "/k.pem"})),
            ("ngnix", serde_json::json!({})),
        ] {
            let outcome = find(deployer).and_then(|deployer| deployer.check(&settings));
            let outcome = outcome
                .map_or_else(|error| format!("{error}\n  hint: {}", error.hint()), |()| "ok".to_owned());
            shown += &format!("{deployer} {settings}\n  {outcome}\n");
        }
        insta::assert_snapshot!(shown);
    }
}

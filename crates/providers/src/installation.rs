//! The files of one deployment: which paths hold what, for whom, and how they are swapped and put back.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use notafter_cert::Span;
use notafter_keys::write_out::{self, Content, Destination, Tag};
use serde::{Deserialize, Serialize};

use crate::command::{self, CommandError, CommandLine};
use crate::deploy::{DeployError, Job, Material};
use crate::hands::Bounds;
use crate::settings::SettingsReader;
use crate::swap::{Before, Slot, SwapError};

/// What a path shall hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The private key.
    Key,
    /// The leaf alone.
    Certificate,
    /// The intermediates alone.
    Chain,
    /// Leaf and intermediates.
    FullChain,
    /// Key, leaf and intermediates.
    KeyAndFullChain,
    /// Key and full chain as PKCS#12.
    Pkcs12,
}

impl Role {
    const fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Certificate => "certificate",
            Self::Chain => "chain",
            Self::FullChain => "full-chain",
            Self::KeyAndFullChain => "key-and-full-chain",
            Self::Pkcs12 => "pkcs12",
        }
    }

    const fn is_secret(self) -> bool {
        matches!(self, Self::Key | Self::KeyAndFullChain | Self::Pkcs12)
    }

    /// Where nothing else is said, from the mode of the file that is replaced: no key is everybody's because an older one
    /// was, as no setting can make it ([`Mode`]).
    const fn kept_mode(self, was: u32) -> u32 {
        if self.is_secret() { was & !0o007 } else { was }
    }

    /// Where nothing else is said and nothing was there before.
    const fn usual_mode(self) -> u32 {
        if self.is_secret() { 0o600 } else { 0o644 }
    }
}

/// For whom the files shall be, as written in a place's settings. What is not written is as the file that is replaced.
#[derive(Clone, Debug, Default)]
pub struct Ownership {
    /// User name or number.
    pub owner: Option<String>,
    /// Group name or number.
    pub group: Option<String>,
    /// Permission bits of the files that hold the key.
    pub mode: Option<Mode>,
}

/// Permission bits, written in octal: `"0640"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode(u32);

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("{text:?} is not written in octal, such as \"0640\"");
        let mode = u32::from_str_radix(text, 8).map_err(|_| wrong())?;
        match mode {
            _ if mode > 0o777 => Err(wrong()),
            _ if mode & 0o007 != 0 => Err(format!("{text:?} gives everybody access to the private key")),
            _ => Ok(Self(mode)),
        }
    }
}

impl Ownership {
    /// As deployers' settings name it: `owner`, `group`, `mode`.
    pub(crate) fn read(reader: &mut SettingsReader) -> Self {
        Self { owner: reader.optional("owner"), group: reader.optional("group"), mode: reader.parsed("mode") }
    }

    /// Whom it names.
    pub(crate) fn accounts(self) -> Vec<Account> {
        self.owner.map(Account::User).into_iter().chain(self.group.map(Account::Group)).collect()
    }
}

/// A deployment's snapshot: what was there, and what exactly shall take its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installation {
    before: Before,
    files: Vec<Planned>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Planned {
    role: Role,
    mode: u32,
    owner: Option<u32>,
    group: Option<u32>,
}

impl Planned {
    fn within(&self, bounds: &Bounds) -> Result<(), DeployError> {
        Ok(bounds.ownership(self.owner, self.group, self.mode, self.role.is_secret())?)
    }
}

impl Installation {
    /// Looks at what is there and decides what shall be, touching nothing.
    ///
    /// # Errors
    /// When a path cannot be used or lies outside the job's bounds, or a user or group does not exist.
    pub async fn plan(
        job: &Job,
        wanted: Vec<(Role, PathBuf)>,
        ownership: &Ownership,
    ) -> Result<Self, DeployError> {
        let owner = match &ownership.owner {
            Some(name) => Some(Account::User(name.clone()).number().await?),
            None => None,
        };
        let group = match &ownership.group {
            Some(name) => Some(Account::Group(name.clone()).number().await?),
            None => None,
        };
        let mut slots = Vec::with_capacity(wanted.len());
        let mut files = Vec::with_capacity(wanted.len());
        for (role, path) in wanted {
            let path = job.bounds.destination(path)?;
            let was = Before::ownership(&path);
            let written = ownership.mode.filter(|_| role.is_secret()).map(|mode| mode.0);
            let file = Planned {
                role,
                mode: written.or(was.map(|was| role.kept_mode(was.2))).unwrap_or(role.usual_mode()),
                owner: owner.or(was.map(|was| was.0)),
                group: group.or(was.map(|was| was.1)),
            };
            file.within(&job.bounds)?;
            files.push(file);
            slots.push(Slot { path, role: role.name().to_owned() });
        }
        let before = Before::record(slots, &job.place.to_string(), &job.operation.to_string())?;
        Ok(Self { before, files })
    }

    /// Reads a snapshot of our own record back.
    ///
    /// # Errors
    /// When it is none of ours.
    pub fn from_snapshot(snapshot: &serde_json::Value) -> Result<Self, DeployError> {
        Self::deserialize(snapshot).map_err(DeployError::Snapshot)
    }

    /// Reads a job's snapshot back. Where the job has bounds, it comes from outside and is judged anew: whatever it names
    /// must be this deployment's own, and within them.
    ///
    /// # Errors
    /// When it is none of ours, or lies outside the job's bounds.
    pub fn of(job: &Job, snapshot: &serde_json::Value) -> Result<Self, DeployError> {
        let read = Self::from_snapshot(snapshot)?;
        job.bounds.snapshot(|| read.belongs_to(job))?;
        for (slot, file) in read.before.slots().zip(&read.files) {
            let path = job.bounds.destination(slot.path.clone())?;
            job.bounds.snapshot(|| path == slot.path)?;
            file.within(&job.bounds)?;
        }
        Ok(read)
    }

    fn belongs_to(&self, job: &Job) -> bool {
        let roles = self.files.iter().map(|file| file.role.name());
        self.before.belongs_to(&job.place.to_string(), &job.operation.to_string())
            && self.before.slots().map(|slot| slot.role.as_str()).eq(roles)
    }

    /// What is stored.
    ///
    /// # Errors
    /// Never in practice: a path that is no UTF-8 cannot be written down.
    pub fn to_snapshot(&self) -> Result<serde_json::Value, DeployError> {
        serde_json::to_value(self).map_err(DeployError::Snapshot)
    }

    /// Whether the new files could be written; touches nothing.
    ///
    /// # Errors
    /// The first directory that this process may not write.
    pub fn writable(&self) -> Result<(), SwapError> {
        self.before.writable()
    }

    /// Writes the new files beside the old ones, key checked against certificate, durably.
    ///
    /// # Errors
    /// When key and certificate do not match, or the file system refuses. Nothing live was touched.
    pub async fn stage(&self, job: &Job, material: &Material) -> Result<(), DeployError> {
        let tag: Tag = job.operation.to_string().parse()?;
        let (this, material) = (self.clone(), material.clone());
        off_the_runtime(move || {
            let Some(directory) = this.before.prepare()? else { return Ok(()) };
            let destinations = this.destinations(&directory, &material)?;
            let paths: Vec<PathBuf> = destinations.iter().map(|it| it.path.clone()).collect();
            write_out::stage(&tag, &material.key, &material.chain, &destinations)?;
            Ok(write_out::swap(&tag, &paths)?)
        })
        .await
    }

    /// Makes the new files the live ones, all at once.
    ///
    /// # Errors
    /// When the file system refuses; the old ones are live then.
    pub async fn activate(&self) -> Result<(), DeployError> {
        let before = self.before.clone();
        off_the_runtime(move || Ok(before.activate()?)).await
    }

    /// Makes the old files the live ones again, keeping the new ones for another try.
    ///
    /// # Errors
    /// When the file system refuses.
    pub async fn turn_back(&self) -> Result<(), DeployError> {
        let before = self.before.clone();
        off_the_runtime(move || Ok(before.turn_back()?)).await
    }

    /// Puts the old files back exactly.
    ///
    /// # Errors
    /// When the file system refuses.
    pub async fn restore(&self) -> Result<(), DeployError> {
        let before = self.before.clone();
        off_the_runtime(move || Ok(before.restore()?)).await
    }

    /// Removes the new files after a restoration, once the product was told.
    ///
    /// # Errors
    /// When the file system refuses.
    pub async fn tidy(&self) -> Result<(), DeployError> {
        let before = self.before.clone();
        off_the_runtime(move || Ok(before.tidy()?)).await
    }

    /// Where what is, by the record alone; nothing is looked at.
    pub fn destinations_on_record(&self) -> impl Iterator<Item = (Role, &Path)> {
        self.files.iter().zip(self.before.slots()).map(|(file, slot)| (file.role, slot.path.as_path()))
    }

    /// The paths that the product reads.
    ///
    /// # Errors
    /// When one cannot be looked at.
    pub fn paths(&self) -> Result<Vec<(Role, PathBuf)>, DeployError> {
        let paths = self.before.paths()?;
        Ok(self.files.iter().zip(paths).map(|(file, (path, _))| (file.role, path.to_owned())).collect())
    }

    /// Leaves the paths to somebody else: each link of ours becomes a file of its own that holds the same pair, but for
    /// those in `except`. Answers which; said again, there are none left.
    ///
    /// # Errors
    /// When key and certificate do not match, or the file system refuses.
    pub async fn leave(
        &self,
        tag: &Tag,
        except: &[PathBuf],
        material: &Material,
    ) -> Result<Vec<PathBuf>, DeployError> {
        let (this, tag, except, material) = (self.clone(), tag.clone(), except.to_vec(), material.clone());
        off_the_runtime(move || {
            let mut destinations = Vec::new();
            for (file, (path, is_ours)) in this.files.iter().zip(this.before.paths()?) {
                if is_ours && !except.iter().any(|other| other == path) {
                    destinations.push(file.destination(path.to_owned(), &material)?);
                }
            }
            let paths: Vec<PathBuf> = destinations.iter().map(|it| it.path.clone()).collect();
            write_out::stage(&tag, &material.key, &material.chain, &destinations)?;
            write_out::swap(&tag, &paths)?;
            Ok(paths)
        })
        .await
    }

    fn destinations(&self, directory: &Path, material: &Material) -> Result<Vec<Destination>, DeployError> {
        self.files.iter().map(|file| file.destination(directory.join(file.role.name()), material)).collect()
    }
}

impl Planned {
    fn destination(&self, path: PathBuf, material: &Material) -> Result<Destination, DeployError> {
        Ok(Destination {
            path,
            content: match self.role {
                Role::Key => Content::Key,
                Role::Certificate => Content::Certificate,
                Role::Chain => Content::Chain,
                Role::FullChain => Content::FullChain,
                Role::KeyAndFullChain => Content::KeyAndFullChain,
                Role::Pkcs12 => Content::Pkcs12(material.password.clone().ok_or(DeployError::NoPassword)?),
            },
            mode: self.mode,
            owner: self.owner,
            group: self.group,
        })
    }
}

/// Disks may be slow: nobody else shall wait for them.
async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DeployError> + Send + 'static,
) -> Result<T, DeployError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// A user or group, by name or number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    /// A user.
    User(String),
    /// A group.
    Group(String),
}

impl Account {
    /// Its number, wherever the machine keeps them (NSS).
    ///
    /// # Errors
    /// There is none of this name, or nobody can be asked.
    pub async fn number(&self) -> Result<u32, DeployError> {
        let (database, kind, name) = match self {
            Self::User(name) => ("passwd", "user", name),
            Self::Group(name) => ("group", "group", name),
        };
        if let Ok(number) = name.parse() {
            return Ok(number);
        }
        let unknown = || DeployError::NoSuchAccount { kind, name: name.to_owned() };
        let command = CommandLine::new("getent", ["--", database, name]);
        match command::run(&Bounds::own(), &command, Span::seconds(10), 64 * 1024).await {
            Ok(output) => {
                let text = String::from_utf8_lossy(&output.stdout).into_owned();
                text.split(':').nth(2).and_then(|number| number.trim().parse().ok()).ok_or_else(unknown)
            }
            Err(CommandError::Failed { .. }) => Err(unknown()),
            Err(error) => Err(DeployError::Accounts(error)),
        }
    }
}

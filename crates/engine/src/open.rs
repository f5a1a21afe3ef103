//! Opens an installation: lock, key-encryption key, database, eyes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use notafter_cert::{Span, Time};
use notafter_inventory::model::Actor;
use notafter_keys::vault::{Derived, Keyring, Source, VaultError};
use notafter_net::Clock;
use notafter_net::dns::{Override, ParseOverrideError, Resolver};
use notafter_net::limits::AddressPolicy;
use notafter_net::observe::{Network, Options};
use notafter_net::trust::{Choice, Trust};
use notafter_providers::hands::Deployers;
use notafter_providers::solve::Solvers;
use notafter_store::{Change, DataDir, Location, Scope, Store, StoreError};

use crate::clock_watch;
use crate::context::{Context, Parts};
use crate::operate::{self, Fault};
use crate::settings::Settings;

/// How long one question to the resolver may take.
const RESOLVE_WITHIN: Span = Span::seconds(5);
/// How long a server that begins waits for a command that has the data directory: one that renews may take its time.
const SERVER_WAITS: Span = Span::seconds(30);
/// How long a command waits for another one: somebody sits before it.
pub(crate) const COMMAND_WAITS: Span = Span::seconds(3);
const LOOK_AGAIN: Span = Span::millis(50);

/// An installation that this process holds alone.
pub struct Installation {
    /// What tasks and operations work with.
    pub context: Arc<Context>,
    /// Released when this is dropped, or the process dies.
    pub lock: DataDir,
}

/// The data directory that the settings name.
///
/// # Errors
/// They name none.
pub fn data_of(settings: &Settings) -> Result<&Path, Fault> {
    settings.data.as_deref().ok_or_else(|| missing("data"))
}

/// An installation has begun where the settings say. A directory that may not be looked into may hold one, and so may a
/// PostgreSQL database.
///
/// # Errors
/// There is none, or the settings name no data directory.
pub fn has_begun(settings: &Settings) -> Result<(), Fault> {
    let data = data_of(settings)?;
    if settings.database.is_some() || DataDir::is_begun(data).unwrap_or(true) {
        return Ok(());
    }
    Err(Fault::new(
        "installation.absent",
        format!("there is no installation in {}", data.display()),
        "begin one with `issue`, `apply`, `serve` or `adopt --watch`, or name another directory with --data",
    ))
}

/// Locks the data directory and opens everything in it; makes what is missing.
///
/// # Errors
/// Another process holds the directory; it cannot be written; the database is damaged or newer; the key-encryption key
/// is missing although secrets were sealed with it, or is another.
pub async fn open(settings: &Settings, clock: Clock) -> Result<Installation, Fault> {
    with_network(settings, clock, Manner::Server).await
}

/// As [`open`], for a command that asks one thing after another and ends.
///
/// # Errors
/// As [`open`].
pub async fn for_a_command(settings: &Settings, clock: Clock) -> Result<Installation, Fault> {
    with_network(settings, clock, Manner::Command).await
}

/// What an installation keeps, as it stands: read without its lock and its keys, and without changing anything. Whoever
/// holds it goes on, and a server may begin meanwhile.
///
/// # Errors
/// The settings name no data directory; the database cannot be read, or not without bringing it up to date.
pub async fn to_read(settings: &Settings) -> Result<Store, Fault> {
    let database = DataDir::database_in(data_of(settings)?);
    Ok(Store::open_to_read(&location(settings, database)).await?)
}

/// As [`open`], with eyes and anchors of the caller's choice: for stories and drills.
///
/// # Errors
/// As [`open`].
pub async fn open_with(
    settings: &Settings,
    clock: Clock,
    resolver: Resolver,
    eye: Arc<dyn notafter_net::Eye>,
    trust: &Trust,
) -> Result<Installation, Fault> {
    let ground = Ground::open(settings, &clock, Manner::Server).await?;
    Ok(ground.installation(settings, clock, (resolver, eye), trust))
}

/// What the installation of a stage brings along.
pub struct Props {
    /// How names are resolved.
    pub resolver: Resolver,
    /// Who answers challenges: those of the world, for the challenges are real.
    pub solvers: Solvers,
    /// Who installs.
    pub deployers: Deployers,
}

/// As [`open`], for a drill.
///
/// # Errors
/// As [`open`].
pub async fn on_stage(settings: &Settings, clock: Clock, props: Props) -> Result<Installation, Fault> {
    let Props { resolver, solvers, deployers } = props;
    let eye = Arc::new(network(settings, &clock, &resolver));
    let Ok(choice) = settings.trust.parse::<Choice>();
    let trust = Trust::load(&choice)?;
    let ground = Ground::open(settings, &clock, Manner::Server).await?;
    let (parts, lock) = ground.parts(settings, clock, (resolver, eye), &trust);
    let parts = Parts { hands: Some((solvers, deployers)), ..parts };
    Ok(Installation { context: Arc::new(Context::new(parts)), lock })
}

/// How long an installation stays open.
#[derive(Clone, Copy)]
enum Manner {
    Server,
    Command,
}

impl Manner {
    fn patience(self) -> Span {
        match self {
            Self::Server => SERVER_WAITS,
            Self::Command => COMMAND_WAITS,
        }
    }
}

/// Takes the data directory's lock, and waits so long for a command that has it: commands end by themselves, and most of
/// them within a moment. A server is not waited for.
///
/// # Errors
/// Another process holds the directory still, or it cannot be used.
pub(crate) async fn lock(data: &Path, patience: Span) -> Result<DataDir, StoreError> {
    lock_after(data, patience, || tokio::time::sleep(LOOK_AGAIN.to_std())).await
}

/// As [`lock`], with what waits between two tries.
async fn lock_after<W: Future<Output = ()>>(
    data: &Path,
    patience: Span,
    mut pause: impl FnMut() -> W,
) -> Result<DataDir, StoreError> {
    let mut left = patience;
    let (mut seen, mut told) = (None, false);
    loop {
        let holder = match DataDir::lock(data) {
            Err(StoreError::InUse { holder, .. }) if left > Span::ZERO => holder,
            done => return done,
        };
        // Seen twice, it is no more what the holder before left in the file.
        let is_certain = seen.replace(holder.clone()).as_ref() == Some(&holder) && !holder.is_unknown();
        if is_certain && !holder.is_a_command() {
            return DataDir::lock(data);
        }
        if is_certain && !std::mem::replace(&mut told, true) {
            tracing::warn!(at_most = %patience, "waiting for the data directory {}: {holder} has it", data.display());
        }
        pause().await;
        left = left - LOOK_AGAIN;
    }
}

async fn with_network(settings: &Settings, clock: Clock, manner: Manner) -> Result<Installation, Fault> {
    let resolver = Resolver::system(RESOLVE_WITHIN).with_overrides(overrides(settings)?);
    let network = network(settings, &clock, &resolver);
    let Ok(choice) = settings.trust.parse::<Choice>();
    let trust = Trust::load(&choice)?;
    let ground = Ground::open(settings, &clock, manner).await?;
    Ok(ground.installation(settings, clock, (resolver, Arc::new(network)), &trust))
}

fn network(settings: &Settings, clock: &Clock, resolver: &Resolver) -> Network {
    Network::new(Options {
        resolver: resolver.clone(),
        // Every endpoint in the inventory was written by an administrator (law 10).
        policy: AddressPolicy::Server { private_allowed: true },
        clock: clock.clone(),
        within: Span::millis(i64::from(settings.look_timeout_ms)),
        vantage: "local".to_owned(),
    })
}

fn location(settings: &Settings, file: PathBuf) -> Location {
    match &settings.database {
        Some(url) => Location::Postgres(url.clone()),
        None => Location::File(file),
    }
}

/// What lies in the data directory, opened.
struct Ground {
    lock: DataDir,
    store: Store,
    keyring: Keyring,
}

impl Ground {
    async fn open(settings: &Settings, clock: &Clock, manner: Manner) -> Result<Self, Fault> {
        let data = data_of(settings)?;
        let lock = lock(data, manner.patience()).await?;
        let location = location(settings, lock.database());
        let store = match manner {
            Manner::Server => Store::open(&location, clock.now()).await?,
            Manner::Command => Store::open_for_a_command(&location, clock.now()).await?,
        };
        if settings.database.is_none() {
            store.release_claims(clock.now()).await?;
        }
        clock_watch::begin(&store, clock.now()).await?;
        let keyring = keyring(settings, data, &store, clock.now()).await?;
        Ok(Self { lock, store, keyring })
    }

    fn installation(
        self,
        settings: &Settings,
        clock: Clock,
        eyes: (Resolver, Arc<dyn notafter_net::Eye>),
        trust: &Trust,
    ) -> Installation {
        let (parts, lock) = self.parts(settings, clock, eyes, trust);
        Installation { context: Arc::new(Context::new(parts)), lock }
    }

    fn parts(
        self,
        settings: &Settings,
        clock: Clock,
        (resolver, eye): (Resolver, Arc<dyn notafter_net::Eye>),
        trust: &Trust,
    ) -> (Parts, DataDir) {
        let Self { lock, store, keyring } = self;
        let data = lock.path().to_owned();
        let anchors = trust.anchors().clone();
        let settings = settings.clone();
        let parts = Parts { store, keyring, clock, eye, resolver, anchors, settings, data, hands: None };
        (parts, lock)
    }
}

/// A key-encryption key is made only where nothing was sealed before: a lost one must never be replaced in silence.
async fn keyring(settings: &Settings, data: &Path, store: &Store, now: Time) -> Result<Keyring, Fault> {
    let known = Sealing::of(store).await?;
    match (source_of(settings)?, known.sealed_with.is_empty()) {
        (Source::File(path), true) => match Keyring::load(&path, data) {
            Err(VaultError::NoKey(_)) => Ok(Keyring::create(&path, data)?),
            other => Ok(other?),
        },
        (Source::Passphrase(place), true) if known.derivations.is_empty() => {
            let (keyring, derived) = Keyring::derive(&place, data)?;
            // Before anything is sealed: without its salt the key could never be had again.
            let change = Change::PutDerivation(Some(stored(&derived)?));
            store.apply(&Scope::EVERYTHING, None, now, &Actor::Engine, &[change]).await?;
            Ok(keyring)
        }
        (source, _) => known.opened_by(&source, data),
    }
}

/// Takes the key-encryption key from its source as a process that starts does, and sees that it opens what is sealed.
///
/// # Errors
/// The source gives no key, or another one than the vault was sealed with.
pub async fn reopen(settings: &Settings, data: &Path, store: &Store) -> Result<Keyring, Fault> {
    Sealing::of(store).await?.opened_by(&source_of(settings)?, data)
}

/// What the store says of the key that its secrets are sealed with.
struct Sealing {
    sealed_with: Vec<String>,
    derivations: Vec<Derived>,
}

impl Sealing {
    async fn of(store: &Store) -> Result<Self, Fault> {
        let sealed_with = store.kek_ids(&Scope::EVERYTHING).await?;
        let rows = store.key_derivations(&Scope::EVERYTHING).await?;
        let read = |(id, document)| Ok((id, serde_json::from_value(document).map_err(operate::unreadable)?));
        Ok(Self { sealed_with, derivations: rows.into_iter().map(read).collect::<Result<_, Fault>>()? })
    }

    fn opened_by(&self, source: &Source, data: &Path) -> Result<Keyring, Fault> {
        if let (Source::Passphrase(_), true, Some(wanted)) =
            (source, self.derivations.is_empty(), self.sealed_with.first())
        {
            return Err(VaultError::NotByPassphrase { wanted: wanted.clone() }.into());
        }
        let keyring = Keyring::from_source(source, data, &self.derivations)?;
        keyring.check(self.sealed_with.iter().map(String::as_str))?;
        Ok(keyring)
    }
}

fn source_of(settings: &Settings) -> Result<Source, Fault> {
    let text = settings.key_encryption_key.as_deref().ok_or_else(|| missing("key_encryption_key"))?;
    Ok(Source::parse(text)?)
}

/// A derivation as the store keeps it.
pub(crate) fn stored((id, derivation): &Derived) -> Result<(String, serde_json::Value), Fault> {
    Ok((id.clone(), serde_json::to_value(derivation).map_err(operate::unreadable)?))
}

/// The setting `resolve`, read.
///
/// # Errors
/// It is not written as `host:port:address`.
pub fn overrides(settings: &Settings) -> Result<Vec<Override>, Fault> {
    let wrong = |error: ParseOverrideError| {
        Fault::new("settings.resolve", error.to_string(), "write host:port:address in the setting resolve")
    };
    settings.resolve.iter().map(|text| text.parse().map_err(wrong)).collect()
}

fn missing(key: &str) -> Fault {
    Fault::new(
        "settings.missing",
        format!("the setting {key} is missing"),
        format!("set {key} in notafter.toml"),
    )
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;

    /// A data directory that somebody else holds, who has written this into the file of the lock.
    fn held(written: &str) -> (tempfile::TempDir, File) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("lock"), written).unwrap();
        let file = File::open(dir.path().join("lock")).unwrap();
        file.try_lock().unwrap();
        (dir, file)
    }

    /// Tries until the patience is spent, or until the holder has gone after so many tries; also how often was waited.
    async fn tried(
        dir: &Path,
        patience: Span,
        mut held: Option<File>,
        gone: u32,
    ) -> (Result<DataDir, StoreError>, u32) {
        let mut waited = 0;
        let pause = || {
            waited += 1;
            if waited == gone {
                held = None;
            }
            std::future::ready(())
        };
        (lock_after(dir, patience, pause).await, waited)
    }

    /// `serve` that was started beside a command of 30 ms ended at once, and stayed down; of two commands the second was
    /// refused.
    #[tokio::test]
    async fn a_command_that_had_the_directory_for_a_moment_was_not_waited_for() {
        for (manner, tries) in [(Manner::Server, 600), (Manner::Command, 60)] {
            let (dir, file) = held("7\nnotafter renew shop\n");
            let (locked, waited) = tried(dir.path(), manner.patience(), Some(file), tries).await;
            assert_eq!((locked.unwrap().path(), waited), (dir.path(), tries));
            let (dir, file) = held("7\nnotafter renew shop\n");
            let (locked, waited) = tried(dir.path(), manner.patience(), Some(file), 0).await;
            let refused = locked.unwrap_err().to_string();
            assert!(refused.ends_with("is in use by process 7 (notafter renew shop)"), "{refused}");
            assert_eq!(waited, tries);
        }
    }

    /// "is in use by process " and nothing, of a command that had not written its number yet.
    #[tokio::test]
    async fn a_holder_without_a_number_was_named_as_nothing() {
        let (dir, file) = held("");
        let (locked, waited) = tried(dir.path(), COMMAND_WAITS, Some(file), 0).await;
        let refused = locked.unwrap_err().to_string();
        assert!(refused.ends_with("is in use by a process that has just begun"), "{refused}");
        assert_eq!(waited, 60);
    }

    #[tokio::test]
    async fn a_server_is_not_waited_for() {
        let (dir, file) = held("7\nnotafter --data /srv serve\n");
        let (locked, waited) = tried(dir.path(), SERVER_WAITS, Some(file), 0).await;
        let refused = locked.unwrap_err().to_string();
        assert!(refused.contains("process 7"), "{refused}");
        assert_eq!(waited, 1, "what a process before it had left in the file was to be told from it");
    }
}

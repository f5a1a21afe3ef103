//! Opens an installation: lock, key-encryption key, database, eyes.

use std::path::Path;
use std::sync::Arc;

use notafter_cert::Span;
use notafter_keys::vault::{Keyring, VaultError};
use notafter_net::Clock;
use notafter_net::dns::{Override, ParseOverrideError, Resolver};
use notafter_net::limits::AddressPolicy;
use notafter_net::observe::{Network, Options};
use notafter_net::trust::{Choice, Trust};
use notafter_store::{DataDir, Location, Store};

use crate::context::{Context, Parts};
use crate::operate::Fault;
use crate::settings::Settings;

/// How long one question to the resolver may take.
const RESOLVE_WITHIN: Span = Span::seconds(5);

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

/// Locks the data directory and opens everything in it; makes what is missing.
///
/// # Errors
/// Another process holds the directory; it cannot be written; the database is damaged or newer; the key-encryption key
/// is missing although secrets were sealed with it, or is another.
pub async fn open(settings: &Settings, clock: Clock) -> Result<Installation, Fault> {
    let resolver = Resolver::system(RESOLVE_WITHIN).with_overrides(overrides(settings)?);
    let network = Network::new(Options {
        resolver: resolver.clone(),
        // Every endpoint in the inventory was written by an administrator (law 10).
        policy: AddressPolicy::Server { private_allowed: true },
        clock: clock.clone(),
        within: Span::millis(i64::from(settings.look_timeout_ms)),
        vantage: "local".to_owned(),
    });
    let Ok(choice) = settings.trust.parse::<Choice>();
    let trust = Trust::load(&choice)?;
    open_with(settings, clock, resolver, Arc::new(network), &trust).await
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
    let data = data_of(settings)?;
    let lock = DataDir::lock(data)?;
    let location = match &settings.database {
        Some(url) => Location::Postgres(url.clone()),
        None => Location::File(lock.database()),
    };
    let store = Store::open(&location, clock.now()).await?;
    if settings.database.is_none() {
        store.release_claims(clock.now()).await?;
    }
    let keyring = keyring(settings, data, &store).await?;
    let context = Context::new(Parts {
        store,
        keyring,
        clock,
        eye,
        resolver,
        anchors: trust.anchors().clone(),
        settings: settings.clone(),
        data: data.to_owned(),
    });
    Ok(Installation { context: Arc::new(context), lock })
}

/// A key-encryption key is made only where nothing was sealed before: a lost one must never be replaced in silence.
async fn keyring(settings: &Settings, data: &Path, store: &Store) -> Result<Keyring, Fault> {
    let path = settings.key_encryption_key.as_deref().ok_or_else(|| missing("key_encryption_key"))?;
    let sealed_with = store.kek_ids(&notafter_store::Scope::EVERYTHING).await?;
    let keyring = match Keyring::load(path, data) {
        Err(VaultError::NoKey(_)) if sealed_with.is_empty() => Keyring::create(path, data)?,
        other => other?,
    };
    keyring.check(sealed_with.iter().map(String::as_str))?;
    Ok(keyring)
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

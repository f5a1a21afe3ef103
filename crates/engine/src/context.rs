//! What every task and operation works with.

use std::net::SocketAddr;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use notafter_cert::path::Anchors;
use notafter_inventory::check::Judge;
use notafter_inventory::model::{Actor, Id, KeyId, Kind, SecretRef, Sequence};
use notafter_inventory::threshold::Thresholds;
use notafter_keys::PrivateKey;
use notafter_keys::account::AccountKey;
use notafter_keys::authority::AuthorityKey;
use notafter_keys::vault::{Keyring, Sealed};
use notafter_net::dns::Resolver;
use notafter_net::trust::Choice;
use notafter_net::{Clock, Eye};
use notafter_providers::hands::Deployers;
use notafter_providers::solve::Solvers;
use notafter_store::{Change, Lease, Revision, Scope, Store, StoreError};
use tokio::sync::{Mutex, MutexGuard, RwLock, RwLockReadGuard, watch};

use crate::access::{Gate, openid};
use crate::ca::Registry;
use crate::clock_watch::ClockWatch;
use crate::drill::stage::SetStage;
use crate::news::News;
use crate::operate::Fault;
use crate::operate::status::KeptRows;
use crate::own_certificate::OwnCertificate;
use crate::private_roots::PrivateRoots;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::status_page::KeptFacts;
use crate::subscription::Counted;
use crate::tasks::Task;
use crate::tasks::scan::Judges;
use crate::trust_watch::TrustSeen;
use crate::weights::KeptWeights;

/// An installation at work, as far as a caller may see it. What it is made of ([`Installed`]) is read through it.
#[derive(Clone)]
pub struct Context {
    /// Whose rows the caller may see and change: everything, for the engine and for administrators.
    pub scope: Scope,
    installed: Arc<Installed>,
}

impl Deref for Context {
    type Target = Installed;

    fn deref(&self) -> &Installed {
        &self.installed
    }
}

/// One installation at work: its store, its secrets, its clock and its eyes. There is one in a process.
pub struct Installed {
    /// The truth.
    pub store: Store,
    /// Opens what is sealed in the store.
    pub keyring: RwLock<Keyring>,
    /// The one clock.
    pub clock: Clock,
    /// How endpoints are looked at.
    pub eye: Arc<dyn Eye>,
    /// How names are resolved.
    pub resolver: Resolver,
    /// What is known of the CAs.
    pub cas: Registry,
    /// Who answers challenges.
    pub solvers: Solvers,
    /// Who installs: in this process, or through the helper that may write where this one may not.
    pub deployers: Deployers,
    /// What the TLS listener of this process serves.
    pub own: OwnCertificate,
    judge: std::sync::Mutex<Arc<Judge>>,
    /// Where the installation's trust anchors are read from, where that is a file.
    trust_file: Option<PathBuf>,
    /// The same by anchors that single endpoints name.
    pub judges: Judges,
    /// The roots of private CAs, and where they are judged by.
    pub private_roots: PrivateRoots,
    /// How much each owner answers for.
    pub weights: KeptWeights,
    /// The settings in force.
    pub settings: Settings,
    /// The data directory.
    pub data: PathBuf,
    /// Whether the clock was set back.
    pub clock_watch: ClockWatch,
    /// Signs of life of the loops.
    pub progress: Progress,
    /// Held while alerts, messages and paths are read, changed and stored: tasks and people change the same rows.
    pub telling: Mutex<()>,
    inventory: Mutex<()>,
    /// Guards the door to pages and API.
    pub gate: Gate,
    /// What is known of the provider that people sign in through.
    pub(crate) openid: openid::Known,
    /// Who watches the log grow.
    pub news: News,
    /// By which anchors this process last had endpoints judged.
    pub trust_seen: TrustSeen,
    /// Every lineage in one line, as pages show them.
    pub lineage_rows: KeptRows,
    drill_stage: OnceLock<SetStage>,
    /// What the status page is made of, for those who tell the public something.
    pub status_facts: KeptFacts,
    /// Counts who asks for mails.
    pub subscriptions: Counted,
    listens: OnceLock<(SocketAddr, Option<SocketAddr>)>,
    /// Names this process in leases.
    pub holder: String,
    sequence: std::sync::Mutex<Sequence>,
    wake: watch::Sender<u64>,
}

/// The inventory, held while it is read, compared and written: files, take-overs and the engine's own lineages change it.
/// Others of this process wait; another process that shares the database does not, and is noticed.
pub(crate) struct Inventory<'a> {
    _alone: MutexGuard<'a, ()>,
    revision: Revision,
}

impl Inventory<'_> {
    /// What it was when it was taken hold of.
    pub(crate) const fn revision(&self) -> Revision {
        self.revision
    }

    /// Goes with whatever was thought out from the inventory since it was held: nothing is written where somebody else has
    /// written it meanwhile. Then hold it again, and think again.
    pub(crate) const fn upon(&self) -> Change {
        Change::Upon(self.revision)
    }
}

/// The parts of a context that its maker chooses.
pub struct Parts {
    /// The store.
    pub store: Store,
    /// The opened keyring.
    pub keyring: Keyring,
    /// The clock.
    pub clock: Clock,
    /// How endpoints are looked at.
    pub eye: Arc<dyn Eye>,
    /// How names are resolved.
    pub resolver: Resolver,
    /// Trust anchors for judging.
    pub anchors: Anchors,
    /// The settings in force.
    pub settings: Settings,
    /// The data directory.
    pub data: PathBuf,
    /// Who answers challenges and who installs, where that is not for the settings to say.
    pub hands: Option<(Solvers, Deployers)>,
}

impl Context {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { store, keyring, clock, eye, resolver, anchors, settings, data, hands } = parts;
        let clock_watch = ClockWatch::new(clock.now());
        let holder = format!("{}-{}", std::process::id(), clock.now().as_micros());
        let own = OwnCertificate::default();
        let (solvers, deployers) = hands.unwrap_or_else(|| {
            let deployers = Deployers::through(settings.hands.clone()).with_listener(own.slot().clone());
            (Solvers::new(settings.http01_port), deployers)
        });
        let installed = Installed {
            store,
            keyring: RwLock::new(keyring),
            clock,
            eye,
            resolver,
            cas: Registry::default(),
            solvers,
            deployers,
            own,
            judge: std::sync::Mutex::new(Arc::new(Judge::new(anchors, Thresholds::default()))),
            trust_file: trust_file(&settings),
            judges: Judges::default(),
            private_roots: PrivateRoots::default(),
            weights: KeptWeights::default(),
            settings,
            data,
            clock_watch,
            progress: Progress::default(),
            telling: Mutex::new(()),
            inventory: Mutex::new(()),
            news: News::default(),
            trust_seen: TrustSeen::default(),
            lineage_rows: KeptRows::default(),
            status_facts: KeptFacts::default(),
            subscriptions: Counted::default(),
            gate: Gate::default(),
            drill_stage: OnceLock::new(),
            openid: openid::Known::default(),
            listens: OnceLock::new(),
            holder,
            sequence: std::sync::Mutex::default(),
            wake: watch::Sender::new(0),
        };
        Self { scope: Scope::EVERYTHING, installed: Arc::new(installed) }
    }

    /// The same installation as somebody sees it who may see no more than `scope`.
    #[must_use]
    pub fn within(&self, scope: Scope) -> Self {
        Self { scope, installed: Arc::clone(&self.installed) }
    }

    /// Judges what is seen, by the installation's trust anchors: as they stand in their file now, or as they stood there when
    /// it last could be used.
    #[must_use]
    pub fn judge(&self) -> Arc<Judge> {
        let read = self.trust_file.as_ref().map(|path| self.judges.of(&path.to_string_lossy()));
        let mut judge = self.judge.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(read) = read.filter(|read| !read.anchors().is_empty()) {
            *judge = read;
        }
        Arc::clone(&judge)
    }

    /// Hands in the stage that drills play on.
    pub fn stage_drills(&self, set: SetStage) {
        // The first one stays.
        let _ = self.drill_stage.set(set);
    }

    /// The stage that drills play on, where this process has one.
    #[must_use]
    pub fn drill_stage(&self) -> Option<SetStage> {
        self.drill_stage.get().copied()
    }

    /// The addresses that the listeners got, in the clear and over TLS: the settings may leave the port to the system.
    pub fn listens_on(&self, plain: SocketAddr, tls: Option<SocketAddr>) {
        // The first ones are those that links lead to.
        let _ = self.listens.set((plain, tls));
    }

    /// Where this process answers over TLS, if it does.
    #[must_use]
    pub fn tls_address(&self) -> Option<SocketAddr> {
        self.listens.get().and_then(|(_, tls)| *tls)
    }

    /// Where people reach the pages, without a slash at the end.
    #[must_use]
    pub fn site(&self) -> String {
        match (&self.settings.base_url, self.listens.get()) {
            (Some(url), _) => url.trim_end_matches('/').to_owned(),
            (None, Some((address, _))) => format!("http://{address}"),
            (None, None) => format!("http://{}", self.settings.listen),
        }
    }

    /// Ten bytes that nobody can guess.
    #[must_use]
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        #[expect(
            clippy::expect_used,
            reason = "the operating system's randomness does not fail after start"
        )]
        aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives randomness");
        bytes
    }

    /// A new identifier, which sorts after every one that was made here before.
    #[must_use]
    pub fn new_id<K: Kind>(&self) -> Id<K> {
        let mut sequence = self.sequence.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        sequence.id(self.clock.now(), self.random())
    }

    /// Waits for the inventory, to be read from here on.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) async fn hold_inventory(&self) -> Result<Inventory<'_>, StoreError> {
        let alone = self.inventory.lock().await;
        let revision = self.store.inventory_revision(&self.scope).await?;
        Ok(Inventory { _alone: alone, revision })
    }

    /// Applies changes in one durable step, and wakes the loops where something was scheduled.
    ///
    /// # Errors
    /// The store refused or failed; then nothing was changed.
    pub async fn apply(
        &self,
        lease: Option<&Lease>,
        actor: &Actor,
        changes: &[Change],
    ) -> Result<(), StoreError> {
        let _keyring = self.hold_seal(changes).await?;
        self.store.apply(&self.scope, lease, self.clock.now(), actor, changes).await?;
        self.news.tell();
        if changes.iter().any(|change| matches!(change, Change::Schedule { .. })) {
            self.wake();
        }
        Ok(())
    }

    /// While sealed records are being stored, the key that sealed them must not be rotated away: a record that was sealed
    /// before a rotation and stored after it could never be opened.
    async fn hold_seal(
        &self,
        changes: &[Change],
    ) -> Result<Option<RwLockReadGuard<'_, Keyring>>, StoreError> {
        let sealed_with = sealed_with(changes);
        if sealed_with.is_empty() {
            return Ok(None);
        }
        let keyring = self.keyring.read().await;
        let present = keyring.id();
        if sealed_with.iter().any(|id| **id != present) {
            return Err(StoreError::Resealed);
        }
        Ok(Some(keyring))
    }

    /// Lets every loop look for due work now.
    pub fn wake(&self) {
        self.wake.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Ends when [`Context::wake`] is called after this call, even if nobody polls yet.
    pub fn woken(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut wakes = self.wake.subscribe();
        async move {
            // The sender lives as long as the context: an error means that the process ends.
            drop(wakes.changed().await);
        }
    }

    /// Claims up to `most` due subjects of this task.
    ///
    /// # Errors
    /// The store failed.
    pub async fn claim(&self, task: &Task, most: usize) -> Result<Vec<Lease>, StoreError> {
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        self.store.claim(task.kind, self.clock.now(), most, &self.holder, task.lease_for).await
    }

    /// The private key of this identity, opened.
    ///
    /// # Errors
    /// It is not in the vault, was destroyed, or cannot be opened with the key-encryption key at hand.
    pub async fn open_key(&self, id: KeyId) -> Result<PrivateKey, Fault> {
        let sealed = self.sealed(id).await?;
        Ok(self.keyring.read().await.open_key(id.as_bytes(), &sealed)?)
    }

    /// The account key of this identity, opened.
    ///
    /// # Errors
    /// As [`Context::open_key`].
    pub async fn open_account_key(&self, id: KeyId) -> Result<AccountKey, Fault> {
        let sealed = self.sealed(id).await?;
        Ok(self.keyring.read().await.open_account(id.as_bytes(), &sealed)?)
    }

    /// The key of a private CA's root or intermediate, opened.
    ///
    /// # Errors
    /// As [`Context::open_key`].
    pub async fn open_authority_key(&self, id: KeyId) -> Result<AuthorityKey, Fault> {
        let sealed = self.sealed(id).await?;
        Ok(self.keyring.read().await.open_authority(id.as_bytes(), &sealed)?)
    }

    /// The text of a secret.
    ///
    /// # Errors
    /// It is not in the vault, or cannot be opened.
    pub async fn open_secret(&self, secret: &SecretRef) -> Result<String, Fault> {
        let missing = || {
            Fault::new(
                "vault.no-such-secret",
                format!("there is no secret {:?} in the vault", secret.0),
                "apply the inventory file again: it reads the value from its variable or file",
            )
        };
        let row = self.store.secret(&self.scope, &secret.0).await?.ok_or_else(missing)?;
        let sealed = Sealed::from_bytes(row.sealed)?;
        let bytes = self.keyring.read().await.open_secret(&secret.0, &sealed)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    async fn sealed(&self, id: KeyId) -> Result<Sealed, Fault> {
        let missing = || {
            Fault::new(
                "vault.no-such-key",
                format!("key {id} is not in the vault"),
                "it was destroyed, or the database and the vault do not belong together: restore a backup",
            )
        };
        let row = self.store.key(&self.scope, id).await?.ok_or_else(missing)?;
        if row.destroyed_at.is_some() {
            return Err(missing());
        }
        Ok(Sealed::from_bytes(row.sealed)?)
    }
}

/// The key-encryption keys that sealed what these changes store.
fn sealed_with(changes: &[Change]) -> Vec<&String> {
    changes
        .iter()
        .filter_map(|change| match change {
            Change::PutKey { kek_id, .. }
            | Change::PutSecret { kek_id, .. }
            | Change::MakeSecret { kek_id, .. } => Some(kek_id),
            _ => None,
        })
        .collect()
}
/// The file that the setting `trust` names.
fn trust_file(settings: &Settings) -> Option<PathBuf> {
    let Ok(choice) = settings.trust.parse::<Choice>();
    match choice {
        Choice::File(path) => Some(path),
        Choice::Mozilla | Choice::System => None,
    }
}

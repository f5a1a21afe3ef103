//! The way to a CA, elsewhere or in this installation: its directory, our account, and a courier that signs.

pub mod private;
mod rollover;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use notafter_acme::client::account::{self, AccountFlow, Registered, Wanted};
use notafter_acme::client::order::Account;
use notafter_acme::client::{Call, Do, Reply};
use notafter_acme::jose::{Jwk, external_account_input};
use notafter_acme::message::Directory;
use notafter_acme::{Code, Failure};
use notafter_cert::{Span, Time};
use notafter_inventory::model::{AcmeIssuer, Actor, Issuer, IssuerId, Subject};
use notafter_keys::account::AccountKey;
use notafter_keys::{PrivateKey, hmac_sha256};
use notafter_net::acme::{Courier, Signers, directory};
use notafter_net::http::{Client, Options};
use notafter_net::limits::AddressPolicy;
use notafter_net::trust::Trust;
use notafter_store::{Change, Holds, Lease};

use crate::context::Context;
use crate::operate::Fault;

pub use rollover::{Rolled, roll_over};

/// A directory is read again after this time.
const DIRECTORY_FRESH: Span = Span::hours(1);

/// A clock that disagrees with the CA's by more than this cannot renew safely.
pub const MAX_CLOCK_SKEW: Span = Span::hours(1);

/// Waits inside one run are borne up to this length; longer ones are given back to the scheduler.
pub(crate) const PATIENCE: Span = Span::seconds(20);

/// What this process knows about its CAs, so that runs share connections and do not make two accounts.
#[derive(Default)]
pub struct Registry(Mutex<HashMap<IssuerId, Arc<Entry>>>);

#[derive(Default)]
struct Entry {
    /// Held while an account is made or its key changed.
    account: tokio::sync::Mutex<()>,
    known: Mutex<Option<Known>>,
}

#[derive(Clone)]
struct Known {
    url: String,
    trust: Option<String>,
    client: Client,
    directory: Directory,
    read_at: Time,
}

/// A CA that is ready to take requests.
pub struct Ca {
    /// What it offers.
    pub directory: Directory,
    /// Our account at it.
    pub issuer: AcmeIssuer,
    /// The account as orders need it.
    pub account: Account,
    courier: Courier,
}

/// Why a CA is not ready: its own failure, or ours.
#[derive(Debug)]
pub enum NotReady {
    /// The CA, or the way to it.
    Ca(Failure),
    /// This installation.
    Ours(Fault),
}

impl NotReady {
    /// For a person who asked for it.
    #[must_use]
    pub fn into_fault(self) -> Fault {
        match self {
            Self::Ca(failure) => failure.into(),
            Self::Ours(fault) => fault,
        }
    }
}

impl<T: Into<Fault>> From<T> for NotReady {
    fn from(fault: T) -> Self {
        Self::Ours(fault.into())
    }
}

impl Ca {
    /// Sends one request; what it depends on is in the store by now.
    ///
    /// # Errors
    /// The miss of `net::acme::Courier`.
    pub async fn send(&mut self, call: &Call) -> Reply {
        self.courier.send(call).await
    }
}

/// Reads the directory of an issuer, or takes the one that was read within the hour.
///
/// # Errors
/// The CA cannot be reached, or its trust file cannot be used.
pub async fn read_directory(context: &Context, issuer: &AcmeIssuer) -> Result<(Client, Directory), NotReady> {
    let entry = context.cas.entry(issuer.id);
    let now = context.clock.now();
    let known = entry.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let same = |known: &Known| known.url == issuer.directory && known.trust == issuer.trust;
    if let Some(known) =
        known.as_ref().filter(|known| same(known) && now.since(known.read_at) < DIRECTORY_FRESH)
    {
        return Ok((known.client.clone(), known.directory.clone()));
    }
    let client = match known.filter(same) {
        Some(known) => known.client,
        None => client(context, issuer.trust.as_deref())?,
    };
    let directory = directory(&client, &context.clock, &issuer.directory).await.map_err(NotReady::Ca)?;
    let known = Known {
        url: issuer.directory.clone(),
        trust: issuer.trust.clone(),
        client: client.clone(),
        directory: directory.clone(),
        read_at: now,
    };
    *entry.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
    Ok((client, directory))
}

/// An HTTP client that trusts what the installation trusts, and the file besides.
///
/// # Errors
/// The file cannot be used.
pub fn client(context: &Context, trust: Option<&str>) -> Result<Client, Fault> {
    let usual = Trust::mozilla();
    let trust = match trust {
        Some(path) => usual.and(&Trust::file(Path::new(path))?),
        None => usual,
    };
    // An administrator wrote the URL, so a private CA is welcome (law 10).
    let policy = AddressPolicy::Server { private_allowed: true };
    Ok(Client::new(Options::new(context.resolver.clone(), policy, Some(trust))))
}

/// Makes the CA ready: directory, account key, account.
///
/// # Errors
/// What stands in the way, and whose fault it is.
pub async fn ready(context: &Context, lease: Option<&Lease>, issuer: IssuerId) -> Result<Ca, NotReady> {
    let entry = context.cas.entry(issuer);
    let issuer = load(context, issuer).await?;
    let (client, directory) = read_directory(context, &issuer).await?;
    let (issuer, key) = if issuer.account_url.is_some() && issuer.rollover.is_none() {
        let key = account_key(context, &issuer).await?;
        (issuer, key)
    } else {
        let _alone = entry.account.lock().await;
        // Somebody else may have made it while this run waited.
        let issuer = load(context, issuer.id).await?;
        let (issuer, _) = rollover::finish(context, lease, issuer, (&client, &directory)).await?;
        register(context, lease, issuer, &client, &directory).await?
    };
    let account = Account {
        url: issuer.account_url.clone().unwrap_or_default(),
        orders: issuer.account_orders.clone(),
        thumbprint: key.thumbprint(),
    };
    let courier = Courier::new(client, context.clock.clone(), &directory, Signers::account(key));
    Ok(Ca { directory, issuer, account, courier })
}

/// The directory of a CA, and a courier that signs with a certificate's own key: enough to revoke that certificate,
/// also when the account is lost (RFC 8555 section 7.6).
///
/// # Errors
/// The CA cannot be reached, or its trust file cannot be used.
pub async fn by_certificate_key(
    context: &Context,
    issuer: &AcmeIssuer,
    key: PrivateKey,
) -> Result<(Directory, Courier), NotReady> {
    let (client, directory) = read_directory(context, issuer).await?;
    let courier = Courier::new(client, context.clock.clone(), &directory, Signers::certificate(key));
    Ok((directory, courier))
}

async fn load(context: &Context, id: IssuerId) -> Result<AcmeIssuer, Fault> {
    match context.store.issuer(&context.scope, id).await? {
        Some(Issuer::Acme(issuer)) => Ok(issuer),
        Some(Issuer::Private(private)) => Err(signs_itself(&private.name)),
        None => Err(Fault::new(
            "issuer.unknown",
            format!("there is no issuer {id}"),
            "list them with: notafter get issuers",
        )),
    }
}

/// Something was asked of the private CA that only a CA elsewhere has.
pub fn signs_itself(name: &str) -> Fault {
    Fault::new(
        "issuer.private",
        format!("{name} is the private CA of this installation, and has no account"),
        format!("see its certificates: notafter ca show {name}"),
    )
}

async fn account_key(context: &Context, issuer: &AcmeIssuer) -> Result<AccountKey, Fault> {
    let missing = || {
        Fault::new(
            "issuer.no-account-key",
            format!("issuer {} has no account key", issuer.name),
            "the next renewal makes one; nothing to do",
        )
    };
    let id = issuer.account_key.ok_or_else(missing)?;
    context.open_account_key(id).await
}

/// The account key is in the store before the CA hears of it; a run that finds a key without an account asks the CA
/// first whether the key has one (a lost reply to newAccount).
async fn register(
    context: &Context,
    lease: Option<&Lease>,
    mut issuer: AcmeIssuer,
    client: &Client,
    directory: &Directory,
) -> Result<(AcmeIssuer, AccountKey), NotReady> {
    if issuer.account_url.is_some() {
        let key = account_key(context, &issuer).await?;
        return Ok((issuer, key));
    }
    let (key, may_exist) = match issuer.account_key {
        Some(_) => (account_key(context, &issuer).await?, true),
        None => (make_account_key(context, lease, &mut issuer).await?, false),
    };
    let signers = Signers::account(key.clone());
    let mut courier = Courier::new(client.clone(), context.clock.clone(), directory, signers);
    let found = if may_exist {
        let flow = AccountFlow::find(directory);
        match drive(context, flow, &mut courier).await {
            Err(NotReady::Ca(failure)) if failure.code == Code::AccountUnknown => None,
            other => Some(other?),
        }
    } else {
        None
    };
    let account = match found {
        Some(account) => account,
        None => {
            let wanted = wanted(context, &issuer, &key, directory).await?;
            let flow = AccountFlow::begin(directory, wanted).map_err(NotReady::Ca)?;
            drive(context, flow, &mut courier).await?
        }
    };
    issuer.account_url = Some(account.url);
    issuer.account_orders = account.orders;
    context.apply(lease, &Actor::Engine, &[Change::PutAccount(issuer.id, issuer.account())]).await?;
    Ok((issuer, key))
}

async fn make_account_key(
    context: &Context,
    lease: Option<&Lease>,
    issuer: &mut AcmeIssuer,
) -> Result<AccountKey, Fault> {
    let key = AccountKey::generate()?;
    let id = context.new_id();
    issuer.account_key = Some(id);
    let sealed = {
        let keyring = context.keyring.read().await;
        let sealed = keyring.seal_account(id.as_bytes(), &key)?;
        Change::PutKey {
            id,
            holds: Holds::AccountKey,
            kek_id: sealed.kek_id(),
            sealed: sealed.as_bytes().to_vec(),
        }
    };
    context.apply(lease, &Actor::Engine, &[sealed, Change::PutAccount(issuer.id, issuer.account())]).await?;
    Ok(key)
}

async fn wanted(
    context: &Context,
    issuer: &AcmeIssuer,
    key: &AccountKey,
    directory: &Directory,
) -> Result<Wanted, NotReady> {
    let external_account = match &issuer.external_account {
        None => None,
        Some(external) => {
            let text = context.open_secret(&external.hmac).await?;
            let mac_key = notafter_acme::jose::from_base64url(text.trim_end()).ok_or_else(|| {
                Fault::new(
                    "issuer.external-account",
                    format!("the external account key of issuer {} is not base64url", issuer.name),
                    "copy the HMAC key again from the CA's page into the file or variable, and apply the inventory",
                )
            })?;
            let public = Jwk::from_json(&key.jwk()).map_err(|error| {
                Fault::new("keys.unusable", "the account key cannot be written as JWK", "report this")
                    .because(error.to_string())
            })?;
            let input = external_account_input(&external.kid, &public, &directory.new_account);
            Some(input.assemble(&hmac_sha256(&mac_key, &input.bytes())))
        }
    };
    Ok(Wanted { contact: issuer.contact.clone(), terms_agreed: issuer.terms_agreed, external_account })
}

/// An account that the CA does not know any more is no account: its URL is forgotten, so that whoever needs one next
/// registers the same key anew. Any other failure changes nothing.
///
/// # Errors
/// The store failed.
pub async fn forget_unknown(
    context: &Context,
    lease: Option<&Lease>,
    (issuer, account): (IssuerId, &str),
    failure: &Failure,
) -> Result<(), Fault> {
    if failure.code != Code::AccountUnknown {
        return Ok(());
    }
    let entry = context.cas.entry(issuer);
    let _alone = entry.account.lock().await;
    let issuer = load(context, issuer).await?;
    // Somebody else may have registered meanwhile.
    if issuer.account_url.as_deref() != Some(account) || issuer.rollover.is_some() {
        return Ok(());
    }
    tracing::warn!(issuer = %issuer.name, account, "the CA does not know the account any more; the next attempt registers anew");
    let changes = lost(AcmeIssuer { account_url: None, account_orders: None, ..issuer }, account);
    Ok(context.apply(lease, &Actor::Engine, &changes).await?)
}

/// What is to be stored of an issuer whose account is gone at the CA.
fn lost(issuer: AcmeIssuer, account: &str) -> [Change; 2] {
    let event = Change::Event {
        kind: "notafter.issuer.account-lost.v1".to_owned(),
        subject: Subject::Issuer(issuer.id),
        data: serde_json::json!({ "account": account }),
    };
    [Change::PutAccount(issuer.id, issuer.account()), event]
}

/// Closes the account for good; the next renewal makes another one, with another key.
///
/// # Errors
/// There is no account, or the CA did not confirm.
pub async fn deactivate(context: &Context, actor: &Actor, issuer: &AcmeIssuer) -> Result<(), Fault> {
    let mut ca = ready(context, None, issuer.id).await.map_err(NotReady::into_fault)?;
    let entry = context.cas.entry(issuer.id);
    let _alone = entry.account.lock().await;
    let answer = ca.send(&account::deactivate(&ca.account.url)).await.map_err(|miss| miss.failure)?;
    match account::read(&answer) {
        Ok(_) => {}
        // RFC 8555 section 7.3.6: a closed account is refused everything. The reply to the first request was lost.
        // A CA that lost the account has nothing to close.
        Err(failure) if matches!(failure.code, Code::Unauthorized | Code::AccountUnknown) => {}
        Err(failure) => return Err(failure.into()),
    }
    let destroyed = ca.issuer.account_key.map(Change::DestroyKey);
    let closed = AcmeIssuer { account_key: None, account_url: None, account_orders: None, ..ca.issuer };
    let event = Change::Event {
        kind: "notafter.issuer.account-closed.v1".to_owned(),
        subject: Subject::Issuer(closed.id),
        data: serde_json::json!({ "account": ca.account.url }),
    };
    let changes: Vec<Change> =
        [Change::PutAccount(closed.id, closed.account()), event].into_iter().chain(destroyed).collect();
    Ok(context.apply(None, actor, &changes).await?)
}

async fn drive(
    context: &Context,
    mut flow: AccountFlow,
    courier: &mut Courier,
) -> Result<Registered, NotReady> {
    loop {
        match flow.next(context.clock.now()) {
            Do::Send(call) => {
                let reply = courier.send(&call).await;
                flow.take(reply, context.clock.now());
            }
            Do::Wait(wait) => {
                let now = context.clock.now();
                if context.clock.is_staged() || wait.until.since(now) > PATIENCE {
                    let failure = wait.setback.unwrap_or_else(|| Failure::new(Code::ServerError, wait.why));
                    return Err(NotReady::Ca(failure));
                }
                context.clock.sleep_until(wait.until).await;
            }
            Do::Done(account) => return Ok(account),
            Do::Failed(failure) => return Err(NotReady::Ca(failure)),
        }
    }
}

impl Registry {
    fn entry(&self, id: IssuerId) -> Arc<Entry> {
        Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default())
    }
}

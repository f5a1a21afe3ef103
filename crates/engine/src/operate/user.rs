//! Accounts of people: who may sign in to the pages, and what for.

use notafter_cert::Time;
use notafter_inventory::model::{
    Actor, Bond, Disconnected, Grant, Identity, OwnerId, Passkey, PasskeyId, RightsFrom, Role, Session,
    SessionId, User,
};
use notafter_store::{Access, Change, Scope, StoreError, Written};
use serde::{Deserialize, Serialize};

use super::{Fault, Operation, operation};
use crate::access::{self, LINK_LASTS, Secret};
use crate::context::Context;

/// The operations of this file.
pub const OPERATIONS: &[Operation] = &[
    operation!("user.list", list),
    operation!("user.add", add),
    operation!("user.change", change),
    operation!("user.remove", remove),
    operation!("user.link", link),
    operation!("user.password", password),
    operation!("user.sign-out", sign_out),
    operation!("user.remove-passkey", remove_passkey),
    operation!("user.connect", connect),
    operation!("user.disconnect", disconnect),
];

/// The account that a new installation begins with.
const FIRST: &str = "admin";

/// No arguments.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct All {}

/// An account as everybody may see it who may see accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRow {
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The name of the owner it is kept to; nothing where it reaches everything.
    pub owner: Option<String>,
    /// Whether its rights are what the provider's claim said last, and not an administrator.
    #[serde(default)]
    pub rights_follow_claim: bool,
    /// Whether it has a password.
    pub has_password: bool,
    /// The passkeys that lead in to it.
    pub passkeys: Vec<PasskeyRow>,
    /// Who it is at providers that people sign in through.
    pub identities: Vec<IdentityRow>,
    /// Since when it exists.
    pub made_at: Time,
    /// Last time somebody signed in with it.
    pub signed_in_at: Option<Time>,
    /// Where it is signed in.
    pub sessions: Vec<Session>,
}

/// A passkey, as far as anybody is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyRow {
    /// Identity, to remove it by.
    pub id: PasskeyId,
    /// What its owner calls it.
    pub name: String,
    /// What it signs with: ES256, EdDSA or RS256.
    pub algorithm: String,
    /// Since when.
    pub made_at: Time,
    /// Last time somebody signed in with it.
    pub used_at: Option<Time>,
}

impl PasskeyRow {
    /// What is told of a passkey.
    #[must_use]
    pub fn of(passkey: Passkey) -> Self {
        let Passkey { id, name, made_at, used_at, .. } = passkey;
        Self { id, name, algorithm: passkey.key.algorithm().to_owned(), made_at, used_at }
    }
}

/// Somebody at a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityRow {
    /// The provider.
    pub issuer: String,
    /// Who, at that provider.
    pub subject: String,
    /// Since when it is the account's.
    pub from: Time,
    /// How it came about.
    pub by: Bond,
}

impl IdentityRow {
    fn of(Identity { issuer, subject, from, by, .. }: Identity) -> Self {
        Self { issuer, subject, from, by }
    }
}

/// An account by name.
#[derive(Debug, Serialize, Deserialize)]
pub struct Named {
    /// Its name.
    pub name: String,
}

/// A new account.
#[derive(Debug, Serialize, Deserialize)]
pub struct Add {
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The owner it is kept to, by name.
    pub owner: Option<String>,
}

/// Another role or reach for an account.
#[derive(Debug, Serialize, Deserialize)]
pub struct Rights {
    /// Its name.
    pub name: String,
    /// What it may do from now on; as before where it is left out.
    pub role: Option<Role>,
    /// How far it reaches from now on.
    #[serde(default)]
    pub reach: Reach,
}

/// How far an account or token reaches.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// As before.
    #[default]
    Unchanged,
    /// The subjects of this owner.
    Owner(String),
    /// Everything.
    Everything,
}

/// A new password.
#[derive(Serialize, Deserialize)]
pub struct Password {
    /// The account.
    pub name: String,
    /// The password. It crosses the socket of the data directory, which its owner alone may open.
    pub password: String,
}

/// A session to end; every one of the account where none is named.
#[derive(Debug, Serialize, Deserialize)]
pub struct SignOut {
    /// The account.
    pub name: String,
    /// Which of its sessions.
    pub session: Option<SessionId>,
    /// The one that stays, where all others are ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub except: Option<SessionId>,
}

/// A passkey to remove.
#[derive(Debug, Serialize, Deserialize)]
pub struct RemovePasskey {
    /// The account.
    pub name: String,
    /// Which of its passkeys.
    pub passkey: PasskeyId,
}

/// Who an account is at the provider of the settings.
#[derive(Debug, Serialize, Deserialize)]
pub struct Connect {
    /// The account.
    pub name: String,
    /// Who, at the provider: the claim `sub`.
    pub subject: String,
}

/// An account that is nobody at the provider any more.
#[derive(Debug, Serialize, Deserialize)]
pub struct Parted {
    /// Its name.
    pub name: String,
    /// What it may do from now on.
    pub role: Role,
    /// What it might do before: what followed from a claim ended with the connection.
    pub role_before: Role,
}

/// A link that leads in once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The account.
    pub name: String,
    /// Path and query below the address of the pages. A secret: whoever has it is that account.
    pub path: String,
    /// Where the pages are, as far as this installation knows.
    pub site: String,
    /// Leads nowhere from then on.
    pub until: Time,
}

/// How the first administrator comes in: while nobody ever signed in, each start of the server makes a link. Nothing where
/// somebody did, or where accounts were made and none of them administers everything.
///
/// # Errors
/// The store failed.
pub async fn first_link(context: &Context) -> Result<Option<Link>, Fault> {
    let users = context.store.users(&Scope::EVERYTHING).await?;
    if users.iter().any(|user| user.signed_in_at.is_some()) {
        return Ok(None);
    }
    if users.is_empty() {
        let first = Add { name: FIRST.to_owned(), role: Role::Admin, owner: None };
        return add(context, &Actor::Engine, first).await.map(Some);
    }
    match users.iter().find(|user| user.grant == Grant::EVERYTHING) {
        Some(first) => new_link(context, &Actor::Engine, first, Vec::new()).await.map(Some),
        None => Ok(None),
    }
}

async fn list(context: &Context, _: &Actor, _: All) -> Result<Vec<UserRow>, Fault> {
    let now = context.clock.now();
    let sessions = context.store.sessions(&context.scope, None, now).await?;
    let passkeys = context.store.passkeys(&context.scope, None).await?;
    let identities = context.store.identities(&context.scope, None).await?;
    let mut rows = Vec::new();
    for user in context.store.users(&context.scope).await? {
        let keys = passkeys.iter().filter(|passkey| passkey.user_id == user.id).cloned();
        let rights_follow_claim = user.follows_claim(&identities);
        let mine = sessions.iter().filter(|session| session.user_id == user.id).cloned().collect();
        rows.push(UserRow {
            owner: owner_name(context, user.grant).await?,
            rights_follow_claim,
            has_password: user.password.is_some(),
            passkeys: keys.map(PasskeyRow::of).collect(),
            identities: identities
                .iter()
                .filter(|identity| identity.user_id == user.id)
                .cloned()
                .map(IdentityRow::of)
                .collect(),
            name: user.name,
            role: user.grant.role,
            made_at: user.made_at,
            signed_in_at: user.signed_in_at,
            sessions: mine,
        });
    }
    Ok(rows)
}

async fn add(context: &Context, actor: &Actor, add: Add) -> Result<Link, Fault> {
    access::check_name("an account", &add.name)?;
    for_people(add.role)?;
    let accounts = context.hold_inventory().await?;
    if context.store.user_named(&context.scope, &add.name).await?.is_some() {
        return Err(taken(&add.name));
    }
    let owner = match &add.owner {
        Some(name) => Some(owner_of(context, name).await?),
        None => None,
    };
    let user = User {
        id: context.new_id(),
        name: add.name,
        grant: Grant { role: add.role, owner },
        password: None,
        made_at: context.clock.now(),
        rights_from: Some(RightsFrom::Hand),
        disconnected: Vec::new(),
        signed_in_at: None,
    };
    let put = vec![accounts.upon(), Change::Access(Access::PutUser(user.clone(), Written::Made))];
    new_link(context, actor, &user, put).await
}

fn taken(name: &str) -> Fault {
    Fault::new(
        "access.name-taken",
        format!("there is an account {name:?} already"),
        format!("a new sign-in link for it: notafter user link {name}"),
    )
}

/// Who signs in must see the pages.
fn for_people(role: Role) -> Result<(), Fault> {
    if role.is_for_people() {
        return Ok(());
    }
    Err(Fault::new(
        "access.role-of-tokens",
        format!("the role {role} is a token's: no account has it"),
        format!("make the account a viewer, or a token: notafter token make NAME --role {role}"),
    ))
}

async fn change(context: &Context, actor: &Actor, rights: Rights) -> Result<UserRow, Fault> {
    rights.role.map_or(Ok(()), for_people)?;
    let accounts = context.hold_inventory().await?;
    let mut user = find(context, &rights.name).await?;
    let before = user.grant;
    user.grant.role = rights.role.unwrap_or(user.grant.role);
    user.grant.owner = match &rights.reach {
        Reach::Unchanged => user.grant.owner,
        Reach::Everything => None,
        Reach::Owner(name) => Some(owner_of(context, name).await?),
    };
    // What is said here is meant to last, and not to be said otherwise by a claim at the next sign-in.
    user.rights_from = Some(RightsFrom::Hand);
    if before == Grant::EVERYTHING && user.grant != before {
        keeps_an_administrator(context, &user).await?;
    }
    let changes = [accounts.upon(), Change::Access(Access::PutUser(user.clone(), Written::Rights))];
    context.apply(None, actor, &changes).await?;
    let rows = list(context, actor, All {}).await?;
    rows.into_iter().find(|row| row.name == user.name).ok_or_else(|| unknown(&user.name))
}

async fn remove(context: &Context, actor: &Actor, Named { name }: Named) -> Result<Named, Fault> {
    let accounts = context.hold_inventory().await?;
    let user = find(context, &name).await?;
    if user.grant == Grant::EVERYTHING {
        keeps_an_administrator(context, &user).await?;
    }
    let mut changes = vec![accounts.upon(), Change::Access(Access::RemoveUser(user.id))];
    changes.extend(super::calendar::without_link(context, &user).await?);
    context.apply(None, actor, &changes).await?;
    Ok(Named { name })
}

/// Takes a passkey away. Who is signed in with it stays so: that is [`sign_out`]'s.
async fn remove_passkey(context: &Context, actor: &Actor, wish: RemovePasskey) -> Result<PasskeyRow, Fault> {
    let accounts = context.hold_inventory().await?;
    let user = find(context, &wish.name).await?;
    let passkey = access::passkey::of(context, &user, wish.passkey).await?;
    let mut ways = Ways::of(context, &user).await?;
    ways.passkeys -= 1;
    ways.are_enough(context, &user).await?;
    let change = Change::Access(Access::RemovePasskey(passkey.id, user.id));
    context.apply(None, actor, &[accounts.upon(), change]).await?;
    Ok(PasskeyRow::of(passkey))
}

/// Says who an account is at the provider.
async fn connect(context: &Context, actor: &Actor, wish: Connect) -> Result<IdentityRow, Fault> {
    let issuer = provider(context)?;
    let accounts = context.hold_inventory().await?;
    let mut user = find(context, &wish.name).await?;
    let ended = user.disconnected.len();
    user.disconnected.retain(|one| one.issuer != issuer || one.subject != wish.subject);
    let identity = Identity {
        issuer,
        subject: wish.subject,
        user_id: user.id,
        from: context.clock.now(),
        by: Bond::Given,
    };
    let mut changes = vec![accounts.upon(), Change::Access(Access::PutIdentity(identity.clone()))];
    if user.disconnected.len() < ended {
        changes.push(Change::Access(Access::PutUser(user, Written::Connection)));
    }
    context.apply(None, actor, &changes).await.map_err(|error| match error {
        StoreError::Duplicate(_) => Fault::new(
            "access.identity-taken",
            format!(
                "{} is somebody there already, or {:?} is another account's",
                wish.name, identity.subject
            ),
            format!(
                "see notafter user list; what {0} is there ends with: notafter user disconnect {0}",
                wish.name
            ),
        ),
        other => other.into(),
    })?;
    Ok(IdentityRow::of(identity))
}

/// Whoever an account is at the provider of the settings does not come in as it any more, and neither its address nor a claim
/// connects anybody with it again. What followed from the claim ends with it: least is what everybody may do who signs in.
async fn disconnect(context: &Context, actor: &Actor, Named { name }: Named) -> Result<Parted, Fault> {
    let issuer = provider(context)?;
    let accounts = context.hold_inventory().await?;
    let mut user = find(context, &name).await?;
    let identities = context.store.identities(&Scope::EVERYTHING, Some(user.id)).await?;
    let Some(identity) = identities.iter().find(|identity| identity.issuer == issuer) else {
        return Err(Fault::new(
            "access.not-connected",
            format!("{name} is nobody at {issuer}"),
            "list who is: notafter user list",
        ));
    };
    let ways = Ways { is_elsewhere: false, ..Ways::of(context, &user).await? };
    ways.are_enough(context, &user).await?;
    let before = user.grant;
    if user.follows_claim(&identities) {
        user.grant.role = Role::Viewer;
        user.rights_from = Some(RightsFrom::Hand);
    }
    if before == Grant::EVERYTHING && user.grant != before {
        keeps_an_administrator(context, &user).await?;
    }
    let subject = identity.subject.clone();
    user.disconnected.retain(|one| one.issuer != issuer || one.subject != subject);
    user.disconnected.push(Disconnected { issuer: issuer.clone(), subject, at: context.clock.now() });
    let parted = Parted { name, role: user.grant.role, role_before: before.role };
    let (remove, put) = (Access::RemoveIdentity(user.id, issuer), Access::PutUser(user, Written::Connection));
    let changes = [accounts.upon(), Change::Access(remove), Change::Access(put)];
    context.apply(None, actor, &changes).await?;
    Ok(parted)
}

fn provider(context: &Context) -> Result<String, Fault> {
    context.settings.openid_issuer.clone().ok_or_else(access::openid::none)
}

/// How somebody comes in without a link.
struct Ways {
    passkeys: usize,
    is_elsewhere: bool,
}

impl Ways {
    async fn of(context: &Context, user: &User) -> Result<Self, Fault> {
        let (store, scope) = (&context.store, &Scope::EVERYTHING);
        let identities = store.identities(scope, Some(user.id)).await?;
        let issuer = context.settings.openid_issuer.as_deref();
        Ok(Self {
            passkeys: store.passkeys(scope, Some(user.id)).await?.len(),
            is_elsewhere: identities.iter().any(|identity| Some(identity.issuer.as_str()) == issuer),
        })
    }

    /// Whether what is left leads in, for the last administrator of everything.
    async fn are_enough(&self, context: &Context, user: &User) -> Result<(), Fault> {
        let is_left = user.password.is_some() || self.passkeys > 0 || self.is_elsewhere;
        if is_left || user.grant != Grant::EVERYTHING || is_another_administrator(context, user).await? {
            return Ok(());
        }
        Err(last_way_in(user))
    }
}

fn last_way_in(user: &User) -> Fault {
    let name = &user.name;
    Fault::new(
        "access.last-way-in",
        format!("{name} is the last administrator of everything, and nothing else leads in"),
        format!(
            "choose a password or add another passkey first; who lost it comes in by: notafter user link {name}"
        ),
    )
}

async fn is_another_administrator(context: &Context, without: &User) -> Result<bool, Fault> {
    let users = context.store.users(&Scope::EVERYTHING).await?;
    Ok(users.iter().any(|user| user.id != without.id && user.grant == Grant::EVERYTHING))
}

/// Nobody takes the last key to the house away from the pages.
pub(crate) async fn keeps_an_administrator(context: &Context, without: &User) -> Result<(), Fault> {
    if is_another_administrator(context, without).await? {
        return Ok(());
    }
    Err(Fault::new(
        "access.last-administrator",
        format!("{} is the last administrator of everything", without.name),
        "make another one first: notafter user add NAME --role admin",
    ))
}

async fn link(context: &Context, actor: &Actor, Named { name }: Named) -> Result<Link, Fault> {
    let user = find(context, &name).await?;
    new_link(context, actor, &user, Vec::new()).await
}

/// Stores a link together with what makes its account, and clears away those that are over.
async fn new_link(
    context: &Context,
    actor: &Actor,
    user: &User,
    mut changes: Vec<Change>,
) -> Result<Link, Fault> {
    let now = context.clock.now();
    let secret = Secret::new(context.random());
    let until = now + LINK_LASTS;
    let put = [Access::RemoveOver(now), Access::PutLink(secret.hash(), user.id, until)];
    changes.extend(put.map(Change::Access));
    context.apply(None, actor, &changes).await?;
    Ok(Link {
        name: user.name.clone(),
        path: format!("/sign-in/{}", secret.written()),
        site: context.site(),
        until,
    })
}

/// Another password; every browser that was signed in with the old one is out.
async fn password(context: &Context, actor: &Actor, wish: Password) -> Result<Named, Fault> {
    let hashed = access::hashed(context, &wish.name, &wish.password).await?;
    let accounts = context.hold_inventory().await?;
    let user = User { password: Some(hashed), ..find(context, &wish.name).await? };
    let id = user.id;
    let put = [Access::PutUser(user, Written::Password), Access::RemoveSessionsOf(id)].map(Change::Access);
    let changes: Vec<Change> = std::iter::once(accounts.upon()).chain(put).collect();
    context.apply(None, actor, &changes).await?;
    access::begins_anew(context, &wish.name);
    Ok(Named { name: wish.name })
}

async fn sign_out(context: &Context, actor: &Actor, wish: SignOut) -> Result<Named, Fault> {
    let user = find(context, &wish.name).await?;
    let sessions = context.store.sessions(&context.scope, Some(user.id), context.clock.now()).await?;
    let ended = match (wish.session, wish.except) {
        (None, None) => vec![Access::RemoveSessionsOf(user.id)],
        (None, Some(stays)) => {
            let others = sessions.iter().filter(|session| session.id != stays);
            others.map(|session| Access::RemoveSession(session.id)).collect()
        }
        (Some(id), _) => {
            if !sessions.iter().any(|session| session.id == id) {
                return Err(Fault::new(
                    "access.no-such-session",
                    format!("{} has no session {id}", wish.name),
                    "list them with: notafter user list",
                ));
            }
            vec![Access::RemoveSession(id)]
        }
    };
    let changes: Vec<Change> = ended.into_iter().map(Change::Access).collect();
    context.apply(None, actor, &changes).await?;
    Ok(Named { name: wish.name })
}

async fn find(context: &Context, name: &str) -> Result<User, Fault> {
    context.store.user_named(&context.scope, name).await?.ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> Fault {
    Fault::new(
        "access.no-such-user",
        format!("there is no account {name:?}"),
        "list them with: notafter user list",
    )
}

/// The owner of this name.
pub(crate) async fn owner_of(context: &Context, name: &str) -> Result<OwnerId, Fault> {
    let owner = context.store.owner_named(&context.scope, name).await?;
    owner.map(|owner| owner.id).ok_or_else(|| {
        Fault::new(
            "owner.unknown",
            format!("there is no owner {name:?}"),
            "list them with: notafter get owner",
        )
    })
}

/// The name of the owner a grant is kept to; its identity where the owner is gone.
pub(super) async fn owner_name(context: &Context, grant: Grant) -> Result<Option<String>, Fault> {
    let Some(id) = grant.owner else { return Ok(None) };
    let owner = context.store.owner(&context.scope, id).await?;
    Ok(Some(owner.map_or_else(|| id.to_string(), |owner| owner.name)))
}

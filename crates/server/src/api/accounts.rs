//! Accounts and tokens: who may come in, and what for. They are made and changed on the machine; sessions and tokens are ended
//! here, too.

use notafter_engine::operate::token::TokenRow;
use notafter_engine::operate::user::{All, IdentityRow, Named, PasskeyRow, SignOut, UserRow};
use notafter_inventory::model::Session;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::account::At;
use super::answer::{Gone, One};
use super::call::{Call, call};
use super::request::{Asked, NoBody, Nothing};
use super::view::{Doer, Instant, Role};
use crate::auth::Visit;
use crate::refusal::Refusal;
use crate::web::{account as web, operate};

pub(crate) static ACCOUNTS: Call = call!("list-accounts", "Every account, by name", accounts);
pub(crate) static TOKENS: Call = call!("list-tokens", "Every token, by name, without its secret", tokens);
pub(crate) static SIGN_OUT: Call =
    call!("sign-out-account", "Signs an account out everywhere; links that lead in lead nowhere", sign_out);
pub(crate) static END_SESSION: Call = call!("end-session", "Ends a session of an account", end_session);
pub(crate) static END_TOKEN: Call = call!("end-token", "Ends a token", end_token);

#[derive(Deserialize, JsonSchema)]
struct Account {
    /// Its name.
    account: String,
}

#[derive(Deserialize, JsonSchema)]
struct AccountSession {
    /// The name of the account.
    account: String,
    /// The identity of the session (`se_...`).
    id: String,
}

/// The accounts.
#[derive(Serialize, JsonSchema)]
struct Accounts {
    /// Each of them.
    items: Vec<OneAccount>,
}

/// An account.
#[derive(Serialize, JsonSchema)]
struct OneAccount {
    /// Its name.
    name: String,
    /// What it may do.
    role: Role,
    /// The owner it is kept to; nothing where it reaches everything.
    owner: Option<String>,
    /// Whether role and owner are what the provider's claim said last, and not what an administrator said.
    rights_follow_claim: bool,
    /// Whether it has a password.
    has_password: bool,
    /// The passkeys that lead in to it.
    passkeys: Vec<OnePasskey>,
    /// Who it is at providers that people sign in through.
    identities: Vec<OneIdentity>,
    /// Since when it exists.
    made_at: Instant,
    /// Last time somebody signed in with it.
    signed_in_at: Option<Instant>,
    /// Where it is signed in.
    sessions: Vec<OneSession>,
}

/// A passkey.
#[derive(Serialize, JsonSchema)]
struct OnePasskey {
    /// Identity (`pk_...`).
    id: String,
    /// What its owner calls it.
    name: String,
    /// What it signs with.
    algorithm: String,
    /// Since when.
    made_at: Instant,
    /// Last time somebody signed in with it.
    used_at: Option<Instant>,
}

/// Somebody at a provider (OpenID Connect).
#[derive(Serialize, JsonSchema)]
struct OneIdentity {
    /// The provider.
    issuer: String,
    /// Who, at that provider.
    subject: String,
    /// Since when it is the account's.
    from: Instant,
}

/// A browser that is signed in.
#[derive(Serialize, JsonSchema)]
pub(super) struct OneSession {
    /// Identity (`se_...`).
    id: String,
    /// Since when.
    from: Instant,
    /// Ends then at the latest.
    until: Instant,
    /// What the browser calls itself.
    agent: String,
    /// Where it signed in from.
    address: String,
}

/// The tokens.
#[derive(Serialize, JsonSchema)]
struct Tokens {
    /// Each of them.
    items: Vec<OneToken>,
}

/// A token.
#[derive(Serialize, JsonSchema)]
pub(super) struct OneToken {
    /// Identity.
    id: String,
    /// Its name.
    name: String,
    /// What may be done with it.
    role: Role,
    /// The owner it is kept to; nothing where it reaches everything.
    owner: Option<String>,
    /// Since when.
    from: Instant,
    /// Worth nothing from then on.
    until: Instant,
    /// Who made it.
    by: Doer,
}

async fn accounts(visit: Visit, _: Asked<Nothing, Nothing, NoBody>) -> Result<One<Accounts>, Refusal> {
    let users: Vec<UserRow> = operate(&visit, "user.list", All {}).await?;
    Ok(One(Accounts { items: users.into_iter().map(account).collect() }))
}

fn account(row: UserRow) -> OneAccount {
    OneAccount {
        name: row.name,
        role: row.role.into(),
        owner: row.owner,
        rights_follow_claim: row.rights_follow_claim,
        has_password: row.has_password,
        passkeys: row.passkeys.into_iter().map(passkey).collect(),
        identities: row.identities.into_iter().map(identity).collect(),
        made_at: row.made_at.into(),
        signed_in_at: row.signed_in_at.map(Instant),
        sessions: row.sessions.into_iter().map(session).collect(),
    }
}

fn passkey(PasskeyRow { id, name, algorithm, made_at, used_at }: PasskeyRow) -> OnePasskey {
    OnePasskey { id: id.to_string(), name, algorithm, made_at: made_at.into(), used_at: used_at.map(Instant) }
}

fn identity(IdentityRow { issuer, subject, from, .. }: IdentityRow) -> OneIdentity {
    OneIdentity { issuer, subject, from: from.into() }
}

pub(super) fn session(Session { id, from, until, agent, address, .. }: Session) -> OneSession {
    OneSession { id: id.to_string(), from: from.into(), until: until.into(), agent, address }
}

async fn tokens(visit: Visit, _: Asked<Nothing, Nothing, NoBody>) -> Result<One<Tokens>, Refusal> {
    let tokens: Vec<TokenRow> = operate(&visit, "token.list", All {}).await?;
    Ok(One(Tokens { items: tokens.into_iter().map(token).collect() }))
}

pub(super) fn token(TokenRow { id, name, role, owner, from, until, by }: TokenRow) -> OneToken {
    OneToken {
        id: id.to_string(),
        name,
        role: role.into(),
        owner,
        from: from.into(),
        until: until.into(),
        by: by.into(),
    }
}

async fn sign_out(visit: Visit, asked: Asked<Account, Nothing, NoBody>) -> Result<Gone, Refusal> {
    let all = SignOut { name: asked.path.account, session: None, except: None };
    let _: Named = operate(&visit, "user.sign-out", all).await?;
    Ok(Gone)
}

async fn end_session(visit: Visit, asked: Asked<AccountSession, Nothing, NoBody>) -> Result<Gone, Refusal> {
    web::end(&visit, asked.path.account, &asked.path.id).await?;
    Ok(Gone)
}

async fn end_token(visit: Visit, asked: Asked<At, Nothing, NoBody>) -> Result<Gone, Refusal> {
    web::end_token_by_id(&visit, &asked.path.id).await?;
    Ok(Gone)
}

//! One's own account: where it is signed in, and the tokens that are its own. Whoever asks with a token is no account.

use notafter_engine::operate::token::TokenRow;
use notafter_engine::operate::user::{Named, SignOut};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::accounts::{OneSession, OneToken, session, token};
use super::answer::{Gone, One};
use super::call::{Call, call};
use super::request::{Asked, NoBody, Nothing};
use super::view::Role;
use crate::auth::Visit;
use crate::refusal::Refusal;
use crate::web::{account, operate};

pub(crate) static SHOW: Call =
    call!("show-account", "One's own account, where it is signed in, and its tokens", show, [NOT_FOUND]);
pub(crate) static END_OTHERS: Call =
    call!("end-other-sessions", "Signs the own account out everywhere else", end_others, [NOT_FOUND]);
pub(crate) static END_SESSION: Call =
    call!("end-own-session", "Ends a session of the own account", end_session);
pub(crate) static END_TOKEN: Call = call!("end-own-token", "Ends a token of the own account", end_token);

/// One's own account.
#[derive(Serialize, JsonSchema)]
struct OwnAccount {
    /// Its name.
    name: String,
    /// What it may do.
    role: Role,
    /// Which of the sessions asks.
    session_id: String,
    /// Where it is signed in.
    sessions: Vec<OneSession>,
    /// The tokens that belong to it, without their secrets.
    tokens: Vec<OneToken>,
}

#[derive(Deserialize, JsonSchema)]
pub(super) struct At {
    /// Its identity.
    pub(super) id: String,
}

async fn show(visit: Visit, _: Asked<Nothing, Nothing, NoBody>) -> Result<One<OwnAccount>, Refusal> {
    let (present, user) = account::session(&visit)?;
    let (store, scope) = (&visit.context.store, &visit.context.scope);
    let sessions = store.sessions(scope, Some(user.id), visit.context.clock.now()).await?;
    let tokens: Vec<TokenRow> = account::own_tokens(&visit, user).await?;
    Ok(One(OwnAccount {
        name: user.name.clone(),
        role: user.grant.role.into(),
        session_id: present.id.to_string(),
        sessions: sessions.into_iter().map(session).collect(),
        tokens: tokens.into_iter().map(token).collect(),
    }))
}

async fn end_others(visit: Visit, _: Asked<Nothing, Nothing, NoBody>) -> Result<Gone, Refusal> {
    let (present, user) = account::session(&visit)?;
    let others = SignOut { name: user.name.clone(), session: None, except: Some(present.id) };
    let _: Named = operate(&visit, "user.sign-out", others).await?;
    Ok(Gone)
}

async fn end_session(visit: Visit, asked: Asked<At, Nothing, NoBody>) -> Result<Gone, Refusal> {
    let (_, user) = account::session(&visit)?;
    account::end(&visit, user.name.clone(), &asked.path.id).await?;
    Ok(Gone)
}

async fn end_token(visit: Visit, asked: Asked<At, Nothing, NoBody>) -> Result<Gone, Refusal> {
    account::end_own_token(&visit, &asked.path.id).await?;
    Ok(Gone)
}

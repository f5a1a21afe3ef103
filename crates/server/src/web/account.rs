//! One's own account; and every account, for administrators.

use askama::Template;
use axum::extract::{Extension, Path};
use axum::response::{IntoResponse, Redirect, Response};
use notafter_cert::Time;
use notafter_engine::access;
use notafter_engine::context::Context;
use notafter_engine::operate::token::TokenRow;
use notafter_engine::operate::user::{All, Named, PasskeyRow, SignOut, UserRow};
use notafter_engine::operate::{Fault, calendar};
use notafter_inventory::model::{Role, Session, SessionId, TokenId, User};
use serde::Deserialize;
use serde_json::json;

use super::browser::browser;
use super::fields::Filled;
use super::passkey::{Site, View as PasskeyView};
use super::{Frame, Page, carry_out, operate, written};
use crate::auth::Visit;
use crate::refusal::Refusal;

#[derive(Template)]
#[template(path = "account.html")]
struct Account {
    frame: Frame,
    rights: String,
    said: Option<&'static str>,
    fault: Option<Fault>,
    has_password: bool,
    /// Whether the present password is asked for.
    asks_for_present: bool,
    /// Who it is at providers that people sign in through.
    identities: Vec<String>,
    passkeys: Vec<PasskeyView>,
    passkey_site: Site,
    passkey_page: &'static str,
    sessions: Vec<SessionView>,
    tokens: Vec<TokenView>,
    calendar: Calendar,
}

/// How one's own calendar is fetched.
enum Calendar {
    /// There is no link.
    Absent,
    /// There is one, told when it was made: what it leads to, and until when it does.
    Known { since: String, until: String },
    /// It was made just now, and is told once.
    Made { url: String, until: String },
}

impl Calendar {
    const fn is_there(&self) -> bool {
        !matches!(self, Self::Absent)
    }
}

#[derive(Template)]
#[template(path = "accounts.html")]
struct Accounts {
    frame: Frame,
    rows: Vec<UserView>,
    sessions: Vec<(String, SessionView)>,
    tokens: Vec<TokenView>,
}

struct UserView {
    name: String,
    role: Role,
    reach: String,
    signed_in: String,
    is_signed_in: bool,
}

/// A browser that is signed in.
struct SessionView {
    id: SessionId,
    from: String,
    address: String,
    /// In a few words, and as it says itself.
    browser: String,
    agent: String,
    /// It is the one that asks.
    is_this: bool,
}

impl SessionView {
    fn of(one: &Session, present: Option<SessionId>) -> Self {
        let Session { id, from, address, agent, .. } = one;
        let (from, address, agent) = (from.for_people(), address.clone(), agent.clone());
        Self { id: *id, from, address, browser: browser(&agent), agent, is_this: present == Some(*id) }
    }
}

struct TokenView {
    id: TokenId,
    name: String,
    role: Role,
    reach: String,
    until: String,
}

impl TokenView {
    fn of(token: TokenRow) -> Self {
        Self {
            id: token.id,
            name: token.name,
            role: token.role,
            reach: reach(token.owner),
            until: token.until.for_people(),
        }
    }
}

fn reach(owner: Option<String>) -> String {
    owner.unwrap_or_else(|| "everything".to_owned())
}

#[derive(Deserialize)]
pub(crate) struct NewPassword {
    #[serde(default)]
    present: String,
    password: String,
}

/// One's own account.
pub(crate) async fn page(Extension(visit): Extension<Visit>) -> Page {
    written(&account(&visit, None).await?)
}

async fn account(visit: &Visit, fault: Option<Fault>) -> Result<Account, Refusal> {
    let signed_in @ (present, user) = session(visit)?;
    let context = &visit.context;
    let calendar = match calendar::link_of(context, user).await? {
        None => Calendar::Absent,
        Some(token) => Calendar::Known { since: token.from.for_people(), until: token.until.for_people() },
    };
    let sessions = context.store.sessions(&context.scope, Some(user.id), context.clock.now()).await?;
    let passkeys = context.store.passkeys(&context.scope, Some(user.id)).await?;
    let identities = context.store.identities(&context.scope, Some(user.id)).await?;
    let grant = visit.caller.grant;
    let reach = match grant.owner {
        None => "over everything".to_owned(),
        Some(id) => {
            let owner = context.store.owner(&context.scope, id).await?;
            owner.map_or_else(
                || format!("kept to owner {id}"),
                |owner| format!("kept to owner {}", owner.name),
            )
        }
    };
    Ok(Account {
        frame: Frame::of(visit, "/account"),
        rights: format!("Your role is {}, {reach}.", grant.role),
        said: said(context, signed_in, passkeys.is_empty() && identities.is_empty()),
        fault,
        has_password: user.password.is_some(),
        asks_for_present: access::asks_for_present(context, signed_in),
        identities: identities
            .iter()
            .map(|one| format!("You are {} at {}, since {}.", one.subject, one.issuer, one.from.for_people()))
            .collect(),
        passkeys: passkeys.into_iter().map(PasskeyRow::of).map(PasskeyView::of).collect(),
        passkey_site: Site::of(context),
        passkey_page: "/account",
        sessions: sessions.iter().map(|one| SessionView::of(one, Some(present.id))).collect(),
        tokens: own_tokens(visit, user).await?.into_iter().map(TokenView::of).collect(),
        calendar,
    })
}

/// What somebody is told who came in by a link.
fn said(context: &Context, (session, user): &(Session, User), has_no_other: bool) -> Option<&'static str> {
    match &user.password {
        None if has_no_other => Some(
            "You came in by a link that leads in once. Choose a password or add a passkey to come in again.",
        ),
        Some(_) if session.is_fresh_from_a_link(context.clock.now()) => Some(
            "You came in by a link that leads in once. For 15 minutes from then on, you can choose another password or add a passkey without the present password.",
        ),
        _ => None,
    }
}

/// Whoever visits, where that is a person: a token has no password and no sessions.
fn person(visit: &Visit) -> Result<&User, Refusal> {
    session(visit).map(|(_, user)| user)
}

/// The same with the session of the browser.
pub(crate) fn session(visit: &Visit) -> Result<&(Session, User), Refusal> {
    visit.session.as_deref().ok_or_else(|| Refusal::absent("account behind a token"))
}

/// The page, with what was refused.
pub(super) async fn refused(visit: &Visit, fault: Fault) -> Result<Response, Refusal> {
    let status = Refusal::of(fault.clone()).status();
    Ok((status, written(&account(visit, Some(fault)).await?)?).into_response())
}

/// Takes a new password. Whoever found a browser open does not know the present one.
pub(crate) async fn password(
    Extension(visit): Extension<Visit>,
    Filled(wish): Filled<NewPassword>,
) -> Result<Response, Refusal> {
    let signed_in @ (_, user) = session(&visit)?;
    let changed = match access::confirm(&visit.context, signed_in, &wish.present).await {
        Err(fault) => Err(fault),
        Ok(()) => {
            let args = json!({ "name": user.name, "password": wish.password });
            carry_out(&visit, "user.password", args).await
        }
    };
    match changed {
        Ok(_) => Ok(Redirect::to("/sign-in?done=password").into_response()),
        Err(fault) => refused(&visit, fault).await,
    }
}

/// Makes a link for one's own calendar, and shows it once.
pub(crate) async fn calendar(Extension(visit): Extension<Visit>) -> Page {
    let made = calendar::make_link(&visit.context, &visit.caller.actor, person(&visit)?).await?;
    let calendar = Calendar::Made { url: made.url, until: made.until.for_people() };
    written(&Account { calendar, ..account(&visit, None).await? })
}

/// Takes the link of one's own calendar away.
pub(crate) async fn no_calendar(Extension(visit): Extension<Visit>) -> Result<Redirect, Refusal> {
    calendar::remove_link(&visit.context, &visit.caller.actor, person(&visit)?).await?;
    Ok(Redirect::to("/account"))
}

/// Every account and every token.
pub(crate) async fn all(Extension(visit): Extension<Visit>) -> Page {
    let users: Vec<UserRow> = operate(&visit, "user.list", All {}).await?;
    let tokens: Vec<TokenRow> = operate(&visit, "token.list", All {}).await?;
    let present = visit.session.as_deref().map(|(session, _)| session.id);
    let of = |user: &UserRow| -> Vec<(String, SessionView)> {
        user.sessions.iter().map(|one| (user.name.clone(), SessionView::of(one, present))).collect()
    };
    let sessions = users.iter().flat_map(of).collect();
    let rows = users.into_iter().map(|user| UserView {
        name: user.name,
        role: user.role,
        reach: reach(user.owner),
        is_signed_in: !user.sessions.is_empty(),
        signed_in: user.signed_in_at.map_or_else(|| "never".to_owned(), Time::for_people),
    });
    let (rows, tokens) = (rows.collect(), tokens.into_iter().map(TokenView::of).collect());
    written(&Accounts { frame: Frame::of(&visit, "/accounts"), rows, sessions, tokens })
}

/// The tokens that belong to an account, of whoever visits.
pub(crate) async fn own_tokens(visit: &Visit, user: &User) -> Result<Vec<TokenRow>, Refusal> {
    let (store, scope) = (&visit.context.store, &visit.context.scope);
    let own: Vec<TokenId> = store
        .tokens(scope)
        .await?
        .iter()
        .filter(|token| token.of == Some(user.id))
        .map(|token| token.id)
        .collect();
    let rows: Vec<TokenRow> = operate(visit, "token.list", All {}).await?;
    Ok(rows.into_iter().filter(|row| own.contains(&row.id)).collect())
}

/// Ends a session of the account of this name, and of no other.
pub(crate) async fn end(visit: &Visit, name: String, id: &str) -> Result<(), Refusal> {
    let id: SessionId = id.parse().map_err(|_| Refusal::absent("such session"))?;
    let one = SignOut { name, session: Some(id), except: None };
    operate::<Named>(visit, "user.sign-out", one).await.map(drop)
}

/// Ends a token that belongs to whoever visits.
pub(crate) async fn end_own_token(visit: &Visit, id: &str) -> Result<(), Refusal> {
    let own = own_tokens(visit, person(visit)?).await?;
    if !own.iter().any(|token| token.id.to_string() == id) {
        return Err(Refusal::absent("such token"));
    }
    end_token_by_id(visit, id).await
}

/// Ends a token, whosever it is.
pub(crate) async fn end_token_by_id(visit: &Visit, id: &str) -> Result<(), Refusal> {
    let id: TokenId = id.parse().map_err(|_| Refusal::absent("such token"))?;
    operate::<Named>(visit, "token.remove", Named { name: id.to_string() }).await.map(drop)
}

/// Ends a session of one's own.
pub(crate) async fn end_session(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
) -> Result<Redirect, Refusal> {
    end(&visit, person(&visit)?.name.clone(), &id).await?;
    Ok(Redirect::to("/account#sessions"))
}

/// Ends every other session of one's own.
pub(crate) async fn end_others(Extension(visit): Extension<Visit>) -> Result<Redirect, Refusal> {
    let (present, user) = session(&visit)?;
    let others = SignOut { name: user.name.clone(), session: None, except: Some(present.id) };
    operate::<Named>(&visit, "user.sign-out", others).await?;
    Ok(Redirect::to("/account#sessions"))
}

/// Ends a token of one's own.
pub(crate) async fn end_token(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
) -> Result<Redirect, Refusal> {
    end_own_token(&visit, &id).await?;
    Ok(Redirect::to("/account#tokens"))
}

/// Ends a session, whosever it is.
pub(crate) async fn end_session_of_any(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
) -> Result<Redirect, Refusal> {
    let users: Vec<UserRow> = operate(&visit, "user.list", All {}).await?;
    let has_it = |user: &UserRow| user.sessions.iter().any(|session| session.id.to_string() == id);
    let user = users.into_iter().find(has_it).ok_or_else(|| Refusal::absent("such session"))?;
    end(&visit, user.name, &id).await?;
    Ok(Redirect::to("/accounts#sessions"))
}

/// Signs an account out everywhere.
pub(crate) async fn sign_out_everywhere(
    Extension(visit): Extension<Visit>,
    Filled(Named { name }): Filled<Named>,
) -> Result<Redirect, Refusal> {
    let all = SignOut { name, session: None, except: None };
    operate::<Named>(&visit, "user.sign-out", all).await?;
    Ok(Redirect::to("/accounts"))
}

/// Ends a token, whosever it is.
pub(crate) async fn end_token_of_any(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
) -> Result<Redirect, Refusal> {
    end_token_by_id(&visit, &id).await?;
    Ok(Redirect::to("/accounts#tokens"))
}

//! Who comes in: passwords, passkeys, providers elsewhere, sign-in links, sessions and API tokens. Whoever asks from outside passes here and nowhere else.

mod attempts;
mod challenge;
mod link;
pub mod openid;
pub mod passkey;
mod password;
mod secret;

use std::net::{IpAddr, Ipv6Addr};

use notafter_cert::{Span, Time};
use notafter_inventory::model::{Actor, BeganWith, Grant, Role, Session, Token, User};
use notafter_store::{Access, Change, Scope};
use tokio::sync::Semaphore;

pub use attempts::Attempts;
pub use challenge::CHALLENGE_LASTS;
pub(crate) use link::counted;
pub use password::TooWeak;
pub use secret::Secret;

use crate::context::Context;
use crate::operate::Fault;

/// A browser that nobody signed out is out after so long.
pub const SESSION_LASTS: Span = Span::days(7);
/// A sign-in link that nobody took leads nowhere after so long.
pub const LINK_LASTS: Span = Span::hours(1);
/// As long as anybody could want an account's name to be.
const LONGEST_NAME: usize = 64;

/// Guards the door of one process: what is tried at it is counted, and little of it is worked on at the same time.
#[derive(Debug)]
pub struct Gate {
    attempts: std::sync::Mutex<Attempts>,
    /// Each password that is checked takes 19 MiB and some tens of milliseconds.
    hashing: Semaphore,
}

impl Default for Gate {
    fn default() -> Self {
        Self { attempts: std::sync::Mutex::default(), hashing: Semaphore::new(2) }
    }
}

impl Gate {
    /// Counts an attempt before it is worked on, so that a hundred at the same time are a hundred.
    fn begin_attempt(&self, keys: &[String], now: Time) -> Result<(), Fault> {
        self.begin(keys, now).map_err(too_many)
    }

    /// The same at another door.
    ///
    /// # Errors
    /// Too much was tried; the next attempt is possible at the instant.
    pub(crate) fn begin(&self, keys: &[String], now: Time) -> Result<(), Time> {
        let mut attempts = self.attempts();
        if let Some(until) = attempts.refused(keys, now) {
            return Err(until);
        }
        attempts.failed(keys, now);
        Ok(())
    }

    /// What was begun went well.
    pub(crate) fn went_well(&self, keys: &[String]) {
        self.attempts().went_well(keys);
    }

    fn attempts(&self) -> std::sync::MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Whoever makes a request, once it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// As the event log names it.
    pub actor: Actor,
    /// What it may do.
    pub grant: Grant,
}

impl Caller {
    /// Whose rows it sees.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        match self.grant.owner {
            Some(owner) => Scope::owner(owner),
            None => Scope::EVERYTHING,
        }
    }
}

/// Whoever is at the other end of a connection.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// What the browser calls itself; foreign text.
    pub agent: String,
}

impl Peer {
    /// What is counted as one source: an IPv4 address, or the /64 that a network gives a single machine (RFC 4291 section
    /// 2.5.4), which has addresses without end. Nothing on loopback: it may be anybody behind a proxy that does not say whom it
    /// answers for.
    #[must_use]
    pub fn source(&self) -> Option<IpAddr> {
        match self.address.to_canonical() {
            address if address.is_loopback() => None,
            IpAddr::V4(address) => Some(address.into()),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Some(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into())
            }
        }
    }
}

/// Signs in with name and password. Answers the session's secret, for the browser alone.
///
/// # Errors
/// Name or password is wrong, which of them is not said; too much was tried; or the store failed.
pub async fn sign_in(context: &Context, name: &str, password: &str, peer: Peer) -> Result<Secret, Fault> {
    let now = context.clock.now();
    let mut keys = vec![at_name(name)];
    keys.extend(from_elsewhere(&peer));
    context.gate.begin_attempt(&keys, now)?;
    let user = match name.len() {
        1..=LONGEST_NAME => context.store.user_named(&Scope::EVERYTHING, name).await?,
        _ => None,
    };
    let stored = user.as_ref().and_then(|user| user.password.clone());
    let fits = {
        let _turn = context.gate.hashing.acquire().await;
        password::fits(password.to_owned(), stored).await
    };
    match user {
        Some(user) if fits => {
            context.gate.went_well(&keys);
            begin(context, user, (BeganWith::Password, peer), Vec::new()).await
        }
        _ => Err(Fault::new(
            "access.wrong-password",
            "name or password is wrong",
            "ask an administrator for a sign-in link: notafter user link NAME",
        )),
    }
}

/// What attempts at a name are counted by.
fn at_name(name: &str) -> String {
    format!("name {}", clipped(name))
}

/// The account has a new password: what was guessed at its name before keeps nobody from signing in with it. What
/// was guessed from an address goes on counting there, or whoever has an account could guess at those of others for ever.
pub(crate) fn begins_anew(context: &Context, name: &str) {
    context.gate.went_well(&[at_name(name)]);
}

/// What attempts from one source are counted by.
fn from_elsewhere(peer: &Peer) -> Option<String> {
    peer.source().map(|source| format!("address {source}"))
}

fn too_many(until: Time) -> Fault {
    Fault::new(
        "access.too-many-attempts",
        format!("too many attempts to sign in; the next one is possible at {until}"),
        "wait, or ask an administrator for a sign-in link: notafter user link NAME",
    )
}

fn clipped(text: &str) -> String {
    text.chars().take(LONGEST_NAME).collect()
}

/// Whose a sign-in link is. Looking does not use it up: programs that preview links open them.
///
/// # Errors
/// It was used, is over or never was; or the store failed.
pub async fn link(context: &Context, secret: &Secret) -> Result<User, Fault> {
    let now = context.clock.now();
    let user = context.store.link(&Scope::EVERYTHING, secret.hash(), now).await?;
    user.ok_or_else(link_is_over)
}

/// Signs in with a link, which is used up by it.
///
/// # Errors
/// As [`link`].
pub async fn take_link(context: &Context, secret: &Secret, peer: Peer) -> Result<Secret, Fault> {
    let user = link(context, secret).await?;
    let take = Change::Access(Access::TakeLink(secret.hash()));
    let begun = begin(context, user, (BeganWith::Link, peer), vec![take]).await;
    begun.map_err(|fault| match fault.code.as_str() {
        "store.overtaken" => link_is_over(),
        _ => fault,
    })
}

/// A link that leads in no more, or never did: which of them it is, is nobody's business.
#[must_use]
pub fn link_is_over() -> Fault {
    Fault::new(
        "access.link-is-over",
        "this link was used, is too old, or is not whole",
        "ask whoever runs notafter for a new one: `notafter user link NAME`",
    )
}

/// Begins a session, together with what leads in to it.
async fn begin(
    context: &Context,
    user: User,
    (began_with, peer): (BeganWith, Peer),
    mut changes: Vec<Change>,
) -> Result<Secret, Fault> {
    let now = context.clock.now();
    let secret = Secret::new(context.random());
    let session = Session {
        id: context.new_id(),
        user_id: user.id,
        from: now,
        until: now + SESSION_LASTS,
        agent: peer.agent.chars().take(200).collect(),
        address: peer.address.to_string(),
        began_with: Some(began_with),
    };
    let actor = Actor::User(user.name.clone());
    let signs_in =
        [Access::RemoveOver(now), Access::SignIn(user, now), Access::PutSession(secret.hash(), session)];
    changes.extend(signs_in.map(Change::Access));
    context.apply(None, &actor, &changes).await?;
    Ok(secret)
}

/// Who a browser's secret belongs to.
///
/// # Errors
/// The store failed.
pub async fn by_session(context: &Context, secret: &Secret) -> Result<Option<(Session, User)>, Fault> {
    Ok(context.store.session(&Scope::EVERYTHING, secret.hash(), context.clock.now()).await?)
}

/// Who an API token's secret belongs to.
///
/// # Errors
/// The store failed.
pub async fn by_token(context: &Context, secret: &Secret) -> Result<Option<Caller>, Fault> {
    let token = token(context, secret).await?;
    Ok(token.map(|token| Caller { actor: Actor::Token(token.name), grant: token.grant }))
}

/// The token behind the link of a calendar. One that is good for anything else is none: links are kept by programs of
/// others and written into logs on the way.
///
/// # Errors
/// The store failed.
pub async fn by_calendar_link(context: &Context, secret: &Secret) -> Result<Option<Token>, Fault> {
    Ok(token(context, secret).await?.filter(|token| token.grant.role == Role::Calendar))
}

/// A token as far as it reaches now: that of an account reaches no further than the account does.
async fn token(context: &Context, secret: &Secret) -> Result<Option<Token>, Fault> {
    let (store, scope) = (&context.store, &Scope::EVERYTHING);
    let Some(mut token) = store.token(scope, secret.hash(), context.clock.now()).await? else {
        return Ok(None);
    };
    if let Some(of) = token.of {
        let Some(user) = store.user(scope, of).await? else { return Ok(None) };
        token.grant = Grant { role: token.grant.role.min(user.grant.role), owner: user.grant.owner };
    }
    Ok(Some(token))
}

/// Signs out.
///
/// # Errors
/// The store failed.
pub async fn end(context: &Context, (session, user): (Session, User)) -> Result<(), Fault> {
    let change = Change::Access(Access::RemoveSession(session.id));
    Ok(context.apply(None, &Actor::User(user.name), &[change]).await?)
}

/// Whether somebody who is signed in is asked for the present password: not where the account has none, nor shortly after
/// coming in by a link, which is how a forgotten one is replaced.
#[must_use]
pub fn asks_for_present(context: &Context, (session, user): &(Session, User)) -> bool {
    user.password.is_some() && !session.is_fresh_from_a_link(context.clock.now())
}

/// Whether somebody who is signed in knows the present password, where it is asked for. What is tried here is counted apart from
/// what is tried at the door, where anybody can guess for any name.
///
/// # Errors
/// It is wrong, or too much was tried.
pub async fn confirm(context: &Context, signed_in: &(Session, User), password: &str) -> Result<(), Fault> {
    let (_, user) = signed_in;
    let Some(stored) = user.password.clone().filter(|_| asks_for_present(context, signed_in)) else {
        return Ok(());
    };
    let keys = [format!("present {}", user.id)];
    context.gate.begin(&keys, context.clock.now()).map_err(|until| {
        Fault::new(
            "access.too-many-attempts",
            format!("too many attempts with the present password; the next one is possible at {until}"),
            "wait, or come in by a link: notafter user link NAME",
        )
    })?;
    let _turn = context.gate.hashing.acquire().await;
    if !password::fits(password.to_owned(), Some(stored)).await {
        return Err(Fault::new(
            "access.wrong-password",
            "the present password is wrong",
            "sign out, and come in by a link: notafter user link NAME",
        ));
    }
    context.gate.went_well(&keys);
    Ok(())
}

/// Hashes a password that somebody chose for the account of this name.
///
/// # Errors
/// It is too short, too long, or among those that are tried first.
pub async fn hashed(context: &Context, name: &str, password: &str) -> Result<String, TooWeak> {
    let site = context.site();
    let words = site.split(|letter: char| !letter.is_alphanumeric()).filter(|word| word.len() >= 4);
    let names: Vec<&str> = std::iter::once(name).chain(words).collect();
    let _turn = context.gate.hashing.acquire().await;
    password::hashed(password.to_owned(), &names, context.random()).await
}

/// Whether a text can be the name of an account or a token.
///
/// # Errors
/// What is wrong with it.
pub fn check_name(what: &str, name: &str) -> Result<(), Fault> {
    let usual = |character: char| character.is_alphanumeric() || "@.-_+".contains(character);
    if (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(usual) {
        return Ok(());
    }
    Err(Fault::new(
        "access.bad-name",
        format!("{:?} cannot be the name of {what}", clipped(name)),
        format!("letters, digits and @ . - _ + make a name, {LONGEST_NAME} bytes at most"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_source_is_one_machine_however_many_addresses_it_has() {
        for (address, source) in [
            ("192.0.2.7", Some("192.0.2.7")),
            ("::ffff:192.0.2.7", Some("192.0.2.7")),
            ("2001:db8:1:2:3:4:5:6", Some("2001:db8:1:2::")),
            ("2001:db8:1:2:ffff::1", Some("2001:db8:1:2::")),
            ("2001:db8:1:3::1", Some("2001:db8:1:3::")),
            ("127.0.0.1", None),
            ("::ffff:127.0.0.1", None),
            ("::1", None),
        ] {
            let peer = Peer { address: address.parse().unwrap(), agent: String::new() };
            assert_eq!(peer.source().map(|source| source.to_string()).as_deref(), source, "{address}");
        }
    }
}

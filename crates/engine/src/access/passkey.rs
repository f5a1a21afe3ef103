//! Passkeys: added by whoever is signed in, and presented by whoever comes in.

use notafter_acme::jose::base64url;
use notafter_inventory::model::{Actor, BeganWith, LONGEST_PASSKEY_NAME, Passkey, PasskeyId, Session, User};
use notafter_inventory::webauthn::{
    self, Assertion, Expected, LONGEST_CREDENTIAL, Refused, RelyingParty, Unusable,
};
use notafter_store::{Access, Change, Scope, StoreError};
use serde_json::Value;

use super::challenge::{self, Challenge, Purpose};
use super::{Peer, Secret, begin, clipped};
use crate::context::Context;
use crate::operate::Fault;

/// More on one account are forgotten ones.
const MOST: usize = 20;

/// What a browser is asked, and what it brings back with its answer.
#[derive(Debug)]
pub struct Question {
    /// The options of `navigator.credentials`, as JSON.
    pub options: Value,
    /// The signed challenge, for the browser alone.
    pub challenge: String,
}

/// What a browser says of a credential that it made.
#[derive(Debug)]
pub struct NewPasskey {
    /// What its owner calls it.
    pub name: String,
    /// What the browser says of the ceremony.
    pub client_data: Vec<u8>,
    /// What the authenticator says of it.
    pub attestation: Vec<u8>,
}

/// What a browser presents to come in.
#[derive(Debug)]
pub struct Presented {
    /// The identity of the credential.
    pub credential: Vec<u8>,
    /// Whose it is, as its authenticator was told when it was made.
    pub account: Vec<u8>,
    /// What was signed.
    pub assertion: Assertion,
}

/// Whose passkeys those of these pages are.
///
/// # Errors
/// No browser makes any for them.
pub fn relying_party(context: &Context) -> Result<RelyingParty, Unusable> {
    RelyingParty::of(&context.site())
}

fn party(context: &Context) -> Result<RelyingParty, Fault> {
    relying_party(context).map_err(|why| {
        Fault::new("access.passkeys-unusable", "passkeys cannot be used here", Unusable::HINT)
            .because(why.to_string())
    })
}

/// Asks a browser to make a passkey for whoever is signed in, and proved it once more ([`super::confirm`]).
///
/// # Errors
/// No browser would, the account has too many, or the store failed.
pub async fn ask_to_add(context: &Context, session: &Session, user: &User) -> Result<Question, Fault> {
    let party = party(context)?;
    let known = context.store.passkeys(&Scope::EVERYTHING, Some(user.id)).await?;
    if known.len() >= MOST {
        return Err(Fault::new(
            "access.too-many-passkeys",
            format!("{} has {MOST} passkeys, and no more are kept", user.name),
            "remove those that nobody uses",
        ));
    }
    let (made, challenge) = Challenge::new(context, Purpose::PasskeyAdd(session.id)).await?;
    let expected = Expected { party: &party, challenge: &made.bytes };
    let known: Vec<Vec<u8>> = known.into_iter().map(|passkey| passkey.credential).collect();
    let options = webauthn::creation_options(expected, user.id.as_bytes(), &user.name, &known);
    Ok(Question { options, challenge })
}

/// Takes a passkey that a browser made.
///
/// # Errors
/// It is not what was asked for, the challenge is over, the credential is known, or the store failed.
pub async fn add(
    context: &Context,
    (session, user): &(Session, User),
    challenge: &str,
    made: NewPasskey,
) -> Result<Passkey, Fault> {
    let party = party(context)?;
    let challenge = Challenge::brought(context, Purpose::PasskeyAdd(session.id), challenge).await?;
    let expected = Expected { party: &party, challenge: &challenge.bytes };
    let registered = webauthn::registered(expected, &made.client_data, &made.attestation).map_err(refused)?;
    let passkey = Passkey {
        id: context.new_id(),
        user_id: user.id,
        name: named(&made.name),
        key: registered.key,
        made_at: context.clock.now(),
        credential: registered.credential,
        counter: registered.counter,
        used_at: None,
    };
    let changes = [challenge.spend(), Change::Access(Access::PutPasskey(passkey.clone()))];
    match context.apply(None, &Actor::User(user.name.clone()), &changes).await {
        Ok(()) => Ok(passkey),
        Err(StoreError::Overtaken(_)) => Err(challenge::is_over()),
        Err(StoreError::Duplicate(_)) => Err(Fault::new(
            "access.passkey-known",
            "this passkey leads in to an account already",
            "use it, or add one of another authenticator",
        )),
        Err(error) => Err(error.into()),
    }
}

/// What a person wrote, as far as it makes a name.
fn named(text: &str) -> String {
    let plain = text.trim().chars().filter(|letter| !letter.is_control());
    let name: String = plain.take(LONGEST_PASSKEY_NAME).collect();
    if name.is_empty() { "Passkey".to_owned() } else { name }
}

/// Asks a browser for whichever passkey it has for these pages.
///
/// # Errors
/// No browser would have one, or the store failed.
pub async fn ask_to_sign_in(context: &Context) -> Result<Question, Fault> {
    let party = party(context)?;
    let (made, challenge) = Challenge::new(context, Purpose::PasskeySignIn).await?;
    let expected = Expected { party: &party, challenge: &made.bytes };
    Ok(Question { options: webauthn::request_options(expected), challenge })
}

/// Signs in with a passkey. Answers the session's secret, for the browser alone.
///
/// # Errors
/// It is not known, proves nothing, or the challenge is over; too much was tried; or the store failed.
pub async fn sign_in(
    context: &Context,
    challenge: &str,
    presented: &Presented,
    peer: Peer,
) -> Result<Secret, Fault> {
    let party = party(context)?;
    let found = match presented.credential.len() {
        1..=LONGEST_CREDENTIAL => context.store.passkey(&Scope::EVERYTHING, &presented.credential).await?,
        _ => None,
    };
    let keys = tried(found.as_ref().map(|(passkey, _)| passkey), presented, &peer);
    context.gate.begin_attempt(&keys, context.clock.now())?;
    let challenge = Challenge::brought(context, Purpose::PasskeySignIn, challenge).await?;
    let (passkey, user) = found.ok_or_else(unknown)?;
    // The authenticator says whose it was made for: that is the account, or the credential is not the one that is known.
    if presented.account != user.id.as_bytes() {
        return Err(unknown());
    }
    let expected = Expected { party: &party, challenge: &challenge.bytes };
    let known = (&passkey.key, passkey.counter);
    let counter = webauthn::asserted(expected, &presented.assertion, known).map_err(refused)?;
    let used = Access::UsePasskey(passkey, counter, context.clock.now());
    let with = vec![challenge.spend(), Change::Access(used)];
    let secret = begin(context, user, (BeganWith::Passkey, peer), with).await.map_err(|fault| match fault
        .code
        .as_str()
    {
        "store.overtaken" => challenge::is_over(),
        _ => fault,
    })?;
    context.gate.went_well(&keys);
    Ok(secret)
}

/// Counted as an attempt with a password is, but by the passkey: whoever tries passwords for a name, which anybody can, keeps nobody
/// out who has a passkey; and nobody finds a signature by trying.
fn tried(known: Option<&Passkey>, presented: &Presented, peer: &Peer) -> Vec<String> {
    let which =
        known.map_or_else(|| clipped(&base64url(&presented.credential)), |known| known.id.to_string());
    std::iter::once(format!("passkey {which}")).chain(super::from_elsewhere(peer)).collect()
}

fn unknown() -> Fault {
    Fault::new(
        "access.passkey-unknown",
        "this passkey leads in to no account: it was removed here, or is another installation's",
        "choose another one, or sign in otherwise and add this one again on the page of your account",
    )
}

fn refused(why: Refused) -> Fault {
    let (code, hint) = match why {
        Refused::NotVerified | Refused::NotPresent => (
            "access.passkey-not-verified",
            "set a PIN, or enrol a fingerprint or a face, on the authenticator; then do it again",
        ),
        Refused::Counter => (
            "access.passkey-copied",
            "remove this passkey, sign out everywhere, and look at the event log for sign-ins that were not yours",
        ),
        Refused::Origin | Refused::RelyingParty => (
            "access.passkey-of-another-site",
            "open the pages at the address in the setting base_url, and do it again",
        ),
        Refused::Challenge => ("access.challenge-is-over", "load the page anew, and do it again"),
        Refused::Unreadable(_) | Refused::Ceremony | Refused::Key | Refused::Signature => (
            "access.passkey-refused",
            "do it again; if it is refused again, remove this passkey and add it anew",
        ),
    };
    Fault::new(code, "the passkey was refused", hint).because(why.to_string())
}

/// Which passkey of an account somebody means, by its identity.
///
/// # Errors
/// There is none, or the store failed.
pub(crate) async fn of(context: &Context, user: &User, id: PasskeyId) -> Result<Passkey, Fault> {
    let known = context.store.passkeys(&Scope::EVERYTHING, Some(user.id)).await?;
    known.into_iter().find(|passkey| passkey.id == id).ok_or_else(|| {
        Fault::new(
            "access.no-such-passkey",
            format!("{} has no passkey {id}", user.name),
            "list them with: notafter user list",
        )
    })
}

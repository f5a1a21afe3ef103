//! Signing in through a provider (OpenID Connect): a browser is sent there, comes back with a code, and the code is redeemed for
//! what the provider says of whoever is at it.

mod account;
mod provider;

use std::collections::BTreeMap;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use notafter_inventory::model::BeganWith;
use notafter_inventory::openid::{Asked, Entitlement, Person};
use notafter_keys::hmac_sha256;
use notafter_store::Change;
use serde::Deserialize;
use url::Url;

pub(crate) use provider::Known;

use super::challenge::{self, Challenge, Purpose};
use super::{Peer, Secret, begin, clipped, from_elsewhere};
use crate::context::Context;
use crate::operate::Fault;
use crate::settings::Settings;

/// Where a browser comes back to, below the address of the pages.
pub const CALLBACK: &str = "/sign-in/openid/callback";

/// A browser that is sent to the provider.
#[derive(Debug)]
pub struct Begun {
    /// Where to.
    pub url: String,
    /// The signed challenge, which comes back in a cookie.
    pub challenge: String,
}

/// What a browser brings back (RFC 6749 section 4.1.2).
#[derive(Debug, Default, Deserialize)]
pub struct Returned {
    /// To be redeemed.
    pub code: Option<String>,
    /// As it was sent along.
    #[serde(default)]
    pub state: String,
    /// Why there is no code.
    pub error: Option<String>,
    /// The same for people.
    pub error_description: Option<String>,
    /// Who answers (RFC 9207).
    pub iss: Option<String>,
}

/// What was written of the provider in the settings.
struct Configured<'a> {
    issuer: &'a str,
    client: &'a str,
    name: String,
    redirect: String,
    claim: Option<&'a str>,
    rights: BTreeMap<String, Entitlement>,
}

/// What the provider is called on a button; nothing where there is none.
#[must_use]
pub fn provider_name(settings: &Settings) -> Option<String> {
    let issuer = settings.openid_issuer.as_deref()?;
    let host = || Url::parse(issuer).ok().and_then(|url| url.host_str().map(str::to_owned));
    Some(settings.openid_name.clone().or_else(host).unwrap_or_else(|| issuer.to_owned()))
}

fn configured(context: &Context) -> Result<Configured<'_>, Fault> {
    let settings = &context.settings;
    let name = provider_name(settings);
    let (Some(issuer), Some(client), Some(name)) =
        (settings.openid_issuer.as_deref(), settings.openid_client.as_deref(), name)
    else {
        return Err(none());
    };
    let read = |(value, text): (&String, &String)| Some((value.clone(), text.parse().ok()?));
    Ok(Configured {
        issuer,
        client,
        name,
        redirect: format!("{}{CALLBACK}", context.site()),
        claim: settings.openid_claim.as_deref(),
        // What cannot be read was refused with the settings.
        rights: settings.openid_rights.iter().filter_map(read).collect(),
    })
}

pub(crate) fn none() -> Fault {
    Fault::new(
        "access.no-provider",
        "nobody signs in through a provider here",
        "set openid_issuer and openid_client (docs/accounts.md)",
    )
}

/// What goes to the provider and comes back, all of it made of one challenge: the browser's cookie is all that is kept.
struct Derived {
    state: String,
    nonce: String,
    verifier: String,
}

impl Derived {
    fn of(challenge: &Challenge) -> Self {
        let made = |what: &[u8]| URL_SAFE_NO_PAD.encode(hmac_sha256(&challenge.bytes, what));
        Self { state: made(b"state"), nonce: made(b"nonce"), verifier: made(b"code verifier") }
    }

    /// RFC 7636 section 4.2.
    fn code_challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.verifier.as_bytes()))
    }
}

/// Sends a browser to the provider.
///
/// # Errors
/// There is none, or it does not answer as one.
pub async fn ask(context: &Context) -> Result<Begun, Fault> {
    let configured = configured(context)?;
    let found = provider::known(context, &configured).await?;
    let (challenge, text) = Challenge::new(context, Purpose::OpenId).await?;
    let derived = Derived::of(&challenge);
    let url = found.provider.authorization_url(Asked {
        client: configured.client,
        redirect: &configured.redirect,
        state: &derived.state,
        nonce: &derived.nonce,
        code_challenge: &derived.code_challenge(),
    });
    Ok(Begun { url, challenge: text })
}

/// Signs in whoever comes back from the provider. Answers the session's secret, for the browser alone.
///
/// # Errors
/// It is not the browser that was sent, the provider let nobody in or is not believed, nobody here is that person, too much was
/// tried, or the store failed.
pub async fn sign_in(
    context: &Context,
    challenge: &str,
    returned: &Returned,
    peer: Peer,
) -> Result<Secret, Fault> {
    let configured = configured(context)?;
    // The attempt itself first, which is forgiven where it goes well: the address is not washed clean by it.
    let first = format!("openid {}", clipped(challenge));
    let keys: Vec<String> = std::iter::once(first).chain(from_elsewhere(&peer)).collect();
    context.gate.begin_attempt(&keys, context.clock.now())?;
    let challenge = Challenge::brought(context, Purpose::OpenId, challenge).await?;
    let derived = Derived::of(&challenge);
    let person = returned_person(context, &configured, &derived, returned).await?;
    let accounts = context.hold_inventory().await?;
    let (user, changes) = account::admitted(context, &configured, &person).await?;
    let mut with = vec![challenge.spend()];
    // A session alone is nothing that whoever writes accounts, or has read the inventory, must hear of.
    if !changes.is_empty() {
        with.push(accounts.upon());
    }
    with.extend(changes.into_iter().map(Change::Access));
    let secret =
        begin(context, user, (BeganWith::Provider, peer), with).await.map_err(|fault| {
            match fault.code.as_str() {
                "store.overtaken" => challenge::is_over(),
                _ => fault,
            }
        })?;
    context.gate.went_well(&keys);
    Ok(secret)
}

/// Whom the provider sent back.
async fn returned_person(
    context: &Context,
    configured: &Configured<'_>,
    derived: &Derived,
    returned: &Returned,
) -> Result<Person, Fault> {
    if verify_slices_are_equal(returned.state.as_bytes(), derived.state.as_bytes()).is_err() {
        return Err(challenge::is_over());
    }
    if returned.iss.as_deref().is_some_and(|issuer| issuer != configured.issuer) {
        let why = format!("the answer is of {:?}", returned.iss.as_deref().unwrap_or_default());
        return Err(not_believed(configured, why));
    }
    let code = returned.code.as_deref().ok_or_else(|| not_let_in(configured, returned))?;
    let found = provider::known(context, configured).await?;
    let tokens = provider::redeem(context, configured, (&found.provider, code, &derived.verifier)).await?;
    let claims =
        provider::claims(context, configured, found.clone(), (&tokens.id_token, &derived.nonce)).await?;
    let claims =
        provider::with_more(context, configured, &found.provider, claims, tokens.access_token).await?;
    Ok(Person::of(&claims, configured.claim))
}

/// Whether the provider answers, for `notafter doctor`: what it is called, and what came of asking it now. Nothing where there is
/// none.
pub(crate) async fn examine(context: &Context) -> Option<(String, Result<String, Fault>)> {
    let name = provider_name(&context.settings)?;
    let looked = async {
        let configured = configured(context)?;
        let found = provider::read(context, &configured).await?;
        provider::client_secret(context)?;
        if found.keys.count() == 0 {
            return Err(not_believed(
                &configured,
                "it publishes no key of a kind that is known here".to_owned(),
            ));
        }
        Ok(format!(
            "{} answers; it must let browsers come back to {}",
            configured.issuer, configured.redirect
        ))
    };
    Some((name, looked.await))
}

fn not_believed(configured: &Configured<'_>, why: String) -> Fault {
    Fault::new(
        "access.provider-not-believed",
        format!("what {} says is not believed, and nobody was signed in", configured.name),
        "sign in otherwise, and compare openid_issuer and openid_client with what the provider says (docs/accounts.md)",
    )
    .because(why)
}

/// Foreign text, as far as anybody reads it.
fn told(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(200).collect()
}

fn not_let_in(configured: &Configured<'_>, returned: &Returned) -> Fault {
    let error = returned.error.as_deref().unwrap_or("it sent no code");
    let why = match &returned.error_description {
        Some(words) => format!("{}: {}", told(error), told(words)),
        None => told(error),
    };
    Fault::new(
        "access.provider-denied",
        format!("{} let nobody in", configured.name),
        "try again and allow it there, or ask whoever looks after the provider",
    )
    .because(why)
}

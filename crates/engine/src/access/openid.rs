//! Signing in through a provider (OpenID Connect): a browser is sent there, comes back with a code, and the code is redeemed for
//! what the provider says of whoever is at it.

use std::collections::BTreeMap;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use notafter_cert::{Span, Time};
use notafter_inventory::model::{Bond, Grant, Identity, User};
use notafter_inventory::openid::{
    self, Asked, Claims, Entitlement, Expected, Keys, Person, Provider, Refused,
};
use notafter_keys::hmac_sha256;
use notafter_keys::vault::{Place, VaultError};
use notafter_net::http::{Client, Options, Request, Response};
use notafter_net::limits::AddressPolicy;
use notafter_net::trust::Trust;
use notafter_store::{Access, Change, Scope};
use serde::Deserialize;
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};
use zeroize::Zeroizing;

use super::challenge::{self, Challenge, Purpose};
use super::{Peer, Secret, begin, check_name, clipped, from_elsewhere};
use crate::context::Context;
use crate::operate::Fault;
use crate::settings::Settings;

/// Where a browser comes back to, below the address of the pages.
pub const CALLBACK: &str = "/sign-in/openid/callback";

/// A provider changes its keys now and then, and then names one that is not known: that is when they are read anew before.
const FRESH_FOR: Span = Span::hours(1);
/// A provider that did not answer is not asked again at once, however many people press the button.
const SPARED_FOR: Span = Span::seconds(5);
/// A person waits for it.
const WITHIN: Span = Span::seconds(10);
const MOST_BYTES: usize = 256 * 1024;

/// What was read of the provider.
#[derive(Debug, Default)]
pub(crate) struct Known(tokio::sync::Mutex<Option<Read>>);

#[derive(Clone, Debug)]
struct Read {
    at: Time,
    found: Result<Found, Fault>,
}

#[derive(Clone, Debug)]
struct Found {
    provider: Provider,
    keys: Keys,
}

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
    let found = known(context, &configured).await?;
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
    let (user, changes) = admitted(context, &configured, &person).await?;
    let mut with = vec![accounts.upon(), challenge.spend()];
    with.extend(changes.into_iter().map(Change::Access));
    let secret = begin(context, user, peer, with).await.map_err(|fault| match fault.code.as_str() {
        "store.overtaken" => challenge::is_over(),
        _ => fault,
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
    let found = known(context, configured).await?;
    let tokens = redeem(context, configured, (&found.provider, code, &derived.verifier)).await?;
    let claims = claims(context, configured, found.clone(), (&tokens.id_token, &derived.nonce)).await?;
    let claims = with_more(context, configured, &found.provider, claims, tokens.access_token).await?;
    Ok(Person::of(&claims, configured.claim))
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

/// Redeems a code (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
async fn redeem(
    context: &Context,
    configured: &Configured<'_>,
    (provider, code, verifier): (&Provider, &str, &str),
) -> Result<Tokens, Fault> {
    let secret = client_secret(context)?;
    let secret = secret.as_ref().map(|secret| secret.as_str());
    let basic = secret.filter(|_| !provider.takes_secret_in_form());
    let form = code_form(configured, (code, verifier), secret, basic.is_some());
    let mut request = Request::post(provider.token(), "application/x-www-form-urlencoded", form)
        .header("accept", "application/json");
    if let Some(secret) = basic {
        // Section 2.3.1: both are written as in a form first.
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let pair = Zeroizing::new(format!("{}:{}", encoded(configured.client), encoded(secret)));
        request = request.header("authorization", &format!("Basic {}", STANDARD.encode(pair.as_bytes())));
    }
    let response = send(context, configured, provider.token(), request).await?;
    if response.status != 200 {
        return Err(not_redeemed(configured, &response));
    }
    serde_json::from_slice(&response.body)
        .map_err(|error| not_believed(configured, format!("its answer to the code cannot be read: {error}")))
}

/// What redeems a code. Who asks stands in it where no header says so.
fn code_form(
    configured: &Configured<'_>,
    (code, verifier): (&str, &str),
    secret: Option<&str>,
    is_named_in_header: bool,
) -> String {
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", code)
        .append_pair("redirect_uri", &configured.redirect)
        .append_pair("code_verifier", verifier);
    if !is_named_in_header {
        form.append_pair("client_id", configured.client);
        if let Some(secret) = secret {
            form.append_pair("client_secret", secret);
        }
    }
    form.finish()
}

/// What the ID token says. Where its key is not known, the provider's keys are read anew, once.
async fn claims(
    context: &Context,
    configured: &Configured<'_>,
    found: Found,
    (token, nonce): (&str, &str),
) -> Result<Claims, Fault> {
    let (issuer, client) = (configured.issuer, configured.client);
    let judge = |keys: &Keys| {
        openid::claims(token, keys, Expected { issuer, client, nonce, now: context.clock.now() })
    };
    let judged = match judge(&found.keys) {
        Err(Refused::UnknownKey) => {
            let keys = read_keys(context, configured, &found.provider).await?;
            let judged = judge(&keys);
            *context.openid.0.lock().await =
                Some(Read { at: context.clock.now(), found: Ok(Found { keys, ..found }) });
            judged
        }
        judged => judged,
    };
    judged.map_err(|refused| match refused {
        Refused::Expired { .. } | Refused::NotYet { .. } => Fault::new(
            "access.clocks-differ",
            format!("the clock here and that of {} differ", configured.name),
            "set the clock, and let it be kept: timedatectl set-ntp true; `notafter doctor` says how far it is off",
        )
        .because(refused.to_string()),
        other => not_believed(configured, other.to_string()),
    })
}

/// Many providers say in the ID token who it is, and more where they are asked for it (Core section 5.3).
async fn with_more(
    context: &Context,
    configured: &Configured<'_>,
    provider: &Provider,
    claims: Claims,
    access_token: Option<String>,
) -> Result<Claims, Fault> {
    let is_whole = claims.has("email") && configured.claim.is_none_or(|claim| claims.has(claim));
    let (Some(url), Some(token), false) = (provider.user_info(), access_token.map(Zeroizing::new), is_whole)
    else {
        return Ok(claims);
    };
    let request = Request::get(url).header("authorization", &format!("Bearer {}", token.as_str()));
    let response = send(context, configured, url, request.header("accept", "application/json")).await?;
    if response.status != 200 {
        let why = format!("it says nothing more of whoever signed in: status {}", response.status);
        return Err(not_believed(configured, why));
    }
    claims
        .with_user_info(&response.body)
        .ok_or_else(|| not_believed(configured, "what it says more is not of whoever signed in".to_owned()))
}

/// Whose account it is, and what is to be stored for it.
async fn admitted(
    context: &Context,
    configured: &Configured<'_>,
    person: &Person,
) -> Result<(User, Vec<Access>), Fault> {
    let (store, scope) = (&context.store, &Scope::EVERYTHING);
    let grant = entitled(context, configured, person).await?;
    if let Some((identity, user)) = store.identity(scope, configured.issuer, &person.subject).await? {
        // Rights that an administrator gave stand; those that followed from a claim follow it.
        if identity.by != Bond::Claim || configured.rights.is_empty() {
            return Ok((user, Vec::new()));
        }
        let grant = grant.ok_or_else(|| not_entitled(configured))?;
        let changes = if grant == user.grant {
            Vec::new()
        } else {
            vec![Access::PutUser(User { grant, ..user.clone() })]
        };
        return Ok((User { grant, ..user }, changes));
    }
    let identity = |user: &User, by| {
        let (issuer, subject) = (configured.issuer.to_owned(), person.subject.clone());
        Access::PutIdentity(Identity { issuer, subject, user_id: user.id, from: context.clock.now(), by })
    };
    if let Some(email) = &person.email
        && let Some(user) = store.user_named(scope, email).await?
    {
        let known = store.identities(scope, Some(user.id)).await?;
        if known.iter().any(|known| known.issuer == configured.issuer) {
            return Err(somebody_elses(configured, &user.name));
        }
        let put = identity(&user, Bond::Email);
        return Ok((user, vec![put]));
    }
    let Some(grant) = grant else { return Err(nobody(configured, person)) };
    let user = made(context, configured, person, grant).await?;
    let changes = vec![Access::PutUser(user.clone()), identity(&user, Bond::Claim)];
    Ok((user, changes))
}

/// An account for somebody who had none, and may come in by what the provider says.
async fn made(
    context: &Context,
    configured: &Configured<'_>,
    person: &Person,
    grant: Grant,
) -> Result<User, Fault> {
    let name = person.name();
    check_name("an account", name)?;
    // Whoever is called like that may be somebody else.
    if context.store.user_named(&Scope::EVERYTHING, name).await?.is_some() {
        return Err(somebody_elses(configured, name));
    }
    Ok(User {
        id: context.new_id(),
        name: name.to_owned(),
        grant,
        password: None,
        made_at: context.clock.now(),
        signed_in_at: None,
    })
}

/// What somebody may do by what the provider says; nothing where that says nothing of it.
async fn entitled(
    context: &Context,
    configured: &Configured<'_>,
    person: &Person,
) -> Result<Option<Grant>, Fault> {
    let chosen = openid::entitled(&person.values, &configured.rights)
        .map_err(|ambiguous| not_entitled(configured).because(ambiguous.to_string()))?;
    let Some(Entitlement { role, owner }) = chosen else { return Ok(None) };
    let owner = match owner {
        Some(name) => Some(crate::operate::owner_of(context, &name).await?),
        None => None,
    };
    Ok(Some(Grant { role, owner }))
}

/// The provider and its keys, as they were read within the hour or are read now.
async fn known(context: &Context, configured: &Configured<'_>) -> Result<Found, Fault> {
    let mut known = context.openid.0.lock().await;
    let now = context.clock.now();
    if let Some(read) = known.as_ref() {
        let keeps = if read.found.is_ok() { FRESH_FOR } else { SPARED_FOR };
        if now.since(read.at) < keeps {
            return read.found.clone();
        }
    }
    let found = read(context, configured).await;
    *known = Some(Read { at: now, found: found.clone() });
    found
}

async fn read(context: &Context, configured: &Configured<'_>) -> Result<Found, Fault> {
    let url = Provider::discovery_url(configured.issuer);
    let response = send(context, configured, &url, Request::get(&url)).await?;
    if response.status != 200 {
        return Err(not_believed(configured, format!("{url} answers {}", response.status)));
    }
    let provider = Provider::read(configured.issuer, &response.body)
        .map_err(|fault| not_believed(configured, fault.to_string()))?;
    let keys = read_keys(context, configured, &provider).await?;
    Ok(Found { provider, keys })
}

async fn read_keys(
    context: &Context,
    configured: &Configured<'_>,
    provider: &Provider,
) -> Result<Keys, Fault> {
    let response = send(context, configured, provider.keys(), Request::get(provider.keys())).await?;
    if response.status != 200 {
        return Err(not_believed(configured, format!("{} answers {}", provider.keys(), response.status)));
    }
    Keys::read(&response.body).map_err(|fault| not_believed(configured, fault.to_string()))
}

/// An administrator wrote where the provider is; where else it sends us is its own word, and leads to no private address.
async fn send(
    context: &Context,
    configured: &Configured<'_>,
    url: &str,
    request: Request,
) -> Result<Response, Fault> {
    let host = |text: &str| Url::parse(text).ok().and_then(|url| url.host_str().map(str::to_owned));
    let policy = AddressPolicy::Server { private_allowed: host(url) == host(configured.issuer) };
    let trust = Trust::system().unwrap_or_else(|_| Trust::mozilla()).and(&Trust::mozilla());
    let options = Options {
        within: WITHIN,
        body_limit: MOST_BYTES,
        ..Options::new(context.resolver.clone(), policy, Some(trust))
    };
    Client::new(options).send(request).await.map_err(|error| {
        Fault::new(
            "access.provider-unreachable",
            format!("{} does not answer", configured.name),
            "try again in a minute, or sign in otherwise: notafter user link NAME; `notafter doctor` looks at it",
        )
        .because(error.to_string())
    })
}

/// The client's secret, read where it stands now.
fn client_secret(context: &Context) -> Result<Option<Zeroizing<String>>, Fault> {
    let Some(reference) = &context.settings.openid_secret else { return Ok(None) };
    let wrong = |why: String| {
        let hint = "see openid_secret in docs/settings.md: env:NAME, file:/PATH (0600) or credential:NAME";
        Fault::new("access.provider-secret", "the client's secret for the provider cannot be read", hint)
            .because(why)
    };
    let secret = Place::parse(reference).and_then(|place| place.secret(&context.data));
    let secret = secret.map_err(|error| match error {
        VaultError::NoKey(path) => wrong(format!("there is no file {}", path.display())),
        other => wrong(other.to_string()),
    })?;
    let secret = secret.ok_or_else(|| wrong(format!("{reference} is not set")))?;
    let text = std::str::from_utf8(&secret).map_err(|_| wrong("it is not UTF-8".to_owned()))?;
    Ok(Some(Zeroizing::new(text.to_owned())))
}

/// Whether the provider answers, for `notafter doctor`: what it is called, and what came of asking it now. Nothing where there is
/// none.
pub(crate) async fn examine(context: &Context) -> Option<(String, Result<String, Fault>)> {
    let name = provider_name(&context.settings)?;
    let looked = async {
        let configured = configured(context)?;
        let found = read(context, &configured).await?;
        client_secret(context)?;
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

/// RFC 6749 section 5.2.
fn not_redeemed(configured: &Configured<'_>, response: &Response) -> Fault {
    #[derive(Default, Deserialize)]
    struct Said {
        error: Option<String>,
        error_description: Option<String>,
    }
    let said: Said = serde_json::from_slice(&response.body).unwrap_or_default();
    let error = said.error.unwrap_or_else(|| format!("status {}", response.status));
    let words = said.error_description.map(|words| format!(": {}", told(&words))).unwrap_or_default();
    let hint = match error.as_str() {
        "invalid_client" => {
            "compare openid_client and openid_secret with what the provider has of this client"
        }
        _ => {
            "try again; if it goes on, compare the settings with what the provider has of this client (docs/accounts.md)"
        }
    };
    let what = format!("{} does not redeem the code that it gave", configured.name);
    Fault::new("access.provider-denied", what, hint).because(format!("{}{words}", told(&error)))
}

fn nobody(configured: &Configured<'_>, person: &Person) -> Fault {
    let subject = told(&person.subject);
    let known_as = match &person.email {
        Some(email) => format!("with the verified address {}", told(email)),
        None => "without a verified address".to_owned(),
    };
    Fault::new(
        "access.nobody-here",
        format!("{} says that you are {subject}, {known_as}, and no account here is yours", configured.name),
        format!("ask an administrator: notafter user connect NAME --subject {subject:?}"),
    )
}

fn somebody_elses(configured: &Configured<'_>, name: &str) -> Fault {
    Fault::new(
        "access.identity-taken",
        format!("the account {name} is there already, and is not known to be yours at {}", configured.name),
        format!("ask an administrator: notafter user connect {name} --subject SUBJECT"),
    )
}

fn not_entitled(configured: &Configured<'_>) -> Fault {
    Fault::new(
        "access.not-entitled",
        format!("what {} says of you entitles to nothing here", configured.name),
        "ask whoever looks after the provider, or an administrator: openid_rights says what entitles to what",
    )
}

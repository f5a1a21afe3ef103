//! What is asked of a provider, and what of its answers is believed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use notafter_cert::{Span, Time};
use notafter_inventory::openid::{self, Claims, Expected, Keys, Provider, Refused};
use notafter_keys::vault::{Place, VaultError};
use notafter_net::http::{Client, Options, Request, Response};
use notafter_net::limits::AddressPolicy;
use notafter_net::trust::Trust;
use serde::Deserialize;
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};
use zeroize::Zeroizing;

use super::{Configured, not_believed, told};
use crate::context::Context;
use crate::operate::Fault;

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
pub(super) struct Found {
    pub(super) provider: Provider,
    pub(super) keys: Keys,
}

#[derive(Deserialize)]
pub(super) struct Tokens {
    pub(super) id_token: String,
    pub(super) access_token: Option<String>,
}

/// Redeems a code (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
pub(super) async fn redeem(
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
pub(super) async fn claims(
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
pub(super) async fn with_more(
    context: &Context,
    configured: &Configured<'_>,
    provider: &Provider,
    claims: Claims,
    access_token: Option<String>,
) -> Result<Claims, Fault> {
    let is_whole = claims.has_address() && configured.claim.is_none_or(|claim| claims.has(claim));
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

/// The provider and its keys, as they were read within the hour or are read now.
pub(super) async fn known(context: &Context, configured: &Configured<'_>) -> Result<Found, Fault> {
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

pub(super) async fn read(context: &Context, configured: &Configured<'_>) -> Result<Found, Fault> {
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
pub(super) fn client_secret(context: &Context) -> Result<Option<Zeroizing<String>>, Fault> {
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

//! Carries `acme`'s requests to a CA: signs them, keeps nonces, repeats what was refused for its nonce alone.

use std::error::Error;

use notafter_acme::client::{Body, Call, MAX_REJECTIONS, Miss, Nonces, Reply, SignWith};
use notafter_acme::jose::{Jwk, SigningInput};
use notafter_acme::message::Directory;
use notafter_acme::{Answer, Code, Failure};
use notafter_keys::PrivateKey;
use notafter_keys::account::AccountKey;

use crate::Clock;
use crate::http::{Client, HttpError, HttpFailure, Request};

/// The keys that requests to one CA are signed with.
#[derive(Clone)]
pub struct Signers {
    /// The account's.
    pub account: Option<AccountKey>,
    /// The account's next one, during a rollover.
    pub next_account: Option<AccountKey>,
    /// A certificate's, to revoke it.
    pub certificate: Option<PrivateKey>,
}

impl Signers {
    /// The account key alone: enough for accounts, orders and revocation by the account.
    #[must_use]
    pub const fn account(account: AccountKey) -> Self {
        Self { account: Some(account), next_account: None, certificate: None }
    }

    /// A certificate's key alone: enough to revoke that certificate.
    #[must_use]
    pub const fn certificate(key: PrivateKey) -> Self {
        Self { account: None, next_account: None, certificate: Some(key) }
    }

    fn key(&self, sign_with: &SignWith) -> Option<&PrivateKey> {
        match sign_with {
            SignWith::AccountJwk | SignWith::AccountKid(_) => self.account.as_ref().map(AccountKey::key),
            SignWith::NextAccountJwk => self.next_account.as_ref().map(AccountKey::key),
            SignWith::CertificateKey => self.certificate.as_ref(),
        }
    }
}

/// Carries requests to one CA. Its nonces are its only state: it is made anew after a restart, and one per flow serves
/// best, since CAs hand out a nonce with every answer.
pub struct Courier {
    http: Client,
    clock: Clock,
    signers: Signers,
    nonces: Nonces,
}

impl Courier {
    /// For the CA of this directory.
    #[must_use]
    pub fn new(http: Client, clock: Clock, directory: &Directory, signers: Signers) -> Self {
        Self { http, clock, signers, nonces: Nonces::of(directory) }
    }

    /// Sends one request of a flow, which is in the store by now.
    ///
    /// # Errors
    /// A [`Miss`] when no answer came; it tells whether the request may have arrived.
    pub async fn send(&mut self, call: &Call) -> Reply {
        if call.body == Body::Get {
            return get(&self.http, &self.clock, &call.url).await;
        }
        let key =
            self.signers.key(&call.sign_with).cloned().ok_or_else(|| cannot_sign(call, "no such key"))?;
        let public = Jwk::from_json(&key.jwk()).map_err(|error| cannot_sign(call, &error.to_string()))?;
        let mut rejections = 0;
        loop {
            let nonce = self.nonce().await?;
            let Some(input) = call.signing_input(&public, &nonce) else {
                return Err(cannot_sign(call, "there is nothing to sign"));
            };
            let answer = self.post(call, &key, &input).await?;
            self.nonces.learn(&answer);
            if !Nonces::rejected(&answer) || rejections == MAX_REJECTIONS {
                return Ok(answer);
            }
            rejections += 1;
        }
    }

    async fn nonce(&mut self) -> Result<String, Miss> {
        if let Some(nonce) = self.nonces.take() {
            return Ok(nonce);
        }
        let source = self.nonces.source().to_owned();
        // Whatever happens here, the request that needs the nonce has not left.
        let answer = exchange(&self.http, &self.clock, Request::head(source))
            .await
            .map_err(|miss| Miss { never_left: true, ..miss })?;
        answer.success("get a nonce").map_err(|failure| Miss { never_left: true, failure })?;
        answer.nonce().map(str::to_owned).ok_or_else(|| {
            let text = "get a nonce: the CA's answer carries none (Replay-Nonce)";
            Miss { never_left: true, failure: Failure::new(Code::UnreadableAnswer, text) }
        })
    }

    async fn post(&self, call: &Call, key: &PrivateKey, input: &SigningInput) -> Reply {
        let signature =
            key.sign_jws(&input.bytes()).map_err(|error| cannot_sign(call, &error.to_string()))?;
        let body = input.assemble(&signature).to_string();
        let request = Request::post(call.url.clone(), "application/jose+json", body);
        let request = match call.accept {
            Some(accept) => request.header("accept", accept),
            None => request,
        };
        exchange(&self.http, &self.clock, request).await
    }
}

/// An unsigned GET: renewal information, the directory.
///
/// # Errors
/// A [`Miss`] when no answer came.
pub async fn get(http: &Client, clock: &Clock, url: &str) -> Reply {
    exchange(http, clock, Request::get(url)).await
}

/// Reads a CA's directory.
///
/// # Errors
/// When no answer came, or it is no directory.
pub async fn directory(http: &Client, clock: &Clock, url: &str) -> Result<Directory, Failure> {
    notafter_acme::Origin::of(url)?;
    let answer = get(http, clock, url).await.map_err(|miss| miss.failure)?;
    Directory::read(url, &answer)
}

async fn exchange(http: &Client, clock: &Clock, request: Request) -> Reply {
    match http.send(request).await {
        Ok(response) => Ok(Answer {
            status: response.status,
            headers: response.headers,
            body: response.body,
            received_at: clock.now(),
        }),
        Err(error) => Err(missed(&error)),
    }
}

fn missed(error: &HttpError) -> Miss {
    let unanswered = error.may_have_taken_effect();
    let what = if unanswered { "no usable answer from the CA" } else { "the CA cannot be reached" };
    let mut why = format!("{what}: {error}");
    let mut source = error.source();
    while let Some(deeper) = source {
        why.push_str(&format!(": {deeper}"));
        source = deeper.source();
    }
    match error.class() {
        // The way is fine: what came over it is no answer of an ACME server's.
        HttpFailure::TooLarge => {
            Miss { never_left: false, failure: Failure::new(Code::UnreadableAnswer, why) }
        }
        HttpFailure::Tls => Miss { never_left: true, failure: Failure::new(Code::Untrusted, why) },
        _ if unanswered => Miss::outcome_unknown(why),
        _ => Miss::never_left(why),
    }
}

fn cannot_sign(call: &Call, why: &str) -> Miss {
    let text = format!("{}: the request cannot be signed: {why}", call.doing);
    Miss { never_left: true, failure: Failure::new(Code::CannotSign, text) }
}

//! A CloudEvents 1.0 event in JSON, posted once per message, signed as Standard Webhooks says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notafter_inventory::model::{ChannelKind, Form, Proof, Receipt, Recipient, Setting};
use notafter_keys::hmac_sha256;
use notafter_net::http::Request;
use serde::Deserialize;

use super::post::{self, Mend};
use super::{Door, Notifier, NotifyError, Outgoing, event};

/// Posts events.
pub(super) struct Webhook;

static KIND: ChannelKind = ChannelKind {
    name: "webhook",
    title: "webhook",
    receipt: "the receiving program answered 2xx itself: accepted is delivered",
    proof: Proof::Answer,
    hears_who_took_it: false,
    to: Recipient::OfChannel,
    through: &["url"],
    settings: &[
        Setting::required(
            "url",
            Form::GuardedUrl,
            "where events are posted; where its path lets in whoever knows it, a reference: `env:NAME` or `file:/PATH`",
        ),
        Setting::optional("hmac", Form::Secret, "signing key"),
        super::PROVE,
        post::TRUST,
    ],
    check: ChannelKind::unchecked,
};

const MEND: Mend = Mend {
    unauthorized: "look whether the receiver knows the key in `hmac`, and what its log says",
    absent: "look whether the path in `url` still exists at the receiver",
    other: "look into the receiver's log for why it does not take the event",
};

#[derive(Deserialize)]
struct Settings {
    url: String,
    hmac: Option<String>,
    trust: Option<String>,
}

impl Notifier for Webhook {
    fn kind(&self) -> &'static ChannelKind {
        &KIND
    }

    fn render(&self, outgoing: &Outgoing<'_>) -> Result<Vec<u8>, NotifyError> {
        event::bytes(outgoing)
    }

    fn send<'a>(
        &'a self,
        outgoing: &'a Outgoing<'a>,
        rendered: Vec<u8>,
        door: &'a Door,
    ) -> BoxFuture<'a, Result<Receipt, NotifyError>> {
        async move {
            let settings: Settings = outgoing.settings()?;
            let url = post::guarded("url", &settings.url, outgoing)?;
            let request = request(&settings, &url, outgoing, rendered)?;
            let response = post::client(settings.trust.as_deref(), door)?.send(request).await?;
            let detail = post::accepted(&response, outgoing, MEND)?;
            Ok(Receipt { detail, end_to_end: true })
        }
        .boxed()
    }
}

fn request(
    settings: &Settings,
    url: &str,
    outgoing: &Outgoing<'_>,
    body: Vec<u8>,
) -> Result<Request, NotifyError> {
    let id = outgoing.delivery.id.to_string();
    let timestamp = outgoing.at.unix_seconds().to_string();
    let mut request = Request::post(url, "application/cloudevents+json", body.clone())
        .header("idempotency-key", &id)
        .header("webhook-id", &id)
        .header("webhook-timestamp", &timestamp);
    if settings.hmac.is_some() {
        let signature = sign(&key(outgoing.secret("hmac")?)?, &id, &timestamp, &body);
        request = request.header("webhook-signature", &signature);
    }
    Ok(request)
}

/// `v1,` and the HMAC-SHA-256 over `id.timestamp.body` (Standard Webhooks 1.0, "Signature scheme").
fn sign(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> String {
    let mut signed = format!("{id}.{timestamp}.").into_bytes();
    signed.extend_from_slice(body);
    format!("v1,{}", STANDARD.encode(hmac_sha256(key, &signed)))
}

/// `whsec_` marks a key in base64; anything else is the key itself.
fn key(secret: &str) -> Result<Vec<u8>, NotifyError> {
    match secret.strip_prefix("whsec_") {
        Some(encoded) => STANDARD
            .decode(encoded)
            .map_err(|_| NotifyError::Settings("the key after whsec_ is not base64".to_owned())),
        None => Ok(secret.as_bytes().to_vec()),
    }
}

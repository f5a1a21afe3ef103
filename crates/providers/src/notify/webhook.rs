//! A CloudEvents 1.0 event in JSON, posted once per message, signed as Standard Webhooks says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notafter_acme::http_date::retry_after;
use notafter_cert::Time;
use notafter_inventory::model::{ChannelKind, Delivery, Purpose, Receipt, WebhookSettings};
use notafter_keys::hmac_sha256;
use notafter_net::http::{Client, Options, Request, Response};
use notafter_net::trust::Trust;
use serde_json::{Value, json};

use super::{Door, Meta, Notifier, NotifyError, Outgoing};

/// Posts events.
pub(super) struct Webhook;

static META: Meta = Meta {
    name: "webhook",
    title: "webhook",
    receipt: "the receiving program answered 2xx itself: accepted is delivered",
};

/// The most bytes of an answer that are kept as a receipt.
const ANSWER_LIMIT: usize = 64 * 1024;
const ANSWER_SHOWN: usize = 200;

impl Notifier for Webhook {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn serves(&self, kind: &ChannelKind) -> bool {
        matches!(kind, ChannelKind::Webhook(_))
    }

    fn render(&self, outgoing: &Outgoing<'_>) -> Result<Vec<u8>, NotifyError> {
        serde_json::to_vec(&event(outgoing)).map_err(|error| NotifyError::Settings(error.to_string()))
    }

    fn send<'a>(
        &'a self,
        outgoing: &'a Outgoing<'a>,
        rendered: Vec<u8>,
        door: &'a Door,
    ) -> BoxFuture<'a, Result<Receipt, NotifyError>> {
        async move {
            let settings = settings(outgoing)?;
            let request = request(settings, outgoing, rendered)?;
            let response = client(settings, door)?.send(request).await?;
            judge(settings, &response, outgoing.at)
        }
        .boxed()
    }
}

fn settings<'a>(outgoing: &Outgoing<'a>) -> Result<&'a WebhookSettings, NotifyError> {
    match &outgoing.channel.kind {
        ChannelKind::Webhook(settings) => Ok(settings),
        ChannelKind::Smtp(_) => {
            Err(NotifyError::Settings(format!("{} is not a webhook", outgoing.channel.name)))
        }
    }
}

/// CloudEvents 1.0, structured JSON (sections 3.1 and 3.2 of its JSON format).
fn event(outgoing: &Outgoing<'_>) -> Value {
    let delivery = outgoing.delivery;
    let mut data = json!({
        "text": delivery.message.subject,
        "body": delivery.message.body,
        "to": delivery.to,
        "details": delivery.message.data,
    });
    if let Some(code) = &delivery.code {
        data["code"] = json!(code);
    }
    let mut event = json!({
        "specversion": "1.0",
        "id": delivery.id,
        "source": outgoing.source,
        "type": event_type(delivery),
        "time": delivery.created_at,
        "datacontenttype": "application/json",
        "data": data,
    });
    if let Some(subject) = delivery.message.data.get("root").and_then(Value::as_str) {
        event["subject"] = json!(subject);
    }
    event
}

fn event_type(delivery: &Delivery) -> &'static str {
    match delivery.purpose {
        Purpose::Opened => "notafter.alert.opened.v1",
        Purpose::Risen => "notafter.alert.risen.v1",
        Purpose::Expired => "notafter.alert.expired.v1",
        Purpose::Grown => "notafter.alert.grown.v1",
        Purpose::Escalated => "notafter.alert.escalated.v1",
        Purpose::Reminder => "notafter.alert.reminded.v1",
        Purpose::Recovered => "notafter.alert.recovered.v1",
        Purpose::Digest => "notafter.digest.written.v1",
        Purpose::Test => "notafter.path.tested.v1",
    }
}

fn request(
    settings: &WebhookSettings,
    outgoing: &Outgoing<'_>,
    body: Vec<u8>,
) -> Result<Request, NotifyError> {
    let id = outgoing.delivery.id.to_string();
    let timestamp = outgoing.at.unix_seconds().to_string();
    let mut request = Request::post(&settings.url, "application/cloudevents+json", body.clone())
        .header("idempotency-key", &id)
        .header("webhook-id", &id)
        .header("webhook-timestamp", &timestamp);
    if settings.hmac.is_some() {
        let secret = outgoing.secret.ok_or_else(|| {
            NotifyError::Settings("a signature is wanted, but its key is not stored".to_owned())
        })?;
        let signature = sign(&key(secret)?, &id, &timestamp, &body);
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
fn key(secret: &[u8]) -> Result<Vec<u8>, NotifyError> {
    let secret = secret.trim_ascii_end();
    match secret.strip_prefix(b"whsec_") {
        Some(encoded) => STANDARD
            .decode(encoded)
            .map_err(|_| NotifyError::Settings("the key after whsec_ is not base64".to_owned())),
        None => Ok(secret.to_vec()),
    }
}

/// Redirects are answers like any other here: a receiver that moved is configured anew, not followed.
fn client(settings: &WebhookSettings, door: &Door) -> Result<Client, NotifyError> {
    let trust = match &settings.trust {
        Some(path) => door.trust.and(&Trust::file(path.as_ref())?),
        None => door.trust.clone(),
    };
    let mut options = Options::new(door.resolver.clone(), door.policy, Some(trust));
    options.within = door.within;
    options.body_limit = ANSWER_LIMIT;
    Ok(Client::new(options))
}

fn judge(settings: &WebhookSettings, response: &Response, now: Time) -> Result<Receipt, NotifyError> {
    let peer = peer(settings);
    let text = String::from_utf8_lossy(&response.body);
    let start: String = text.chars().filter(|letter| !letter.is_control()).take(ANSWER_SHOWN).collect();
    let said = format!("{} {}", response.status, start.trim()).trim_end().to_owned();
    match response.status {
        200..=299 => Ok(Receipt { detail: said, end_to_end: true }),
        408 | 425 | 429 | 500..=599 => {
            let until = response.header("retry-after").and_then(|value| retry_after(value, now));
            Err(NotifyError::Deferred { peer, said, until })
        }
        300..=399 => Err(NotifyError::Refused { peer, said: format!("{said} (redirects are not followed)") }),
        _ => Err(NotifyError::Refused { peer, said }),
    }
}

/// The receiver without its path: a webhook's URL is often its only secret.
fn peer(settings: &WebhookSettings) -> String {
    let host = url::Url::parse(&settings.url).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| "the receiver".to_owned())
}

//! What the channels over HTTP have in common: where they may post, how much they read, and what an answer means.

use std::net::IpAddr;

use notafter_acme::http_date::retry_after;
use notafter_cert::Span;
use notafter_inventory::code::is_reference;
use notafter_inventory::model::{Form, Receipt, Setting};
use notafter_net::http::{Client, Options, Request, Response};
use notafter_net::trust::Trust;
use serde_json::Value;
use url::{Host, Url};

use super::{Door, NotifyError, Outgoing, news};

/// The setting that every channel over TLS has.
pub(super) const TRUST: Setting =
    Setting::optional("trust", Form::Path, "PEM file with extra trust anchors for the server");

/// The most bytes of an answer that are read, and shown.
const ANSWER_LIMIT: usize = 64 * 1024;
const ANSWER_SHOWN: usize = 200;
const IDENTITY_SHOWN: usize = 100;

/// Requests of one try; PagerDuty takes about 120 a minute.
const AT_ONCE: usize = 100;
/// Until the next ones are taken.
const PAUSE: Span = Span::minutes(1);
/// How the history marks a try after which the rest follows.
const MORE: &str = "the rest follows";

/// What to mend when the other side refuses for good.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mend {
    /// It does not let us in (401, 403).
    pub(super) unauthorized: &'static str,
    /// What we ask for is not there (404, 410).
    pub(super) absent: &'static str,
    /// It does not take what we say (any other 4xx).
    pub(super) other: &'static str,
}

/// A client within the door's limits. Redirects are answers like any other here: a receiver that moved is configured anew,
/// not followed.
pub(super) fn client(trust: Option<&str>, door: &Door) -> Result<Client, NotifyError> {
    let trust = match trust {
        Some(path) => door.trust.and(&Trust::file(path.as_ref())?),
        None => door.trust.clone(),
    };
    let mut options = Options::new(door.resolver.clone(), door.policy, Some(trust));
    options.within = door.within;
    options.body_limit = ANSWER_LIMIT;
    Ok(Client::new(options))
}

/// The receiver without its path: a webhook's URL is often its only secret.
pub(super) fn peer(url: &str) -> String {
    let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_else(|| "the receiver".to_owned())
}

/// A URL that goes with a secret, or is one: it travels over TLS or not beyond this machine, and no error repeats it.
pub(super) fn confidential(key: &str, url: &str) -> Result<Url, NotifyError> {
    let wrong = |why: String| NotifyError::Settings(format!("`{key}` {why}"));
    let url = Url::parse(url).map_err(|error| wrong(format!("is no web address: {error}")))?;
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => return Err(wrong("names no host".to_owned())),
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if here => Ok(url),
        _ => Err(wrong("must begin with https://: a secret is not sent without TLS".to_owned())),
    }
}

/// A [`Form::GuardedUrl`]: as written, or as the secret says that is referred to.
pub(super) fn guarded(key: &str, written: &str, outgoing: &Outgoing<'_>) -> Result<String, NotifyError> {
    if is_reference(written) {
        return confidential(key, outgoing.secret(key)?).map(Into::into);
    }
    Ok(written.to_owned())
}

/// What was answered, where it is an acceptance.
///
/// # Errors
/// Whether to come again, or what to mend first.
pub(super) fn accepted(
    response: &Response,
    outgoing: &Outgoing<'_>,
    mend: Mend,
) -> Result<String, NotifyError> {
    let (peer, said) = (peer(&response.url), said(response, outgoing));
    let refused = |said: String, mend| Err(NotifyError::Refused { peer: peer.clone(), said, mend });
    match response.status {
        200..=299 => Ok(said),
        408 | 425 | 429 | 500..=599 => {
            let until = wish(response).and_then(|value| retry_after(&value, outgoing.at));
            Err(NotifyError::Deferred { peer, said, until })
        }
        300..=399 => refused(
            format!("{said} (redirects are not followed)"),
            Some("write the address that it moved to"),
        ),
        401 | 403 => refused(said, Some(mend.unauthorized)),
        404 | 410 => refused(said, Some(mend.absent)),
        _ => refused(said, Some(mend.other)),
    }
}

/// How long to wait: the header field, or what Discord says in the body as well, in seconds ("Rate Limits").
fn wish(response: &Response) -> Option<String> {
    if let Some(value) = response.header("retry-after") {
        return Some(value.to_owned());
    }
    let body: Value = serde_json::from_slice(&response.body).ok()?;
    let seconds = body.get("retry_after")?.as_f64()?.ceil();
    (seconds >= 0.0).then(|| format!("{seconds:.0}"))
}

/// Status and the beginning of the body, on one line and without a secret.
fn said(response: &Response, outgoing: &Outgoing<'_>) -> String {
    let text = outgoing.veiled(&String::from_utf8_lossy(&response.body));
    let start: String = text.chars().filter(|letter| !letter.is_control()).take(ANSWER_SHOWN).collect();
    format!("{} {}", response.status, start.trim()).trim_end().to_owned()
}

/// An acceptance that does not look like one of the product's: a proxy's page, or another program.
pub(super) fn strange(response: &Response, outgoing: &Outgoing<'_>) -> NotifyError {
    NotifyError::Strange { peer: peer(&response.url), said: said(response, outgoing) }
}

/// JSON as it goes over the wire.
pub(super) fn json_bytes(body: &Value) -> Result<Vec<u8>, NotifyError> {
    serde_json::to_vec(body).map_err(|error| NotifyError::Settings(error.to_string()))
}

/// The text of this member of an accepting answer: what identifies the message at the other side.
pub(super) fn answered(
    response: &Response,
    outgoing: &Outgoing<'_>,
    member: &str,
) -> Result<String, NotifyError> {
    let strange = || strange(response, outgoing);
    let answer: Value = serde_json::from_slice(&response.body).map_err(|_| strange())?;
    let text = answer[member].as_str().filter(|text| !text.is_empty()).ok_or_else(strange)?;
    Ok(news::line(&outgoing.veiled(text), IDENTITY_SHOWN))
}

/// An object without the members that have nothing to say: some products refuse null.
pub(super) fn told(mut object: Value) -> Value {
    if let Some(members) = object.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    object
}

/// JSON documents, one a line.
pub(super) fn json_lines(bodies: impl Iterator<Item = Value>) -> Result<Vec<u8>, NotifyError> {
    let lines: Result<Vec<Vec<u8>>, NotifyError> = bodies.map(|body| json_bytes(&body)).collect();
    Ok(lines?.join(&b'\n'))
}

/// Sends several requests of one message, where each can be repeated. What goes beyond one try is told as a wish to wait,
/// and the next try, which finds the earlier ones in the delivery's history, goes on from there.
pub(super) async fn one_by_one(
    outgoing: &Outgoing<'_>,
    requests: Vec<Request>,
    (client, door): (&Client, &Door),
    taken: fn(&Response, &Outgoing<'_>) -> Result<String, NotifyError>,
) -> Result<Receipt, NotifyError> {
    let before = outgoing.delivery.attempts.iter().filter(|attempt| attempt.detail.ends_with(MORE)).count();
    let (total, done) = (requests.len(), before * AT_ONCE);
    let mut answers: Vec<(String, String)> = Vec::new();
    let sending = async {
        for request in requests.into_iter().skip(done).take(AT_ONCE) {
            let response = client.send(request).await?;
            answers.push((peer(&response.url), taken(&response, outgoing)?));
        }
        Ok::<(), NotifyError>(())
    };
    let Ok(sent) = tokio::time::timeout(door.within.to_std(), sending).await else {
        let peer = answers.last().map_or_else(|| "the receiver".to_owned(), |(peer, _)| peer.clone());
        return Err(NotifyError::Timeout { peer, within: door.within });
    };
    sent?;
    let now = done + answers.len();
    let (peer, identity) = answers.pop().unwrap_or_default();
    if now < total {
        let said = format!("{now} of {total} were taken, {MORE}");
        return Err(NotifyError::Deferred { peer, said, until: Some(outgoing.at + PAUSE) });
    }
    let others = total.saturating_sub(1);
    let detail = if others == 0 { identity } else { format!("{identity} and {others} more") };
    Ok(Receipt { detail: format!("taken as {detail}"), end_to_end: false })
}

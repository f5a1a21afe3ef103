//! What the channels over HTTP have in common: where they may post, how much they read, and what an answer means.

use notafter_acme::http_date::retry_after;
use notafter_cert::Time;
use notafter_inventory::model::{Form, Setting};
use notafter_net::http::{Client, Options, Response};
use notafter_net::trust::Trust;
use url::Url;

use super::{Door, NotifyError};

/// The setting that every channel over TLS has.
pub(super) const TRUST: Setting =
    Setting::optional("trust", Form::Path, "PEM file with extra trust anchors for the server");

/// The most bytes of an answer that are read, and shown.
const ANSWER_LIMIT: usize = 64 * 1024;
const ANSWER_SHOWN: usize = 200;

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

/// What was answered, where it is an acceptance.
///
/// # Errors
/// Whether to come again, or what to mend first.
pub(super) fn accepted(response: &Response, now: Time, mend: Mend) -> Result<String, NotifyError> {
    let (peer, said) = (peer(&response.url), said(response));
    let refused = |said: String, mend| Err(NotifyError::Refused { peer: peer.clone(), said, mend });
    match response.status {
        200..=299 => Ok(said),
        408 | 425 | 429 | 500..=599 => {
            let until = response.header("retry-after").and_then(|value| retry_after(value, now));
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

/// Status and the beginning of the body, on one line.
pub(super) fn said(response: &Response) -> String {
    let text = String::from_utf8_lossy(&response.body);
    let start: String = text.chars().filter(|letter| !letter.is_control()).take(ANSWER_SHOWN).collect();
    format!("{} {}", response.status, start.trim()).trim_end().to_owned()
}

//! The page behind a URL: what blackbox_exporter's `http` prober says about it.

use std::time::{Duration, Instant};

use notafter_acme::http_date;
use notafter_engine::context::Context;
use notafter_net::http::{Client, HttpError, Options, Request, Response};
use notafter_net::limits::AddressPolicy;
use notafter_net::trust::{Choice, Trust};
use notafter_tls::{ParseTargetError, Target};

use super::unseen::{Unseen, private_allowed};
use crate::exposition::Exposition;
use crate::shown::seconds;

/// So many redirects are followed: as many as blackbox_exporter does.
const REDIRECTS: u8 = 10;

/// The longest page that is read to its end.
const LONGEST: usize = 16 * 1024 * 1024;

/// What came of asking for a page.
pub(super) struct Page {
    answer: Option<Response>,
    took: Duration,
}

/// Gets the page. Private addresses only where the inventory has them (law 10): a redirect leads to no other ones.
///
/// # Errors
/// [`Unseen`] where the page, or one that it redirects to, is at an address that the server does not go to.
pub(super) async fn get(context: &Context, url: &str) -> Result<Page, Unseen> {
    let begun = Instant::now();
    Ok(Page { answer: answer(context, url).await?, took: begun.elapsed() })
}

async fn answer(context: &Context, url: &str) -> Result<Option<Response>, Unseen> {
    let Some(client) = client(context) else { return Ok(None) };
    let mut url = url.to_owned();
    for redirects in 0..=REDIRECTS {
        let Ok(target) = target(&url) else { return Ok(None) };
        let private_allowed = private_allowed(context, &target).await?;
        let client = client.with_policy(AddressPolicy::Server { private_allowed });
        let answer = match client.send(Request::get(url.as_str())).await {
            Ok(answer) => Response { redirects, ..answer },
            Err(HttpError::Forbidden(forbidden)) => {
                return Err(Unseen::Forbidden { target, forbidden, redirected: redirects > 0 });
            }
            Err(error) => {
                // The URL may hold a secret; the error names the host.
                tracing::debug!(%error, "the probed page was not got");
                return Ok(None);
            }
        };
        if !answer.is_redirect() {
            return Ok(Some(answer));
        }
        let Some(next) = answer.leads_to() else { return Ok(None) };
        url = next;
    }
    Ok(None)
}

/// The peer behind a URL, as the inventory would name it.
pub(super) fn target(url: &str) -> Result<Target, ParseTargetError> {
    match url.strip_prefix("http://") {
        Some(rest) => {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
            format!("tls://{}", with_port(authority)).parse()
        }
        None => url.parse(),
    }
}

/// A host and port of a URL in the clear: 80 where none is written.
fn with_port(authority: &str) -> String {
    let after_address = authority.rsplit_once(']').map_or(authority, |(_, rest)| rest);
    if after_address.contains(':') { authority.to_owned() } else { format!("{authority}:80") }
}

fn client(context: &Context) -> Option<Client> {
    let Ok(choice) = context.settings.trust.parse::<Choice>();
    let trust = match Trust::load(&choice) {
        Ok(trust) => trust,
        Err(error) => {
            tracing::warn!(%error, "the trust anchors cannot be read any more");
            return None;
        }
    };
    let policy = AddressPolicy::Server { private_allowed: false };
    let options = Options::new(context.resolver.clone(), policy, Some(trust));
    Some(Client::new(Options { body_limit: LONGEST, ..options }))
}

impl Page {
    /// Blackbox passes every status of the 200s.
    pub(super) fn is_good(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| (200..300).contains(&answer.status))
    }

    /// The metrics of blackbox's http prober; zeros where no answer came, as there.
    pub(super) fn write(&self, exposition: &mut Exposition, resolved_in: Duration, handshake: Duration) {
        let answer = self.answer.as_ref();
        let number = |read: fn(&Response) -> f64| answer.map_or(0.0, read);
        exposition
            .gauge("probe_http_status_code", "Response HTTP status code")
            .value(number(|answer| f64::from(answer.status)));
        exposition
            .gauge("probe_http_content_length", "Length of http content response")
            .value(number(content_length));
        exposition
            .gauge("probe_http_uncompressed_body_length", "Length of uncompressed response body")
            .value(number(|answer| length(answer.body.len())));
        exposition
            .gauge("probe_http_redirects", "The number of redirects")
            .value(number(|answer| f64::from(answer.redirects)));
        exposition
            .gauge("probe_http_ssl", "Indicates if SSL was used for the final redirect")
            .value(number(|answer| f64::from(u8::from(answer.url.starts_with("https://")))));
        exposition
            .gauge("probe_http_version", "Returns the version of HTTP of the probe response")
            .value(number(|answer| if answer.version == http::Version::HTTP_10 { 1.0 } else { 1.1 }));
        exposition
            .gauge(
                "probe_http_duration_seconds",
                "Duration of http request by phase, summed over all redirects",
            )
            .sample(&[("phase", "resolve")], resolved_in.as_secs_f64())
            .sample(&[("phase", "tls")], handshake.as_secs_f64())
            .sample(&[("phase", "processing")], self.took.as_secs_f64());
        let modified = answer.and_then(|answer| answer.header("last-modified")).and_then(http_date::parse);
        if let Some(modified) = modified {
            exposition
                .gauge(
                    "probe_http_last_modified_timestamp_seconds",
                    "Returns the Last-Modified HTTP response header in unixtime",
                )
                .value(seconds(modified));
        }
    }
}

fn content_length(answer: &Response) -> f64 {
    answer.header("content-length").and_then(|text| text.parse().ok()).map_or(-1.0, length)
}

#[expect(clippy::cast_precision_loss, reason = "lengths of pages fit a double exactly")]
const fn length(bytes: usize) -> f64 {
    bytes as f64
}

//! The page behind a URL: what blackbox_exporter's `http` prober says about it.

use std::time::{Duration, Instant};

use notafter_acme::http_date;
use notafter_engine::context::Context;
use notafter_net::http::{Client, Options, Request, Response};
use notafter_net::limits::AddressPolicy;
use notafter_net::trust::{Choice, Trust};

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

/// Gets the page. Private addresses only where the inventory has them (law 10): on redirects too.
pub(super) async fn get(context: &Context, url: &str, private_allowed: bool) -> Page {
    let begun = Instant::now();
    let answer = match client(context, private_allowed) {
        Some(client) => match client.send(Request::get(url).follow(REDIRECTS)).await {
            Ok(answer) => Some(answer),
            Err(error) => {
                // The URL may hold a secret; the error names the host.
                tracing::debug!(%error, "the probed page was not got");
                None
            }
        },
        None => None,
    };
    Page { answer, took: begun.elapsed() }
}

fn client(context: &Context, private_allowed: bool) -> Option<Client> {
    let Ok(choice) = context.settings.trust.parse::<Choice>();
    let trust = match Trust::load(&choice) {
        Ok(trust) => trust,
        Err(error) => {
            tracing::warn!(%error, "the trust anchors cannot be read any more");
            return None;
        }
    };
    let policy = AddressPolicy::Server { private_allowed };
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

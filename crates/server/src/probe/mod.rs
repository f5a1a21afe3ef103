//! `/probe?target=&module=`: answers as blackbox_exporter does, so that a Prometheus configured for it can be pointed here.

mod page;
mod unseen;

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use notafter_engine::context::Context;
use notafter_engine::settings::Prober;
use notafter_inventory::check::{Look, Report};
use notafter_net::limits::AddressPolicy;
use notafter_tls::Target;
use notafter_tls::observation::Observation;

use self::page::Page;
use self::unseen::{Unseen, private_allowed};
use crate::exposition::{CONTENT_TYPE, Exposition};
use crate::shown::{Leaves, METRICS, Shown};

/// Modules of blackbox_exporter's example configuration; `probe_modules` in the settings adds others.
const MODULES: [(&str, &str); 8] = [
    ("http_2xx", "http"),
    ("tls", "tls"),
    ("tls_connect", "tls"),
    ("tcp_connect_tls", "tls"),
    ("smtp_starttls", "smtp"),
    ("imap_starttls", "imap"),
    ("postgres_starttls", "postgres"),
    ("tcp_connect", "tls"),
];

/// The module of this name: the installation's own, else blackbox_exporter's.
fn module(name: &str, own: &BTreeMap<String, Prober>) -> Result<Prober, String> {
    if let Some(prober) = own.get(name) {
        return Ok(*prober);
    }
    let usual = MODULES.iter().find(|(known, _)| *known == name);
    usual.and_then(|(_, prober)| Prober::try_from((*prober).to_owned()).ok()).ok_or_else(|| {
        let known = own.keys().map(String::as_str).chain(MODULES.iter().map(|(known, _)| *known));
        format!(
            "Unknown module {name:?}; known: {}; others are named in the setting probe_modules",
            known.collect::<Vec<_>>().join(", ")
        )
    })
}

/// Prometheus says how long it waits; a little is left for the answer's way.
const TIMEOUT_HEADER: &str = "x-prometheus-scrape-timeout-seconds";
const MARGIN: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(60);

/// Looks at every address of the target, and gets the page where one is asked for.
pub(crate) async fn probe(
    State(context): State<Arc<Context>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let asked = match Asked::read(&query, &context.settings.probe_modules) {
        Ok(asked) => asked,
        Err(why) => return (StatusCode::BAD_REQUEST, format!("{why}\n")).into_response(),
    };
    let begun = Instant::now();
    let seen = tokio::time::timeout(patience(&headers), look(&context, &asked)).await;
    let mut exposition = Exposition::default();
    let good = match seen {
        Ok(Ok(seen)) => seen.write(&mut exposition),
        Ok(Err(unseen)) => {
            tracing::info!(target = %asked.target, why = %unseen.why(), "a probe did not look");
            return unseen.into_response();
        }
        Err(_) => false,
    };
    success(&mut exposition, good, begun);
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], exposition.finish()).into_response()
}

/// What is asked for: a look at a TLS peer, a page, or both.
#[derive(Debug)]
struct Asked {
    target: Target,
    tls: bool,
    page: Option<String>,
}

impl Asked {
    fn read(query: &HashMap<String, String>, own: &BTreeMap<String, Prober>) -> Result<Self, String> {
        let text =
            query.get("target").filter(|text| !text.is_empty()).ok_or("Target parameter is missing")?;
        let is_url = text.starts_with("http://") || text.starts_with("https://");
        let usual = if is_url { "http_2xx" } else { "tls" };
        let prober = module(query.get("module").map_or(usual, String::as_str), own)?;
        let parse =
            |written: &str| written.parse::<Target>().map_err(|error| format!("target {text:?}: {error}"));
        if prober == Prober::Http {
            // As blackbox_exporter does: a bare host is asked in the clear.
            let url = if is_url { text.clone() } else { format!("http://{text}") };
            let tls = url.starts_with("https://");
            let target = page::target(&url).map_err(|error| format!("target {text:?}: {error}"))?;
            return Ok(Self { target, tls, page: Some(url) });
        }
        let scheme = String::from(prober);
        let target = if text.contains("://") { parse(text)? } else { parse(&format!("{scheme}://{text}"))? };
        Ok(Self { target, tls: true, page: None })
    }
}

fn patience(headers: &HeaderMap) -> Duration {
    let seconds = headers.get(TIMEOUT_HEADER).and_then(|value| value.to_str().ok()?.parse::<f64>().ok());
    let wanted = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(LONGEST);
    wanted.saturating_sub(MARGIN).clamp(MARGIN, LONGEST)
}

struct Seen {
    resolved_in: Duration,
    shown: Shown,
    tls: bool,
    handshake: Duration,
    report: Option<Report>,
    page: Option<Page>,
}

impl Seen {
    /// Writes everything but the verdict, and gives that.
    fn write(&self, exposition: &mut Exposition) -> bool {
        exposition
            .gauge("probe_dns_lookup_time_seconds", "Returns the time taken for probe dns lookup in seconds")
            .value(self.resolved_in.as_secs_f64());
        for metric in METRICS {
            if let Some((labels, value)) = (metric.read)(&self.shown) {
                exposition.one(metric.name, metric.help, &labels, value);
            }
        }
        if let Some(page) = &self.page {
            page.write(exposition, self.resolved_in, self.handshake);
        }
        exposition.gauge("probe_failed_due_to_regex", "Indicates if probe failed due to regex").value(0.0);
        let shown = !self.tls || self.report.as_ref().is_some_and(Report::serves);
        shown && self.page.as_ref().is_none_or(Page::is_good)
    }

    /// Whether what was seen is bad, whatever was not looked at.
    fn is_bad(&self) -> bool {
        self.report.as_ref().is_some_and(|report| !report.serves())
    }
}

async fn look(context: &Context, asked: &Asked) -> Result<Seen, Unseen> {
    let target = &asked.target;
    let begun = Instant::now();
    let resolution = context.eye.resolve(target).await;
    let resolved_in = begun.elapsed();
    let address = resolution.as_ref().ok().and_then(|found| found.addresses.first()).map(SocketAddr::ip);
    let at = context.clock.now();
    let shown = |observations: &[Observation]| {
        Shown::of(&context.judge(), address, observations.iter(), at, &mut Leaves::default())
    };
    let mut seen = Seen {
        resolved_in,
        shown: shown(&[]),
        tls: asked.tls,
        handshake: Duration::ZERO,
        report: None,
        page: None,
    };
    let private_allowed = private_allowed(context, target).await?;
    let Ok(found) = &resolution else { return Ok(seen) };
    let policy = AddressPolicy::Server { private_allowed };
    let mut unseen = None;
    let mut observations: Vec<Observation> = Vec::new();
    for address in found.addresses.iter().copied().filter(|_| asked.tls) {
        match policy.check(address.ip()) {
            Ok(()) => observations.push(context.eye.look(target, address).await),
            Err(forbidden) => {
                let target = target.clone();
                unseen.get_or_insert(Unseen::Forbidden { target, forbidden, redirected: false });
            }
        }
    }
    if let Some(first) = observations.first() {
        seen.handshake = first.took.to_std();
        seen.shown = shown(&observations);
        let at = context.clock.now();
        let look = Look::at(target.clone(), resolution, observations);
        seen.report = Some(context.judge().look(&look, at));
    }
    if let (Some(url), None) = (&asked.page, &unseen) {
        match page::get(context, url).await {
            Ok(page) => seen.page = Some(page),
            Err(refused) => unseen = Some(refused),
        }
    }
    match unseen {
        Some(unseen) if !seen.is_bad() => Err(unseen),
        _ => Ok(seen),
    }
}

fn success(exposition: &mut Exposition, good: bool, begun: Instant) {
    exposition
        .gauge("probe_duration_seconds", "Returns how long the probe took to complete in seconds")
        .value(begun.elapsed().as_secs_f64());
    exposition
        .gauge("probe_success", "Displays whether or not the probe was a success")
        .value(f64::from(u8::from(good)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn modules_choose_the_protocol_and_schemes_win() {
        let table = [
            (query(&[("target", "shop.example")]), "shop.example:443", None),
            (
                query(&[("target", "https://shop.example/x"), ("module", "http_2xx")]),
                "shop.example:443",
                Some("https://shop.example/x"),
            ),
            (
                query(&[("target", "https://shop.example/x")]),
                "shop.example:443",
                Some("https://shop.example/x"),
            ),
            (
                query(&[("target", "shop.example/x"), ("module", "http_2xx")]),
                "shop.example:80",
                Some("http://shop.example/x"),
            ),
            (query(&[("target", "http://[::1]:8080/")]), "[::1]:8080", Some("http://[::1]:8080/")),
            (
                query(&[("target", "mail.example:587"), ("module", "smtp_starttls")]),
                "smtp://mail.example:587",
                None,
            ),
            (query(&[("target", "imap://mail.example"), ("module", "tls")]), "imap://mail.example:143", None),
            (query(&[("target", "mail.example"), ("module", "house_mail")]), "smtp://mail.example:25", None),
        ];
        let own = BTreeMap::from([("house_mail".to_owned(), Prober::try_from("smtp".to_owned()).unwrap())]);
        for (query, target, page) in table {
            let asked = Asked::read(&query, &own).unwrap();
            assert_eq!((asked.target.to_string().as_str(), asked.page.as_deref()), (target, page));
            assert_eq!(asked.tls, page.is_none_or(|url| url.starts_with("https")), "{page:?}");
        }
        assert_eq!(Asked::read(&query(&[]), &own).unwrap_err(), "Target parameter is missing");
        insta::assert_snapshot!(
            Asked::read(&query(&[("target", "x"), ("module", "dns_udp")]), &own).unwrap_err(),
            @r#"Unknown module "dns_udp"; known: house_mail, http_2xx, tls, tls_connect, tcp_connect_tls, smtp_starttls, imap_starttls, postgres_starttls, tcp_connect; others are named in the setting probe_modules"#
        );
    }

    #[test]
    fn prometheus_is_not_kept_waiting() {
        let mut headers = HeaderMap::new();
        assert_eq!(patience(&headers), LONGEST - MARGIN);
        headers.insert(TIMEOUT_HEADER, "10".parse().unwrap());
        assert_eq!(patience(&headers), Duration::from_millis(9500));
        headers.insert(TIMEOUT_HEADER, "NaN".parse().unwrap());
        assert_eq!(patience(&headers), LONGEST - MARGIN);
    }
}

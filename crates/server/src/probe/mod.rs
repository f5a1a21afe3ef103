//! `/probe?target=&module=`: answers as blackbox_exporter does, so that a Prometheus configured for it can be pointed here.

mod page;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use notafter_cert::Identifier;
use notafter_engine::context::Context;
use notafter_inventory::check::{Facts, Look, Report};
use notafter_net::limits::AddressPolicy;
use notafter_tls::Target;
use notafter_tls::observation::Observation;

use self::page::Page;
use crate::exposition::{CONTENT_TYPE, Exposition};

/// Modules of blackbox_exporter's example configuration, and the protocol each asks for.
const MODULES: [(&str, &str); 8] = [
    ("http_2xx", HTTP),
    ("tls", "tls"),
    ("tls_connect", "tls"),
    ("tcp_connect_tls", "tls"),
    ("smtp_starttls", "smtp"),
    ("imap_starttls", "imap"),
    ("postgres_starttls", "postgres"),
    ("tcp_connect", "tls"),
];

/// The protocol of modules that get a page.
const HTTP: &str = "http";

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
    let asked = match Asked::read(&query) {
        Ok(asked) => asked,
        Err(why) => return (StatusCode::BAD_REQUEST, format!("{why}\n")).into_response(),
    };
    let begun = Instant::now();
    let seen = tokio::time::timeout(patience(&headers), look(&context, &asked)).await;
    let mut exposition = Exposition::default();
    let good = match &seen {
        Ok(seen) => seen.write(&mut exposition),
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
    fn read(query: &HashMap<String, String>) -> Result<Self, String> {
        let text =
            query.get("target").filter(|text| !text.is_empty()).ok_or("Target parameter is missing")?;
        let is_url = text.starts_with("http://") || text.starts_with("https://");
        let usual = if is_url { "http_2xx" } else { "tls" };
        let module = query.get("module").map_or(usual, String::as_str);
        let (_, scheme) = MODULES
            .iter()
            .find(|(name, _)| *name == module)
            .ok_or_else(|| format!("Unknown module {module:?}"))?;
        let parse =
            |written: &str| written.parse::<Target>().map_err(|error| format!("target {text:?}: {error}"));
        if *scheme == HTTP {
            // As blackbox_exporter does: a bare host is asked in the clear.
            let url = if is_url { text.clone() } else { format!("http://{text}") };
            let tls = url.starts_with("https://");
            let target = match url.strip_prefix("http://") {
                Some(rest) => parse(&format!("tls://{}", with_port(rest.split('/').next().unwrap_or(rest))))?,
                None => parse(&url)?,
            };
            return Ok(Self { target, tls, page: Some(url) });
        }
        let target = if text.contains("://") { parse(text)? } else { parse(&format!("{scheme}://{text}"))? };
        Ok(Self { target, tls: true, page: None })
    }
}

/// A host and port of a URL in the clear: 80 where none is written.
fn with_port(authority: &str) -> String {
    let after_address = authority.rsplit_once(']').map_or(authority, |(_, rest)| rest);
    if after_address.contains(':') { authority.to_owned() } else { format!("{authority}:80") }
}

fn patience(headers: &HeaderMap) -> Duration {
    let seconds = headers.get(TIMEOUT_HEADER).and_then(|value| value.to_str().ok()?.parse::<f64>().ok());
    let wanted = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(LONGEST);
    wanted.saturating_sub(MARGIN).clamp(MARGIN, LONGEST)
}

struct Seen {
    resolved_in: Duration,
    address: Option<SocketAddr>,
    tls: bool,
    handshake: Duration,
    report: Option<Report>,
    page: Option<Page>,
}

impl Seen {
    /// Writes everything but the verdict, and gives that.
    fn write(&self, exposition: &mut Exposition) -> bool {
        let address =
            self.report.as_ref().and_then(|report| report.resolved.first()).or(self.address.as_ref());
        write_resolution(exposition, self.resolved_in, address);
        if let Some(report) = &self.report {
            write_tls(exposition, report);
        }
        if let Some(page) = &self.page {
            page.write(exposition, self.resolved_in, self.handshake);
        }
        exposition.gauge("probe_failed_due_to_regex", "Indicates if probe failed due to regex").value(0.0);
        let shown = !self.tls || self.report.as_ref().is_some_and(report_is_good);
        shown && self.page.as_ref().is_none_or(Page::is_good)
    }
}

async fn look(context: &Context, asked: &Asked) -> Seen {
    let target = &asked.target;
    let begun = Instant::now();
    let resolution = context.eye.resolve(target).await;
    let resolved_in = begun.elapsed();
    let mut seen = Seen {
        resolved_in,
        address: resolution.as_ref().ok().and_then(|found| found.addresses.first().copied()),
        tls: asked.tls,
        handshake: Duration::ZERO,
        report: None,
        page: None,
    };
    let private_allowed = private_allowed(context, target).await;
    let Ok(found) = &resolution else { return seen };
    let policy = AddressPolicy::Server { private_allowed };
    let allowed = found.addresses.iter().copied().filter(|address| policy.check(address.ip()).is_ok());
    let mut observations: Vec<Observation> = Vec::new();
    for address in allowed.filter(|_| asked.tls) {
        observations.push(context.eye.look(target, address).await);
    }
    if let Some(first) = observations.first() {
        seen.handshake = first.took.to_std();
        let at = context.clock.now();
        let look = Look::at(target.clone(), resolution, observations);
        seen.report = Some(context.judge.look(&look, at));
    }
    if let Some(url) = &asked.page {
        seen.page = Some(page::get(context, url, private_allowed).await);
    }
    seen
}

/// Private addresses only for what an administrator wrote into the inventory (law 10).
async fn private_allowed(context: &Context, target: &Target) -> bool {
    let known = context.store.endpoint_at(&context.scope, target).await.ok().flatten();
    known.is_some_and(|known| known.written_by_admin)
}

/// Blackbox fails a probe whose chain does not verify, and passes one that will soon expire.
fn report_is_good(report: &Report) -> bool {
    let good =
        |facts: &Facts, at| facts.path.trusted && facts.leaf().is_some_and(|leaf| leaf.not_after >= at);
    let named = report.findings.iter().all(|found| found.violation.code != "certificate.name-mismatch");
    named
        && !report.addresses.is_empty()
        && report.addresses.iter().all(|one| one.facts.as_ref().is_some_and(|facts| good(facts, report.at)))
}

fn success(exposition: &mut Exposition, good: bool, begun: Instant) {
    exposition
        .gauge("probe_duration_seconds", "Returns how long the probe took to complete in seconds")
        .value(begun.elapsed().as_secs_f64());
    exposition
        .gauge("probe_success", "Displays whether or not the probe was a success")
        .value(f64::from(u8::from(good)));
}

fn write_resolution(exposition: &mut Exposition, took: Duration, address: Option<&SocketAddr>) {
    exposition
        .gauge("probe_dns_lookup_time_seconds", "Returns the time taken for probe dns lookup in seconds")
        .value(took.as_secs_f64());
    let Some(address) = address else { return };
    let (protocol, bytes) = match address.ip() {
        IpAddr::V4(ip) => (4.0, ip.octets().to_vec()),
        IpAddr::V6(ip) => (6.0, ip.octets().to_vec()),
    };
    exposition
        .gauge("probe_ip_protocol", "Specifies whether probe ip protocol is IP4 or IP6")
        .value(protocol);
    exposition
        .gauge(
            "probe_ip_addr_hash",
            "Specifies the hash of IP address. It's useful to detect if the IP address changes.",
        )
        .value(f64::from(fnv1a(&bytes)));
}

/// FNV-1a, 32 bits: the hash that blackbox_exporter uses here.
fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit a double exactly")]
const fn seconds(time: notafter_cert::Time) -> f64 {
    time.unix_seconds() as f64
}

fn write_tls(exposition: &mut Exposition, report: &Report) {
    let all: Vec<&Facts> = report.addresses.iter().filter_map(|one| one.facts.as_ref()).collect();
    let Some(first) = all.first() else { return };
    let sent = all.iter().flat_map(|facts| facts.chain.iter()).map(|certificate| certificate.not_after).min();
    if let Some(earliest) = sent {
        exposition
            .gauge("probe_ssl_earliest_cert_expiry", "Returns last SSL chain expiry in unixtime")
            .value(seconds(earliest));
    }
    let path = all.iter().map(|facts| facts.path.earliest_end).min();
    if let Some(end) = path.filter(|_| first.path.trusted) {
        exposition
            .gauge(
                "probe_ssl_last_chain_expiry_timestamp_seconds",
                "Returns last SSL chain expiry in timestamp",
            )
            .value(seconds(end));
    }
    if let Some(leaf) = first.leaf() {
        // Blackbox names DNS names alone here.
        let is_name = |name: &&Identifier| matches!(name, Identifier::Dns(_));
        let names: Vec<String> = leaf.names.iter().filter(is_name).map(ToString::to_string).collect();
        exposition.gauge("probe_ssl_last_chain_info", "Contains SSL leaf certificate information").sample(
            &[
                ("fingerprint_sha256", &leaf.fingerprint.to_string()),
                ("issuer", &closed_up(&leaf.issuer)),
                ("serialnumber", &leaf.serial),
                ("subject", &closed_up(&leaf.subject)),
                ("subjectalternative", &names.join(",")),
            ],
            1.0,
        );
    }
    if let Some(handshake) = &first.handshake {
        exposition
            .gauge("probe_tls_version_info", "Returns the TLS version used or NaN when unknown")
            .sample(&[("version", &handshake.version)], 1.0);
        exposition
            .gauge("probe_tls_cipher_info", "Returns the TLS cipher negotiated during handshake")
            .sample(&[("cipher", &handshake.suite)], 1.0);
    }
}

/// A distinguished name without the spaces between its parts, as Go writes it (RFC 2253 section 2.1).
fn closed_up(name: &str) -> String {
    let mut written = String::with_capacity(name.len());
    let (mut escaped, mut after_comma) = (false, false);
    for letter in name.chars() {
        if !(after_comma && letter == ' ') {
            written.push(letter);
        }
        after_comma = letter == ',' && !escaped;
        escaped = letter == '\\' && !escaped;
    }
    written
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
        ];
        for (query, target, page) in table {
            let asked = Asked::read(&query).unwrap();
            assert_eq!((asked.target.to_string().as_str(), asked.page.as_deref()), (target, page));
            assert_eq!(asked.tls, page.is_none_or(|url| url.starts_with("https")), "{page:?}");
        }
        assert_eq!(Asked::read(&query(&[])).unwrap_err(), "Target parameter is missing");
        assert_eq!(
            Asked::read(&query(&[("target", "x"), ("module", "dns_udp")])).unwrap_err(),
            "Unknown module \"dns_udp\""
        );
    }

    #[test]
    fn names_are_written_as_go_does() {
        assert_eq!(closed_up("CN=shop.example, O=Shop"), "CN=shop.example,O=Shop");
        assert_eq!(closed_up(r"CN=a, O=Shop\, Inc., C=DE"), r"CN=a,O=Shop\, Inc.,C=DE");
        assert_eq!(closed_up(r"O=back\\, C=DE"), r"O=back\\,C=DE");
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

    #[test]
    fn addresses_hash_as_in_blackbox_exporter() {
        assert_eq!(fnv1a(b""), 0x811c_9dc5);
        assert_eq!(fnv1a(b"a"), 0xe40c_292c);
    }
}

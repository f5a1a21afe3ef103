//! `/metrics`: our own names, and blackbox_exporter's per endpoint.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::{StatusCode, header};
use notafter_cert::Time;
use notafter_engine::context::Context;
use notafter_engine::operate::Fault;
use notafter_engine::private_roots;
use notafter_engine::tasks::{self, renew};
use notafter_inventory::check::Judge;
use notafter_inventory::drill::ALARM;
use notafter_inventory::model::{Endpoint, EndpointId, Mode, Severity, Subject};
use notafter_store::EndpointState;
use notafter_tls::Target;

use crate::certificate_files;
use crate::exposition::{CONTENT_TYPE, Exposition, labels, line};
use crate::shown::{Leaves, METRICS, Reading, Shown, seconds};

/// Endpoints read at once.
const PAGE: u32 = 1000;

/// A piece of the answer's body is about this long.
const PIECE: usize = 64 * 1024;

/// Everything that Prometheus wants to know.
pub(crate) async fn metrics(State(context): State<Arc<Context>>) -> Response {
    match read(&context).await {
        Ok((installation, rows)) => {
            let pieces = std::iter::once(installation).chain(Pieces::of(rows)).map(Ok::<_, Infallible>);
            ([(header::CONTENT_TYPE, CONTENT_TYPE)], Body::from_stream(stream::iter(pieces))).into_response()
        }
        Err(fault) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{}\n", fault.what)).into_response(),
    }
}

/// What is told about the installation, and every endpoint.
async fn read(context: &Context) -> Result<(String, Vec<Row>), Fault> {
    let mut exposition = Exposition::default();
    exposition
        .gauge("notafter_build_info", "The version that runs.")
        .sample(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    loops(&mut exposition, context).await?;
    findings(&mut exposition, context).await?;
    lineages(&mut exposition, context).await?;
    certificate_files::write(&mut exposition, context).await?;
    let rows = rows(context).await?;
    exposition
        .gauge("notafter_endpoints", "Endpoints that were looked at.")
        .value(f64::from(u32::try_from(rows.len()).unwrap_or(u32::MAX)));
    Ok((exposition.finish(), rows))
}

#[expect(clippy::cast_precision_loss, reason = "counts of tasks fit a double exactly")]
async fn loops(exposition: &mut Exposition, context: &Context) -> Result<(), Fault> {
    let mut family = exposition
        .gauge("notafter_loop_progress_timestamp_seconds", "When each loop last gave a sign of life.");
    for (name, at) in context.progress.beats() {
        family = family.sample(&[("loop", name)], seconds(at));
    }
    let now = context.clock.now();
    let mut overdue = Vec::new();
    for task in tasks::ALL {
        overdue.push((task.kind, context.store.overdue(task.kind, now).await?));
    }
    let mut family = exposition.gauge("notafter_tasks_overdue", "Tasks that were due before now.");
    for (kind, count) in overdue {
        family = family.sample(&[("task", kind)], count as f64);
    }
    Ok(())
}

async fn findings(exposition: &mut Exposition, context: &Context) -> Result<(), Fault> {
    let mut counts: BTreeMap<(String, Severity), u32> = BTreeMap::new();
    // Nothing is wrong where an alarm is rehearsed: nobody else should be paged for it.
    let open = context.store.findings_open(&context.scope).await?;
    for finding in open.into_iter().filter(|finding| finding.violation.code != ALARM) {
        *counts.entry((finding.violation.code, finding.violation.severity)).or_default() += 1;
    }
    let mut family = exposition.gauge("notafter_findings_open", "Open findings.");
    for ((code, severity), count) in counts {
        let severity = severity.to_string().to_lowercase();
        family = family.sample(&[("code", &code), ("severity", &severity)], f64::from(count));
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a margin fit a double exactly")]
async fn lineages(exposition: &mut Exposition, context: &Context) -> Result<(), Fault> {
    let now = context.clock.now();
    let (mut ends, mut margins, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    let lineages = context.store.lineages(&context.scope).await?;
    let loaded = renew::Case::load_all(&renew::Source::of(context), lineages).await?;
    for renew::Loaded { lineage, version, case } in loaded {
        if !matches!(lineage.mode, Mode::Managed(_)) {
            continue;
        }
        failures.push((lineage.name.clone(), lineage.renewal.failures.len()));
        ends.extend(version.map(|version| (lineage.name.clone(), version.not_after)));
        // One lineage that cannot be decided must not take the others' metrics away: `status` says why it cannot.
        if let Ok(Some(case)) = case {
            margins.push((lineage.name, case.plan(now).margin));
        }
    }
    let mut family = exposition
        .gauge("notafter_lineage_not_after_timestamp_seconds", "End of the lineage's present certificate.");
    for (name, end) in &ends {
        family = family.sample(&[("lineage", name)], seconds(*end));
    }
    let mut family = exposition.gauge(
        "notafter_lineage_renewal_margin_seconds",
        "Time until the renewal is due; negative when it is late.",
    );
    for (name, margin) in &margins {
        family = family.sample(&[("lineage", name)], margin.as_seconds() as f64);
    }
    let mut family = exposition
        .gauge("notafter_lineage_failed_attempts", "Failed attempts since the last successful renewal.");
    for (name, count) in &failures {
        family = family.sample(&[("lineage", name)], f64::from(u32::try_from(*count).unwrap_or(u32::MAX)));
    }
    Ok(())
}

/// What the last look of one endpoint amounts to.
struct Row {
    /// `instance`, and `sni` where one was chosen: two endpoints may share host and port.
    labels: String,
    /// As its open findings say.
    serves: bool,
    looked_at: Time,
    shown: Shown,
}

/// Every endpoint that was looked at: pages of the store, kept small.
async fn rows(context: &Context) -> Result<Vec<Row>, Fault> {
    let now = context.clock.now();
    let mut rows = Vec::new();
    let mut leaves = Leaves::default();
    private_roots::refresh(context).await?;
    let mut judges = Judges { context, installed: context.judge(), own: HashMap::new() };
    let mut after: Option<EndpointId> = None;
    loop {
        let page = context.store.endpoint_states_after(&context.scope, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(rows) };
        after = Some(last.endpoint_id);
        let ids: Vec<EndpointId> = page.iter().map(|state| state.endpoint_id).collect();
        let endpoints = context.store.endpoints_of(&context.scope, &ids).await?;
        let known: HashMap<EndpointId, Endpoint> =
            endpoints.into_iter().map(|endpoint| (endpoint.id, endpoint)).collect();
        let failing = failing(context, &ids).await?;
        for state in page {
            let Some(endpoint) = known.get(&state.endpoint_id) else { continue };
            let serves = !state.looks.is_empty() && !failing.contains(&Subject::Endpoint(endpoint.id));
            let shown = shown(&judges.of(endpoint), &state, now, &mut leaves);
            rows.push(Row { labels: instance(&endpoint.target), serves, looked_at: state.looked_at, shown });
        }
    }
}

/// Those of these endpoints that a visitor who verifies is not served well by, as far as is known.
async fn failing(context: &Context, endpoints: &[EndpointId]) -> Result<HashSet<Subject>, Fault> {
    let subjects: Vec<Subject> = endpoints.iter().copied().map(Subject::Endpoint).collect();
    let open = context.store.findings_open_among(&context.scope, &subjects).await?;
    let failing = open.into_iter().filter(|finding| finding.violation.fails_a_probe());
    Ok(failing.map(|finding| finding.violation.subject).collect())
}

/// Who judges which endpoint in one answer: a file of anchors is looked at once, however many endpoints name it.
struct Judges<'a> {
    context: &'a Context,
    installed: Arc<Judge>,
    own: HashMap<String, Arc<Judge>>,
}

impl Judges<'_> {
    fn of(&mut self, endpoint: &Endpoint) -> Arc<Judge> {
        match endpoint.trust.as_deref() {
            None => self.context.private_roots.judge(&self.installed, &endpoint.target),
            Some(path) => {
                let judge = self.own.entry(path.to_owned()).or_insert_with(|| self.context.judges.of(path));
                Arc::clone(judge)
            }
        }
    }
}

fn shown(judge: &Judge, state: &EndpointState, now: Time, leaves: &mut Leaves) -> Shown {
    let resolved = state.resolution.as_ref().ok().and_then(|known| known.addresses.first());
    let looks = state.looks.iter().map(|look| &look.observation);
    Shown::of(judge, resolved.map(SocketAddr::ip), looks, now, leaves)
}

fn instance(target: &Target) -> String {
    let instance = target.to_string();
    match &target.sni {
        None => labels(&[("instance", &instance)]),
        Some(sni) => labels(&[("instance", &instance), ("sni", sni)]),
    }
}

/// The families about endpoints, a piece of text at a time: all samples of a family stand together, and the whole is never
/// in memory at once.
struct Pieces {
    rows: Vec<Row>,
    family: usize,
    next: usize,
}

/// A family about endpoints: its name, its help, and how a row of it is read.
type Family = (&'static str, &'static str, Read);
type Read = Box<dyn Fn(&Row) -> Reading<'_>>;

impl Pieces {
    const fn of(rows: Vec<Row>) -> Self {
        Self { rows, family: 0, next: 0 }
    }

    fn family(&self) -> Option<Family> {
        let bare = |value: f64| Some((Cow::Borrowed(""), value));
        match self.family.checked_sub(2) {
            None if self.family == 0 => Some((
                "probe_success",
                "Displays whether or not the probe was a success",
                Box::new(move |row| bare(f64::from(u8::from(row.serves)))),
            )),
            None => Some((
                "notafter_endpoint_looked_at_timestamp_seconds",
                "When the endpoint was last looked at.",
                Box::new(move |row| bare(seconds(row.looked_at))),
            )),
            Some(index) => {
                let metric = METRICS.get(index)?;
                Some((metric.name, metric.help, Box::new(|row| (metric.read)(&row.shown))))
            }
        }
    }
}

impl Iterator for Pieces {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let (name, help, read) = self.family()?;
        let mut exposition = Exposition::default();
        if self.next == 0 {
            exposition.gauge(name, help);
        }
        let mut piece = exposition.finish();
        while let Some(row) = self.rows.get(self.next) {
            self.next += 1;
            let Some((more, value)) = read(row) else { continue };
            let labels = if more.is_empty() { row.labels.clone() } else { format!("{},{more}", row.labels) };
            piece.push_str(&line(name, &labels, value));
            if piece.len() >= PIECE {
                return Some(piece);
            }
        }
        (self.family, self.next) = (self.family + 1, 0);
        Some(piece)
    }
}

#[cfg(test)]
mod tests {
    use notafter_cert::path::Anchors;
    use notafter_inventory::check::Judge;
    use notafter_inventory::threshold::Thresholds;

    use super::*;

    /// However long, a family is one group: its head once, its samples after it.
    #[test]
    fn families_stand_together_and_the_text_comes_in_pieces() {
        let judge = Judge::new(Anchors::mozilla(), Thresholds::default());
        let address = "192.0.2.1".parse().ok();
        let at = Time::from_unix_seconds(1_796_000_000);
        let shown = Shown::of(&judge, address, std::iter::empty(), at, &mut Leaves::default());
        let row = |index: usize| {
            let mut target: Target = format!("host-{index}.example").parse().unwrap();
            target.sni = (index == 1).then(|| "other.example".to_owned());
            Row { labels: instance(&target), serves: index != 0, looked_at: at, shown: shown.clone() }
        };
        let pieces: Vec<String> = Pieces::of((0..3000).map(row).collect()).collect();
        assert!(pieces.len() > 2 + METRICS.len() && pieces.iter().all(|piece| piece.len() < PIECE + 1000));
        let text = pieces.concat();
        assert_eq!(text.matches("# TYPE ").count(), 2 + METRICS.len());
        let names = text.lines().filter(|line| !line.starts_with('#'));
        let mut groups: Vec<&str> = names.map(|line| line.split('{').next().unwrap()).collect();
        assert_eq!(groups.len(), 4 * 3000, "what is not known is left out");
        groups.dedup();
        let known = ["probe_success", "notafter_endpoint_looked_at_timestamp_seconds", "probe_ip_protocol"];
        assert_eq!(groups, [&known[..], &["probe_ip_addr_hash"]].concat());
        assert!(text.contains("probe_success{instance=\"host-0.example:443\"} 0\n"));
        assert!(text.contains("probe_success{instance=\"host-1.example:443\",sni=\"other.example\"} 1\n"));
    }
}

//! `/metrics`: our own names, and blackbox_exporter's per endpoint.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use notafter_cert::path::Chain;
use notafter_cert::{Certificate, Time};
use notafter_engine::context::Context;
use notafter_engine::operate::Fault;
use notafter_engine::tasks::{self, renew};
use notafter_inventory::model::{EndpointId, Mode, Severity};
use notafter_store::EndpointState;
use notafter_tls::observation::Outcome;

use crate::exposition::{CONTENT_TYPE, Exposition};

/// Endpoints read at once.
const PAGE: u32 = 1000;

/// Everything that Prometheus wants to know.
pub(crate) async fn metrics(State(context): State<Arc<Context>>) -> Response {
    match write(&context).await {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(fault) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{}\n", fault.what)).into_response(),
    }
}

async fn write(context: &Context) -> Result<String, Fault> {
    let mut exposition = Exposition::default();
    exposition
        .gauge("notafter_build_info", "The version that runs.")
        .sample(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    loops(&mut exposition, context).await?;
    findings(&mut exposition, context).await?;
    lineages(&mut exposition, context).await?;
    endpoints(&mut exposition, context).await?;
    Ok(exposition.finish())
}

#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit a double exactly")]
const fn seconds(time: Time) -> f64 {
    time.unix_seconds() as f64
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
    for finding in context.store.findings_open(&context.scope).await? {
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
    for lineage in context.store.lineages(&context.scope).await? {
        if !matches!(lineage.mode, Mode::Managed(_)) {
            continue;
        }
        let Some(case) = renew::Case::load(context, lineage.id).await? else { continue };
        failures.push((lineage.name.clone(), lineage.renewal.failures.len()));
        margins.push((lineage.name.clone(), case.plan(now).margin));
        if let Some(version) = &case.version {
            ends.push((lineage.name, version.not_after));
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
    instance: String,
    success: bool,
    earliest: Option<Time>,
    looked_at: Time,
}

async fn endpoints(exposition: &mut Exposition, context: &Context) -> Result<(), Fault> {
    let rows = rows(context).await?;
    exposition
        .gauge("notafter_endpoints", "Endpoints that were looked at.")
        .value(f64::from(u32::try_from(rows.len()).unwrap_or(u32::MAX)));
    let mut family = exposition.gauge("probe_success", "Displays whether or not the probe was a success");
    for row in &rows {
        family = family.sample(&[("instance", &row.instance)], f64::from(u8::from(row.success)));
    }
    let mut family =
        exposition.gauge("probe_ssl_earliest_cert_expiry", "Returns last SSL chain expiry in unixtime");
    for (row, end) in rows.iter().filter_map(|row| Some((row, row.earliest?))) {
        family = family.sample(&[("instance", &row.instance)], seconds(end));
    }
    let mut family = exposition
        .gauge("notafter_endpoint_looked_at_timestamp_seconds", "When the endpoint was last looked at.");
    for row in &rows {
        family = family.sample(&[("instance", &row.instance)], seconds(row.looked_at));
    }
    Ok(())
}

async fn rows(context: &Context) -> Result<Vec<Row>, Fault> {
    let now = context.clock.now();
    let mut rows = Vec::new();
    let mut after: Option<EndpointId> = None;
    loop {
        let page = context.store.endpoint_states_after(&context.scope, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(rows) };
        after = Some(last.endpoint_id);
        let ids: Vec<EndpointId> = page.iter().map(|state| state.endpoint_id).collect();
        let known: BTreeMap<EndpointId, String> = context
            .store
            .endpoints_of(&context.scope, &ids)
            .await?
            .into_iter()
            .map(|endpoint| (endpoint.id, endpoint.target.to_string()))
            .collect();
        for state in page {
            if let Some(instance) = known.get(&state.endpoint_id) {
                rows.push(row(context, instance.clone(), &state, now));
            }
        }
    }
}

fn row(context: &Context, instance: String, state: &EndpointState, now: Time) -> Row {
    let mut earliest: Option<Time> = None;
    let mut success = !state.looks.is_empty();
    for look in &state.looks {
        let Outcome::Served(served) = &look.observation.outcome else {
            success = false;
            continue;
        };
        let known = context.judge.chain(&served.chain, now);
        success &= known.path.as_ref().is_some_and(|path| path.is_trusted());
        let ends = known.chain.as_ref().as_ref().ok().into_iter().flat_map(Chain::certificates);
        earliest = ends.map(Certificate::not_after).chain(earliest).min();
    }
    Row { instance, success, earliest, looked_at: state.looked_at }
}

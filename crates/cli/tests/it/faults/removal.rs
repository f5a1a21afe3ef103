//! A lineage that goes leaves nothing that runs, and no key that nobody knows of.

use std::time::Instant;

use notafter_cert::Time;
use notafter_engine::open;
use notafter_engine::tasks::{deploy, renew, scan, watch};
use notafter_lab::http_sink::HttpSink;
use notafter_lab::tls_server::Behaviour;
use notafter_net::Clock;
use notafter_store::Scope;

use crate::notafter::Ran;
use crate::serve::{PATIENCE, Serving};
use crate::sweep::stage::{Stage, said};

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_lineage_leaves_no_task_finding_or_alert_and_its_key_only_until_it_is_pruned() {
    let stage = Stage::set().await;
    let issued = stage.issue(&["env"]);
    assert!(issued.status.success(), "{}", said(&issued));
    has_a_finding_and_its_alert(&stage).await;
    let known = ids(&stage).await;
    assert!(known.scheduled >= 2, "renewal and deployment are scheduled");
    assert!(known.findings >= 1 && known.alerts >= 1 && known.open >= 1, "{known:?}");
    let run = |arguments: &[&str]| {
        let output = stage.run(&["env"], arguments);
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(!run(&["vault", "status"]).contains("prune"), "its key is in use");
    assert_eq!(run(&["vault", "prune", "--yes"]), "no key of a removed lineage is kept\n");

    run(&["apply", "/dev/null", "--prune", "--yes"]);
    let after = ids_of(&stage, &known).await;
    assert_eq!((after.scheduled, after.findings, after.open), (0, 0, 0));
    assert_eq!(after.alerts, 0, "nobody is reminded of what is gone");
    assert!(std::fs::read(stage.path("live/privkey.pem")).is_ok(), "what is served stays served");

    let status = run(&["vault", "status"]);
    assert!(status.contains("1 key of removed lineages: notafter vault prune"), "{status}");
    let shown = run(&["vault", "prune"]);
    assert!(shown.contains("for shop.example") && shown.contains("1 key to destroy"), "{shown}");
    let ran: Ran = stage.run(&["env"], &["vault", "prune", "--format", "json"]).into();
    assert_eq!(ran.document()["pruning"]["destroyed"], false);
    assert!(run(&["vault", "status"]).contains("sealed: 1 certificate keys"), "only shown");
    assert!(run(&["vault", "prune", "--yes"]).contains("1 key destroyed"));
    assert!(run(&["vault", "status"]).contains("sealed: 0 certificate keys"));
}

const WATCH: &str = r#"
[[channel]]
name = "pager"
kind = "webhook"
url = "http://SINK/"

[[owner]]
name = "default"
contacts = [{ channel = "pager" }]
"#;

/// The server of the lineage hangs up on everybody, and its owner is told.
async fn has_a_finding_and_its_alert(stage: &Stage) {
    let sink = HttpSink::start("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let file = stage.path("watch.toml");
    std::fs::write(&file, WATCH.replace("SINK", &sink.address().to_string())).unwrap();
    let applied = stage.run(&["env"], &["apply", file.to_str().unwrap(), "--yes"]);
    assert!(applied.status.success(), "{}", said(&applied));
    stage.misbehave(Behaviour::Reset);
    let server = Serving::start(stage.command(&[], &["serve", "--listen", "127.0.0.1:0"]));
    let begun = Instant::now();
    loop {
        let list = stage.run(&["env"], &["alert", "list", "--format", "json"]);
        if String::from_utf8_lossy(&list.stdout).contains("endpoint.") {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "nobody is told: {}", said(&list));
    }
    server.end("TERM");
}

/// What the store knows of the one lineage, its place and its endpoint.
#[derive(Debug)]
struct Known {
    lineage: notafter_inventory::model::LineageId,
    places: Vec<notafter_inventory::model::PlaceId>,
    endpoints: Vec<notafter_inventory::model::EndpointId>,
    scheduled: usize,
    findings: usize,
    open: usize,
    alerts: usize,
}

async fn ids(stage: &Stage) -> Known {
    let opened = open::open(&stage.settings, Clock::system()).await.unwrap();
    let (store, scope) = (&opened.context.store, Scope::EVERYTHING);
    let lineage = store.lineage_named(&scope, "shop").await.unwrap().unwrap();
    let known = Known {
        lineage: lineage.id,
        places: store.places(&scope).await.unwrap().iter().map(|place| place.id).collect(),
        endpoints: store.endpoints(&scope).await.unwrap().iter().map(|endpoint| endpoint.id).collect(),
        scheduled: 0,
        findings: 0,
        open: 0,
        alerts: 0,
    };
    store.close().await;
    drop(opened);
    ids_of(stage, &known).await
}

async fn ids_of(stage: &Stage, known: &Known) -> Known {
    let opened = open::open(&stage.settings, Clock::system()).await.unwrap();
    let (store, scope) = (&opened.context.store, Scope::EVERYTHING);
    let mut due: Vec<Option<Time>> = Vec::new();
    for kind in [renew::KIND, watch::KIND] {
        due.push(store.due(kind, &renew::subject(known.lineage)).await.unwrap());
    }
    let mut open = store.orders_open(&scope).await.unwrap().len();
    for place in &known.places {
        due.push(store.due(deploy::KIND, &deploy::subject(*place)).await.unwrap());
        let deployments = store.deployments_to(&scope, *place, 9).await.unwrap();
        open += deployments.iter().filter(|deployment| deployment.closed_at.is_none()).count();
    }
    for endpoint in &known.endpoints {
        due.push(store.due(scan::KIND, &scan::subject(*endpoint)).await.unwrap());
    }
    let findings = store.findings_open(&scope).await.unwrap();
    let known = Known {
        lineage: known.lineage,
        places: known.places.clone(),
        endpoints: known.endpoints.clone(),
        scheduled: due.iter().flatten().count(),
        findings: findings.len(),
        open,
        alerts: store.alerts_open(&scope).await.unwrap().len(),
    };
    store.close().await;
    known
}

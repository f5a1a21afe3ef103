//! A lineage that goes leaves nothing that runs, and no key that nobody knows of.

use notafter_cert::Time;
use notafter_engine::open;
use notafter_engine::tasks::{deploy, renew, scan, watch};
use notafter_inventory::model::{Actor, Endpoint, FindingId, Subject};
use notafter_lab::http_sink::HttpSink;
use notafter_net::Clock;
use notafter_store::{Change, Scope};

use crate::notafter::Ran;
use crate::serve::Serving;
use crate::sweep::stage::{Stage, WATCH, said};

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_lineage_leaves_no_task_and_nothing_to_tell_and_its_key_only_until_it_is_pruned() {
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
    assert_eq!(run(&["vault", "prune", "--yes"]), "no key of a removed lineage or private CA is kept\n");

    run(&["apply", "/dev/null", "--prune", "--yes"]);
    let after = ids_of(&stage, &known).await;
    assert_eq!((after.scheduled, after.findings, after.open), (0, 0, 0));
    assert_eq!(after.alerts, 0, "an alert has nothing left to tell of, and ends at its next plan");
    assert!(std::fs::read(stage.path("live/privkey.pem")).is_ok(), "what is served stays served");

    let status = run(&["vault", "status"]);
    assert!(status.contains("1 key of removed lineages and private CAs: notafter vault prune"), "{status}");
    let shown = run(&["vault", "prune"]);
    assert!(shown.contains("for shop.example") && shown.contains("1 key to destroy"), "{shown}");
    let ran: Ran = stage.run(&["env"], &["vault", "prune", "--format", "json"]).into();
    assert_eq!(ran.document()["pruning"]["destroyed"], false);
    assert!(run(&["vault", "status"]).contains("sealed: 1 certificate keys"), "only shown");
    assert!(run(&["vault", "prune", "--yes"]).contains("1 key destroyed"));
    assert!(run(&["vault", "status"]).contains("sealed: 0 certificate keys"));
}

/// The server of the lineage serves a certificate that ends soon, and its owner is told.
async fn has_a_finding_and_its_alert(stage: &Stage) {
    let sink = HttpSink::start("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    let file = stage.path("watch.toml");
    std::fs::write(&file, WATCH.replace("SINK", &sink.address().to_string())).unwrap();
    let applied = stage.run(&["env"], &["apply", file.to_str().unwrap(), "--yes"]);
    assert!(applied.status.success(), "{}", said(&applied));
    stage.put_back_the_old_pair();
    look_again_at_once(stage).await;
    let server = Serving::start(stage.command(&[], &["serve", "--listen", "127.0.0.1:0"]));
    for count in 1.. {
        let asked = sink.wait_for(count).await;
        if asked.iter().any(|asked| String::from_utf8_lossy(&asked.body).contains("\"certificate.")) {
            break;
        }
    }
    server.end("TERM");
}

/// The proof was a look, and the next one has time.
async fn look_again_at_once(stage: &Stage) {
    let opened = open::open(&stage.settings, Clock::system()).await.unwrap();
    let (store, scope, now) = (&opened.context.store, Scope::EVERYTHING, Clock::system().now());
    let endpoints = store.endpoints(&scope).await.unwrap();
    let due = |endpoint: &Endpoint| Change::Schedule {
        task: scan::KIND,
        subject: scan::subject(endpoint.id),
        due_at: now,
    };
    let changes: Vec<Change> = endpoints.iter().map(due).collect();
    store.apply(&scope, None, now, &Actor::Engine, &changes).await.unwrap();
    store.close().await;
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
    /// Open ones that hang on an open finding.
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
    // Whether anybody can be told is no matter of the lineage's.
    let about = findings.iter().filter(|finding| !matches!(finding.violation.subject, Subject::Owner(_)));
    let about: Vec<FindingId> = about.map(|finding| finding.id).collect();
    let alerts = store.alerts_open(&scope).await.unwrap();
    let hang_on = alerts.iter().filter(|alert| alert.findings.iter().any(|finding| about.contains(finding)));
    let known = Known {
        lineage: known.lineage,
        places: known.places.clone(),
        endpoints: known.endpoints.clone(),
        scheduled: due.iter().flatten().count(),
        findings: about.len(),
        open,
        alerts: hang_on.count(),
    };
    store.close().await;
    known
}

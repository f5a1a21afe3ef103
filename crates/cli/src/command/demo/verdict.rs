//! What the demo promises, and whether it was seen: on the wire, in the findings, in the mailbox.

use notafter_engine::context::Context;
use notafter_inventory::model::{Subject, Violation};
use notafter_inventory::rule::Mark;
use notafter_tls::observation::{Outcome, Possession};

use super::stage::{API, BLOG, OLD, POOL, SHOP, Service, Stage};
use crate::failure::Failure;

/// One promise.
pub(super) struct Expected {
    pub(super) service: &'static str,
    pub(super) text: &'static str,
    pub(super) seen: bool,
    /// What its owner is asked to do, where something is left to do.
    pub(super) to_do: Option<String>,
}

/// Every promise, checked now.
pub(super) async fn check(context: &Context, stage: &Stage) -> Result<Vec<Expected>, Failure> {
    let mut expected = Vec::new();
    for service in &stage.services {
        let new = new_certificate(context, service).await?;
        let fresh = served(context, service, new).await;
        let open = open_findings(context, service).await?;
        let named = |code: &str, word: &str| {
            open.iter().any(|found| found.code == code) && told(stage, service.name, word)
        };
        let is_installed = open.iter().any(Violation::is_of_an_installation);
        let helps = |found: &&Violation| !(is_installed && found.is_marked(Mark::Ending));
        let worst = open.iter().filter(helps).max_by_key(|found| found.severity);
        let (text, seen) = match service.name {
            SHOP => {
                let all = new.is_some() && fresh == service.servers.len() && open.is_empty();
                ("renewed, deployed, proven on the wire; its finding closed by itself", all)
            }
            POOL => {
                let half = new.is_some() && fresh == 1 && named("deployment.stale", "addresses stale");
                ("renewed; one node proven, the stale one named to its owner", half)
            }
            BLOG => {
                let stale = fresh == 0 && named("deployment.stale", "stale");
                ("the new pair on disk is not served: the owner told to reload", stale)
            }
            OLD => ("the expiry named to its owner", named("certificate.expired", "expired")),
            API => ("the missing intermediate named to its owner", named("chain.missing-intermediate", "not sent")),
            _ => continue,
        };
        let to_do = worst.map(|found| found.hint.clone());
        expected.push(Expected { service: service.name, text, seen, to_do });
    }
    Ok(expected)
}

/// The certificate that should be served now, where notafter keeps it alive.
async fn new_certificate(
    context: &Context,
    service: &Service,
) -> Result<Option<notafter_cert::Fingerprint>, Failure> {
    let lineage = context.store.lineage_named(&context.scope, service.name).await?;
    let Some(id) = lineage.and_then(|lineage| lineage.current) else { return Ok(None) };
    Ok(context.store.version(&context.scope, id).await?.map(|version| version.fingerprint))
}

/// How many of the service's addresses prove that they serve this certificate.
async fn served(context: &Context, service: &Service, new: Option<notafter_cert::Fingerprint>) -> usize {
    let target = service.target();
    let mut count = 0;
    for server in &service.servers {
        if let Outcome::Served(served) = context.eye.look(&target, server.address()).await.outcome {
            let proven = served.possession == Possession::Proven && new.is_some() && served.leaf() == new;
            count += usize::from(proven);
        }
    }
    count
}

/// Whether a mail about this service that says this word lies in the owner's mailbox.
fn told(stage: &Stage, name: &str, word: &str) -> bool {
    stage.mail.mails().iter().any(|mail| {
        let subject = mail.header("Subject").unwrap_or_default();
        subject.contains(name) && (subject.contains(word) || mail.body().contains(word))
    })
}

/// What is wrong with the service now.
async fn open_findings(context: &Context, service: &Service) -> Result<Vec<Violation>, Failure> {
    let endpoint = context.store.endpoint_at(&context.scope, &service.target()).await?;
    let lineage = context.store.lineage_named(&context.scope, service.name).await?;
    let mut subjects: Vec<Subject> = Vec::new();
    subjects.extend(endpoint.map(|endpoint| Subject::Endpoint(endpoint.id)));
    if let Some(lineage) = lineage {
        subjects.push(Subject::Lineage(lineage.id));
        let places = context.store.places_of(&context.scope, lineage.id).await?;
        subjects.extend(places.iter().map(|place| Subject::Place(place.id)));
    }
    let findings = context.store.findings_open_among(&context.scope, &subjects).await?;
    Ok(findings.into_iter().map(|finding| finding.violation).collect())
}

//! What the demo promises, and whether it was seen: on the wire, in the findings, in the mailbox.

use notafter_engine::context::Context;
use notafter_inventory::model::{Finding, Subject};
use notafter_tls::observation::{Outcome, Possession};

use super::stage::{API, BLOG, OLD, POOL, SHOP, Service, Stage};
use crate::failure::Failure;

/// One promise.
pub(super) struct Expected {
    pub(super) service: &'static str,
    pub(super) text: &'static str,
    pub(super) seen: bool,
}

/// Every promise, checked now.
pub(super) async fn check(context: &Context, stage: &Stage) -> Result<Vec<Expected>, Failure> {
    let findings = context.store.findings_open(&context.scope).await?;
    let mut expected = Vec::new();
    for service in &stage.services {
        let new = new_certificate(context, service).await?;
        let told = told(stage, service.name);
        let fresh = served(context, service, new).await;
        let (text, seen) = match service.name {
            SHOP => ("renewed, deployed, and proven on the wire", new.is_some() && fresh == service.servers.len()),
            POOL => ("renewed; one node proven, the stale one named to its owner", new.is_some() && fresh == 1 && told),
            BLOG => ("the missing reload named to its owner", fresh == 0 && told && has(&findings, context, service).await?),
            OLD => ("the expiry named to its owner", told && has(&findings, context, service).await?),
            API => ("the missing intermediate named to its owner", told && has(&findings, context, service).await?),
            _ => continue,
        };
        expected.push(Expected { service: service.name, text, seen });
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

/// Whether a mail about this service lies in the owner's mailbox.
fn told(stage: &Stage, name: &str) -> bool {
    stage.mail.mails().iter().any(|mail| mail.text.contains(name))
}

async fn has(findings: &[Finding], context: &Context, service: &Service) -> Result<bool, Failure> {
    let endpoint = context.store.endpoint_at(&context.scope, &service.target()).await?;
    let lineage = context.store.lineage_named(&context.scope, service.name).await?;
    let mut subjects: Vec<Subject> = Vec::new();
    subjects.extend(endpoint.map(|endpoint| Subject::Endpoint(endpoint.id)));
    if let Some(lineage) = lineage {
        subjects.push(Subject::Lineage(lineage.id));
        let places = context.store.places_of(&context.scope, lineage.id).await?;
        subjects.extend(places.iter().map(|place| Subject::Place(place.id)));
    }
    Ok(findings.iter().any(|finding| subjects.contains(&finding.violation.subject)))
}

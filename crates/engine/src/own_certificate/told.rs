//! What is amiss with our own certificate as a finding, which opens, closes and is told as any other. Where the listener is an
//! endpoint of the inventory, what visitors see is told there, and here only what they do not see.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use notafter_cert::{Certificate, Fingerprint, Identifier};
use notafter_inventory::model::{Actor, EndpointId, Lineage, OwnerId, Subject, Violation};
use notafter_inventory::rule::{self, Mark, Obstacle, ServerFacts};
use notafter_inventory::threshold::Thresholds;
use notafter_providers::deploy::Own;
use notafter_tls::Target;
use notafter_tls::observation::Outcome;
use url::Url;

use super::{Source, Trouble, site_host};
use crate::context::Context;
use crate::findings;
use crate::operate::Fault;
use crate::tasks::alert::DEFAULT_OWNER;

/// Judges what is presented now, and stores what is news.
///
/// # Errors
/// The store failed.
pub async fn judge(context: &Context) -> Result<(), Fault> {
    let listener = context.settings.tls_listen.as_deref();
    let (Some(listener), Some(source), Some(pair)) =
        (listener, Source::of(context), context.own.slot().presented())
    else {
        return Ok(());
    };
    let lineage = match source {
        Source::Lineage(name) => context.store.lineage_named(&context.scope, name).await?,
        Source::Files { .. } => None,
    };
    let trouble = context.own.state().trouble;
    let words = trouble.as_ref().map(|trouble| words(&trouble.fault)).unwrap_or_default();
    let obstacle = trouble.as_ref().map(|Trouble { fault, since }| Obstacle {
        code: &fault.code,
        words: &words,
        hint: &fault.hint,
        since: *since,
    });
    let is_watched = is_watched(context, lineage.as_ref(), pair.leaf()).await?;
    let is_end_told = is_watched || is_told_by(context, lineage.as_ref(), pair.leaf()).await?;
    let facts = ServerFacts {
        listener,
        presented: pair.leaf(),
        is_stand_in: pair.is_stand_in(),
        obstacle,
        is_watched,
        is_end_told,
        thresholds: &Thresholds::default(),
        now: context.clock.now(),
    };
    let owner = owner(context, lineage.as_ref()).await?;
    let judged = |violation: &Violation| facts.is_judged(&violation.code);
    let violations = rule::judge_server(&facts);
    let changes = findings::of_subject(context, owner, &Subject::Installation, violations, &judged).await?;
    if !changes.is_empty() {
        context.apply(None, &Actor::Engine, &changes).await?;
    }
    Ok(())
}

/// Ends what was found while there was a listener; for a start without one.
///
/// # Errors
/// The store failed.
pub async fn ensure(context: &Context) -> Result<(), Fault> {
    if context.settings.tls_listen.is_some() {
        return Ok(());
    }
    let changes = findings::end_of(context, &Subject::Installation, rule::is_about_server).await?;
    if !changes.is_empty() {
        context.apply(None, &Actor::Engine, &changes).await?;
    }
    Ok(())
}

fn words(fault: &Fault) -> String {
    match &fault.why {
        Some(why) => format!("{}: {why}", fault.what),
        None => fault.what.clone(),
    }
}

/// Whoever answers for the certificate; for files and for a lineage that is not there, whoever answers where nobody else does.
async fn owner(context: &Context, lineage: Option<&Lineage>) -> Result<OwnerId, Fault> {
    if let Some(lineage) = lineage {
        return Ok(lineage.owner_id);
    }
    let owner = context.store.owner_named(&context.scope, DEFAULT_OWNER).await?;
    owner.map(|owner| owner.id).ok_or_else(|| {
        Fault::new(
            "store.no-default-owner",
            "the default owner is missing",
            "restore a backup, and report this",
        )
    })
}

/// Whether a rule about its lineage speaks of the end of this very certificate.
async fn is_told_by(context: &Context, lineage: Option<&Lineage>, leaf: &Certificate) -> Result<bool, Fault> {
    let Some(lineage) = lineage else { return Ok(false) };
    let subject = Subject::Lineage(lineage.id);
    let open = context.store.findings_open_of(&context.scope, &subject).await?;
    let leaf = leaf.fingerprint().to_string();
    Ok(open.iter().any(|finding| {
        let violation = &finding.violation;
        violation.is_marked(Mark::EndOfLineage)
            && violation.evidence.get("fingerprint").and_then(|held| held.as_str()) == Some(&leaf)
    }))
}

/// Whether an endpoint of the inventory is this listener: it has its port on this machine, or what is presented was seen there.
async fn is_watched(context: &Context, lineage: Option<&Lineage>, leaf: &Certificate) -> Result<bool, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let mut targets = candidates(context);
    if let Some(lineage) = lineage {
        let places = store.places_of(scope, lineage.id).await?;
        let ours = places.into_iter().filter(|place| place.deployer == Own::NAME);
        targets.extend(ours.flat_map(|place| place.endpoints));
    }
    let port = listens_at(context).map(|address| address.port());
    for target in targets {
        let Some(endpoint) = store.endpoint_at(scope, &target).await? else { continue };
        if Some(target.port) == port || shows(context, endpoint.id, leaf.fingerprint()).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Behind a proxy or a router, the port that visitors name is another one, and so may be what they see.
async fn shows(context: &Context, endpoint: EndpointId, leaf: Fingerprint) -> Result<bool, Fault> {
    let Some(state) = context.store.endpoint_state(&context.scope, endpoint).await? else { return Ok(false) };
    Ok(state.looks.iter().any(|look| match &look.observation.outcome {
        Outcome::Served(served) => served.chain.first().is_some_and(|der| Fingerprint::of(der) == leaf),
        Outcome::Failed(_) => false,
    }))
}

fn listens_at(context: &Context) -> Option<SocketAddr> {
    context.settings.tls_listen.as_deref().and_then(|text| text.parse().ok())
}

/// What an endpoint would be called that is this listener: by the name of the pages or by its address, at its own port or at the
/// one that visitors name.
fn candidates(context: &Context) -> BTreeSet<Target> {
    let Some(address) = listens_at(context) else { return BTreeSet::new() };
    let site = context.settings.base_url.as_deref().and_then(|site| Url::parse(site).ok());
    let name = site.as_ref().and_then(site_host).map(str::to_owned);
    let mut ports = BTreeSet::from([address.port()]);
    ports.extend(site.as_ref().and_then(Url::port_or_known_default));
    let mut hosts = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    hosts.push(address.ip().to_string());
    hosts.extend(name.clone());
    let mut targets = BTreeSet::new();
    for host in hosts.iter().filter_map(|host| host.parse::<Identifier>().ok()) {
        for port in &ports {
            let target = Target::tls(host.clone(), *port);
            targets.insert(Target { sni: name.clone(), ..target.clone() });
            targets.insert(target);
        }
    }
    targets
}

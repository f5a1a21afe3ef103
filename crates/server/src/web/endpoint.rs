//! One endpoint: every address side by side, each chain as sent, and what was served before.

use askama::Template;
use axum::extract::{Extension, Path};
use axum::response::Redirect;
use notafter_cert::{Certificate, Time};
use notafter_engine::operate::endpoint::{self, Looked, Shown};
use notafter_inventory::check::{Link, LinkFault, Role};
use notafter_inventory::code::endpoint_name;
use notafter_store::{Look, LookChange};
use notafter_tls::observation::{Outcome, Possession, Served};
use notafter_tls::{Target, name};
use serde::Deserialize;
use serde_json::json;

use super::fields::Asked;
use super::part::LabelView;
use super::{Frame, NeedView, Page, class, operate, picture, written};
use crate::auth::Visit;
use crate::refusal::Refusal;

/// So many changes are shown.
const HISTORY: u32 = 50;

/// So many names of a certificate are shown.
const NAMES: usize = 4;

#[derive(Debug, Deserialize)]
pub(crate) struct Done {
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "endpoint.html")]
struct EndpointPage {
    frame: Frame,
    said: bool,
    target: String,
    id: String,
    owner: String,
    how: String,
    host: String,
    lineages: Vec<String>,
    labels: Vec<LabelView>,
    criticality: String,
    looked_at: String,
    unresolved: Option<String>,
    needs: Vec<NeedView>,
    addresses: Vec<AddressView>,
    history: Vec<String>,
}

struct AddressView {
    address: String,
    since: String,
    failure: Option<String>,
    facts: String,
    chain: Vec<LinkView>,
}

struct LinkView {
    class: &'static str,
    role: &'static str,
    name: String,
    is_gap: bool,
    faults: Vec<FaultView>,
    certificate: Option<CertificateView>,
}

struct FaultView {
    class: &'static str,
    code: String,
    text: String,
}

struct CertificateView {
    names: Option<String>,
    issuer: String,
    begins: String,
    ends: String,
    left: String,
    life: String,
    fingerprint: String,
}

/// The page.
pub(crate) async fn page(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Asked(Done { done }): Asked<Done>,
) -> Page {
    let id = super::endpoints::parse(&id)?;
    let context = &visit.context;
    let absent = || Refusal::absent("such endpoint");
    let Shown { endpoint, owner, at, state, chains, lineages, needs } =
        endpoint::show(context, id).await?.ok_or_else(absent)?;
    let unresolved =
        state.as_ref().and_then(|state| state.resolution.as_ref().err().map(ToString::to_string));
    let looked_at = state.as_ref().map_or_else(
        || "nobody has looked yet".to_owned(),
        |state| format!("last looked at {}", state.looked_at.for_people()),
    );
    let looks = state.map(|state| state.looks).unwrap_or_default();
    let changes = context.store.look_changes(&context.scope, id, None, HISTORY).await?;
    written(&EndpointPage {
        frame: Frame::of(&visit, "/endpoints"),
        said: done.as_deref() == Some("looked"),
        target: endpoint_name(&endpoint.target),
        how: how(&endpoint.target),
        host: endpoint.target.expected_name().to_string(),
        lineages,
        id: id.to_string(),
        owner,
        labels: LabelView::all("/endpoints", &endpoint.labels),
        criticality: format!(
            "{}; looked at every {} or oftener",
            endpoint.criticality_for_people(),
            endpoint.criticality.longest_interval()
        ),
        looked_at,
        unresolved,
        needs: needs.into_iter().map(NeedView::here).collect(),
        addresses: looks.iter().zip(&chains).map(|(look, chain)| address(look, chain, at)).collect(),
        history: changes.iter().map(changed).collect(),
    })
}

/// How it is asked: what is sent as the server's name, and how TLS begins.
fn how(target: &Target) -> String {
    let sni = match target.server_name() {
        Some(name) => format!("SNI {name}"),
        None => "no SNI".to_owned(),
    };
    match target.starttls {
        Some(protocol) => format!("{sni}; STARTTLS in {}", protocol.name()),
        None => format!("{sni}; TLS from the first byte"),
    }
}

/// Looks at it now.
pub(crate) async fn look(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
) -> Result<Redirect, Refusal> {
    let id = super::endpoints::parse(&id)?;
    let _: Looked = operate(&visit, "endpoint.look", json!({ "endpoints": [id] })).await?;
    Ok(Redirect::to(&format!("/endpoints/{id}?done=looked")))
}

fn address(look: &Look, chain: &[Link], now: Time) -> AddressView {
    let view = AddressView {
        address: look.observation.address.to_string(),
        since: look.since.for_people(),
        failure: None,
        facts: String::new(),
        chain: Vec::new(),
    };
    match &look.observation.outcome {
        Outcome::Failed(failure) => AddressView { failure: Some(failure.detail.clone()), ..view },
        Outcome::Served(served) => AddressView {
            failure: served.incomplete.as_ref().map(|failure| failure.detail.clone()),
            facts: facts(served),
            chain: chain.iter().map(|one| link(one, now)).collect(),
            ..view
        },
    }
}

fn facts(served: &Served) -> String {
    let possession = match served.possession {
        Possession::Proven => "holds the key",
        Possession::Unchecked => "did not show that it holds the key",
        Possession::Wrong => "does not hold the key",
    };
    format!("{}, {}; {possession}", name::version(served.version), name::suite(served.suite))
}

fn link(link: &Link, now: Time) -> LinkView {
    let fault = |fault: &LinkFault| FaultView {
        class: class(fault.severity),
        code: fault.code.clone(),
        text: fault.text.clone(),
    };
    LinkView {
        class: if link.faults.is_empty() { "" } else { class(link.severity()) },
        role: link.role.words(),
        name: link.name.clone(),
        is_gap: link.role == Role::Gap,
        faults: link.faults.iter().map(fault).collect(),
        certificate: link.certificate.as_ref().map(|certificate| {
            let (begins, ends) = (certificate.not_before(), certificate.not_after());
            CertificateView {
                names: names(certificate),
                issuer: certificate.issuer_name().to_owned(),
                begins: begins.for_people(),
                ends: ends.for_people(),
                left: left(begins, ends, now),
                life: picture::life(link.spent_permille(now).unwrap_or(0)),
                fingerprint: certificate.fingerprint().short(),
            }
        }),
    }
}

/// The first few names, and how many more there are.
fn names(certificate: &Certificate) -> Option<String> {
    let mut names: Vec<String> = certificate.names().iter().take(NAMES).map(ToString::to_string).collect();
    let more = certificate.names().len().saturating_sub(NAMES);
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    (!names.is_empty()).then(|| names.join(", "))
}

fn left(begins: Time, ends: Time, now: Time) -> String {
    if now < begins {
        format!("begins in {}", begins.since(now))
    } else if now > ends {
        format!("ended {} ago", now.since(ends))
    } else {
        format!("{} left", ends.since(now))
    }
}

fn changed(change: &LookChange) -> String {
    let what = match change.observation.as_ref().map(|seen| &seen.outcome) {
        None => "the name does not lead there any more".to_owned(),
        Some(Outcome::Failed(failure)) => failure.detail.clone(),
        Some(Outcome::Served(served)) => match served.chain.first().map(|der| Certificate::parse(der)) {
            Some(Ok(leaf)) => format!(
                "{} by {}, until {} ({})",
                leaf.shown_name(),
                leaf.issuer_name(),
                leaf.not_after().for_people(),
                leaf.fingerprint().short()
            ),
            Some(Err(error)) => error.to_string(),
            None => "an empty chain".to_owned(),
        },
    };
    format!("{} {}: {what}", change.at.for_people(), change.address)
}

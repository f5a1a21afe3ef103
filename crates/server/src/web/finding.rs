//! One finding: what is wrong and what shows it, who takes it, and what keeps it quiet.

use std::net::SocketAddr;

use askama::Template;
use axum::extract::{Extension, Path};
use axum::response::Redirect;
use notafter_cert::Time;
use notafter_engine::context::Context;
use notafter_engine::operate::status::needs;
use notafter_engine::operate::{Fault, endpoint, run_book};
use notafter_inventory::catalogue;
use notafter_inventory::check::Link;
use notafter_inventory::model::{Finding, FindingId, FindingState, QuietFor, Subject};
use serde::Deserialize;

use super::alert::{self, Taking};
use super::chain::{self, LinkView};
use super::fields::{Asked, Filled};
use super::quiet::{self, Choice, Silencing};
use super::run_book::RunBookView;
use super::silences::SilenceView;
use super::{Frame, NeedView, Page, written};
use crate::auth::Visit;
use crate::refusal::Refusal;

/// So many different chains are shown.
const CHAINS: usize = 4;

/// So many addresses that serve one chain are named.
const ADDRESSES: usize = 3;

#[derive(Template)]
#[template(path = "finding.html")]
struct FindingPage {
    frame: Frame,
    said: Option<&'static str>,
    need: NeedView,
    title: &'static str,
    over: Option<String>,
    seen: String,
    evidence: String,
    served: Option<ServedView>,
    taken: Option<String>,
    silence: Option<SilenceView>,
    choices: Vec<Choice>,
    book: RunBookView,
}

/// What is served where it was found.
struct ServedView {
    endpoint: String,
    chains: Vec<ChainView>,
    /// Addresses that are not shown.
    more: usize,
}

/// A chain, and which addresses serve it.
struct ChainView {
    title: String,
    leads: Option<String>,
    chain: Vec<LinkView>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Done {
    done: Option<String>,
}

/// How much is silenced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum What {
    /// What this rule says of the subject.
    Code,
    /// Whatever is wrong with the subject.
    Subject,
}

/// What the form about silence carries.
#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    what: What,
    #[serde(flatten)]
    silencing: Silencing,
}

/// The page.
pub(crate) async fn page(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Asked(Done { done }): Asked<Done>,
) -> Page {
    let finding = find(&visit, &id).await?;
    let (context, now) = (&visit.context, visit.context.clock.now());
    let (store, scope) = (&context.store, &context.scope);
    let need = needs(context, vec![finding.clone()]).await?.pop().ok_or_else(absent)?;
    let alert = match need.alert {
        Some(id) => store.alert(scope, id).await?,
        None => None,
    };
    let mut silences = store.silences_after(scope, now).await?;
    silences.retain(|silence| Some(silence.id) == need.silence);
    let owner = store.owner(scope, finding.owner_id).await?;
    let hours = owner.map(|owner| owner.hours).unwrap_or_default();
    let book = run_book::of(context, &finding).await?;
    written(&FindingPage {
        frame: Frame::of(&visit, "/findings"),
        said: done.as_deref().and_then(alert::said),
        title: catalogue::find(&need.code).map_or("", |entry| entry.title),
        need: NeedView {
            class: if finding.closed_at.is_some() { "ok" } else { super::class(need.severity) },
            ..NeedView::of(need)
        },
        over: finding.closed_at.map(Time::for_people),
        seen: last_seen(context, &finding).await?.for_people(),
        evidence: serde_json::to_string_pretty(&finding.violation.evidence).unwrap_or_default(),
        served: served(context, &finding).await?,
        taken: alert.as_ref().and_then(|alert| alert.acknowledged.as_ref()).map(alert::taken),
        silence: silences.pop().map(|silence| SilenceView::of(&visit, silence, String::new(), now)),
        choices: quiet::choices(&QuietFor::ALL, hours, now),
        book: book.into(),
    })
}

/// Takes the alert that tells of it.
pub(crate) async fn acknowledge(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Filled(taking): Filled<Taking>,
) -> Result<Redirect, Refusal> {
    let finding = find(&visit, &id).await?;
    let id = finding.id;
    let need = needs(&visit.context, vec![finding]).await?.pop().ok_or_else(absent)?;
    let alert = need.alert.ok_or_else(|| {
        let what = "no alert tells of this finding, and there is nothing to take";
        Fault::new("alert.unknown", what, "see what people are told of with `notafter alert list`")
    })?;
    alert::take(&visit, alert, taking).await?;
    Ok(Redirect::to(&format!("/findings/{id}?done=taken")))
}

/// Silences it for a while, or everything that is wrong with its subject.
pub(crate) async fn silence(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Filled(Wish { what, silencing }): Filled<Wish>,
) -> Result<Redirect, Refusal> {
    let finding = find(&visit, &id).await?;
    if finding.state == FindingState::Closed {
        let fault = Fault::new(
            "alert.over",
            format!("{} is over already", finding.id),
            "there is nothing to silence any more",
        );
        return Err(fault.into());
    }
    let code = (what == What::Code).then(|| finding.violation.code.clone());
    quiet::silence(&visit, (code, &finding.violation.subject), finding.owner_id, silencing).await?;
    Ok(Redirect::to(&format!("/findings/{}?done=silenced", finding.id)))
}

/// The chains of the addresses that an open finding is about, each once; nothing where they show none.
async fn served(context: &Context, finding: &Finding) -> Result<Option<ServedView>, Fault> {
    let (Subject::Endpoint(id), None) = (&finding.violation.subject, finding.closed_at) else {
        return Ok(None);
    };
    let about: Vec<SocketAddr> =
        serde_json::from_value(finding.violation.evidence["addresses"].clone()).unwrap_or_default();
    let mut drawn = endpoint::drawn(context, *id).await?;
    drawn.retain(|(look, chain)| {
        let address = look.observation.address;
        !chain.is_empty() && (about.is_empty() || about.contains(&address))
    });
    let mut chains: Vec<(Vec<String>, Vec<Link>)> = Vec::new();
    for (look, chain) in drawn {
        let address = look.observation.address.to_string();
        match chains.iter_mut().find(|(_, known)| *known == chain) {
            Some((addresses, _)) => addresses.push(address),
            None => chains.push((vec![address], chain)),
        }
    }
    let more = chains.iter().skip(CHAINS).map(|(addresses, _)| addresses.len()).sum();
    chains.truncate(CHAINS);
    let now = context.clock.now();
    let view = |(addresses, links): (Vec<String>, Vec<Link>)| ChainView {
        title: several(&addresses),
        leads: chain::leads(&links),
        chain: LinkView::all(&links, now),
    };
    let chains: Vec<ChainView> = chains.into_iter().map(view).collect();
    Ok((!chains.is_empty()).then(|| ServedView { endpoint: id.to_string(), chains, more }))
}

/// A few addresses, and how many more there are.
fn several(addresses: &[String]) -> String {
    let (shown, more) = addresses.split_at(addresses.len().min(ADDRESSES));
    let more = (!more.is_empty()).then(|| format!("and {} more", more.len()));
    shown.iter().cloned().chain(more).collect::<Vec<_>>().join(", ")
}

/// What holds on as it was is not written again: of an open one it was seen when its endpoint was last looked at.
async fn last_seen(context: &Context, finding: &Finding) -> Result<Time, Fault> {
    let Subject::Endpoint(id) = finding.violation.subject else { return Ok(finding.seen_at) };
    if finding.state == FindingState::Closed {
        return Ok(finding.seen_at);
    }
    let seen = context.store.seen_of(&context.scope, &[id]).await?;
    let looked_at = seen.first().and_then(|seen| seen.looked_at);
    Ok(looked_at.map_or(finding.seen_at, |at| at.max(finding.seen_at)))
}

async fn find(visit: &Visit, id: &str) -> Result<Finding, Refusal> {
    let id: FindingId = id.parse().map_err(|_| absent())?;
    visit.context.store.finding(&visit.context.scope, id).await?.ok_or_else(absent)
}

fn absent() -> Refusal {
    Refusal::absent("such finding")
}

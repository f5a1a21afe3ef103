//! Findings: what is wrong, about what, whose it is, and what to do.

use std::collections::HashMap;

use notafter_engine::operate::run_book;
use notafter_engine::operate::status::{Need, needs};
use notafter_inventory::model::{self, Finding, FindingId, Label, OwnerId, Subject};
use notafter_inventory::{check, run_book as book};
use notafter_store::Findings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::{One, Part};
use super::call::{Call, call};
use super::list::{AfterId, Limit, part, shown};
use super::request::{Asked, NoBody, Nothing};
use super::view::{Instant, Severity, words};
use crate::auth::Visit;
use crate::refusal::Refusal;

pub(crate) static LIST: Call = call!("list-findings", "Findings, oldest first", list, [NOT_FOUND]);
pub(crate) static SHOW: Call =
    call!("show-finding", "One finding, open or closed, with its evidence and its run-book", show);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wish {
    /// Open ones, closed ones, or both.
    #[serde(default)]
    state: Which,
    /// Those of this owner, by name.
    owner: Option<String>,
    /// Those of this code, or of codes that begin so: `renewal.*`.
    code: Option<String>,
    /// Those with all of these words, in them or in the name of what they are about; the first four count.
    q: Option<String>,
    /// Those about what has this label: `service`, `service=checkout`.
    label: Option<String>,
    /// Those that are as bad.
    severity: Option<Severity>,
    /// Those about this: `endpoint:ep_...`, `lineage:ln_...`, `installation`.
    subject: Option<String>,
    /// How many at once.
    #[serde(default)]
    limit: Limit,
    /// The `next` of the part before.
    after: Option<AfterId<FindingId>>,
}

/// Which findings.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Which {
    /// Those that hold.
    #[default]
    Open,
    /// Those that do not hold any more.
    Closed,
    /// Both.
    All,
}

impl Which {
    const fn state(self) -> Option<model::FindingState> {
        match self {
            Self::Open => Some(model::FindingState::Open),
            Self::Closed => Some(model::FindingState::Closed),
            Self::All => None,
        }
    }
}

/// What a finding must be to be listed.
struct Filter {
    state: Option<model::FindingState>,
    owner: Option<OwnerId>,
    code: Option<String>,
    q: String,
    label: String,
    severity: Option<Severity>,
    subject: Option<Subject>,
}

#[derive(Deserialize, JsonSchema)]
struct At {
    /// Identity (`fd_...`).
    id: String,
}

words! {
    /// Whether it holds.
    FindingState = model::FindingState {
        /// It holds.
        Open,
        /// It does not hold any more.
        Closed,
    }
}

/// A finding.
#[derive(Serialize, JsonSchema)]
struct OneFinding {
    /// Identity.
    id: String,
    /// Whether it holds.
    state: FindingState,
    /// How bad it is, or was last.
    severity: Severity,
    /// The rule's code: `/api/v1/explain/CODE` says more.
    code: String,
    /// What it is about.
    subject: String,
    /// What people call that.
    name: String,
    /// Who answers for it.
    owner: String,
    /// What tells it from another of the same code about the same thing.
    cause: String,
    /// What is wrong.
    text: String,
    /// What to do.
    hint: String,
    /// Facts that show it; their shape is the rule's.
    evidence: Value,
    /// When it was opened.
    opened_at: Instant,
    /// When severity, text or evidence last changed.
    changed_at: Instant,
    /// When it was last seen to hold.
    seen_at: Instant,
    /// When it was closed.
    closed_at: Option<Instant>,
    /// Whether somebody has taken it.
    acknowledged: bool,
    /// The open alert that tells of it (`al_...`).
    alert: Option<String>,
    /// The silence that covers it (`si_...`), of several the one that ends last.
    silence: Option<String>,
    /// Until when that one does.
    silenced_until: Option<Instant>,
}

/// A finding, with what to do about it.
#[derive(Serialize, JsonSchema)]
struct FindingWithRunBook {
    #[serde(flatten)]
    finding: OneFinding,
    /// What visitors see, what to tell them, and when it is over.
    run_book: RunBook,
}

/// A run-book.
#[derive(Serialize, JsonSchema)]
struct RunBook {
    /// What visitors see, program by program; nothing where they notice nothing.
    visitors: Vec<Visitor>,
    /// What to tell whoever asks.
    tell: String,
    /// Whether anybody can pass it, and who.
    bypass: String,
    /// How somebody who must get in does so meanwhile.
    meanwhile: Vec<Advice>,
    /// What to type to see through it and to mend it.
    mend: Vec<String>,
    /// When it is over for everybody once it is mended.
    heals: Vec<String>,
}

/// What a visitor's program shows.
#[derive(Serialize, JsonSchema)]
struct Visitor {
    /// The program.
    client: String,
    /// Its error.
    shows: String,
    /// Whether a person can go on all the same.
    passable: Passable,
}

words! {
    /// Whether a person can pass an error.
    Passable = check::Passable {
        /// With a click.
        Yes,
        /// With a click, where the browser does not know the site for HSTS.
        UnlessHsts,
        /// With curl's `--insecure`.
        Insecure,
        /// Not at all.
        No,
    }
}

/// A piece of advice.
#[derive(Serialize, JsonSchema)]
struct Advice {
    /// What, and why.
    text: String,
    /// What to type.
    command: Option<String>,
}

async fn list(visit: Visit, asked: Asked<Nothing, Wish, NoBody>) -> Result<Part<OneFinding>, Refusal> {
    let Wish { state, owner, code, q, label, severity, subject, limit, after } = asked.query;
    let context = &visit.context;
    let owner = match owner {
        Some(name) => {
            let owner = context.store.owner_named(&context.scope, &name).await?;
            Some(owner.ok_or_else(|| Refusal::absent("such owner"))?.id)
        }
        None => None,
    };
    let subject = subject.as_deref().map(parsed).transpose()?;
    let (q, label) = (q.unwrap_or_default(), label.unwrap_or_default());
    let filter = Filter { state: state.state(), owner, code, q, label, severity, subject };
    let found = found(&visit, &filter, limit, after.map(|after| after.id())).await?;
    let (findings, next) = part(found, limit, |last| AfterId::written(last.id));
    Ok(shown((told(&visit, findings).await?, next), |finding| finding))
}

/// Those that fit, oldest first, and one more than are wished where there is one.
async fn found(
    visit: &Visit,
    filter: &Filter,
    limit: Limit,
    after: Option<FindingId>,
) -> Result<Vec<Finding>, Refusal> {
    let (store, scope) = (&visit.context.store, &visit.context.scope);
    let is_open = filter.state.map(|state| state == model::FindingState::Open);
    let wanted = Findings {
        closed: false,
        severity: filter.severity.map(model::Severity::from),
        code: filter.code.as_deref().map(str::trim).filter(|code| !code.is_empty()),
        owner: filter.owner,
        label: Label::read(&filter.label),
    };
    let about = (filter.q.as_str(), filter.subject.as_ref());
    Ok(store.search_findings(scope, (is_open, wanted), about, (after, limit.and_one())).await?)
}

fn parsed(subject: &str) -> Result<Subject, Refusal> {
    subject.parse().map_err(|_| Refusal::absent("such subject"))
}

async fn show(visit: Visit, asked: Asked<At, Nothing, NoBody>) -> Result<One<FindingWithRunBook>, Refusal> {
    let absent = || Refusal::absent("such finding");
    let id: FindingId = asked.path.id.parse().map_err(|_| absent())?;
    let finding = visit.context.store.finding(&visit.context.scope, id).await?.ok_or_else(absent)?;
    let run_book = run_book::of(&visit.context, &finding).await?.into();
    let finding = told(&visit, vec![finding]).await?.pop().ok_or_else(absent)?;
    Ok(One(FindingWithRunBook { finding, run_book }))
}

impl From<book::RunBook> for RunBook {
    fn from(whole: book::RunBook) -> Self {
        let book::RunBook { visitors, tell, bypass, meanwhile, mend, heals } = whole;
        let visitor = |view: book::Visitor| Visitor {
            client: view.client,
            shows: view.shows,
            passable: view.passable.into(),
        };
        let advice = |advice: book::Advice| Advice { text: advice.text, command: advice.command };
        Self {
            visitors: visitors.into_iter().map(visitor).collect(),
            tell,
            bypass,
            meanwhile: meanwhile.into_iter().map(advice).collect(),
            mend,
            heals,
        }
    }
}

/// With the names of what they are about, as they come.
async fn told(visit: &Visit, findings: Vec<Finding>) -> Result<Vec<OneFinding>, Refusal> {
    let needs = needs(&visit.context, findings.clone()).await?;
    let mut needs: HashMap<FindingId, Need> = needs.into_iter().map(|need| (need.finding, need)).collect();
    let pairs = findings.into_iter().filter_map(|finding| Some((needs.remove(&finding.id)?, finding)));
    Ok(pairs.map(one).collect())
}

fn one((need, finding): (Need, Finding)) -> OneFinding {
    let violation = finding.violation;
    OneFinding {
        id: finding.id.to_string(),
        state: finding.state.into(),
        severity: violation.severity.into(),
        code: violation.code,
        subject: violation.subject.to_string(),
        name: need.name,
        owner: need.owner,
        cause: violation.cause,
        text: violation.text,
        hint: violation.hint,
        evidence: violation.evidence,
        opened_at: finding.opened_at.into(),
        changed_at: finding.changed_at.into(),
        seen_at: finding.seen_at.into(),
        closed_at: finding.closed_at.map(Instant),
        acknowledged: need.acknowledged,
        alert: need.alert.map(|id| id.to_string()),
        silence: need.silence.map(|id| id.to_string()),
        silenced_until: need.silenced_until.map(Instant),
    }
}

//! Findings: what is wrong, about what, whose it is, and what to do.

use std::collections::HashMap;

use notafter_engine::operate::status::{Need, needs};
use notafter_inventory::model::{self, Finding, FindingId, Subject};
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

pub(crate) static LIST: Call = call!("list-findings", "Open findings, oldest first", list, [NOT_FOUND]);
pub(crate) static SHOW: Call = call!("show-finding", "One finding, open or closed, with its evidence", show);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wish {
    /// Those of this owner, by name.
    owner: Option<String>,
    /// Those of this code, or of codes that begin so: `renewal.*`.
    code: Option<String>,
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
}

async fn list(visit: Visit, asked: Asked<Nothing, Wish, NoBody>) -> Result<Part<OneFinding>, Refusal> {
    let Wish { limit, after, .. } = asked.query;
    let wish = asked.query;
    let context = &visit.context;
    let owner = match &wish.owner {
        Some(name) => {
            let owner = context.store.owner_named(&context.scope, name).await?;
            Some(owner.ok_or_else(|| Refusal::absent("such owner"))?.id)
        }
        None => None,
    };
    let subject = wish.subject.as_deref().map(parsed).transpose()?;
    let mut findings = match &subject {
        Some(subject) => context.store.findings_open_of(&context.scope, subject).await?,
        None => context.store.findings_open(&context.scope).await?,
    };
    findings.retain(|finding| {
        owner.is_none_or(|owner| owner == finding.owner_id)
            && after.is_none_or(|after| finding.id > after.id())
            && wish.code.as_deref().is_none_or(|code| fits(code, &finding.violation.code))
            && wish.severity.is_none_or(|severity| severity == finding.violation.severity.into())
    });
    let (findings, next) = part(findings, limit, |last| AfterId::written(last.id));
    Ok(shown((told(&visit, findings).await?, next), |finding| finding))
}

fn parsed(subject: &str) -> Result<Subject, Refusal> {
    subject.parse().map_err(|_| Refusal::absent("such subject"))
}

fn fits(wished: &str, code: &str) -> bool {
    wished.strip_suffix('*').map_or(wished == code, |area| code.starts_with(area))
}

async fn show(visit: Visit, asked: Asked<At, Nothing, NoBody>) -> Result<One<OneFinding>, Refusal> {
    let absent = || Refusal::absent("such finding");
    let id: FindingId = asked.path.id.parse().map_err(|_| absent())?;
    let finding = visit.context.store.finding(&visit.context.scope, id).await?.ok_or_else(absent)?;
    told(&visit, vec![finding]).await?.pop().map(One).ok_or_else(absent)
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_meant_whole_or_by_its_beginning() {
        for (wished, code, does) in [
            ("renewal.failing", "renewal.failing", true),
            ("renewal.fail", "renewal.failing", false),
            ("renewal.*", "renewal.failing", true),
            ("renewal.*", "certificate.expired", false),
            ("*", "certificate.expired", true),
        ] {
            assert_eq!(fits(wished, code), does, "{wished} {code}");
        }
    }
}

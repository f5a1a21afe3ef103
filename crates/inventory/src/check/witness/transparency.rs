//! Of logs: what they promised, and what browsers make of that.

use notafter_cert::der::{Element, oid};
use notafter_cert::path::Anchors;
use notafter_cert::x509::ocsp::{OcspResponseAnatomy, SingleResponse};
use notafter_cert::{Certificate, Time};
use notafter_ct::policy::{self, Verdict};
use notafter_ct::{Delivery, Judged, LogList, Report, SctVerdict, Source};
use serde::Serialize;

use super::super::Known;

/// A list of logs, by which promises are judged.
#[derive(Clone, Debug)]
pub struct LogJudge {
    /// Where the list is.
    pub name: String,
    /// The list.
    pub list: LogList,
}

/// What logs promised of a certificate, and what browsers make of that.
#[derive(Clone, Debug, Serialize)]
pub struct Transparency {
    /// The list that this is judged by.
    pub list: ListSummary,
    /// Whether browsers ask for it at all: they do below anchors of their own alone.
    pub required: bool,
    /// What should be known before the list is relied upon.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cautions: Vec<String>,
    /// What each browser makes of it.
    pub policies: Vec<PolicySummary>,
    /// Each promise.
    pub scts: Vec<SctSummary>,
    /// All of it.
    #[serde(skip)]
    pub report: Report,
}

/// A list of logs.
#[derive(Clone, Debug, Serialize)]
pub struct ListSummary {
    /// Where it is.
    pub name: String,
    /// When it was made, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made: Option<Time>,
    /// How old it is, in whole days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<i64>,
}

/// What one browser makes of promises.
#[derive(Clone, Debug, Serialize)]
pub struct PolicySummary {
    /// `chrome`, `apple` or `firefox`.
    pub policy: &'static str,
    /// `complies`, `lacking` or `unknown`.
    pub verdict: &'static str,
    /// What is missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<String>,
    /// Why it is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// Where that is laid down.
    pub source: &'static str,
}

/// One promise.
#[derive(Clone, Debug, Serialize)]
pub struct SctSummary {
    /// `certificate`, `tls` or `ocsp`.
    pub source: &'static str,
    /// `valid`, `invalid` or `unknown`.
    pub verdict: &'static str,
    /// Why it is not valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// The log's identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_id: Option<String>,
    /// What the list calls the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// Who ran it when it promised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// What the list says of its life.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
    /// When it promised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Time>,
}

impl LogJudge {
    /// What logs promised of this leaf, in it and in an OCSP answer that came with it; `anchor` is where its path ends.
    #[must_use]
    pub fn judge(
        &self,
        (leaf, issuer): (&Certificate, Option<&Certificate>),
        anchor: Option<&Certificate>,
        staple: Option<&[u8]>,
        at: Time,
    ) -> Transparency {
        let answer = staple.map(OcspResponseAnatomy::of);
        let lists = answer.as_ref().and_then(promised);
        let deliveries: Vec<Delivery<'_>> =
            lists.iter().map(|list| Delivery { source: Source::Ocsp, list: list.content }).collect();
        let report = notafter_ct::judge(leaf, issuer, &deliveries, Some(&self.list), at);
        let days = self.list.age(at).map(|age| age.as_seconds() / 86_400);
        Transparency {
            list: ListSummary { name: self.name.clone(), made: self.list.made, days },
            required: anchor.is_some_and(|anchor| Anchors::mozilla().contains(anchor)),
            cautions: self.list.cautions(at).iter().map(ToString::to_string).collect(),
            policies: report
                .policies
                .iter()
                .filter_map(|(id, verdict)| PolicySummary::of(id, verdict))
                .collect(),
            scts: report.scts.iter().map(SctSummary::of).collect(),
            report,
        }
    }

    pub(in super::super) fn of(
        &self,
        known: &Known,
        staple: Option<&[u8]>,
        at: Time,
    ) -> Option<Transparency> {
        let path = &known.path.as_deref()?.path;
        let certificate = |place: usize| path.get(place).map(|step| &step.certificate);
        let anchor = path.last().filter(|step| step.anchor).map(|step| &step.certificate);
        Some(self.judge((certificate(0)?, certificate(1)), anchor, staple, at))
    }
}

/// The list of promises in an OCSP answer (RFC 6962 section 3.3).
fn promised<'a>(answer: &OcspResponseAnatomy<'a>) -> Option<Element<'a>> {
    let of = |single: &SingleResponse<'a>| {
        let extensions = single.extensions.as_ref()?.as_ref().ok()?;
        extensions.find(oid::OCSP_SCT_LIST)?.inner().ok()
    };
    answer.basic.as_ref()?.responses().find_map(of)
}

impl PolicySummary {
    fn of(id: &str, verdict: &Verdict) -> Option<Self> {
        let policy = policy::ALL.iter().find(|policy| policy.id == id)?;
        let nothing = Self {
            policy: policy.id,
            verdict: "complies",
            lacks: Vec::new(),
            because: None,
            source: policy.source,
        };
        Some(match verdict {
            Verdict::Compliant => nothing,
            Verdict::Lacking(lacks) => Self { verdict: "lacking", lacks: lacks.clone(), ..nothing },
            Verdict::Unknown(why) => Self { verdict: "unknown", because: Some(why.clone()), ..nothing },
        })
    }
}

impl SctSummary {
    fn of(judged: &Judged) -> Self {
        let (verdict, because) = match judged.verdict {
            SctVerdict::Valid => ("valid", None),
            SctVerdict::Invalid(wrong) => ("invalid", Some(wrong.to_string())),
            SctVerdict::Unknown(doubt) => ("unknown", Some(doubt.to_string())),
        };
        let source = match judged.source {
            Source::Certificate => "certificate",
            Source::Tls => "tls",
            Source::Ocsp => "ocsp",
        };
        Self {
            source,
            verdict,
            because,
            log_id: judged.log_id.map(|id| id.to_string()),
            log: judged.log.clone(),
            operator: judged.operator.clone(),
            state: judged.state.map(|state| state.kind.name()),
            time: judged.time,
        }
    }
}

//! Why a name was served as it was at an instant.

use askama::Template;
use axum::extract::Extension;
use notafter_cert::Time;
use notafter_engine::operate::Fault;
use notafter_engine::operate::why::{self, Told};
use notafter_inventory::why::Line;
use serde::Deserialize;

use super::fields::Asked;
use super::{Frame, Page, class, written};
use crate::auth::Visit;

#[derive(Template)]
#[template(path = "why.html")]
struct Why {
    frame: Frame,
    host: String,
    at: String,
    told: Option<String>,
    refused: Option<Fault>,
    parts: Vec<PartView>,
    earlier: Option<EarlierView>,
}

struct EarlierView {
    entries: usize,
    at: String,
}

struct PartView {
    title: &'static str,
    lines: Vec<LineView>,
}

struct LineView {
    /// `since`, or `at`.
    when: &'static str,
    since: String,
    subject: String,
    text: String,
    severity: Option<(&'static str, String)>,
    evidence: String,
    /// Where that can be read.
    page: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Question {
    #[serde(default)]
    host: String,
    #[serde(default)]
    at: String,
}

/// The page.
pub(crate) async fn page(Extension(visit): Extension<Visit>, Asked(question): Asked<Question>) -> Page {
    let Question { host, at } = question;
    let frame = Frame::of(&visit, "/why");
    let (told, refused) = match (host.trim().is_empty(), instant(&at)) {
        (true, _) => (None, None),
        (false, Err(fault)) => (None, Some(fault)),
        (false, Ok(at)) => {
            match why::tell(&visit.context, why::Why { host: host.trim().to_owned(), at }).await {
                Ok(told) => (Some(told), None),
                Err(fault) => (None, Some(fault)),
            }
        }
    };
    // The log is for those who see everything.
    let sees_log = visit.caller.grant.owner.is_none();
    let parts = told.as_ref().map(|told| parts(&told.lines, sees_log)).unwrap_or_default();
    let earlier = told.as_ref().filter(|told| told.earlier > 0).and_then(|told| {
        let last = told.lines.last()?;
        Some(EarlierView { entries: told.earlier, at: last.since.to_string() })
    });
    let told = told.map(|Told { host, at, .. }| format!("{host} at {}", at.for_people()));
    written(&Why { frame, host, at, told, refused, parts, earlier })
}

/// RFC 3339, or what browsers send of a field for date and time, read as UTC.
pub(super) fn instant(text: &str) -> Result<Option<Time>, Fault> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let whole = [text.to_owned(), format!("{text}Z"), format!("{text}:00Z")];
    whole.iter().find_map(|text| text.parse().ok()).map(Some).ok_or_else(|| {
        let hint = "write it in UTC, such as 2027-01-31T12:00:00Z";
        Fault::new("access.unreadable", format!("{text:?} is no instant"), hint)
    })
}

fn parts(lines: &[Line], sees_log: bool) -> Vec<PartView> {
    let same = lines.chunk_by(|one, next| one.part == next.part);
    let part = |lines: &[Line]| PartView {
        title: lines[0].part.words(),
        lines: lines.iter().map(|it| line(it, sees_log)).collect(),
    };
    same.map(part).collect()
}

fn line(line: &Line, sees_log: bool) -> LineView {
    LineView {
        when: line.when(),
        page: line.page().filter(|page| sees_log || !page.starts_with("/events")),
        since: line.since.for_people(),
        subject: line.subject.clone(),
        text: line.text.clone(),
        severity: line.severity.map(|severity| (class(severity), severity.to_string())),
        evidence: line.evidence.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_read_as_people_and_browsers_write_it() {
        let noon: Time = "2027-01-31T12:00:00Z".parse().unwrap();
        for text in
            ["2027-01-31T12:00:00Z", "2027-01-31T12:00", "2027-01-31T12:00:00", " 2027-01-31T13:00:00+01:00 "]
        {
            assert_eq!(instant(text).unwrap(), Some(noon), "{text}");
        }
        assert_eq!(instant("").unwrap(), None);
        assert!(instant("yesterday").is_err());
    }
}

//! What a code means, why it matters, what to do, and where it holds now.

use askama::Template;
use axum::extract::{Extension, Path};
use notafter_engine::operate::status;
use notafter_inventory::catalogue::{self, Origin};
use notafter_inventory::run_book::{self, Case};
use notafter_store::{Findings, Part};

use super::run_book::RunBookView;
use super::{Frame, NeedView, Page, written};
use crate::auth::Visit;
use crate::refusal::Refusal;

/// Cases that are shown; the rest is behind a link.
const CASES: u32 = 10;

#[derive(Template)]
#[template(path = "code.html")]
struct Code {
    frame: Frame,
    code: &'static str,
    title: &'static str,
    why: &'static str,
    hint: &'static str,
    source: &'static str,
    cases: Vec<NeedView>,
    all: u64,
    book: Option<RunBookView>,
}

/// The page.
pub(crate) async fn page(Extension(visit): Extension<Visit>, Path(code): Path<String>) -> Page {
    let entry = catalogue::find(&code).ok_or_else(|| Refusal::absent("such code"))?;
    let context = &visit.context;
    let wanted = Findings { code: Some(entry.code), ..Findings::default() };
    let first = Part { search: String::new(), from: 0, rows: CASES };
    let listed = context.store.list_findings(&context.scope, wanted, &first).await?;
    let cases = status::needs(context, listed.rows).await?;
    let is_finding = entry.origin == Origin::Finding;
    written(&Code {
        frame: Frame::of(&visit, "/findings"),
        code: entry.code,
        title: entry.title,
        why: entry.why,
        hint: entry.hint,
        source: entry.source,
        cases: cases.into_iter().map(NeedView::of).collect(),
        all: listed.all,
        book: is_finding.then(|| RunBookView::from(run_book::of(entry.code, &Case::default()))),
    })
}

//! Every finding, chosen by how bad it is, its rule and who answers for it.

use askama::Template;
use axum::extract::Extension;
use notafter_engine::operate::status;
use notafter_inventory::model::{Label, Owner, Severity};
use notafter_store::Findings;
use serde::Deserialize;

use super::fields::{Asked, chosen};
use super::part::{Part, ROWS, Wish};
use super::{Frame, NeedView, Page, written};
use crate::auth::Visit;

#[derive(Template)]
#[template(path = "findings.html")]
struct List {
    frame: Frame,
    page: Part,
    choice: Choice,
    owners: Vec<String>,
    closed: bool,
    rows: Vec<NeedView>,
}

/// What the address of the page carries.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Choice {
    #[serde(default)]
    q: String,
    #[serde(default)]
    from: usize,
    /// Open where it is empty.
    #[serde(default)]
    state: String,
    #[serde(default)]
    severity: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    label: String,
}

const SEVERITIES: [(&str, &str, Severity); 3] = [
    ("critical", "Critical", Severity::Critical),
    ("warning", "Warning", Severity::Warning),
    ("unknown", "Unknown", Severity::Unknown),
];

/// The page.
pub(crate) async fn page(Extension(visit): Extension<Visit>, Asked(choice): Asked<Choice>) -> Page {
    let (store, scope) = (&visit.context.store, &visit.context.scope);
    let mut owners = store.owners(scope).await?;
    owners.retain(|owner| scope.kept_to().is_none_or(|kept| kept == owner.id));
    let owner = owners.iter().find(|owner| owner.name == choice.owner);
    // Nobody of that name answers for anything.
    let nobody = !choice.owner.is_empty() && owner.is_none();
    let states = [("open", false), ("closed", true)];
    let state = states.into_iter().find(|(name, _)| *name == choice.state);
    let closed = chosen("state", &choice.state, state)?.is_some_and(|(_, closed)| closed);
    let severity = SEVERITIES.iter().find(|(name, ..)| *name == choice.severity).map(|(.., one)| *one);
    let wanted = Findings {
        closed,
        severity: chosen("severity", &choice.severity, severity)?,
        code: Some(choice.code.trim()).filter(|code| !code.is_empty()),
        owner: owner.map(|owner: &Owner| owner.id),
        label: Label::read(&choice.label),
    };
    let wish = Wish { q: choice.q.clone(), from: choice.from, ..Wish::default() };
    let (rows, all) = if nobody {
        (Vec::new(), 0)
    } else {
        let listed = store.list_findings(scope, wanted, &wish.part()).await?;
        (listed.rows, usize::try_from(listed.all).unwrap_or(usize::MAX))
    };
    let needs = status::needs(&visit.context, rows).await?;
    written(&List {
        frame: Frame::of(&visit, "/findings"),
        page: Part::of(&choice.path(), &wish, all),
        owners: owners.into_iter().map(|owner| owner.name).collect(),
        closed,
        rows: needs.into_iter().take(ROWS).map(NeedView::of).collect(),
        choice,
    })
}

impl Choice {
    /// The page without what leads through its parts.
    fn path(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let said = [
            ("state", &self.state),
            ("severity", &self.severity),
            ("code", &self.code),
            ("owner", &self.owner),
            ("label", &self.label),
        ];
        query.extend_pairs(said.into_iter().filter(|(_, value)| !value.is_empty()));
        let query = query.finish();
        if query.is_empty() { "/findings".to_owned() } else { format!("/findings?{query}") }
    }
}

//! Every lifetime, as near and as grouped as somebody wishes.

use askama::Template;
use axum::extract::Extension;
use notafter_engine::operate::status;
use notafter_inventory::lifetimes::{Group, View, Zoom};
use serde::Deserialize;

use super::fields::{Asked, chosen};
use super::picture::PictureView;
use super::{Frame, Page, written};
use crate::auth::Visit;
use crate::refusal::Refusal;

/// What the address carries.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wish {
    /// `7`, `30`, `90`, `365`, `all`.
    #[serde(default)]
    zoom: String,
    /// `owner`, `issuer`, `state`, `label.KEY`.
    #[serde(default)]
    group: String,
    /// The one group that is looked into.
    #[serde(rename = "in")]
    opened: Option<String>,
    #[serde(default)]
    q: String,
    #[serde(default)]
    from: usize,
}

#[derive(Template)]
#[template(path = "lifetimes.html")]
struct Lifetimes {
    frame: Frame,
    picture: PictureView,
}

/// The page.
pub(crate) async fn page(Extension(visit): Extension<Visit>, Asked(wish): Asked<Wish>) -> Page {
    let known = status::kept(&visit.context).await?;
    let picture = PictureView::of(&known.lifetimes, known.at, &wish.view()?);
    written(&Lifetimes { frame: Frame::of(&visit, "/lifetimes"), picture })
}

impl Wish {
    fn view(self) -> Result<View, Refusal> {
        let group = chosen("group", &self.group, Group::read(&self.group))?;
        Ok(View {
            zoom: chosen("zoom", &self.zoom, Zoom::read(&self.zoom))?,
            opened: self.opened.filter(|_| group.is_some()),
            group,
            words: self.q.trim().to_owned(),
            from: self.from,
        })
    }
}

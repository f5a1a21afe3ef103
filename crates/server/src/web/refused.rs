//! A refusal among the pages, for whoever is signed in: with the navigation, and the way back.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use notafter_engine::operate::Fault;

use super::{Frame, sentence};
use crate::api::problem::is_api;
use crate::auth::Visit;

#[derive(Template)]
#[template(path = "refused.html")]
struct Refused<'a> {
    frame: Frame,
    status: StatusCode,
    fault: &'a Fault,
    title: String,
    /// The list in which whoever came goes on looking, with its name.
    list: (&'static str, &'static str),
}

/// An answer at this path; a refusal with the pages around it, where a browser of somebody who is signed in asked.
pub(crate) fn among_pages(mut response: Response, visit: &Visit, path: &str) -> Response {
    if visit.session.is_none() || is_api(path) {
        return response;
    }
    let Some(fault) = response.extensions().get::<Fault>() else { return response };
    let frame = Frame::of(visit, "");
    let list = frame.list_of(path);
    let title = sentence(&fault.what).replace('`', "");
    let page = Refused { frame, status: response.status(), fault, title, list }.render();
    let Ok(page) = page else { return response };
    let (mut parts, body) = Html(page).into_response().into_parts();
    *response.body_mut() = body;
    response.headers_mut().remove(CONTENT_LENGTH);
    if let Some(kind) = parts.headers.remove(CONTENT_TYPE) {
        response.headers_mut().insert(CONTENT_TYPE, kind);
    }
    response
}

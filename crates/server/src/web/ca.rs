//! The private CAs of this installation, for whoever is to trust them: what they may sign, and their roots to take away.
//! Nothing here is secret: a root is what clients are given.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use notafter_engine::context::Context;
use notafter_engine::operate::private_ca::{self, Shown};

use super::{Page, written};
use crate::refusal::Refusal;

#[derive(Template)]
#[template(path = "ca.html")]
struct Cas {
    cas: Vec<CaView>,
    /// The issuer that the commands name.
    named: String,
}

struct CaView {
    name: String,
    permitted: Vec<String>,
    lifetime: String,
    root: Option<RootView>,
}

struct RootView {
    common_name: String,
    fingerprint: String,
    until: String,
}

impl From<Shown> for CaView {
    fn from(shown: Shown) -> Self {
        Self {
            lifetime: shown.lifetime().to_string(),
            root: shown.root.map(|root| RootView {
                common_name: root.common_name,
                fingerprint: root.fingerprint.for_people(),
                until: root.not_after.for_people(),
            }),
            name: shown.issuer,
            permitted: shown.permitted,
        }
    }
}

/// The page.
pub(crate) async fn page(State(context): State<Arc<Context>>) -> Page {
    let cas: Vec<CaView> = private_ca::public(&context).await?.into_iter().map(CaView::from).collect();
    let made = cas.iter().find(|ca| ca.root.is_some());
    let named = made.map_or_else(|| "NAME".to_owned(), |ca| ca.name.clone());
    written(&Cas { cas, named })
}

/// A root: `NAME.pem`, or in DER `NAME.crt`.
pub(crate) async fn root(
    State(context): State<Arc<Context>>,
    Path(file): Path<String>,
) -> Result<Response, Refusal> {
    let absent = || Refusal::absent("such root certificate");
    let (name, is_der) = match (file.strip_suffix(".pem"), file.strip_suffix(".crt")) {
        (Some(name), _) => (name, false),
        (None, Some(name)) => (name, true),
        (None, None) => return Err(absent()),
    };
    let mut cas = private_ca::public(&context).await?.into_iter();
    let root = cas.find(|ca| ca.issuer == name).and_then(|ca| ca.root).ok_or_else(absent)?;
    if !is_der {
        let disposition = format!("attachment; filename=\"{file}\"");
        let headers = [
            (CONTENT_TYPE, "application/pem-certificate-chain".to_owned()),
            (CONTENT_DISPOSITION, disposition),
        ];
        return Ok((headers, root.pem).into_response());
    }
    // Without a disposition: phones and Firefox offer to install what has this type.
    Ok(([(CONTENT_TYPE, "application/x-x509-ca-cert")], root.der().ok_or_else(absent)?).into_response())
}

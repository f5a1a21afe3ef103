//! Passkeys: what the script of a page asks the browser for, and what the browser answered, as a form.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, Extension, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use http::header::SET_COOKIE;
use notafter_acme::jose::from_base64url;
use notafter_cert::Time;
use notafter_engine::access;
use notafter_engine::access::passkey::{self, NewPasskey, Presented, relying_party};
use notafter_engine::context::Context;
use notafter_engine::operate::Fault;
use notafter_engine::operate::user::PasskeyRow;
use notafter_inventory::model::PasskeyId;
use notafter_inventory::webauthn::{Assertion, Unusable};
use serde::{Deserialize, Deserializer};
use serde_json::json;

use super::fields::Filled;
use super::{account, carry_out, sign_in};
use crate::auth::{self, Visit, Way};
use crate::refusal::Refusal;

/// Whether browsers use passkeys with these pages.
pub(crate) enum Site {
    /// They do, at this origin alone.
    Usable(String),
    /// They do not.
    Unusable { why: String, hint: &'static str },
}

impl Site {
    pub(crate) const fn is_usable(&self) -> bool {
        matches!(self, Self::Usable(_))
    }

    pub(crate) fn of(context: &Context) -> Self {
        match relying_party(context) {
            Ok(party) => Self::Usable(party.origin().to_owned()),
            Err(why) => Self::Unusable { why: why.to_string(), hint: Unusable::HINT },
        }
    }
}

/// A passkey as its owner sees it.
pub(crate) struct View {
    pub(crate) id: PasskeyId,
    pub(crate) name: String,
    pub(crate) made: String,
    pub(crate) used: String,
}

impl View {
    pub(crate) fn of(row: PasskeyRow) -> Self {
        let used = row.used_at.map_or_else(|| "never".to_owned(), Time::for_people);
        Self { id: row.id, name: row.name, made: row.made_at.for_people(), used }
    }
}

/// Bytes as a script writes them into a form.
pub(crate) struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        from_base64url(&text).map(Self).ok_or_else(|| serde::de::Error::custom("it is not base64url"))
    }
}

#[derive(Deserialize)]
pub(crate) struct ToAdd {
    #[serde(default)]
    present: String,
}

#[derive(Deserialize)]
pub(crate) struct Added {
    name: String,
    challenge: String,
    client_data: Bytes,
    attestation: Bytes,
}

#[derive(Deserialize)]
pub(crate) struct Assertions {
    credential: Bytes,
    account: Bytes,
    client_data: Bytes,
    authenticator_data: Bytes,
    signature: Bytes,
    #[serde(default)]
    next: String,
}

/// What a browser is to make a passkey of. Whoever found a browser open does not know the password.
pub(crate) async fn ask_to_add(
    Extension(visit): Extension<Visit>,
    Filled(wish): Filled<ToAdd>,
) -> Result<Response, Refusal> {
    let signed_in @ (session, user) = account::session(&visit)?;
    let asked = async {
        access::confirm(&visit.context, signed_in, &wish.present).await?;
        passkey::ask_to_add(&visit.context, session, user).await
    };
    Ok(match asked.await {
        Ok(question) => {
            Json(json!({ "options": question.options, "challenge": question.challenge })).into_response()
        }
        Err(fault) => told(fault),
    })
}

/// Takes the passkey that a browser made.
pub(crate) async fn add(
    Extension(visit): Extension<Visit>,
    Filled(added): Filled<Added>,
) -> Result<Response, Refusal> {
    let signed_in = account::session(&visit)?;
    let made =
        NewPasskey { name: added.name, client_data: added.client_data.0, attestation: added.attestation.0 };
    match passkey::add(&visit.context, signed_in, &added.challenge, made).await {
        Ok(_) => Ok(Redirect::to("/account#passkeys").into_response()),
        Err(fault) => account::refused(&visit, fault).await,
    }
}

/// Takes a passkey of one's own away.
pub(crate) async fn remove(
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let (_, user) = account::session(&visit)?;
    let id: PasskeyId = id.parse().map_err(|_| Refusal::absent("such passkey"))?;
    match carry_out(&visit, "user.remove-passkey", json!({ "name": user.name, "passkey": id })).await {
        Ok(_) => Ok(Redirect::to("/account#passkeys").into_response()),
        Err(fault) => account::refused(&visit, fault).await,
    }
}

/// What a browser is to sign. It keeps the challenge in a cookie, which no script reads.
pub(crate) async fn ask_to_sign_in(State(context): State<Arc<Context>>, way: Way) -> Response {
    let asked = async {
        sign_in::privately(way)?;
        passkey::ask_to_sign_in(&context).await
    };
    match asked.await {
        Ok(question) => {
            let cookie = auth::keep_challenge(way, &question.challenge);
            ([(SET_COOKIE, cookie)], Json(json!({ "options": question.options }))).into_response()
        }
        Err(fault) => told(fault),
    }
}

/// Signs in with what a browser signed.
pub(crate) async fn sign_in(
    State(context): State<Arc<Context>>,
    way: Way,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Filled(filled): Filled<Assertions>,
) -> Result<Response, Refusal> {
    sign_in::privately(way)?;
    let presented = Presented {
        credential: filled.credential.0,
        account: filled.account.0,
        assertion: Assertion {
            client_data: filled.client_data.0,
            authenticator_data: filled.authenticator_data.0,
            signature: filled.signature.0,
        },
    };
    let challenge = auth::challenge(way, &headers).unwrap_or_default();
    let peer = auth::peer(&peer, &headers);
    let next = sign_in::ours(&filled.next);
    match passkey::sign_in(&context, &challenge, &presented, peer).await {
        Ok(secret) => Ok(sign_in::let_in(way, &secret, &next)),
        Err(fault) => sign_in::refused(&context, fault, String::new(), next),
    }
}

/// For a script, which shows it as text.
fn told(fault: Fault) -> Response {
    let told = Json(json!({ "code": fault.code, "what": fault.what, "why": fault.why, "hint": fault.hint }));
    (Refusal::of(fault).status(), told).into_response()
}

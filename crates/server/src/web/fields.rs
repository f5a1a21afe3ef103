//! What an address and a form carry, refused with words where it cannot be read.

use axum::Form;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use http::StatusCode;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::refusal::Refusal;

/// The fields of a form.
pub(crate) struct Filled<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Filled<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let form = Form::<T>::from_request(request, state).await;
        form.map(|Form(fields)| Self(fields)).map_err(|why| match why.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Refusal::too_long(),
            _ => Refusal::unreadable("the form", why.body_text()),
        })
    }
}

/// What a field of an address chooses by its name: nothing where it is empty. A name that nothing has is refused: all of a list
/// would look like what was asked for.
pub(crate) fn chosen<T>(field: &str, value: &str, found: Option<T>) -> Result<Option<T>, Refusal> {
    if found.is_none() && !value.is_empty() {
        return Err(Refusal::unreadable("the address", format!("{field}: there is no {value:?}")));
    }
    Ok(found)
}

/// What stands behind the question mark.
pub(crate) struct Asked<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        query
            .map(|Query(asked)| Self(asked))
            .map_err(|why| Refusal::unreadable("the address", why.body_text()))
    }
}

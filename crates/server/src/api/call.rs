//! One call of the API: the function behind it, and what its types say of it.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use http::{Extensions, StatusCode};
use notafter_engine::context::Context;

use super::answer::{self, Answers};
use super::document::{Schemas, Types};
use super::request::{Asked, Body, Path, Query};
use crate::auth::{Presented, Visit};
use crate::refusal::Refusal;

/// A call, as the table of routes and the document know it. Whatever can be said of it from the types of the function behind
/// it is not said again.
pub(crate) struct Call {
    /// Its name, which programs that are generated from the document give to a function.
    pub(crate) name: &'static str,
    /// What it does, in a line.
    pub(crate) summary: &'static str,
    /// Refusals that do not follow from its types.
    pub(crate) refuses: &'static [StatusCode],
    /// What its types say.
    pub(crate) types: fn(&mut Schemas) -> Types,
    /// The function behind it, for a method.
    pub(crate) route: fn(MethodFilter) -> MethodRouter<Arc<Context>>,
}

/// Makes a [`Call`] of `async fn(who, Asked<path, query, body>) -> Result<answer, Refusal>`.
macro_rules! call {
    ($name:literal, $summary:literal, $function:path) => {
        $crate::api::call::call!($name, $summary, $function, [])
    };
    ($name:literal, $summary:literal, $function:path, [$($refused:ident),*]) => {
        $crate::api::call::Call {
            name: $name,
            summary: $summary,
            refuses: &[$(http::StatusCode::$refused),*],
            types: |schemas| $crate::api::call::types(&$function, schemas),
            route: |method| $crate::api::call::route(method, $function),
        }
    };
}
pub(crate) use call;

/// Who is answered.
pub(crate) trait Who: Send + Sized + 'static {
    /// From what the guard left with the request.
    fn of(extensions: &mut Extensions) -> Option<Self>;
}

impl Who for Visit {
    fn of(extensions: &mut Extensions) -> Option<Self> {
        extensions.remove()
    }
}

/// Whoever asks, known or not.
pub(crate) struct Anybody;

impl Who for Anybody {
    fn of(_: &mut Extensions) -> Option<Self> {
        Some(Self)
    }
}

/// What the types of a function say of its call.
pub(crate) fn types<F, W, P, Q, B, A>(_: &F, schemas: &mut Schemas) -> Types
where
    F: AsyncFn(W, Asked<P, Q, B>) -> Result<A, Refusal>,
    P: Path,
    Q: Query,
    B: Body,
    A: Answers,
{
    Types {
        path: schemas.parameters::<P>("path"),
        query: schemas.parameters::<Q>("query"),
        body: B::told(schemas),
        answer: A::told(schemas),
    }
}

/// The function as axum calls it.
pub(crate) fn route<F, W, P, Q, B, A, R>(method: MethodFilter, function: F) -> MethodRouter<Arc<Context>>
where
    F: Fn(W, Asked<P, Q, B>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Result<A, Refusal>> + Send,
    W: Who,
    P: Path,
    Q: Query,
    B: Body,
    A: Answers,
{
    on(method, move |request: Request| {
        let function = function.clone();
        async move { answered(function, request).await.unwrap_or_else(IntoResponse::into_response) }
    })
}

async fn answered<F, W, P, Q, B, A, R>(function: F, mut request: Request) -> Result<Response, Refusal>
where
    F: Fn(W, Asked<P, Q, B>) -> R,
    R: Future<Output = Result<A, Refusal>>,
    W: Who,
    P: Path,
    Q: Query,
    B: Body,
    A: Answers,
{
    let who = W::of(request.extensions_mut()).ok_or_else(|| Refusal::nobody(Presented::Nothing))?;
    let (method, uri, headers) = (request.method().clone(), request.uri().clone(), request.headers().clone());
    let asked = Asked::read(request).await?;
    let written = function(who, asked).await?.written()?;
    Ok(answer::response(written, &method, &uri, &headers))
}

//! The CA's HTTP server.

use std::sync::Arc;

use aws_lc_rs::rand;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use notafter_acme::MAX_BODY;
use notafter_acme::server::{self, Effect, Random};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::Shared;
use crate::authority::StageError;

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// The connection is closed without an answer, as planned.
#[derive(Debug, thiserror::Error)]
#[error("no answer")]
struct NoAnswer;

pub(super) fn random() -> Result<Random, StageError> {
    let mut random = [0; 16];
    rand::fill(&mut random).map_err(|_| StageError::Key)?;
    Ok(random)
}

pub(super) async fn accept(listener: TcpListener, tls: TlsAcceptor, shared: Arc<Shared>) {
    // Connections end with the listener.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let (tls, shared) = (tls.clone(), Arc::clone(&shared));
        connections.spawn(async move {
            // A peer that goes away in the middle is its own affair.
            drop(serve(stream, tls, shared).await);
        });
    }
}

async fn serve(stream: TcpStream, tls: TlsAcceptor, shared: Arc<Shared>) -> Result<(), Fault> {
    stream.set_nodelay(true)?;
    let service = service_fn(move |request| answer(request, Arc::clone(&shared)));
    let server = hyper::server::conn::http1::Builder::new();
    server.serve_connection(TokioIo::new(tls.accept(stream).await?), service).await?;
    Ok(())
}

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<Full<Bytes>>, Fault> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await?.to_bytes().to_vec();
    let content_type = head.headers.get("content-type").and_then(|value| value.to_str().ok());
    let request = server::Request {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        content_type: content_type.map(str::to_owned),
        body,
    };
    let now = shared.options.clock.now();
    let outcome = shared.state().handle(&request, now, random()?);
    for effect in outcome.effects {
        match effect {
            Effect::Issue(issue) => shared.issue(&issue),
            Effect::Validate(look) => {
                let shared = Arc::clone(&shared);
                shared.validations.send_modify(|under_way| *under_way += 1);
                tokio::spawn(async move { shared.validate(look).await });
            }
        }
    }
    let answer = outcome.response.ok_or(NoAnswer)?;
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    Ok(response.body(Full::new(Bytes::from(answer.body)))?)
}

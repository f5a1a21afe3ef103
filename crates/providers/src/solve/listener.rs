//! A listener of our own: answers what was presented, and nothing else.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use notafter_acme::challenge::{Challenge, HTTP01_PREFIX};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, Semaphore, watch};
use tokio::task::JoinHandle;

use super::{Fetches, Meta, SolveError, Solver};

pub(super) static META: Meta =
    Meta { name: "listener", title: "a listener of our own, on port 80, while a CA asks" };

/// Connections at once; a CA with many vantage points opens a handful.
const MOST_CONNECTIONS: usize = 256;

/// A connection that is not done by then is dropped.
const LONGEST_CONNECTION: Duration = Duration::from_secs(10);

/// What is answered, by token.
type Answers = Arc<RwLock<HashMap<String, Known>>>;

struct Known {
    key_authorization: String,
    /// Changes each time it is fetched.
    fetched: watch::Sender<()>,
}

/// The listeners of this process, by address.
#[derive(Default)]
pub(super) struct Listeners(Mutex<HashMap<SocketAddr, Running>>);

struct Running {
    answers: Answers,
    accepting: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// The solver.
pub(super) struct Listener {
    address: SocketAddr,
    listeners: Arc<Listeners>,
}

impl Listener {
    pub(super) const fn new(address: SocketAddr, listeners: Arc<Listeners>) -> Self {
        Self { address, listeners }
    }
}

impl Solver for Listener {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn ready(&self) -> BoxFuture<'_, Result<String, SolveError>> {
        async {
            let all = self.listeners.0.lock().await;
            if all.get(&self.address).is_none_or(|running| running.accepting.is_finished()) {
                bind(self.address).await?;
            }
            Ok(format!("{} can be listened on", self.address))
        }
        .boxed()
    }

    fn present<'a>(&'a self, challenges: &'a [Challenge]) -> BoxFuture<'a, Result<(), SolveError>> {
        async move {
            let mut all = self.listeners.0.lock().await;
            if all.get(&self.address).is_none_or(|running| running.accepting.is_finished()) {
                let kept = all.remove(&self.address).map(|running| Arc::clone(&running.answers));
                let answers: Answers = kept.unwrap_or_default();
                let listener = bind(self.address).await?;
                let accepting = tokio::spawn(accept(listener, Arc::clone(&answers)));
                all.insert(self.address, Running { answers, accepting });
            }
            if let Some(running) = all.get(&self.address) {
                let mut answers = running.answers.write().unwrap_or_else(PoisonError::into_inner);
                for Challenge { token, key_authorization, .. } in challenges {
                    // Whoever waits for a fetch of it goes on waiting when it is presented again.
                    let fetched = || watch::Sender::new(());
                    let fetched = answers.remove(token).map_or_else(fetched, |known| known.fetched);
                    let key_authorization = key_authorization.clone();
                    answers.insert(token.clone(), Known { key_authorization, fetched });
                }
            }
            Ok(())
        }
        .boxed()
    }

    fn fetches<'a>(&'a self, challenges: &'a [Challenge]) -> BoxFuture<'a, Option<Fetches>> {
        async move {
            let all = self.listeners.0.lock().await;
            let known = all.get(&self.address)?.answers.read().unwrap_or_else(PoisonError::into_inner);
            let seen = challenges.iter().map(|it| Some(known.get(&it.token)?.fetched.subscribe()));
            Some(Fetches(seen.collect::<Option<_>>()?))
        }
        .boxed()
    }

    fn clear<'a>(&'a self, challenges: &'a [Challenge]) -> BoxFuture<'a, Result<(), SolveError>> {
        async {
            let mut all = self.listeners.0.lock().await;
            let Some(running) = all.get(&self.address) else { return Ok(()) };
            let unused = {
                let mut answers = running.answers.write().unwrap_or_else(PoisonError::into_inner);
                answers.retain(|token, _| !challenges.iter().any(|challenge| challenge.token == *token));
                answers.is_empty()
            };
            if unused && let Some(mut running) = all.remove(&self.address) {
                // The address is free once the task is gone: the next order may listen there at once.
                running.accepting.abort();
                drop((&mut running.accepting).await);
            }
            Ok(())
        }
        .boxed()
    }
}

/// On a machine without IPv6, every address means every IPv4 address.
async fn bind(address: SocketAddr) -> Result<TcpListener, SolveError> {
    let failed = |source| SolveError::Bind { address, source };
    match TcpListener::bind(address).await {
        Err(error) if address.is_ipv6() && address.ip().is_unspecified() && lacks_ipv6(&error) => {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port())).await.map_err(failed)
        }
        result => result.map_err(failed),
    }
}

fn lacks_ipv6(error: &std::io::Error) -> bool {
    let number = error.raw_os_error().map(rustix::io::Errno::from_raw_os_error);
    matches!(number, Some(rustix::io::Errno::AFNOSUPPORT | rustix::io::Errno::ADDRNOTAVAIL))
}

async fn accept(listener: TcpListener, answers: Answers) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let answers = Arc::clone(&answers);
                tokio::spawn(async move {
                    serve(stream, answers).await;
                    drop(place);
                });
            }
            Err(error) => {
                // Out of file descriptors, mostly: it passes, and a tight loop would not help.
                tracing::warn!(%error, "the http-01 listener could not accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, answers: Answers) {
    let service = service_fn(move |request| {
        let response = answer(&request, &answers);
        async move { Ok::<_, Infallible>(response) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    if let Ok(Err(error)) = tokio::time::timeout(LONGEST_CONNECTION, connection).await {
        tracing::debug!(%error, "a connection to the http-01 listener ended badly");
    }
}

fn answer(request: &Request<Incoming>, answers: &Answers) -> Response<Full<Bytes>> {
    let asks = matches!(*request.method(), Method::GET | Method::HEAD);
    let token = request.uri().path().strip_prefix(HTTP01_PREFIX).filter(|_| asks);
    let known = answers.read().unwrap_or_else(PoisonError::into_inner);
    let found = token.and_then(|token| known.get(token));
    let (status, body) = match found {
        Some(known) => {
            known.fetched.send_replace(());
            (StatusCode::OK, known.key_authorization.clone())
        }
        None => (StatusCode::NOT_FOUND, "no such challenge\n".to_owned()),
    };
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/octet-stream"));
    response
}

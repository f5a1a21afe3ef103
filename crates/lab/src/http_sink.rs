//! A web server on loopback that keeps every request and answers as told.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::authority::{Identity, StageError};
use crate::tls_server::configure;

/// What the next requests are answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// This answer.
    Answer {
        /// Status code.
        status: u16,
        /// Header fields.
        headers: Vec<(String, String)>,
        /// Body.
        body: String,
    },
    /// No answer, ever.
    Hang,
}

impl Reply {
    /// An empty answer with this status.
    #[must_use]
    pub const fn status(status: u16) -> Self {
        Self::Answer { status, headers: Vec::new(), body: String::new() }
    }
}

/// One request that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Asked {
    /// The first header field of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// A running server; it ends when dropped.
pub struct HttpSink {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    reply: Mutex<Reply>,
    asked: watch::Sender<Vec<Asked>>,
}

impl HttpSink {
    /// Starts on this address (port 0 picks one), with TLS when an identity is given; it answers 204 until told
    /// otherwise.
    ///
    /// # Errors
    /// The address cannot be bound, or the identity is no pair.
    pub async fn start(address: SocketAddr, identity: Option<&Identity>) -> Result<Self, StageError> {
        let listener = TcpListener::bind(address).await?;
        let tls = match identity {
            Some(identity) => Some(TlsAcceptor::from(configure(&identity.chain, &identity.key)?)),
            None => None,
        };
        let shared =
            Arc::new(Shared { reply: Mutex::new(Reply::status(204)), asked: watch::Sender::new(Vec::new()) });
        let address = listener.local_addr()?;
        let task = tokio::spawn(accept(listener, tls, Arc::clone(&shared)));
        Ok(Self { address, shared, task })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the answer to the next requests.
    pub fn reply(&self, reply: Reply) {
        *self.shared.reply.lock().unwrap_or_else(PoisonError::into_inner) = reply;
    }

    /// What came, oldest first.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.borrow().clone()
    }

    /// Waits until at least this many requests came; the caller bounds the wait.
    pub async fn wait_for(&self, count: usize) -> Vec<Asked> {
        let mut asked = self.shared.asked.subscribe();
        // The sender lives as long as this sink: the wait cannot end early.
        drop(asked.wait_for(|requests| requests.len() >= count).await);
        self.asked()
    }
}

impl Drop for HttpSink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, shared) = (tls.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            // A peer that goes away in the middle is its own affair.
            drop(serve(stream, tls, shared).await);
        });
    }
}

type Fault = Box<dyn std::error::Error + Send + Sync>;

async fn serve(stream: TcpStream, tls: Option<TlsAcceptor>, shared: Arc<Shared>) -> Result<(), Fault> {
    let service = service_fn(move |request| answer(request, Arc::clone(&shared)));
    let server = hyper::server::conn::http1::Builder::new();
    match tls {
        Some(tls) => server.serve_connection(TokioIo::new(tls.accept(stream).await?), service).await?,
        None => server.serve_connection(TokioIo::new(stream), service).await?,
    }
    Ok(())
}

async fn answer(
    request: Request<Incoming>,
    shared: Arc<Shared>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
    let headers = head.headers.iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    let asked = Asked {
        method: head.method.to_string(),
        path: head.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
        headers: headers.collect(),
        body,
    };
    shared.asked.send_modify(|all| all.push(asked));
    let reply = shared.reply.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let Reply::Answer { status, headers, body } = reply else { return std::future::pending().await };
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    // A reply that is no HTTP is a fault of the stage's script; 500 says so to whoever reads the test.
    Ok(response.body(Full::new(Bytes::from(body))).unwrap_or_else(|_| {
        let mut wrong = Response::new(Full::new(Bytes::from_static(b"the scripted reply is not HTTP")));
        *wrong.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
        wrong
    }))
}

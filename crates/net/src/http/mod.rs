//! The HTTP client: HTTP/1.1 with kept connections, and a limit on everything a peer could stretch.

mod connection;
mod error;

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, COOKIE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use notafter_cert::Span;
use rustls::ClientConfig;
use url::Url;

pub use error::{Break, HttpError, HttpFailure, NO_ANCHOR};

use crate::config;
use crate::dns::Resolver;
use crate::limits::AddressPolicy;
use crate::trust::Trust;
use connection::{Origin, Pool, Sender};

/// What a client is made of.
#[derive(Clone)]
pub struct Options {
    /// Finds addresses.
    pub resolver: Resolver,
    /// Where it may go: checked for each address, on every redirect too.
    pub policy: AddressPolicy,
    /// Whom to trust over https; `None` trusts everybody, which is right only where the answer is not believed either
    /// (a CA does the same when it follows an http-01 redirect).
    pub trust: Option<Trust>,
    /// The limit on making one TCP connection.
    pub connect_within: Span,
    /// The limit on the whole exchange: resolution, connection, redirects and body.
    pub within: Span,
    /// The most bytes of a body.
    pub body_limit: usize,
}

impl Options {
    /// The usual limits: 10 s to connect, 30 s in all, 1 MiB.
    #[must_use]
    pub const fn new(resolver: Resolver, policy: AddressPolicy, trust: Option<Trust>) -> Self {
        Self {
            resolver,
            policy,
            trust,
            connect_within: Span::seconds(10),
            within: Span::seconds(30),
            body_limit: 1024 * 1024,
        }
    }
}

/// A request.
#[derive(Clone)]
pub struct Request {
    method: Method,
    url: String,
    headers: Vec<(String, String)>,
    body: Bytes,
    redirects: u8,
}

impl Request {
    /// Asks for a URL.
    #[must_use]
    pub fn get(url: impl Into<String>) -> Self {
        Self::with(Method::GET, url, Bytes::new())
    }

    /// Asks for a URL's headers only.
    #[must_use]
    pub fn head(url: impl Into<String>) -> Self {
        Self::with(Method::HEAD, url, Bytes::new())
    }

    /// Sends a body of this content type.
    #[must_use]
    pub fn post(url: impl Into<String>, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self::with(Method::POST, url, body.into()).header("content-type", content_type)
    }

    /// Puts a body of this content type there.
    #[must_use]
    pub fn put(url: impl Into<String>, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self::with(Method::PUT, url, body.into()).header("content-type", content_type)
    }

    fn with(method: Method, url: impl Into<String>, body: Bytes) -> Self {
        Self { method, url: url.into(), headers: Vec::new(), body, redirects: 0 }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Follows up to this many redirects; without it a redirect is an answer like any other.
    #[must_use]
    pub const fn follow(mut self, redirects: u8) -> Self {
        self.redirects = redirects;
        self
    }
}

/// An answer, whatever its status.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Every header in the order sent, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The URL that answered: another than asked for where redirects were followed.
    pub url: String,
    /// How many redirects were followed.
    pub redirects: u8,
    /// The protocol's version.
    pub version: http::Version,
}

impl Response {
    /// The first header of this (lower-case) name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(mine, _)| mine == name).map(|(_, value)| value.as_str())
    }

    /// Whether it sends elsewhere (RFC 9110 section 15.4).
    #[must_use]
    pub const fn is_redirect(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308)
    }

    /// The URL that a redirect leads to, for those who judge it before they follow; nothing where it names none, or leads
    /// out of TLS.
    #[must_use]
    pub fn leads_to(&self) -> Option<String> {
        next(&Url::parse(&self.url).ok()?, self).map(Into::into)
    }
}

/// Sends requests. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    options: Options,
    tls: Arc<ClientConfig>,
    pool: Pool,
}

impl Client {
    /// A client with its own connections.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let tls = Arc::new(config::asking(options.trust.as_ref()));
        Self(Arc::new(Inner { options, tls, pool: Pool::default() }))
    }

    /// The same limits and trust under another policy, with connections of its own.
    #[must_use]
    pub fn with_policy(&self, policy: AddressPolicy) -> Self {
        let options = Options { policy, ..self.0.options.clone() };
        Self(Arc::new(Inner { options, tls: self.0.tls.clone(), pool: Pool::default() }))
    }

    /// Sends a request and takes the answer, body and all.
    ///
    /// # Errors
    /// [`HttpError`] when there is no whole answer within the limits.
    pub async fn send(&self, request: Request) -> Result<Response, HttpError> {
        self.deliver(request, &mut Taker::Whole).await
    }

    /// Sends a request and hands the body of an answer with status 200 over as it comes, so that one of any size is never held: until
    /// all was taken, or whoever takes it has had enough. The answer itself then has no body.
    ///
    /// # Errors
    /// [`HttpError`] when there is no whole answer within the limits.
    pub async fn receive(
        &self,
        request: Request,
        take: &mut (dyn FnMut(&[u8]) -> ControlFlow<()> + Send),
    ) -> Result<Response, HttpError> {
        self.deliver(request, &mut Taker::Pieces(take)).await
    }

    async fn deliver(&self, request: Request, taker: &mut Taker<'_>) -> Result<Response, HttpError> {
        let within = self.0.options.within;
        let mut url = Url::parse(&request.url)
            .map_err(|error| HttpError::Url { url: site_of(&request.url), why: error.to_string() })?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let exchange = self.follow(request, &mut url, taker);
        tokio::time::timeout(within.to_std(), exchange)
            .await
            .unwrap_or(Err(HttpError::Timeout { host, within }))
    }

    async fn follow(
        &self,
        mut request: Request,
        url: &mut Url,
        taker: &mut Taker<'_>,
    ) -> Result<Response, HttpError> {
        let limit = request.redirects;
        for followed in 0..=limit {
            let response = Response { redirects: followed, ..self.exchange(&request, url, taker).await? };
            if limit == 0 || !response.is_redirect() {
                return Ok(response);
            }
            let Some(next) = next(url, &response).filter(|_| followed < limit) else { break };
            request.redirect(response.status, url, &next);
            *url = next;
        }
        Err(HttpError::Redirects { url: site(url) })
    }

    async fn exchange(
        &self,
        request: &Request,
        url: &Url,
        taker: &mut Taker<'_>,
    ) -> Result<Response, HttpError> {
        let origin = Origin::of(url)?;
        let message = request.message(url, &origin)?;
        let (mut sender, answer) = match self.0.pool.take(&origin).await {
            // A kept connection may close just as we use it. What was not sent is sent again, on a new one.
            Some(mut kept) => match kept.try_send_request(message).await {
                Ok(answer) => (kept, Ok(answer)),
                Err(mut error) => match error.take_message() {
                    Some(message) => self.send_anew(&origin, message).await?,
                    None => (kept, Err(error.into_error())),
                },
            },
            None => self.send_anew(&origin, message).await?,
        };
        let answer =
            answer.map_err(|error| HttpError::Broken { host: origin.host(), how: Break::of(&error) })?;
        let response = take_answer((url, &origin), answer, self.0.options.body_limit, taker).await?;
        if sender.ready().await.is_ok() {
            self.0.pool.put(origin, sender);
        }
        Ok(response)
    }

    async fn send_anew(
        &self,
        origin: &Origin,
        message: http::Request<Full<Bytes>>,
    ) -> Result<(Sender, hyper::Result<http::Response<Incoming>>), HttpError> {
        let mut sender = connection::open(origin, &self.0.options, &self.0.tls).await?;
        let answer = sender.send_request(message).await;
        Ok((sender, answer))
    }
}

impl Request {
    /// Becomes the request for the next URL (RFC 9110 section 15.4).
    fn redirect(&mut self, status: u16, from: &Url, to: &Url) {
        let becomes_get = status == 303 || (status < 303 && self.method == Method::POST);
        if becomes_get && self.method != Method::HEAD {
            self.method = Method::GET;
            self.body = Bytes::new();
            self.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
        }
        if from.origin() != to.origin() {
            let secret = [AUTHORIZATION, COOKIE];
            self.headers.retain(|(name, _)| !secret.iter().any(|it| name.eq_ignore_ascii_case(it.as_str())));
        }
    }

    fn message(&self, url: &Url, origin: &Origin) -> Result<http::Request<Full<Bytes>>, HttpError> {
        // What a URL asks for, and what a header says, may be a secret: an error or a log tells neither.
        let wrong = |why: String| HttpError::Url { url: site(url), why };
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let mut message = http::Request::new(Full::new(self.body.clone()));
        *message.method_mut() = self.method.clone();
        *message.uri_mut() = path.parse().map_err(|error: http::uri::InvalidUri| wrong(error.to_string()))?;
        let headers = message.headers_mut();
        let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
        let value = |name: &HeaderName, text: &str| {
            let why = |_| wrong(format!("what the header {name} is to say cannot be in a header"));
            HeaderValue::from_str(text).map_err(why)
        };
        headers.insert(HOST, value(&HOST, authority)?);
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("notafter/", env!("CARGO_PKG_VERSION"))));
        for (name, text) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| wrong(format!("{name:?} is not a header")))?;
            let value = value(&name, text)?;
            headers.insert(name, value);
        }
        tracing::trace!(method = %self.method, site = site(url), tls = origin.is_tls(), "http request");
        Ok(message)
    }
}

/// Where a redirect leads; nothing where it must not be followed.
fn next(from: &Url, answer: &Response) -> Option<Url> {
    let to = from.join(answer.header("location")?).ok()?;
    (from.scheme() != "https" || to.scheme() == "https").then_some(to)
}

/// What is asked of whom; headers, body and the rest of the URL may be secrets.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Request").field(&self.method).field(&site_of(&self.url)).finish()
    }
}

/// Who answered, and how much: a page may repeat what it was asked.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("site", &site_of(&self.url))
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Scheme, host and port of a URL: what a log or an error tells of it. The rest, and whoever it names before the host, may
/// be the only secret of a webhook.
fn site(url: &Url) -> String {
    match url.origin() {
        origin if origin.is_tuple() => origin.ascii_serialization(),
        _ => format!("{}:", url.scheme()),
    }
}

fn site_of(text: &str) -> String {
    Url::parse(text).map_or_else(|_| "what is no URL".to_owned(), |url| site(&url))
}

/// Who takes a body.
enum Taker<'t> {
    /// Whoever gets the answer, as a whole.
    Whole,
    /// Somebody else, in pieces.
    Pieces(&'t mut (dyn FnMut(&[u8]) -> ControlFlow<()> + Send)),
}

impl Taker<'_> {
    /// Takes the body of an answer; gives what is to be held of it.
    async fn take(
        &mut self,
        status: StatusCode,
        mut body: Limited<Incoming>,
    ) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
        match self {
            Self::Pieces(take) if status == StatusCode::OK => {
                while let Some(frame) = body.frame().await {
                    if frame?.data_ref().is_some_and(|piece| take(piece).is_break()) {
                        break;
                    }
                }
                Ok(Vec::new())
            }
            // What is no answer to the question is not for whoever waits for one.
            Self::Pieces(_) => Ok(Vec::new()),
            Self::Whole => Ok(body.collect().await?.to_bytes().to_vec()),
        }
    }
}

async fn take_answer(
    (url, origin): (&Url, &Origin),
    answer: http::Response<Incoming>,
    limit: usize,
    taker: &mut Taker<'_>,
) -> Result<Response, HttpError> {
    let too_large = || HttpError::TooLarge { host: origin.host(), limit };
    let (head, body) = answer.into_parts();
    let announced = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let has_body = head.status != StatusCode::NO_CONTENT && head.status != StatusCode::NOT_MODIFIED;
    if has_body && announced.is_some_and(|length: u64| length > limit as u64) && !is_empty(&body) {
        return Err(too_large());
    }
    let body = taker.take(head.status, Limited::new(body, limit)).await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            return too_large();
        }
        match error.downcast::<hyper::Error>() {
            Ok(error) => HttpError::Broken { host: origin.host(), how: Break::of(&error) },
            Err(_) => too_large(),
        }
    })?;
    tracing::trace!(site = site(url), status = head.status.as_u16(), "http answer");
    Ok(Response {
        status: head.status.as_u16(),
        headers: texts(&head.headers),
        body,
        url: url.to_string(),
        redirects: 0,
        version: head.version,
    })
}

/// The answer to HEAD announces a length and has no body.
fn is_empty(body: &Incoming) -> bool {
    hyper::body::Body::is_end_stream(body)
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect()
}

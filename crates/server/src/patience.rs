//! How long the body of a request may take. Whoever announces one and does not send it holds a connection, which takes one of
//! the places of a listener away from everybody: it has to be whole, and to go on, within a time.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt as _};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::refusal::Refusal;

/// How long a body may take.
#[derive(Clone, Copy)]
pub(crate) struct Patience {
    /// From the request's head to the body's end.
    pub(crate) whole: Duration,
    /// Without anything of it.
    pub(crate) still: Duration,
}

impl Patience {
    /// A form has 64 KiB at most; the longest file of an inventory comes in that time over 10 Mbit/s.
    pub(crate) const USUAL: Self = Self { whole: Duration::from_secs(30), still: Duration::from_secs(10) };
}

/// Answers a request whose body does not come in time. What of it was not read ends the connection under HTTP/1.1
/// (RFC 9112 section 9.3), and the stream under HTTP/2.
pub(crate) async fn with_body(State(patience): State<Patience>, request: Request, next: Next) -> Response {
    let is_late = Arc::new(AtomicBool::new(false));
    let request = request.map(|body| match body.is_end_stream() {
        true => body,
        false => patience.around(body, Arc::clone(&is_late)),
    });
    let response = next.run(request).await;
    match is_late.load(Ordering::Relaxed) {
        true => Refusal::too_slow().into_response(),
        false => response,
    }
}

impl Patience {
    fn around(self, body: Body, is_late: Arc<AtomicBool>) -> Body {
        let now = Instant::now();
        let end = now + self.whole;
        let limit = Box::pin(sleep_until(end.min(now + self.still)));
        Body::from_stream(Awaited { body: body.into_data_stream(), still: self.still, end, limit, is_late })
    }
}

/// A body that has to come in time.
struct Awaited {
    body: axum::body::BodyDataStream,
    still: Duration,
    end: Instant,
    /// Ends at the earlier of both times.
    limit: Pin<Box<Sleep>>,
    is_late: Arc<AtomicBool>,
}

impl Stream for Awaited {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Poll::Ready(part) = self.body.poll_next_unpin(context) {
            let limit = self.end.min(Instant::now() + self.still);
            self.limit.as_mut().reset(limit);
            return Poll::Ready(part);
        }
        ready!(self.limit.as_mut().poll(context));
        self.is_late.store(true, Ordering::Relaxed);
        Poll::Ready(Some(Err(axum::Error::new(io::Error::from(io::ErrorKind::TimedOut)))))
    }
}

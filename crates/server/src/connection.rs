//! Connections of whoever reaches the port: so many at once, and none that is held without a word. What is open takes a
//! file descriptor away from looks, renewals and the store.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// What one connection, and all of them together, may take.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Connections at once; the next ones wait to be accepted.
    pub(crate) connections: usize,
    /// From the connection, or the answer before, to the end of a request's head.
    pub(crate) speaks_within: Duration,
    /// From the connection to the last request on it, and once more to the end of the last answer.
    pub(crate) longest: Duration,
}

impl Limits {
    /// A Prometheus keeps one connection for each target that it probes at once. The longest probe takes a minute.
    pub(crate) const USUAL: Self =
        Self { connections: 256, speaks_within: Duration::from_secs(30), longest: Duration::from_secs(300) };
}

/// Answers until the future is dropped.
pub(crate) async fn answer(listener: TcpListener, router: Router, limits: Limits) {
    let room = Arc::new(Semaphore::new(limits.connections));
    while let Ok(place) = Arc::clone(&room).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let router = router.clone().layer(Extension(ConnectInfo(peer)));
                tokio::spawn(async move {
                    serve(stream, router, limits).await;
                    drop(place);
                });
            }
            Err(error) => {
                // Out of file descriptors, mostly: it passes, and a tight loop would not help.
                tracing::warn!(%error, "the HTTP listener could not accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, router: Router, limits: Limits) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.speaks_within)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let mut ended = tokio::time::timeout(limits.longest, connection.as_mut()).await;
    if ended.is_err() {
        connection.as_mut().graceful_shutdown();
        ended = tokio::time::timeout(limits.longest, connection).await;
    }
    if let Ok(Err(error)) = ended {
        tracing::debug!(%error, "a connection to the HTTP listener ended badly");
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const ASKED: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

    async fn answered(limits: Limits) -> std::net::SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(|| async { "x".repeat(64 * 1024 * 1024) }));
        tokio::spawn(answer(listener, router, limits));
        address
    }

    /// Connections that began a request and did not end it were held for ever, each with its file descriptor.
    #[tokio::test]
    async fn whoever_does_not_end_a_request_makes_room_for_others() {
        let limits = Limits { connections: 1, speaks_within: Duration::from_millis(100), ..Limits::USUAL };
        let address = answered(limits).await;
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET / HTTP/1.1\r\nhost: lo").await.unwrap();
        let mut quick = TcpStream::connect(address).await.unwrap();
        quick.write_all(ASKED).await.unwrap();
        let mut text = Vec::new();
        quick.read_to_end(&mut text).await.unwrap();
        assert!(text.starts_with(b"HTTP/1.1 200"));
        let mut rest = Vec::new();
        slow.read_to_end(&mut rest).await.unwrap();
        assert!(!rest.starts_with(b"HTTP/1.1 200"));
    }

    /// So were those that asked and did not take the answer.
    #[tokio::test]
    async fn whoever_does_not_take_the_answer_makes_room_for_others() {
        let limits = Limits { connections: 1, longest: Duration::from_millis(500), ..Limits::USUAL };
        let address = answered(limits).await;
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(ASKED).await.unwrap();
        let mut quick = TcpStream::connect(address).await.unwrap();
        quick.write_all(ASKED).await.unwrap();
        let mut start = [0; 12];
        quick.read_exact(&mut start).await.unwrap();
        assert_eq!(&start, b"HTTP/1.1 200");
    }
}

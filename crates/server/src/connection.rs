//! Connections of whoever reaches a port: so many at once, and none that is held without a word. What is open takes a
//! file descriptor away from looks, renewals and the store. Under TLS they begin with a handshake, which has to end within
//! the same time as a request's head, and keeps its place among the connections. One source takes a part of the places.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use notafter_engine::access::Peer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use crate::places::Places;
use crate::secure::{HTTP_2, Secure};

/// What one connection, and all of them together, may take.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Connections at once; the next ones wait to be accepted.
    pub(crate) connections: usize,
    /// Of these, those that one source has for sure; beyond them, it has what half of the places leave.
    pub(crate) of_one: usize,
    /// What is counted as one source.
    pub(crate) source: fn(SocketAddr) -> Option<IpAddr>,
    /// From the connection, or the answer before, to the end of a request's head.
    pub(crate) speaks_within: Duration,
    /// From the connection to the last request on it, and once more to the end of the last answer.
    pub(crate) longest: Duration,
}

impl Limits {
    /// A Prometheus keeps one connection for each target that it probes at once. The longest probe takes a minute.
    pub(crate) const USUAL: Self = Self {
        connections: 256,
        of_one: 64,
        source: |peer| Peer { address: peer.ip(), agent: String::new() }.source(),
        speaks_within: Duration::from_secs(30),
        longest: Duration::from_secs(300),
    };
}

/// Streams of one HTTP/2 connection at once (RFC 9113 section 5.1.2): a page asks for a few.
const STREAMS: u32 = 32;
/// Header fields of one request under HTTP/2 (RFC 9113 section 6.5.2), in bytes.
const HEADERS: u32 = 16 * 1024;
/// How often a peer is asked whether it is still there, and how long it may take to answer (RFC 9113 section 6.7).
const ASKED_EVERY: Duration = Duration::from_secs(20);

/// Answers until the future is dropped; under TLS where there is an acceptor.
pub(crate) async fn answer(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    acceptor: Option<TlsAcceptor>,
) {
    let room = Arc::new(Semaphore::new(limits.connections));
    let places = Places::new(limits.connections, limits.of_one);
    while let Ok(turn) = Arc::clone(&room).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let Some(place) = places.take((limits.source)(peer)) else {
                    tracing::debug!(%peer, "a connection was refused: its source has too many");
                    continue;
                };
                let router = router.clone().layer(Extension(ConnectInfo(peer)));
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    match acceptor {
                        Some(acceptor) => secured(stream, &acceptor, router, limits).await,
                        None => http_1(stream, router, limits).await,
                    }
                    drop((place, turn));
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

/// A handshake, and what was agreed upon in it (ALPN, RFC 7301).
async fn secured(stream: TcpStream, acceptor: &TlsAcceptor, router: Router, limits: Limits) {
    let stream = match tokio::time::timeout(limits.speaks_within, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => return tracing::debug!("a TLS handshake took too long"),
    };
    let is_http_2 = stream.get_ref().1.alpn_protocol() == Some(HTTP_2);
    let router = router.layer(Extension(Secure));
    match is_http_2 {
        true => http_2(stream, router, limits).await,
        false => http_1(stream, router, limits).await,
    }
}

async fn http_1(stream: impl AsyncRead + AsyncWrite + Unpin, router: Router, limits: Limits) {
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
    told(ended.ok());
}

async fn http_2(stream: impl AsyncRead + AsyncWrite + Unpin, router: Router, limits: Limits) {
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADERS)
        .keep_alive_interval(ASKED_EVERY)
        .keep_alive_timeout(ASKED_EVERY)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let mut ended = tokio::time::timeout(limits.longest, connection.as_mut()).await;
    if ended.is_err() {
        connection.as_mut().graceful_shutdown();
        ended = tokio::time::timeout(limits.longest, connection).await;
    }
    told(ended.ok());
}

fn told(ended: Option<Result<(), hyper::Error>>) {
    if let Some(Err(error)) = ended {
        tracing::debug!(%error, "a connection to the HTTP listener ended badly");
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use axum::middleware::from_fn_with_state;
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpSocket;

    use super::*;
    use crate::patience::{self, Patience};

    const ASKED: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

    async fn answered(limits: Limits) -> std::net::SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(|| async { "x".repeat(64 * 1024 * 1024) }));
        tokio::spawn(answer(listener, router, limits, None));
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

    /// Whoever announced a body and did not send it held a connection for ten minutes, over TLS as in the clear.
    #[tokio::test]
    async fn whoever_does_not_send_the_body_makes_room_for_others() {
        let quick = Duration::from_millis(100);
        let begun = b"POST /sign-in HTTP/1.1\r\nhost: localhost\r\ncontent-length: 60000\r\n\r\nname=a";
        let (still, whole) = (
            Patience { still: quick, whole: Duration::from_secs(600) },
            Patience { still: Duration::from_secs(600), whole: quick },
        );
        for patience in [still, whole] {
            let router = Router::new()
                .route("/sign-in", post(|body: Bytes| async move { format!("{}", body.len()) }))
                .layer(from_fn_with_state(patience, patience::with_body));
            let limits = Limits { connections: 1, ..Limits::USUAL };
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(answer(listener, router.clone(), limits, None));
            let mut slow = TcpStream::connect(address).await.unwrap();
            slow.write_all(begun).await.unwrap();
            ends(&mut slow).await;

            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let slot = notafter_keys::serving::Slot::default();
            slot.put(crate::secure::tests::pair());
            let acceptor = crate::secure::acceptor(&slot).unwrap();
            tokio::spawn(answer(listener, router, limits, Some(acceptor)));
            let mut slow = crate::secure::tests::connect(address, &slot, b"http/1.1").await;
            slow.write_all(begun).await.unwrap();
            ends(&mut slow).await;
        }
    }

    /// With an answer that says why.
    async fn ends(stream: &mut (impl AsyncRead + Unpin)) {
        let mut text = Vec::new();
        // A reset is an end, too.
        drop(stream.read_to_end(&mut text).await);
        assert!(text.starts_with(b"HTTP/1.1 408"), "{:?}", String::from_utf8_lossy(&text));
    }

    /// The same with connections that say nothing at all.
    #[tokio::test]
    async fn whoever_opens_as_many_connections_as_there_are_leaves_room_for_others() {
        let source = |peer: SocketAddr| match peer.ip().to_string().as_str() {
            "127.0.0.1" => None,
            _ => Some(peer.ip()),
        };
        let limits = Limits { connections: 4, of_one: 1, source, ..Limits::USUAL };
        let address = answered(limits).await;
        let greedy = || async {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
            socket.connect(address).await.unwrap()
        };
        let held = [greedy().await, greedy().await];
        let mut refused = greedy().await;
        drop(refused.read_to_end(&mut Vec::new()).await);
        let mut other = TcpStream::connect(address).await.unwrap();
        other.write_all(ASKED).await.unwrap();
        let mut start = [0; 12];
        other.read_exact(&mut start).await.unwrap();
        assert_eq!(&start, b"HTTP/1.1 200");
        drop(held);
    }

    /// Serves over TLS with a self-signed pair; also the slot, to change it.
    async fn secured(limits: Limits) -> (std::net::SocketAddr, notafter_keys::serving::Slot) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let slot = notafter_keys::serving::Slot::default();
        slot.put(crate::secure::tests::pair());
        let acceptor = crate::secure::acceptor(&slot).unwrap();
        let router = Router::new().route("/", get(|| async { "well" }));
        tokio::spawn(answer(listener, router, limits, Some(acceptor)));
        (address, slot)
    }

    /// What a `ClientHello` that is never ended holds is given to others.
    #[tokio::test]
    async fn whoever_does_not_end_a_handshake_makes_room_for_others() {
        let limits = Limits { connections: 1, speaks_within: Duration::from_millis(100), ..Limits::USUAL };
        let (address, slot) = secured(limits).await;
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]).await.unwrap();
        let mut quick = crate::secure::tests::connect(address, &slot, b"http/1.1").await;
        quick.write_all(ASKED).await.unwrap();
        let mut text = Vec::new();
        quick.read_to_end(&mut text).await.unwrap();
        assert!(text.starts_with(b"HTTP/1.1 200"), "{text:?}");
        let mut rest = Vec::new();
        // A reset is an end, too.
        drop(slow.read_to_end(&mut rest).await);
        assert!(rest.len() < 16, "nothing but an alert: {rest:?}");
    }

    /// A connection that was open goes on with what it began with; the next one sees the new certificate.
    #[tokio::test]
    async fn a_new_certificate_drops_no_connection() {
        let (address, slot) = secured(Limits::USUAL).await;
        let old = slot.presented().unwrap().leaf().der().to_vec();
        let mut open = crate::secure::tests::connect(address, &slot, b"http/1.1").await;
        let served = |stream: &tokio_rustls::client::TlsStream<TcpStream>| {
            stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
        };
        let asked = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
        let mut start = vec![0; 12];
        open.write_all(asked).await.unwrap();
        open.read_exact(&mut start).await.unwrap();
        slot.put(crate::secure::tests::pair());
        let next = crate::secure::tests::connect(address, &slot, b"http/1.1").await;
        assert_eq!((served(&open), served(&next) == old), (old, false));
        open.write_all(ASKED).await.unwrap();
        let mut rest = Vec::new();
        open.read_to_end(&mut rest).await.unwrap();
        let rest = String::from_utf8(rest).unwrap();
        assert!(rest.contains("HTTP/1.1 200") && rest.ends_with("well"), "{rest}");
    }
}

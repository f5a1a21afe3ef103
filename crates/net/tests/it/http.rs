//! The HTTP client against scripted servers.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use notafter_cert::{Span, path::Anchors};
use notafter_net::dns::{Override, Resolver};
use notafter_net::http::{Client, HttpFailure, Options, Request};
use notafter_net::limits::AddressPolicy;
use notafter_net::trust::Trust;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use crate::scripted::{answering, authority, hear, listen, server};

fn resolver() -> Resolver {
    Resolver::from_servers(&["127.0.0.1:9".parse().unwrap()], Span::seconds(5)).unwrap()
}

fn options() -> Options {
    Options::new(resolver(), AddressPolicy::Anywhere, None)
}

/// Reads one request's head; `None` at the end of the connection.
async fn head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let byte = stream.read_u8().await.ok()?;
        head.push(byte);
    }
    Some(String::from_utf8(head).unwrap())
}

/// Answers each request with its own first line and headers, keeping the connection.
async fn echo(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    while let Some(head) = head(&mut stream).await {
        let answer = format!(
            "HTTP/1.1 200 OK\r\nX-Test: Yes\r\nDate: today\r\nContent-Length: {}\r\n\r\n{head}",
            head.len()
        );
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn redirecting(to: String) -> SocketAddr {
    let to = Arc::new(to);
    listen(move |mut stream| {
        let to = to.clone();
        async move {
            while head(&mut stream).await.is_some() {
                let answer = format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
    })
    .await
}

#[tokio::test]
async fn an_answer_keeps_status_headers_and_body_and_the_connection_is_used_again() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    let address = listen(move |stream| {
        counted.fetch_add(1, Ordering::SeqCst);
        echo(stream)
    })
    .await;
    let client = Client::new(options());
    for _ in 0..5 {
        let request =
            Request::get(format!("http://{address}/path?query#fragment")).header("accept", "text/plain");
        let response = client.send(request).await.unwrap();
        assert_eq!(response.status, 200);
        assert_eq!(response.header("x-test"), Some("Yes"));
        assert_eq!(response.header("date"), Some("today"));
        let sent = String::from_utf8(response.body).unwrap();
        assert!(sent.starts_with("GET /path?query HTTP/1.1\r\n"), "{sent}");
        assert!(sent.contains(&format!("host: {address}\r\n")), "{sent}");
        assert!(sent.contains("user-agent: notafter/"), "{sent}");
        assert!(sent.contains("accept: text/plain\r\n"), "{sent}");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1, "the connection is kept");
}

/// What is traced, as text.
#[derive(Clone, Default)]
struct Traced(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Traced {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        std::io::Write::write(&mut *self.0.lock().unwrap(), bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The path of a webhook, which is often its only secret, stood in the log of whoever looked closely.
#[tokio::test]
async fn traces_and_errors_name_the_host_of_a_url_and_neither_its_path_nor_a_header() {
    let traced = Traced::default();
    let writer = traced.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _traces = tracing::subscriber::set_default(subscriber);
    let address = listen(echo).await;
    let client = Client::new(options());
    let ask = |to: &str| {
        let url = format!("http://user:s3cret@{to}/services/s3cret?key=s3cret#s3cret");
        Request::post(url, "text/plain", "s3cret")
    };
    client.send(ask(&address.to_string()).header("authorization", "Bearer s3cret")).await.unwrap();
    let broken =
        client.send(ask(&address.to_string()).header("authorization", "s3cret\n")).await.unwrap_err();
    let gone = client.send(ask(&answering(b"SSH-2.0\r\n").await.to_string())).await.unwrap_err();
    let told = String::from_utf8(traced.0.lock().unwrap().clone()).unwrap();
    assert!(told.contains("http request") && told.contains("http answer"), "{told}");
    assert!(told.contains(&format!("http://{address}")), "{told}");
    let lost = client.send(Request::get("hooks.example/services/s3cret")).await.unwrap_err();
    assert_eq!(lost.to_string(), "what is no URL cannot be asked: relative URL without a base");
    let foreign = client.send(Request::get("gopher://user:s3cret@hooks.example/s3cret")).await.unwrap_err();
    assert_eq!(foreign.to_string(), "gopher: cannot be asked: neither http nor https");
    let seen = format!("{:?}", ask("hooks.example").header("authorization", "Bearer s3cret"));
    assert_eq!(seen, r#"Request(POST, "http://hooks.example")"#);
    for text in [told, broken.to_string(), gone.to_string()] {
        assert!(!text.contains("s3cret"), "{text}");
    }
    let expected = format!(
        "http://{address} cannot be asked: what the header authorization is to say cannot be in a header"
    );
    assert_eq!(broken.to_string(), expected);
}

#[tokio::test]
async fn a_kept_connection_that_the_peer_closed_costs_nothing() {
    let address = listen(|mut stream| async move {
        head(&mut stream).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.unwrap();
    })
    .await;
    let client = Client::new(options());
    for _ in 0..20 {
        let response = client.send(Request::get(format!("http://{address}/"))).await.unwrap();
        assert_eq!(response.body, b"ok");
    }
}

#[tokio::test]
async fn an_endless_or_large_body_is_cut_off() {
    let announced = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n").await;
    let endless = listen(|mut stream| async move {
        head(&mut stream).await.unwrap();
        let mut piece = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        while stream.write_all(&piece).await.is_ok() {
            piece = vec![b'x'; 4096];
        }
    })
    .await;
    for address in [announced, endless] {
        let client = Client::new(Options { body_limit: 10_000, ..options() });
        let error = client.send(Request::get(format!("http://{address}/"))).await.unwrap_err();
        assert_eq!(error.class(), HttpFailure::TooLarge, "{error}");
    }
}

#[tokio::test]
async fn failures_keep_their_class() {
    let silent = listen(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let broken = answering(b"SSH-2.0-OpenSSH\r\n").await;
    let closed = listen(|stream| async move { drop(stream) }).await;
    let unused = { tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap() };
    let table = [
        (format!("http://{silent}/"), HttpFailure::Timeout),
        (format!("http://{broken}/"), HttpFailure::Broken),
        (format!("http://{closed}/"), HttpFailure::Broken),
        (format!("http://{unused}/"), HttpFailure::Connect),
        (format!("https://{broken}/"), HttpFailure::Tls),
        ("http://shop.example/".to_owned(), HttpFailure::Dns),
        ("ftp://shop.example/".to_owned(), HttpFailure::Request),
        ("nonsense".to_owned(), HttpFailure::Request),
    ];
    for (url, class) in table {
        let client = Client::new(Options { within: Span::millis(500), ..options() });
        let error = client.send(Request::get(&url)).await.unwrap_err();
        let late = error.class() == HttpFailure::Timeout && class == HttpFailure::Dns;
        assert!(error.class() == class || late, "{url}: {error}");
    }
}

#[tokio::test]
async fn redirects_are_answers_unless_asked_for_and_then_bounded() {
    let there = listen(echo).await;
    let here = redirecting(format!("http://{there}/there")).await;
    let client = Client::new(options());
    let url = format!("http://{here}/");
    let plain = client.send(Request::get(&url)).await.unwrap();
    assert_eq!((plain.status, plain.header("location").is_some()), (302, true));
    let request = Request::post(&url, "text/plain", "body").header("authorization", "secret").follow(1);
    let followed = client.send(request).await.unwrap();
    let sent = String::from_utf8(followed.body).unwrap();
    assert_eq!(followed.url, format!("http://{there}/there"));
    assert!(sent.starts_with("GET /there ") && !sent.contains("secret"), "{sent}");
    let circle = redirecting("/again".to_owned()).await;
    let error = client.send(Request::get(format!("http://{circle}/")).follow(5)).await.unwrap_err();
    assert_eq!(error.class(), HttpFailure::Request);
    assert_eq!(error.to_string(), format!("redirected too often or to nowhere, last by http://{circle}"));
}

#[tokio::test]
async fn the_policy_holds_after_resolution_and_on_redirects() {
    let there = listen(echo).await;
    let strict = AddressPolicy::Server { private_allowed: false };
    let named: Override = format!("shop.example:{}:127.0.0.1", there.port()).parse().unwrap();
    let resolver = resolver().with_overrides(vec![named]);
    let client = Client::new(Options { resolver, ..options() });
    let url = format!("http://shop.example:{}/", there.port());
    assert_eq!(client.send(Request::get(&url)).await.unwrap().status, 200);
    let error = client.with_policy(strict).send(Request::get(&url)).await.unwrap_err();
    assert_eq!(error.class(), HttpFailure::Forbidden);
    let metadata = redirecting("http://169.254.169.254/latest/meta-data".to_owned()).await;
    let client = client.with_policy(AddressPolicy::Server { private_allowed: true });
    let error = client.send(Request::get(format!("http://{metadata}/")).follow(3)).await.unwrap_err();
    assert_eq!(error.class(), HttpFailure::Forbidden, "{error}");
}

#[tokio::test]
async fn https_needs_a_trusted_chain_for_the_right_name() {
    let authority = authority();
    let acceptor = TlsAcceptor::from(Arc::new(server(&authority, "shop.example")));
    let address = listen(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                echo(stream).await;
            }
        }
    })
    .await;
    let port = address.port();
    let overrides = vec![format!("*:{port}:127.0.0.1").parse().unwrap()];
    let resolver = resolver().with_overrides(overrides);
    let trust = Trust::of(Anchors::from_ders("test", [authority.der()]));
    let client = |trust| Client::new(Options { trust, resolver: resolver.clone(), ..options() });
    let right = Request::get(format!("https://shop.example:{port}/"));
    assert_eq!(client(Some(trust.clone())).send(right.clone()).await.unwrap().status, 200);
    assert_eq!(
        client(None).send(right.clone()).await.unwrap().status,
        200,
        "nobody is believed, nobody is checked"
    );
    let error = client(Some(Trust::mozilla())).send(right).await.unwrap_err();
    assert_eq!(error.class(), HttpFailure::Tls);
    let other = Request::get(format!("https://other.example:{port}/"));
    assert_eq!(client(Some(trust)).send(other).await.unwrap_err().class(), HttpFailure::Tls);
}

/// What breaks a secured connection after its handshake is said, and not only that it broke.
#[tokio::test]
async fn what_broke_a_connection_in_the_middle_is_told() {
    let authority = authority();
    let acceptor = TlsAcceptor::from(Arc::new(server(&authority, "shop.example")));
    let address = listen(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let mut stream = acceptor.accept(stream).await.unwrap();
            head(&mut stream).await.unwrap();
            // A record that nobody encrypted with the connection's key.
            let garbage = [&[0x17, 3, 3, 0, 32][..], &[0xee; 32]].concat();
            stream.get_mut().0.write_all(&garbage).await.unwrap();
            while hear(stream.get_mut().0).await > 0 {}
        }
    })
    .await;
    let port = address.port();
    let overrides = vec![format!("*:{port}:127.0.0.1").parse().unwrap()];
    let trust = Some(Trust::of(Anchors::from_ders("test", [authority.der()])));
    let client = Client::new(Options { trust, resolver: resolver().with_overrides(overrides), ..options() });
    let error = client.send(Request::get(format!("https://shop.example:{port}/"))).await.unwrap_err();
    assert_eq!(error.class(), HttpFailure::Broken);
    let words = "shop.example broke off: connection error: cannot decrypt peer's message";
    assert_eq!(error.to_string(), words);
}

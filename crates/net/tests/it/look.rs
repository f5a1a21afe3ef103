//! Looking at peers of every kind: what is seen, and what is said when nothing is.

use std::net::SocketAddr;
use std::sync::Arc;

use notafter_cert::{Certificate, KeyAlgorithm, Span, Time};
use notafter_net::dns::Resolver;
use notafter_net::limits::AddressPolicy;
use notafter_net::observe::{Network, Options};
use notafter_net::{Clock, Eye};
use notafter_tls::observation::{Failure, FailureKind, Outcome, Possession, Served};
use notafter_tls::{Offer, Target};
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;

use crate::openssl::{self, Server};
use crate::scripted::{answering, authority, hear, listen, server};

const TLS12: u16 = 0x0303;
const TLS13: u16 = 0x0304;

fn network(within: Span) -> Network {
    Network::new(Options {
        resolver: Resolver::system(within),
        policy: AddressPolicy::Anywhere,
        clock: Clock::staged(Time::from_unix_seconds(1_800_000_000)),
        within,
        vantage: "local".to_owned(),
    })
}

async fn outcome(target: &str, address: SocketAddr, offer: Offer) -> Outcome {
    let mut target: Target = target.parse().unwrap();
    target.port = address.port();
    let observation = network(Span::seconds(20)).look_for(&target, address, offer).await;
    assert_eq!(observation.at, Time::from_unix_seconds(1_800_000_000));
    assert_eq!(observation.address, address);
    observation.outcome
}

async fn served(address: SocketAddr, offer: Offer) -> Served {
    match outcome("shop.example", address, offer).await {
        Outcome::Served(served) => served,
        Outcome::Failed(failure) => panic!("{failure:?}"),
    }
}

async fn failed(target: &str, address: SocketAddr) -> Failure {
    match outcome(target, address, Offer::Any).await {
        Outcome::Served(served) => panic!("{served:?}"),
        Outcome::Failed(failure) => failure,
    }
}

fn leaf(served: &Served) -> Certificate {
    Certificate::parse(&served.chain[0]).unwrap()
}

/// The chain file is PEM; what was sent must be the same bytes.
fn der(directory: &std::path::Path, file: &str) -> Vec<u8> {
    notafter_cert::pem::chain_from(&std::fs::read(directory.join(file)).unwrap()).unwrap().remove(0)
}

#[tokio::test]
async fn the_chain_is_kept_as_sent_and_possession_is_proven_in_both_versions() {
    let folder = tempfile::tempdir().unwrap();
    openssl::self_signed(folder.path(), "leaf", "rsa:2048");
    openssl::self_signed(folder.path(), "other", "ed25519");
    for (flag, version) in [("-tls1_2", TLS12), ("-tls1_3", TLS13)] {
        let arguments = format!("{flag} -cert leaf.pem -key leaf.key -cert_chain other.pem");
        let peer = Server::start(folder.path(), &arguments);
        let served = served(peer.address, Offer::Any).await;
        assert_eq!(served.version, version);
        assert_eq!(served.chain.to_vec(), [der(folder.path(), "leaf.pem"), der(folder.path(), "other.pem")]);
        assert_eq!(served.possession, Possession::Proven);
        assert!(served.is_proof());
        assert_eq!(served.group, Some(0x001d), "X25519 is offered first");
        assert_ne!(served.suite, 0);
    }
}

#[tokio::test]
async fn every_usual_kind_of_key_can_be_proven() {
    let folder = tempfile::tempdir().unwrap();
    let both: &[&str] = &["-tls1_2", "-tls1_3"];
    let kinds = [
        ("p256", "ec -pkeyopt ec_paramgen_curve:P-256", both),
        ("p384", "ec -pkeyopt ec_paramgen_curve:P-384", both),
        // In TLS 1.2 the groups that we offer bound the certificate's curve too (RFC 8422 section 5.1.1), and rustls
        // has no key exchange on P-521.
        ("p521", "ec -pkeyopt ec_paramgen_curve:P-521", &both[1..]),
        ("ed25519", "ed25519", both),
    ];
    for (name, key, flags) in kinds {
        openssl::self_signed(folder.path(), name, key);
        for flag in flags {
            let peer = Server::start(folder.path(), &format!("{flag} -cert {name}.pem -key {name}.key"));
            let served = served(peer.address, Offer::Any).await;
            assert_eq!(served.possession, Possession::Proven, "{name} {flag}");
        }
    }
}

#[tokio::test]
async fn each_key_type_can_be_asked_for_alone() {
    let folder = tempfile::tempdir().unwrap();
    openssl::self_signed(folder.path(), "rsa", "rsa:2048");
    openssl::self_signed(folder.path(), "ec", "ec -pkeyopt ec_paramgen_curve:P-256");
    for flag in ["-tls1_2", "-tls1_3"] {
        let arguments = format!("{flag} -cert rsa.pem -key rsa.key -dcert ec.pem -dkey ec.key");
        let peer = Server::start(folder.path(), &arguments);
        let rsa = served(peer.address, Offer::Rsa).await;
        assert!(matches!(leaf(&rsa).key().algorithm, KeyAlgorithm::Rsa { bits: 2048, .. }), "{flag}");
        let ecdsa = served(peer.address, Offer::Ecdsa).await;
        assert!(matches!(leaf(&ecdsa).key().algorithm, KeyAlgorithm::Ec(_)), "{flag}");
        assert!(rsa.is_proof() && ecdsa.is_proof());
    }
    let peer = Server::start(folder.path(), "-cert rsa.pem -key rsa.key");
    let none = outcome("shop.example", peer.address, Offer::Ecdsa).await;
    assert!(
        matches!(none, Outcome::Failed(Failure { kind: FailureKind::Alert, alert: Some(40), .. })),
        "{none:?}"
    );
}

#[tokio::test]
async fn a_key_too_weak_to_check_is_unchecked_and_never_called_wrong() {
    let folder = tempfile::tempdir().unwrap();
    openssl::self_signed(folder.path(), "weak", "rsa:1024");
    for flag in ["-tls1_2", "-tls1_3"] {
        let arguments = format!("{flag} -cert weak.pem -key weak.key -cipher DEFAULT@SECLEVEL=0");
        let peer = Server::start(folder.path(), &arguments);
        let served = served(peer.address, Offer::Any).await;
        assert_eq!(served.possession, Possession::Unchecked, "{flag}");
        assert!(!served.is_proof());
    }
}

#[tokio::test]
async fn a_certificate_that_webpki_cannot_read_is_checked_with_its_key_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    openssl::run(
        folder.path(),
        "req -newkey rsa:2048 -nodes -keyout v1.key -out v1.csr -subj /CN=shop.example",
    );
    openssl::run(folder.path(), "x509 -req -in v1.csr -signkey v1.key -out v1.pem -days 30");
    for flag in ["-tls1_2", "-tls1_3"] {
        let peer = Server::start(folder.path(), &format!("{flag} -cert v1.pem -key v1.key"));
        let served = served(peer.address, Offer::Any).await;
        assert_eq!(served.possession, Possession::Proven, "an X.509 version 1 leaf over {flag}");
    }
}

/// Serves this certificate whatever the key is.
#[derive(Debug)]
struct Forged(Arc<CertifiedKey>);

impl ResolvesServerCert for Forged {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

async fn forging(leaf: Vec<u8>) -> SocketAddr {
    let key = PrivateKeyDer::try_from(rcgen::KeyPair::generate().unwrap().serialize_der()).unwrap();
    let key = CertifiedKey::new(vec![CertificateDer::from(leaf)], any_supported_type(&key).unwrap());
    let mut config = server(&authority(), "shop.example");
    config.cert_resolver = Arc::new(Forged(Arc::new(key)));
    let acceptor = TlsAcceptor::from(Arc::new(config));
    listen(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                hear(&mut stream).await;
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_peer_without_the_leafs_key_is_seen_and_found_wrong() {
    let key = rcgen::KeyPair::generate().unwrap();
    let stolen =
        rcgen::CertificateParams::new(["shop.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    let served = served(forging(stolen.der().to_vec()).await, Offer::Any).await;
    assert_eq!(served.chain[0], stolen.der().to_vec());
    assert_eq!(served.possession, Possession::Wrong);
    assert_eq!(served.incomplete, None, "it goes on to the end of the handshake");
    assert!(!served.is_proof());
}

#[tokio::test]
async fn what_is_no_certificate_is_kept_as_sent_too() {
    let served = served(forging(b"this is no DER".to_vec()).await, Offer::Any).await;
    assert_eq!(served.chain.to_vec(), [b"this is no DER".to_vec()]);
    assert_eq!(served.possession, Possession::Unchecked);
}

#[tokio::test]
async fn a_peer_that_insists_on_a_client_certificate_is_seen_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    openssl::self_signed(folder.path(), "leaf", "ec -pkeyopt ec_paramgen_curve:P-256");
    let arguments = "-tls1_2 -cert leaf.pem -key leaf.key -Verify 1 -verify_return_error";
    let peer = Server::start(folder.path(), arguments);
    let served = served(peer.address, Offer::Any).await;
    assert_eq!(served.chain.len(), 1);
    assert_eq!(served.possession, Possession::Proven);
    let incomplete = served.incomplete.unwrap();
    assert!(incomplete.detail.starts_with("the peer asks for a client certificate"), "{}", incomplete.detail);
    assert_eq!(incomplete.kind, FailureKind::Alert);
}

#[tokio::test]
async fn a_peer_of_older_versions_only_is_an_alert_with_a_readable_reason() {
    let folder = tempfile::tempdir().unwrap();
    openssl::self_signed(folder.path(), "leaf", "rsa:2048");
    for flag in ["-tls1", "-tls1_1"] {
        let arguments = format!("{flag} -cert leaf.pem -key leaf.key -cipher DEFAULT@SECLEVEL=0");
        let peer = Server::start(folder.path(), &arguments);
        let failure = failed("shop.example", peer.address).await;
        assert_eq!(
            (failure.kind, failure.alert),
            (FailureKind::Alert, Some(70)),
            "{flag}: {}",
            failure.detail
        );
        assert!(failure.detail.contains("only versions older than TLS 1.2"), "{}", failure.detail);
    }
    // A ServerHello of TLS 1.0 instead of an alert: version, random, no session, suite, no compression.
    let mut hello = vec![22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
    hello.extend([7; 32]);
    hello.extend([0, 0, 0x2f, 0]);
    let old = answering(hello.leak()).await;
    let failure = failed("shop.example", old).await;
    assert_eq!(failure.kind, FailureKind::Alert);
    assert_eq!(failure.detail, "the peer speaks only versions older than TLS 1.2");
}

#[tokio::test]
async fn what_speaks_something_else_is_told_in_its_own_words() {
    let web = answering(b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n").await;
    let failure = failed("shop.example", web).await;
    assert_eq!(failure.kind, FailureKind::NotTls);
    assert_eq!(failure.detail, "the peer answered \"HTTP/1.1 400 Bad Request\"");
    let shell = listen(|mut stream| async move {
        stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await.unwrap();
        hear(&mut stream).await;
    })
    .await;
    let failure = failed("smtp://mail.example", shell).await;
    assert_eq!(failure.kind, FailureKind::Starttls, "{}", failure.detail);
}

#[tokio::test]
async fn closing_resetting_and_silence_are_told_apart() {
    let closing = listen(|mut stream| async move {
        hear(&mut stream).await;
    })
    .await;
    let closed = failed("shop.example", closing).await;
    assert_eq!(closed.kind, FailureKind::Reset);
    assert_eq!(closed.detail, "the peer closed the connection instead of an answer to our ClientHello");
    // Closing with bytes unread makes the kernel reset the connection.
    let reset = failed(
        "shop.example",
        listen(|stream| async move {
            stream.readable().await.unwrap();
            drop(stream);
        })
        .await,
    )
    .await;
    assert_eq!(reset.kind, FailureKind::Reset);
    let silent = listen(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let target: Target = "shop.example".parse().unwrap();
    let observation = network(Span::millis(200)).look(&target, silent).await;
    let Outcome::Failed(failure) = observation.outcome else { panic!("silence shows nothing") };
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert_eq!(failure.detail, "no sign of an answer to our ClientHello within 200 ms");
}

#[tokio::test]
async fn a_hostile_peer_meets_a_budget() {
    let endless = listen(|mut stream| async move {
        // Warning alerts and handshake fragments without end.
        let mut record = vec![22, 3, 3, 0x40, 0, 2, 0xff, 0xff, 0xff];
        record.resize(5 + 0x4000, 0);
        while stream.write_all(&record).await.is_ok() {}
    })
    .await;
    let failure = failed("shop.example", endless).await;
    assert_eq!(failure.kind, FailureKind::Malformed, "{}", failure.detail);
    let chatty = listen(|mut stream| async move {
        while stream.write_all(b"220-").await.is_ok() && stream.write_all(&[b'x'; 100]).await.is_ok() {}
    })
    .await;
    let failure = failed("smtp://mail.example", chatty).await;
    assert_eq!(failure.kind, FailureKind::Starttls, "{}", failure.detail);
}

#[tokio::test]
async fn starttls_leads_to_the_certificate_and_a_refusal_is_in_the_peers_words() {
    let authority = authority();
    let acceptor = TlsAcceptor::from(Arc::new(server(&authority, "mail.example")));
    let mail = listen(move |mut stream| {
        let acceptor = acceptor.clone();
        async move {
            stream.write_all(b"220 mail.example ESMTP\r\n").await.unwrap();
            hear(&mut stream).await;
            stream.write_all(b"250-mail.example\r\n250 STARTTLS\r\n").await.unwrap();
            hear(&mut stream).await;
            stream.write_all(b"220 go ahead\r\n").await.unwrap();
            acceptor.accept(stream).await.ok();
        }
    })
    .await;
    let Outcome::Served(seen) = outcome("smtp://mail.example", mail, Offer::Any).await else {
        panic!("STARTTLS leads to a certificate")
    };
    assert!(seen.is_proof());
    let post = starttls_imap().await;
    let Outcome::Served(seen) = outcome("imap://post.example", post, Offer::Any).await else {
        panic!("STARTTLS leads to a certificate")
    };
    assert!(seen.is_proof());
    let busy = listen(|mut stream| async move {
        stream.write_all(b"421 too busy\r\n").await.unwrap();
        hear(&mut stream).await;
    })
    .await;
    let failure = failed("smtp://mail.example", busy).await;
    let told = r#"the server answered "421 too busy""#;
    assert_eq!((failure.kind, failure.detail.as_str()), (FailureKind::Starttls, told));
}

/// A web server waits for a request, as a mail client waits for a greeting: it was "no sign of the dialogue before TLS".
#[tokio::test]
async fn a_peer_that_says_nothing_before_tls_is_told_with_the_protocol_that_was_named() {
    let silent = listen(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let target: Target = "smtp://shop.example".parse().unwrap();
    let observation = network(Span::millis(200)).look(&target, silent).await;
    let Outcome::Failed(failure) = observation.outcome else { panic!("silence shows nothing") };
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert_eq!(failure.detail, "connected, but the peer said nothing of smtp within 200 ms");
}

/// An IMAP server that agrees to STARTTLS, and says so in two pieces.
async fn starttls_imap() -> SocketAddr {
    let acceptor = TlsAcceptor::from(Arc::new(server(&authority(), "post.example")));
    listen(move |mut stream| {
        let acceptor = acceptor.clone();
        async move {
            stream.write_all(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n").await.unwrap();
            hear(&mut stream).await;
            stream.write_all(b"* CAPABILITY IMAP4rev1\r\na1 O").await.unwrap();
            stream.write_all(b"K begin\r\n").await.unwrap();
            acceptor.accept(stream).await.ok();
        }
    })
    .await
}

#[tokio::test]
async fn an_address_that_the_policy_forbids_is_not_touched() {
    let network = network(Span::seconds(20)).with_policy(AddressPolicy::Server { private_allowed: false });
    let target: Target = "shop.example".parse().unwrap();
    let observation = network.look(&target, "127.0.0.1:1".parse().unwrap()).await;
    let Outcome::Failed(failure) = observation.outcome else { panic!("nothing may be seen") };
    assert_eq!(failure.kind, FailureKind::Forbidden);
}

/// Bytes that look like records and hold noise: the same for the same seed.
fn noise(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut bytes = Vec::new();
    for _ in 0..3 {
        let length = next() % 200;
        bytes.extend([[20, 21, 22, 23][(next() % 4) as usize], 3, 3, 0, length as u8]);
        let kind = [2, 11, 14, 20][(next() % 4) as usize];
        bytes.extend([kind, 0, 0, length.saturating_sub(4) as u8]);
        bytes.extend((4..length).map(|_| next() as u8));
    }
    bytes
}

#[tokio::test]
async fn noise_is_a_failure_and_never_a_panic() {
    for seed in 0..200 {
        let failure = failed("shop.example", answering_then_closing(noise(seed)).await).await;
        let told = [FailureKind::Malformed, FailureKind::Alert, FailureKind::Reset];
        assert!(told.contains(&failure.kind), "seed {seed}: {failure:?}");
        assert!(!failure.detail.is_empty());
    }
}

async fn answering_then_closing(bytes: Vec<u8>) -> SocketAddr {
    let bytes = Arc::new(bytes);
    listen(move |mut stream| {
        let bytes = bytes.clone();
        async move {
            hear(&mut stream).await;
            stream.write_all(&bytes).await.ok();
        }
    })
    .await
}

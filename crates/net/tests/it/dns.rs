//! Resolution against a scripted name server.

use std::net::{IpAddr, SocketAddr};

use notafter_cert::{Identifier, Span};
use notafter_net::dns::{Override, Resolver};
use notafter_tls::{Family, ResolveError, ResolveFailure};
use tokio::net::UdpSocket;

/// What the name server does with one question.
#[derive(Clone, Copy)]
enum Answer {
    Addresses(&'static [&'static str]),
    Empty,
    NxDomain,
    ServFail,
    Silence,
}

const A: u16 = 1;

/// A name server that answers by type, for every name. RFC 1035 section 4.1.
async fn name_server(v4: Answer, v6: Answer) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            let question_end = 12 + buffer[12..].iter().position(|byte| *byte == 0).unwrap() + 5;
            let kind = u16::from_be_bytes([buffer[question_end - 4], buffer[question_end - 3]]);
            assert!(length >= question_end);
            let answer = if kind == A { v4 } else { v6 };
            if let Some(reply) = reply(&buffer[..question_end], answer) {
                socket.send_to(&reply, from).await.unwrap();
            }
        }
    });
    address
}

fn reply(question: &[u8], answer: Answer) -> Option<Vec<u8>> {
    let (code, addresses): (u8, &[&str]) = match answer {
        Answer::Silence => return None,
        Answer::Addresses(addresses) => (0, addresses),
        Answer::Empty => (0, &[]),
        Answer::NxDomain => (3, &[]),
        Answer::ServFail => (2, &[]),
    };
    let mut reply = question.to_vec();
    reply[2] = 0x81;
    reply[3] = 0x80 | code;
    let count = u16::try_from(addresses.len()).unwrap().to_be_bytes();
    reply[4..12].copy_from_slice(&[0, 1, count[0], count[1], 0, 0, 0, 0]);
    for address in addresses {
        let (kind, bytes) = match address.parse().unwrap() {
            IpAddr::V4(address) => (1, address.octets().to_vec()),
            IpAddr::V6(address) => (28, address.octets().to_vec()),
        };
        reply.extend([0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 60, 0, u8::try_from(bytes.len()).unwrap()]);
        reply.extend(bytes);
    }
    Some(reply)
}

async fn ask(v4: Answer, v6: Answer) -> Result<notafter_tls::Resolution, ResolveError> {
    let server = name_server(v4, v6).await;
    let resolver = Resolver::from_servers(&[server], Span::millis(400)).unwrap();
    resolver.resolve(&"shop.example".parse().unwrap(), 443).await
}

fn kinds(error: &ResolveError) -> Vec<(Family, ResolveFailure)> {
    error.failures.iter().map(|failure| (failure.family, failure.kind)).collect()
}

#[tokio::test]
async fn both_families_are_asked_and_every_address_is_kept() {
    let found =
        ask(Answer::Addresses(&["192.0.2.1", "192.0.2.2"]), Answer::Addresses(&["2001:db8::1"])).await;
    let found = found.unwrap();
    let addresses: Vec<String> = found.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["192.0.2.1:443", "192.0.2.2:443", "[2001:db8::1]:443"]);
    assert!(found.failures.is_empty());
}

#[tokio::test]
async fn a_family_without_records_is_no_failure_but_one_that_did_not_answer_is() {
    let only_v4 = ask(Answer::Addresses(&["192.0.2.1"]), Answer::Empty).await.unwrap();
    assert!(only_v4.failures.is_empty());
    let half = ask(Answer::Addresses(&["192.0.2.1"]), Answer::ServFail).await.unwrap();
    assert_eq!(half.addresses.len(), 1);
    assert_eq!(half.failures[0].kind, ResolveFailure::ServerFailure);
    assert_eq!(half.failures[0].family, Family::IPv6);
}

#[tokio::test]
async fn not_existing_not_answering_and_failing_are_told_apart() {
    use Family::{IPv4, IPv6};
    let gone = ask(Answer::NxDomain, Answer::NxDomain).await.unwrap_err();
    assert_eq!(kinds(&gone), [(IPv4, ResolveFailure::NoSuchName), (IPv6, ResolveFailure::NoSuchName)]);
    assert!(gone.is_definite());
    let empty = ask(Answer::Empty, Answer::Empty).await.unwrap_err();
    assert_eq!(kinds(&empty), [(IPv4, ResolveFailure::NoAddress), (IPv6, ResolveFailure::NoAddress)]);
    let failed = ask(Answer::ServFail, Answer::ServFail).await.unwrap_err();
    assert_eq!(kinds(&failed)[0].1, ResolveFailure::ServerFailure);
    assert!(!failed.is_definite());
    let silent = ask(Answer::Silence, Answer::Silence).await.unwrap_err();
    assert_eq!(kinds(&silent), [(IPv4, ResolveFailure::Timeout), (IPv6, ResolveFailure::Timeout)]);
    assert!(!silent.is_definite());
}

#[tokio::test]
async fn literals_and_overrides_ask_nobody() {
    let nobody = Resolver::from_servers(&["127.0.0.1:9".parse().unwrap()], Span::seconds(5)).unwrap();
    let literal = nobody.resolve(&"2001:db8::1".parse().unwrap(), 8443).await.unwrap();
    assert_eq!(literal.addresses, ["[2001:db8::1]:8443".parse().unwrap()]);
    let overrides = ["shop.example:443:127.0.0.1,[::1]", "*:25:127.0.0.2", "[::1]:99:127.0.0.3"];
    let overrides: Vec<Override> = overrides.iter().map(|text| text.parse().unwrap()).collect();
    let resolver = nobody.with_overrides(overrides);
    let table = [
        ("shop.example", 443, "127.0.0.1:443 [::1]:443"),
        ("mail.example", 25, "127.0.0.2:25"),
        ("::1", 99, "127.0.0.3:99"),
        ("::1", 98, "[::1]:98"),
    ];
    for (host, port, wanted) in table {
        let host: Identifier = host.parse().unwrap();
        let found = resolver.resolve(&host, port).await.unwrap();
        let found: Vec<String> = found.addresses.iter().map(ToString::to_string).collect();
        assert_eq!(found.join(" "), wanted);
    }
    for wrong in [
        "shop.example",
        "shop.example:443",
        "shop.example:x:1.2.3.4",
        "shop.example:443:host",
        "a b:1:1.1.1.1",
    ] {
        assert!(wrong.parse::<Override>().is_err(), "{wrong}");
    }
}

/// IDNA refused the underscore, and the name servers were never asked.
#[tokio::test]
async fn a_name_with_an_underscore_is_asked() {
    let server = name_server(Answer::Addresses(&["192.0.2.7"]), Answer::Empty).await;
    let resolver = Resolver::from_servers(&[server], Span::seconds(5)).unwrap();
    for name in ["foo_bar.example", "_dmarc.example", "a-.example", "xn--bcher-kva.example"] {
        let found = resolver.resolve(&name.parse().unwrap(), 443).await;
        let found = found.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(found.addresses, ["192.0.2.7:443".parse().unwrap()], "{name}");
    }
}

#[tokio::test]
async fn the_hosts_file_speaks_before_dns() {
    let resolver = Resolver::system(Span::seconds(5));
    let found = resolver.resolve(&"localhost".parse().unwrap(), 443).await.unwrap();
    assert!(found.addresses.iter().all(|address| address.ip().is_loopback()));
}

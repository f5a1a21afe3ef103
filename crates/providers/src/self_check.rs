//! Looks at `http-01` answers as a CA would, before the CA is asked: failed authorizations are counted by it.

use std::net::SocketAddr;

use futures_util::StreamExt;
use futures_util::stream;
use notafter_acme::challenge::Challenge;
use notafter_cert::{Identifier, Span};
use notafter_net::dns::{Override, Resolver};
use notafter_net::http::{Client, HttpError, Options, Request};
use notafter_net::limits::AddressPolicy;
use notafter_tls::observation::FailureKind;

/// So many names are looked at side by side.
const AT_ONCE: usize = 16;

/// Redirects that are followed; Let's Encrypt follows ten.
const REDIRECTS: u8 = 10;

/// Pauses before another look: a web server takes its new configuration in its own time.
const PAUSES: [Span; 4] = [Span::millis(200), Span::millis(400), Span::millis(800), Span::millis(1600)];

/// From where and how answers are looked at.
#[derive(Clone)]
pub struct Wire {
    /// Finds addresses.
    pub resolver: Resolver,
    /// Where we may go.
    pub policy: AddressPolicy,
    /// Where a CA asks: 80, but in tests.
    pub port: u16,
}

/// An identifier whose answer a CA would not see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// Which.
    pub identifier: Identifier,
    /// What a CA would meet, address by address.
    pub why: String,
}

/// The identifiers whose answers are not to be seen at every address, in the order of the challenges.
///
/// An address that this machine has no route to says nothing (law 6), and is passed over.
pub async fn unseen(wire: &Wire, challenges: &[Challenge]) -> Vec<Unseen> {
    let mut left = look(wire, challenges.iter()).await;
    for pause in PAUSES {
        if left.is_empty() {
            break;
        }
        // Another program's time passes, not ours: this is not the staged clock's business.
        tokio::time::sleep(pause.to_std()).await;
        let still: Vec<Identifier> = left.into_iter().map(|unseen| unseen.identifier).collect();
        let again = challenges.iter().filter(|challenge| still.contains(&challenge.identifier));
        left = look(wire, again).await;
    }
    left
}

async fn look<'a>(wire: &Wire, challenges: impl Iterator<Item = &'a Challenge>) -> Vec<Unseen> {
    let looks = challenges.map(|challenge| async move {
        let why = faults(wire, challenge).await?;
        Some(Unseen { identifier: challenge.identifier.clone(), why })
    });
    let looks: Vec<_> = looks.collect();
    stream::iter(looks).buffered(AT_ONCE).filter_map(|unseen| async { unseen }).collect().await
}

/// What is wrong at the addresses of one identifier, if anything is.
async fn faults(wire: &Wire, challenge: &Challenge) -> Option<String> {
    let addresses = match wire.resolver.resolve(&challenge.identifier, wire.port).await {
        Ok(resolution) => resolution.addresses,
        Err(error) => return Some(error.to_string()),
    };
    if addresses.is_empty() {
        return Some(format!("{} has no address", challenge.identifier));
    }
    let mut faults = Vec::new();
    for address in addresses {
        if let Some(fault) = fault_at(wire, challenge, address).await {
            faults.push(format!("{address}: {fault}"));
        }
    }
    (!faults.is_empty()).then(|| faults.join("; "))
}

async fn fault_at(wire: &Wire, challenge: &Challenge, address: SocketAddr) -> Option<String> {
    let here = Override::new(challenge.identifier.clone(), wire.port, vec![address.ip()]);
    let client = Client::new(Options {
        connect_within: Span::seconds(5),
        within: Span::seconds(10),
        body_limit: 4 * 1024,
        ..Options::new(wire.resolver.clone().with_overrides(vec![here]), wire.policy, None)
    });
    let url = url(challenge, wire.port);
    match client.send(Request::get(&url).follow(REDIRECTS)).await {
        Ok(response) if response.status != 200 => {
            Some(format!("{} answers {}", response.url, response.status))
        }
        // RFC 8555 section 8.3: white space after the key authorization is ignored.
        Ok(response) if response.body.trim_ascii_end() == challenge.key_authorization.as_bytes() => None,
        Ok(response) => Some(format!("{} answers with something else", response.url)),
        Err(HttpError::Connect { source, .. }) if source.failure().kind == FailureKind::NoRoute => None,
        Err(error) => Some(in_full(&error)),
    }
}

fn url(challenge: &Challenge, port: u16) -> String {
    let host = match &challenge.identifier {
        Identifier::Ip(std::net::IpAddr::V6(address)) => format!("[{address}]"),
        other => other.to_string(),
    };
    let port = if port == 80 { String::new() } else { format!(":{port}") };
    format!("http://{host}{port}{}", challenge.http01_path())
}

/// The error and its causes in one line.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

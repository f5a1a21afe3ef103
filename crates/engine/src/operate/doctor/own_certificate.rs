//! Our own certificate: what the TLS listener should serve, compared with what it serves on the wire (law 4).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use notafter_cert::{Certificate, Fingerprint};
use notafter_inventory::model::Severity;
use notafter_tls::Target;
use notafter_tls::observation::Outcome;

use super::Row;
use crate::context::Context;
use crate::own_certificate::{self, Expected};

const NAME: &str = "own certificate";

/// Nothing where this process serves no TLS: that none runs is told elsewhere.
pub(super) async fn examine(context: &Context) -> Vec<Row> {
    match context.tls_address() {
        Some(address) => vec![row(context, here(address)).await],
        None => Vec::new(),
    }
}

async fn row(context: &Context, address: SocketAddr) -> Row {
    let expected = match own_certificate::expected(context).await {
        Ok(Some(expected)) => expected,
        Ok(None) => return Row::ok(NAME, "none is wanted"),
        Err(fault) => return Row::fault(NAME, Severity::Critical, fault),
    };
    let target: Result<Target, _> = address.to_string().parse();
    let Ok(target) = target else {
        return Row::bad(NAME, Severity::Unknown, format!("{address} is no target"), "report this");
    };
    match context.eye.look(&target, address).await.outcome {
        Outcome::Served(served) => {
            let leaf = served.chain.first().and_then(|der| Certificate::parse(der).ok());
            judged(context, &expected, address, leaf.map(|leaf| leaf.fingerprint()))
        }
        Outcome::Failed(failure) => Row::bad(
            NAME,
            Severity::Critical,
            format!("{address} shows no certificate: {}", failure.detail),
            "look into the server's log",
        ),
    }
}

fn judged(context: &Context, expected: &Expected, address: SocketAddr, seen: Option<Fingerprint>) -> Row {
    let Expected { what, fingerprint, until } = expected;
    if seen != Some(*fingerprint) {
        let seen = seen.map_or_else(|| "something unreadable".to_owned(), |seen| seen.to_string());
        let text = format!("{address} serves {seen}, and not {fingerprint} of {what}");
        return Row::bad(
            NAME,
            Severity::Critical,
            text,
            "look into the server's log; begin it anew: it loads it at its start",
        );
    }
    if *until < context.clock.now() {
        let text = format!("{address} serves {what}, which ended {}", until.for_people());
        let hint = format!("{}; come in through 127.0.0.1 until then", own_certificate::renewed_by(context));
        return Row::bad(NAME, Severity::Critical, text, hint);
    }
    Row::ok(NAME, format!("{what} is seen at {address}, until {}", until.for_people()))
}

/// A listener on every address is reached on this machine's own.
fn here(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, address.port())
}

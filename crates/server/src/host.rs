//! Whether a request means this server, by the name that it was sent to.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use notafter_engine::context::Context;
use notafter_engine::operate::Fault;

/// Whoever asks on loopback knows the address or says `localhost`. A page that a browser on this machine shows may let its
/// own name lead here (DNS rebinding), and would read what is told: the browser sends that name.
/// The name in the setting `base_url` is ours too: a proxy may send it on.
pub(crate) async fn by_its_own_name(
    State(context): State<Arc<Context>>,
    request: Request,
    next: Next,
) -> Response {
    let host = request.headers().get(header::HOST).map(|value| value.to_str().unwrap_or_default());
    let ours = |host: &str| is_of_this_machine(host) || is_of_site(host, &context.site());
    match host.filter(|host| !ours(host)) {
        None => next.run(request).await,
        Some(host) => {
            let fault = Fault::new(
                "access.other-name",
                format!("{host:?} is not a name of this listener, which is for this machine alone"),
                "ask for localhost or the address; let a proxy send that as Host",
            );
            let told = format!("{}\nhint: {}\n", fault.what, fault.hint);
            let mut response = (StatusCode::MISDIRECTED_REQUEST, told).into_response();
            response.extensions_mut().insert(fault);
            response
        }
    }
}

/// The host of the setting `base_url`, with or without a port.
fn is_of_site(host: &str, site: &str) -> bool {
    let url = url::Url::parse(site).ok();
    let name = url.as_ref().and_then(url::Url::host_str);
    name.is_some_and(|name| host.split(':').next().is_some_and(|host| host.eq_ignore_ascii_case(name)))
}

/// An address, or a name that leads to this machine for everybody (RFC 6761 section 6.3).
pub(crate) fn is_of_this_machine(host: &str) -> bool {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let name = host.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(host, |(name, _)| name);
    let literal = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    literal.parse::<IpAddr>().is_ok() || name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_are_told_from_others() {
        for host in [
            "127.0.0.1:8400",
            "127.0.0.1",
            "[::1]:8400",
            "[::1]",
            "localhost:8400",
            "LocalHost.",
            "a.localhost",
        ] {
            assert!(is_of_this_machine(host), "{host}");
        }
        for host in
            ["shop.example", "shop.example:8400", "127.0.0.1.shop.example:8400", "localhost.shop.example", ""]
        {
            assert!(!is_of_this_machine(host), "{host}");
        }
    }
}

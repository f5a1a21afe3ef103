//! What is different where a request came over TLS.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{HOST, STRICT_TRANSPORT_SECURITY};
use http::{Extensions, HeaderValue};
use notafter_cert::Identifier;
use notafter_engine::context::Context;
use notafter_keys::serving::Slot;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::version::{TLS12, TLS13};
use tokio_rustls::TlsAcceptor;

/// The name of HTTP/2 in ALPN (RFC 9113 section 3.2).
pub(crate) const HTTP_2: &[u8] = b"h2";
const HTTP_1: &[u8] = b"http/1.1";

/// A request that came over our own TLS carries this.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Secure;

impl Secure {
    /// Whether this request does.
    pub(crate) fn is(extensions: &Extensions) -> bool {
        extensions.get::<Self>().is_some()
    }
}

/// TLS 1.2 and 1.3 with what the slot presents, HTTP/2 before HTTP/1.1; no early data.
///
/// # Errors
/// The TLS library refuses its own versions.
pub(crate) fn acceptor(slot: &Slot) -> Result<TlsAcceptor, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(slot.clone()));
    config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1.to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// HTTP/2 names the host in `:authority` (RFC 9113 section 8.3.1): whoever looks at `Host` sees it there, and no other one
/// beside it.
pub(crate) async fn host(mut request: Request, next: Next) -> Response {
    if let Some(authority) = request.uri().authority() {
        let host = HeaderValue::from_str(authority.as_str());
        request.headers_mut().remove(HOST);
        if let Ok(host) = host {
            request.headers_mut().insert(HOST, host);
        }
    }
    next.run(request).await
}

/// Tells browsers that they come over TLS alone from now on (RFC 6797), where `base_url` is https at the usual port, and under
/// that name. It binds the name at every port, so that a name whose port 443 is somebody else's must not have it; and nobody
/// can get past a warning any more, so that it is never said beside a stand-in.
pub(crate) async fn only(State(context): State<Arc<Context>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let is_trusted = context.own.slot().presented().is_some_and(|pair| !pair.is_stand_in());
    let is_bound = Secure::is(request.extensions()) && is_trusted && is_binding(&context.site(), host);
    let mut response = next.run(request).await;
    if is_bound {
        response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(THIRTY_DAYS));
    }
    response
}

/// Each visit begins them anew.
const THIRTY_DAYS: &str = "max-age=2592000";

fn is_binding(site: &str, host: &str) -> bool {
    let Ok(site) = url::Url::parse(site) else { return false };
    let is_name = site.host_str().is_some_and(|name| {
        let is_local = name == "localhost" || name.ends_with(".localhost");
        matches!(name.parse(), Ok(Identifier::Dns(_))) && !is_local && name.eq_ignore_ascii_case(host)
    });
    site.scheme() == "https" && site.port().is_none() && is_name
}

#[cfg(test)]
pub(crate) mod tests {
    use std::net::SocketAddr;

    use notafter_cert::Time;
    use notafter_keys::serving::Pair;
    use rustls::pki_types::{CertificateDer, ServerName};
    use rustls::{ClientConfig, RootCertStore};
    use tokio::net::TcpStream;
    use tokio_rustls::TlsConnector;
    use tokio_rustls::client::TlsStream;

    use super::*;

    /// Valid for as long as anybody tests.
    pub(crate) fn pair() -> Pair {
        let to = Time::from_unix_seconds(4_102_444_800);
        Pair::stand_in(&["localhost".parse().unwrap()], Time::from_unix_seconds(1), to).unwrap()
    }

    /// A client that trusts what the slot presents.
    pub(crate) async fn connect(address: SocketAddr, slot: &Slot, alpn: &[u8]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(slot.presented().unwrap().leaf().der().to_vec())).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&TLS13])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![alpn.to_vec()];
        let stream = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
    }

    #[test]
    fn browsers_are_bound_to_a_name_at_the_usual_port_alone() {
        assert!(is_binding("https://na.example", "na.example"));
        for (site, host) in [
            ("https://na.example:8443", "na.example:8443"),
            ("http://na.example", "na.example"),
            ("https://na.example", "127.0.0.1:8443"),
            ("https://na.example", "other.example"),
            ("https://192.0.2.1", "192.0.2.1"),
            ("https://localhost", "localhost"),
        ] {
            assert!(!is_binding(site, host), "{site} {host}");
        }
    }
}

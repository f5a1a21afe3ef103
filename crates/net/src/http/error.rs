//! Why a request got no answer.

use std::error::Error;
use std::io;
use std::net::SocketAddr;

use notafter_cert::{Retry, Span, Trouble};
use notafter_tls::ResolveError;
use rustls::CertificateError;

use crate::dial::DialError;
use crate::limits::Forbidden;

/// Why a request got no answer. An answer with any status is not an error.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The URL is not one that can be asked.
    #[error("{url} cannot be asked: {why}")]
    Url {
        /// Its scheme, host and port: the rest may be a secret.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The host has no address.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The address is one that we do not go to.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// None of the host's addresses could be connected to; the last one's failure.
    #[error("no connection to {host} at {address}")]
    Connect {
        /// The host in the URL.
        host: String,
        /// The address tried last.
        address: SocketAddr,
        /// What happened there.
        source: DialError,
    },
    /// The connection could not be secured, or the peer's certificate is not trusted.
    #[error("no trusted TLS connection to {host}: {why}")]
    Tls {
        /// The host in the URL, with its port where that is not 443.
        host: String,
        /// What went wrong.
        why: String,
    },
    /// The whole exchange took too long.
    #[error("{host} did not answer within {within}")]
    Timeout {
        /// The host in the URL.
        host: String,
        /// The limit.
        within: Span,
    },
    /// The body is larger than we are willing to take.
    #[error("{host} sent more than {limit} bytes")]
    TooLarge {
        /// The host in the URL.
        host: String,
        /// The limit.
        limit: usize,
    },
    /// The peer broke off, or does not speak HTTP. The request may have taken effect.
    #[error("{host} {how}")]
    Broken {
        /// The host in the URL.
        host: String,
        /// In which way.
        how: Break,
    },
    /// Too many redirects, or one that leads nowhere.
    #[error("redirected too often or to nowhere, last by {url}")]
    Redirects {
        /// Scheme, host and port of the last URL that redirected.
        url: String,
    },
}

/// How a peer left an exchange.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// It ended the connection.
    #[error("closed the connection without a whole answer")]
    Closed,
    /// It broke the connection.
    #[error("reset the connection before its answer was whole")]
    Reset,
    /// It said something else.
    #[error("answered something that is not HTTP: {0}")]
    NotHttp(String),
    /// Another reason.
    #[error("broke off: {0}")]
    Other(String),
}

impl Break {
    /// In words of ours: those of the libraries are meant for their users.
    pub(super) fn of(error: &hyper::Error) -> Self {
        let (mut source, mut innermost) = (error.source(), None);
        while let Some(deeper) = source {
            innermost = Some(deeper);
            match deeper.downcast_ref::<io::Error>().map(io::Error::kind) {
                Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe) => return Self::Closed,
                Some(io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted) => {
                    return Self::Reset;
                }
                _ => source = deeper.source(),
            }
        }
        if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
            return Self::Closed;
        }
        if error.is_parse() {
            return Self::NotHttp(error.to_string());
        }
        Self::Other(match innermost {
            Some(why) => format!("{error}: {}", words(why)),
            None => error.to_string(),
        })
    }
}

fn words(why: &(dyn Error + 'static)) -> String {
    why.downcast_ref::<io::Error>().map_or_else(|| why.to_string(), tls_words)
}

/// The one reason of a failed handshake that other trust anchors would mend.
pub const NO_ANCHOR: &str = "its certificate does not lead to a trust anchor";

/// What went wrong with TLS, in words of ours where the usual reasons have some.
pub(super) fn tls_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => return "it closed the connection during the handshake".to_owned(),
        io::ErrorKind::ConnectionReset => return "it reset the connection during the handshake".to_owned(),
        _ => {}
    }
    let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
        return error.to_string();
    };
    match error {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => NO_ANCHOR.to_owned(),
        rustls::Error::InvalidCertificate(CertificateError::Other(other)) => {
            match other.0.downcast_ref::<webpki::Error>() {
                Some(webpki::Error::CaUsedAsEndEntity) => {
                    "its certificate is a CA's, not a server's".to_owned()
                }
                // The library's word for it is a name, not a sentence.
                _ => format!("its certificate cannot be a server's ({})", other.0),
            }
        }
        rustls::Error::InvalidMessage(_) => "it does not speak TLS on this port".to_owned(),
        other => other.to_string(),
    }
}

/// What kind of failure it was, for those who decide by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HttpFailure {
    /// The request itself is wrong.
    Request,
    /// No address.
    Dns,
    /// No connection.
    Connect,
    /// No trusted TLS.
    Tls,
    /// Too slow.
    Timeout,
    /// Too much.
    TooLarge,
    /// Not allowed to go there.
    Forbidden,
    /// Broken off, or not HTTP.
    Broken,
}

impl HttpError {
    /// The kind of failure.
    #[must_use]
    pub const fn class(&self) -> HttpFailure {
        match self {
            Self::Url { .. } | Self::Redirects { .. } => HttpFailure::Request,
            Self::Resolve(_) => HttpFailure::Dns,
            Self::Forbidden(_) => HttpFailure::Forbidden,
            Self::Connect { .. } => HttpFailure::Connect,
            Self::Tls { .. } => HttpFailure::Tls,
            Self::Timeout { .. } => HttpFailure::Timeout,
            Self::TooLarge { .. } => HttpFailure::TooLarge,
            Self::Broken { .. } => HttpFailure::Broken,
        }
    }

    /// Whether the request may have reached the peer and taken effect there.
    #[must_use]
    pub const fn may_have_taken_effect(&self) -> bool {
        matches!(self.class(), HttpFailure::Timeout | HttpFailure::Broken | HttpFailure::TooLarge)
    }
}

impl Trouble for HttpError {
    fn code(&self) -> &'static str {
        match self.class() {
            HttpFailure::Request => "http.bad-request",
            HttpFailure::Dns => "http.dns",
            HttpFailure::Connect => "http.connect",
            HttpFailure::Tls => "http.tls",
            HttpFailure::Timeout => "http.timeout",
            HttpFailure::TooLarge => "http.too-large",
            HttpFailure::Forbidden => "http.forbidden",
            HttpFailure::Broken => "http.broken",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Url { .. } => "write http://host/path or https://host/path".to_owned(),
            Self::Resolve(error) => error.remedy(),
            Self::Forbidden(_) => "only an administrator's inventory may name private addresses".to_owned(),
            Self::Connect { host, .. } => format!("check that {host} is up and that a firewall lets us out"),
            Self::Tls { host, .. } => format!(
                "look at it with `notafter check {host}`; a private CA needs its root among the trust anchors"
            ),
            Self::Timeout { host, .. } => format!("check {host} and the way to it"),
            Self::TooLarge { host, .. } => format!("check that {host} is what it should be"),
            Self::Broken { host, .. } => {
                format!("look into the log of {host}; check that it speaks HTTP/1.1 on this port")
            }
            Self::Redirects { url } => format!("check where {url} leads"),
        }
    }

    fn retry(&self) -> Retry {
        match self.class() {
            HttpFailure::Request | HttpFailure::Forbidden | HttpFailure::TooLarge => Retry::Never,
            _ => Retry::Later,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::OtherError;

    use super::*;

    /// It was shown as the library prints it: `Other(OtherError(CaUsedAsEndEntity))`.
    #[test]
    fn a_ca_certificate_in_a_servers_place_is_told_in_words() {
        let other = CertificateError::Other(OtherError(Arc::new(webpki::Error::CaUsedAsEndEntity)));
        let error = io::Error::new(io::ErrorKind::InvalidData, rustls::Error::InvalidCertificate(other));
        assert_eq!(tls_words(&error), "its certificate is a CA's, not a server's");
    }
}

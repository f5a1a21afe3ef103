//! Why a request got no answer.

use std::net::SocketAddr;

use notafter_cert::{Retry, Span, Trouble};
use notafter_tls::ResolveError;

use crate::dial::DialError;
use crate::limits::Forbidden;

/// Why a request got no answer. An answer with any status is not an error.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The URL is not one that can be asked.
    #[error("{url:?} cannot be asked: {why}")]
    Url {
        /// The URL.
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
    #[error("no trusted TLS connection to {host}")]
    Tls {
        /// The host in the URL.
        host: String,
        /// What rustls says.
        source: std::io::Error,
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
    #[error("{host} broke off or does not speak HTTP")]
    Broken {
        /// The host in the URL.
        host: String,
        /// What hyper says.
        source: hyper::Error,
    },
    /// Too many redirects, or one that leads nowhere.
    #[error("redirected too often or to nowhere, last by {url}")]
    Redirects {
        /// The last URL that redirected.
        url: String,
    },
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
            Self::Resolve(error) => error.hint(),
            Self::Forbidden(_) => "only an administrator's inventory may name private addresses".to_owned(),
            Self::Connect { host, .. } => format!("check that {host} is up and that a firewall lets us out"),
            Self::Tls { host, .. } => format!(
                "look at it with `notafter check {host}`; a private CA needs its root among the trust anchors"
            ),
            Self::Timeout { host, .. } => format!("check {host} and the way to it"),
            Self::TooLarge { host, .. } => format!("check that {host} is what it should be"),
            Self::Broken { host, .. } => format!("check that {host} speaks HTTP/1.1 on this port"),
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

//! TCP connections, with failures told by what they allow to conclude.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use notafter_cert::Span;
use notafter_tls::observation::{Failure, FailureKind};
use tokio::net::TcpStream;

use crate::limits::Forbidden;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// Nobody listens at this address and port.
    #[error("connection refused")]
    Refused,
    /// The connection was reset while it was made.
    #[error("connection reset")]
    Reset,
    /// Nothing came back.
    #[error("no answer within {0}")]
    Timeout(Span),
    /// This machine has no route to the address: says nothing about the peer.
    #[error("this machine has no route to {0}")]
    NoRoute(SocketAddr),
    /// A router, a firewall or the neighbourhood said that the address cannot be reached.
    #[error("{0} on the way to the peer")]
    Unreachable(io::Error),
    /// Our own policy.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// This machine is out of something (descriptors, ports, memory): says nothing about the peer.
    #[error("this machine cannot connect: {0}")]
    Local(io::Error),
}

impl DialError {
    /// The failure to record in an observation. Our own shortage is told as a timeout: unknown, never a fact about
    /// the peer.
    #[must_use]
    pub fn failure(&self) -> Failure {
        let kind = match self {
            Self::Refused => FailureKind::Refused,
            Self::Reset => FailureKind::Reset,
            Self::Timeout(_) | Self::Local(_) => FailureKind::Timeout,
            Self::NoRoute(_) => FailureKind::NoRoute,
            Self::Unreachable(_) => FailureKind::Unreachable,
            Self::Forbidden(_) => FailureKind::Forbidden,
        };
        Failure { kind, detail: self.to_string(), alert: None }
    }
}

/// Connects, giving up after `within`.
///
/// # Errors
/// [`DialError`] tells refused, reset, silent, no route here, and unreachable apart.
pub async fn connect(address: SocketAddr, within: Span) -> Result<TcpStream, DialError> {
    match tokio::time::timeout(within.to_std(), TcpStream::connect(address)).await {
        Err(_) => Err(DialError::Timeout(within)),
        Ok(Err(error)) => Err(explain(address, error)),
        Ok(Ok(stream)) => {
            // Small messages in both directions: never wait for more to send. Failing to set it costs only time.
            drop(stream.set_nodelay(true));
            Ok(stream)
        }
    }
}

fn explain(address: SocketAddr, error: io::Error) -> DialError {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => DialError::Refused,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => DialError::Reset,
        io::ErrorKind::TimedOut => DialError::Unreachable(error),
        io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::AddrNotAvailable
        | io::ErrorKind::PermissionDenied
        | io::ErrorKind::Unsupported => {
            if lacks_route(address) {
                DialError::NoRoute(address)
            } else {
                DialError::Unreachable(error)
            }
        }
        // EAFNOSUPPORT has no kind of its own: a kernel without this family.
        _ if lacks_route(address) => DialError::NoRoute(address),
        _ => DialError::Local(error),
    }
}

/// Whether this machine's own routing table does not lead to the address: connecting a datagram socket asks it, and sends
/// nothing. Where there is no socket to ask with, as without descriptors, nothing is known of routes.
fn lacks_route(address: SocketAddr) -> bool {
    let any: SocketAddr = match address {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let asked = UdpSocket::bind(any).and_then(|socket| socket.connect(address));
    asked.is_err_and(|error| !is_shortage(&error))
}

/// Of descriptors, of this process or the system, or of memory.
fn is_shortage(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let shortages = [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::NOBUFS];
    error.raw_os_error().is_some_and(|code| shortages.iter().any(|errno| errno.raw_os_error() == code))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    const LIMIT: Span = Span::seconds(20);

    #[tokio::test]
    async fn a_closed_port_is_refused_and_an_open_one_connects() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        connect(address, LIMIT).await.unwrap();
        drop(listener);
        let refused = connect(address, LIMIT).await.unwrap_err();
        assert!(matches!(refused, DialError::Refused), "{refused}");
        assert_eq!(refused.failure().kind, FailureKind::Refused);
    }

    #[tokio::test]
    async fn a_peer_whose_queue_is_full_is_a_timeout() {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut held = Vec::new();
        let error = loop {
            match connect(address, Span::millis(150)).await {
                Ok(stream) => held.push(stream),
                Err(error) => break error,
            }
            assert!(held.len() < 64, "the queue never fills");
        };
        assert!(matches!(error, DialError::Timeout(_)), "{error}");
        assert_eq!(error.to_string(), "no answer within 150 ms");
    }

    #[test]
    fn what_only_this_machine_lacks_is_never_a_fact_about_the_peer() {
        let here: SocketAddr = "127.0.0.1:9".parse().unwrap();
        let shortage = explain(here, io::Error::from_raw_os_error(24));
        assert!(matches!(shortage, DialError::Local(_)), "{shortage}");
        assert_eq!(shortage.failure().kind, FailureKind::Timeout);
        // Out of descriptors, there was no socket to ask for the route either, and it was said to be missing.
        assert!([23, 24, 12, 105].map(io::Error::from_raw_os_error).iter().all(is_shortage));
        let filtered = explain(here, io::ErrorKind::HostUnreachable.into());
        assert_eq!(filtered.failure().kind, FailureKind::Unreachable);
        // 240.0.0.0/4 (RFC 1112 section 4) is refused by the kernel's own routing or has a default route.
        let nowhere: SocketAddr = "[100::1]:9".parse().unwrap();
        let expected = if lacks_route(nowhere) { FailureKind::NoRoute } else { FailureKind::Unreachable };
        assert_eq!(explain(nowhere, io::ErrorKind::NetworkUnreachable.into()).failure().kind, expected);
    }
}

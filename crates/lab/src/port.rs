//! Ports for programs that cannot be told "any": chosen before they start, and theirs until the process that chose ends.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::sync::{Mutex, PoisonError};

/// Below what Linux gives to whoever asks for any port (`ip_local_port_range`), so that no connection takes one by chance.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;
/// Neighbours in the order of process ids begin far from one another.
const STRIDE: u32 = 97;

/// What this process holds: a name in the abstract namespace per port, which goes with the process and leaves no file.
static HELD: Mutex<Vec<UnixListener>> = Mutex::new(Vec::new());

/// A port that is free on every address, for TCP and UDP, and that no other caller on this machine is given until this
/// process ends.
///
/// # Errors
/// None of the range is free.
pub fn free() -> io::Result<u16> {
    let begin = std::process::id().wrapping_mul(STRIDE);
    (0..u32::from(COUNT))
        .map(|step| begin.wrapping_add(step) % u32::from(COUNT))
        .filter_map(|offset| u16::try_from(offset).ok())
        .map(|offset| FIRST + offset)
        .find(|port| hold(*port))
        .ok_or_else(|| io::Error::new(io::ErrorKind::AddrInUse, "no port is free from 20000 to 31999"))
}

fn hold(port: u16) -> bool {
    let name = SocketAddr::from_abstract_name(format!("notafter-port-{port}"));
    let Ok(held) = name.and_then(|name| UnixListener::bind_addr(&name)) else { return false };
    HELD.lock().unwrap_or_else(PoisonError::into_inner).push(held);
    // A machine without IPv6 cannot bind its addresses, and nobody can take the port there.
    let v6 = TcpListener::bind((Ipv6Addr::UNSPECIFIED, port));
    let taken = v6.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse);
    drop(v6);
    !taken
        && TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok()
        && UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_given_a_port_that_another_was_given_or_that_is_bound() {
        let first = free().unwrap();
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).unwrap();
        let later: Vec<u16> = (0..50).map(|_| free().unwrap()).collect();
        assert!(!later.contains(&first));
        let distinct: std::collections::BTreeSet<&u16> = later.iter().collect();
        assert_eq!(distinct.len(), later.len());
        assert!(!hold(first), "not while this process lives");
        drop(bound);
    }
}

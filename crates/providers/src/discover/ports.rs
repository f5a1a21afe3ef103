//! Who listens: the kernel's own tables (proc_pid_net(5), proc_pid_fd(5)).

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use notafter_inventory::adopt::fact::{Listener, Process, Survey};

use super::machine::Machine;
use super::{Discoverer, Meta, note, seen};

/// Listening TCP ports.
pub(super) struct Ports;

/// The state LISTEN in `/proc/net/tcp` (include/net/tcp_states.h).
const LISTEN: &str = "0A";

impl Discoverer for Ports {
    fn meta(&self) -> Meta {
        Meta {
            name: "ports",
            title: "listening TCP ports and the programs behind them",
            reads: &["/proc/net/tcp", "/proc/net/tcp6", "/proc/*/fd", "/proc/*/comm"],
        }
    }

    fn discover(&self, machine: &Machine, survey: &mut Survey) {
        let mut sockets = Vec::new();
        for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
            match machine.read_kernel(table) {
                Ok(text) => sockets.extend(listening(&String::from_utf8_lossy(&text))),
                // A kernel without IPv6 has no second table.
                Err(super::Blind::Missing) if table.ends_with('6') => {}
                Err(blind) => note(survey, "listening ports", format!("{table}: {blind}")),
            }
        }
        if sockets.is_empty() {
            return;
        }
        let holders = holders(machine, survey);
        let mut nameless = 0;
        for (address, inode) in sockets {
            let process = holders.get(&inode).cloned();
            nameless += usize::from(process.is_none());
            survey.listeners.push(Listener { address, process });
        }
        survey.listeners.sort_by_key(|listener| (listener.address.port(), listener.address.ip()));
        if nameless > 0 {
            note(
                survey,
                "programs behind listening ports",
                not_visible(nameless, rustix::process::geteuid().is_root()),
            );
        }
    }
}

/// Root sees the programs of every user; of other containers nobody here sees one.
fn not_visible(nameless: usize, is_root: bool) -> String {
    let whose = match is_root {
        true => "another container, or to the kernel",
        false => "another user (run as root) or another container",
    };
    format!("{nameless} not visible: they belong to {whose}")
}

fn listening(table: &str) -> Vec<(SocketAddr, u64)> {
    table.lines().skip(1).filter_map(line).collect()
}

fn line(text: &str) -> Option<(SocketAddr, u64)> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    if *fields.get(3)? != LISTEN {
        return None;
    }
    Some((address(fields.get(1)?)?, fields.get(9)?.parse().ok()?))
}

/// `0100007F:0050`: each 32-bit word as this machine stores it, the port as a number.
fn address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| u32::from_str_radix(host.get(at..at + 8)?, 16).ok().map(u32::to_ne_bytes);
    let host = match host.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let mut bytes = [0; 16];
            for (part, at) in bytes.chunks_exact_mut(4).zip([0, 8, 16, 24]) {
                part.copy_from_slice(&word(at)?);
            }
            let v6 = Ipv6Addr::from(bytes);
            v6.to_ipv4_mapped().map_or(IpAddr::V6(v6), IpAddr::V4)
        }
        _ => return None,
    };
    Some(SocketAddr::new(host, port))
}

/// Processes by the inode of the sockets that they hold.
fn holders(machine: &Machine, survey: &mut Survey) -> BTreeMap<u64, Process> {
    let mut holders = BTreeMap::new();
    let processes = machine.list("/proc");
    for entry in seen(survey, "/proc", processes).unwrap_or_default() {
        let Ok(pid) = entry.name.parse::<u32>() else { continue };
        // Another user's process: told in one note, by the listeners that stay nameless.
        let Ok(files) = machine.list(&format!("{}/fd", entry.path)) else { continue };
        let inodes = files.iter().filter_map(|file| socket(&machine.link(&file.path)?)).collect::<Vec<_>>();
        if inodes.is_empty() {
            continue;
        }
        let name = machine.read_kernel(&format!("{}/comm", entry.path)).unwrap_or_default();
        let process = Process { pid, name: String::from_utf8_lossy(&name).trim().to_owned() };
        for inode in inodes {
            holders.entry(inode).or_insert_with(|| process.clone());
        }
    }
    holders
}

/// `socket:[12345]`
fn socket(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_tables_are_read() {
        let table = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1082 1 0 100 0 0 10 0
   1: 0100007F:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1 0 100 0 0 10 0
   2: 0100007F:0019 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 78 1 0 100 0 0 10 0
";
        let found = listening(table);
        assert_eq!(found, [("0.0.0.0:443".parse().unwrap(), 1082), ("127.0.0.1:25".parse().unwrap(), 77)]);
        let v6 = "h\n 0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A \
                  00000000:00000000 00:00000000 00000000 0 0 5 1 0 100 0 0 10 0";
        assert_eq!(listening(v6), [("[::1]:8080".parse().unwrap(), 5)]);
        assert!(listening("h\n garbage\n 0: x:y z 0A\n").is_empty());
    }

    #[test]
    fn this_very_process_is_found_by_its_socket() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut survey = Survey::default();
        Ports.discover(&Machine::new(std::path::Path::new("/"), vec![]), &mut survey);
        let address = listener.local_addr().unwrap();
        let found = survey.listeners.iter().find(|found| found.address == address).unwrap();
        assert_eq!(found.process.as_ref().unwrap().pid, std::process::id());
    }

    /// Root was told to run it as root.
    #[test]
    fn root_is_not_told_to_become_root() {
        assert_eq!(not_visible(2, true), "2 not visible: they belong to another container, or to the kernel");
        assert!(not_visible(2, false).contains("run as root"));
    }
}

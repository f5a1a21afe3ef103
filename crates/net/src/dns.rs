//! Names to addresses: each family asked on its own, so that half an answer is known to be half.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::{Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, RecordType};
use hickory_resolver::{Hosts, TokioResolver};
use notafter_cert::{Identifier, Span};
use notafter_tls::{Family, FamilyFailure, Resolution, ResolveError, ResolveFailure};

/// Asks the system's name servers, after overrides and the hosts file. Cheap to clone; clones share the cache.
#[derive(Clone)]
pub struct Resolver(Arc<Inner>);

struct Inner {
    overrides: Vec<Override>,
    within: Span,
    source: Source,
    /// While it is set, no name is resolved.
    silent: Option<Arc<AtomicBool>>,
}

enum Source {
    /// `/etc/resolv.conf` and `/etc/hosts`, read again when they change.
    System(Mutex<Option<Loaded>>),
    /// These servers and nothing else.
    Servers(TokioResolver),
}

/// What the system's files said when they were last read.
#[derive(Clone)]
struct Loaded {
    stamps: Stamps,
    hosts: Arc<Hosts>,
    servers: Result<TokioResolver, String>,
}

type Stamps = [Option<SystemTime>; 2];

/// No answer is believed for longer, and no failure either: a deployment is proved at the addresses of now.
const LONGEST_MEMORY: Duration = Duration::from_secs(60);
const LONGEST_FAILURE_MEMORY: Duration = Duration::from_secs(5);

/// Names asked for at once over one connection to a name server.
const QUESTIONS_AT_ONCE: usize = 1024;

impl Resolver {
    /// The system's configuration. Each family gets an answer or a failure `within` this time.
    #[must_use]
    pub fn system(within: Span) -> Self {
        Self::new(Source::System(Mutex::new(None)), within)
    }

    /// These name servers (UDP, then TCP), without the system's hosts file and search list.
    ///
    /// # Errors
    /// The resolver's words when it cannot be set up.
    pub fn from_servers(servers: &[SocketAddr], within: Span) -> Result<Self, NetError> {
        let servers = servers
            .iter()
            .map(|server| {
                let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
                    connection.port = server.port();
                    connection
                });
                NameServerConfig::new(server.ip(), true, connections.to_vec())
            })
            .collect();
        let config = ResolverConfig::from_parts(None, Vec::new(), servers);
        Ok(Self::new(Source::Servers(build(config, ResolverOpts::default())?), within))
    }

    fn new(source: Source, within: Span) -> Self {
        Self(Arc::new(Inner { overrides: Vec::new(), within, source, silent: None }))
    }

    /// The same, answering these hosts and ports without asking anybody. Nothing is shared with `self`.
    #[must_use]
    pub fn with_overrides(self, overrides: Vec<Override>) -> Self {
        let Inner { within, silent, .. } = &*self.0;
        let (within, silent) = (*within, silent.clone());
        Self(Arc::new(Inner { overrides, within, source: self.source(), silent }))
    }

    /// The same, finding nothing out about any name while the switch is set: for drills. Nothing is shared with `self`.
    #[must_use]
    pub fn silent_while(self, switch: Arc<AtomicBool>) -> Self {
        let (within, overrides) = (self.0.within, self.0.overrides.clone());
        Self(Arc::new(Inner { overrides, within, source: self.source(), silent: Some(switch) }))
    }

    /// Asks the same name servers, with a memory of its own.
    fn source(&self) -> Source {
        match &self.0.source {
            Source::System(_) => Source::System(Mutex::new(None)),
            Source::Servers(servers) => Source::Servers(servers.clone()),
        }
    }

    /// Every address of `host`. A literal is its own answer.
    ///
    /// # Errors
    /// [`ResolveError`] keeps each family's failure when there is no address at all.
    pub async fn resolve(&self, host: &Identifier, port: u16) -> Result<Resolution, ResolveError> {
        if let (Identifier::Dns(name), true) = (host, self.is_silent()) {
            return Err(failed(name, ResolveFailure::ServerFailure, "no name server answers"));
        }
        if let Some(found) = self.0.overrides.iter().find(|known| known.answers(host, port)) {
            return Ok(known(&found.addresses, port));
        }
        let name = match host {
            Identifier::Ip(address) => return Ok(known(&[*address], port)),
            Identifier::Dns(name) => name,
        };
        let (hosts, servers) = self.current();
        if let Some(addresses) = hosts.as_deref().and_then(|hosts| from_hosts(hosts, name)) {
            return Ok(known(&addresses, port));
        }
        let servers = servers.map_err(|why| failed(name, ResolveFailure::ServerFailure, &why))?;
        let within = self.0.within;
        let (v4, v6) = tokio::join!(
            ask(&servers, name, Family::IPv4, within),
            ask(&servers, name, Family::IPv6, within)
        );
        merge(name, port, [v4, v6])
    }

    fn is_silent(&self) -> bool {
        self.0.silent.as_ref().is_some_and(|switch| switch.load(Ordering::Relaxed))
    }

    fn current(&self) -> (Option<Arc<Hosts>>, Result<TokioResolver, String>) {
        let loaded = match &self.0.source {
            Source::Servers(servers) => return (None, Ok(servers.clone())),
            Source::System(loaded) => loaded,
        };
        let stamps = ["/etc/resolv.conf", "/etc/hosts"].map(changed_at);
        let mut loaded = loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = match loaded.take() {
            Some(same) if same.stamps == stamps => same,
            _ => Loaded::read(stamps),
        };
        let answer = (Some(fresh.hosts.clone()), fresh.servers.clone());
        *loaded = Some(fresh);
        answer
    }
}

fn changed_at(path: &str) -> Option<SystemTime> {
    Path::new(path).metadata().and_then(|metadata| metadata.modified()).ok()
}

impl Loaded {
    fn read(stamps: Stamps) -> Self {
        let servers = hickory_resolver::system_conf::read_system_conf()
            .and_then(|(config, options)| build(config, options))
            .map_err(|error| unusable(&error, std::fs::read_to_string("/etc/resolv.conf")));
        Self { stamps, hosts: Arc::new(Hosts::from_system().unwrap_or_default()), servers }
    }
}

/// Why no name server can be asked, with what the file says: the library tells one without servers by its words alone.
fn unusable(error: &NetError, file: io::Result<String>) -> String {
    match file {
        Ok(text) if !names_a_server(&text) => "/etc/resolv.conf names no name server".to_owned(),
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => {
            "no name server is known: there is no /etc/resolv.conf".to_owned()
        }
        _ => format!("/etc/resolv.conf cannot be used: {error}"),
    }
}

/// Whether resolv.conf(5) says whom to ask.
fn names_a_server(text: &str) -> bool {
    text.lines().any(|line| {
        let mut words = line.split_whitespace();
        words.next() == Some("nameserver") && words.next().is_some()
    })
}

fn build(config: ResolverConfig, mut options: ResolverOpts) -> Result<TokioResolver, NetError> {
    options.use_hosts_file = ResolveHosts::Never;
    options.positive_max_ttl = Some(LONGEST_MEMORY);
    options.negative_max_ttl = Some(LONGEST_FAILURE_MEMORY);
    options.max_active_requests = QUESTIONS_AT_ONCE;
    TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()).with_options(options).build()
}

/// Both families failed for one reason.
fn failed(name: &str, kind: ResolveFailure, detail: &str) -> ResolveError {
    let failures =
        [Family::IPv4, Family::IPv6].map(|family| FamilyFailure { family, kind, detail: detail.to_owned() });
    ResolveError { host: name.to_owned(), failures: failures.to_vec() }
}

fn known(addresses: &[IpAddr], port: u16) -> Resolution {
    Resolution::known(addresses.iter().map(|address| SocketAddr::new(*address, port)).collect())
}

/// What the hosts file says of this name; as with the C library, it then speaks for both families.
fn from_hosts(hosts: &Hosts, name: &str) -> Option<Vec<IpAddr>> {
    let name = Name::from_ascii(name).ok()?;
    let addresses: Vec<IpAddr> = [RecordType::A, RecordType::AAAA]
        .into_iter()
        .filter_map(|kind| hosts.lookup_static_host(&Query::query(name.clone(), kind)))
        .flat_map(|found| {
            found.answers().iter().filter_map(|record| record.data.ip_addr()).collect::<Vec<_>>()
        })
        .collect();
    (!addresses.is_empty()).then_some(addresses)
}

async fn ask(
    servers: &TokioResolver,
    name: &str,
    family: Family,
    within: Span,
) -> Result<Vec<IpAddr>, FamilyFailure> {
    let kind = match family {
        Family::IPv4 => RecordType::A,
        Family::IPv6 => RecordType::AAAA,
    };
    let failure = |kind, detail: String| Err(FamilyFailure { family, kind, detail });
    // Names are in their A-label form here; IDNA would refuse underscores, which DNS allows (RFC 2181 section 11).
    let name = match Name::from_ascii(name) {
        Ok(name) => name,
        Err(error) => {
            return failure(ResolveFailure::NoSuchName, format!("DNS cannot hold such a name: {error}"));
        }
    };
    match tokio::time::timeout(within.to_std(), servers.lookup(name, kind)).await {
        Err(_) => failure(ResolveFailure::Timeout, format!("no answer within {within}")),
        Ok(Err(error)) => failure(classify(&error), words(&error)),
        Ok(Ok(found)) => {
            let wanted = |address: &IpAddr| address.is_ipv4() == (family == Family::IPv4);
            let addresses: Vec<IpAddr> =
                found.answers().iter().filter_map(|record| record.data.ip_addr()).filter(wanted).collect();
            if addresses.is_empty() {
                return failure(ResolveFailure::NoAddress, "an answer without addresses".to_owned());
            }
            Ok(addresses)
        }
    }
}

fn classify(error: &NetError) -> ResolveFailure {
    match error {
        NetError::Timeout => ResolveFailure::Timeout,
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain => ResolveFailure::NoSuchName,
            ResponseCode::NoError => ResolveFailure::NoAddress,
            _ => ResolveFailure::ServerFailure,
        },
        _ => ResolveFailure::ServerFailure,
    }
}

/// What the name servers answered, in the words of DNS.
fn words(error: &NetError) -> String {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) if none.response_code == ResponseCode::NoError => {
            "no records of this type".to_owned()
        }
        NetError::Dns(DnsError::NoRecordsFound(none)) => none.response_code.to_string(),
        NetError::Dns(DnsError::ResponseCode(code)) => code.to_string(),
        NetError::NoConnections => "no name server could be reached".to_owned(),
        other => other.to_string(),
    }
}

fn merge(
    name: &str,
    port: u16,
    answers: [Result<Vec<IpAddr>, FamilyFailure>; 2],
) -> Result<Resolution, ResolveError> {
    let mut resolution = Resolution::default();
    for answer in answers {
        match answer {
            Err(failure) => resolution.failures.push(failure),
            Ok(addresses) => {
                for address in addresses.into_iter().map(|address| SocketAddr::new(address, port)) {
                    if !resolution.addresses.contains(&address) {
                        resolution.addresses.push(address);
                    }
                }
            }
        }
    }
    if resolution.addresses.is_empty() {
        return Err(ResolveError { host: name.to_owned(), failures: resolution.failures });
    }
    resolution
        .failures
        .retain(|failure| !matches!(failure.kind, ResolveFailure::NoSuchName | ResolveFailure::NoAddress));
    Ok(resolution)
}

/// Addresses to use instead of DNS, as curl's `--resolve`: `host:port:address[,address]`; `*` is every host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    host: Option<Identifier>,
    port: u16,
    addresses: Vec<IpAddr>,
}

/// A text that is not an override.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not host:port:address[,address]: {0:?}")]
pub struct ParseOverrideError(String);

impl Override {
    /// These addresses for this host and port.
    #[must_use]
    pub const fn new(host: Identifier, port: u16, addresses: Vec<IpAddr>) -> Self {
        Self { host: Some(host), port, addresses }
    }

    fn answers(&self, host: &Identifier, port: u16) -> bool {
        self.port == port && self.host.as_ref().is_none_or(|mine| mine == host)
    }
}

impl FromStr for Override {
    type Err = ParseOverrideError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseOverrideError(text.to_owned());
        let (host, rest) = match text.strip_prefix('[').and_then(|rest| rest.split_once("]:")) {
            Some((host, rest)) => (host, rest),
            None => text.split_once(':').ok_or_else(wrong)?,
        };
        let (port, addresses) = rest.split_once(':').ok_or_else(wrong)?;
        let host = if host == "*" { None } else { Some(host.parse().map_err(|_| wrong())?) };
        let port = port.parse().map_err(|_| wrong())?;
        let addresses = addresses
            .split(',')
            .map(|address| address.trim_start_matches('[').trim_end_matches(']').parse().map_err(|_| wrong()))
            .collect::<Result<_, _>>()?;
        Ok(Self { host, port, addresses })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It was told in the library's words: "no connections available", "no nameservers found in config".
    #[test]
    fn name_servers_that_are_not_there_are_told_in_words() {
        assert_eq!(words(&NetError::NoConnections), "no name server could be reached");
        let library = NetError::from(io::Error::other("the library's words"));
        let told = |file| unusable(&library, file);
        let missing = || Err(io::ErrorKind::NotFound.into());
        assert_eq!(told(missing()), "no name server is known: there is no /etc/resolv.conf");
        for text in ["", "search example\n# nameserver 192.0.2.1\n", "nameserver\n"] {
            assert_eq!(told(Ok(text.to_owned())), "/etc/resolv.conf names no name server", "{text:?}");
        }
        assert_eq!(
            told(Ok("nameserver here\n".to_owned())),
            "/etc/resolv.conf cannot be used: io error: the library's words"
        );
    }
}

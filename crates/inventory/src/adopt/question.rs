//! Where to look for a machine's certificates.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use notafter_cert::Identifier;
use notafter_tls::Target;
use notafter_tls::dialogue;

use super::case::Case;
use super::fact::{Listener, Site, Survey};

/// One place to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What is asked for.
    pub target: Target,
    /// The local address to look at; `None` when the target's name shall be resolved and every address looked at.
    pub at: Option<SocketAddr>,
    /// The case that should be served there, by its place in the list; `None` when nobody knows.
    pub case: Option<usize>,
    /// Nothing but the listening program says that TLS may be spoken there: no long wait is worth it.
    pub guessed: bool,
}

/// Names of one site that are looked for; a machine with hundreds of aliases shows itself by the first ones.
const MOST_NAMES: usize = 20;

/// How TLS begins on a port, as far as notafter knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// With the first byte.
    AtOnce,
    /// After this dialogue.
    After(&'static str),
    /// After a dialogue that is not spoken here, that of the named protocol.
    Foreign(&'static str),
    /// Nobody expects TLS there, but the program that listens often speaks it: one ClientHello tells, and does no harm to a
    /// web server. To others it might: a printer prints it.
    Perhaps,
    /// Nobody expects TLS there.
    Unusual,
}

/// Web servers, proxies, and what web applications run in, as the kernel names their processes.
const WEB: [&str; 22] = [
    "apache2", "caddy", "envoy", "gunicorn", "h2o", "haproxy", "hitch", "httpd", "java", "lighttpd", "nginx",
    "node", "openssl", "pebble", "puma", "ruby", "stunnel", "stunnel4", "traefik", "tomcat", "uvicorn",
    "uwsgi",
];

fn is_of_the_web(process: &str) -> bool {
    // python3, python3.11
    WEB.contains(&process) || process.starts_with("python")
}

/// By IANA's service names.
const WAYS: [(u16, Way); 24] = [
    (443, Way::AtOnce),
    (465, Way::AtOnce),
    (563, Way::AtOnce),
    (636, Way::AtOnce),
    (853, Way::AtOnce),
    (990, Way::AtOnce),
    (993, Way::AtOnce),
    (995, Way::AtOnce),
    (5061, Way::AtOnce),
    (6697, Way::AtOnce),
    (8443, Way::AtOnce),
    (25, Way::After("smtp")),
    (587, Way::After("smtp")),
    (143, Way::After("imap")),
    (5432, Way::After("postgres")),
    (21, Way::Foreign("FTP")),
    (110, Way::Foreign("POP3")),
    (119, Way::Foreign("NNTP")),
    (389, Way::Foreign("LDAP")),
    (3306, Way::Foreign("MySQL")),
    (3389, Way::Foreign("RDP")),
    (4190, Way::Foreign("ManageSieve")),
    (5222, Way::Foreign("XMPP")),
    (5269, Way::Foreign("XMPP")),
];

impl Way {
    /// Where somebody listens: what is known of the port, else what is usual for the program. Port 80 is for plain HTTP.
    pub(super) fn of(survey: &Survey, listener: &Listener) -> Self {
        let port = listener.address.port();
        let process = listener.process.as_ref().map(|process| process.name.as_str());
        match Self::at(survey, port) {
            Self::Unusual if port != 80 && process.is_some_and(is_of_the_web) => Self::Perhaps,
            way => way,
        }
    }

    /// At this port: what a web server's configuration says, else what is usual.
    fn at(survey: &Survey, port: u16) -> Self {
        if survey.sites.iter().flat_map(|site| &site.listens).any(|listen| listen.port() == port) {
            return Self::AtOnce;
        }
        WAYS.iter().find(|(known, _)| *known == port).map_or(Self::Unusual, |(_, way)| *way)
    }
}

/// Everything that should be looked at.
#[must_use]
pub fn questions(survey: &Survey, cases: &[Case]) -> Vec<Question> {
    let mut questions = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        for site in &case.sites {
            site_questions(survey, site, number, &mut questions);
        }
    }
    for listener in &survey.listeners {
        let at = reachable(listener.address);
        let way = Way::of(survey, listener);
        let starttls = match way {
            Way::AtOnce | Way::Perhaps => None,
            Way::After(dialogue) => dialogue::find(dialogue),
            Way::Foreign(_) | Way::Unusual => continue,
        };
        // The same port at another address may serve something else.
        if !questions.iter().any(|question| question.at == Some(at)) {
            let target = Target { host: Identifier::Ip(at.ip()), port: at.port(), sni: None, starttls };
            questions.push(Question { target, at: Some(at), case: None, guessed: way == Way::Perhaps });
        }
    }
    questions
}

fn site_questions(survey: &Survey, site: &Site, case: usize, questions: &mut Vec<Question>) {
    let names: Vec<Identifier> = site
        .names
        .iter()
        .filter(|name| name.contains('.') && !name.starts_with(['~', '.', '*']) && !name.ends_with('*'))
        .filter_map(|name| name.parse().ok())
        .take(MOST_NAMES)
        .collect();
    for &listen in &site.listens {
        for at in local(survey, listen) {
            let sni = names.iter().find(|name| matches!(name, Identifier::Dns(_))).map(ToString::to_string);
            let target = Target { host: Identifier::Ip(at.ip()), port: at.port(), sni, starttls: None };
            push(questions, Question { target, at: Some(at), case: Some(case), guessed: false });
        }
        for name in &names {
            let target = Target::tls(name.clone(), listen.port());
            push(questions, Question { target, at: None, case: Some(case), guessed: false });
        }
    }
}

fn push(questions: &mut Vec<Question>, question: Question) {
    if !questions.contains(&question) {
        questions.push(question);
    }
}

/// "Every address" is looked at through the loopback of each family on which somebody listens.
fn local(survey: &Survey, listen: SocketAddr) -> Vec<SocketAddr> {
    if !listen.ip().is_unspecified() {
        return vec![listen];
    }
    let port = listen.port();
    let mut found: Vec<SocketAddr> = survey
        .listeners
        .iter()
        .filter(|listener| listener.address.port() == port && listener.address.ip().is_unspecified())
        .map(|listener| reachable(listener.address))
        .collect();
    found.sort();
    found.dedup();
    if found.is_empty() { vec![reachable(listen)] } else { found }
}

/// Where this machine itself finds it.
pub(super) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

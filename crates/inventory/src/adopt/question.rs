//! Where to look for a machine's certificates.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use notafter_cert::Identifier;
use notafter_tls::Target;
use notafter_tls::dialogue;

use super::case::Case;
use super::fact::{Site, Survey};

/// One place to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What is asked for.
    pub target: Target,
    /// The local address to look at; `None` when the target's name shall be resolved and every address looked at.
    pub at: Option<SocketAddr>,
    /// The case that should be served there, by its place in the list; `None` when nobody knows.
    pub case: Option<usize>,
}

/// Names of one site that are looked for; a machine with hundreds of aliases shows itself by the first ones.
const MOST_NAMES: usize = 20;

/// Ports on which TLS is spoken at once (IANA service names), and those with a dialogue before it.
const PORTS: [(u16, Option<&str>); 14] = [
    (443, None),
    (465, None),
    (563, None),
    (636, None),
    (853, None),
    (990, None),
    (993, None),
    (995, None),
    (5061, None),
    (6697, None),
    (8443, None),
    (25, Some("smtp")),
    (143, Some("imap")),
    (5432, Some("postgres")),
];

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
        let port = at.port();
        let Some((_, dialogue)) = PORTS.iter().find(|(known, _)| *known == port) else { continue };
        let covered = questions.iter().any(|question| question.target.port == port);
        if !covered {
            let starttls = dialogue.and_then(dialogue::find);
            let target = Target { host: Identifier::Ip(at.ip()), port, sni: None, starttls };
            questions.push(Question { target, at: Some(at), case: None });
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
            push(questions, Question { target, at: Some(at), case: Some(case) });
        }
        for name in &names {
            let target = Target::tls(name.clone(), listen.port());
            push(questions, Question { target, at: None, case: Some(case) });
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

fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

//! A chain link by link, as it is drawn: from the server's own certificate up to the root, with what is wrong at each link, and
//! with a gap where a certificate is missing.

use notafter_cert::path::{Fault, Judgement, Step};
use notafter_cert::{Certificate, Time};

use super::Known;
use crate::model::{Severity, Violation};
use crate::rule::Mark;

/// One link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it is in the chain.
    pub role: Role,
    /// Its certificate; nothing where there is none.
    pub certificate: Option<Certificate>,
    /// What people call it: of a gap, who is missing.
    pub name: String,
    /// What is wrong here, the worst first.
    pub faults: Vec<LinkFault>,
}

/// What a link is in its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The certificate of the server itself.
    Leaf,
    /// A CA's certificate that was sent.
    Intermediate,
    /// A certificate that signed itself, was sent, and is no trust anchor.
    Root,
    /// A trust anchor.
    Anchor,
    /// Who issued the link below is neither sent nor trusted.
    Gap,
    /// It was sent, and belongs to no path from the server's own certificate.
    Unneeded,
    /// What was sent is no certificate.
    Unreadable,
}

/// One thing that is wrong with a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkFault {
    /// How bad it is.
    pub severity: Severity,
    /// The rule's code.
    pub code: String,
    /// One line.
    pub text: String,
}

impl Role {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Leaf => "the server's own certificate",
            Self::Intermediate => "intermediate",
            Self::Root => "root, not trusted",
            Self::Anchor => "trusted root",
            Self::Gap => "missing",
            Self::Unneeded => "sent, and not needed",
            Self::Unreadable => "not a certificate",
        }
    }
}

impl Link {
    /// The worst that is wrong with it.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.faults.iter().map(|fault| fault.severity).max().unwrap_or(Severity::Ok)
    }

    /// How much of its life is over at an instant, in parts of a thousand; nothing where it has no certificate.
    #[must_use]
    pub fn spent_permille(&self, at: Time) -> Option<u16> {
        let certificate = self.certificate.as_ref()?;
        let whole = certificate.lifetime().as_micros().max(1);
        let spent = at.since(certificate.not_before()).as_micros().clamp(0, whole);
        u16::try_from(i128::from(spent) * 1000 / i128::from(whole)).ok()
    }
}

impl Known {
    /// The chain link by link, with what is wrong at one address. A violation names the certificate that it is about in its
    /// evidence; what is wrong with who issued the last link stands where that one is missing.
    #[must_use]
    pub fn links(&self, found: &[&Violation]) -> Vec<Link> {
        let (Ok(chain), Some(path)) = (self.chain.as_ref(), self.path.as_deref()) else {
            return vec![unreadable(self.chain.as_ref().as_ref().err().map(ToString::to_string), found)];
        };
        let missing = missing(path).filter(|_| found.iter().any(|one| is_of_trust(one)));
        let mut links: Vec<Link> = path.path.iter().map(|step| of_step(step, chain.leaf())).collect();
        for sent in chain.rest() {
            let certificate = &sent.certificate;
            if !links.iter().any(|link| link.certificate.as_ref() == Some(certificate)) {
                links.push(Link::new(Role::Unneeded, certificate.clone()));
            }
        }
        for link in &mut links {
            let of_link =
                |one: &&Violation| link.certificate.as_ref().is_some_and(|mine| is_about(one, mine));
            let here = found.iter().copied().filter(|one| missing.is_none() || !is_of_trust(one));
            link.faults = faults(here.filter(of_link));
        }
        if let Some((above, name)) = missing {
            let faults = faults(found.iter().copied().filter(|one| is_of_trust(one)));
            links.insert(above, Link { role: Role::Gap, certificate: None, name, faults });
        }
        links
    }
}

impl Link {
    fn new(role: Role, certificate: Certificate) -> Self {
        Self { role, name: certificate.shown_name(), certificate: Some(certificate), faults: Vec::new() }
    }
}

fn of_step(step: &Step, leaf: &Certificate) -> Link {
    let role = match step {
        Step { anchor: true, certificate, .. } if certificate != leaf => Role::Anchor,
        Step { certificate, .. } if certificate == leaf => Role::Leaf,
        Step { certificate, .. } if certificate.is_self_issued() => Role::Root,
        _ => Role::Intermediate,
    };
    Link::new(role, step.certificate.clone())
}

/// Where in the path somebody is missing, and who.
fn missing(path: &Judgement) -> Option<(usize, String)> {
    let is_gap = |fault: &Fault| matches!(fault, Fault::IssuerMissing | Fault::UntrustedRoot);
    let problem = path.problems.iter().find(|problem| is_gap(&problem.fault))?;
    let last = &path.path.get(problem.step)?.certificate;
    (!last.is_self_issued()).then(|| (problem.step + 1, last.issuer_name().to_owned()))
}

/// Whether it says that nobody who is trusted stands at the end.
fn is_of_trust(found: &Violation) -> bool {
    found.is_marked(Mark::ByAnchors)
}

/// By the fingerprint in the evidence: of what is wrong, or of the last certificate that leads on.
fn is_about(found: &Violation, certificate: &Certificate) -> bool {
    let (evidence, mine) = (&found.evidence, certificate.fingerprint().to_string());
    ["fingerprint", "last"].iter().any(|key| evidence[key].as_str() == Some(mine.as_str()))
}

fn faults<'a>(found: impl Iterator<Item = &'a Violation>) -> Vec<LinkFault> {
    let fault = |one: &Violation| LinkFault {
        severity: one.severity,
        code: one.code.clone(),
        text: one.text.clone(),
    };
    let mut faults: Vec<LinkFault> = found.map(fault).collect();
    faults.sort_by_key(|fault| std::cmp::Reverse(fault.severity));
    faults
}

fn unreadable(why: Option<String>, found: &[&Violation]) -> Link {
    let name = why.unwrap_or_else(|| "nothing was sent".to_owned());
    Link { role: Role::Unreadable, certificate: None, name, faults: faults(found.iter().copied()) }
}

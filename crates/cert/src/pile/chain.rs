//! The chain of a certificate: as far as the pile leads, and what is missing.

use super::index::Index;
use crate::path::{Anchors, Path, Purpose, Question, Verdict, validate};
use crate::{Certificate, Time};

/// What a server sends, and what is wrong with it.
#[derive(Clone, Debug)]
pub struct ServingOrder {
    /// What is served, leaf first.
    pub links: Vec<Link>,
    /// The certificate at the end that is not served, where it is in the pile.
    pub root: Option<usize>,
    /// What people call the end.
    pub end: String,
    /// What is missing.
    pub lack: Option<Lack>,
    /// What else clients would say, in words.
    pub problems: Vec<String>,
}

/// One certificate of a chain.
#[derive(Clone, Debug)]
pub struct Link {
    /// The certificate.
    pub certificate: Certificate,
    /// Its place in the pile.
    pub place: Option<usize>,
}

/// Why a chain is not complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// The issuer of its last certificate is not in the pile, and no anchor.
    Issuer {
        /// The issuer's name.
        name: String,
        /// Where the certificate says that it can be fetched.
        urls: Vec<String>,
    },
    /// The same of a CA's certificate: complete where that issuer is a root, which servers leave out, and else not.
    IssuerOrRoot {
        /// The issuer's name.
        name: String,
        /// Where the certificate says that it can be fetched.
        urls: Vec<String>,
    },
    /// It ends at a root that is none of the anchors: a private CA's.
    UnknownRoot,
    /// The only certificate signed itself.
    SelfSigned,
    /// Who bears the issuer's name did not sign it.
    WrongSignature,
}

/// The chain of the certificate at this place.
pub(super) fn of(place: usize, index: &Index<'_>, anchors: &Anchors, at: Time) -> ServingOrder {
    let Some(leaf) = index.get(place) else { return nothing() };
    let untrusted = index.above(place).into_iter().cloned().collect();
    let path = search(leaf.clone(), untrusted, anchors, at);
    let mut links: Vec<Link> = path
        .certificates
        .iter()
        .map(|link| Link { certificate: link.certificate.clone(), place: index.place_of(&link.certificate) })
        .collect();
    let is_forged = path.errors.iter().any(|error| error.rule.code == "path.signature");
    if is_forged {
        links.pop();
    }
    let lack = if path.is_complete() { None } else { Some(lack(&links, is_forged)) };
    let ends_at_root = links.len() > 1 && links.last().is_some_and(|link| link.certificate.is_self_issued());
    let end = links.last().map(|link| link.certificate.shown_name()).unwrap_or_default();
    let mut root = None;
    // An anchor that another has signed is left out, too: clients have it.
    if ends_at_root || (path.is_complete() && links.len() > 1) {
        root = links.pop().and_then(|link| link.place);
    }
    let is_end = |code: &str| matches!(code, "path.untrusted" | "path.signature");
    let told = path.errors.iter().filter(|error| !is_end(error.rule.code));
    let problems = told
        .map(|error| match path.certificates.get(error.certificate) {
            Some(link) if error.certificate > 0 => {
                format!("{}: {}", link.certificate.shown_name(), error.text())
            }
            _ => error.text(),
        })
        .collect();
    ServingOrder { links, root, end, lack, problems }
}

const fn nothing() -> ServingOrder {
    ServingOrder { links: Vec::new(), root: None, end: String::new(), lack: None, problems: Vec::new() }
}

/// The path that a client would take, or the longest of those that lead nowhere.
fn search(leaf: Certificate, untrusted: Vec<Certificate>, anchors: &Anchors, at: Time) -> Path {
    let verification = validate(&Question {
        purpose: Purpose::Any,
        ..Question::of_server(leaf.clone(), untrusted, anchors.clone(), at)
    });
    // Of several ways that hold, a server takes the one with fewest certificates.
    let best = verification.paths.into_iter().min_by_key(|path| {
        let is_complete = path.is_complete();
        let length = path.certificates.len();
        (
            !is_complete,
            path.verdict() != Verdict::Valid,
            path.errors.len(),
            if is_complete { length } else { usize::MAX - length },
        )
    });
    best.unwrap_or_else(|| Path {
        certificates: vec![crate::path::Link { certificate: leaf, given: Some(0), anchor: false }],
        errors: Vec::new(),
        policies: None,
    })
}

fn lack(links: &[Link], is_forged: bool) -> Lack {
    let Some(last) = links.last().map(|link| &link.certificate) else { return Lack::SelfSigned };
    let (name, urls) = (last.issuer_name().to_owned(), last.ca_issuers().to_vec());
    match links.len() {
        _ if is_forged => Lack::WrongSignature,
        1 if last.is_self_issued() => Lack::SelfSigned,
        _ if last.is_self_issued() => Lack::UnknownRoot,
        _ if last.is_ca() => Lack::IssuerOrRoot { name, urls },
        _ => Lack::Issuer { name, urls },
    }
}

//! Following issuers upwards, by name and signature, within a budget: every way is walked, and every end is kept.

use std::collections::HashMap;

use super::anchors::Trusted;
use super::node::{NameKey, Node};
use super::question::Question;
use crate::SignatureFault;

/// A way from the leaf as far as it leads, as positions among the nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) nodes: Vec<usize>,
    pub(super) end: End,
}

/// Where a way ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// At an anchor.
    Anchor,
    /// At a certificate whose issuer nobody has.
    NoIssuer,
    /// At one that is its own issuer, and no anchor.
    Untrusted,
    /// The last did not sign the one before.
    WrongSignature,
    /// Whether the last signed the one before cannot be told.
    UnknownSignature,
    /// There are more certificates than an honest path has.
    TooDeep,
}

/// Every certificate that may be on a path: the leaf first, then what was given, then anchors that somebody names.
pub(super) fn nodes<'a>(question: &'a Question) -> Vec<Node<'a>> {
    let mut nodes: Vec<Node<'a>> = Vec::new();
    let given = std::iter::once(&question.leaf).chain(&question.untrusted);
    for (position, certificate) in given.enumerate() {
        if !nodes.iter().any(|node| node.certificate == certificate) {
            nodes.push(Node { given: Some(position), ..Node::of(certificate) });
        }
    }
    let mut met: Vec<Trusted<'_>> = Vec::new();
    let mut next = 0;
    // Anchors may be cross-signed by one another: whom an anchor names is looked up too.
    while next < nodes.len() {
        if let Ok(issuer) = &nodes[next].anatomy.issuer {
            met.extend(question.anchors.named(issuer));
        }
        if next == 0 {
            met.extend(question.anchors.same(&question.leaf));
        }
        for anchor in met.drain(..) {
            let known = nodes.iter().position(|node| node.certificate == anchor.certificate);
            let place = known.unwrap_or(nodes.len());
            if known.is_none() {
                nodes.push(Node::of(anchor.certificate));
            }
            nodes[place].is_anchor = true;
            nodes[place].terms = Some(anchor.terms);
        }
        next += 1;
    }
    if !question.partial_chain {
        nodes.iter_mut().for_each(|node| node.is_anchor &= node.is_self_issued());
    }
    nodes
}

pub(super) struct Found {
    pub(super) ways: Vec<Way>,
    pub(super) exhausted: Option<&'static str>,
}

pub(super) fn search(nodes: &[Node<'_>], question: &Question) -> Found {
    let found = Found { ways: Vec::new(), exhausted: None };
    let mut search = Search { nodes, question, signatures: HashMap::new(), steps: 0, found };
    search.stand(&mut vec![0]);
    search.found
}

struct Search<'a, 'n> {
    nodes: &'a [Node<'n>],
    question: &'a Question,
    signatures: HashMap<(usize, usize), Result<(), SignatureFault>>,
    steps: usize,
    found: Found,
}

impl Search<'_, '_> {
    /// Goes on from the last certificate of a way.
    fn stand(&mut self, way: &mut Vec<usize>) {
        let budget = self.question.budget;
        self.steps += 1;
        if self.steps > budget.steps {
            self.found.exhausted = Some("too many ways lead upwards");
        }
        if self.found.ways.len() >= budget.paths {
            self.found.exhausted = Some("too many paths");
        }
        let Some(tip) = way.last().copied().filter(|_| self.found.exhausted.is_none()) else { return };
        if self.nodes[tip].is_anchor {
            self.keep(way, End::Anchor);
            // An anchor that is its own issuer is the end; another may still be reached through its issuer.
            if self.nodes[tip].is_self_issued() {
                return;
            }
        }
        if way.len() >= budget.depth {
            return self.keep(way, End::TooDeep);
        }
        let before = self.found.ways.len();
        let issuers = self.issuers(tip, way);
        for issuer in &issuers {
            self.follow(way, tip, *issuer);
        }
        if before == self.found.ways.len() && !self.nodes[tip].is_anchor && self.found.exhausted.is_none() {
            let is_own = self.nodes[tip].is_self_issued();
            self.keep(way, if is_own { End::Untrusted } else { End::NoIssuer });
        }
    }

    fn follow(&mut self, way: &mut Vec<usize>, tip: usize, issuer: usize) {
        match self.check(tip, issuer) {
            Some(Ok(())) => {
                way.push(issuer);
                self.stand(way);
                way.pop();
            }
            // A namesake with another key is no dead end worth telling.
            Some(Err(_)) if !self.nodes[issuer].may_have_issued(&self.nodes[tip]) => {}
            Some(Err(fault)) => {
                let unknown = fault == SignatureFault::Unsupported;
                way.push(issuer);
                self.keep(way, if unknown { End::UnknownSignature } else { End::WrongSignature });
                way.pop();
            }
            None => {}
        }
    }

    /// Those that bear the issuer's name, the likeliest first: anchors, then those that the key identifier means, then those
    /// that are valid now.
    fn issuers(&self, tip: usize, way: &[usize]) -> Vec<usize> {
        let subject = &self.nodes[tip];
        let at = self.question.at;
        let mut issuers: Vec<usize> = (0..self.nodes.len())
            .filter(|position| {
                let node = &self.nodes[*position];
                node.subject == subject.issuer
                    && node.subject != NameKey::Unreadable
                    && !self.is_on(way, node)
            })
            .collect();
        issuers.sort_by_key(|position| {
            let node = &self.nodes[*position];
            let dates = node.certificate.is_expired(at) || node.certificate.is_not_yet_valid(at);
            (
                !node.may_have_issued(subject),
                dates,
                !node.is_anchor,
                std::cmp::Reverse(node.certificate.not_after()),
            )
        });
        issuers
    }

    /// Whether the same key of the same name is on the way already: nothing is gained by going round.
    fn is_on(&self, way: &[usize], node: &Node<'_>) -> bool {
        way.iter().map(|position| &self.nodes[*position]).any(|other| {
            other.certificate == node.certificate
                || (other.subject == node.subject
                    && other.certificate.key().spki_sha256 == node.certificate.key().spki_sha256
                    && other.certificate.names() == node.certificate.names())
        })
    }

    /// Whether one signed the other; `None` where the budget is spent.
    fn check(&mut self, tip: usize, issuer: usize) -> Option<Result<(), SignatureFault>> {
        if let Some(known) = self.signatures.get(&(tip, issuer)) {
            return Some(*known);
        }
        if self.signatures.len() >= self.question.budget.signatures {
            self.found.exhausted = Some("too many signatures to check");
            return None;
        }
        let checked = self.nodes[tip].certificate.is_signed_by(self.nodes[issuer].certificate);
        self.signatures.insert((tip, issuer), checked);
        Some(checked)
    }

    fn keep(&mut self, way: &[usize], end: End) {
        self.found.ways.push(Way { nodes: way.to_vec(), end });
    }
}

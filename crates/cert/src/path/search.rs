//! Following issuers upwards, by name and signature, within a budget: every way is walked, and every end is kept.

use super::anchors::Trusted;
use super::ledger::Ledger;
use super::node::{NameKey, Node};
use super::question::Question;
use crate::SignatureFault;

/// A way from the leaf as far as it leads, as positions among the nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) nodes: Vec<usize>,
    pub(super) end: End,
    /// The places on it of those of whom nobody here can tell whether the next one signed them.
    pub(super) unchecked: Vec<usize>,
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
    /// There are more certificates than an honest path has.
    TooDeep,
}

/// Every certificate that may be on a path: the leaf first, then what was given, then anchors that somebody names.
pub(super) fn nodes<'a>(question: &'a Question) -> Vec<Node<'a>> {
    let mut nodes: Vec<Node<'a>> = Vec::new();
    let given = std::iter::once(&question.leaf).chain(&question.untrusted);
    for (position, certificate) in given.enumerate() {
        if !nodes.iter().any(|node| node.certificate == certificate) {
            nodes.push(Node::of(certificate, nodes.len(), Some(position)));
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
                nodes.push(Node::of(anchor.certificate, place, None));
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

/// Every way upwards from one of the nodes.
pub(super) fn search(nodes: &[Node<'_>], question: &Question, ledger: &Ledger, from: usize) -> Found {
    let found = Found { ways: Vec::new(), exhausted: None };
    let mut search = Search { nodes, question, ledger, unchecked: Vec::new(), found };
    search.stand(&mut vec![from]);
    search.found
}

struct Search<'a, 'n> {
    nodes: &'a [Node<'n>],
    question: &'a Question,
    ledger: &'a Ledger,
    unchecked: Vec<usize>,
    found: Found,
}

impl Search<'_, '_> {
    /// Goes on from the last certificate of a way.
    fn stand(&mut self, way: &mut Vec<usize>) {
        let budget = self.question.budget;
        if !self.ledger.step() {
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
        let Some(checked) = self.ledger.signature(&self.nodes[tip], &self.nodes[issuer]) else {
            self.found.exhausted = Some("too many signatures to check");
            return;
        };
        // A namesake with another key is no dead end worth telling.
        if checked.is_err() && !self.nodes[issuer].may_have_issued(&self.nodes[tip]) {
            return;
        }
        way.push(issuer);
        match checked {
            Ok(()) => self.stand(way),
            Err(SignatureFault::Wrong) => self.keep(way, End::WrongSignature),
            // It is a doubt only where it leads to an anchor.
            Err(SignatureFault::Unsupported) => {
                self.unchecked.push(way.len() - 2);
                self.stand(way);
                self.unchecked.pop();
            }
        }
        way.pop();
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

    fn keep(&mut self, way: &[usize], end: End) {
        self.found.ways.push(Way { nodes: way.to_vec(), end, unchecked: self.unchecked.clone() });
    }
}

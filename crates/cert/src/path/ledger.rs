//! What is found out once for a whole question, whatever asks for it again, and how much work is left.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::bounds::Compared;
use super::node::Node;
use super::question::Budget;
use super::search::Found;
use crate::SignatureFault;
use crate::lint::{Lint, Source};

/// Shared by the search for paths, the searches for signers of CRLs, and the rules of every profile.
pub(super) struct Ledger {
    budget: Budget,
    steps: Cell<usize>,
    signatures: RefCell<HashMap<(usize, usize), Result<(), SignatureFault>>>,
    /// Whether a key signed a CRL, by the CRL's place and the key.
    crls: RefCell<HashMap<(usize, [u8; 32]), bool>>,
    /// The ways upwards from signers of CRLs.
    ways: RefCell<HashMap<usize, Rc<Found>>>,
    /// With how many comparisons were left before.
    compared: RefCell<HashMap<Comparison, (Compared, usize)>>,
    lints: RefCell<HashMap<Linted, Rc<Vec<Violation>>>>,
}

/// A node, and whose lints it was held to.
type Linted = (usize, &'static [Source]);

/// A lint that is violated, and what was found.
pub(super) type Violation = (&'static Lint, String);

/// Whose constraints, whose names, and whether they are read in this manner.
pub(super) type Comparison = (usize, usize, super::names::NameReading);

impl Ledger {
    pub(super) fn of(budget: Budget) -> Self {
        Self {
            budget,
            steps: Cell::new(0),
            signatures: RefCell::default(),
            crls: RefCell::default(),
            ways: RefCell::default(),
            compared: RefCell::default(),
            lints: RefCell::default(),
        }
    }

    /// Takes a step; whether there was one left.
    pub(super) fn step(&self) -> bool {
        self.steps.set(self.steps.get() + 1);
        self.steps.get() <= self.budget.steps
    }

    /// Whether one signed the other; `None` where the budget is spent.
    pub(super) fn signature(
        &self,
        subject: &Node<'_>,
        issuer: &Node<'_>,
    ) -> Option<Result<(), SignatureFault>> {
        let mut known = self.signatures.borrow_mut();
        let key = (subject.place, issuer.place);
        if !known.contains_key(&key) && known.len() >= self.budget.signatures {
            return None;
        }
        Some(*known.entry(key).or_insert_with(|| subject.certificate.is_signed_by(issuer.certificate)))
    }

    /// Whether a node's key signed the CRL of this place; `None` where the budget is spent.
    pub(super) fn crl(&self, place: usize, signer: &Node<'_>, check: impl FnOnce() -> bool) -> Option<bool> {
        let mut known = self.crls.borrow_mut();
        let key = (place, signer.certificate.key().spki_sha256);
        if !known.contains_key(&key) && known.len() >= self.budget.signatures {
            return None;
        }
        Some(*known.entry(key).or_insert_with(check))
    }

    pub(super) fn ways(&self, from: usize, search: impl FnOnce() -> Found) -> Rc<Found> {
        if let Some(known) = self.ways.borrow().get(&from) {
            return Rc::clone(known);
        }
        let found = Rc::new(search());
        self.ways.borrow_mut().insert(from, Rc::clone(&found));
        found
    }

    /// A comparison of names; one that was cut short is made again by whoever has more left.
    pub(super) fn compared(
        &self,
        key: Comparison,
        left: usize,
        compare: impl FnOnce() -> Compared,
    ) -> Compared {
        if let Some((known, had)) = self.compared.borrow().get(&key)
            && (*known != Compared::TooMany || *had >= left)
        {
            return known.clone();
        }
        let compared = compare();
        self.compared.borrow_mut().insert(key, (compared.clone(), left));
        compared
    }

    /// What the lints of these sources say of a node.
    pub(super) fn lints(
        &self,
        node: usize,
        sources: &'static [Source],
        lint: impl FnOnce() -> Vec<Violation>,
    ) -> Rc<Vec<Violation>> {
        let mut known = self.lints.borrow_mut();
        Rc::clone(known.entry((node, sources)).or_insert_with(|| Rc::new(lint())))
    }

    /// How much was done: steps, signatures of certificates, signatures of CRLs.
    #[cfg(test)]
    pub(super) fn done(&self) -> [usize; 3] {
        [self.steps.get(), self.signatures.borrow().len(), self.crls.borrow().len()]
    }
}

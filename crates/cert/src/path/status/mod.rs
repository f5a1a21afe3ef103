//! Whether the certificates of a path were revoked, by the CRLs and OCSP answers that were given.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use super::ledger::Ledger;
use super::node::{NameKey, Node};
use super::question::{Evidence, PolicyInput, Purpose, Question};
use super::rule;
use super::search::{self, End};
use super::validate::Trail;
use crate::lint::{self, CrlLint};
use crate::revocation::crl::{self, Crl, CrlIssuer, Material};
use crate::revocation::{Because, Verdict, ocsp};
use crate::x509::Anatomy;
use crate::x509::extension::KeyUsageBit;
use crate::x509::ocsp::OcspResponseAnatomy;

/// What was given about revocation, taken apart once for all paths.
pub(super) struct Desk<'a, 'n> {
    question: &'a Question,
    /// What is asked of signers of CRLs.
    of_signers: Question,
    nodes: &'a [Node<'n>],
    ledger: &'a Ledger,
    crls: Vec<Crl<'a>>,
    /// Who issued each of them.
    crl_issuers: Vec<NameKey>,
    answers: Vec<OcspResponseAnatomy<'a>>,
    known: RefCell<HashMap<(usize, usize, usize, u8), Verdict>>,
    below: RefCell<HashMap<(usize, usize, u8), Option<bool>>>,
}

/// A certificate that is asked about, whoever has it.
#[derive(Clone, Copy)]
struct Asked<'q, 'n> {
    subject: &'q Anatomy<'n>,
    issuer: &'q Node<'n>,
    anchor: &'q Node<'n>,
    /// For how many signers of CRLs above one another others are looked for: CRLs about a signer may have another signer.
    signers: u8,
}

impl<'a, 'n> Desk<'a, 'n> {
    pub(super) fn of(question: &'a Question, nodes: &'a [Node<'n>], ledger: &'a Ledger) -> Self {
        let given = &question.revocation;
        let crl = |der: &'a Vec<u8>| {
            let crl = Crl::of(der);
            let breaks = broken_lint(&crl, question);
            crl.breaking(breaks)
        };
        let crls: Vec<Crl<'_>> = given.crls.iter().map(crl).collect();
        Self {
            of_signers: Question {
                leaf: question.leaf.clone(),
                untrusted: Vec::new(),
                anchors: question.anchors.clone(),
                name: None,
                purpose: Purpose::Any,
                policies: PolicyInput::default(),
                revocation: Evidence::default(),
                ..*question
            },
            question,
            nodes,
            ledger,
            crl_issuers: crls.iter().map(|crl| NameKey::of(&crl.anatomy.header.issuer)).collect(),
            crls,
            answers: given.answers.iter().map(|der| OcspResponseAnatomy::of(der)).collect(),
            known: RefCell::default(),
            below: RefCell::default(),
        }
    }

    /// What is known of each certificate of a complete path but the anchor; nothing where nothing was given.
    pub(super) fn statuses(&self, path: &[&Node<'n>], signers: u8) -> Vec<Verdict> {
        if self.crls.is_empty() && self.answers.is_empty() {
            return Vec::new();
        }
        let Some(anchor) = path.last() else { return Vec::new() };
        path.windows(2).map(|pair| self.status(pair[0], pair[1], anchor, signers)).collect()
    }

    fn status(&self, subject: &Node<'n>, issuer: &Node<'n>, anchor: &Node<'n>, signers: u8) -> Verdict {
        let key = (subject.place, issuer.place, anchor.place, signers);
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let asked = Asked { subject: &subject.anatomy, issuer, anchor, signers };
        let told = [self.by_answers(asked), self.by_crls(asked)].into_iter().flatten();
        let verdict = told.reduce(Verdict::or).unwrap_or(Verdict::Unknown(Because::NoCrl));
        self.known.borrow_mut().insert(key, verdict.clone());
        verdict
    }

    fn by_answers(&self, asked: Asked<'_, 'n>) -> Option<Verdict> {
        let key = asked.issuer.anatomy.key.as_ref().ok()?;
        let question = ocsp::Asked { issuer: key, nonce: None };
        let policy = ocsp::Policy { nonce: ocsp::NonceRule::MayBeLeftOut, ..ocsp::Policy::default() };
        let judged = self.answers.iter().map(|answer| {
            let judged = ocsp::judge(asked.subject, answer, &question, self.question.at, &policy);
            match judged.signer {
                Some(ocsp::Signer::Delegated { certificate, no_check: false })
                    if self.is_revoked(&certificate, asked) =>
                {
                    Verdict::Unknown(Because::SignerNotAllowed("its certificate was revoked"))
                }
                _ => judged.verdict,
            }
        });
        judged.reduce(Verdict::or)
    }

    /// Whether a responder to whom the issuer gave the right to answer has lost it, by the CRLs.
    fn is_revoked(&self, responder: &[u8], asked: Asked<'_, 'n>) -> bool {
        let responder = Anatomy::of(responder);
        let (issuers, _) = self.signers(asked);
        let material = Material { crls: &self.crls, issuers: &issuers };
        crl::judge(&responder, &material, self.question.at, &self.policy()).is_revoked()
    }

    fn by_crls(&self, asked: Asked<'_, 'n>) -> Option<Verdict> {
        if self.crls.is_empty() {
            return None;
        }
        let (issuers, are_all) = self.signers(asked);
        let material = Material { crls: &self.crls, issuers: &issuers };
        let verdict = crl::judge(asked.subject, &material, self.question.at, &self.policy());
        // Whoever was not looked at may have signed that it was revoked.
        let is_sure = are_all || verdict.is_revoked();
        Some(if is_sure { verdict } else { Verdict::Unknown(Because::TooManySigners) })
    }

    fn policy(&self) -> crl::Policy {
        crl::Policy { max_age: self.question.revocation.max_age, ..crl::Policy::default() }
    }

    /// The issuer, and others that bear the name of a CRL's issuer, signed it, and have a valid path to the same anchor (RFC 5280
    /// section 6.3.3 step f); and whether these are all.
    fn signers(&self, asked: Asked<'_, 'n>) -> (Vec<CrlIssuer<'n>>, bool) {
        let of = |node: &Node<'n>| CrlIssuer::certificate(&node.anatomy).ok();
        let mut signers: Vec<CrlIssuer<'n>> = of(asked.issuer).into_iter().collect();
        let mut are_all = true;
        // Another certificate of the same name and key adds nothing.
        let same = |node: &Node<'n>| (node.subject.clone(), node.certificate.key().spki_sha256);
        let mut met = HashSet::new();
        if asked.issuer.may(KeyUsageBit::CrlSign) {
            met.insert(same(asked.issuer));
        }
        let is_other = |node: &&Node<'n>| {
            node.place != asked.issuer.place
                && node.certificate.der() != asked.subject.der
                && node.may(KeyUsageBit::CrlSign)
        };
        for node in self.nodes.iter().filter(|_| asked.signers > 0).filter(is_other) {
            if met.contains(&same(node)) {
                continue;
            }
            let is_signer = match self.has_signed(node) {
                Some(true) => self.is_below(node, asked.anchor, asked.signers - 1),
                other => other,
            };
            are_all &= is_signer.is_some();
            if is_signer == Some(true) {
                met.insert(same(node));
                signers.extend(of(node));
            }
        }
        (signers, are_all)
    }

    /// Whether the key of a node signed one of the CRLs of its name; `None` where that takes too much work.
    fn has_signed(&self, node: &Node<'n>) -> Option<bool> {
        let Ok(key) = &node.anatomy.key else { return Some(false) };
        let mut are_all = true;
        for (place, crl) in self.crls.iter().enumerate() {
            if node.subject == NameKey::Unreadable || self.crl_issuers[place] != node.subject {
                continue;
            }
            match self.ledger.crl(place, node, || crl.is_signed_by(key)) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => are_all = false,
            }
        }
        are_all.then_some(false)
    }

    /// Whether a signer of CRLs has a valid path to this anchor; `None` where that takes too much work.
    fn is_below(&self, signer: &Node<'n>, anchor: &Node<'n>, signers: u8) -> Option<bool> {
        if signer.place == anchor.place {
            return Some(true);
        }
        let key = (signer.place, anchor.place, signers);
        if let Some(known) = self.below.borrow().get(&key) {
            return *known;
        }
        let answer = self.leads_to(signer, anchor, signers);
        self.below.borrow_mut().insert(key, answer);
        answer
    }

    fn leads_to(&self, signer: &Node<'n>, anchor: &Node<'n>, signers: u8) -> Option<bool> {
        let (question, ledger) = (&self.of_signers, self.ledger);
        let found = ledger.ways(signer.place, || search::search(self.nodes, question, ledger, signer.place));
        let share = question.budget.name_comparisons / found.ways.len().max(1);
        let leads = |way: &&search::Way| way.end == End::Anchor && way.nodes.last() == Some(&anchor.place);
        for way in found.ways.iter().filter(leads) {
            if !ledger.step() {
                return None;
            }
            let trail = Trail::of(way, self.nodes, question, ledger);
            let statuses = self.statuses(trail.nodes(), signers);
            if rule::judge(&trail.walk(question, share, statuses)).is_empty() {
                return Some(true);
            }
        }
        found.exhausted.is_none().then_some(false)
    }
}

/// The lint of CRLs that is violated, of those that the profile counts.
fn broken_lint(crl: &Crl<'_>, question: &Question) -> Option<&'static str> {
    let sources = question.profile.lints;
    let counts = |lint: &&CrlLint| lint.meta.affects_path && sources.contains(&lint.meta.source);
    let is_violated = |lint: &&'static CrlLint| {
        matches!(lint.judge_on_path(&crl.anatomy), Some(lint::Verdict::Violated(_)))
    };
    lint::of_crls().filter(counts).find(is_violated).map(|lint| lint.meta.id)
}

#[cfg(test)]
mod tests;

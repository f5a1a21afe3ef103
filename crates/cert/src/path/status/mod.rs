//! Whether the certificates of a path were revoked, by the CRLs and OCSP answers that were given.

use std::cell::RefCell;
use std::collections::HashMap;

use super::node::Node;
use super::question::{Purpose, Question};
use super::validate::paths;
use super::verdict::Verdict as PathVerdict;
use crate::Fingerprint;
use crate::lint::{self, CrlLint};
use crate::revocation::crl::{self, Crl, CrlIssuer, Material};
use crate::revocation::{Because, Verdict, ocsp};
use crate::x509::ocsp::OcspResponseAnatomy;

/// What was given about revocation, taken apart once for all paths.
pub(super) struct Desk<'a, 'n> {
    question: &'a Question,
    nodes: &'a [Node<'n>],
    crls: Vec<Crl<'a>>,
    answers: Vec<OcspResponseAnatomy<'a>>,
    /// For how many signers of CRLs above one another others are looked for: CRLs about a signer may have another signer.
    signers: u8,
    known: RefCell<HashMap<(Fingerprint, Fingerprint, Fingerprint), Verdict>>,
}

impl<'a, 'n> Desk<'a, 'n> {
    pub(super) fn of(question: &'a Question, nodes: &'a [Node<'n>], signers: u8) -> Self {
        Self {
            question,
            nodes,
            crls: question
                .revocation
                .crls
                .iter()
                .map(|der| Crl::of(der))
                .filter(|crl| is_usable(crl, question))
                .collect(),
            answers: question.revocation.answers.iter().map(|der| OcspResponseAnatomy::of(der)).collect(),
            signers,
            known: RefCell::default(),
        }
    }

    /// What is known of each certificate of a complete path but the anchor; nothing where nothing was given.
    pub(super) fn statuses(&self, path: &[&Node<'n>]) -> Vec<Verdict> {
        let given = &self.question.revocation;
        if given.crls.is_empty() && given.answers.is_empty() {
            return Vec::new();
        }
        let Some(anchor) = path.last() else { return Vec::new() };
        path.windows(2).map(|pair| self.status(pair[0], pair[1], anchor)).collect()
    }

    fn status(&self, subject: &Node<'n>, issuer: &Node<'n>, anchor: &Node<'n>) -> Verdict {
        let of = |node: &Node<'n>| node.certificate.fingerprint();
        let key = (of(subject), of(issuer), of(anchor));
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let by_answers = self.by_answers(subject, issuer);
        let verdict = match by_answers {
            Some(Verdict::Unknown(_)) | None if !self.crls.is_empty() => {
                self.by_crls(subject, issuer, anchor)
            }
            Some(verdict) => verdict,
            None => Verdict::Unknown(Because::NoCrl),
        };
        self.known.borrow_mut().insert(key, verdict.clone());
        verdict
    }

    /// The most telling of the answers: that it was revoked, then that it was not.
    fn by_answers(&self, subject: &Node<'n>, issuer: &Node<'n>) -> Option<Verdict> {
        let key = issuer.anatomy.key.as_ref().ok()?;
        let asked = ocsp::Asked { issuer: key, nonce: None };
        let policy = ocsp::Policy { nonce: ocsp::NonceRule::MayBeLeftOut, ..ocsp::Policy::default() };
        let judged = self
            .answers
            .iter()
            .map(|answer| ocsp::judge(&subject.anatomy, answer, &asked, self.question.at, &policy).verdict);
        judged.min_by_key(|verdict| match verdict {
            Verdict::Revoked { .. } => 0,
            Verdict::Good => 1,
            Verdict::Unknown(_) => 2,
        })
    }

    fn by_crls(&self, subject: &Node<'n>, issuer: &Node<'n>, anchor: &Node<'n>) -> Verdict {
        let mut issuers: Vec<CrlIssuer<'_>> = CrlIssuer::certificate(&issuer.anatomy).into_iter().collect();
        issuers.extend(self.other_signers(subject, issuer, anchor));
        let material = Material { crls: &self.crls, issuers: &issuers };
        let policy = crl::Policy { max_age: self.question.revocation.max_age, ..crl::Policy::default() };
        crl::judge(&subject.anatomy, &material, self.question.at, &policy)
    }

    /// Others that bear the name of a CRL's issuer, and have a valid path to the same anchor (RFC 5280 section 6.3.3 step f).
    fn other_signers(&self, subject: &Node<'n>, issuer: &Node<'n>, anchor: &Node<'n>) -> Vec<CrlIssuer<'n>> {
        if self.signers == 0 {
            return Vec::new();
        }
        let signs = |node: &&Node<'n>| {
            let Ok(name) = &node.anatomy.subject else { return false };
            let is_stranger =
                node.certificate != issuer.certificate && node.certificate != subject.certificate;
            is_stranger
                && self
                    .crls
                    .iter()
                    .any(|crl| crl.anatomy.header.issuer.as_ref().is_ok_and(|by| by.matches(name)))
        };
        let candidates = self.nodes.iter().filter(signs).filter(|node| self.is_below(node, anchor));
        candidates.filter_map(|node| CrlIssuer::certificate(&node.anatomy).ok()).collect()
    }

    /// Whether a signer of CRLs has a valid path to this anchor.
    fn is_below(&self, signer: &Node<'n>, anchor: &Node<'n>) -> bool {
        if signer.certificate == anchor.certificate {
            return true;
        }
        let given = std::iter::once(&self.question.leaf).chain(&self.question.untrusted).cloned();
        let question = Question {
            leaf: signer.certificate.clone(),
            untrusted: given.collect(),
            name: None,
            purpose: Purpose::Any,
            policies: super::PolicyInput::default(),
            ..self.question.clone()
        };
        let paths = paths(&question, self.signers - 1);
        let ends_there = |path: &super::Path| {
            path.certificates.last().is_some_and(|link| link.certificate == *anchor.certificate)
        };
        paths.iter().any(|path| path.verdict() == PathVerdict::Valid && ends_there(path))
    }
}

/// Whether no lint of CRLs that the profile counts is violated.
fn is_usable(crl: &Crl<'_>, question: &Question) -> bool {
    let sources = question.profile.lints;
    let counts = |lint: &&CrlLint| lint.meta.affects_path && sources.contains(&lint.meta.source);
    let mut verdicts = lint::of_crls().filter(counts).map(|lint| lint.judge_on_path(&crl.anatomy));
    !verdicts.any(|verdict| matches!(verdict, Some(lint::Verdict::Violated(_))))
}

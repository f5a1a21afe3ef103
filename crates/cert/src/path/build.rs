//! Following issuers upwards, by name and signature, within a budget.

use std::collections::HashMap;

use crate::{Certificate, Fingerprint, SignatureFault};

use super::{Anchors, Chain, Fault, Step};

/// A path longer than this is no honest path.
const DEEPEST: usize = 8;
/// Signatures checked for one chain: hostile chains of many certificates of one name grow exponentially
/// (CVE-2018-16875); `webpki` draws the line at 100 too.
const MOST_CHECKS: usize = 100;
/// Certificates stood upon: CAs that certify one another make more ways than can be walked, however few signatures.
const MOST_VISITS: usize = 1000;
/// Complete paths that are compared.
const MOST_PATHS: usize = 16;

pub(super) struct Found {
    pub(super) complete: Vec<Vec<Step>>,
    /// The dead end that tells most; meaningful where nothing is complete.
    pub(super) dead_end: DeadEnd,
    pub(super) anchors_met: Vec<Certificate>,
}

pub(super) struct DeadEnd {
    pub(super) path: Vec<Step>,
    pub(super) fault: Fault,
}

pub(super) fn search(chain: &Chain, anchors: &Anchors) -> Found {
    let leaf = Step { certificate: chain.leaf().clone(), sent: Some(0), anchor: false };
    let dead_end = DeadEnd { path: vec![leaf.clone()], fault: Fault::IssuerMissing };
    let mut search = Search {
        chain,
        anchors,
        checked: HashMap::new(),
        found: Found { complete: Vec::new(), dead_end, anchors_met: Vec::new() },
        told: false,
        exhausted: false,
        visits: 0,
    };
    if anchors.contains(chain.leaf()) {
        // Somebody trusts this very certificate, whatever issued it.
        search.found.complete.push(vec![Step { anchor: true, ..leaf }]);
    } else {
        search.extend(&mut vec![leaf]);
    }
    if search.exhausted {
        search.found.dead_end.fault = Fault::Refused(super::Constraint::TooDeep);
    }
    search.found
}

struct Search<'a> {
    chain: &'a Chain,
    anchors: &'a Anchors,
    checked: HashMap<(Fingerprint, Fingerprint), Result<(), SignatureFault>>,
    found: Found,
    told: bool,
    exhausted: bool,
    visits: usize,
}

impl Search<'_> {
    fn extend(&mut self, path: &mut Vec<Step>) {
        let Some(tip) = path.last().map(|step| step.certificate.clone()) else { return };
        self.visits += 1;
        if self.visits > MOST_VISITS {
            self.exhausted = true;
            return;
        }
        let mut closest: Option<SignatureFault> = None;
        let mut led_on = false;
        for step in self.issuers_of(&tip, path) {
            match self.check(&tip, &step.certificate) {
                Ok(()) => {
                    led_on = true;
                    path.push(step);
                    self.follow(path);
                    path.pop();
                }
                Err(fault) if may_be_issuer(&tip, &step.certificate) => closest = Some(fault),
                Err(_) => {}
            }
        }
        if !led_on {
            let fault = self.why_it_ends(&tip, path.len(), closest);
            self.tell(path, fault);
        }
    }

    fn follow(&mut self, path: &mut Vec<Step>) {
        let Some(tip) = path.last() else { return };
        if tip.anchor {
            self.found.anchors_met.push(tip.certificate.clone());
            if self.found.complete.len() < MOST_PATHS {
                self.found.complete.push(path.clone());
            }
        } else if path.len() < DEEPEST {
            self.extend(path);
        } else {
            self.tell(path, Fault::Refused(super::Constraint::TooDeep));
        }
    }

    /// Those that bear the issuer's name: anchors first, then what was sent.
    fn issuers_of(&self, tip: &Certificate, path: &[Step]) -> Vec<Step> {
        let is_new = |certificate: &Certificate| path.iter().all(|step| step.certificate != *certificate);
        let anchors = self.named(tip).into_iter().filter(|anchor| is_new(anchor)).map(|anchor| {
            let sent = self.chain.rest().iter().find(|sent| sent.certificate == *anchor);
            Step { certificate: anchor.clone(), sent: sent.map(|sent| sent.index), anchor: true }
        });
        let mut issuers: Vec<Step> = anchors.collect();
        for sent in self.chain.rest() {
            let certificate = &sent.certificate;
            let known = issuers.iter().any(|step| step.certificate == *certificate);
            if certificate.subject_der() == tip.issuer_der() && is_new(certificate) && !known {
                issuers.push(Step {
                    certificate: certificate.clone(),
                    sent: Some(sent.index),
                    anchor: false,
                });
            }
        }
        issuers
    }

    fn named(&self, tip: &Certificate) -> Vec<&Certificate> {
        tip.anatomy().issuer.map(|issuer| self.anchors.named(&issuer).collect()).unwrap_or_default()
    }

    fn check(&mut self, tip: &Certificate, issuer: &Certificate) -> Result<(), SignatureFault> {
        let pair = (tip.fingerprint(), issuer.fingerprint());
        if let Some(known) = self.checked.get(&pair) {
            return *known;
        }
        if self.checked.len() >= MOST_CHECKS {
            self.exhausted = true;
            return Err(SignatureFault::Unsupported);
        }
        let checked = tip.is_signed_by(issuer);
        self.checked.insert(pair, checked);
        checked
    }

    fn why_it_ends(&self, tip: &Certificate, length: usize, closest: Option<SignatureFault>) -> Fault {
        match closest {
            Some(SignatureFault::Wrong) => return Fault::BadSignature,
            Some(SignatureFault::Unsupported) => return Fault::UnknownSignature,
            None => {}
        }
        let signed_itself = tip.is_self_issued().then(|| tip.is_signed_by(tip));
        match signed_itself {
            Some(Ok(())) if length == 1 => Fault::SelfSigned,
            Some(Ok(())) => Fault::UntrustedRoot,
            Some(Err(SignatureFault::Unsupported)) => Fault::UnknownSignature,
            Some(Err(SignatureFault::Wrong)) if may_be_issuer(tip, tip) => Fault::BadSignature,
            _ if length == 1 => Fault::IssuerMissing,
            _ => Fault::UntrustedRoot,
        }
    }

    /// Keeps the dead end that tells most: a wrong signature before anything else, then the longest.
    fn tell(&mut self, path: &[Step], fault: Fault) {
        let weight = |fault: &Fault, length: usize| (matches!(fault, Fault::BadSignature), length);
        let best = &self.found.dead_end;
        if !self.told || weight(&fault, path.len()) > weight(&best.fault, best.path.len()) {
            self.found.dead_end = DeadEnd { path: path.to_vec(), fault };
            self.told = true;
        }
    }
}

/// Whether the key identifiers allow it: two CAs of one name with different keys are told apart by them (RFC 5280
/// section 4.2.1.1), so that a wrong signature is not held against a namesake.
fn may_be_issuer(subject: &Certificate, issuer: &Certificate) -> bool {
    match (subject.authority_key_id(), issuer.subject_key_id()) {
        (Some(wanted), Some(held)) => wanted == held,
        _ => true,
    }
}

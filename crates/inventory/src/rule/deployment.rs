//! What rules about deployments are told.

use notafter_cert::{Time, pem};

use crate::model::{AddressProof, Deployment, Place, ProofState, Severity, Subject, Version, Violation};
use crate::plan::deploy::awaited;
use crate::threshold::Thresholds;

use super::{ALL, Kind, Rule};

/// What rules about deployments are told.
#[derive(Clone, Copy)]
pub struct DeploymentFacts<'a> {
    /// The deployment.
    pub deployment: &'a Deployment,
    /// Where it goes.
    pub place: &'a Place,
    /// What is installed.
    pub version: &'a Version,
    /// When time that is left becomes too little.
    pub thresholds: &'a Thresholds,
    /// The instant of judgement.
    pub now: Time,
}

/// So many addresses are told one by one; the evidence has them all.
const SHOWN: usize = 3;

impl<'a> DeploymentFacts<'a> {
    /// The addresses that ended like this.
    pub(super) fn addresses(&self, state: ProofState) -> Vec<&'a AddressProof> {
        let open = self.deployment.closed_at.is_none();
        awaited(self.deployment).filter(|proof| open && proof.state == state).collect()
    }

    /// `1 of 4 addresses stale (shop.example at web):`
    pub(super) fn share(&self, some: &[&AddressProof], what: &str) -> String {
        let all = awaited(self.deployment).count();
        format!("{} of {all} addresses {what} ({} at {}):", some.len(), self.version_name(), self.place.name)
    }

    /// `127.0.0.2:443 still serves ...; 127.0.0.3:443 ...; and 2 more`
    pub(super) fn details(&self, some: &[&AddressProof]) -> String {
        let mut parts: Vec<String> = some
            .iter()
            .take(SHOWN)
            .map(|proof| format!("{} {}", self.deployment.shown(proof), proof.detail))
            .collect();
        if some.len() > SHOWN {
            parts.push(format!("and {} more", some.len() - SHOWN));
        }
        parts.join("; ")
    }

    /// What people call the certificate.
    pub(super) fn version_name(&self) -> String {
        let leaf = pem::chain_from(self.version.chain_pem.as_bytes())
            .ok()
            .and_then(|chain| chain.into_iter().next());
        let leaf = leaf.and_then(|der| notafter_cert::Certificate::parse(&der).ok());
        leaf.map_or_else(|| self.version.fingerprint.short(), |leaf| leaf.shown_name())
    }

    /// How bad it is that the new certificate is not served: by what is left of the old ones that are.
    pub(super) fn severity(&self) -> Severity {
        let waiting = awaited(self.deployment).filter(|proof| proof.state != ProofState::Proven);
        let end = waiting.filter_map(|proof| proof.before_not_after).min();
        let limits = self.thresholds.leaf(self.version.lifetime());
        end.map_or(Severity::Warning, |end| limits.severity(end.since(self.now)).max(Severity::Warning))
    }
}

/// What the rules about deployments say of this one; the subject is its place.
#[must_use]
pub fn judge_deployment(facts: &DeploymentFacts<'_>) -> Vec<Violation> {
    let subject = Subject::Place(facts.place.id);
    let judge = |rule: &Rule| match rule.kind {
        Kind::Deployment(judge) => judge(facts),
        _ => Vec::new(),
    };
    ALL.iter()
        .flat_map(|rule| judge(rule).into_iter().map(|said| rule.violation(subject.clone(), said)))
        .collect()
}

//! What rules about deployments are told.

use notafter_cert::{Certificate, Fingerprint, Time, pem};
use notafter_tls::Target;
use serde::{Deserialize, Serialize};

use crate::model::{
    AddressProof, Deployment, DeploymentId, Place, ProofState, Severity, Step, StepRecord, Subject, Version,
    Violation,
};
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

/// The evidence of a finding about a deployment: the rules write it, and whoever tells of it reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeploymentEvidence {
    /// Which: the operation in logs.
    pub deployment: DeploymentId,
    /// The place's name.
    pub place: String,
    /// How far it is.
    pub step: Step,
    /// Failed attempts at that step.
    pub attempts: u32,
    /// How many addresses must serve the version.
    pub addresses: usize,
    /// The version.
    pub expected: ExpectedServed,
    /// The addresses that the finding is about.
    pub proofs: Vec<AddressProof>,
    /// Endpoints whose names lead nowhere, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unresolved: Vec<(Target, String)>,
    /// What was done, newest last, where that is what the finding is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<StepRecord>,
}

/// What an address must serve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedServed {
    /// The leaf.
    pub fingerprint: Fingerprint,
    /// Its serial number: the bytes in hexadecimal; `None` where the leaf cannot be read.
    pub serial: Option<String>,
    /// Its last instant.
    pub not_after: Time,
}

/// What is done at a step before the new files are live.
pub(crate) const fn doing(step: Step) -> &'static str {
    match step {
        Step::Issued => "recording what is installed",
        Step::Staged => "writing the new files",
        _ => "activating the new files",
    }
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

    /// What shows it: these addresses, against what they must serve.
    pub(super) fn evidence(&self, some: &[&AddressProof]) -> DeploymentEvidence {
        let Self { deployment, place, version, .. } = self;
        DeploymentEvidence {
            deployment: deployment.id,
            place: place.name.clone(),
            step: deployment.step,
            attempts: deployment.attempts,
            addresses: awaited(deployment).count(),
            expected: ExpectedServed {
                fingerprint: version.fingerprint,
                serial: self.leaf().map(|leaf| leaf.serial_hex()),
                not_after: version.not_after,
            },
            proofs: some.iter().map(|proof| (*proof).clone()).collect(),
            unresolved: Vec::new(),
            log: Vec::new(),
        }
    }

    /// What people call the certificate.
    pub(super) fn version_name(&self) -> String {
        self.leaf().map_or_else(|| self.version.fingerprint.short(), |leaf| leaf.shown_name())
    }

    fn leaf(&self) -> Option<Certificate> {
        let leaf = pem::chain_from(self.version.chain_pem.as_bytes()).ok()?.into_iter().next()?;
        Certificate::parse(&leaf).ok()
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

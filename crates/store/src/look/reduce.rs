//! A scan reduced to what is compared and what is stored.

use notafter_cert::{Fingerprint, hex};
use notafter_tls::observation::{Observation, Outcome};

use super::{Looked, Stored, StoredOutcome};

/// One address of a scan, reduced to what is compared and what is stored.
pub(super) struct Seen<'a> {
    pub(super) address: String,
    pub(super) digest: Vec<u8>,
    pub(super) fingerprints: Vec<Fingerprint>,
    pub(super) observation: &'a Observation,
}

/// A scan, reduced to what is compared.
pub(super) struct Reduced<'a> {
    pub(super) looked: &'a Looked,
    pub(super) seen: Vec<Seen<'a>>,
    pub(super) digest: Vec<u8>,
}

pub(super) fn reduce(looked: &Looked) -> Reduced<'_> {
    let mut seen: Vec<Seen<'_>> = looked.observations.iter().map(reduce_one).collect();
    seen.sort_by(|a, b| a.address.cmp(&b.address));
    let resolution = match &looked.resolution {
        Ok(resolution) => (true, &resolution.failures),
        Err(error) => (false, &error.failures),
    };
    let failures: Vec<_> = resolution.1.iter().map(|failure| (failure.family, failure.kind)).collect();
    let mut addresses: Vec<String> = looked
        .resolution
        .iter()
        .flat_map(|resolution| resolution.addresses.iter().map(ToString::to_string))
        .collect();
    addresses.sort();
    let states: Vec<(&str, String)> =
        seen.iter().map(|seen| (seen.address.as_str(), hex(&seen.digest))).collect();
    let digest = digest(&serde_json::json!([resolution.0, failures, addresses, states]));
    Reduced { looked, seen, digest }
}

fn reduce_one(observation: &Observation) -> Seen<'_> {
    let fingerprints: Vec<Fingerprint> = match &observation.outcome {
        Outcome::Served(served) => served.chain.iter().map(|der| Fingerprint::of(der)).collect(),
        Outcome::Failed(_) => Vec::new(),
    };
    // What is compared leaves out what differs from look to look: times, and the words of a failure.
    let digest = digest(&match &observation.outcome {
        Outcome::Served(served) => serde_json::json!([
            fingerprints,
            served.version,
            served.suite,
            served.group,
            served.possession,
            served.incomplete.as_ref().map(|failure| (failure.kind, failure.alert)),
            observation.vantage
        ]),
        Outcome::Failed(failure) => serde_json::json!([failure.kind, failure.alert, observation.vantage]),
    });
    Seen { address: observation.address.to_string(), digest, fingerprints, observation }
}

pub(super) fn stored(seen: &Seen<'_>) -> Stored {
    let outcome = match &seen.observation.outcome {
        Outcome::Failed(failure) => StoredOutcome::Failed(failure.clone()),
        Outcome::Served(served) => StoredOutcome::Served {
            chain: seen.fingerprints.clone(),
            version: served.version,
            suite: served.suite,
            group: served.group,
            possession: served.possession,
            incomplete: served.incomplete.clone(),
        },
    };
    Stored { vantage: seen.observation.vantage.clone(), took: seen.observation.took, outcome }
}

/// 128 bits of SHA-256: two states of one address do not collide by chance, and nobody gains by making them.
fn digest(state: &serde_json::Value) -> Vec<u8> {
    Fingerprint::of(state.to_string().as_bytes()).as_bytes()[..16].to_vec()
}

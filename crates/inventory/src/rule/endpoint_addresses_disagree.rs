//! The addresses of one name do not serve the same certificate.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use notafter_cert::{Certificate, Fingerprint};
use serde_json::json;

use super::{EndpointFacts, Kind, Meta, Rule, Said, list};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "endpoint.addresses-disagree",
        title: "addresses serve different certificates",
        why: "Visitors get one or the other by chance. The few are the alarm, not the noise: usually a node that was not reloaded after a renewal, sometimes one that was taken over.",
        source: "notafter: law 7, quorum is never for cryptographic facts",
        severity: Severity::Warning,
        hint: "Reload or redeploy the addresses that differ; if different certificates are meant, watch the addresses as endpoints of their own.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Endpoint(violated),
};

fn violated(facts: &EndpointFacts<'_>) -> Vec<Said> {
    let mut groups: BTreeMap<Fingerprint, (&Certificate, Vec<SocketAddr>)> = BTreeMap::new();
    for (address, leaf) in facts.served {
        groups.entry(leaf.fingerprint()).or_insert_with(|| (leaf, Vec::new())).1.push(*address);
    }
    if groups.len() < 2 {
        return Vec::new();
    }
    // The most addresses first; among equals, the newest certificate.
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort_by_key(|(leaf, at)| std::cmp::Reverse((at.len(), leaf.not_before(), leaf.fingerprint())));
    let Some(((most, _), few)) = groups.split_first() else { return Vec::new() };
    let told: Vec<String> = few.iter().map(|(leaf, at)| told(most, leaf, at)).collect();
    let differing: usize = few.iter().map(|(_, at)| at.len()).sum();
    let serve = if differing == 1 { "serves" } else { "serve" };
    let text = format!(
        "{differing} of {} addresses {serve} another certificate: {}",
        facts.served.len(),
        told.join("; ")
    );
    let evidence: Vec<_> = groups
        .iter()
        .map(|(leaf, at)| {
            json!({
                "fingerprint": leaf.fingerprint(),
                "not_before": leaf.not_before(),
                "not_after": leaf.not_after(),
                "at": at,
            })
        })
        .collect();
    let addresses: Vec<SocketAddr> = facts.served.iter().map(|(address, _)| *address).collect();
    vec![Said::new(
        Severity::Warning,
        "certificate",
        text,
        json!({ "groups": evidence, "addresses": addresses }),
    )]
}

/// What a minority serves, against what most serve.
fn told(most: &Certificate, leaf: &Certificate, at: &[SocketAddr]) -> String {
    let age = match leaf.not_before().cmp(&most.not_before()) {
        std::cmp::Ordering::Less => "an older one",
        std::cmp::Ordering::Equal => "another one",
        std::cmp::Ordering::Greater => "a newer one",
    };
    format!("{} {age} ({}, until {})", list(at), leaf.fingerprint().short(), leaf.not_after().for_people())
}

//! NIST's path validation testing: 149 vectors with CRLs and policies.

use std::collections::BTreeMap;

use notafter_cert::path::{
    Anchors, Evidence, PathError, PolicyInput, Purpose, Question, Verdict, Verification, validate,
};
use notafter_cert::{Certificate, Time};
use serde_json::Value;

use crate::{archive, exceptions};

const WHAT: &str = "NIST's path validation testing";

/// NIST's arc of test policies, 2.16.840.1.101.3.2.1.48.N, as content octets.
const TEST_POLICY: [u8; 9] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x02, 0x01, 0x30];

fn names<'a>(vector: &'a Value, field: &str) -> Vec<&'a str> {
    vector[field].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn policies(vector: &Value) -> PolicyInput {
    let policy = |name: &&str| match name.strip_prefix("NIST-test-policy-") {
        Some(number) => Some([&TEST_POLICY[..], &[number.parse().unwrap()]].concat()),
        None => {
            assert_eq!(*name, "anyPolicy");
            None
        }
    };
    PolicyInput {
        acceptable: names(vector, "InitialPolicySet").iter().filter_map(policy).collect(),
        require_explicit: vector["InitialExplicitPolicy"].as_bool().unwrap(),
        inhibit_mapping: vector["InitialPolicyMappingInhibit"].as_bool().unwrap(),
        inhibit_any: vector["InitialAnyPolicyInhibit"].as_bool().unwrap(),
    }
}

fn judged(vector: &Value, files: &BTreeMap<String, Vec<u8>>) -> Result<Verification, String> {
    let chain = names(vector, "CertPath");
    let read =
        |name: &&str| Certificate::parse(&files[&format!("certs/{name}")]).map_err(|error| error.to_string());
    let (anchor, rest) = chain.split_first().unwrap();
    let (leaf, between) = rest.split_last().unwrap();
    Ok(validate(&Question {
        purpose: Purpose::Any,
        policies: policies(vector),
        partial_chain: false,
        revocation: Evidence {
            crls: names(vector, "CRLPath")
                .iter()
                .map(|name| files[&format!("crls/{name}")].clone())
                .collect(),
            ..Evidence::default()
        },
        ..Question::of_server(
            read(leaf)?,
            between.iter().filter_map(|name| read(name).ok()).collect(),
            Anchors::from_ders(anchor, [&files[&format!("certs/{anchor}")]]),
            "2026-12-01T00:00:00Z".parse::<Time>().unwrap(),
        )
    }))
}

/// At least 146, and no false accept.
#[test]
fn the_vectors_of_nist_are_judged_right() {
    let Some(files) = archive::files("nist-pkits.tar.xz", WHAT) else { return };
    let vectors: Vec<Value> = serde_json::from_slice(&files["vectors.json"]).unwrap();
    assert_eq!(vectors.len(), 149);
    let mut disagreements = BTreeMap::new();
    for vector in &vectors {
        let name = vector["Name"].as_str().unwrap();
        let found = judged(vector, &files);
        let is_valid = found.as_ref().is_ok_and(|found| found.verdict == Verdict::Valid);
        if is_valid != vector["ShouldValidate"].as_bool().unwrap() {
            assert!(!is_valid, "{name} is accepted");
            let told = match found {
                Ok(found) => {
                    let errors =
                        found.paths.first().into_iter().flat_map(|path| &path.errors).map(PathError::text);
                    errors.collect::<Vec<_>>().join("; ")
                }
                Err(error) => error,
            };
            disagreements.insert(name.to_owned(), told);
        }
    }
    assert!(disagreements.len() <= 3, "{}: {disagreements:#?}", disagreements.len());
    exceptions::compare(&disagreements, &exceptions::read(include_str!("exceptions/pkits.tsv")));
}

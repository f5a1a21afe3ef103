//! A harness of x509-limbo: a suite on standard input, results on standard output.

use std::io::Read;

use notafter_cert::lint::Source;
use notafter_cert::path::{
    Anchors, Evidence, PeerName, Profile, Purpose, Question, RFC5280, STRICT, Verdict, validate,
};
use notafter_cert::{Certificate, Time, pem};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome;

/// Where a case names no instant.
const DEFAULT_AT: &str = "2026-12-01T00:00:00Z";

/// RFC 5280 with the lints that affect paths: what the suite's cases about it want.
static PEDANTIC: Profile = Profile { name: "rfc5280 with lints", lints: &[Source::Rfc], ..RFC5280 };

#[derive(Deserialize)]
struct Suite {
    testcases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    validation_kind: String,
    trusted_certs: Vec<String>,
    untrusted_intermediates: Vec<String>,
    peer_certificate: String,
    validation_time: Option<String>,
    expected_peer_name: Option<Peer>,
    #[serde(default)]
    expected_peer_names: Vec<Peer>,
    max_chain_depth: Option<usize>,
    #[serde(default)]
    crls: Vec<String>,
}

#[derive(Deserialize)]
struct Peer {
    value: String,
}

pub(super) fn run() -> Result<Exit, Failure> {
    let mut text = String::new();
    let wrong = |error: &dyn std::fmt::Display| {
        Failure::new("standard input is no suite of x509-limbo", "notafter verify --limbo < limbo.json").because(error)
    };
    std::io::stdin().lock().read_to_string(&mut text).map_err(|error| wrong(&error))?;
    let suite: Suite = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
    let results: Vec<Value> = suite.testcases.iter().map(result).collect();
    let harness = format!("notafter-{}", env!("CARGO_PKG_VERSION"));
    outcome::print(&format!("{}\n", json!({ "version": 1, "harness": harness, "results": results })))?;
    Ok(Exit::Done)
}

fn result(case: &Case) -> Value {
    let (is_valid, context) = match judged(case) {
        Ok(judged) => judged,
        Err(why) => (false, why),
    };
    let word = if is_valid { "SUCCESS" } else { "FAILURE" };
    json!({ "id": case.id, "actual_result": word, "context": context })
}

/// BetterTLS is about rules and names alone; what is called after RFC 5280 is judged by it; everything else strictly.
fn profile(id: &str) -> &'static Profile {
    match id.split("::").next() {
        Some("bettertls") => &RFC5280,
        Some("rfc5280") => &PEDANTIC,
        _ => &STRICT,
    }
}

/// Whether it is valid, and what is wrong with the nearest path.
fn judged(case: &Case) -> Result<(bool, String), String> {
    let at = case.validation_time.as_deref().unwrap_or(DEFAULT_AT);
    let at: Time = at.parse().map_err(|_| format!("not an instant: {at}"))?;
    let leaf = certificate(&case.peer_certificate)?;
    let anchors = case.trusted_certs.iter().flat_map(|text| pem::chain_from(text.as_bytes()).unwrap_or_default());
    let name = case.expected_peer_name.as_ref().or(case.expected_peer_names.first());
    let name: Option<PeerName> = match name {
        Some(peer) => Some(peer.value.parse().map_err(|error: notafter_cert::path::ParsePeerNameError| error.to_string())?),
        None => None,
    };
    let crls = case.crls.iter().flat_map(|text| pem::blocks(text.as_bytes())).map(|block| block.der).collect();
    let untrusted = case.untrusted_intermediates.iter().filter_map(|text| certificate(text).ok()).collect();
    let verification = validate(&Question {
        name,
        purpose: if case.validation_kind == "CLIENT" { Purpose::Client } else { Purpose::Server },
        max_depth: case.max_chain_depth,
        profile: profile(&case.id),
        revocation: Evidence { crls, ..Evidence::default() },
        ..Question::of_server(leaf, untrusted, Anchors::from_ders("the case's", anchors), at)
    });
    let errors = verification.paths.first().into_iter().flat_map(|path| &path.errors);
    let told: Vec<String> = errors.map(|error| format!("{} {}: {}", error.certificate, error.rule.code, error.text())).collect();
    Ok((verification.verdict == Verdict::Valid, told.join("; ")))
}

fn certificate(text: &str) -> Result<Certificate, String> {
    let ders = pem::chain_from(text.as_bytes()).map_err(|error| error.to_string())?;
    ders.first().ok_or("no certificate").and_then(|der| Certificate::parse(der).map_err(|_| "unreadable")).map_err(str::to_owned)
}

//! x509-limbo, with the BetterTLS cases that it carries.

use std::collections::BTreeMap;

use notafter_cert::lint::Source;
use notafter_cert::path::{
    Anchors, Evidence, PeerName, Profile, Purpose, Question, RFC5280, STRICT, Verdict, Verification, validate,
};
use notafter_cert::{Certificate, Time, pem};
use serde_json::Value;

use crate::{archive, beside, exceptions};

const WHAT: &str = "x509-limbo";

fn certificates(list: &Value) -> Vec<Certificate> {
    let texts = list.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.filter_map(|text| certificate(text).ok()).collect()
}

fn certificate(text: &str) -> Result<Certificate, String> {
    let ders = pem::chain_from(text.as_bytes()).map_err(|error| error.to_string())?;
    Certificate::parse(&ders[0]).map_err(|error| error.to_string())
}

fn name(case: &Value) -> Option<PeerName> {
    let one = &case["expected_peer_name"];
    let one = if one.is_null() { &case["expected_peer_names"][0] } else { one };
    one["value"].as_str().map(|text| text.parse().unwrap())
}

fn question(case: &Value, profile: &'static Profile) -> Result<Question, String> {
    let at = case["validation_time"].as_str().unwrap_or("2026-12-01T00:00:00Z");
    let at: Time = at.parse().unwrap();
    let anchors = case["trusted_certs"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let anchors: Vec<Vec<u8>> = anchors.flat_map(|text| pem::chain_from(text.as_bytes()).unwrap()).collect();
    let purpose = match case["validation_kind"].as_str() {
        Some("CLIENT") => Purpose::Client,
        _ => Purpose::Server,
    };
    Ok(Question {
        name: name(case),
        purpose,
        max_depth: case["max_chain_depth"].as_u64().map(|depth| usize::try_from(depth).unwrap()),
        profile,
        revocation: Evidence { crls: crls(case), ..Evidence::default() },
        ..Question::of_server(
            certificate(case["peer_certificate"].as_str().unwrap())?,
            certificates(&case["untrusted_intermediates"]),
            Anchors::from_ders("the case's", anchors),
            at,
        )
    })
}

fn judged(case: &Value, profile: &'static Profile) -> Result<Verification, String> {
    question(case, profile).map(|question| validate(&question))
}

fn crls(case: &Value) -> Vec<Vec<u8>> {
    let texts = case["crls"].as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.flat_map(|text| pem::blocks(text.as_bytes())).map(|block| block.der).collect()
}

fn cases() -> Option<Vec<Value>> {
    let suite = archive::read("limbo.json.xz", WHAT)?;
    let suite: Value = serde_json::from_slice(&suite).unwrap();
    Some(suite["testcases"].as_array().unwrap().clone())
}

fn disagreements(cases: &[Value], profile: impl Fn(&str) -> &'static Profile) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let only = std::env::var("ONLY").unwrap_or_default();
    for case in cases.iter().filter(|case| case["id"].as_str().unwrap().contains(&only)) {
        let id = case["id"].as_str().unwrap();
        let expected = case["expected_result"].as_str().unwrap();
        let found = judged(case, profile(id));
        let (word, why) = match &found {
            Err(error) => ("FAILURE", error.clone()),
            Ok(found) if found.verdict == Verdict::Valid => ("SUCCESS", String::new()),
            Ok(found) => {
                let errors = found.paths.first().into_iter().flat_map(|path| &path.errors);
                let errors: Vec<String> =
                    errors.map(|error| format!("{} {}", error.certificate, error.text())).collect();
                ("FAILURE", errors.join("; "))
            }
        };
        if word != expected {
            all.insert(id.to_owned(), format!("{word} {why}"));
        }
    }
    all
}

/// Rules and names alone, as every validator that is any good gets them.
#[test]
fn every_case_of_bettertls_is_judged_right() {
    let Some(cases) = cases() else { return };
    let cases: Vec<Value> =
        cases.into_iter().filter(|case| case["id"].as_str().unwrap().starts_with("bettertls::")).collect();
    assert_eq!(cases.len(), 9572);
    let disagreements = disagreements(&cases, |_| &RFC5280);
    assert!(disagreements.is_empty(), "{}: {disagreements:#?}", disagreements.len());
}

/// Of the other 208 at least 200, and no false reject but of pairs that contradict one another.
#[test]
fn the_cases_of_limbo_are_judged_right() {
    let Some(cases) = cases() else { return };
    let cases: Vec<Value> =
        cases.into_iter().filter(|case| !case["id"].as_str().unwrap().starts_with("bettertls::")).collect();
    assert_eq!(cases.len(), 208);
    static PEDANTIC: Profile = Profile { lints: &[Source::Rfc], ..RFC5280 };
    let disagreements =
        disagreements(&cases, |id| if id.starts_with("rfc5280::") { &PEDANTIC } else { &STRICT });
    assert!(disagreements.len() <= 8, "{}: {disagreements:#?}", disagreements.len());
    exceptions::compare(&disagreements, &exceptions::read(include_str!("exceptions/limbo.tsv")));
}

/// rustls-webpki beside us: every disagreement has its reason, in the rule that only one of us has.
#[test]
fn webpki_agrees_but_for_rules_that_only_one_of_us_has() {
    let Some(cases) = cases() else { return };
    let (mut compared, mut disagreements) = (0, BTreeMap::new());
    for case in &cases {
        let Ok(question) = question(case, &RFC5280) else { continue };
        let Some(theirs) = beside::webpki(&question) else { continue };
        compared += 1;
        let ours = validate(&question);
        if theirs.is_ok() != (ours.verdict == Verdict::Valid) {
            let errors = ours.paths.first().into_iter().flat_map(|path| &path.errors);
            let codes: Vec<&str> = errors.map(|error| error.rule.code).collect();
            let told = format!("we say {} ({}), webpki {theirs:?}", ours.verdict.name(), codes.join(", "));
            disagreements.insert(case["id"].as_str().unwrap().to_owned(), told);
        }
    }
    assert!(compared > 9_700, "{compared}");
    exceptions::compare(&disagreements, &exceptions::read(include_str!("exceptions/webpki.tsv")));
}

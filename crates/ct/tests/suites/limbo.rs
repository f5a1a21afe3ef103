//! Certificates of the web, as x509-limbo keeps them.

use notafter_cert::{Certificate, Span, Time, pem};
use notafter_ct::loglist::STALE;
use notafter_ct::policy::Verdict;
use notafter_ct::{SctVerdict, judge};
use serde_json::Value;

/// A certificate, its issuer's, and an instant at which it is valid.
struct Case {
    id: String,
    leaf: Certificate,
    issuer: Certificate,
    at: Time,
}

fn certificates(texts: &Value) -> Vec<Certificate> {
    let texts: Vec<&str> = match texts {
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    };
    let ders = texts.into_iter().flat_map(|text| pem::chain_from(text.as_bytes()).unwrap());
    ders.map(|der| Certificate::parse(&der).unwrap()).collect()
}

fn cases(suite: &[u8]) -> Vec<Case> {
    let suite: Value = serde_json::from_slice(suite).unwrap();
    let online = |case: &&Value| case["id"].as_str().is_some_and(|id| id.starts_with("online::"));
    let read = |case: &Value| {
        let leaf = certificates(&case["peer_certificate"]).remove(0);
        let others = [certificates(&case["untrusted_intermediates"]), certificates(&case["trusted_certs"])];
        let issuer = others.into_iter().flatten().find(|other| leaf.is_signed_by(other).is_ok()).unwrap();
        let at: Time = case["validation_time"].as_str().unwrap().parse().unwrap();
        // The suite takes the first instant of some; their promises were given a little later.
        Case { id: case["id"].to_string(), leaf, issuer, at: at + Span::days(1) }
    };
    suite["testcases"].as_array().unwrap().iter().filter(online).map(read).collect()
}

#[test]
fn every_promise_in_certificates_of_the_web_is_proved() {
    let test = "every_promise_in_certificates_of_the_web_is_proved";
    let Some(suite) = crate::suite("limbo.json.xz", test) else { return };
    let list = crate::log_list(test).unwrap();
    let (mut proved, mut content) = (0, 0);
    for Case { id, leaf, issuer, at } in cases(&suite) {
        let report = judge(&leaf, Some(&issuer), &[], Some(&list), at);
        assert!(report.scts.len() >= 2, "{id}");
        for judged in &report.scts {
            assert_eq!(judged.verdict, SctVerdict::Valid, "{id}: {judged:?}");
        }
        proved += report.proved();
        let is_stale = list.age(at).unwrap() >= STALE;
        for (policy, verdict) in &report.policies {
            let expected = if is_stale {
                matches!(verdict, Verdict::Unknown(_))
            } else {
                *verdict == Verdict::Compliant
            };
            assert!(expected, "{id}: {policy}: {verdict}");
            content += usize::from(!is_stale);
        }
    }
    assert_eq!((proved, content), (38, 13 * 3));
}

/// The issuer's key is signed, too: that of another CA proves nothing, and refutes nothing.
#[test]
fn the_key_of_another_ca_proves_nothing() {
    let test = "the_key_of_another_ca_proves_nothing";
    let Some(suite) = crate::suite("limbo.json.xz", test) else { return };
    let list = crate::log_list(test).unwrap();
    let cases = cases(&suite);
    let others = cases.iter().skip(1).chain(&cases[..1]);
    for (case, other) in cases.iter().zip(others).filter(|(case, other)| case.issuer != other.issuer) {
        let report = judge(&case.leaf, Some(&other.issuer), &[], Some(&list), case.at);
        assert!(
            report.scts.iter().all(|judged| matches!(judged.verdict, SctVerdict::Unknown(_))),
            "{}",
            case.id
        );
    }
}

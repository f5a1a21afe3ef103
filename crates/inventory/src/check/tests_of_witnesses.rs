//! What others testify becomes findings; stapled answers are staged in the lab.

use notafter_cert::Span;
use notafter_cert::revocation::{Because, Exempt, Reason, Source, Statement, Status, Verdict};
use notafter_ct::{LogList, policy};

use super::tests::{Pki, look, now, serving, told};
use super::*;
use crate::rule::TransparencyFacts;

fn said(source: Source, verdict: Verdict) -> Statement {
    Statement { source, verdict, this_update: None, next_update: None }
}

fn crl(verdict: Verdict) -> Statement {
    said(Source::Crl("http://crl.example/1".to_owned()), verdict)
}

/// A report of one healthy address, by what was said of the leaf and of the intermediate.
fn report(pki: &Pki, of_leaf: Vec<Statement>, of_ca: Vec<Statement>, exempt: Option<Exempt>) -> Report {
    let chain = pki.healthy();
    let judge = pki.judge();
    let known = judge.chain(&chain, now());
    let [leaf, ca] = &known.askable()[..] else { panic!("two are asked about") };
    let status = |statements| Status { statements, exempt: None };
    let statuses: Statuses =
        [(leaf.0.fingerprint(), Status { exempt, ..status(of_leaf) }), (ca.0.fingerprint(), status(of_ca))]
            .into_iter()
            .collect();
    let look = Look { statuses: Some(Arc::new(statuses)), ..look(vec![serving(&chain)]) };
    judge.look(&look, now())
}

#[test]
fn what_sources_say_becomes_findings() {
    let pki = Pki::new();
    let good = || vec![crl(Verdict::Good)];
    let revoked = |reason| Verdict::Revoked { at: Some(now() - Span::days(2)), reason, invalidity: None };
    let unfetched = Verdict::Unknown(Because::Unfetched("no connection".to_owned()));
    let ocsp = |verdict| said(Source::Ocsp("http://ocsp.example".to_owned()), verdict);
    let table = [
        ("good", report(&pki, good(), good(), None)),
        ("one failed", report(&pki, vec![ocsp(unfetched.clone()), crl(Verdict::Good)], good(), None)),
        (
            "revoked",
            report(&pki, vec![ocsp(Verdict::Good), crl(revoked(Some(Reason::KeyCompromise)))], good(), None),
        ),
        ("the CA revoked", report(&pki, good(), vec![crl(revoked(None))], None)),
        ("nobody told", report(&pki, vec![ocsp(unfetched)], good(), None)),
        ("nobody is named", report(&pki, Vec::new(), good(), None)),
        ("nobody must tell", report(&pki, Vec::new(), good(), Some(Exempt::ShortLived))),
    ];
    let all: Vec<String> = table.iter().map(|(what, report)| format!("# {what}\n{}", told(report))).collect();
    insta::assert_snapshot!(all.concat());
}

#[test]
fn a_document_has_every_source_with_what_it_said() {
    let pki = Pki::new();
    let report = report(&pki, vec![crl(Verdict::Good)], Vec::new(), None);
    let facts = report.addresses[0].facts.as_ref().unwrap();
    insta::assert_json_snapshot!(facts.revocation);
}

/// Browsers ask for promises below their own anchors alone, and each for others.
#[test]
fn too_few_promises_are_told_for_whoever_wants_more() {
    let pki = Pki::new();
    let list = r#"{"version": "1", "log_list_timestamp": "2026-11-20T00:00:00Z", "operators": []}"#;
    let logs = LogJudge { name: "list.json".to_owned(), list: LogList::read(list.as_bytes()).unwrap() };
    let judge = pki.judge().with_logs(Some(logs));
    let report = judge.look(&look(vec![serving(&pki.healthy())]), now());
    assert_eq!(report.verdict, Severity::Ok, "{}", told(&report));
    let private = report.addresses[0].facts.as_ref().unwrap().transparency.as_deref().unwrap();
    assert!(!private.required);
    let mut public = Transparency { required: true, ..private.clone() };
    public.report.policies[1].1 = policy::Verdict::Compliant;
    let known = judge.chain(&pki.healthy(), now());
    let chain = known.chain.as_ref().as_ref().unwrap();
    let Kind::Transparency(violated) = rule::find("certificate.ct-lacking").unwrap().kind else { panic!() };
    assert_eq!(violated(&TransparencyFacts { chain, transparency: private }), []);
    let said = violated(&TransparencyFacts { chain, transparency: &public }).remove(0);
    insta::assert_snapshot!(said.text);
    let shown = report::clients(&said.clients.unwrap(), Hsts::Unknown, true);
    let clients: Vec<&str> = shown.iter().map(|view| view.client).collect();
    assert_eq!(clients, ["Chrome", "Edge", "Firefox"]);
}

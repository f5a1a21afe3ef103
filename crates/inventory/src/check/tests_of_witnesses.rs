//! What others testify becomes findings; stapled answers are staged in the lab.

use notafter_cert::Span;
use notafter_cert::revocation::{Because, Exempt, Reason, Source, Statement, Status, Verdict};
use notafter_ct::{LogList, policy};

use super::tests::{Pki, look, now, serving, told};
use super::*;
use crate::rule::{RevocationFacts, TransparencyFacts};

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

/// What a rule says of statements about a certificate, the leaf or the intermediate, below a public anchor or a private one.
fn ruled(code: &str, place: usize, statements: Vec<Statement>, is_public: bool) -> Said {
    let pki = Pki::new();
    let of = |at: usize| if at == place { statements.clone() } else { vec![crl(Verdict::Good)] };
    let report = report(&pki, of(0), of(1), None);
    let known = pki.judge().chain(&pki.healthy(), now());
    let Kind::Revocation(violated) = rule::find(code).unwrap().kind else { panic!() };
    let facts = RevocationFacts {
        chain: known.chain.as_ref().as_ref().unwrap(),
        staple: &Staple::Unknown,
        statuses: &report.addresses[0].facts.as_ref().unwrap().revocation,
        were_asked: true,
        is_public,
    };
    violated(&facts).remove(0)
}

/// A filter alone was answered with "give --crlite FILE", and so was a private CA, of whom no filter tells.
#[test]
fn what_helps_where_nobody_tells_depends_on_who_was_asked() {
    let unfetched = || crl(Verdict::Unknown(Because::Unfetched("no connection".to_owned())));
    let filter = || said(Source::Crlite("filter".to_owned()), Verdict::Unknown(Because::NotCovered));
    let table = [
        ("nobody is named", ruled("certificate.revocation-unknown", 0, vec![], true)),
        ("a CRL alone", ruled("certificate.revocation-unknown", 0, vec![unfetched()], true)),
        ("a CRL of a CA", ruled("certificate.revocation-unknown", 1, vec![unfetched()], true)),
        ("a CRL of a private CA", ruled("certificate.revocation-unknown", 0, vec![unfetched()], false)),
        ("a filter alone", ruled("certificate.revocation-unknown", 0, vec![filter()], true)),
        ("both", ruled("certificate.revocation-unknown", 0, vec![unfetched(), filter()], true)),
    ];
    let hint = |(what, said): &(&str, Said)| {
        let usual = rule::find("certificate.revocation-unknown").unwrap().meta.hint;
        format!("{what}: {}", said.hint.as_deref().unwrap_or(usual))
    };
    insta::assert_snapshot!(table.iter().map(hint).collect::<Vec<_>>().join("\n"));
}

/// Of a private CA's CRL it was said that Firefox knew it.
#[test]
fn browsers_know_of_a_revocation_by_a_staple_or_of_public_cas() {
    let revoked = || Verdict::Revoked { at: None, reason: None, invalidity: None };
    let clients = |statement: Statement, is_public| {
        let said = ruled("certificate.revoked", 0, vec![statement], is_public);
        let usual = rule::find("certificate.revoked").unwrap().meta.clients;
        let views = report::clients(&said.clients.or(usual).unwrap(), Hsts::Unknown, true);
        views.into_iter().map(|view| view.client).collect::<Vec<_>>()
    };
    assert_eq!(clients(crl(revoked()), false), Vec::<&str>::new());
    assert_eq!(clients(crl(revoked()), true), ["Firefox"]);
    assert_eq!(clients(said(Source::Crlite("filter".to_owned()), revoked()), false), ["Firefox"]);
    assert_eq!(clients(said(Source::Staple, revoked()), false), ["Chrome", "Edge", "Firefox"]);
}

/// A second address that stapled nothing kept a revocation open that was taken back, since nothing is known of it there.
#[test]
fn what_is_known_of_a_certificate_at_one_address_is_known_of_it_at_all() {
    let pki = Pki::new();
    let good = || vec![crl(Verdict::Good)];
    let revoked = vec![crl(Verdict::Revoked { at: None, reason: None, invalidity: None })];
    let earlier = report(&pki, revoked, good(), None).findings[0].violation.clone();
    let silent = |report: &Report| {
        let mut other = report.addresses[0].clone();
        other.facts = other.facts.map(|facts| Facts { revocation: Arc::from([]), ..facts });
        other
    };
    let mut now = report(&pki, good(), good(), None);
    let other = AddressReport { address: "192.0.2.9:443".parse().ok(), ..silent(&now) };
    now.addresses.push(other);
    assert!(now.could_see(&earlier));
    now.addresses.remove(0);
    now.addresses[0].address = earlier.evidence["addresses"][0].as_str().unwrap().parse().ok();
    assert!(!now.could_see(&earlier), "nobody tells of it");
}

/// When the intermediate was no longer sent, a staple that could not be used was told as mended.
#[test]
fn a_staple_that_cannot_be_judged_mends_nothing() {
    let pki = Pki::new();
    let mut report = report(&pki, vec![crl(Verdict::Good)], vec![crl(Verdict::Good)], None);
    let evidence = serde_json::json!({ "addresses": [report.addresses[0].address] });
    let said = Said::new(Severity::Critical, "leaf", "x".to_owned(), evidence);
    let earlier = rule::find("handshake.staple-unusable").unwrap().violation(report.subject.clone(), said);
    let mut sees = |stapled: Option<bool>| {
        let facts = report.addresses[0].facts.as_mut().unwrap();
        facts.handshake.as_mut().unwrap().stapled = stapled;
        report.could_see(&earlier)
    };
    assert!(!sees(Some(true)), "it is sent, and was not judged");
    assert!(sees(Some(false)), "none is sent any more");
    assert!(!sees(None), "nobody looked for one");
}

/// A certificate that is trusted itself was told that no anchor vouches for it, and a strange one with a staple nothing at all.
#[test]
fn who_is_not_asked_about_revocation_is_told_why() {
    let pki = Pki::new();
    let chain = pki.healthy();
    let note = |judge: &Judge, staple: Staple| {
        let Outcome::Served(served) = serving(&chain) else { panic!() };
        let seen = look(vec![Outcome::Served(Served { staple, ..served })]);
        let look = Look { statuses: Some(Arc::default()), ..seen };
        let notes = judge.look(&look, now()).notes.into_iter();
        notes
            .filter(|note| note.code == "note.revocation-not-asked")
            .map(|note| note.text)
            .collect::<Vec<_>>()
    };
    let untrusted =
        "nobody was asked about revocation: no trust anchor vouches for the addresses in these certificates";
    let itself = "nobody was asked about revocation: the certificate is a trust anchor itself, and nobody above it could revoke it";
    let mozilla = Judge::new(Anchors::mozilla().clone(), Thresholds::default());
    let of_itself = Judge::new(Anchors::from_ders("itself", [&chain[0]]), Thresholds::default());
    assert_eq!(note(&mozilla, Staple::Unknown), [untrusted]);
    assert_eq!(note(&mozilla, Staple::Sent(vec![1, 2, 3].into())), [untrusted]);
    assert_eq!(note(&of_itself, Staple::Missing), [itself]);
    assert_eq!(note(&pki.judge(), Staple::Missing), Vec::<String>::new());
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

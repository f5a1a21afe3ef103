//! Looks at staged addresses. Keys are Ed25519 from fixed seeds, so that certificates and fingerprints are always the
//! same and whole reports can be compared.

use std::fmt::Write as _;
use std::sync::Arc;

use notafter_cert::path::{Differs, Judgement};
use notafter_cert::{Span, pem};
use notafter_tls::observation::{Failure, Possession, Staple};
use notafter_tls::{Family, FamilyFailure, ResolveFailure};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use super::*;

type Ca = CertifiedIssuer<'static, KeyPair>;
type Chain = Arc<[Vec<u8>]>;

pub(super) fn now() -> Time {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn key(seed: u8) -> KeyPair {
    // RFC 8410 section 7: the PKCS#8 of an Ed25519 key is a fixed prefix and the seed.
    let prefix = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    KeyPair::try_from([&prefix[..], &[seed; 32]].concat()).unwrap()
}

fn dated(params: &mut CertificateParams, from: Span, until: Span) {
    params.not_before = (now() + from).calendar().unwrap();
    params.not_after = (now() + until).calendar().unwrap();
}

fn ca_params(name: &str, until: Span) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.use_authority_key_identifier_extension = true;
    dated(&mut params, -Span::days(300), until);
    params
}

/// A root, and an intermediate below it.
pub(super) struct Pki {
    root: Ca,
    middle: Ca,
}

impl Pki {
    pub(super) fn new() -> Self {
        Self::ending(Span::days(1000))
    }

    fn ending(until: Span) -> Self {
        let root = CertifiedIssuer::self_signed(ca_params("Test Root", Span::days(3000)), key(1)).unwrap();
        let middle =
            CertifiedIssuer::signed_by(ca_params("Test Intermediate", until), key(2), &root).unwrap();
        Self { root, middle }
    }

    fn leaf(&self, from: Span, until: Span) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["shop.example".into()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "shop.example");
        params.use_authority_key_identifier_extension = true;
        dated(&mut params, from, until);
        params.signed_by(&key(3), &self.middle).unwrap().der().to_vec()
    }

    /// Valid since `from`, until `until`, with the intermediate.
    fn chain(&self, from: Span, until: Span) -> Chain {
        [self.leaf(from, until), self.middle.der().to_vec()].into()
    }

    pub(super) fn healthy(&self) -> Chain {
        self.chain(-Span::days(10), Span::days(80))
    }

    pub(super) fn judge(&self) -> Judge {
        Judge::new(Anchors::from_ders("test", [self.root.der()]), Thresholds::default())
    }
}

fn address(number: u16) -> SocketAddr {
    let [high, low] = number.to_be_bytes();
    SocketAddr::from(([192, 0, high, low], 443))
}

fn seen(number: u16, outcome: Outcome) -> Observation {
    Observation {
        at: now(),
        vantage: "local".to_owned(),
        address: address(number),
        outcome,
        took: Span::millis(12),
    }
}

pub(super) fn serving(chain: &Chain) -> Outcome {
    Outcome::Served(Served {
        chain: Arc::clone(chain),
        version: 0x0304,
        suite: 0x1301,
        group: Some(0x001d),
        possession: Possession::Proven,
        incomplete: None,
        staple: Staple::Unknown,
    })
}

fn failing(kind: FailureKind) -> Outcome {
    Outcome::Failed(Failure { kind, detail: "what happened".to_owned(), alert: None })
}

pub(super) fn look(outcomes: Vec<Outcome>) -> Look {
    let observations: Vec<Observation> =
        outcomes.into_iter().zip(1..).map(|(outcome, number)| seen(number, outcome)).collect();
    let addresses = observations.iter().map(|one| one.address).collect();
    Look::at("shop.example".parse().unwrap(), Ok(Resolution::known(addresses)), observations)
}

fn codes(report: &Report) -> Vec<(&str, Severity)> {
    report.findings.iter().map(|found| (found.violation.code.as_str(), found.violation.severity)).collect()
}

/// What a person would read.
pub(super) fn told(report: &Report) -> String {
    let mut text = format!("{}\n", report.verdict);
    for found in &report.findings {
        let Violation { code, severity, text: what, hint, .. } = &found.violation;
        let _ = writeln!(text, "{severity} {code}: {what}\n  hint: {hint}");
        for ClientView { client, shows, passable } in &found.clients {
            let _ = writeln!(text, "  {client}: {shows} ({passable:?})");
        }
    }
    for note in &report.notes {
        let _ = writeln!(text, "note {}: {}", note.code, note.text);
    }
    text
}

use crate::model::Violation;

#[test]
fn a_healthy_endpoint_has_no_findings_and_all_its_facts() {
    let pki = Pki::new();
    let report = pki.judge().look(&look(vec![serving(&pki.healthy())]), now());
    insta::assert_json_snapshot!(report);
}

#[test]
fn the_day_before_the_day_and_the_day_after() {
    let pki = Pki::new();
    let at_left = |left: Span| {
        let report = pki.judge().look(&look(vec![serving(&pki.chain(left - Span::days(90), left))]), now());
        report.findings.first().map(|found| format!("{}: {}", found.violation.severity, found.violation.text))
    };
    let lines: Vec<String> = [
        Span::days(23),
        Span::days(22),
        Span::days(11),
        Span::days(1),
        Span::hours(9) + Span::minutes(12),
        Span::ZERO,
        -Span::seconds(1),
        -Span::days(1),
    ]
    .into_iter()
    .map(|left| format!("{left} left: {}", at_left(left).unwrap_or_else(|| "nothing".to_owned())))
    .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn every_fault_of_a_chain_is_told_with_what_visitors_see() {
    let pki = Pki::new();
    let other = CertifiedIssuer::self_signed(ca_params("Other Root", Span::days(900)), key(9)).unwrap();
    let stranger = Judge::new(Anchors::from_ders("other", [other.der()]), Thresholds::default());
    let healthy = pki.healthy();
    let alone: Chain = healthy[..1].to_vec().into();
    let mut forged = healthy.to_vec();
    forged[0].last_mut().into_iter().for_each(|byte| *byte ^= 1);
    let mut own = CertificateParams::new(vec!["shop.example".into()]).unwrap();
    dated(&mut own, -Span::days(10), Span::days(80));
    let own: Chain = [own.self_signed(&key(4)).unwrap().der().to_vec()].into();
    let early = pki.chain(Span::days(2), Span::days(92));
    let mut elsewhere = look(vec![serving(&healthy)]);
    elsewhere.expected = "pay.example".parse().unwrap();

    let one = |judge: &Judge, chain: &Chain| told(&judge.look(&look(vec![serving(chain)]), now()));
    let story = [
        ("expired", one(&pki.judge(), &pki.chain(-Span::days(93), -Span::days(3)))),
        ("not yet valid", one(&pki.judge(), &early)),
        ("another name", told(&pki.judge().look(&elsewhere, now()))),
        ("self-signed", one(&pki.judge(), &own)),
        ("untrusted root", one(&stranger, &healthy)),
        ("missing intermediate", one(&pki.judge(), &alone)),
        ("broken signature", one(&pki.judge(), &forged.into())),
        ("intermediate expired", {
            let pki = Pki::ending(-Span::days(1));
            one(&pki.judge(), &pki.healthy())
        }),
        ("intermediate ends first", {
            let pki = Pki::ending(Span::days(40));
            one(&pki.judge(), &pki.healthy())
        }),
        ("empty chain", one(&pki.judge(), &Vec::new().into())),
    ];
    let text: Vec<String> = story.iter().map(|(what, text)| format!("# {what}\n{text}")).collect();
    insta::assert_snapshot!(text.join("\n"));
}

/// An option of `check` was advised to whoever reads of an endpoint in the inventory.
#[test]
fn hints_about_watched_endpoints_name_their_trust_and_no_option() {
    let pki = Pki::new();
    let stranger = Judge::new(Anchors::mozilla(), Thresholds::default());
    let mut own = CertificateParams::new(vec!["shop.example".into()]).unwrap();
    dated(&mut own, -Span::days(10), Span::days(80));
    let own: Chain = [own.self_signed(&key(4)).unwrap().der().to_vec()].into();
    let healthy = pki.healthy();
    let alone: Chain = healthy[..1].to_vec().into();
    let whole: Chain = [healthy.to_vec(), vec![pki.root.der().to_vec()]].concat().into();
    let hints = |subject: &Subject| {
        let hints = [&own, &alone, &whole, &healthy].map(|chain| {
            let look = Look { subject: subject.clone(), ..look(vec![serving(chain)]) };
            let report = stranger.look(&look, now());
            report.findings.iter().map(|found| found.violation.hint.clone()).collect::<Vec<_>>().join("\n")
        });
        hints.join("\n")
    };
    let watched = hints(&Subject::Endpoint(crate::model::EndpointId::from_bytes([1; 16])));
    insta::assert_snapshot!(watched);
    let asked = hints(&Subject::Named("shop.example".to_owned()));
    assert_eq!(watched.replace("with the endpoint's `trust` in the inventory", "with --trust FILE"), asked);
}

/// curl was said to refuse it, by a name that is not there: it takes the common name.
#[test]
fn a_common_name_counts_for_curl_where_there_is_no_other() {
    let pki = Pki::new();
    let named = |common_name: Option<&str>| {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        if let Some(name) = common_name {
            params.distinguished_name.push(DnType::CommonName, name);
        }
        params.use_authority_key_identifier_extension = true;
        dated(&mut params, -Span::days(10), Span::days(80));
        let leaf = params.signed_by(&key(3), &pki.middle).unwrap().der().to_vec();
        let chain: Chain = [leaf, pki.middle.der().to_vec()].into();
        told(&pki.judge().look(&look(vec![serving(&chain)]), now()))
    };
    let story = [Some("shop.example"), Some("*.example"), Some("pay.example"), None]
        .map(|name| format!("# {}\n{}", name.unwrap_or("no name"), named(name)));
    insta::assert_snapshot!(story.join("\n"));
}

/// A private root was seen in it, and a public CA advised.
#[test]
fn a_chain_without_its_second_intermediate_may_lack_that_or_a_root() {
    let pki = Pki::new();
    let lower = CertifiedIssuer::signed_by(ca_params("Lower", Span::days(500)), key(5), &pki.middle).unwrap();
    let mut params = CertificateParams::new(vec!["shop.example".into()]).unwrap();
    params.use_authority_key_identifier_extension = true;
    dated(&mut params, -Span::days(10), Span::days(80));
    let leaf = params.signed_by(&key(3), &lower).unwrap().der().to_vec();
    let told = |chain: &[&[u8]]| {
        let chain: Chain = chain.iter().map(|der| der.to_vec()).collect();
        told(&pki.judge().look(&look(vec![serving(&chain)]), now()))
    };
    let whole = told(&[&leaf, lower.der(), pki.middle.der()]);
    assert_eq!(whole, "OK\n");
    insta::assert_snapshot!(told(&[&leaf, lower.der()]));
}

/// Of a PostgreSQL that was asked without a scheme only a load balancer's health was said to be worth a look.
#[test]
fn a_peer_that_closes_may_speak_another_protocol_first() {
    let report = Pki::new().judge().look(&look(vec![failing(FailureKind::Reset)]), now());
    insta::assert_snapshot!(
        report.findings[0].violation.hint,
        @"Look into the server's log at this instant: a load balancer may have no healthy backend. If it speaks another protocol before TLS, write that with the target (postgres://, smtp://, imap:// ...), or check with --starttls."
    );
}

#[test]
fn an_address_that_shows_nothing_is_judged_by_what_is_known() {
    let kinds = [
        FailureKind::Refused,
        FailureKind::Reset,
        FailureKind::Timeout,
        FailureKind::Unreachable,
        FailureKind::Alert,
        FailureKind::Malformed,
        FailureKind::NotTls,
        FailureKind::Starttls,
        FailureKind::Forbidden,
        FailureKind::NoRoute,
    ];
    let judge = Pki::new().judge();
    let lines: Vec<String> = kinds
        .into_iter()
        .map(|kind| {
            let report = judge.look(&look(vec![failing(kind)]), now());
            assert_eq!(report.findings.len(), 1, "{kind:?}");
            let found = &report.findings[0];
            format!("{kind:?} -> {} {}: {}", report.verdict, found.violation.code, found.violation.text)
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn no_route_for_one_family_is_a_note_and_no_verdict() {
    let pki = Pki::new();
    let report = pki.judge().look(&look(vec![serving(&pki.healthy()), failing(FailureKind::NoRoute)]), now());
    assert_eq!((report.verdict, report.findings.len()), (Severity::Ok, 0));
    assert_eq!(report.addresses[1].verdict, None);
    assert_eq!(report.notes[0].code, "note.no-route");
}

#[test]
fn the_node_that_was_not_reloaded_is_named() {
    let pki = Pki::new();
    let (old, new) = (pki.chain(-Span::days(60), Span::days(30)), pki.healthy());
    let mut outcomes = vec![serving(&new); 3];
    outcomes.insert(1, serving(&old));
    let report = pki.judge().look(&look(outcomes), now());
    insta::assert_snapshot!(told(&report));
    let half = pki.judge().look(&look(vec![serving(&old), serving(&new)]), now());
    let text = &half.findings[0].violation.text;
    assert!(
        text.starts_with("1 of 2 addresses serves another certificate: 192.0.0.1:443 an older one"),
        "{text}"
    );
}

#[test]
fn a_finding_says_at_how_many_addresses_and_keeps_its_cause() {
    let pki = Pki::new();
    let late = pki.chain(-Span::days(80), Span::days(10));
    let before = pki.judge().look(&look(vec![serving(&late), serving(&late)]), now());
    assert_eq!(codes(&before), [("certificate.expires-soon", Severity::Critical)]);
    let after =
        pki.judge().look(&look(vec![failing(FailureKind::Refused), serving(&late)]), now() + Span::hours(1));
    let (one, two) = (&before.findings[0].violation, &after.findings[1].violation);
    assert_eq!((&one.code, &one.cause, &one.subject), (&two.code, &two.cause, &two.subject));
    assert!(two.text.ends_with("at 1 of 2 addresses"), "{}", two.text);
    assert_eq!(after.findings[0].violation.code, "endpoint.refused");
}

#[test]
fn the_handshake_signature_is_judged() {
    let pki = Pki::new();
    let with = |possession: Possession| {
        let Outcome::Served(served) = serving(&pki.healthy()) else { unreachable!() };
        look(vec![Outcome::Served(Served { possession, ..served })])
    };
    let judge = pki.judge();
    let codes = |possession| {
        let report = judge.look(&with(possession), now());
        report.findings.first().map(|found| (found.violation.code.clone(), found.violation.severity))
    };
    assert_eq!(codes(Possession::Proven), None);
    assert_eq!(codes(Possession::Wrong), Some(("handshake.signature-wrong".into(), Severity::Critical)));
    assert_eq!(
        codes(Possession::Unchecked),
        Some(("handshake.signature-unchecked".into(), Severity::Unknown))
    );
}

#[test]
fn a_name_that_does_not_resolve_is_unknown_and_half_an_answer_is_told() {
    let failure = |family, kind| FamilyFailure { family, kind, detail: "SERVFAIL".to_owned() };
    let pki = Pki::new();
    let mut gone = look(Vec::new());
    gone.resolution = Err(ResolveError {
        host: "shop.example".to_owned(),
        failures: vec![failure(Family::IPv4, ResolveFailure::NoSuchName)],
    });
    let mut half = look(vec![serving(&pki.healthy())]);
    if let Ok(known) = &mut half.resolution {
        known.failures.push(failure(Family::IPv6, ResolveFailure::ServerFailure));
    }
    let (gone, half) = (pki.judge().look(&gone, now()), pki.judge().look(&half, now()));
    insta::assert_snapshot!(format!("{}\n{}", told(&gone), told(&half)));
}

#[test]
fn hsts_takes_the_click_away_and_mail_servers_have_no_browsers() {
    let pki = Pki::new();
    let expired = pki.chain(-Span::days(90), -Span::days(1));
    let views = |look: &Look| pki.judge().look(look, now()).findings[0].clients.clone();
    let mut known = look(vec![serving(&expired)]);
    known.hsts = Hsts::Preloaded;
    assert!(views(&known).iter().all(|view| (view.passable == Passable::No) == (view.client != "curl")));
    known.hsts = Hsts::NotAsked;
    assert_eq!(views(&known)[0].passable, Passable::Yes);
    known.target = "smtp://mail.example".parse().unwrap();
    assert_eq!(views(&known).iter().map(|view| view.client).collect::<Vec<_>>(), ["curl"]);
}

#[test]
fn five_thousand_addresses_with_one_chain_share_its_judgement() {
    let pki = Pki::new();
    let chain = pki.healthy();
    let report = pki.judge().look(&look(vec![serving(&chain); 5000]), now());
    assert_eq!((report.addresses.len(), report.verdict), (5000, Severity::Ok));
    let first = report.addresses[0].facts.as_ref().unwrap();
    for address in &report.addresses {
        let facts = address.facts.as_ref().unwrap();
        assert!(Arc::ptr_eq(&first.chain, &facts.chain) && Arc::ptr_eq(&first.path, &facts.path));
    }
}

#[test]
fn a_remembered_chain_is_judged_again_when_a_date_passes() {
    let pki = Pki::new();
    let judge = pki.judge();
    let look = look(vec![serving(&pki.chain(-Span::days(89), Span::days(1)))]);
    assert!(judge.look(&look, now()).addresses[0].facts.as_ref().unwrap().path.trusted);
    let later = judge.look(&look, now() + Span::days(2));
    assert_eq!(codes(&later), [("certificate.expired", Severity::Critical)]);
    assert!(!later.addresses[0].facts.as_ref().unwrap().path.trusted);
    assert!(judge.look(&look, now()).addresses[0].facts.as_ref().unwrap().path.trusted);
}

#[test]
fn a_finding_is_closed_only_by_a_look_that_could_have_seen_it() {
    let pki = Pki::new();
    let judge = pki.judge();
    let late = pki.chain(-Span::days(80), Span::days(10));
    let open = judge.look(&look(vec![serving(&late), serving(&pki.healthy())]), now());
    let open = open.findings.iter().find(|found| found.violation.code == "certificate.expires-soon").unwrap();
    let could = |outcomes| judge.look(&look(outcomes), now()).could_see(&open.violation);

    assert!(could(vec![serving(&pki.healthy()), serving(&pki.healthy())]));
    assert!(could(vec![serving(&pki.healthy()), failing(FailureKind::Timeout)]), "the other one timed out");
    assert!(!could(vec![failing(FailureKind::Timeout), serving(&pki.healthy())]), "the one it is about");
    assert!(!could(vec![failing(FailureKind::Refused); 2]));
    let mut moved = look(vec![serving(&pki.healthy())]);
    moved.observations[0].address = address(7);
    moved.resolution = Ok(Resolution::known(vec![address(7)]));
    assert!(judge.look(&moved, now()).could_see(&open.violation), "the address left the pool");
    if let Ok(known) = &mut moved.resolution {
        let kind = ResolveFailure::Timeout;
        known.failures.push(FamilyFailure { family: Family::IPv6, kind, detail: String::new() });
    }
    assert!(!judge.look(&moved, now()).could_see(&open.violation), "half an answer does not say so");
}

#[test]
fn a_refusal_is_not_over_because_nobody_answers_any_more() {
    let pki = Pki::new();
    let judge = pki.judge();
    let first = |outcomes| judge.look(&look(outcomes), now()).findings[0].violation.clone();
    let could = |earlier: &Violation, kind| judge.look(&look(vec![failing(kind)]), now()).could_see(earlier);
    let refused = first(vec![failing(FailureKind::Refused)]);
    assert!(!could(&refused, FailureKind::Timeout) && could(&refused, FailureKind::Reset));
    let timeout = first(vec![failing(FailureKind::Timeout)]);
    assert!(could(&timeout, FailureKind::Unreachable));
    let old = pki.chain(-Span::days(60), Span::days(30));
    let disagree = first(vec![serving(&old), serving(&pki.healthy())]);
    let half = judge.look(&look(vec![failing(FailureKind::Timeout), serving(&pki.healthy())]), now());
    assert!(!half.could_see(&disagree), "the stale node is down, not mended");
}

#[test]
fn a_file_is_judged_the_same_way_without_an_address() {
    let pki = Pki::new();
    let certificates: Vec<Certificate> = pki
        .chain(-Span::days(93), -Span::days(3))
        .iter()
        .map(|der| Certificate::parse(der).unwrap())
        .collect();
    let report = pki.judge().file(("/etc/shop.pem", &certificates), None, None, now());
    assert_eq!(codes(&report), [("certificate.expired", Severity::Critical)]);
    assert_eq!((report.addresses.len(), report.addresses[0].address), (1, None));
    assert_eq!(report.findings[0].violation.subject.to_string(), "named:/etc/shop.pem");
    let evidence = report.with_evidence().addresses.remove(0).facts.unwrap().chain[0].der.clone().unwrap();
    assert_eq!(
        pem::chain_from(pem::write("CERTIFICATE", certificates[0].der()).as_bytes()).unwrap()[0],
        notafter_cert::base64::decode(&evidence).unwrap()
    );
    let empty = pki.judge().file(("x", &[]), None, None, now());
    assert_eq!(empty.verdict, Severity::Unknown);
}

#[test]
fn unreadable_anchors_leave_trust_unknown_and_dates_judged() {
    let pki = Pki::new();
    let why = "the trust anchors in /etc/house.pem cannot be read: No such file or directory";
    let blind = Judge::without_anchors(why.to_owned(), Thresholds::default());
    let report = |chain: Chain| blind.look(&look(vec![serving(&chain)]), now());
    let codes = |report: &Report| -> Vec<String> {
        codes(report).iter().map(|(code, _)| (*code).to_owned()).collect()
    };
    let healthy = report(pki.healthy());
    assert_eq!(codes(&healthy), ["endpoint.trust-unreadable"]);
    assert_eq!(healthy.verdict, Severity::Unknown);
    assert!(!healthy.serves());
    assert!(healthy.findings[0].violation.text.ends_with(why));
    let expired = report(pki.chain(-Span::days(90), -Span::days(1)));
    assert_eq!(codes(&expired), ["certificate.expired", "endpoint.trust-unreadable"]);
    // What only anchors can tell stays as it was; the rest opens and closes.
    let untrusted = Judge::new(Anchors::mozilla(), Thresholds::default());
    let earlier = untrusted.look(&look(vec![serving(&pki.healthy())]), now());
    assert_eq!(codes(&earlier), ["chain.untrusted-root"]);
    assert!(!healthy.could_see(&earlier.findings[0].violation));
    assert!(healthy.could_see(&expired.findings[0].violation));
    assert!(earlier.could_see(&healthy.findings[0].violation));
}

#[test]
fn chains_end_where_their_reports_say_and_trust_moves_with_time() {
    let pki = Pki::new();
    let judge = pki.judge();
    let chain = pki.healthy();
    let end = |at| judge.ends(&chain, at);
    let report = judge.look(&look(vec![serving(&chain)]), now());
    let first = end(now());
    assert_eq!(first.trusted_until, report.earliest_end());
    assert_eq!(end(now()), first, "remembered");
    let after = end(now() + Span::days(81));
    assert_eq!((after.earliest, after.trusted_until), (first.earliest, None));
    assert_eq!(Judge::new(Anchors::mozilla(), Thresholds::default()).ends(&chain, now()).trusted_until, None);
    assert_eq!(judge.ends(&[vec![1, 2, 3]], now()), Ends { earliest: None, trusted_until: None });
}

#[test]
fn a_probe_fails_for_what_is_served_now_and_not_for_what_is_to_come() {
    let pki = Pki::new();
    let judge = pki.judge();
    let serves = |outcome| judge.look(&look(vec![outcome]), now()).serves();
    assert!(serves(serving(&pki.healthy())));
    assert!(serves(serving(&pki.chain(-Span::days(89), Span::days(1)))), "critical, and still good");
    assert!(!serves(serving(&pki.chain(-Span::days(90), -Span::days(1)))));
}

/// The limits of CA certificates are not those of the leaf, and each of them turns by itself.
#[test]
fn judgements_turn_at_the_limits_of_the_leaf_and_of_each_ca_by_its_own() {
    let second = Span::seconds(1);
    let turn = |intermediate: Span| {
        let pki = Pki::ending(intermediate);
        let report = pki.judge().look(&look(vec![serving(&pki.healthy())]), now());
        report.turning_point(&Thresholds::default()).unwrap().since(now())
    };
    // The leaf of 90 days has 80 left, and warns at 22 d 12 h: not at the 60 days of a CA.
    let leaf = Thresholds::default().leaf(Span::days(90) + second);
    assert_eq!(turn(Span::days(1000)), Span::days(80) - leaf.warning + second);
    // An intermediate that outlives the leaf, and warns before it.
    assert_eq!(turn(Span::days(90)), Span::days(30) + second);
}

/// Each link as it is drawn: what it is, what it is called, and what is wrong there.
fn drawn(judge: &Judge, chain: &Chain) -> String {
    let report = judge.look(&look(vec![serving(chain)]), now());
    let found: Vec<&Violation> = report.addresses[0].findings.iter().map(|found| &found.violation).collect();
    let links = judge.chain(chain, now()).links(&found);
    let line = |link: &Link| {
        let faults: Vec<String> =
            link.faults.iter().map(|fault| format!("{} {}", fault.severity, fault.code)).collect();
        format!("{}: {} [{}]", link.role.words(), link.name, faults.join(", "))
    };
    links.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The page listed the chain, and said nowhere which certificate was at fault.
#[test]
fn what_is_wrong_with_a_chain_stands_at_the_link_that_it_is_about() {
    let pki = Pki::new();
    let ended = Pki::ending(Span::days(5));
    let nobody = CertifiedIssuer::self_signed(ca_params("Other Root", Span::days(9)), key(9)).unwrap();
    let others = || Judge::new(Anchors::from_ders("others", [nobody.der()]), Thresholds::default());
    let expired = pki.chain(-Span::days(100), -Span::days(3));
    let alone: Chain = [pki.leaf(-Span::days(10), Span::days(80))].into();
    let with_root: Chain =
        [pki.healthy()[0].clone(), pki.middle.der().to_vec(), pki.root.der().to_vec()].into();
    let unneeded: Chain = [pki.healthy()[0].clone(), nobody.der().to_vec(), pki.middle.der().to_vec()].into();
    let self_made: Chain = [nobody.der().to_vec()].into();
    let rubbish: Chain = [b"rubbish".to_vec()].into();
    let told = [
        ("healthy", drawn(&pki.judge(), &pki.healthy())),
        ("expired leaf", drawn(&pki.judge(), &expired)),
        ("an intermediate that ends first", drawn(&ended.judge(), &ended.healthy())),
        ("the intermediate is not sent", drawn(&pki.judge(), &alone)),
        ("nobody trusts it", drawn(&others(), &pki.healthy())),
        ("nobody trusts the root that is sent", drawn(&others(), &with_root)),
        ("self-made", drawn(&pki.judge(), &self_made)),
        ("one too many", drawn(&pki.judge(), &unneeded)),
        ("no anchors", drawn(&Judge::without_anchors("gone".to_owned(), Thresholds::default()), &alone)),
        ("rubbish", drawn(&pki.judge(), &rubbish)),
    ];
    insta::assert_snapshot!(told.map(|(case, links)| format!("-- {case}\n{links}")).join("\n"));
}

/// An intermediate that is trusted itself was called a root.
#[test]
fn an_anchor_that_is_sent_is_called_what_it_is() {
    let pki = Pki::new();
    let chain = pki.healthy();
    let judge = Judge::new(Anchors::from_ders("both", [&chain[0], &chain[1]]), Thresholds::default());
    let report = judge.look(&look(vec![serving(&chain)]), now());
    let notes: Vec<&str> = report.notes.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(notes, ["Test Intermediate is sent; whoever trusts it has it already"]);
    let with_root: Chain = [chain[0].clone(), chain[1].clone(), pki.root.der().to_vec()].into();
    let report = pki.judge().look(&look(vec![serving(&with_root)]), now());
    assert_eq!(report.notes[0].text, "the root Test Root is sent; clients have it or do not trust it");
}

/// "chrome refuses it, other browsers do not" stood beside "apple refuses it, other browsers do not".
#[test]
fn what_browsers_refuse_is_told_once_with_those_that_do_not() {
    let pki = Pki::new();
    let known = pki.judge().chain(&pki.healthy(), now());
    let differs = |client, step, code| Differs { client, step, code, text: format!("{code}, in words") };
    let path = Judgement {
        differs: vec![
            differs("chrome", 0, "path.lifetime"),
            differs("chrome", 1, "path.key"),
            differs("firefox", 1, "path.key"),
            differs("apple", 0, "path.lifetime"),
            differs("apple", 1, "path.key"),
            differs("apple", 0, "path.purpose"),
        ],
        ..known.path.as_deref().unwrap().clone()
    };
    assert_eq!(
        facts::differing(&path),
        [
            "Chrome and Apple refuse shop.example, Firefox does not: path.lifetime, in words",
            "Chrome, Firefox and Apple refuse Test Intermediate: path.key, in words",
            "Apple refuses shop.example, Chrome and Firefox do not: path.purpose, in words",
        ]
    );
}

#[test]
fn how_much_of_a_life_is_over() {
    let pki = Pki::new();
    let spent = |from, until| {
        let chain = pki.chain(from, until);
        pki.judge().chain(&chain, now()).links(&[])[0].spent_permille(now())
    };
    // Its last second belongs to it.
    assert_eq!(spent(-Span::days(30), Span::days(30)), Some(499));
    assert_eq!(spent(-Span::days(30), -Span::days(1)), Some(1000));
    assert_eq!(spent(Span::days(1), Span::days(30)), Some(0));
}

//! Asking about revocation, and stapled answers, against a server that tells the truth and one that does not.

use std::fmt::Write as _;
use std::net::SocketAddr;

use notafter_cert::path::Anchors;
use notafter_cert::revocation::{Exempt, Reason, Status, Verdict};
use notafter_cert::{Certificate, Fingerprint, Span, Time};
use notafter_inventory::check::{Judge, Look, Report, Statuses};
use notafter_inventory::threshold::Thresholds;
use notafter_lab::authority::{Authority, Identity, StatusPoints, Validity};
use notafter_lab::revocation::{Manner, Revoked, StatusServer, Window, refusal};
use notafter_lab::tls_server::TlsServer;
use notafter_net::dns::Resolver;
use notafter_net::limits::AddressPolicy;
use notafter_net::observe::{Network, Options as LookOptions};
use notafter_net::revocation::{Asker, Options};
use notafter_net::{Clock, Eye, Resolution};
use notafter_tls::Target;

const HERE: &str = "127.0.0.1:0";

fn now() -> Time {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn validity() -> Validity {
    Validity { from: now() - Span::days(30), to: now() + Span::days(60) }
}

fn resolver() -> Resolver {
    Resolver::from_servers(&["127.0.0.1:9".parse().unwrap()], Span::seconds(5)).unwrap()
}

struct Stage {
    clock: Clock,
    authority: Authority,
    server: StatusServer,
}

impl Stage {
    async fn new() -> Self {
        let clock = Clock::staged(now());
        let authority = Authority::new("Lab", validity()).unwrap();
        let signer = authority.signer().unwrap();
        let server = StatusServer::start(HERE.parse().unwrap(), signer, clock.clone()).await.unwrap();
        Self { clock, authority, server }
    }

    fn points(&self) -> StatusPoints {
        let (ocsp, crls) = (vec![self.server.ocsp_url()], vec![self.server.crl_url()]);
        StatusPoints { ocsp, crls, ..StatusPoints::default() }
    }

    fn identity(&self, points: &StatusPoints) -> Identity {
        let names = ["shop.example".parse().unwrap()];
        self.authority.issue_with_status(&names, validity(), points).unwrap()
    }

    fn asker(&self) -> Asker {
        self.asker_with(AddressPolicy::Anywhere)
    }

    fn asker_with(&self, policy: AddressPolicy) -> Asker {
        Asker::new(Options {
            resolver: resolver(),
            policy,
            clock: self.clock.clone(),
            answer_within: Span::seconds(20),
            crl_within: Span::seconds(60),
            deadline: None,
            crl_limit: 20_000_000,
            asks: true,
            filters: Vec::new(),
        })
    }

    /// What is said of this identity's leaf.
    async fn status(&self, asker: &Asker, identity: &Identity) -> Status {
        let [leaf, issuer] = [0, 1].map(|place| Certificate::parse(&identity.chain[place]).unwrap());
        asker.status(&leaf, &issuer, self.clock.now()).await.unwrap()
    }

    fn asked(&self) -> Vec<String> {
        let asked = self.server.asked();
        asked
            .iter()
            .map(|one| format!("{} {}", one.method, one.path.split('/').nth(1).unwrap_or_default()))
            .collect()
    }

    /// What people read of it, without what changes from run to run.
    fn told(&self, status: &Status) -> String {
        let mut text = format!("{}\n", status.verdict());
        for statement in &status.statements {
            let _ = writeln!(text, "  {}: {}", statement.source, statement.verdict);
        }
        text.replace(&self.server.address().to_string(), "HOST")
    }
}

#[tokio::test]
async fn a_good_certificate_is_good_by_both_and_asked_about_once_while_that_is_fresh() {
    let stage = Stage::new().await;
    let (asker, identity) = (stage.asker(), stage.identity(&stage.points()));
    let status = stage.status(&asker, &identity).await;
    insta::assert_snapshot!(stage.told(&status), @"
    good
      OCSP http://HOST/ocsp: good
      CRL http://HOST/list.crl: good
    ");
    for statement in &status.statements {
        let window = Window::around(now());
        assert_eq!((statement.this_update, statement.next_update), (Some(window.from), Some(window.to)));
    }
    let mut asked = stage.asked();
    asked.sort();
    assert_eq!(asked, ["GET list.crl", "GET ocsp"]);
    assert_eq!(stage.status(&asker, &identity).await, status);
    let other = stage.identity(&stage.points());
    assert!(stage.status(&asker, &other).await.verdict().is_good());
    assert_eq!(stage.asked().len(), 3, "another certificate is another question, and the same CRL");
    stage.clock.advance_to(now() + Span::hours(1));
    stage.status(&asker, &identity).await;
    assert_eq!(stage.asked().len(), 5);
}

#[tokio::test]
async fn a_revoked_one_is_revoked_with_date_and_reason() {
    let stage = Stage::new().await;
    let identity = stage.identity(&stage.points());
    stage.server.revoke(&identity.chain[0], now() - Span::days(2), Some(Reason::KeyCompromise));
    let status = stage.status(&stage.asker(), &identity).await;
    insta::assert_snapshot!(stage.told(&status), @"
    revoked on 2026-11-20 12:00 UTC (keyCompromise)
      OCSP http://HOST/ocsp: revoked on 2026-11-20 12:00 UTC (keyCompromise)
      CRL http://HOST/list.crl: revoked on 2026-11-20 12:00 UTC (keyCompromise)
    ");
}

#[tokio::test]
async fn what_servers_do_wrong_is_told_and_never_good() {
    let stage = Stage::new().await;
    let identity = stage.identity(&stage.points());
    let mut told = String::new();
    let elsewhere = format!("{}/gone", stage.server.ocsp_url());
    for manner in [
        Manner::Delegated,
        Manner::OutOfDate,
        Manner::WrongKey,
        Manner::OtherCertificate,
        Manner::Garbage,
        Manner::Busy,
        Manner::PostOnly(405),
        Manner::Redirect(elsewhere),
        Manner::Redirect("http://169.254.169.254/latest/meta-data".to_owned()),
    ] {
        let name = format!("{manner:?}");
        stage.server.behave(manner);
        let asker = stage.asker_with(AddressPolicy::Server { private_allowed: true });
        let status = stage.status(&asker, &identity).await;
        let _ = write!(told, "{name}: {}", stage.told(&status));
    }
    let told = told.replace(&stage.server.address().to_string(), "HOST");
    insta::assert_snapshot!(told);
}

/// A delta CRL that nobody could fetch left no word; and whatever a CRL named was followed before anybody looked who signed it.
#[tokio::test]
async fn changes_that_cannot_be_had_are_told_and_followed_only_from_what_is_believed() {
    let stage = Stage::new().await;
    let deltas = vec!["ldap://ldap.example/cn=CA".to_owned(), stage.server.ocsp_url()];
    let points = StatusPoints { ocsp: Vec::new(), deltas, ..stage.points() };
    let identity = stage.identity(&points);
    let status = stage.status(&stage.asker(), &identity).await;
    insta::assert_snapshot!(stage.told(&status), @"
    good
      CRL http://HOST/list.crl: good
      CRL ldap://ldap.example/cn=CA: unknown: it could not be fetched: ldap: cannot be asked: neither http nor https
      CRL http://HOST/ocsp: unknown: the CRL cannot be read: byte 2: ENUMERATED where SEQUENCE must be
    ");
    stage.server.behave(Manner::WrongKey);
    let status = stage.status(&stage.asker(), &identity).await;
    insta::assert_snapshot!(stage.told(&status), @"
    unknown: its signature is wrong
      CRL http://HOST/list.crl: unknown: its signature is wrong
    ");
}

#[tokio::test]
async fn a_list_of_any_size_is_read_and_an_endless_one_is_left() {
    let stage = Stage::new().await;
    let points = StatusPoints { ocsp: Vec::new(), ..stage.points() };
    let [good, bad] = [0, 1].map(|_| stage.identity(&points));
    stage.server.revoke(&bad.chain[0], now() - Span::days(2), None);
    // Three million bytes: more than is kept whole.
    stage.server.behave(Manner::Huge(100_000));
    let asker = stage.asker();
    assert_eq!(stage.status(&asker, &good).await.verdict(), Verdict::Good);
    assert!(stage.status(&asker, &bad).await.verdict().is_revoked());
    assert_eq!(stage.status(&asker, &good).await.verdict(), Verdict::Good);
    assert_eq!(stage.asked().len(), 2, "of a large one it is kept what it says of each");
    for _ in 0..3 {
        assert_eq!(stage.status(&asker, &stage.identity(&points)).await.verdict(), Verdict::Good);
    }
    assert_eq!(stage.asked().len(), 2, "whoever is not on it needs no second download");
    stage.server.behave(Manner::Endless);
    let status = stage.status(&stage.asker(), &stage.identity(&stage.points())).await;
    insta::assert_snapshot!(stage.told(&status), @"
    unknown: it could not be fetched: 127.0.0.1 sent more than 65536 bytes
      OCSP http://HOST/ocsp: unknown: it could not be fetched: 127.0.0.1 sent more than 65536 bytes
      CRL http://HOST/list.crl: unknown: it could not be fetched: 127.0.0.1 sent more than 20000000 bytes
    ");
}

#[tokio::test]
async fn nobody_waits_for_a_silent_server_longer_than_was_said() {
    let stage = Stage::new().await;
    stage.server.behave(Manner::Silent);
    let asker = Asker::new(Options {
        resolver: resolver(),
        policy: AddressPolicy::Anywhere,
        clock: stage.clock.clone(),
        answer_within: Span::millis(50),
        crl_within: Span::millis(50),
        deadline: None,
        crl_limit: 1000,
        asks: true,
        filters: Vec::new(),
    });
    let status = stage.status(&asker, &stage.identity(&stage.points())).await;
    insta::assert_snapshot!(stage.told(&status), @"
    unknown: it could not be fetched: nothing came within 50 ms
      OCSP http://HOST/ocsp: unknown: it could not be fetched: nothing came within 50 ms
      CRL http://HOST/list.crl: unknown: it could not be fetched: nothing came within 50 ms
    ");
    assert_eq!(stage.asked().len(), 2, "a server that is silent to one question is not asked another");
    let other = stage.status(&asker, &stage.identity(&stage.points())).await;
    assert_eq!(other, status);
    assert_eq!(stage.asked().len(), 2, "nor about another certificate");
}

#[tokio::test]
async fn where_nobody_can_be_asked_that_is_said() {
    let stage = Stage::new().await;
    let names = ["shop.example".parse().unwrap()];
    let points = |crls: Vec<String>| StatusPoints { crls, ..StatusPoints::default() };
    let directory = stage.identity(&points(vec!["ldap://ldap.example/cn=CA".to_owned()]));
    let status = stage.status(&stage.asker(), &directory).await;
    insta::assert_snapshot!(stage.told(&status), @"
    unknown: it could not be fetched: ldap: cannot be asked: neither http nor https
      CRL ldap://ldap.example/cn=CA: unknown: it could not be fetched: ldap: cannot be asked: neither http nor https
    ");
    let silent = stage.status(&stage.asker(), &stage.identity(&points(Vec::new()))).await;
    assert!(silent.is_missing());
    insta::assert_snapshot!(stage.told(&silent), @"unknown: the certificate names nobody who tells of it");
    let short = Validity { from: now() - Span::days(1), to: now() + Span::days(5) };
    let short = stage.authority.issue_with_status(&names, short, &points(Vec::new())).unwrap();
    let status = stage.status(&stage.asker(), &short).await;
    assert_eq!((status.exempt, status.is_missing()), (Some(Exempt::ShortLived), false));
}

/// A server, looked at and judged.
async fn judged(stage: &Stage, identity: &Identity, staple: Vec<u8>, statuses: Option<Statuses>) -> Report {
    let server = TlsServer::stapling(HERE.parse().unwrap(), identity, staple).await.unwrap();
    let target: Target = format!("shop.example:{}", server.address().port()).parse().unwrap();
    let eye = Network::new(LookOptions {
        resolver: resolver(),
        policy: AddressPolicy::Anywhere,
        clock: stage.clock.clone(),
        within: Span::seconds(20),
        vantage: "local".to_owned(),
    });
    let seen = eye.look(&target, server.address()).await;
    let resolution = Ok(Resolution::known(vec![server.address()]));
    let look = Look { statuses: statuses.map(Into::into), ..Look::at(target, resolution, vec![seen]) };
    judge(stage).look(&look, stage.clock.now())
}

fn judge(stage: &Stage) -> Judge {
    let anchors = Anchors::from_pem("lab", stage.authority.root_pem().as_bytes()).unwrap();
    Judge::new(anchors, Thresholds::default())
}

/// Findings, and what is known of the leaf.
fn told(report: &Report) -> String {
    let mut text = String::new();
    for found in &report.findings {
        let of = &found.violation;
        let clients: Vec<&str> = found.clients.iter().map(|view| view.client).collect();
        let _ = writeln!(text, "{} {}: {} {clients:?}", of.severity, of.code, of.text);
    }
    let facts = report.addresses[0].facts.as_ref().unwrap();
    for known in facts.revocation.iter() {
        let sources: Vec<&str> = known.sources.iter().map(|source| source.source).collect();
        let _ = writeln!(text, "{}: {} {sources:?}", known.name, known.told.verdict);
    }
    let _ = write!(text, "stapled: {:?}", facts.handshake.as_ref().unwrap().stapled);
    text
}

#[tokio::test]
async fn a_stapled_answer_is_judged_at_every_look() {
    let stage = Stage::new().await;
    let signer = stage.authority.signer().unwrap();
    let must = stage.identity(&StatusPoints { must_staple: true, ..StatusPoints::default() });
    let plain = stage.identity(&StatusPoints::default());
    let answer = |identity: &Identity, window: Window| {
        signer.answer(&signer.identity(&identity.chain[0]).unwrap(), None, window).unwrap()
    };
    let revoked = Revoked::of(&plain.chain[0], now() - Span::days(2), Some(Reason::Superseded));
    let id = signer.identity(&plain.chain[0]).unwrap();
    let (fresh, old) = (Window::around(now()), Window::before(now()));
    let table = [
        ("good", &must, answer(&must, fresh)),
        ("missing, and demanded", &must, Vec::new()),
        ("missing, and not demanded", &plain, Vec::new()),
        ("revoked", &plain, signer.answer(&id, Some(&revoked), fresh).unwrap()),
        ("old", &plain, answer(&plain, old)),
        ("old, and demanded", &must, answer(&must, old)),
        ("of another certificate", &plain, answer(&must, fresh)),
        ("of another key", &plain, signer.impostor().unwrap().answer(&id, None, fresh).unwrap()),
        ("refused", &plain, refusal(6)),
    ];
    let mut all = String::new();
    for (what, identity, staple) in table {
        let report = judged(&stage, identity, staple, None).await;
        let _ = writeln!(all, "# {what}\n{}", told(&report));
    }
    insta::assert_snapshot!(all);
}

/// A certificate that was revoked is not good again because its server staples nothing any more.
#[tokio::test]
async fn a_revocation_is_over_when_somebody_says_so_or_the_certificate_is_gone() {
    let stage = Stage::new().await;
    let signer = stage.authority.signer().unwrap();
    let identity = stage.identity(&StatusPoints::default());
    let id = signer.identity(&identity.chain[0]).unwrap();
    let revoked = Revoked::of(&identity.chain[0], now() - Span::days(2), None);
    let staple = signer.answer(&id, Some(&revoked), Window::around(now())).unwrap();
    let mut told = judged(&stage, &identity, staple, None).await.findings;
    let mut earlier = told.remove(0).violation;
    assert_eq!(earlier.code, "certificate.revoked");
    // Each look is at a server of its own.
    earlier.evidence["addresses"] = serde_json::json!([]);
    let silent = judged(&stage, &identity, Vec::new(), None).await;
    assert!(!silent.could_see(&earlier));
    let good = signer.answer(&id, None, Window::around(now())).unwrap();
    assert!(judged(&stage, &identity, good, None).await.could_see(&earlier));
    let other = stage.identity(&StatusPoints::default());
    assert!(judged(&stage, &other, Vec::new(), None).await.could_see(&earlier));
}

#[tokio::test]
async fn what_was_asked_becomes_findings() {
    let stage = Stage::new().await;
    let identity = stage.identity(&stage.points());
    let chain = identity.chain.iter().map(|der| Certificate::parse(der).unwrap()).collect::<Vec<_>>();
    let known = judge(&stage).chain(&identity.chain.clone().into(), now());
    let askable: Vec<(Fingerprint, Fingerprint)> =
        known.askable().iter().map(|(one, issuer)| (one.fingerprint(), issuer.fingerprint())).collect();
    assert_eq!(askable.len(), 2, "the leaf and the intermediate");
    assert_eq!(askable[0], (chain[0].fingerprint(), chain[1].fingerprint()));
    let stranger = Judge::new(Anchors::mozilla(), Thresholds::default());
    assert!(stranger.chain(&identity.chain.clone().into(), now()).askable().is_empty());
    for manner in [Manner::Well, Manner::Garbage] {
        stage.server.behave(manner);
        let mut statuses = Vec::new();
        for (certificate, issuer) in known.askable() {
            let status = stage.asker().status(&certificate, &issuer, now()).await.unwrap();
            statuses.push((certificate.fingerprint(), status));
        }
        let report = judged(&stage, &identity, Vec::new(), Some(statuses.into_iter().collect())).await;
        let told = told(&report).replace(&stage.server.address().to_string(), "HOST");
        insta::allow_duplicates! {
            let is_good = !told.contains("Garbage") && !told.contains("shop.example was") && told.contains(": good");
            assert_eq!(is_good, stage.server.asked().len() < 4, "{told}");
        }
        assert!(told.contains("certificate.revocation-unknown: whether Lab intermediate was revoked is not known: the certificate names nobody who tells of it"), "{told}");
    }
}

/// Nothing but what the address says is believed: where a name leads is looked at, too.
#[tokio::test]
async fn addresses_are_checked_before_they_are_touched() {
    let stage = Stage::new().await;
    let metadata: SocketAddr = "169.254.169.254:80".parse().unwrap();
    let points = StatusPoints { ocsp: vec![format!("http://{metadata}/")], ..StatusPoints::default() };
    let asker = stage.asker_with(AddressPolicy::Server { private_allowed: true });
    let status = stage.status(&asker, &stage.identity(&points)).await;
    let told = stage.told(&status);
    assert!(told.contains("169.254.169.254 is a cloud's metadata address"), "{told}");
}

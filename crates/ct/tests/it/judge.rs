//! Promises are proved, refuted or left open, each for its reason.

use notafter_cert::x509::extension::{SctList, SerializedSct};
use notafter_cert::{Certificate, Span, Time};
use notafter_ct::loglist::{Caution, MIMICS};
use notafter_ct::policy::Verdict;
use notafter_ct::{Delivery, LogList, Report, Sct, Source, judge};

use crate::stage::{
    Ca, Order, TestLog, ca, certificate, list, list_text, poison, sct_list, start, x509_entry,
};

struct Stage {
    ca: Ca,
    order: Order,
    one: TestLog,
    two: TestLog,
    leaf: Certificate,
}

fn noon() -> Time {
    start() + Span::hours(12)
}

/// A certificate with a promise of an ordinary log and one of a log of tiles with an RSA key.
fn stage() -> Stage {
    let (ca, order) = (ca("CA"), Order::new());
    let (one, two) = (TestLog::new("one"), TestLog::rsa("two"));
    let entry = order.precert_entry(&ca);
    let scts = [one.promise(start(), &entry), two.promise(start() + Span::hours(1), &entry)];
    let leaf = order.finished(&ca, &scts);
    Stage { ca, order, one, two, leaf }
}

impl Stage {
    fn list(&self) -> LogList {
        list(&[&self.one, &self.two])
    }

    fn report(&self, deliveries: &[Delivery<'_>], at: Time) -> Report {
        judge(&self.leaf, Some(&certificate(&self.ca)), deliveries, Some(&self.list()), at)
    }
}

fn said(report: &Report) -> Vec<String> {
    report.scts.iter().map(|judged| judged.verdict.to_string()).collect()
}

#[test]
fn what_logs_promised_is_proved_and_browsers_are_content() {
    let stage = stage();
    let report = stage.report(&[], noon());
    assert_eq!(said(&report), ["valid", "valid"]);
    assert_eq!(report.proved(), 2);
    assert!(report.policies.iter().all(|(_, verdict)| *verdict == Verdict::Compliant), "{report:?}");
    let [one, two] = &report.scts[..] else { panic!("{report:?}") };
    assert_eq!((one.log.as_deref(), one.operator.as_deref()), (Some("one log"), Some("one")));
    assert_eq!((one.source, one.time, one.leaf_index), (Source::Certificate, Some(start()), None));
    assert_eq!(two.leaf_index, Some(258));
    assert_eq!(two.state.unwrap().kind.name(), "usable");
}

#[test]
fn what_comes_beside_the_certificate_is_proved_for_the_whole_of_it() {
    let stage = stage();
    let entry = x509_entry(stage.leaf.der());
    let good = sct_list(&[stage.one.promise(start(), &entry)]);
    let other = sct_list(&[stage.two.promise(start(), &stage.order.precert_entry(&stage.ca))]);
    let deliveries = [
        Delivery { source: Source::Tls, list: &good },
        Delivery { source: Source::Ocsp, list: &other },
        Delivery { source: Source::Ocsp, list: &[0, 9] },
    ];
    assert_eq!(
        said(&stage.report(&deliveries, noon()))[2..],
        [
            "valid",
            "invalid: the log did not sign it for this certificate",
            "invalid: it cannot be read: byte 0: an SCT list whose lengths do not fit",
        ]
    );
}

#[test]
fn a_precertificate_is_proved_by_what_came_back_for_it() {
    let stage = stage();
    let precertificate = Certificate::parse(&stage.order.signed(&stage.ca, Some(poison()))).unwrap();
    let scts = sct_list(&[stage.one.promise(start(), &stage.order.precert_entry(&stage.ca))]);
    let delivery = Delivery { source: Source::Tls, list: &scts };
    let issuer = certificate(&stage.ca);
    let report = judge(&precertificate, Some(&issuer), &[delivery], Some(&stage.list()), noon());
    assert_eq!(said(&report), ["valid"]);
    let report = judge(&precertificate, None, &[delivery], Some(&stage.list()), noon());
    assert_eq!(said(&report), ["unknown: the issuer's certificate is not at hand"]);
}

#[test]
fn what_is_not_at_hand_leaves_it_open() {
    let stage = stage();
    let (issuer, list) = (certificate(&stage.ca), stage.list());
    let report = judge(&stage.leaf, None, &[], Some(&list), noon());
    assert_eq!(said(&report), ["unknown: the issuer's certificate is not at hand"; 2]);
    assert!(
        report.policy("chrome").unwrap().to_string().starts_with("unknown: 2 of 2 SCTs could not be checked")
    );

    let report = judge(&stage.leaf, Some(&issuer), &[], None, noon());
    assert_eq!(said(&report), ["unknown: no log list was given"; 2]);
    assert_eq!(report.policy("apple").unwrap().to_string(), "unknown: no log list was given");

    let namesake = certificate(&ca("CA"));
    let report = judge(&stage.leaf, Some(&namesake), &[], Some(&list), noon());
    assert_eq!(
        said(&report),
        ["unknown: what was given as the issuer's certificate did not sign this one"; 2]
    );

    let only_one = crate::stage::list(&[&stage.one]);
    let report = judge(&stage.leaf, Some(&issuer), &[], Some(&only_one), noon());
    assert_eq!(said(&report), ["valid", "unknown: the log list does not have its log"]);
    assert!(matches!(report.policy("firefox"), Some(Verdict::Lacking(_))), "browsers do not know it either");
}

#[test]
fn a_promise_from_the_future_is_none() {
    let stage = stage();
    let report = stage.report(&[], start() + Span::minutes(59));
    assert_eq!(said(&report), ["valid", "invalid: it is from the future"]);
}

#[test]
fn what_anybody_can_sign_is_worth_nothing() {
    let stage = stage();
    let mut sct = stage.one.promise(start(), &x509_entry(stage.leaf.der()));
    sct[1..33].copy_from_slice(MIMICS[0].as_bytes());
    let scts = sct_list(&[sct]);
    let report = stage.report(&[Delivery { source: Source::Tls, list: &scts }], noon());
    assert_eq!(
        said(&report)[2],
        "invalid: the private key of its log is published, so that anybody can sign with it"
    );
}

#[test]
fn a_signature_of_another_kind_or_another_version_is_told_as_such() {
    let stage = stage();
    let promise = |at: usize, byte: u8| {
        let mut sct = stage.one.promise(start(), &x509_entry(stage.leaf.der()));
        sct[at] = byte;
        sct
    };
    let scts = sct_list(&[promise(0, 1), promise(43, 2), promise(44, 1)]);
    let report = stage.report(&[Delivery { source: Source::Tls, list: &scts }], noon());
    assert_eq!(
        said(&report)[2..],
        [
            "unknown: it is of version 2, which is not known here",
            "invalid: the log's key makes no signatures of kind 3 with hash 2",
            "invalid: the log's key makes no signatures of kind 1 with hash 4",
        ]
    );
}

#[test]
fn more_than_any_honest_server_sends_is_not_looked_at() {
    let stage = stage();
    let scts = sct_list(&vec![vec![0]; 70]);
    let report = stage.report(&[Delivery { source: Source::Tls, list: &scts }], noon());
    assert_eq!(report.scts.len(), 2 + 64 + 1);
    assert_eq!(said(&report)[66], "unknown: 6 more, which were not looked at");
}

#[test]
fn an_old_list_is_told_from_its_seventieth_day_on() {
    let stage = stage();
    let list = stage.list();
    assert_eq!(list.cautions(start() + Span::days(70) - Span::seconds(1)), []);
    assert_eq!(list.cautions(start() + Span::days(70)), [Caution::Old(Span::days(70))]);
    let at = start() + Span::days(71);
    assert_eq!(
        list.cautions(at)[0].to_string(),
        "the log list is 71 days old; browsers enforce nothing by one of 70 days or more"
    );
    let report = stage.report(&[], at);
    assert_eq!(said(&report), ["valid", "valid"], "signatures do not age");
    assert!(report.policies.iter().all(|(_, verdict)| matches!(verdict, Verdict::Unknown(_))));
}

/// One that was dated a year ahead was told as if it were of today.
#[test]
fn a_list_from_the_future_is_told() {
    let list = stage().list();
    let made = list.made.unwrap();
    assert_eq!(list.cautions(made), []);
    assert_eq!(list.cautions(made - Span::seconds(1)), [Caution::Future(made)]);
}

#[test]
fn a_list_with_mimics_or_without_a_date_is_told_as_such() {
    let one = TestLog::new("one");
    let mimic = r#"{"description": "x", "mmd": 1, "url": "", "log_id": "9EGV1vAOLbVUNcrdV3iS5T4VrUFwWPh44U/2uRh0FYk=",
        "key": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEdO/+dnH/NZSBSLmmN9u2h4HNTnCOLeU+oMBiRynIvQ8zt2ft0IMyO90e5nwSaCdYvA4JVGzCMarfs9DcNxFY1g=="}"#;
    let text = list_text(&[&one, &one]).replacen("\"logs\": [", &format!("\"logs\": [7, {mimic}, "), 1);
    let list = LogList::read(text.as_bytes()).unwrap();
    assert_eq!((list.logs().len(), list.oddities().len()), (1, 3));
    assert_eq!(list.cautions(noon()), [Caution::Frozen, Caution::LeftOut(2)]);
    let undated = LogList::read(text.replace("log_list_timestamp", "assetVersion").as_bytes()).unwrap();
    assert_eq!(undated.cautions(noon())[0], Caution::Undated);
}

/// Every bit of a promise is either signed, or says how and by whom.
#[test]
fn a_promise_with_a_flipped_bit_is_none() {
    let stage = stage();
    let list = stage.list();
    for log in [&stage.one, &stage.two] {
        let entry = x509_entry(stage.leaf.der());
        let sct = log.promise(start(), &entry);
        let whole = notafter_ct::Entry::Certificate(stage.leaf.der());
        for bit in 0..sct.len() * 8 {
            let mut flipped = sct.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let read = Sct::of(SerializedSct { octets: &flipped, at: 0 });
            let proved = read.fault().is_none()
                && read
                    .log
                    .ok()
                    .and_then(|id| list.find(id))
                    .is_some_and(|log| log.key.verify(&read, &whole).is_ok());
            assert!(!proved, "bit {bit}");
        }
    }
}

/// What is promised is the whole of the signed part but the promises; the CA's signature is not part of it.
#[test]
fn a_certificate_with_a_flipped_bit_has_no_promise() {
    let (ca, order, one) = (ca("CA"), Order::new(), TestLog::new("one"));
    let leaf = order.finished(&ca, &[one.promise(start(), &order.precert_entry(&ca))]);
    let (issuer, list) = (certificate(&ca), list(&[&one]));
    let tbs = leaf.anatomy().tbs.unwrap();
    let signed = tbs.at..tbs.at + tbs.whole.len();
    let mut proved = 0;
    for bit in 0..leaf.der().len() * 8 {
        let mut der = leaf.der().to_vec();
        der[bit / 8] ^= 1 << (bit % 8);
        let Ok(flipped) = Certificate::parse(&der) else { continue };
        let report = judge(&flipped, Some(&issuer), &[], Some(&list), noon());
        assert!(report.proved() == 0 || !signed.contains(&(bit / 8)), "bit {bit}: {report:?}");
        proved += report.proved();
    }
    assert!(proved > 400, "{proved}: those of the signature's bits");
    let found = leaf.anatomy().value::<SctList<'_>>().unwrap().unwrap();
    assert_eq!(found.0.len(), 1);
}

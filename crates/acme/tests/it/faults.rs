//! A CA that answers 500, 429, HTML, nothing, or lies: what is told, and what is left behind.

use notafter_acme::problem::Class;
use notafter_acme::server::RequestKind;
use notafter_acme::server::fault::{Fault, Planned};
use notafter_acme::{Code, Failure};
use notafter_cert::{Span, Trouble};
use serde_json::json;

use super::stage::{Stage, remarks, wish};

fn with(planned: Vec<Planned>) -> (Stage, Result<(), Failure>, String) {
    let mut stage = Stage::new(|_| ());
    let flow = stage.begin(wish(&["shop.example"]));
    for planned in planned {
        stage.plan(planned);
    }
    let (flow, issued) = stage.drive(flow, &Vec::new());
    let told = remarks(&flow).join("; ");
    (stage, issued.map(|_| ()), told)
}

const DEPENDENT: [RequestKind; 7] = [
    RequestKind::NewNonce,
    RequestKind::NewOrder,
    RequestKind::Order,
    RequestKind::Authorization,
    RequestKind::Challenge,
    RequestKind::Finalize,
    RequestKind::Certificate,
];

/// Each request of an issuance meets each passing fault, twice in a row: it ends well, and nothing is asked for twice.
#[test]
fn what_passes_is_outlived_at_every_request() {
    for kind in DEPENDENT {
        for fault in
            [Fault::server_error(), Fault::html(), Fault::NoAnswer, Fault::LoseReply, Fault::RejectNonce]
        {
            let twice = Planned { on: kind, from: 1, count: 2, fault: fault.clone() };
            let (stage, issued, told) = with(vec![twice]);
            issued.unwrap_or_else(|failure| panic!("{kind:?} {fault:?}: {failure}"));
            assert_eq!(stage.server.ca.certificates().len(), 1, "{kind:?} {fault:?}: {told}");
            assert_eq!(stage.acted(RequestKind::NewOrder), 1, "{kind:?} {fault:?}: {told}");
            assert_eq!(stage.acted(RequestKind::Finalize), 1, "{kind:?} {fault:?}: {told}");
        }
    }
}

#[test]
fn a_limit_on_new_orders_is_told_with_the_time_at_which_it_ends_and_is_not_tried_again() {
    let (stage, issued, _) = with(vec![Planned::always(RequestKind::NewOrder, Fault::rate_limited(3600))]);
    let failure = issued.unwrap_err();
    assert_eq!((failure.code, failure.class()), (Code::RateLimited, Class::RateLimit));
    assert!((failure.retry_after.unwrap().since(stage.now) - Span::hours(1)).abs() < Span::minutes(1));
    let asked = stage.server.log().iter().filter(|logged| logged.kind == RequestKind::NewOrder).count();
    assert_eq!(asked, 1);
}

#[test]
fn a_limit_in_the_middle_is_waited_for_as_long_as_the_ca_says() {
    let (stage, issued, _) = with(vec![Planned::nth(RequestKind::Finalize, 1, Fault::rate_limited(900))]);
    issued.unwrap();
    assert!(
        stage.waited.iter().any(|wait| (*wait - Span::minutes(15)).abs() < Span::seconds(2)),
        "{:?}",
        stage.waited
    );
    assert_eq!(stage.acted(RequestKind::Finalize), 1);
}

#[test]
fn a_ca_that_is_down_for_good_is_given_up_before_an_order_and_pursued_after_one() {
    let (stage, issued, _) = with(vec![Planned::always(RequestKind::NewOrder, Fault::NoAnswer)]);
    assert_eq!(issued.unwrap_err().class(), Class::Network);
    assert!(stage.server.ca.orders().is_empty());

    for (kind, hours) in [(RequestKind::Authorization, 2), (RequestKind::Certificate, 24)] {
        let (stage, issued, _) = with(vec![Planned::always(kind, Fault::html())]);
        assert_eq!(issued.unwrap_err().class(), Class::Ca);
        let pursued = stage.waited.iter().fold(Span::ZERO, |sum, wait| sum + *wait);
        assert!((pursued - Span::hours(hours)).abs() <= Span::minutes(31), "{kind:?}: {pursued}");
        assert!(stage.waited.iter().all(|wait| *wait <= Span::minutes(30)), "{:?}", stage.waited);
    }
}

/// Looking at the order between two attempts is no progress: the pauses grow, and the attempts are counted.
#[test]
fn a_ca_that_never_takes_the_csr_is_given_up_after_a_few_attempts() {
    let stands = Fault::Answer {
        status: 200,
        headers: Vec::new(),
        body: json!({ "status": "ready", "identifiers": [{ "type": "dns", "value": "shop.example" }] })
            .to_string(),
    };
    for fault in [
        Fault::server_error(),
        Fault::NoAnswer,
        Fault::problem(403, "orderNotReady", "not yet", None),
        stands,
    ] {
        let (stage, issued, _) = with(vec![Planned::always(RequestKind::Finalize, fault)]);
        assert_eq!(issued.unwrap_err().code, Code::OrderStuck);
        let sent = stage.server.log().iter().filter(|logged| logged.kind == RequestKind::Finalize).count();
        assert_eq!(sent, 6);
    }
}

#[test]
fn a_ca_that_never_hears_of_a_challenge_is_told_a_few_times_and_then_given_up() {
    let (stage, issued, _) = with(vec![Planned::always(RequestKind::Challenge, Fault::NoAnswer)]);
    let failure = issued.unwrap_err();
    assert_eq!((failure.code, failure.class()), (Code::OrderStuck, Class::Ca));
    assert_eq!(failure.identifiers, ["shop.example".parse().unwrap()]);
    let told = stage.server.log().iter().filter(|logged| logged.kind == RequestKind::Challenge).count();
    assert_eq!(told, 4);
}

#[test]
fn a_ca_that_lies_is_not_followed() {
    let table = [
        (RequestKind::NewOrder, Fault::lie_about_order(), Code::UntruthfulAnswer),
        (RequestKind::NewOrder, Fault::foreign_url(), Code::UrlEscapesOrigin),
        (
            RequestKind::NewOrder,
            Fault::Lie { member: "authorizations".to_owned(), value: json!(vec!["/authorization/0"; 500]) },
            Code::UntruthfulAnswer,
        ),
        (
            RequestKind::Authorization,
            Fault::Lie {
                member: "identifier".to_owned(),
                value: json!({ "type": "dns", "value": "bank.example" }),
            },
            Code::UntruthfulAnswer,
        ),
        (
            RequestKind::Authorization,
            Fault::Lie {
                member: "challenges".to_owned(),
                value: json!([{ "type": "http-01", "url": "https://10.0.0.1/", "token": "abc" }]),
            },
            Code::UrlEscapesOrigin,
        ),
        (
            RequestKind::Authorization,
            Fault::Lie { member: "challenges".to_owned(), value: json!([{ "type": "dns-persist-01" }]) },
            Code::NoUsableChallenge,
        ),
        (
            RequestKind::Finalize,
            Fault::Lie { member: "status".to_owned(), value: json!("valid") },
            Code::UntruthfulAnswer,
        ),
        (
            RequestKind::Finalize,
            Fault::Lie { member: "status".to_owned(), value: json!("invalid") },
            Code::OrderInvalid,
        ),
    ];
    let mut told = Vec::new();
    for (kind, fault, code) in table {
        let (_, issued, _) = with(vec![Planned::always(kind, fault)]);
        let failure = issued.unwrap_err();
        assert_eq!(failure.code, code, "{failure}");
        told.push(format!("{}: {failure}\n  hint: {}", Trouble::code(&failure), failure.hint()));
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_clock_that_differs_from_the_cas_is_measured() {
    for (ahead, shown) in [(Span::hours(2), Some(-2)), (-Span::hours(3), Some(3)), (Span::seconds(20), None)]
    {
        let mut stage = Stage::new(|settings| settings.clock_ahead = ahead);
        let (flow, issued) = stage.order(&["a.example"]);
        issued.unwrap();
        let hours = flow.clock_skew().map(|skew| (skew.as_seconds() + 1800).div_euclid(3600));
        assert_eq!(hours, shown);
    }
}

#[test]
fn a_rejected_name_is_named_and_nothing_is_left_behind() {
    let mut stage = Stage::new(|settings| settings.rejected = vec!["bank.example".parse().unwrap()]);
    let (_, issued) = stage.order(&["bank.example", "shop.example"]);
    let failure = issued.unwrap_err();
    assert_eq!((failure.code, failure.class()), (Code::IdentifierRejected, Class::Domain));
    assert_eq!(failure.identifiers, ["bank.example".parse().unwrap()]);
    assert!(stage.server.ca.orders().is_empty());
    insta::assert_snapshot!(failure, @"place the order: the CA answered rejectedIdentifier (403): some identifiers are refused; bank.example: this CA will not issue for it");
}

#[test]
fn a_certificate_for_another_key_is_refused() {
    let mut stage = Stage::new(|_| ());
    let foreign = stage.order(&["shop.example"]).1.unwrap().chain_pem;
    let answer = Fault::Answer {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/pem-certificate-chain".to_owned())],
        body: foreign,
    };
    stage.plan(Planned::always(RequestKind::Certificate, answer));
    let failure = stage.order(&["shop.example"]).1.unwrap_err();
    assert_eq!(failure.code, Code::UntruthfulAnswer);
    insta::assert_snapshot!(failure, @"the CA answered with a certificate for another key than the CSR's");
}

#[test]
fn a_lost_order_is_found_on_a_later_page_of_the_list_and_anothers_is_left_alone() {
    let mut stage = Stage::new(|settings| settings.orders_per_page = Some(1));
    stage.order(&["old.example"]).1.unwrap();
    stage.order(&["shop.example"]).1.unwrap();
    stage.plan(Planned::nth(RequestKind::NewOrder, 1, Fault::LoseReply));
    let (flow, issued) = stage.order(&["shop.example"]);
    issued.unwrap();
    assert_eq!(stage.server.ca.orders().len(), 3);
    assert_eq!(flow.order_url(), Some("https://ca.example:14000/order/2"));
    assert!(remarks(&flow).iter().any(|text| text.starts_with("found the order")), "{:?}", remarks(&flow));
}

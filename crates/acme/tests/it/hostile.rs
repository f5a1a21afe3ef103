//! A CA that answers anything at all: no panic, no request to a foreign address, no endless loop, no storm of requests.

use notafter_acme::client::order::{self, Account, OrderFlow};
use notafter_acme::client::{Miss, Reply};
use notafter_acme::jose::{Jwk, Sealed};
use notafter_acme::message::Directory;
use notafter_acme::problem::Problem;
use notafter_acme::server::{Ca, Request, Settings};
use notafter_acme::{Answer, ari, http_date};
use notafter_cert::{Span, Time};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::stage::{BASE, wish};

fn start() -> Time {
    "2026-11-22T07:00:00Z".parse().unwrap()
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        Just(json!("2026-11-22T09:00:00Z")),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map("[a-z]{1,8}", inner, 0..6).prop_map(|map| json!(map)),
        ]
    })
}

fn url() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "/[a-z]{1,6}/[0-9]".prop_map(|path| format!("{BASE}{path}")),
        1 => Just("https://169.254.169.254/".to_owned()),
        1 => "/[a-z]{1,6}".prop_map(|path| path),
        1 => ".{0,12}",
    ]
}

/// Objects that look right, and some that do not.
fn object() -> impl Strategy<Value = Value> {
    let status = prop::sample::select(vec![
        "pending",
        "ready",
        "processing",
        "valid",
        "invalid",
        "deactivated",
        "expired",
        "revoked",
        "odd",
    ]);
    let order = (status.clone(), url(), url(), prop::collection::vec(url(), 0..4)).prop_map(
        |(status, finalize, certificate, authorizations)| {
            json!({
                "status": status, "finalize": finalize, "certificate": certificate, "authorizations": authorizations,
                "identifiers": [{ "type": "dns", "value": "shop.example" }],
            })
        },
    );
    let authorization = (status.clone(), status, url(), "[A-Za-z0-9_./-]{0,12}").prop_map(
        |(status, challenge, url, token)| {
            json!({
                "status": status, "identifier": { "type": "dns", "value": "shop.example" },
                "challenges": [{ "type": "http-01", "url": url, "token": token, "status": challenge }],
            })
        },
    );
    prop_oneof![4 => order, 4 => authorization, 1 => any_json()]
}

fn reply() -> impl Strategy<Value = Reply> {
    let status = prop_oneof![
        8 => Just(200u16), 2 => Just(201), 1 => Just(400), 1 => Just(403), 1 => Just(404), 1 => Just(409),
        1 => Just(429), 1 => Just(500), 1 => Just(503), 1 => any::<u16>(),
    ];
    let headers = (
        url(),
        prop::option::of(prop_oneof![
            "[0-9]{1,12}",
            Just("Sun, 22 Nov 2026 09:00:00 GMT".to_owned()),
            ".{0,10}"
        ]),
    );
    let body = prop_oneof![
        8 => object().prop_map(|value| value.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..200),
        1 => ".{0,60}".prop_map(String::into_bytes),
    ];
    let answer = (status, headers, body).prop_map(|(status, (location, pause), body)| {
        let mut headers = vec![("location".to_owned(), location.clone())];
        headers.extend(pause.map(|pause| ("retry-after".to_owned(), pause)));
        headers.push(("link".to_owned(), format!("<{location}>;rel=\"alternate\", <{location}>;rel=next")));
        Ok(Answer { status, headers, body, received_at: start() })
    });
    prop_oneof![
        12 => answer,
        1 => Just(Err(Miss::outcome_unknown("broke off"))),
        1 => Just(Err(Miss::never_left("no route"))),
    ]
}

fn flow(listed: bool) -> OrderFlow {
    let directory = json!({
        "newNonce": format!("{BASE}/n"), "newAccount": format!("{BASE}/a"), "newOrder": format!("{BASE}/o"),
    });
    let answer = Answer {
        status: 200,
        headers: Vec::new(),
        body: directory.to_string().into_bytes(),
        received_at: start(),
    };
    let directory = Directory::read(&format!("{BASE}/directory"), &answer).unwrap();
    let account = Account {
        url: format!("{BASE}/account/1"),
        orders: listed.then(|| format!("{BASE}/account/1/orders")),
        thumbprint: "t".to_owned(),
    };
    OrderFlow::begin(&directory, account, wish(&["shop.example"]), start()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn an_order_at_a_ca_that_answers_anything_comes_to_an_end(
        replies in prop::collection::vec(reply(), 1..12), listed: bool, crash_every in 2usize..20,
    ) {
        let (mut flow, mut now) = (flow(listed), start());
        let mut told = Vec::new();
        let (mut sent, mut placed, mut ended) = (0usize, 0, false);
        for step in 0..3000 {
            match flow.next(now) {
                order::Do::Send(call) => {
                    prop_assert!(call.url.starts_with(&format!("{BASE}/")), "{}", call.url);
                    placed += usize::from(call.doing == "place the order");
                    let mut reply = replies[sent % replies.len()].clone();
                    if let Ok(answer) = &mut reply {
                        answer.received_at = now;
                    }
                    sent += 1;
                    told.push(format!("{now} {} {}", call.doing, reply.as_ref().map_or(0, |answer| answer.status)));
                    now = now + Span::millis(10);
                    flow.take(reply, now);
                }
                order::Do::Wait(wait) => {
                    prop_assert!(wait.until > now);
                    now = wait.until;
                }
                order::Do::Present(_) => flow.presented(now),
                order::Do::Done(_) | order::Do::Failed(_) => {
                    ended = true;
                    break;
                }
            }
            if step < 200 && step % crash_every == 0 {
                flow = serde_json::from_str(&serde_json::to_string(&flow).unwrap()).unwrap();
                flow.resume(now);
            }
        }
        prop_assert!(ended, "{} after {sent} requests, {placed} orders: {:#?}", flow.standing(), told.split_off(told.len() - 12));
        prop_assert!(placed <= 16, "{placed} orders");
        let hours = now.since(start()).as_seconds() / 3600 + 1;
        prop_assert!(sent <= 400 + usize::try_from(hours).unwrap() * 70, "{sent} requests in {hours} h");
    }

    #[test]
    fn readers_of_foreign_text_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), text in ".{0,80}", value in any_json()) {
        let answer = Answer {
            status: 200,
            headers: ["link", "retry-after", "date", "replay-nonce"].map(|name| (name.to_owned(), text.clone())).into(),
            body: bytes.clone(),
            received_at: start(),
        };
        let _read = (answer.links("next"), answer.retry_after(), answer.clock_skew(), answer.problem(), ari::read(&answer));
        let _date = http_date::parse(&text);
        let _problem = Problem::from_json(&value);
        let _sealed = Sealed::parse(&value);
        let _jwk = (Jwk::from_json(&value), Jwk::from_spki(&bytes));
        let mut ca = Ca::new(Settings::at(BASE), [1; 16]);
        for path in ["/new-account", "/new-order", "/order/0/finalize", "/revoke-cert", "/key-change", "/certificate/0/alternate/9"] {
            let request = Request {
                method: "POST".to_owned(), path: path.to_owned(),
                content_type: Some("application/jose+json".to_owned()), body: value.to_string().into_bytes(),
            };
            prop_assert!(ca.handle(&request, start(), [2; 16]).response.status >= 400);
        }
    }
}

//! An order at a CA that answers anything, in any sequence: no panic, no request outside its origin, no wait that is over
//! already, and a flow that is stored is loaded the same.

use notafter_acme::challenge::Kind;
use notafter_acme::client::Miss;
use notafter_acme::client::order::{Account, Do, OrderFlow, Wish};
use notafter_acme::message::Directory;
use notafter_cert::Time;
use notafter_cert::csr::Request;

use super::{acme_answer, pieces};

const DIRECTORY: &[u8] = br#"200

{"newNonce":"/n","newAccount":"/a","newOrder":"/o"}"#;
/// For shop.example and www.shop.example.
const CSR: &[u8] = include_bytes!("../seeds/request/shop.der");
/// More steps than one answer can lead to.
const MOST_WAITS: usize = 1_000;

pub(super) fn run(bytes: &[u8]) {
    let Some(mut flow) = begun() else { panic!("the order cannot be begun") };
    let mut now = Time::from_unix_seconds(1_795_000_000);
    for (kind, piece) in pieces::of(bytes) {
        if kind == b'r' {
            flow.resume(now);
        }
        let mut waits = 0;
        let call = loop {
            match flow.next(now) {
                Do::Send(call) => break call,
                Do::Wait(wait) => {
                    assert!(wait.until > now, "{wait:?}");
                    now = wait.until;
                }
                Do::Present(_) => flow.presented(now),
                Do::Done(_) | Do::Failed(_) => return over(&flow),
            }
            waits += 1;
            assert!(waits < MOST_WAITS, "{}", flow.standing());
        };
        assert_eq!(flow.origin().pin(&call.url).as_ref().ok(), Some(&call.url));
        stored(&flow);
        match kind {
            b'-' => flow.take(Err(Miss::never_left("no route")), now),
            b'?' => flow.take(Err(Miss::outcome_unknown("it broke off")), now),
            // The process died.
            b'x' => {}
            _ => flow.take(Ok(acme_answer::answer(piece, now)), now),
        }
        stored(&flow);
    }
}

fn begun() -> Option<OrderFlow> {
    let now = Time::from_unix_seconds(1_795_000_000);
    let url = "https://ca.example/directory";
    let directory = Directory::read(url, &acme_answer::answer(DIRECTORY, now)).ok()?;
    let account = Account {
        url: "https://ca.example/account/1".to_owned(),
        orders: Some("https://ca.example/account/1/orders".to_owned()),
        thumbprint: "thumbprint".to_owned(),
    };
    let wish = Wish {
        identifiers: Request::parse(CSR).ok()?.names,
        csr: CSR.to_vec(),
        profile: None,
        replaces: Some("AAAA.AAAA".to_owned()),
        preferred_chain: Some("Root X1".to_owned()),
        kinds: vec![Kind::Http01],
        other_orders: vec!["https://ca.example/order/7".to_owned()],
    };
    OrderFlow::begin(&directory, account, wish, now).ok()
}

fn stored(flow: &OrderFlow) {
    let loaded = serde_json::to_string(flow).ok().and_then(|text| serde_json::from_str(&text).ok());
    assert_eq!(loaded.as_ref(), Some(flow));
}

fn over(flow: &OrderFlow) {
    assert!(flow.is_over());
    stored(flow);
    let _ = (flow.missed_chain(), flow.challenges());
}

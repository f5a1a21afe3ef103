//! A crash at every durable step, once and twice: the same order goes on, one certificate comes out, nothing is asked twice.

use notafter_acme::server::RequestKind;

use super::stage::{Stage, wish};

const NAMES: [&str; 2] = ["shop.example", "www.shop.example"];

/// Runs one issuance that dies at these steps; how many steps there were does not matter to the caller.
fn issue_with_crashes(crash_at: &[usize], listed: bool) -> Stage {
    let mut stage = Stage::new(|settings| {
        settings.orders_per_page = listed.then_some(2);
    });
    let flow = stage.begin(wish(&NAMES));
    let (flow, issued) = stage.drive(flow, &crash_at.to_vec());
    let issued = issued.unwrap_or_else(|failure| panic!("crash at {crash_at:?}: {failure}"));
    assert_eq!(issued.chain().len(), 2, "crash at {crash_at:?}");
    assert!(flow.is_over());
    stage
}

fn assert_asked_once(stage: &Stage, crash_at: &[usize]) {
    assert_eq!(stage.server.ca.certificates().len(), 1, "crash at {crash_at:?}");
    assert_eq!(stage.acted(RequestKind::NewOrder), 1, "crash at {crash_at:?}: asked once");
    assert_eq!(stage.acted(RequestKind::Finalize), 1, "crash at {crash_at:?}: finalized once");
    for authorization in stage.server.ca.authorizations() {
        for challenge in &authorization.challenges {
            assert!(challenge.asked <= 1, "crash at {crash_at:?}: validated once");
        }
    }
}

#[test]
fn a_crash_at_any_step_loses_nothing_and_asks_for_nothing_twice() {
    for step in 0..60 {
        let stage = issue_with_crashes(&[step], true);
        assert_asked_once(&stage, &[step]);
    }
}

#[test]
fn two_crashes_at_any_two_steps_lose_nothing_either() {
    for first in (1..48).step_by(2) {
        for second in first + 1..first + 12 {
            let stage = issue_with_crashes(&[first, second], true);
            assert_asked_once(&stage, &[first, second]);
        }
    }
}

#[test]
fn without_a_list_of_orders_at_most_one_unused_order_is_left_behind_and_told_of() {
    for step in 0..60 {
        let stage = issue_with_crashes(&[step], false);
        assert_eq!(stage.server.ca.certificates().len(), 1, "crash at {step}");
        assert_eq!(stage.acted(RequestKind::Finalize), 1, "crash at {step}");
        assert!(stage.acted(RequestKind::NewOrder) <= 2, "crash at {step}");
    }
}

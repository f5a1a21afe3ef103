use notafter_cert::{Fingerprint, Span, Time};

use super::*;
use crate::ledger::Ledger;
use crate::model::{
    Actor, AriChoice, Automation, Grant, LineageId, Origin, OwnerId, Renewal, Role, TokenId, VersionState,
};
use crate::plan::renew::stage::{held, lineage, names, spec};
use crate::plan::renew::{State, plan};

const START: Time = Time::from_unix_seconds(1_790_000_000);

fn version(lifetime: Span) -> Version {
    let held = held(START, lifetime);
    Version {
        id: held.version,
        lineage_id: LineageId::from_bytes([0; 16]),
        key_id: None,
        fingerprint: held.fingerprint,
        chain_pem: String::new(),
        not_before: held.not_before,
        not_after: held.not_after,
        obtained_at: START,
        origin: Origin::Files { path: "/etc/ssl/shop.pem".to_owned(), insisted: false },
        state: VersionState::Current,
    }
}

fn told(entries: &[Entry]) -> String {
    let told = |entry: &Entry| {
        let until = entry.until.map(|until| format!(" to {until}")).unwrap_or_default();
        let Entry { uid, from, revised, summary, description, .. } = entry;
        format!("{from}{until}: {summary}\n  {}\n  {uid}, known since {revised}", description.join("\n  "))
    };
    entries.iter().map(told).collect::<Vec<_>>().join("\n")
}

fn watched(renewer: Renewer, habit_permille: Option<u16>) -> Lineage {
    let automation = Automation {
        renewer,
        identifiers: names(&["mail.example"]),
        chain_file: "/etc/ssl/mail.pem".to_owned(),
        key_file: None,
        config_file: None,
        trigger: None,
        habit_permille,
        ping: None,
    };
    Lineage { name: "mail".to_owned(), mode: Mode::WatchOnly(automation), ..lineage(spec()) }
}

#[test]
fn a_lineage_has_its_end_and_its_next_renewal() {
    let (version, held) = (version(Span::days(90)), held(START, Span::days(90)));
    let (now, ledger) = (START + Span::days(10), Ledger::default());
    let plain = lineage(spec());
    let by_net = plan(&State::of(&plain, Some(&held), &ledger, now).unwrap());
    let window = AriChoice {
        version: version.id,
        start: START + Span::days(58),
        end: START + Span::days(60),
        chosen: START + Span::days(59),
        explanation_url: None,
        ask_again: now,
    };
    let drawn = Lineage { renewal: Renewal { ari: Some(window), ..Renewal::default() }, ..lineage(spec()) };
    let in_window = plan(&State::of(&drawn, Some(&held), &ledger, now).unwrap());
    let none = plan(&State::of(&plain, None, &ledger, now).unwrap());
    let all = [
        of_lineage(&plain, Some(&version), Some(&by_net)),
        of_lineage(&drawn, Some(&version), Some(&in_window)),
        of_lineage(&plain, None, Some(&none)),
        of_lineage(&watched(Renewer::Certbot, Some(667)), Some(&version), None),
        of_lineage(&watched(Renewer::Unknown, Some(667)), Some(&version), None),
        of_lineage(&watched(Renewer::Lego, None), None, None),
    ];
    insta::assert_snapshot!(all.map(|entries| told(&entries)).join("\n---\n"));
}

/// A calendar of 200 endpoints with one certificate has one entry, and the next look at them makes no other one of it.
#[test]
fn a_certificate_is_one_entry_however_many_serve_it() {
    let endpoint = EndpointId::new(START, [1; 10]);
    let mut served = Served {
        fingerprint: Fingerprint::from_bytes([0xab; 32]),
        not_after: START + Span::days(47),
        names: names(&["*.shop.example"]),
        since: START,
        first: endpoint,
        endpoints: BTreeSet::new(),
        more: 0,
        superseded_by: BTreeSet::new(),
    };
    served.also("b.shop.example:443".to_owned(), START + Span::days(2), None);
    let alone = served.entry();
    for number in 0..30 {
        served.also(format!("{number:02}.shop.example:443"), START + Span::days(1), Some("shop"));
    }
    let together = served.entry();
    assert_eq!(alone.uid, together.uid);
    insta::assert_snapshot!(told(&[alone, together]));
}

#[test]
fn the_link_of_a_calendar_stands_in_it() {
    let token = Token {
        id: TokenId::new(START, [1; 10]),
        name: "phone".to_owned(),
        grant: Grant { role: Role::Calendar, owner: Some(OwnerId::from_bytes([0; 16])) },
        from: START,
        until: START + Span::days(400),
        by: Actor::Person("ada".to_owned()),
        of: None,
    };
    assert_eq!(of_token(&token).from, START + Span::days(400));
    assert!(of_token(&token).description[0].contains("phone"));
}

#[test]
fn what_comes_first_is_shown_and_the_rest_counted() {
    let now = START;
    let ending = |days: i64| {
        let version = Version { not_after: now + Span::days(days), ..version(Span::days(90)) };
        of_lineage(&watched(Renewer::Unknown, None), Some(&version), None).remove(0)
    };
    let days = [4, -400, -1, 2].into_iter().chain(100..100 + i64::try_from(MOST).unwrap());
    let (shown, left_out) = soonest(days.map(ending).collect(), now);
    assert_eq!((shown.len(), left_out), (MOST, 4));
    let first: Vec<i64> =
        shown.iter().take(3).map(|entry| entry.from.since(now).as_seconds() / 86_400).collect();
    assert_eq!(first, [-1, 2, 4]);
    assert!(shown.iter().all(|entry| entry.from > now - Span::days(2)), "what ended long ago comes last");
}

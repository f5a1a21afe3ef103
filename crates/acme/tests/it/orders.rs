//! Orders on a CA that behaves, in all its varieties.

use notafter_acme::client::order::Do;
use notafter_acme::server::{Profile, Replaces, RequestKind};
use notafter_acme::{Code, client::revoke};
use notafter_cert::{Certificate, Identifier, Span};

use super::stage::{Stage, remarks, wish};

#[test]
fn names_and_addresses_come_out_as_one_certificate() {
    let mut stage = Stage::new(|settings| settings.offers_unknown_challenge = true);
    let (flow, issued) = stage.order(&["shop.example", "192.0.2.7", "2001:db8::7"]);
    let issued = issued.unwrap();
    let leaf = Certificate::parse(&issued.chain()[0]).unwrap();
    for name in ["shop.example", "192.0.2.7", "2001:db8::7"] {
        assert!(leaf.covers(&name.parse().unwrap()), "{name}");
    }
    assert!(remarks(&flow).is_empty(), "{:?}", remarks(&flow));
    assert_eq!(flow.clock_skew(), None);
    assert_eq!(flow.challenges().len(), 3);
}

#[test]
fn authorizations_that_are_valid_already_are_used_without_a_challenge() {
    let mut stage = Stage::new(|settings| settings.reuse_authorizations_for = Span::days(30));
    stage.order(&["a.example", "b.example"]).1.unwrap();
    let before = stage.acted(RequestKind::Challenge);
    let (flow, issued) = stage.order(&["a.example", "b.example"]);
    issued.unwrap();
    assert_eq!(stage.acted(RequestKind::Challenge), before);
    assert!(flow.challenges().is_empty());
}

/// The first look waited for its whole pause, although the CA had long fetched what it asked for.
#[test]
fn once_the_ca_has_fetched_every_answer_it_is_asked_at_once_and_a_slow_one_no_less_often_than_before() {
    for (validates_within, untold, told) in [
        // The last pause of each is for the CA to issue.
        (Span::ZERO, vec![20, 20], vec![20]),
        (Span::millis(150), vec![20, 50, 100, 20], vec![20, 50, 100, 20]),
    ] {
        for (tells_of_fetches, expected) in [(false, untold), (true, told)] {
            let mut stage = Stage::new(|_| ());
            stage.validates_within = validates_within;
            stage.tells_of_fetches = tells_of_fetches;
            stage.order(&["a.example"]).1.unwrap();
            assert_eq!(stage.waited, expected.into_iter().map(Span::millis).collect::<Vec<_>>());
        }
    }
}

/// A CA that names a pause is not asked before it is over, whatever it has fetched.
#[test]
fn a_pause_that_the_ca_asked_for_holds_although_it_fetched_every_answer() {
    let mut stage = Stage::new(|settings| settings.poll_after = Some(Span::seconds(5)));
    let mut flow = stage.begin(wish(&["a.example"]));
    stage.validates_within = Span::seconds(7);
    loop {
        match flow.next(stage.now) {
            Do::Send(call) => {
                let reply = stage.send(&call);
                flow.take(reply, stage.now);
            }
            Do::Present(_) => flow.presented(stage.now),
            Do::Wait(wait) if wait.until.since(stage.now) > Span::seconds(1) => {
                flow.fetched();
                assert_eq!(flow.next(stage.now), Do::Wait(wait));
                return;
            }
            Do::Wait(wait) => stage.now = wait.until,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_order_that_processes_for_a_quarter_of_an_hour_is_awaited_as_the_ca_asks() {
    let mut stage = Stage::new(|settings| {
        settings.processing_for = Span::minutes(15);
        settings.poll_after = Some(Span::seconds(90));
    });
    let (_, issued) = stage.order(&["a.example"]);
    issued.unwrap();
    let long: Vec<_> = stage.waited.iter().filter(|wait| **wait > Span::seconds(60)).collect();
    assert!((10..=12).contains(&long.len()), "{:?}", stage.waited);
    assert_eq!(stage.acted(RequestKind::Finalize), 1);
}

#[test]
fn an_order_that_never_stops_processing_is_given_up_with_its_reason() {
    let mut stage = Stage::new(|settings| settings.processing_for = Span::days(365));
    let (_, issued) = stage.order(&["a.example"]);
    let failure = issued.unwrap_err();
    assert_eq!(failure.code, Code::OrderStuck);
    insta::assert_snapshot!(failure, @"the order stayed `processing` for more than 6 h");
}

#[test]
fn every_name_that_fails_is_named_with_the_cas_words() {
    let mut stage = Stage::new(|_| ());
    stage.dead_names = ["dead.example", "gone.example"].map(|name| name.parse().unwrap()).into();
    let (_, issued) = stage.order(&["a.example", "dead.example", "gone.example", "z.example"]);
    let failure = issued.unwrap_err();
    assert_eq!(failure.code, Code::ChallengeFailed);
    assert_eq!(failure.identifiers, stage.dead_names);
    insta::assert_snapshot!(failure, @"the CA could not confirm control over: dead.example (no such answer at dead.example); gone.example (no such answer at gone.example)");
}

#[test]
fn the_profile_decides_the_lifetime_and_an_unknown_one_is_refused_before_anything_is_sent() {
    let mut stage = Stage::new(|settings| {
        let profile = |hours| Profile { description: format!("{hours} hours"), lifetime: Span::hours(hours) };
        settings.profiles = [("classic", 2160), ("shortlived", 160)]
            .map(|(name, hours)| (name.to_owned(), profile(hours)))
            .into();
    });
    let mut short = wish(&["a.example"]);
    short.profile = Some("shortlived".to_owned());
    let flow = stage.begin(short);
    let issued = stage.drive(flow, &Vec::new()).1.unwrap();
    let leaf = Certificate::parse(&issued.chain()[0]).unwrap();
    assert!(leaf.lifetime() < Span::hours(162));

    let (directory, account) = (stage.directory(), stage.account());
    let mut unknown = wish(&["a.example"]);
    unknown.profile = Some("eternal".to_owned());
    let sent = stage.server.log().len();
    let failure =
        notafter_acme::client::order::OrderFlow::begin(&directory, account, unknown, stage.now).unwrap_err();
    assert_eq!((failure.code, stage.server.log().len()), (Code::UnknownProfile, sent));
    insta::assert_snapshot!(failure, @r#"the CA at https://ca.example:14000 has no profile "eternal"; it offers classic, shortlived"#);
}

#[test]
fn the_preferred_chain_is_chosen_by_its_issuer_and_its_absence_is_told() {
    for (wanted, found) in [("Root One", true), ("Root Two", true), ("Root Nine", false)] {
        let mut stage = Stage::new(|_| ());
        let mut preferring = wish(&["a.example"]);
        preferring.preferred_chain = Some(wanted.to_owned());
        let flow = stage.begin(preferring);
        let (flow, issued) = stage.drive(flow, &Vec::new());
        let chain = issued.unwrap().chain();
        let issuer = Certificate::parse(&chain[0]).unwrap().issuer_name().to_owned();
        assert_eq!(issuer, if found { wanted } else { "Root One" });
        assert_eq!(remarks(&flow).is_empty(), found, "{:?}", remarks(&flow));
    }
}

#[test]
fn replaces_is_sent_and_given_up_once_where_the_ca_refuses_it() {
    let mut stage = Stage::new(|_| ());
    let old = stage.order(&["a.example"]).1.unwrap();
    let id = Certificate::parse(&old.chain()[0]).unwrap().ari_id().unwrap();
    let renew = |stage: &mut Stage, expected: Option<&str>| {
        let mut renewal = wish(&["a.example"]);
        renewal.replaces = Some(id.clone());
        let flow = stage.begin(renewal);
        let (flow, issued) = stage.drive(flow, &Vec::new());
        issued.unwrap();
        let told = remarks(&flow).join("; ");
        assert!(expected.map_or(told.is_empty(), |expected| told.contains(expected)), "{told}");
        stage.server.ca.orders().last().unwrap().replaces.clone()
    };
    assert_eq!(renew(&mut stage, None), Some(id.clone()));
    assert_eq!(renew(&mut stage, Some("alreadyReplaced (409)")), None);
    stage.server.ca.settings.replaces = Replaces::Refused;
    assert_eq!(renew(&mut stage, Some("ordering without")), None);
    stage.server.ca.settings.replaces = Replaces::Ignored;
    assert_eq!(renew(&mut stage, Some("did not take note")), None);
}

/// Every renewal at a CA without renewal information ended with a remark and a warning that it took no note.
#[test]
fn a_ca_without_renewal_information_is_not_told_what_is_replaced() {
    let mut stage = Stage::new(|_| ());
    let old = stage.order(&["a.example"]).1.unwrap();
    stage.server.ca.settings.offers_renewal_info = false;
    stage.server.ca.settings.replaces = Replaces::Ignored;
    let mut renewal = wish(&["a.example"]);
    renewal.replaces = Certificate::parse(&old.chain()[0]).unwrap().ari_id();
    let flow = stage.begin(renewal);
    let (flow, issued) = stage.drive(flow, &Vec::new());
    issued.unwrap();
    assert_eq!(remarks(&flow), Vec::<&str>::new());
    assert_eq!(stage.server.ca.orders().last().unwrap().replaces, None);
}

#[test]
fn an_order_that_lapsed_while_nobody_looked_is_followed_by_a_fresh_one_with_the_same_key() {
    let mut stage = Stage::new(|_| ());
    let mut flow = stage.begin(wish(&["a.example"]));
    while let notafter_acme::client::order::Do::Send(call) = flow.next(stage.now) {
        let reply = stage.send(&call);
        flow.take(reply, stage.now);
    }
    stage.now = stage.now + Span::days(8);
    let stored = serde_json::to_string(&flow).unwrap();
    let mut flow: notafter_acme::client::order::OrderFlow = serde_json::from_str(&stored).unwrap();
    flow.resume(stage.now);
    let (flow, issued) = stage.drive(flow, &Vec::new());
    issued.unwrap();
    assert_eq!(stage.acted(RequestKind::NewOrder), 2);
    insta::assert_snapshot!(remarks(&flow).join("; "), @"the order lapsed; ordering afresh");
}

#[test]
fn a_csr_for_other_names_is_refused_before_anything_is_sent() {
    let mut stage = Stage::new(|_| ());
    let (directory, account) = (stage.directory(), stage.account());
    let mut other = wish(&["a.example"]);
    other.identifiers = vec!["b.example".parse::<Identifier>().unwrap()];
    let failure =
        notafter_acme::client::order::OrderFlow::begin(&directory, account, other, stage.now).unwrap_err();
    assert_eq!(failure.code, Code::BadRequestedKey);
}

#[test]
fn a_certificate_is_revoked_by_its_account_and_only_once_and_renewal_is_then_urgent() {
    let mut stage = Stage::new(|_| ());
    let issued = stage.order(&["a.example"]).1.unwrap();
    let der = issued.chain().remove(0);
    let (directory, account) = (stage.directory(), stage.account());
    let by_account = notafter_acme::client::SignWith::AccountKid(account.url);
    let call = revoke::call(&directory, &der, revoke::Reason::KeyCompromise, by_account).unwrap();
    for _ in 0..2 {
        let answer = stage.send(&call).unwrap();
        revoke::read(&answer).unwrap();
    }
    assert_eq!(stage.server.ca.certificates()[0].revoked.map(|(_, reason)| reason), Some(1));

    let by_key = revoke::call(
        &directory,
        &der,
        revoke::Reason::Superseded,
        notafter_acme::client::SignWith::CertificateKey,
    )
    .unwrap();
    let answer = stage.send(&by_key).unwrap();
    assert_eq!(revoke::read(&answer).unwrap_err().code, Code::Unauthorized);

    let id = Certificate::parse(&der).unwrap().ari_id().unwrap();
    let url = notafter_acme::ari::url(&directory, &id).unwrap();
    let answer = stage.send(&notafter_acme::client::Call::get("read the renewal information", url)).unwrap();
    let info = notafter_acme::ari::read(&answer).unwrap();
    assert!(info.is_incident(stage.now));
}

#[test]
fn the_renewal_window_of_a_new_certificate_lies_ahead_and_inside_its_life() {
    for (lifetime, left) in [(Span::days(90), Span::days(30)), (Span::hours(160), Span::hours(80))] {
        let mut stage = Stage::new(|settings| settings.lifetime = lifetime);
        let issued = stage.order(&["a.example"]).1.unwrap();
        let leaf = Certificate::parse(&issued.chain()[0]).unwrap();
        let url = notafter_acme::ari::url(&stage.directory(), &leaf.ari_id().unwrap()).unwrap();
        let answer =
            stage.send(&notafter_acme::client::Call::get("read the renewal information", url)).unwrap();
        let info = notafter_acme::ari::read(&answer).unwrap();
        let drawn = info.draw(u64::MAX / 2);
        assert!((leaf.not_after().since(drawn) - left).abs() < Span::hours(2), "{drawn} for {lifetime}");
    }
}

//! An owner is asked whether it still answers for what it owns: by whom, when, and who hears where nobody says so.

use notafter_cert::{Span, Time};
use notafter_engine::operate::owner::Acknowledged;
use notafter_engine::owner_link;
use notafter_engine::settings::Settings;
use notafter_inventory::model::{Actor, BusinessHours, Owner, OwnerId};
use notafter_store::Change;
use serde_json::json;

use crate::alert::{Stage, ada, phone, to};

const EVERY: Span = Span::days(180);

/// An installation whose default owner is told by a hook, and a team with a mailbox.
async fn stage(acknowledge: Option<Span>) -> (Stage, OwnerId) {
    let settings = Settings { base_url: Some("https://na.example".to_owned()), ..Settings::default() };
    let stage = Stage::with_settings(vec![to("hook", None)], settings).await;
    let id: OwnerId = stage.context().new_id();
    let shop = Owner {
        id,
        name: "shop".to_owned(),
        contacts: vec![to("mail", Some("team@shop.example")).into()],
        owns: Vec::new(),
        hours: BusinessHours::default(),
        acknowledge,
    };
    stage.context().apply(None, &ada(), &[Change::PutOwner(shop)]).await.unwrap();
    notafter_engine::tasks::ensure(stage.context()).await.unwrap();
    stage.prove().await;
    (stage, id)
}

fn questions(stage: &Stage) -> Vec<(String, String)> {
    let mails = stage.mail.mails().into_iter();
    let asked = mails.filter(|mail| mail.header("Subject").unwrap().contains("still answer"));
    asked.map(|mail| (mail.header("Subject").unwrap(), mail.body().replace("\r\n", "\n"))).collect()
}

fn link(body: &str) -> String {
    body.lines().find_map(|line| line.trim().strip_prefix("on a phone: ")).unwrap().to_owned()
}

/// The part of it that nobody else can make.
fn token(link: &str) -> String {
    link.split('/').nth(4).unwrap().to_owned()
}

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

async fn said(stage: &Stage) -> Vec<(Actor, serde_json::Value)> {
    let context = stage.context();
    let events = context.store.events_before(&context.scope, None, 200).await.unwrap();
    let said = events.into_iter().filter(|event| event.kind == "notafter.owner.acknowledged.v1");
    said.map(|event| (event.actor, event.data)).collect()
}

#[tokio::test]
async fn a_team_that_says_nothing_is_told_of_with_whoever_stands_behind_and_its_answer_ends_that() {
    let (stage, _) = stage(Some(EVERY)).await;
    // It was begun at 3 in the night; nobody is asked before work begins.
    assert_eq!(questions(&stage), []);
    stage.pass(Span::hours(6)).await;
    let (subject, body) = questions(&stage).remove(0);
    let shown = body.replace(&link(&body), "LINK");
    insta::assert_snapshot!(format!("{subject}\n\n{shown}"));

    // Nobody answers: asked once more after a week, and told after two.
    let (mails, hooks) = (stage.mail.mails().len(), stage.hook.asked().len());
    stage.pass(at("2026-12-09T02:59:00Z").since(stage.now())).await;
    assert_eq!(questions(&stage).len(), 2);
    assert!(!stage.open_codes().await.contains(&"owner.unacknowledged".to_owned()));
    stage.pass(Span::minutes(2)).await;
    assert!(stage.open_codes().await.contains(&"owner.unacknowledged".to_owned()));
    let is_it = |text: &str| text.contains("nobody ever said that shop answers");
    let mailed = &stage.mail.mails()[mails..];
    assert!(mailed.iter().any(|mail| is_it(&mail.header("Subject").unwrap())), "the owner");
    let hooked = stage.events(hooks);
    assert!(hooked.iter().any(|event| is_it(event["data"]["text"].as_str().unwrap())), "{hooked:?}");

    // The first link is too old; whoever looks by the second one answers nothing, and whoever presses the button does.
    let context = stage.context();
    let all = questions(&stage);
    let old = owner_link::look(context, &token(&link(&all[0].1)), &phone()).await;
    assert_eq!(old.is_ok(), stage.now() < at("2026-12-09T09:00:00Z"), "it leads somewhere for two weeks");
    let newest = token(&link(&all[1].1));
    let shown = owner_link::look(context, &newest, &phone()).await.unwrap();
    assert_eq!((shown.owner.as_str(), shown.contact.as_str()), ("shop", "team@shop.example"));
    assert_eq!((shown.answered, said(&stage).await), (None, Vec::new()));
    owner_link::acknowledge(context, &newest, &phone()).await.unwrap();
    let answered_at = stage.now();
    stage.pass(Span::minutes(1)).await;
    owner_link::acknowledge(context, &newest, &phone()).await.unwrap();
    let by = Actor::Answer("team@shop.example".to_owned());
    let data = json!({ "owner": "shop", "until": answered_at + EVERY });
    assert_eq!(said(&stage).await, [(by.clone(), data)], "once");
    let shown = owner_link::look(context, &newest, &phone()).await.unwrap();
    assert_eq!(shown.answered, Some((answered_at + EVERY, by.to_string())));
    assert!(!stage.open_codes().await.contains(&"owner.unacknowledged".to_owned()));

    // Two weeks before it ends it is asked again, and whoever answers at the command line is left alone for as long.
    let before = questions(&stage).len();
    let asked_from = answered_at + EVERY - Span::days(14);
    stage.pass(asked_from.since(stage.now()) - Span::hours(1)).await;
    assert_eq!(questions(&stage).len(), before);
    stage.pass(Span::days(4)).await;
    assert_eq!(questions(&stage).len(), before + 1);
    let answered: Acknowledged = stage.operate("owner.acknowledge", json!({ "owner": "shop" })).await;
    assert_eq!((answered.at, answered.by, answered.until), (stage.now(), ada(), stage.now() + EVERY));
    stage.pass(Span::days(60)).await;
    assert_eq!(questions(&stage).len(), before + 1);
    assert!(!stage.open_codes().await.contains(&"owner.unacknowledged".to_owned()));
}

/// Nobody is asked whom the inventory does not ask, and nothing is written down of them.
#[tokio::test]
async fn who_is_not_asked_has_nothing_to_say() {
    let (stage, id) = stage(None).await;
    stage.pass(Span::days(400)).await;
    assert_eq!(questions(&stage), []);
    assert!(!stage.open_codes().await.contains(&"owner.unacknowledged".to_owned()));
    assert_eq!(stage.refused("owner.acknowledge", json!({ "owner": "shop" })).await, "owner.not-asked");
    assert_eq!(stage.refused("owner.acknowledge", json!({ "owner": "shpo" })).await, "owner.unknown");
    let context = stage.context();
    assert_eq!(context.store.ownership(&context.scope, id).await.unwrap(), None);
    assert_eq!(said(&stage).await, []);
}

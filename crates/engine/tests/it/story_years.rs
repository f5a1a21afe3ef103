//! Years of renewals: a certificate of six days is replaced some two hundred times, and the database does not grow.

use std::collections::BTreeMap;

use notafter_cert::Span;
use notafter_inventory::model::Origin;

use crate::story::{Shop, Story, told};

/// How much there is of what every renewal adds to.
async fn rows(story: &Story) -> BTreeMap<&'static str, usize> {
    let (store, scope) = (&story.context().store, &story.context().scope);
    let id = story.lineage("six.example").await.unwrap().id;
    let endpoint = store.endpoints(scope).await.unwrap()[0].id;
    let all = u32::MAX / 2;
    let file = std::fs::metadata(story.context().data.join("notafter.db")).unwrap();
    BTreeMap::from([
        ("versions", store.versions_of(scope, id).await.unwrap().len()),
        ("orders", store.orders_of(scope, id, all).await.unwrap().len()),
        ("deployments", store.deployments_of(scope, id, all).await.unwrap().len()),
        ("keys", store.keys(scope).await.unwrap().len()),
        ("looks", store.look_changes(scope, endpoint, None, all).await.unwrap().len()),
        ("kilobytes", usize::try_from(file.len() / 1024).unwrap()),
        ("events", store.events_after(scope, 0, all).await.unwrap().len()),
    ])
}

/// Orders, deployments and versions were kept for ever.
#[tokio::test(flavor = "multi_thread")]
async fn two_years_of_a_certificate_of_six_days_leave_no_more_than_their_last_months() {
    let shop = Shop { names: &["six.example"], lifetime: Span::hours(160), shedding: "wait", reloads: true };
    let mut story = Story::begin_set(&[shop], |settings| {
        settings.keep_renewals_days = 60;
        settings.keep_look_changes_days = 60;
        settings.keep_messages_days = 60;
        settings.keep_events_days = 60;
    })
    .await;
    // What is due within an hour is done together: it is the number of renewals that matters.
    story.stride = Span::hours(1);
    let mut months = Vec::new();
    for month in 0..24 {
        if month % 5 == 4 {
            story.prove_paths().await;
        }
        story.pass(Span::days(30)).await;
        // An order that is under way in this very moment has a key of its own.
        while !story.context().store.orders_open(&story.context().scope).await.unwrap().is_empty() {
            story.pass(Span::hours(1)).await;
        }
        months.push(rows(&story).await);
    }
    let letters = story.letters().into_iter().filter(|letter| !letter.subject.starts_with("TEST"));
    assert_eq!(told(&letters.collect::<Vec<_>>()), "");
    let most = |months: &[BTreeMap<&str, usize>], kind| months.iter().map(|month| month[kind]).max().unwrap();
    for kind in months[0].keys() {
        let (early, late) = (most(&months[2..8], kind), most(&months[8..], kind));
        assert!(late <= early + early / 10 + 1, "{kind}: {months:#?}");
    }
    let last = &months[23];
    // Renewed every four days: those of sixty days and six, the present one, and what waits for its turn.
    assert!((15..24).contains(&last["versions"]), "{last:?}");
    assert_eq!(last["keys"], 5, "of the account, of the present version and of three before it");
    let six = story.lineage("six.example").await.unwrap();
    let (store, scope) = (&story.context().store, &story.context().scope);
    let present = store.version(scope, six.current.unwrap()).await.unwrap().unwrap();
    let Origin::Order { order } = present.origin else { panic!("{present:?}") };
    assert!(store.order(scope, order).await.unwrap().is_some(), "where it can be revoked");
    assert_eq!(story.served(0, "six.example").await.fingerprint(), present.fingerprint);
    store.verify_chain(scope).await.unwrap();
}

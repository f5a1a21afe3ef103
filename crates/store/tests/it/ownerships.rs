//! Whether owners still answer for what they own.

use notafter_cert::Span;
use notafter_inventory::model::{Actor, Given, OwnerId, Ownership};
use notafter_store::{Acknowledging, Change, Scope};

use crate::sample::{self, ENGINE};
use crate::stage::{NOW, on_both};

const ALL: Scope = Scope::EVERYTHING;

/// Whoever asks at the moment in which somebody answers must not undo the answer.
#[test]
fn what_asks_and_what_answers_undo_nothing_of_each_other() {
    on_both("what_asks_and_what_answers_undo_nothing_of_each_other", |store| async move {
        let owner = store.owner_named(&ALL, "default").await.unwrap().unwrap().id;
        let put = async |change: Acknowledging| {
            store.apply(&ALL, None, NOW, &ENGINE, &[change.into()]).await.unwrap();
            store.ownership(&ALL, owner).await.unwrap()
        };
        assert_eq!(store.ownership(&ALL, owner).await.unwrap(), None);
        let (one, two) = (NOW + Span::days(1), NOW + Span::days(2));
        assert_eq!(put(Acknowledging::Ask(owner, one)).await, None, "nobody is asked who never was to be");
        let begun = Ownership { owner_id: owner, since: NOW, asked_at: None, given: None };
        assert_eq!(put(Acknowledging::Begin(owner, NOW)).await, Some(begun.clone()));
        let asked = Ownership { asked_at: Some(one), ..begun.clone() };
        assert_eq!(put(Acknowledging::Ask(owner, one)).await, Some(asked));
        let given = Given { at: two, by: Actor::User("ada".to_owned()) };
        let answered = Ownership { given: Some(given.clone()), ..begun.clone() };
        assert_eq!(put(Acknowledging::Give(owner, given.clone())).await, Some(answered.clone()));
        let late = Ownership { asked_at: Some(one), ..answered.clone() };
        assert_eq!(put(Acknowledging::Ask(owner, one)).await, Some(late.clone()));
        assert_eq!(put(Acknowledging::Forget(owner)).await, Some(late.clone()), "an answer is kept");
        assert_eq!(store.ownerships(&ALL).await.unwrap(), [late]);
        let again = Ownership { since: one, ..answered };
        assert_eq!(put(Acknowledging::Begin(owner, one)).await, Some(again));
        let other = OwnerId::new(NOW, sample::random(7));
        assert_eq!(store.ownership(&ALL, other).await.unwrap(), None);
        store.apply(&ALL, None, NOW, &ENGINE, &[Change::RemoveOwner(owner)]).await.unwrap();
        assert_eq!(store.ownership(&ALL, owner).await.unwrap(), None, "it goes with the owner");
    });
}

#[test]
fn what_was_asked_in_vain_is_forgotten() {
    on_both("what_was_asked_in_vain_is_forgotten", |store| async move {
        let owner = store.owner_named(&ALL, "default").await.unwrap().unwrap().id;
        let changes = [Acknowledging::Begin(owner, NOW).into(), Acknowledging::Forget(owner).into()];
        store.apply(&ALL, None, NOW, &ENGINE, &changes).await.unwrap();
        assert_eq!(store.ownership(&ALL, owner).await.unwrap(), None);
        // Who answers without having been asked has answered.
        let given = Given { at: NOW, by: Actor::Person("ada".to_owned()) };
        let answer = Acknowledging::Give(owner, given.clone()).into();
        store.apply(&ALL, None, NOW, &ENGINE, &[answer]).await.unwrap();
        let known = store.ownership(&ALL, owner).await.unwrap().unwrap();
        assert_eq!((known.since, known.given), (NOW, Some(given)));
    });
}

//! Links in messages.

use notafter_cert::Span;
use notafter_inventory::model::{Actor, AlertId, AlertLink, DeliveryId, LinkDoes, SpentLink};
use notafter_store::{Change, Scope, StoreError};

use crate::sample;
use crate::stage::{NOW, on_both};

const ALL: Scope = Scope::EVERYTHING;

#[test]
fn a_link_is_spent_once_and_forgotten_when_it_leads_nowhere_anyway() {
    on_both("a_link_is_spent_once_and_forgotten_when_it_leads_nowhere_anyway", |store| async move {
        let link = AlertLink {
            does: LinkDoes::Acknowledge,
            alert: AlertId::new(NOW, [1; 10]),
            delivery: DeliveryId::new(NOW, [2; 10]),
        };
        let by = Actor::Link { contact: "ada@shop.example".to_owned(), alert: link.alert };
        let spent = SpentLink { link, by, at: NOW, until: NOW + Span::days(14) };
        let spend = async |spent: &SpentLink| {
            store.apply(&ALL, None, NOW, &sample::person(), &[Change::SpendLink(spent.clone())]).await
        };
        assert_eq!(store.spent_link(&ALL, link).await.unwrap(), None);
        spend(&spent).await.unwrap();
        let again = SpentLink { at: NOW + Span::hours(1), ..spent.clone() };
        let again = spend(&again).await.unwrap_err();
        assert!(matches!(again, StoreError::Overtaken(_)), "{again:?}");
        assert_eq!(store.spent_link(&ALL, link).await.unwrap().as_ref(), Some(&spent), "the first one stays");
        let other = AlertLink { does: LinkDoes::Silence, ..link };
        assert_eq!(store.spent_link(&ALL, other).await.unwrap(), None);
        spend(&SpentLink { link: other, ..spent.clone() }).await.unwrap();

        assert_eq!(store.cut_spent_links(&ALL, spent.until - Span::micros(1)).await.unwrap(), 0);
        assert_eq!(store.cut_spent_links(&ALL, spent.until).await.unwrap(), 2);
        assert_eq!(store.spent_link(&ALL, link).await.unwrap(), None);
    });
}

/// Of two servers that made a key at the same moment, the second one would have made the first one's links worthless.
#[test]
fn a_secret_that_was_made_is_not_made_again() {
    on_both("a_secret_that_was_made_is_not_made_again", |store| async move {
        let make = async |sealed: &[u8]| {
            let (name, kek_id) = ("alert-links".to_owned(), "kek".to_owned());
            let change = Change::MakeSecret { name, kek_id, sealed: sealed.to_vec() };
            store.apply(&ALL, None, NOW, &Actor::Engine, &[change]).await
        };
        make(b"first").await.unwrap();
        assert!(matches!(make(b"second").await.unwrap_err(), StoreError::Overtaken(_)));
        assert_eq!(store.secret(&ALL, "alert-links").await.unwrap().unwrap().sealed, b"first");
    });
}

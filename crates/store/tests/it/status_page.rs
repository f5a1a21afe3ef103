//! What the status page is made of.

use notafter_cert::{Span, Time};
use notafter_inventory::model::{
    ComponentState, EndpointId, Finding, FindingId, FindingState, Incident, IncidentId, IncidentStatus,
    IncidentUpdate, Maintenance, MaintenanceId, MaintenanceStatus, MaintenanceUpdate, StatusMail, Subject,
    Subscriber, SubscriberId,
};
use notafter_inventory::status_page::News;
use notafter_store::{Change, Looked, Public, Scope, Seen, Store, StoreError, Subscription};
use notafter_tls::Resolution;

use crate::sample::{self, person, served};
use crate::stage::{NOW, on_both};

const ALL: Scope = Scope::EVERYTHING;

fn hours(hours: i64) -> Time {
    NOW + Span::hours(hours)
}

fn update(at: Time, status: IncidentStatus) -> IncidentUpdate {
    IncidentUpdate { at, status, text: "we look".to_owned(), by: person() }
}

fn incident(number: u8) -> Incident {
    Incident {
        id: IncidentId::new(NOW, sample::random(number)),
        name: "Checkout fails".to_owned(),
        components: vec!["Shop".to_owned()],
        state: ComponentState::PartialOutage,
        began_at: NOW,
        updates: vec![update(NOW, IncidentStatus::Investigating)],
    }
}

async fn put(store: &Store, change: Change) -> Result<(), StoreError> {
    store.apply(&ALL, None, NOW, &person(), &[change]).await
}

/// Of two who tell something at once, the one would have taken the other's words from the page.
#[test]
fn what_two_people_tell_of_an_incident_at_once_is_not_lost() {
    on_both("what_two_people_tell_of_an_incident_at_once_is_not_lost", |store| async move {
        let first = incident(1);
        put(&store, Change::PutIncident(first.clone())).await.unwrap();
        let with = |status| {
            let mut next = first.clone();
            next.updates.push(update(hours(1), status));
            next
        };
        let (ada, bob) = (with(IncidentStatus::Identified), with(IncidentStatus::Resolved));
        put(&store, Change::PutIncident(ada.clone())).await.unwrap();
        let late = put(&store, Change::PutIncident(bob)).await.unwrap_err();
        assert!(matches!(late, StoreError::Overtaken(_)), "{late:?}");
        assert_eq!(store.incident(&ALL, first.id).await.unwrap(), Some(ada));
        let log = store.events_after(&ALL, 0, 100).await.unwrap();
        let told: Vec<_> = log.iter().filter(|event| event.kind == "notafter.incident.told.v1").collect();
        assert_eq!(
            (told.len(), &told[1].actor, &told[1].data["status"]),
            (2, &person(), &"identified".into())
        );
    });
}

#[test]
fn what_is_open_or_of_late_is_read() {
    on_both("what_is_open_or_of_late_is_read", |store| async move {
        let over = |number: u8, at| {
            let mut over = incident(number);
            over.updates = vec![update(at, IncidentStatus::Resolved)];
            over
        };
        let (open, late, old) = (incident(1), over(2, hours(9)), over(3, hours(1)));
        for incident in [&open, &late, &old] {
            put(&store, Change::PutIncident(incident.clone())).await.unwrap();
        }
        assert_eq!(store.incidents_since(&ALL, hours(2)).await.unwrap(), [open, late]);

        let mut planned = Maintenance {
            id: MaintenanceId::new(NOW, sample::random(1)),
            name: "A new disk".to_owned(),
            components: vec!["Shop".to_owned()],
            from: hours(3),
            until: hours(5),
            updates: vec![MaintenanceUpdate {
                at: NOW,
                status: MaintenanceStatus::Scheduled,
                text: "we change a disk".to_owned(),
                by: person(),
            }],
        };
        put(&store, Change::PutMaintenance(planned.clone())).await.unwrap();
        let again = put(&store, Change::PutMaintenance(planned.clone())).await.unwrap_err();
        assert!(matches!(again, StoreError::Overtaken(_)), "{again:?}");
        planned.until = hours(6);
        planned.updates.push(MaintenanceUpdate { at: hours(4), ..planned.updates[0].clone() });
        put(&store, Change::PutMaintenance(planned.clone())).await.unwrap();
        assert_eq!(store.maintenance(&ALL, planned.id).await.unwrap().as_ref(), Some(&planned));
        assert_eq!(store.maintenances_since(&ALL, hours(5)).await.unwrap(), [planned]);
        assert_eq!(store.maintenances_since(&ALL, hours(6)).await.unwrap(), []);
    });
}

#[test]
fn what_was_seen_of_some_endpoints_is_read_at_once() {
    on_both("what_was_seen_of_some_endpoints_is_read_at_once", |store| async move {
        let owner = store.owner_named(&ALL, "default").await.unwrap().unwrap().id;
        let id = |number: u8| EndpointId::new(NOW, sample::random(number));
        let endpoints = [1, 2, 3].map(|number| Change::PutEndpoint(sample::endpoint(number, owner)));
        store.apply(&ALL, None, NOW, &person(), &endpoints).await.unwrap();
        let closed = |number: u8| Finding {
            id: FindingId::new(hours(i64::from(number)), sample::random(number)),
            state: FindingState::Closed,
            closed_at: Some(hours(9)),
            ..sample::finding(number, owner, Subject::Endpoint(id(1)))
        };
        let observations = vec![served(NOW, "192.0.2.1:443", 1), served(NOW, "192.0.2.2:443", 1)];
        let looked = Looked {
            lease: None,
            next_due: None,
            endpoint_id: id(1),
            at: NOW,
            resolution: Ok(Resolution::known(observations.iter().map(|one| one.address).collect())),
            observations,
            changes: [1, 2, 3].map(|number| Change::PutFinding(closed(number))).into(),
        };
        store.record_looks(&ALL, &[looked]).await.unwrap();
        let mut seen = store.seen_of(&ALL, &[id(1), id(2), id(9)]).await.unwrap();
        seen.sort_by_key(|seen| seen.id);
        let nobody = Seen { id: id(2), looked_at: None, addresses: 0 };
        assert_eq!(seen, [Seen { id: id(1), looked_at: Some(NOW), addresses: 2 }, nobody]);
        let subjects = [Subject::Endpoint(id(1)), Subject::Endpoint(id(2))];
        let past = store.findings_closed_among(&ALL, &subjects, 2).await.unwrap();
        assert_eq!(past, [closed(3), closed(2)], "the newest");
    });
}

fn subscriber(number: u8, address: &str) -> Subscriber {
    Subscriber::new(SubscriberId::new(NOW, [number; 10]), address.to_owned(), Vec::new(), NOW)
}

async fn write(store: &Store, changes: &[Change]) -> Result<(), StoreError> {
    store.apply(&ALL, None, NOW, &person(), changes).await
}

#[test]
fn an_address_is_there_once_and_forgotten_with_its_mails_where_nobody_confirms_it() {
    on_both("an_address_is_there_once", |store| async move {
        let (ada, bob) = (subscriber(1, "Ada@example.org"), subscriber(2, "bob@example.org"));
        let confirmed = bob.confirmed(NOW);
        let mail = |to| StatusMail { to, news: None, is_begun: false, due_at: NOW, tries: 0 };
        let asked = [
            Subscription::Put(ada.clone()).into(),
            Subscription::PutMail(mail(ada.id)).into(),
            Subscription::Put(confirmed.clone()).into(),
        ];
        write(&store, &asked).await.unwrap();
        let twice = write(&store, &[Subscription::Put(subscriber(3, "ada@EXAMPLE.org")).into()]).await;
        assert!(matches!(twice, Err(StoreError::Duplicate(_))), "{twice:?}");
        assert_eq!(store.subscriber_at(&ALL, "ADA@example.org").await.unwrap(), Some(ada.clone()));
        let count = store.count_subscribers(&ALL).await.unwrap();
        assert_eq!((count.confirmed, count.unconfirmed), (1, 1));
        write(&store, &[Subscription::ForgetUnconfirmed(NOW).into()]).await.unwrap();
        assert_eq!(store.subscribers(&ALL).await.unwrap().len(), 2, "not yet");
        let later = NOW + Span::minutes(1);
        write(&store, &[Subscription::ForgetUnconfirmed(later).into()]).await.unwrap();
        assert_eq!(store.subscribers(&ALL).await.unwrap(), [confirmed]);
        assert_eq!(store.status_mails_due(&ALL, later, 9).await.unwrap(), []);
    });
}

#[test]
fn what_is_told_by_mail_is_told_once_and_who_has_to_confirm_comes_first() {
    on_both("what_is_told_by_mail_is_told_once", |store| async move {
        let (ada, bob) = (subscriber(1, "ada@example.org"), subscriber(2, "bob@example.org"));
        let news = News {
            id: "0123456789ab".to_owned(),
            at: NOW,
            components: Vec::new(),
            subject: "Shop: major outage".to_owned(),
            text: "It is out.".to_owned(),
            anchor: "in_1".to_owned(),
        };
        let tell = || Subscription::Tell { news: news.clone(), to: vec![ada.id], due_at: NOW }.into();
        write(
            &store,
            &[Subscription::Put(ada.clone()).into(), Subscription::Put(bob.clone()).into(), tell()],
        )
        .await
        .unwrap();
        assert!(matches!(write(&store, &[tell()]).await, Err(StoreError::Overtaken(_))));
        assert_eq!(store.status_news(&ALL, &news.id).await.unwrap(), Some(news.clone()));
        assert!(store.status_news_known(&ALL).await.unwrap().contains(&news.id));
        let asks = StatusMail { to: bob.id, news: None, is_begun: false, due_at: NOW, tries: 0 };
        let tells = StatusMail { to: ada.id, news: Some(news.id.clone()), ..asks.clone() };
        write(&store, &[Subscription::PutMail(asks.clone()).into()]).await.unwrap();
        assert_eq!(store.status_mails_due(&ALL, NOW, 9).await.unwrap(), [asks.clone(), tells.clone()]);
        assert_eq!(store.next_status_mail(&ALL).await.unwrap(), Some(NOW));
        let begun = StatusMail { is_begun: true, ..tells };
        write(&store, &[Subscription::UpdateMail(begun.clone()).into()]).await.unwrap();
        assert_eq!(store.status_mails_due(&ALL, NOW, 9).await.unwrap(), std::slice::from_ref(&asks));
        assert_eq!(store.status_mails_begun(&ALL).await.unwrap(), std::slice::from_ref(&begun));
        let later = NOW + Span::days(1);
        assert_eq!(store.cut_status_news(&ALL, later).await.unwrap(), 0, "a mail still tells it");
        write(&store, &[Subscription::RemoveMail(begun).into()]).await.unwrap();
        assert_eq!(store.cut_status_news(&ALL, later).await.unwrap(), 1);
        write(&store, &[Subscription::Remove(bob.id).into()]).await.unwrap();
        assert_eq!(store.next_status_mail(&ALL).await.unwrap(), None, "his mail went with him");
        let late = [Subscription::Update(bob).into(), Subscription::UpdateMail(asks).into()];
        write(&store, &late).await.unwrap();
        assert_eq!(store.subscribers(&ALL).await.unwrap(), [ada], "who left is not put back");
        assert_eq!(store.next_status_mail(&ALL).await.unwrap(), None);
    });
}

#[test]
fn since_when_an_endpoint_is_public_is_remembered_until_it_is_not() {
    on_both("since_when_an_endpoint_is_public", |store| async move {
        let endpoint = EndpointId::new(NOW, [1; 10]);
        let show = |since| Public::Show("Shop".to_owned(), endpoint, since).into();
        let later = NOW + Span::hours(1);
        write(&store, &[show(NOW), show(later)]).await.unwrap();
        let since = async || store.public_since(&ALL).await.unwrap().into_values().collect::<Vec<_>>();
        assert_eq!(since().await, [NOW], "the first one counts");
        write(&store, &[Public::Hide("Shop".to_owned(), endpoint).into(), show(later)]).await.unwrap();
        assert_eq!(since().await, [later]);
    });
}

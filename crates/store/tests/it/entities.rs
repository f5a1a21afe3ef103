//! Puts, reads, scopes and atomicity.

use notafter_cert::{Fingerprint, Span, Trouble};
use notafter_inventory::code::Manifest;
use notafter_inventory::ledger::{Counted, Question, charges_of_failure};
use notafter_inventory::model::{
    Account, AcmeIssuer, AttemptFailure, Authority, Certified, Exemption, FailureClass, FindingState,
    IssuerId, KeyId, Lineage, Order, OwnerId, Practice, PrivateIssuer, Progress, Subject, Version,
    VersionState,
};
use notafter_store::{Change, Holds, Scope, Standing, Store, StoreError};

use crate::sample::{self, ENGINE};
use crate::stage::{NOW, on_both};

const ALL: Scope = Scope::EVERYTHING;

async fn owner(store: &Store) -> OwnerId {
    store.owner_named(&ALL, "default").await.unwrap().expect("made with the database").id
}

async fn apply(store: &Store, changes: &[Change]) -> Result<(), StoreError> {
    store.apply(&ALL, None, NOW, &ENGINE, changes).await
}

#[test]
fn every_entity_comes_back_as_it_was_put() {
    on_both("every_entity_comes_back_as_it_was_put", |store| async move {
        let owner = owner(&store).await;
        let endpoint = sample::endpoint(1, owner);
        let lineage = sample::lineage(1, owner);
        let version = sample::version(1, lineage.id);
        let mut order = sample::order(NOW, 1, lineage.id);
        let place = sample::place(1, &lineage);
        let mut deployment = sample::deployment(1, &place);
        let finding = sample::finding(1, owner, Subject::Endpoint(endpoint.id));
        let put = [
            Change::PutEndpoint(endpoint.clone()),
            Change::PutLineage(lineage.clone()),
            Change::PutVersion(version.clone()),
            Change::PutOrder(order.clone()),
            Change::PutPlace(place.clone()),
            Change::PutDeployment(deployment.clone()),
            Change::PutFinding(finding.clone()),
        ];
        apply(&store, &put).await.unwrap();
        apply(&store, &put).await.unwrap();

        assert_eq!(store.endpoint(&ALL, endpoint.id).await.unwrap(), Some(endpoint.clone()));
        assert_eq!(store.endpoint_at(&ALL, &endpoint.target).await.unwrap(), Some(endpoint.clone()));
        assert_eq!(store.endpoints(&ALL).await.unwrap(), [endpoint]);
        assert_eq!(store.lineage(&ALL, lineage.id).await.unwrap(), Some(lineage.clone()));
        assert_eq!(store.lineage_named(&ALL, "shop1").await.unwrap(), Some(lineage.clone()));
        assert_eq!(store.version(&ALL, version.id).await.unwrap(), Some(version.clone()));
        assert_eq!(store.versions_with(&ALL, Fingerprint::of(&[1])).await.unwrap(), [version]);
        assert_eq!(store.orders_open(&ALL).await.unwrap(), std::slice::from_ref(&order));
        assert_eq!(store.places_of(&ALL, lineage.id).await.unwrap(), std::slice::from_ref(&place));
        assert_eq!(store.deployments_open(&ALL).await.unwrap(), std::slice::from_ref(&deployment));
        assert_eq!(store.findings_open_of(&ALL, &finding.violation.subject).await.unwrap(), [finding]);

        order.closed_at = Some(NOW);
        deployment.closed_at = Some(NOW);
        apply(&store, &[Change::PutOrder(order.clone()), Change::PutDeployment(deployment.clone())])
            .await
            .unwrap();
        assert_eq!(store.orders_open(&ALL).await.unwrap(), []);
        assert_eq!(store.deployments_open(&ALL).await.unwrap(), []);
        assert_eq!(store.orders_of(&ALL, lineage.id, 10).await.unwrap(), [order]);
        assert_eq!(store.deployments_to(&ALL, place.id, 10).await.unwrap(), [deployment]);
        let later = [8, 9].map(|number| sample::deployment(number, &place));
        apply(&store, &later.clone().map(Change::PutDeployment)).await.unwrap();
        let [middle, newest] = later;
        assert_eq!(store.deployments_last(&ALL, 2).await.unwrap(), [newest, middle], "of one place");
    });
}

/// What a person wrote was undone by a task that had read the lineage before, and the other way round.
#[test]
fn neither_half_of_a_lineage_is_written_with_the_other() {
    on_both("neither_half_of_a_lineage_is_written_with_the_other", |store| async move {
        let lineage = sample::lineage(1, owner(&store).await);
        let version = sample::version(1, lineage.id);
        apply(&store, &[Change::PutLineage(lineage.clone())]).await.unwrap();
        let before = lineage.progress();
        let after = Progress { current: Some(version.id), ..before.clone() };
        let advance = |before: &Progress| Change::Advance {
            lineage: lineage.id,
            before: before.clone(),
            after: after.clone(),
        };
        apply(&store, &[advance(&before)]).await.unwrap();
        let renamed = Lineage { name: "other".to_owned(), ..lineage.clone() };
        apply(&store, &[Change::PutLineage(renamed.clone())]).await.unwrap();
        let stored = store.lineage(&ALL, lineage.id).await.unwrap().unwrap();
        assert_eq!(stored, Lineage { current: Some(version.id), ..renamed }, "each has written its own");

        let late = [Change::PutVersion(version.clone()), advance(&before)];
        assert_eq!(apply(&store, &late).await.unwrap_err().code(), "store.overtaken");
        apply(&store, &[Change::RemoveLineage(lineage.id)]).await.unwrap();
        let risen = [Change::PutVersion(version.clone()), advance(&after)];
        assert_eq!(apply(&store, &risen).await.unwrap_err().code(), "store.overtaken");
        assert_eq!(store.lineages(&ALL).await.unwrap(), [], "what is gone stays gone");
        assert_eq!(store.version(&ALL, version.id).await.unwrap(), None, "and nothing comes without it");
    });
}

/// Two servers that share a database made a root each, and the one that lost signed below a root that nobody was given.
#[test]
fn of_two_roots_that_are_made_at_once_one_is_the_issuers() {
    on_both("of_two_roots_that_are_made_at_once_one_is_the_issuers", |store| async move {
        let id = IssuerId::new(NOW, sample::random(3));
        let practice = Practice {
            common_name: "house".to_owned(),
            key: notafter_cert::KeySpec::EcdsaP384,
            permitted: vec!["internal.example".parse().unwrap()],
            lifetime: Span::days(30),
            root_lifetime: Span::days(3650),
        };
        let house = PrivateIssuer { id, name: "house".to_owned(), practice, authority: None };
        apply(&store, &[Change::PutIssuer(house.clone().into())]).await.unwrap();
        let authority = |number: u8| {
            let certified = Certified {
                common_name: format!("house {number}"),
                key_id: KeyId::new(NOW, sample::random(number)),
                pem: String::new(),
                fingerprint: Fingerprint::of(&[number]),
                not_before: NOW,
                not_after: NOW + Span::days(1),
            };
            Authority { root: certified.clone(), intermediate: certified, intermediates: 1 }
        };
        let put = |before: Option<u8>, after: u8| Change::PutAuthority {
            issuer: id,
            before: before.map(authority),
            after: authority(after),
        };
        let revision = store.inventory_revision(&ALL).await.unwrap();
        apply(&store, &[put(None, 1)]).await.unwrap();
        assert_ne!(
            store.inventory_revision(&ALL).await.unwrap(),
            revision,
            "whoever judges by it looks again"
        );
        for late in [put(None, 2), put(Some(2), 3)] {
            assert_eq!(apply(&store, &[late]).await.unwrap_err().code(), "store.overtaken");
        }
        apply(&store, &[put(Some(1), 4), Change::PutIssuer(house.clone().into())]).await.unwrap();
        let stored = store.issuer_named(&ALL, "house").await.unwrap().unwrap();
        let kept = PrivateIssuer { authority: Some(Box::new(authority(4))), ..house };
        assert_eq!(stored, kept.into(), "a file that is applied changes nothing of it");
        apply(&store, &[Change::RemoveIssuer(id)]).await.unwrap();
        assert_eq!(apply(&store, &[put(Some(4), 5)]).await.unwrap_err().code(), "store.overtaken");
    });
}

/// An account was lost to a file that was applied while it was made, and a file's change to the account's coming.
#[test]
fn neither_half_of_an_issuer_is_written_with_the_other() {
    on_both("neither_half_of_an_issuer_is_written_with_the_other", |store| async move {
        let issuer = sample::issuer(1);
        apply(&store, &[Change::PutIssuer(issuer.clone().into())]).await.unwrap();
        let url = Some("https://ca.example/account/1".to_owned());
        let account = Account { account_url: url.clone(), ..issuer.account() };
        let mut changed =
            AcmeIssuer { contact: vec!["mailto:ops@shop.example".to_owned()], ..issuer.clone() };
        apply(&store, &[Change::PutIssuer(changed.clone().into())]).await.unwrap();
        apply(&store, &[Change::PutAccount(issuer.id, account.clone())]).await.unwrap();
        let stored = store.issuer(&ALL, issuer.id).await.unwrap().unwrap();
        assert_eq!(stored, AcmeIssuer { account_url: url, ..changed.clone() }.into());

        changed.directory = "https://other.example/directory".to_owned();
        apply(&store, &[Change::PutIssuer(changed.clone().into())]).await.unwrap();
        apply(&store, &[Change::PutAccount(issuer.id, account.clone())]).await.unwrap();
        let stored = store.issuer_named(&ALL, &issuer.name).await.unwrap();
        assert_eq!(stored, Some(changed.into()), "an account at another CA is none here");
        apply(&store, &[Change::RemoveIssuer(issuer.id)]).await.unwrap();
        let key = KeyId::new(NOW, sample::random(7));
        let (holds, kek_id, sealed) = (Holds::AccountKey, "aa".to_owned(), b"sealed".to_vec());
        let made = Change::PutKey { id: key, holds, kek_id, sealed };
        let late = apply(&store, &[made, Change::PutAccount(issuer.id, account)]).await;
        assert_eq!(late.unwrap_err().code(), "store.overtaken");
        assert_eq!(store.issuers(&ALL).await.unwrap(), [], "what is gone stays gone");
        assert_eq!(store.key(&ALL, key).await.unwrap(), None, "no key is kept that nothing refers to");
    });
}

/// A renewal that had read the version before superseded it, and it could be rolled back to.
#[test]
fn a_revoked_version_stays_revoked() {
    on_both("a_revoked_version_stays_revoked", |store| async move {
        let lineage = sample::lineage(1, owner(&store).await);
        let version = sample::version(1, lineage.id);
        let put = |state| Change::PutVersion(Version { state, ..version.clone() });
        apply(&store, &[Change::PutLineage(lineage.clone()), put(VersionState::Current)]).await.unwrap();
        apply(&store, &[put(VersionState::Revoked)]).await.unwrap();
        apply(&store, &[put(VersionState::Superseded)]).await.unwrap();
        let stored = store.version(&ALL, version.id).await.unwrap().unwrap();
        assert_eq!(stored.state, VersionState::Revoked);
    });
}

#[test]
fn what_a_file_wrote_is_remembered_whole() {
    on_both("what_a_file_wrote_is_remembered_whole", |store| async move {
        assert_eq!(store.manifest(&ALL).await.unwrap(), Manifest::default());
        for names in [vec!["endpoint shop.example:443", "owner payments"], vec!["owner payments"]] {
            let manifest = Manifest(names.into_iter().map(str::to_owned).collect());
            apply(&store, &[Change::PutManifest(manifest.clone())]).await.unwrap();
            assert_eq!(store.manifest(&ALL).await.unwrap(), manifest);
        }
    });
}

#[test]
fn an_owner_sees_what_is_theirs_alone() {
    on_both("an_owner_sees_what_is_theirs_alone", |store| async move {
        let (mine, theirs) = (OwnerId::new(NOW, sample::random(7)), owner(&store).await);
        let (my_lineage, their_lineage) = (sample::lineage(1, mine), sample::lineage(2, theirs));
        let (my_version, their_version) =
            (sample::version(1, my_lineage.id), sample::version(2, their_lineage.id));
        apply(
            &store,
            &[
                Change::PutEndpoint(sample::endpoint(1, mine)),
                Change::PutEndpoint(sample::endpoint(2, theirs)),
                Change::PutLineage(my_lineage.clone()),
                Change::PutLineage(their_lineage.clone()),
                Change::PutVersion(my_version.clone()),
                Change::PutVersion(their_version.clone()),
                Change::PutOrder(sample::order(NOW, 2, their_lineage.id)),
            ],
        )
        .await
        .unwrap();
        let scope = Scope::owner(mine);
        assert_eq!(store.endpoints(&scope).await.unwrap().len(), 1);
        assert_eq!(store.endpoint_count(&scope).await.unwrap(), 1);
        assert_eq!(
            store.standings(&scope).await.unwrap().into_iter().collect::<Vec<_>>(),
            [(Standing::NotLookedAt, 1)]
        );
        assert_eq!(store.lineages(&scope).await.unwrap(), [my_lineage]);
        assert_eq!(store.lineage(&scope, their_lineage.id).await.unwrap(), None);
        assert_eq!(store.version(&scope, my_version.id).await.unwrap(), Some(my_version));
        assert_eq!(store.version(&scope, their_version.id).await.unwrap(), None);
        assert_eq!(store.orders_open(&scope).await.unwrap(), []);
        assert_eq!(store.orders_open(&ALL).await.unwrap().len(), 1);
    });
}

#[test]
fn one_refused_change_takes_all_with_it() {
    on_both("one_refused_change_takes_all_with_it", |store| async move {
        let owner = owner(&store).await;
        let (first, mut second) = (sample::lineage(1, owner), sample::lineage(2, owner));
        second.name = first.name.clone();
        let events = store.events_after(&ALL, 0, 100).await.unwrap();
        let error = store
            .apply(
                &ALL,
                None,
                NOW,
                &sample::person(),
                &[
                    Change::PutEndpoint(sample::endpoint(1, owner)),
                    Change::PutLineage(first),
                    Change::PutLineage(second),
                ],
            )
            .await
            .unwrap_err();
        assert_eq!(error.code(), "store.duplicate");
        assert_eq!(store.endpoints(&ALL).await.unwrap(), []);
        assert_eq!(store.lineages(&ALL).await.unwrap(), []);
        assert_eq!(store.events_after(&ALL, 0, 100).await.unwrap(), events);
    });
}

#[test]
fn a_finding_is_open_once_and_its_episodes_are_kept() {
    on_both("a_finding_is_open_once_and_its_episodes_are_kept", |store| async move {
        let owner = owner(&store).await;
        let mut first = sample::finding(1, owner, Subject::Installation);
        let again = sample::finding(2, owner, Subject::Installation);
        apply(&store, &[Change::PutFinding(first.clone())]).await.unwrap();
        let error = apply(&store, &[Change::PutFinding(again.clone())]).await.unwrap_err();
        assert_eq!(error.code(), "store.duplicate");
        first.state = FindingState::Closed;
        first.closed_at = Some(NOW);
        apply(&store, &[Change::PutFinding(first.clone()), Change::PutFinding(again.clone())]).await.unwrap();
        assert_eq!(store.findings_open(&ALL).await.unwrap(), std::slice::from_ref(&again));
        assert_eq!(
            store.findings_of(&ALL, &Subject::Installation, 10).await.unwrap(),
            [again.clone(), first.clone()]
        );
    });
}

#[test]
fn keys_are_sealed_rows_and_stay_destroyed() {
    on_both("keys_are_sealed_rows_and_stay_destroyed", |store| async move {
        let id = KeyId::new(NOW, sample::random(1));
        let put = |kek: &str, sealed: &[u8]| Change::PutKey {
            id,
            holds: Holds::CertificateKey,
            kek_id: kek.to_owned(),
            sealed: sealed.to_vec(),
        };
        let secret = Change::PutSecret {
            name: "smtp".to_owned(),
            kek_id: "aa".to_owned(),
            sealed: b"sealed".to_vec(),
        };
        apply(&store, &[put("aa", b"first"), secret]).await.unwrap();
        assert_eq!(store.kek_ids(&ALL).await.unwrap(), ["aa"]);
        // Rotation is the same put under another key.
        apply(&store, &[put("bb", b"rewrapped")]).await.unwrap();
        let row = store.key(&ALL, id).await.unwrap().unwrap();
        assert_eq!(
            (row.kek_id.as_str(), &row.sealed[..], row.holds),
            ("bb", &b"rewrapped"[..], Holds::CertificateKey)
        );
        assert_eq!(store.secret(&ALL, "smtp").await.unwrap().unwrap().sealed, b"sealed");

        apply(&store, &[Change::DestroyKey(id), put("bb", b"late")]).await.unwrap();
        let row = store.key(&ALL, id).await.unwrap().unwrap();
        assert_eq!((row.sealed.len(), row.destroyed_at), (0, Some(NOW)));
        assert_eq!(store.keys(&ALL).await.unwrap(), []);
        apply(&store, &[Change::RemoveSecret("smtp".to_owned())]).await.unwrap();
        assert_eq!(store.kek_ids(&ALL).await.unwrap(), Vec::<String>::new());
    });
}

#[test]
fn charges_are_found_by_bucket_and_instant_and_what_is_exempt_is_learnt_later() {
    on_both(
        "charges_are_found_by_bucket_and_instant_and_what_is_exempt_is_learnt_later",
        |store| async move {
            let lineage = sample::lineage(1, owner(&store).await);
            let orders: Vec<Order> = (0..4)
                .map(|day| {
                    let order =
                        sample::order(NOW + Span::days(day), 9 - u8::try_from(day).unwrap(), lineage.id);
                    Order { issuer_id: IssuerId::new(NOW, [1; 10]), ..order }
                })
                .collect();
            let mut changes = vec![Change::PutLineage(lineage)];
            changes.extend(orders.iter().cloned().map(Change::PutOrder));
            apply(&store, &changes).await.unwrap();
            let asked = |since| Question {
                issuer: orders[0].issuer_id,
                counted: Counted::NewOrder,
                subjects: vec![String::new(), "elsewhere".to_owned()],
                since,
                without: 1,
            };
            let count = async |question: Question| store.charges(&ALL, &question).await.unwrap().len();
            assert_eq!(count(asked(NOW + Span::days(2))).await, 2);
            assert_eq!(count(asked(NOW)).await, 4);
            assert_eq!(count(Question { subjects: vec!["elsewhere".to_owned()], ..asked(NOW) }).await, 0);
            assert_eq!(count(Question { counted: Counted::ExactSet, ..asked(NOW) }).await, 0);
            assert_eq!(count(Question { issuer: IssuerId::new(NOW, [2; 10]), ..asked(NOW) }).await, 0);
            let exempt = Exemption { same_set: true, ..Exemption::default() };
            let put = Change::PutOrder(Order { exemption: exempt, ..orders[3].clone() });
            apply(&store, &[put]).await.unwrap();
            assert_eq!(count(asked(NOW)).await, 3);
            assert_eq!(count(Question { without: 2, ..asked(NOW) }).await, 4);
        },
    );
}

/// Every attempt makes a key: those of failed ones stayed sealed for ever.
#[test]
fn keys_of_nothing_are_those_that_no_version_has_and_no_order_under_way() {
    on_both("keys_of_nothing_are_those_that_no_version_has_and_no_order_under_way", |store| async move {
        let lineage = sample::lineage(1, owner(&store).await);
        let key = |number| KeyId::new(NOW, sample::random(number));
        let put = |number, holds| {
            let (kek_id, sealed) = ("aa".to_owned(), b"sealed".to_vec());
            Change::PutKey { id: key(number), holds, kek_id, sealed }
        };
        let mut changes: Vec<Change> = (1..=5).map(|number| put(number, Holds::CertificateKey)).collect();
        changes.push(put(6, Holds::AccountKey));
        changes.push(Change::DestroyKey(key(5)));
        let order = |number| sample::order(NOW, number, lineage.id);
        let closed = |number, how: &str| {
            let (closed_at, ended) = (Some(NOW), Some(how.to_owned()));
            Change::PutOrder(Order { closed_at, ended, ..order(number) })
        };
        changes.extend([closed(1, "refused"), closed(2, "issued"), Change::PutOrder(order(3))]);
        let version = |number, state| {
            let version = Version { key_id: Some(key(number)), state, ..sample::version(number, lineage.id) };
            Change::PutVersion(version)
        };
        // The lineage of a version may be gone: its key is for `vault prune`.
        changes.extend([version(2, VersionState::Superseded), version(4, VersionState::Current)]);
        changes.push(Change::PutVersion(sample::version(9, lineage.id)));
        apply(&store, &changes).await.unwrap();
        assert_eq!(store.keys_of_nothing(&ALL, NOW).await.unwrap(), [], "not before their time");
        let found = store.keys_of_nothing(&ALL, NOW + Span::seconds(1)).await.unwrap();
        assert_eq!(found, [key(1)]);
    });
}

#[test]
fn failures_are_charged_a_success_acquits_and_old_ones_are_cut() {
    on_both("failures_are_charged_a_success_acquits_and_old_ones_are_cut", |store| async move {
        let lineage = sample::lineage(1, owner(&store).await);
        let order = sample::order(NOW + Span::days(2), 1, lineage.id);
        let refused = |day: i64, name: &str| AttemptFailure {
            at: NOW + Span::days(day),
            class: FailureClass::Domain,
            code: "acme.unauthorized".to_owned(),
            message: "the CA saw another answer".to_owned(),
            identifiers: vec![name.parse().unwrap()],
            retry_after: None,
        };
        let failures = [refused(0, "shop.example"), refused(1, "shop.example"), refused(1, "other.example")];
        let charges = failures.iter().flat_map(|one| charges_of_failure(order.issuer_id, lineage.id, one));
        let mut changes: Vec<Change> = charges.map(Change::PutCharge).collect();
        changes.push(Change::PutLineage(lineage.clone()));
        apply(&store, &changes).await.unwrap();
        let count = async |counted, name: &str| {
            let subjects = vec![name.to_owned()];
            let question = Question { issuer: order.issuer_id, counted, subjects, since: NOW, without: 0 };
            store.charges(&ALL, &question).await.unwrap().len()
        };
        let (all, in_a_row) = (Counted::FailedAuthorization, Counted::ConsecutiveFailure);
        assert_eq!((count(all, "shop.example").await, count(in_a_row, "shop.example").await), (2, 2));

        let success =
            Order { closed_at: Some(NOW + Span::days(2)), ended: Some("issued".to_owned()), ..order.clone() };
        let later = charges_of_failure(order.issuer_id, lineage.id, &refused(3, "shop.example"));
        let mut changes = vec![Change::PutOrder(success)];
        changes.extend(later.into_iter().map(Change::PutCharge));
        apply(&store, &changes).await.unwrap();
        assert_eq!(
            count(in_a_row, "shop.example").await,
            1,
            "a success ends the row before it, not what follows"
        );
        assert_eq!(count(all, "shop.example").await, 3, "every failure counts, whatever came after it");
        assert_eq!(count(in_a_row, "other.example").await, 1, "for the names of the order alone");

        store.cut_charges(&ALL, NOW + Span::days(32)).await.unwrap();
        assert_eq!(
            count(all, "shop.example").await,
            1,
            "what is older than thirty days is counted by no limit"
        );
        assert_eq!(count(in_a_row, "other.example").await, 1, "a row of failures ends with a success alone");
    });
}

#[test]
fn pages_of_endpoints_meet_without_gap() {
    on_both("pages_of_endpoints_meet_without_gap", |store| async move {
        let owner = owner(&store).await;
        let changes: Vec<_> =
            (0..25).map(|number| Change::PutEndpoint(sample::endpoint(number, owner))).collect();
        apply(&store, &changes).await.unwrap();
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = store.endpoints_after(&ALL, after, 10).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            seen.extend(page);
        }
        assert_eq!(seen, store.endpoints(&ALL).await.unwrap());
        assert_eq!(seen.len(), 25);
        apply(&store, &[Change::RemoveEndpoint(seen[3].id)]).await.unwrap();
        assert_eq!(store.endpoint_count(&ALL).await.unwrap(), 24);
    });
}

/// Two servers read the same inventory, and the second to write undid what the first had written.
#[test]
fn what_was_thought_out_from_an_earlier_inventory_is_not_written() {
    on_both("what_was_thought_out_from_an_earlier_inventory_is_not_written", |store| async move {
        let owner = owner(&store).await;
        let read = store.inventory_revision(&ALL).await.unwrap();
        let late = Change::Upon(read);
        let lineage = sample::lineage(1, owner);
        apply(&store, &[Change::PutLineage(lineage.clone()), late.clone()]).await.unwrap();
        let place = Change::PutPlace(sample::place(1, &lineage));
        let refused = apply(&store, &[place.clone(), late.clone()]).await.unwrap_err();
        assert_eq!(refused.code(), "store.overtaken");
        let twice = Lineage { id: sample::lineage(2, owner).id, ..lineage.clone() };
        let refused = apply(&store, &[Change::PutLineage(twice), late]).await.unwrap_err();
        assert_eq!(refused.code(), "store.overtaken", "before the name is taken");
        assert_eq!(store.places(&ALL).await.unwrap(), [], "nothing of it is written");

        let read = store.inventory_revision(&ALL).await.unwrap();
        let after = Progress { current: Some(sample::version(1, lineage.id).id), ..lineage.progress() };
        let advance = Change::Advance { lineage: lineage.id, before: lineage.progress(), after };
        apply(&store, &[advance]).await.unwrap();
        assert_eq!(store.inventory_revision(&ALL).await.unwrap(), read, "a renewal writes none of it");
        apply(&store, &[place, Change::Upon(read)]).await.unwrap();
        assert_ne!(store.inventory_revision(&ALL).await.unwrap(), read);
    });
}

/// Whoever comes second waits for the first, and hears of him, whichever came between its reading and its writing.
#[test]
fn of_many_who_write_the_inventory_at_once_each_builds_on_the_one_before() {
    on_both("of_many_who_write_the_inventory_at_once_each_builds_on_the_one_before", |store| async move {
        let owner = owner(&store).await;
        apply(&store, &[Change::PutLineage(sample::lineage(1, owner))]).await.unwrap();
        let mut writers = tokio::task::JoinSet::new();
        for number in 0..8 {
            let store = store.clone();
            writers.spawn(async move {
                loop {
                    let upon = Change::Upon(store.inventory_revision(&ALL).await.unwrap());
                    let mut lineage = store.lineages(&ALL).await.unwrap().remove(0);
                    lineage.labels.insert(format!("writer-{number}"), "was here".to_owned());
                    match apply(&store, &[Change::PutLineage(lineage), upon]).await {
                        Ok(()) => return,
                        Err(error) => assert_eq!(error.code(), "store.overtaken"),
                    }
                }
            });
        }
        writers.join_all().await;
        let labels = store.lineages(&ALL).await.unwrap().remove(0).labels;
        let written = (0..8).filter(|number| labels.contains_key(&format!("writer-{number}")));
        assert_eq!(written.count(), 8, "{labels:?}");
    });
}

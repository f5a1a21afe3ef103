//! Long lists in parts.

use std::collections::{BTreeMap, BTreeSet};

use notafter_cert::Span;
use notafter_inventory::model::{
    Criticality, Endpoint, EndpointId, Finding, FindingId, FindingState, Label, Labels, Lineage, LineageId,
    OwnerId, Place, PlaceId, Severity, Subject,
};
use notafter_store::{
    Change, EndpointRow, Endpoints, Findings, Location, Looked, Part, Scope, Standing, Store,
};
use notafter_tls::{Resolution, Target};
use sqlx::Connection;

use crate::migrations::{BACK_TO_THE_EIGHTH, BACK_TO_THE_SEVENTH, BACK_TO_THE_SIXTH};
use crate::sample::{self, ENGINE, served};
use crate::stage::{NOW, on_both};

const ALL: Scope = Scope::EVERYTHING;

async fn apply(store: &Store, changes: &[Change]) {
    store.apply(&ALL, None, NOW, &ENGINE, changes).await.unwrap();
}

async fn owner(store: &Store) -> OwnerId {
    store.owner_named(&ALL, "default").await.unwrap().unwrap().id
}

fn part(search: &str, from: u32, rows: u32) -> Part {
    Part { search: search.to_owned(), from, rows }
}

fn endpoint(number: u8) -> EndpointId {
    EndpointId::new(NOW, sample::random(number))
}

fn finding(number: u8, owner: OwnerId, subject: Subject, severity: Severity) -> Finding {
    let mut finding = sample::finding(number, owner, subject);
    finding.id = FindingId::new(NOW + Span::seconds(i64::from(number)), sample::random(number));
    finding.violation.severity = severity;
    finding.violation.cause = format!("cause {number}");
    finding
}

async fn look(store: &Store, number: u8, changes: Vec<Change>) {
    let observations = vec![served(NOW, "192.0.2.1:443", 1), served(NOW, "192.0.2.2:443", 1)];
    let looked = Looked {
        lease: None,
        next_due: None,
        endpoint_id: endpoint(number),
        at: NOW,
        resolution: Ok(Resolution::known(observations.iter().map(|one| one.address).collect())),
        observations,
        changes,
    };
    assert_eq!(store.record_looks(&ALL, &[looked]).await.unwrap(), [true]);
}

/// Each row as `target standing addresses`, and how many there are.
async fn listed(store: &Store, scope: &Scope, standing: Option<Standing>, part: Part) -> (Vec<String>, u64) {
    let wanted = Endpoints { standing, ..Endpoints::default() };
    let listed = store.list_endpoints(scope, wanted, &part).await.unwrap();
    let rows = listed.rows.iter().map(|row| {
        assert_eq!(row.looked_at.is_some(), row.addresses > 0);
        format!("{} {:?} {}", row.endpoint.target, row.standing, row.addresses)
    });
    (rows.collect(), listed.all)
}

async fn fill(store: &Store) -> OwnerId {
    let owner = owner(store).await;
    let endpoints = (1..=5).map(|number| Change::PutEndpoint(sample::endpoint(number, owner)));
    apply(store, &endpoints.collect::<Vec<_>>()).await;
    let about = |number, of, severity| {
        Change::PutFinding(finding(number, owner, Subject::Endpoint(endpoint(of)), severity))
    };
    look(store, 1, Vec::new()).await;
    look(store, 2, vec![about(1, 2, Severity::Warning), about(2, 2, Severity::Unknown)]).await;
    look(store, 3, vec![about(3, 3, Severity::Critical)]).await;
    look(store, 4, vec![about(4, 4, Severity::Unknown)]).await;
    owner
}

const AS_THEY_STAND: [&str; 5] = [
    "shop3.example:443 Critical 2",
    "shop2.example:443 Warning 2",
    "shop4.example:443 Unknown 2",
    "shop5.example:443 NotLookedAt 0",
    "shop1.example:443 Sound 2",
];

#[test]
fn endpoints_come_in_parts_the_worst_first_and_are_found_by_any_words() {
    on_both("endpoints_come_in_parts_the_worst_first_and_are_found_by_any_words", |store| async move {
        let owner = fill(&store).await;
        let all = |part| listed(&store, &ALL, None, part);
        assert_eq!(all(part("", 0, 100)).await, (AS_THEY_STAND.map(str::to_owned).into(), 5));
        assert_eq!(
            all(part("", 1, 2)).await,
            (AS_THEY_STAND[1..3].iter().map(|&row| row.into()).collect(), 5)
        );
        assert_eq!(all(part("", 9, 2)).await, (vec![], 5));
        assert_eq!(all(part(" SHOP2  example ", 0, 9)).await, (vec![AS_THEY_STAND[1].to_owned()], 1));
        for nothing in ["shop2 shop3", "shop%", "shop_", "!", "a b c d e"] {
            assert_eq!(all(part(nothing, 0, 9)).await, (vec![], 0), "{nothing}");
        }
        let warned = listed(&store, &ALL, Some(Standing::Warning), part("", 0, 9)).await;
        assert_eq!(warned, (vec![AS_THEY_STAND[1].to_owned()], 1));
        let other = Scope::owner(OwnerId::new(NOW, sample::random(99)));
        assert_eq!(listed(&store, &other, None, part("", 0, 9)).await, (vec![], 0));
        assert_eq!(listed(&store, &Scope::owner(owner), None, part("", 0, 9)).await.1, 5);
        assert_eq!(store.standings(&ALL).await.unwrap().into_values().collect::<Vec<_>>(), [1; 5]);
        assert_eq!(store.standings(&other).await.unwrap().len(), 0);
    });
}

#[test]
fn an_endpoint_stands_as_the_worst_of_its_open_findings() {
    on_both("an_endpoint_stands_as_the_worst_of_its_open_findings", |store| async move {
        let owner = fill(&store).await;
        let standing = async || {
            let part = part("shop2", 0, 1);
            store.list_endpoints(&ALL, Endpoints::default(), &part).await.unwrap().rows[0].standing
        };
        let subject = Subject::Endpoint(endpoint(2));
        let mut warned = finding(1, owner, subject.clone(), Severity::Warning);
        (warned.state, warned.closed_at) = (FindingState::Closed, Some(NOW));
        apply(&store, &[Change::PutFinding(warned)]).await;
        assert_eq!(standing().await, Standing::Unknown);
        let mut doubted = finding(2, owner, subject, Severity::Critical);
        apply(&store, &[Change::PutFinding(doubted.clone())]).await;
        assert_eq!(standing().await, Standing::Critical);
        (doubted.state, doubted.closed_at) = (FindingState::Closed, Some(NOW));
        apply(&store, &[Change::PutFinding(doubted)]).await;
        assert_eq!(standing().await, Standing::Sound);
        let again = sample::endpoint(3, owner);
        apply(&store, &[Change::PutEndpoint(again)]).await;
        assert_eq!(listed(&store, &ALL, None, part("shop3", 0, 1)).await.0, [AS_THEY_STAND[0]]);
    });
}

#[test]
fn findings_are_chosen_by_what_they_are_and_found_by_what_they_are_about() {
    on_both("findings_are_chosen_by_what_they_are_and_found_by_what_they_are_about", |store| async move {
        let owner = fill(&store).await;
        let lineage = sample::lineage(7, owner);
        let of_lineage =
            finding(5, owner, Subject::Lineage(LineageId::new(NOW, sample::random(7))), Severity::Critical);
        let mut ended = finding(6, owner, Subject::Installation, Severity::Warning);
        (ended.state, ended.closed_at) = (FindingState::Closed, Some(NOW));
        ended.violation.code = "clock.set-back".to_owned();
        apply(
            &store,
            &[Change::PutLineage(lineage), Change::PutFinding(of_lineage), Change::PutFinding(ended)],
        )
        .await;
        let found = async |wanted: Findings<'_>, search: &str| {
            let found = store.list_findings(&ALL, wanted, &part(search, 0, 9)).await.unwrap();
            assert_eq!(found.all, found.rows.len() as u64);
            found.rows.into_iter().map(|one| one.violation.cause).collect::<Vec<_>>().join(", ")
        };
        let open = Findings::default();
        assert_eq!(found(open, "").await, "cause 3, cause 5, cause 1, cause 2, cause 4");
        assert_eq!(found(Findings { closed: true, ..open }, "").await, "cause 6");
        assert_eq!(
            found(Findings { severity: Some(Severity::Critical), ..open }, "").await,
            "cause 3, cause 5"
        );
        assert_eq!(found(Findings { code: Some("clock.set-back"), ..open }, "").await, "");
        assert_eq!(found(Findings { owner: Some(OwnerId::new(NOW, [9; 10])), ..open }, "").await, "");
        assert_eq!(found(Findings { owner: Some(owner), ..open }, "SHOP7").await, "cause 5");
        assert_eq!(found(open, "shop2.example expires").await, "cause 1, cause 2");
        assert_eq!(found(open, "shop2.example%").await, "");
        let piece = store.list_findings(&ALL, open, &part("", 1, 2)).await.unwrap();
        let ids: Vec<_> = piece.rows.iter().map(|one| &one.violation.cause[..]).collect();
        assert_eq!((ids, piece.all), (vec!["cause 5", "cause 1"], 5));
        let severities = store.open_severities(&ALL).await.unwrap();
        assert_eq!(severities.into_values().collect::<Vec<_>>(), [2, 1, 2], "unknown, warning, critical");
    });
}

/// Labels are asked for as they are written, whatever is in them, and by key alone.
#[test]
fn endpoints_and_findings_are_chosen_by_a_label() {
    on_both("endpoints_and_findings_are_chosen_by_a_label", |store| async move {
        let owner = fill(&store).await;
        let labels = |key: &str, value: &str| Labels::from([(key.to_owned(), value.to_owned())]);
        let odd = "100%_\"it's\" \\ Größe!";
        let changes = [
            Change::PutEndpoint(Endpoint { labels: labels("service", "Shop"), ..sample::endpoint(2, owner) }),
            Change::PutEndpoint(Endpoint { labels: labels("service", "mail"), ..sample::endpoint(3, owner) }),
            Change::PutEndpoint(Endpoint { labels: labels(odd, odd), ..sample::endpoint(4, owner) }),
        ];
        apply(&store, &changes).await;
        let lineage = Lineage { labels: labels("service", "Shop"), ..sample::lineage(7, owner) };
        let place = sample::place(8, &lineage);
        let about = [
            finding(5, owner, Subject::Lineage(lineage.id), Severity::Warning),
            finding(6, owner, Subject::Place(place.id), Severity::Warning),
            finding(7, owner, Subject::Installation, Severity::Warning),
        ];
        apply(&store, &[Change::PutLineage(lineage), Change::PutPlace(place)]).await;
        apply(&store, &about.map(Change::PutFinding)).await;
        for (text, endpoints, findings) in [
            ("service", "shop3, shop2", "cause 3, cause 1, cause 5, cause 6, cause 2"),
            ("service=Shop", "shop2", "cause 1, cause 5, cause 6, cause 2"),
            ("service=shop", "", ""),
            ("service=Sho", "", ""),
            ("servic", "", ""),
            ("target", "", ""),
            (odd, "shop4", "cause 4"),
        ] {
            let label = Label::read(text);
            let wanted = Endpoints { label, ..Endpoints::default() };
            let found = store.list_endpoints(&ALL, wanted, &part("", 0, 9)).await.unwrap();
            let names =
                found.rows.iter().map(|row| row.endpoint.target.to_string().replace(".example:443", ""));
            assert_eq!(names.collect::<Vec<_>>().join(", "), endpoints, "{text}");
            assert_eq!(found.all, found.rows.len() as u64, "{text}");
            let one_by_one = pages(&store, wanted, "").await;
            let mut same: Vec<_> = found.rows;
            same.sort_by_key(|row| row.endpoint.id);
            assert_eq!(one_by_one, same, "{text}");
            let wanted = Findings { label, ..Findings::default() };
            let found = store.list_findings(&ALL, wanted, &part("", 0, 9)).await.unwrap();
            let causes = found.rows.iter().map(|one| one.violation.cause.clone());
            assert_eq!(causes.collect::<Vec<_>>().join(", "), findings, "{text}");
        }
        let label = Some(Label { key: odd, value: Some(odd) });
        let wanted = Endpoints { label, standing: Some(Standing::Unknown) };
        assert_eq!(store.list_endpoints(&ALL, wanted, &part("shop4", 0, 9)).await.unwrap().all, 1);
        assert_eq!(pages(&store, wanted, "EXAMPLE shop4").await.len(), 1);
        assert_eq!(pages(&store, wanted, "shop3").await, []);
        assert_eq!(pages(&store, Endpoints::default(), "shop3").await.len(), 1);
        assert_eq!(pages(&store, Endpoints::default(), "").await.len(), 5);
    });
}

/// Endpoints by identity, one at a time.
async fn pages(store: &Store, wanted: Endpoints<'_>, search: &str) -> Vec<EndpointRow> {
    let mut all: Vec<EndpointRow> = Vec::new();
    loop {
        let after = all.last().map(|row| row.endpoint.id);
        let page = store.search_endpoints(&ALL, wanted, search, (after, 1)).await.unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

/// What stood in a database of the sixth schema stands as it would have, had it been written by this one.
#[test]
fn what_was_known_before_stands_as_it_is() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("notafter.db");
    runtime.block_on(async {
        let location = Location::File(file.clone());
        let store = Store::open(&location, NOW).await.unwrap();
        fill(&store).await;
        store.close().await;
        let mut database = sqlx::SqliteConnection::connect(file.to_str().unwrap()).await.unwrap();
        for back in [BACK_TO_THE_EIGHTH, BACK_TO_THE_SEVENTH, BACK_TO_THE_SIXTH] {
            sqlx::raw_sql(back).execute(&mut database).await.unwrap();
        }
        database.close().await.unwrap();
        let store = Store::open(&location, NOW).await.unwrap();
        let stands = listed(&store, &ALL, None, part("", 0, 100)).await;
        assert_eq!(stands, (AS_THEY_STAND.map(str::to_owned).into(), 5));
        assert_eq!(store.open_severities(&ALL).await.unwrap().into_values().collect::<Vec<_>>(), [2, 1, 1]);
    });
}

/// Of ten thousand lineages those few are read that what is wrong is about.
#[test]
fn places_and_lineages_around_some_endpoints_are_found() {
    on_both("places_and_lineages_around_some_endpoints_are_found", |store| async move {
        let owner = owner(&store).await;
        let (mut with_sni, plain) = (sample::endpoint(3, owner).target, sample::endpoint(4, owner).target);
        with_sni.sni = Some("other.example".to_owned());
        let lineages: Vec<Lineage> = (1..=4).map(|number| sample::lineage(number, owner)).collect();
        let place = |number: u8, endpoints: Vec<Target>| {
            let lineage = &lineages[usize::from(number) - 1];
            Place { endpoints, ..sample::place(number, lineage) }
        };
        let places = [
            place(1, vec![plain.clone(), with_sni.clone()]),
            place(2, vec![with_sni.clone()]),
            place(3, vec![sample::endpoint(3, owner).target]),
            place(4, Vec::new()),
        ];
        apply(&store, &lineages.iter().cloned().map(Change::PutLineage).collect::<Vec<_>>()).await;
        apply(&store, &places.clone().map(Change::PutPlace)).await;
        let found = async |ids: &[PlaceId], targets: &[&Target]| {
            let targets = targets.iter().copied().collect();
            let found = store.places_for(&ALL, ids, &targets).await.unwrap();
            found.into_iter().map(|place| place.lineage_id).collect::<BTreeSet<_>>()
        };
        let of = |numbers: &[usize]| numbers.iter().map(|number| lineages[number - 1].id).collect();
        assert_eq!(found(&[], &[]).await, of(&[]));
        assert_eq!(found(&[], &[&with_sni]).await, of(&[1, 2]));
        assert_eq!(found(&[], &[&plain]).await, of(&[1]));
        assert_eq!(found(&[places[3].id], &[&plain]).await, of(&[1, 4]));
        let read = store.lineages_among(&ALL, &of(&[2, 4])).await.unwrap();
        assert_eq!(read, [lineages[1].clone(), lineages[3].clone()]);
        assert_eq!(store.lineages_among(&ALL, &of(&[])).await.unwrap(), []);
    });
}

/// They are counted with the part as far as that looks, and by themselves beyond.
#[test]
fn a_list_says_how_long_it_is_wherever_a_part_of_it_begins() {
    on_both("a_list_says_how_long_it_is_wherever_a_part_of_it_begins", |store| async move {
        let owner = owner(&store).await;
        let endpoint = |number: u16| {
            let [high, low] = number.to_be_bytes();
            let id = EndpointId::new(NOW, [high, low, 0, 0, 0, 0, 0, 0, 0, 0]);
            let target = format!("host{number}.example:443").parse().unwrap();
            Change::PutEndpoint(Endpoint { id, target, ..sample::endpoint(0, owner) })
        };
        let all: Vec<Change> = (0..2_150).map(endpoint).collect();
        apply(&store, &all).await;
        for (search, from, rows, expected) in [
            ("", 0, 100, (100, 2_150)),
            ("", 50, 100, (100, 2_150)),
            ("", 2_100, 100, (50, 2_150)),
            ("", 5_000, 100, (0, 2_150)),
            ("host21", 0, 5, (5, 61)),
            ("host21", 60, 5, (1, 61)),
            ("host21", 61, 5, (0, 61)),
            ("nowhere", 0, 5, (0, 0)),
        ] {
            let (there, long) = listed(&store, &ALL, None, part(search, from, rows)).await;
            assert_eq!((there.len(), long), expected, "{search} from {from}");
        }
    });
}

/// How much rests on one path to people is counted in the database: a list of ten thousand is not read for it.
#[test]
fn what_each_owner_answers_for_is_counted() {
    on_both("what_each_owner_answers_for_is_counted", |store| async move {
        let owner = owner(&store).await;
        let mut high = sample::endpoint(2, owner);
        high.criticality = Criticality::High;
        let mut named = sample::endpoint(3, owner);
        named.labels.insert("note".to_owned(), r#""criticality":"high""#.to_owned());
        let mut critical = sample::endpoint(4, owner);
        critical.criticality = Criticality::Critical;
        let endpoints = [sample::endpoint(1, owner), high, named, critical].map(Change::PutEndpoint);
        apply(&store, &endpoints).await;
        let lineages = [1, 2].map(|number| Change::PutLineage(sample::lineage(number, owner)));
        apply(&store, &lineages).await;
        assert_eq!(store.critical_endpoints_by_owner(&ALL).await.unwrap(), BTreeMap::from([(owner, 2)]));
        assert_eq!(store.lineages_by_owner(&ALL).await.unwrap(), BTreeMap::from([(owner, 2)]));
    });
}

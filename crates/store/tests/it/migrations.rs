//! Databases of earlier schemas.

use notafter_cert::Span;
use notafter_inventory::ledger::{Counted, Question};
use notafter_inventory::model::{AcmeIssuer, Label, Lineage, LineageId, Order, OwnerId, Progress};
use notafter_store::{Change, Endpoints, Location, Scope, Store};
use sqlx::Connection;

use crate::postgres::Server;
use crate::sample::{self, ENGINE};
use crate::stage::NOW;

const ALL: Scope = Scope::EVERYTHING;
/// A key and a value that JSON writes otherwise.
const LABEL: &str = "a \"team\", büro";

/// What of the schemas after it the eighth one did not have.
pub(crate) const BACK_TO_THE_EIGHTH: &str = "DROP INDEX endpoints_order;
    ALTER TABLE endpoints DROP COLUMN labels;
    CREATE INDEX endpoints_standing ON endpoints (scope, standing, target, owner_id);
    DROP TABLE ownerships;
    DROP TABLE public_since;
    DROP TABLE status_mails;
    DROP TABLE status_news;
    DROP TABLE subscribers;
    DROP TABLE identities;
    DROP TABLE criticalities;
    DROP TABLE drills;
    DROP TABLE passkeys;
    DROP TABLE spent_challenges;
    DROP TABLE pings;
    DROP TABLE incidents;
    DROP TABLE maintenances;
    DROP TABLE trust;
    DELETE FROM schema_versions WHERE version > 8;";

/// What of the eighth schema the seventh one did not have.
pub(crate) const BACK_TO_THE_SEVENTH: &str = "DROP TABLE spent_links;
    DELETE FROM schema_versions WHERE version = 8;";

/// What of the seventh schema the sixth one did not have.
pub(crate) const BACK_TO_THE_SIXTH: &str = "DROP INDEX endpoints_standing;
    ALTER TABLE endpoints DROP COLUMN standing;
    DROP INDEX findings_severity;
    ALTER TABLE findings DROP COLUMN severity;
    DELETE FROM schema_versions WHERE version = 7;";

/// What of the sixth schema the fifth one did not have.
const BACK_TO_THE_FIFTH: &str = "DROP TABLE answers;
    DELETE FROM schema_versions WHERE version = 6;";

/// What of the fifth schema the fourth one did not have.
const BACK_TO_THE_FOURTH: &str = "DROP TABLE clocks;
    DELETE FROM schema_versions WHERE version = 5;";

/// What of the fourth schema the third one did not have.
const BACK_TO_THE_THIRD: &str = "DROP TABLE users;
    DROP TABLE sessions;
    DROP TABLE tokens;
    DROP TABLE sign_in_links;
    DELETE FROM schema_versions WHERE version = 4;";

/// What of the third schema the second one did not have.
const BACK_TO_THE_SECOND: &str = "ALTER TABLE lineages DROP COLUMN progress;
    ALTER TABLE issuers DROP COLUMN account;
    DELETE FROM schema_versions WHERE version = 3;";

/// What of the second schema the first one did not have.
const BACK_TO_THE_FIRST: &str = "DROP TABLE charges;
    DROP INDEX look_changes_at;
    DROP TABLE key_derivations;
    DELETE FROM schema_versions WHERE version = 2;";

/// The second schema kept both halves of lineages and issuers in one document.
#[test]
fn what_the_second_schema_held_is_all_there_in_the_third() {
    let name = "what_the_second_schema_held_is_all_there_in_the_third";
    from_an_earlier_schema(
        name,
        &[
            BACK_TO_THE_EIGHTH,
            BACK_TO_THE_SEVENTH,
            BACK_TO_THE_SIXTH,
            BACK_TO_THE_FIFTH,
            BACK_TO_THE_FOURTH,
            BACK_TO_THE_THIRD,
            BACK_TO_THE_SECOND,
        ],
        |location| async move {
            let unread = Store::open_to_read(&location).await.unwrap_err();
            assert_eq!(
                unread.to_string(),
                "the database cannot be read as it stands: it has schema 2, and this notafter works with 20"
            );
            is_all_there(&location).await;
        },
    );
}

/// The first schema kept no charges: they are those of its orders, as far back as any limit looks.
#[test]
fn orders_of_the_first_schema_are_charged_in_the_second() {
    let name = "orders_of_the_first_schema_are_charged_in_the_second";
    from_an_earlier_schema(
        name,
        &[
            BACK_TO_THE_EIGHTH,
            BACK_TO_THE_SEVENTH,
            BACK_TO_THE_SIXTH,
            BACK_TO_THE_FIFTH,
            BACK_TO_THE_FOURTH,
            BACK_TO_THE_THIRD,
            BACK_TO_THE_SECOND,
            BACK_TO_THE_FIRST,
        ],
        |location| async move {
            is_all_there(&location).await;
            let store = Store::open(&location, NOW + Span::days(1)).await.unwrap();
            let count = async |counted, subject: &str| {
                let (issuer, subjects) = (orders()[0].issuer_id, vec![subject.to_owned()]);
                let since = NOW - Span::days(100);
                let question = Question { issuer, counted, subjects, since, without: 0 };
                store.charges(&ALL, &question).await.unwrap().len()
            };
            assert_eq!(count(Counted::NewOrder, "").await, 2, "not the one of forty days ago");
            assert_eq!(count(Counted::RegisteredDomain, "shop.example").await, 1, "one was issued");
            store.close().await;
        },
    );
}

/// A database with something in it, taken back to an earlier schema and opened again, on both.
fn from_an_earlier_schema<F>(name: &str, back: &[&'static str], then: impl Fn(Location) -> F)
where
    F: Future<Output = ()>,
{
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("notafter.db");
    runtime.block_on(async {
        let location = Location::File(file.clone());
        let documents = fill(&location).await;
        let mut database = sqlx::SqliteConnection::connect(file.to_str().unwrap()).await.unwrap();
        for (sql, document) in whole(&documents) {
            sqlx::query(sql).bind(document).execute(&mut database).await.unwrap();
        }
        for sql in back {
            sqlx::raw_sql(*sql).execute(&mut database).await.unwrap();
        }
        database.close().await.unwrap();
        then(location).await;
    });
    assert!(dir.path().join("notafter.db.before-schema-20").exists(), "backed up before it was changed");
    let Some(server) = Server::start(name) else { return };
    runtime.block_on(async {
        let location = Location::Postgres(server.url());
        let documents = fill(&location).await;
        let mut database = sqlx::PgConnection::connect(&server.url()).await.unwrap();
        for (sql, document) in whole(&documents) {
            sqlx::query(sql).bind(document).execute(&mut database).await.unwrap();
        }
        for sql in back {
            sqlx::raw_sql(*sql).execute(&mut database).await.unwrap();
        }
        database.close().await.unwrap();
        then(location).await;
    });
}

fn whole((lineage, issuer): &(String, String)) -> [(&'static str, &String); 2] {
    [("UPDATE lineages SET document = $1", lineage), ("UPDATE issuers SET document = $1", issuer)]
}

fn lineage(owner: OwnerId) -> Lineage {
    let mut lineage = sample::lineage(1, owner);
    lineage.current = Some(sample::version(1, lineage.id).id);
    lineage.renewal.forced_at = Some(NOW);
    lineage.renewal.blocked_keys = vec!["ab".repeat(32)];
    lineage
}

fn issuer() -> AcmeIssuer {
    let url = Some("https://ca.example/account/1".to_owned());
    AcmeIssuer { account_url: url, ..sample::issuer(1) }
}

/// One under way, one that was issued, one of long ago.
fn orders() -> [Order; 3] {
    let order = |day: i64| {
        let order = sample::order(NOW - Span::days(day), 1, LineageId::new(NOW, sample::random(1)));
        Order { issuer_id: issuer().id, ..order }
    };
    let issued = Order { closed_at: Some(NOW), ended: Some("issued".to_owned()), ..order(1) };
    [order(0), issued, order(40)]
}

async fn default_owner(store: &Store) -> OwnerId {
    store.owner_named(&ALL, "default").await.unwrap().unwrap().id
}

/// A lineage, an issuer and orders; answers the documents that the second schema had of the first two.
async fn fill(location: &Location) -> (String, String) {
    let store = Store::open(location, NOW).await.unwrap();
    let (lineage, issuer) = (lineage(default_owner(&store).await), issuer());
    let mut put = vec![Change::PutLineage(lineage.clone()), Change::PutIssuer(issuer.clone().into())];
    put.extend(orders().map(Change::PutOrder));
    let mut labelled = sample::endpoint(1, default_owner(&store).await);
    labelled.labels.insert(LABEL.to_owned(), LABEL.to_owned());
    put.extend([labelled, sample::endpoint(2, default_owner(&store).await)].map(Change::PutEndpoint));
    store.apply(&ALL, None, NOW, &ENGINE, &put).await.unwrap();
    store.close().await;
    (serde_json::to_string(&lineage).unwrap(), serde_json::to_string(&issuer).unwrap())
}

async fn is_all_there(location: &Location) {
    let store = Store::open(location, NOW + Span::days(1)).await.unwrap();
    let (lineage, issuer) = (lineage(default_owner(&store).await), issuer());
    assert_eq!(store.lineage(&ALL, lineage.id).await.unwrap(), Some(lineage.clone()));
    assert_eq!(store.issuer(&ALL, issuer.id).await.unwrap(), Some(issuer.into()));
    let wanted = Endpoints { label: Some(Label { key: LABEL, value: Some(LABEL) }), ..Endpoints::default() };
    let found = store.search_endpoints(&ALL, wanted, "", (None, 9)).await.unwrap();
    assert_eq!(
        found.iter().map(|row| row.endpoint.target.to_string()).collect::<Vec<_>>(),
        ["shop1.example:443"]
    );
    let advance =
        Change::Advance { lineage: lineage.id, before: lineage.progress(), after: Progress::default() };
    store.apply(&ALL, None, NOW, &ENGINE, &[advance]).await.unwrap();
    assert_eq!(store.lineage(&ALL, lineage.id).await.unwrap().unwrap().progress(), Progress::default());
    store.close().await;
}

//! Databases of earlier schemas.

use notafter_cert::Span;
use notafter_inventory::model::{Issuer, Lineage, Progress};
use notafter_store::{Change, Location, Scope, Store};
use sqlx::Connection;

use crate::sample::{self, ENGINE};
use crate::stage::{NOW, Server};

const ALL: Scope = Scope::EVERYTHING;

/// What of the third schema the second one did not have.
const BACK_TO_THE_SECOND: &str = "ALTER TABLE lineages DROP COLUMN progress;
    ALTER TABLE issuers DROP COLUMN account;
    DELETE FROM schema_versions WHERE version = 3;";

/// The second schema kept both halves of lineages and issuers in one document.
#[test]
fn what_the_second_schema_held_is_all_there_in_the_third() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("notafter.db");
    runtime.block_on(async {
        let location = Location::File(file.clone());
        let (lineage, issuer) = fill(&location).await;
        let mut database = sqlx::SqliteConnection::connect(file.to_str().unwrap()).await.unwrap();
        for (sql, document) in [
            ("UPDATE lineages SET document = $1", &lineage.1),
            ("UPDATE issuers SET document = $1", &issuer.1),
        ] {
            sqlx::query(sql).bind(document).execute(&mut database).await.unwrap();
        }
        sqlx::raw_sql(BACK_TO_THE_SECOND).execute(&mut database).await.unwrap();
        database.close().await.unwrap();
        is_all_there(&location, lineage.0, issuer.0).await;
    });
    assert!(dir.path().join("notafter.db.before-schema-3").exists(), "backed up before it was changed");
    let Some(server) = Server::start("what_the_second_schema_held_is_all_there_in_the_third") else { return };
    runtime.block_on(async {
        let location = Location::Postgres(server.url());
        let (lineage, issuer) = fill(&location).await;
        let mut database = sqlx::PgConnection::connect(&server.url()).await.unwrap();
        for (sql, document) in [
            ("UPDATE lineages SET document = $1", &lineage.1),
            ("UPDATE issuers SET document = $1", &issuer.1),
        ] {
            sqlx::query(sql).bind(document).execute(&mut database).await.unwrap();
        }
        sqlx::raw_sql(BACK_TO_THE_SECOND).execute(&mut database).await.unwrap();
        database.close().await.unwrap();
        is_all_there(&location, lineage.0, issuer.0).await;
    });
}

/// A lineage and an issuer, each with the document that the second schema had of it.
async fn fill(location: &Location) -> ((Lineage, String), (Issuer, String)) {
    let store = Store::open(location, NOW).await.unwrap();
    let owner = store.owner_named(&ALL, "default").await.unwrap().unwrap();
    let mut lineage = sample::lineage(1, owner.id);
    lineage.current = Some(sample::version(1, lineage.id).id);
    lineage.renewal.forced_at = Some(NOW);
    lineage.renewal.blocked_keys = vec!["ab".repeat(32)];
    let url = Some("https://ca.example/account/1".to_owned());
    let issuer = Issuer { account_url: url, ..sample::issuer(1) };
    let put = [Change::PutLineage(lineage.clone()), Change::PutIssuer(issuer.clone())];
    store.apply(&ALL, None, NOW, &ENGINE, &put).await.unwrap();
    store.close().await;
    let documents = [serde_json::to_string(&lineage), serde_json::to_string(&issuer)].map(Result::unwrap);
    let [of_lineage, of_issuer] = documents;
    ((lineage, of_lineage), (issuer, of_issuer))
}

async fn is_all_there(location: &Location, lineage: Lineage, issuer: Issuer) {
    let store = Store::open(location, NOW + Span::days(1)).await.unwrap();
    assert_eq!(store.lineage(&ALL, lineage.id).await.unwrap(), Some(lineage.clone()));
    assert_eq!(store.issuer(&ALL, issuer.id).await.unwrap(), Some(issuer));
    let advance =
        Change::Advance { lineage: lineage.id, before: lineage.progress(), after: Progress::default() };
    store.apply(&ALL, None, NOW, &ENGINE, &[advance]).await.unwrap();
    assert_eq!(store.lineage(&ALL, lineage.id).await.unwrap().unwrap().progress(), Progress::default());
    store.close().await;
}

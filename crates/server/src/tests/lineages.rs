//! Lineages as pages show them.

use notafter_cert::{Fingerprint, Span};
use notafter_inventory::model::{Actor, Lineage, Origin, Version, VersionState};
use notafter_store::Change;
use serde_json::json;

use super::pages::{endpoint, owner, watched};
use super::stage::{NOW, Stage, between};

/// Applies a file, which says everything that is wanted.
pub(super) async fn apply(stage: &Stage, text: &str) {
    let file = json!({ "file": { "text": text, "prune": "written" }, "secrets": {} });
    stage.operate("inventory.apply", file).await;
}

/// A lineage whose CA nobody reaches.
const FAILING: &str = "[[issuer]]\nname = \"ca\"\ndirectory = \"https://127.0.0.1:1/directory\"\nterms_agreed = true\n\n\
    [[lineage]]\nname = \"crm\"\nidentifiers = [\"crm.example\"]\nissuer = \"ca\"\n\
    http01 = { solver = \"webroot\", root = \"/nonexistent/root\" }\n";

/// "The renewal was carried out; below is how it stands", whatever had come of it.
#[tokio::test]
async fn a_renewal_that_fails_is_said_to_have_failed_with_what_to_do() {
    let stage = Stage::set().await;
    apply(&stage, FAILING).await;
    let ada = stage.person("ada", "admin", None).await;
    let sent = stage.post("/lineages/crm/renew", &ada, &[]).await;
    let to = sent.to.unwrap();
    assert!(to.starts_with("/lineages/crm?done=renewed&since="), "{to}");
    let page = stage.get(&to, &ada).await.body;
    let said = between(&page, "<div class=\"notice critical\" role=\"status\">", "</div>");
    assert!(said.contains("The renewal failed: ") && said.contains("<p class=\"hint\">"), "{said}");
    let renewal = between(&page, "<h2 id=\"renewal\">", "</section>");
    let (short, full) = renewal.split_once("<summary>Why, in full</summary>").unwrap();
    assert!(
        short.contains("first certificate 20") && short.contains("1 attempt failed because of"),
        "{short}"
    );
    assert_eq!(short.matches("<p class=\"hint\">").count(), 1, "once: {short}");
    assert!(!renewal.contains("Z:") && !renewal.contains("nets"), "{full}");
    // A link of long ago says nothing any more.
    let old = (NOW - Span::days(1)).as_micros();
    let page = stage.get(&format!("/lineages/crm?done=renewed&since={old}"), &ada).await.body;
    assert!(!page.contains("role=\"status\">") || !page.contains("The renewal failed"), "{page}");
}

/// Issuer, kind of key and challenge stood nowhere, and "Ends" said "ends".
#[tokio::test]
async fn who_issues_and_for_which_key_is_shown() {
    let stage = Stage::set().await;
    apply(
        &stage,
        &format!(
            "{FAILING}\n[[issuer]]\nname = \"house\"\nkind = \"private\"\n\n[[lineage]]\nname = \"shop\"\n\
        identifiers = [\"shop.internal.example\"]\nissuer = \"house\"\nkey = \"rsa-2048\"\n"
        ),
    )
    .await;
    stage.operate("lifecycle.renew", json!({ "lineage": "shop", "force": true, "block_key": false })).await;
    let ada = stage.person("ada", "admin", None).await;
    let page = stage.get("/lineages/crm", &ada).await.body;
    let words = "issued by ca (https://127.0.0.1:1/directory), key ecdsa-p256, http-01, answered from /nonexistent/root";
    assert!(page.contains(words), "{page}");
    let page = stage.get("/lineages/shop", &ada).await.body;
    assert!(page.contains("key rsa-2048, no challenge is asked for"), "{page}");
    assert!(!page.contains("<td data-head=\"Ends\">ends"), "{page}");
    let list = stage.get("/lineages", &ada).await.body;
    assert!(list.contains(">house, rsa-2048</td>") && list.contains(">ca, ecdsa-p256</td>"), "{list}");
    assert!(!list.contains("<td data-head=\"Ends\">ends"), "{list}");
}

/// Four cards named "web" said each that the new certificate was served.
#[tokio::test]
async fn a_place_has_one_card_and_what_was_replaced_is_told_in_the_past() {
    let stage = Stage::set().await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    apply(&stage, &format!("[[issuer]]\nname = \"house\"\nkind = \"private\"\n\n[[lineage]]\nname = \"shop\"\nidentifiers = \
        [\"shop.internal.example\"]\nissuer = \"house\"\n\n[[lineage.place]]\nname = \"web\"\ndeployer = \"files\"\nsettings = \
        {{ key = {:?}, full_chain = {:?} }}\n", path("key.pem"), path("chain.pem"))).await;
    let mut fingerprints = Vec::new();
    for _ in 0..2 {
        let renew = json!({ "lineage": "shop", "force": true, "block_key": false });
        let outcome = stage.operate("lifecycle.renew", renew).await;
        fingerprints.push(outcome[0]["version"]["fingerprint"].as_str().unwrap()[..8].to_owned());
        stage.installation.context.clock.advance_to(stage.context().clock.now() + Span::minutes(2));
    }
    let ada = stage.person("ada", "admin", None).await;
    let page = stage.get("/lineages/shop", &ada).await.body;
    let places = between(&page, "<h2 id=\"places\">", "</section>");
    assert_eq!(places.matches("<article").count(), 1, "{places}");
    let (card, earlier) = places.split_once("<summary>Earlier (1)</summary>").unwrap();
    assert!(card.contains(&fingerprints[1]) && !card.contains(&fingerprints[0]), "{card}");
    let said = format!("web, certificate {}: ", fingerprints[0]);
    assert!(earlier.contains(&said) && earlier.contains("; replaced 20"), "{earlier}");
}

/// "Where it is installed: Nowhere yet", while an endpoint served it.
#[tokio::test]
async fn a_watched_lineage_shows_its_file_and_the_endpoints_of_its_names() {
    let stage = Stage::set().await;
    let context = stage.context();
    let owner = owner(&stage, "default").await;
    let bare = watched(&stage, "blog.example", owner);
    let leaf = Fingerprint::of(b"leaf");
    let version = Version {
        id: context.new_id(),
        lineage_id: bare.id,
        key_id: None,
        fingerprint: leaf,
        chain_pem: String::new(),
        not_before: NOW,
        not_after: NOW + Span::days(60),
        obtained_at: NOW,
        origin: Origin::Files { path: "/x".to_owned(), insisted: false },
        state: VersionState::Current,
    };
    let lineage = Lineage { current: Some(version.id), ..bare };
    let changes = [Change::PutLineage(lineage), Change::PutVersion(version)];
    context.apply(None, &Actor::Engine, &changes).await.unwrap();
    let id = endpoint(&stage, "blog.example:443", owner, "expired").await;
    endpoint(&stage, "other.example:443", owner, "expired").await;
    let ada = stage.person("ada", "admin", None).await;
    let page = stage.get("/lineages/blog.example", &ada).await.body;
    let places = between(&page, "<h2 id=\"places\">", "</section>");
    assert!(places.starts_with("Where it is seen"), "{places}");
    let file = "<code>/etc/letsencrypt/live/x/fullchain.pem</code> is watched, and holds certificate ";
    assert!(places.contains(&format!("{file}{}", leaf.short())), "{places}");
    assert!(places.contains(&format!("<a href=\"/endpoints/{id}\">blog.example:443</a>")), "{places}");
    assert!(!places.contains("other.example") && !places.contains("Nowhere"), "{places}");
}

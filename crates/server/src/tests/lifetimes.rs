//! The picture of all lifetimes: what is in it, for whom, and where it leads.

use http::StatusCode;
use notafter_cert::{Fingerprint, Span, Time, pem};
use notafter_inventory::model::{Actor, Lineage, Origin, OwnerId, Version, VersionState};
use notafter_keys::serving::Pair;
use notafter_store::Change;

use super::calendar::shows;
use super::pages::{endpoint, owner, watched};
use super::stage::{NOW, Stage, between};

fn leaf(name: &str, from: Time, to: Time) -> Vec<u8> {
    Pair::stand_in(&[name.parse().unwrap()], from, to).unwrap().leaf().der().to_vec()
}

/// A lineage whose certificate, of 90 days, ends in so many.
async fn lineage(stage: &Stage, name: &str, owner: OwnerId, days: i64) -> Vec<u8> {
    let context = stage.context();
    let (from, to) = (NOW + Span::days(days - 90), NOW + Span::days(days));
    let der = leaf(name, from, to);
    let version = Version {
        id: context.new_id(),
        lineage_id: context.new_id(),
        key_id: None,
        fingerprint: Fingerprint::of(&der),
        chain_pem: pem::chain_to(std::slice::from_ref(&der)),
        not_before: from,
        not_after: to,
        obtained_at: from,
        origin: Origin::Files { path: "/etc/x".to_owned(), insisted: false },
        state: VersionState::Current,
    };
    let lineage =
        Lineage { id: version.lineage_id, current: Some(version.id), ..watched(stage, name, owner) };
    let changes = [Change::PutLineage(lineage), Change::PutVersion(version)];
    context.apply(None, &Actor::Engine, &changes).await.unwrap();
    der
}

/// The drawing alone.
fn drawing(body: &str) -> &str {
    between(body, "<svg class=\"lifetimes\"", "</svg>")
}

/// Endpoints whose certificate no lineage holds were not in the picture, and nothing in it had a beginning.
#[tokio::test]
async fn every_certificate_that_is_in_force_is_in_the_picture_once() {
    let stage = Stage::set().await;
    let web = owner(&stage, "web").await;
    let held = lineage(&stage, "shop.example", web, 20).await;
    let other = leaf("*.old.example", NOW - Span::days(3), NOW + Span::days(9));
    let ended = leaf("ended.example", NOW - Span::days(900), NOW - Span::days(400));
    for (target, leaf) in [
        ("shop.example:443", &held),
        ("a.old.example:443", &other),
        ("b.old.example:443", &other),
        ("ended.example:443", &ended),
    ] {
        let id = endpoint(&stage, target, web, "x").await;
        shows(&stage, id, leaf).await;
    }
    endpoint(&stage, "silent.example:443", web, "x").await;
    let ada = stage.person("ada", "viewer", None).await;
    for path in ["/", "/lifetimes"] {
        let body = stage.get(path, &ada).await.body;
        assert!(
            body.contains("3 certificates; <a href=\"/lifetimes?zoom=all&#38;group=state&#38;in=ended\">1 has ended before"),
            "{body}"
        );
        assert!(body.contains("1 endpoint shows none</a>"), "{body}");
        let drawn = drawing(&body);
        assert_eq!(drawn.matches("<a href=\"/endpoints/").count(), 2, "{drawn}");
        assert!(
            drawn.contains("<a href=\"/lineages/shop.example\" aria-label=\"shop.example: ends"),
            "{drawn}"
        );
        assert!(drawn.contains("a.old.example:443 and 1 more: ends"), "{drawn}");
    }
    let found = stage.get("/lifetimes?q=OLD+web", &ada).await.body;
    assert!(found.contains("<p>1 certificate."), "{found}");
    let none = stage.get("/lifetimes?q=%3Cscript%3E", &ada).await.body;
    assert!(none.contains("None fits this.") && !none.contains("<script>"), "{none}");
}

/// A lineage that nothing was said of was drawn as well, whatever was wrong with its certificate where it is served.
#[tokio::test]
async fn a_certificate_that_is_critical_where_it_is_served_looked_healthy() {
    let stage = Stage::set().await;
    let default = owner(&stage, "default").await;
    let held = lineage(&stage, "shop.example", default, 4).await;
    lineage(&stage, "other.example", default, 40).await;
    let id = endpoint(&stage, "shop.example:443", default, "ends soon").await;
    shows(&stage, id, &held).await;
    let ada = stage.person("ada", "viewer", None).await;
    let body = stage.get("/lifetimes?zoom=90", &ada).await.body;
    let drawn = drawing(&body);
    assert_eq!(drawn.matches("<rect class=\"person\"").count(), 1, "{drawn}");
    assert!(body.contains("<li class=\"person\">needs a person</li>"), "its colour is explained: {body}");
    assert!(!body.contains("<li class=\"ended\">"), "and no other: {body}");
}

#[tokio::test]
async fn few_are_drawn_with_their_beginnings_renewals_and_ends() {
    let stage = Stage::set().await;
    let default = owner(&stage, "default").await;
    for (name, days) in [("ended.example", -2), ("shop.example", 20), ("a-name-that-is-long.example.org", 80)]
    {
        lineage(&stage, name, default, days).await;
    }
    let ada = stage.person("ada", "viewer", None).await;
    let body = stage.get("/lifetimes?zoom=90", &ada).await.body;
    insta::assert_snapshot!("lifetimes_few", drawing(&body));
}

#[tokio::test]
async fn many_are_grouped_and_every_group_opens() {
    let stage = Stage::set().await;
    let (web, mail) = (owner(&stage, "web").await, owner(&stage, "mail & more").await);
    for number in 0..45 {
        let owner = if number % 3 == 0 { mail } else { web };
        lineage(&stage, &format!("host{number}.example"), owner, i64::from(number) - 1).await;
    }
    let ada = stage.person("ada", "viewer", None).await;
    let body = stage.get("/lifetimes?zoom=30", &ada).await.body;
    assert!(body.contains("45 certificates; "), "{body}");
    insta::assert_snapshot!("lifetimes_many", drawing(&body));
    let opened = "/lifetimes?zoom=30&group=owner&in=mail+%26+more";
    assert!(body.contains(&format!("<a href=\"{}\"", opened.replace('&', "&#38;"))), "{body}");
    let body = stage.get(opened, &ada).await.body;
    assert!(body.contains("15 certificates of owner: mail &#38; more"), "{body}");
    assert_eq!(drawing(&body).matches("<a href=\"/lineages/").count(), 15);
    let body = stage.get("/lifetimes?group=issuer&in=House", &ada).await.body;
    assert!(body.contains("None fits this."), "{body}");
}

/// The same for programs, where what cannot be read is refused.
#[tokio::test]
async fn programs_are_told_of_lifetimes_within_their_reach() {
    let stage = Stage::set().await;
    let (default, others) = (owner(&stage, "default").await, owner(&stage, "others").await);
    lineage(&stage, "shop.example", default, 20).await;
    lineage(&stage, "secret.example", others, 30).await;
    let id = endpoint(&stage, "secret.example:8443", others, "x").await;
    shows(&stage, id, &leaf("secret.example", NOW, NOW + Span::days(5))).await;
    let kept = stage.person("kept", "operator", Some("default")).await;
    for path in ["/", "/lifetimes", "/lifetimes?group=owner", "/lifetimes?q=secret&zoom=all"] {
        let body = stage.get(path, &kept).await.body;
        assert!(!body.contains("secret.example"), "{path}: {body}");
    }
    let (all, kept) =
        (stage.program("all", "viewer", None).await, stage.program("kept", "viewer", Some("default")).await);
    for (caller, names) in
        [(&all, &["secret.example:8443", "shop.example", "secret.example"][..]), (&kept, &["shop.example"])]
    {
        let told = stage.get("/api/v1/lifetimes", caller).await.json();
        let items = told["items"].as_array().unwrap();
        assert_eq!(items.iter().map(|one| one["name"].as_str().unwrap()).collect::<Vec<_>>(), names);
        assert_eq!(told["certificates"], names.len());
    }
    let grouped = stage.get("/api/v1/lifetimes?group=state&zoom=7", &all).await.json();
    assert_eq!((&grouped["groups"][0]["key"], &grouped["groups"][0]["count"]), (&"person".into(), &1.into()));
    assert_eq!(grouped["end_after"], 2);
    for query in ["zoom=8", "group=x", "x=1"] {
        let answer = stage.get(&format!("/api/v1/lifetimes?{query}"), &all).await;
        assert!(answer.status.is_client_error(), "{query}: {answer:?}");
    }
    assert_eq!(
        stage.get("/lifetimes?from=x", &stage.person("ada", "viewer", None).await).await.status,
        StatusCode::BAD_REQUEST
    );
}

//! The page of the private CA, and its root, for whoever comes.

use axum::body::{Body, to_bytes};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use notafter_cert::{Certificate, Fingerprint, pem};
use serde_json::json;

use super::stage::{Caller, Stage};

const HOUSE: &str = "[[issuer]]\nname = \"house\"\nkind = \"private\"\npermitted = [\"internal.example\", \"10.0.0.0/8\"]\n\n\
                     [[issuer]]\nname = \"ca\"\ndirectory = \"https://ca.example/directory\"\n";

async fn apply(stage: &Stage, text: &str) {
    let args = json!({ "file": { "text": text, "prune": "written" }, "secrets": {} });
    stage.operate("inventory.apply", args).await;
}

#[tokio::test]
async fn whoever_comes_is_given_the_root_and_what_it_may_sign() {
    let stage = Stage::set().await;
    let nobody = Caller::default();
    let none = stage.get("/ca", &nobody).await;
    assert!(none.status == StatusCode::OK && none.body.contains("There is none here"), "{}", none.body);
    assert_eq!(stage.get("/ca/house.pem", &nobody).await.status, StatusCode::NOT_FOUND);
    apply(&stage, HOUSE).await;

    let given = stage.get("/ca/house.pem", &nobody).await;
    assert_eq!(given.headers[CONTENT_TYPE], "application/pem-certificate-chain");
    let ders = pem::chain_from(given.body.as_bytes()).unwrap();
    let root = Certificate::parse(&ders[0]).unwrap();
    assert!(ders.len() == 1 && root.is_ca() && root.subject_der() == root.issuer_der());

    let request = nobody.begin("GET", "/ca/house.crt").body(Body::empty()).unwrap();
    let (parts, body) = stage.response(request).await.into_parts();
    assert_eq!(parts.headers[CONTENT_TYPE], "application/x-x509-ca-cert");
    assert_eq!(to_bytes(body, usize::MAX).await.unwrap(), ders[0], "the same in DER");

    let page = stage.get("/ca", &nobody).await;
    let fingerprint = Fingerprint::of(&ders[0]).for_people();
    for told in
        [fingerprint.as_str(), "house root", "only internal.example, 10.0.0.0/8", "/ca/house.crt", "for 30 d"]
    {
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
    for other in ["/ca/ca.pem", "/ca/house", "/ca/house.key", "/ca/..%2fhouse.pem"] {
        assert_eq!(stage.get(other, &nobody).await.status, StatusCode::NOT_FOUND, "{other}");
    }
}

#[tokio::test]
async fn settings_lead_to_the_root_of_a_private_ca() {
    let stage = Stage::set().await;
    apply(&stage, HOUSE).await;
    let ada = stage.person("ada", "admin", None).await;
    let page = stage.get("/settings", &ada).await.body;
    for told in ["the private CA of this installation", "href=\"/ca\"", "https://ca.example/directory"] {
        assert!(page.contains(told), "{told}: {page}");
    }
}

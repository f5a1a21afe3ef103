//! Sessions and tokens are ended by whom they belong to, and by administrators.

use http::StatusCode;
use serde_json::json;

use super::stage::{Caller, Stage};

const PASSWORD: &str = "correct horse battery";

/// Somebody who is signed in twice, and bob.
async fn signed_in(stage: &Stage) -> [Caller; 3] {
    let ada = stage.person("ada", "viewer", None).await;
    stage.post("/account/password", &ada, &[("password", PASSWORD)]).await;
    let [here, there] = [stage.signed_in("ada", PASSWORD).await, stage.signed_in("ada", PASSWORD).await];
    [here, there, stage.person("bob", "operator", None).await]
}

async fn own_session(stage: &Stage, caller: &Caller) -> String {
    let account = stage.get("/api/v1/account", caller).await.json();
    account["session_id"].as_str().unwrap().to_owned()
}

async fn is_in(stage: &Stage, caller: &Caller) -> bool {
    stage.get("/account", caller).await.status == StatusCode::OK
}

/// No page and no call ended a session.
#[tokio::test]
async fn a_session_is_ended_on_the_page_and_by_a_call() {
    for by_call in [false, true] {
        let stage = Stage::set().await;
        let [here, there, bob] = signed_in(&stage).await;
        let (mine, other) = (own_session(&stage, &here).await, own_session(&stage, &there).await);
        let page = stage.get("/account", &here).await.body;
        assert!(page.contains(&format!("/account/sessions/{other}/end")) && page.contains("End all others"));
        assert!(!page.contains(&mine), "signing out ends that one");
        match by_call {
            true => {
                let path = format!("/api/v1/account/sessions/{other}");
                let answer = stage.call("DELETE", &path, &here, &json!({})).await;
                assert_eq!(answer.status, StatusCode::NO_CONTENT, "{answer:?}");
            }
            false => {
                let answer = stage.post(&format!("/account/sessions/{other}/end"), &here, &[]).await;
                assert_eq!(answer.to.as_deref(), Some("/account#sessions"), "{answer:?}");
            }
        }
        assert!(!is_in(&stage, &there).await && is_in(&stage, &here).await && is_in(&stage, &bob).await);
        let there = stage.signed_in("ada", PASSWORD).await;
        match by_call {
            true => stage.call("DELETE", "/api/v1/account/sessions", &here, &json!({})).await,
            false => stage.post("/account/sessions/end-others", &here, &[]).await,
        };
        assert!(!is_in(&stage, &there).await && is_in(&stage, &here).await && is_in(&stage, &bob).await);
    }
}

#[tokio::test]
async fn nobody_ends_what_is_another_persons() {
    let stage = Stage::set().await;
    let [here, _, bob] = signed_in(&stage).await;
    stage.post("/account/calendar", &here, &[]).await;
    let account = stage.get("/api/v1/account", &here).await.json();
    let (session, token) = (&account["session_id"], &account["tokens"][0]["id"]);
    let (session, token) = (session.as_str().unwrap(), token.as_str().unwrap());
    for (path, status) in [
        (format!("/account/sessions/{session}/end"), StatusCode::NOT_FOUND),
        (format!("/account/tokens/{token}/end"), StatusCode::NOT_FOUND),
        (format!("/accounts/sessions/{session}/end"), StatusCode::FORBIDDEN),
        (format!("/accounts/tokens/{token}/end"), StatusCode::FORBIDDEN),
        ("/accounts/sign-out".to_owned(), StatusCode::FORBIDDEN),
    ] {
        let answer = stage.post(&path, &bob, &[("name", "ada")]).await;
        assert_eq!(answer.status, status, "{path}: {answer:?}");
    }
    for (path, status) in [
        (format!("/api/v1/account/sessions/{session}"), StatusCode::NOT_FOUND),
        (format!("/api/v1/account/tokens/{token}"), StatusCode::NOT_FOUND),
        (format!("/api/v1/accounts/ada/sessions/{session}"), StatusCode::FORBIDDEN),
        ("/api/v1/accounts/ada/sessions".to_owned(), StatusCode::FORBIDDEN),
        (format!("/api/v1/tokens/{token}"), StatusCode::FORBIDDEN),
    ] {
        let answer = stage.call("DELETE", &path, &bob, &json!({})).await;
        assert_eq!(answer.status, status, "{path}: {answer:?}");
    }
    assert!(is_in(&stage, &here).await);
    let program = stage.program("deploy", "admin", None).await;
    for path in ["/api/v1/account/sessions", "/api/v1/account/tokens/tk_0"] {
        let answer = stage.call("DELETE", path, &program, &json!({})).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "a token is no account: {answer:?}");
    }
    let path = format!("/account/tokens/{token}/end");
    assert_eq!(stage.post(&path, &here, &[]).await.to.as_deref(), Some("/account#tokens"));
    assert_eq!(stage.get("/api/v1/account", &here).await.json()["tokens"], json!([]));
}

#[tokio::test]
async fn an_administrator_ends_sessions_and_tokens_of_others() {
    let stage = Stage::set().await;
    let [here, there, bob] = signed_in(&stage).await;
    let eve = stage.person("eve", "admin", None).await;
    let program = stage.program("deploy", "admin", None).await;
    let tokens = stage.get("/api/v1/tokens", &eve).await.json();
    let token = tokens["items"][0]["id"].as_str().unwrap();
    let page = stage.get("/accounts", &eve).await.body;
    let session = own_session(&stage, &here).await;
    for shown in [format!("/accounts/sessions/{session}/end"), format!("/accounts/tokens/{token}/end")] {
        assert!(page.contains(&shown), "{shown}: {page}");
    }
    let answer = stage.post(&format!("/accounts/sessions/{session}/end"), &eve, &[]).await;
    assert_eq!(answer.to.as_deref(), Some("/accounts#sessions"), "{answer:?}");
    assert!(!is_in(&stage, &here).await && is_in(&stage, &there).await);
    stage.post("/accounts/sign-out", &eve, &[("name", "ada")]).await;
    assert!(!is_in(&stage, &there).await && is_in(&stage, &bob).await);

    let bobs = format!("/api/v1/accounts/bob/sessions/{}", own_session(&stage, &bob).await);
    let of_another = bobs.replace("/bob/", "/ada/");
    assert_eq!(stage.call("DELETE", &of_another, &program, &json!({})).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stage.call("DELETE", &bobs, &program, &json!({})).await.status, StatusCode::NO_CONTENT);
    assert!(!is_in(&stage, &bob).await);
    let answer = stage.call("DELETE", &format!("/api/v1/tokens/{token}"), &eve, &json!({})).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{answer:?}");
    assert_eq!(stage.get("/lineages", &program).await.status, StatusCode::UNAUTHORIZED);
}

/// Whoever came in by a link because of wrong guesses was shut out again with the new password.
#[tokio::test]
async fn a_new_password_is_not_shut_out_by_what_was_guessed_before() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "viewer", None).await;
    let fields = [("name", "ada"), ("password", "wrong")];
    for _ in 0..6 {
        stage.post("/sign-in", &Caller::default(), &fields).await;
    }
    let shut = stage.post("/sign-in", &Caller::default(), &fields).await;
    assert_eq!(shut.status, StatusCode::TOO_MANY_REQUESTS, "{}", shut.body);
    stage.post("/account/password", &ada, &[("password", PASSWORD)]).await;
    stage.signed_in("ada", PASSWORD).await;
}

//! Signing in through a provider that says what it is told to; a real one is asked by the tests of the binary.

use http::StatusCode;
use notafter_cert::Span;
use notafter_engine::settings::Settings;
use notafter_inventory::model::{Actor, Bond, Identity};
use notafter_lab::openid::OpenIdProvider;
use notafter_store::{Access, Change, Written};
use serde_json::{Value, json};
use url::Url;

use super::stage::{Answer, Caller, Stage};

fn settings() -> Settings {
    // Nobody answers there: port 1 is nobody's (tcpmux, historic).
    Settings {
        openid_issuer: Some("http://127.0.0.1:1".to_owned()),
        openid_client: Some("notafter".to_owned()),
        openid_name: Some("House & Co".to_owned()),
        ..Settings::default()
    }
}

#[tokio::test]
async fn the_button_is_there_where_there_is_a_provider() {
    let nobody = Caller::default();
    let without = Stage::set().await;
    assert!(!without.get("/sign-in", &nobody).await.body.contains("/sign-in/openid"));
    let refused = without.get("/sign-in/openid", &nobody).await;
    assert!(refused.body.contains("Nobody signs in through a provider here"), "{refused:?}");

    let stage = Stage::with(settings()).await;
    let page = stage.get("/sign-in?next=/lineages", &nobody).await.body;
    assert!(page.contains("Sign in with House &#38; Co"), "{page}");
    assert!(page.contains("href=\"http://127.0.0.1:8400/sign-in/openid?next=%2Flineages\""), "{page}");
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_told_with_what_to_do() {
    let stage = Stage::with(settings()).await;
    let down = stage.get("/sign-in/openid?next=/lineages", &Caller::default()).await;
    assert_eq!(down.status, StatusCode::FORBIDDEN, "{down:?}");
    for words in ["House &#38; Co does not answer", "no connection to 127.0.0.1", "notafter user link NAME"] {
        assert!(down.body.contains(words), "{words}: {}", down.body);
    }
    assert!(down.cookie.is_none());
}

/// Whoever sends somebody else's browser to the callback signs nobody in: with a code of his own, he would sign them in as him.
#[tokio::test]
async fn a_browser_that_was_not_sent_to_the_provider_does_not_come_back_from_it() {
    let stage = Stage::with(settings()).await;
    stage.operate("user.add", json!({ "name": "ada", "role": "viewer", "owner": null })).await;
    let asked = stage.post("/sign-in/passkey/challenge", &Caller::default(), &[]).await;
    let of_a_passkey = Caller { cookie: asked.cookie, ..Caller::default() };
    let made_up = Caller { cookie: Some("notafter-challenge=AAAA.AAAA".to_owned()), ..Caller::default() };
    for browser in [Caller::default(), of_a_passkey, made_up] {
        let answer = stage.get("/sign-in/openid/callback?code=x&state=y", &browser).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.body.contains("was made before, or took longer"), "{answer:?}");
        assert!(answer.cookie.is_none());
    }
    let nothing = stage.get("/sign-in/openid/callback", &Caller::default()).await;
    assert_eq!(nothing.status, StatusCode::FORBIDDEN, "{nothing:?}");
}

#[tokio::test]
async fn an_administrator_says_who_is_who_and_one_is_one() {
    let stage = Stage::with(settings()).await;
    let actor = Actor::Person("ada".to_owned());
    let refused = async |name: &str, args| {
        notafter_engine::operate::call(stage.context(), &actor, name, args).await.unwrap_err().code
    };
    for name in ["ada", "bob"] {
        stage.operate("user.add", json!({ "name": name, "role": "admin", "owner": null })).await;
    }
    let made = stage.operate("user.connect", json!({ "name": "ada", "subject": "ada-1" })).await;
    assert_eq!((&made["issuer"], &made["by"]), (&json!("http://127.0.0.1:1"), &json!("given")));
    for (name, subject) in [("ada", "ada-2"), ("bob", "ada-1")] {
        let code = refused("user.connect", json!({ "name": name, "subject": subject })).await;
        assert_eq!(code, "access.identity-taken");
    }
    assert_eq!(refused("user.disconnect", json!({ "name": "bob" })).await, "access.not-connected");
    stage.operate("user.remove", json!({ "name": "bob" })).await;
    assert_eq!(refused("user.disconnect", json!({ "name": "ada" })).await, "access.last-way-in");
    let ada = stage.program("reads", "admin", None).await;
    let accounts = stage.get("/api/v1/accounts", &ada).await.json();
    assert_eq!(accounts["items"][0]["identities"][0]["subject"], "ada-1", "{accounts}");
    stage.operate("user.add", json!({ "name": "carl", "role": "admin", "owner": null })).await;
    stage.operate("user.disconnect", json!({ "name": "ada" })).await;
}

/// A browser that was sent to the provider, and what it was sent with.
struct Sent {
    browser: Caller,
    state: String,
    nonce: String,
}

async fn send(stage: &Stage) -> Sent {
    let sent = stage.get("/sign-in/openid?next=/lineages", &Caller::default()).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{sent:?}");
    let url = Url::parse(sent.to.as_deref().unwrap()).unwrap();
    let query = |name: &str| url.query_pairs().find(|(known, _)| known == name).unwrap().1.into_owned();
    assert_eq!(query("code_challenge_method"), "S256");
    assert_eq!(query("redirect_uri"), "http://127.0.0.1:8400/sign-in/openid/callback");
    let browser = Caller { cookie: sent.cookie, ..Caller::default() };
    Sent { browser, state: query("state"), nonce: query("nonce") }
}

async fn back(stage: &Stage, sent: &Sent) -> Answer {
    stage.get(&format!("/sign-in/openid/callback?code=c&state={}", sent.state), &sent.browser).await
}

fn claims(stage: &Stage, provider: &OpenIdProvider, nonce: &str) -> Value {
    let now = stage.context().clock.now().unix_seconds();
    json!({
        "iss": provider.issuer(), "aud": "notafter", "sub": "ada-1", "nonce": nonce, "iat": now, "exp": now + 300,
        "email": "ada@example.org", "email_verified": true,
    })
}

/// Goes there and comes back, with these claims instead of the honest ones.
async fn come_in(stage: &Stage, provider: &OpenIdProvider, other: &Value) -> Answer {
    let sent = send(stage).await;
    let mut said = claims(stage, provider, &sent.nonce);
    said.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
    provider.says(&provider.token(&said), &json!({ "sub": said["sub"] }));
    back(stage, &sent).await
}

async fn set(provider: &OpenIdProvider, more: Settings) -> Stage {
    Stage::with(Settings {
        openid_issuer: Some(provider.issuer()),
        openid_client: Some("notafter".to_owned()),
        ..more
    })
    .await
}

async fn with_ada(provider: &OpenIdProvider) -> Stage {
    let stage = set(provider, Settings::default()).await;
    stage.operate("user.add", json!({ "name": "ada@example.org", "role": "viewer", "owner": null })).await;
    stage
}

#[tokio::test]
async fn whoever_comes_back_is_let_in_once_and_where_it_was_going() {
    let provider = OpenIdProvider::start().await.unwrap();
    let stage = with_ada(&provider).await;
    let sent = send(&stage).await;
    provider.says(&provider.token(&claims(&stage, &provider, &sent.nonce)), &json!({}));
    let other = send(&stage).await;
    let crossed = Sent { browser: other.browser, state: sent.state.clone(), nonce: String::new() };
    assert_eq!(back(&stage, &crossed).await.status, StatusCode::FORBIDDEN, "another browser");
    let answer = back(&stage, &sent).await;
    assert_eq!(
        (answer.status, answer.to.as_deref()),
        (StatusCode::SEE_OTHER, Some("/lineages")),
        "{answer:?}"
    );
    let ada = Caller { cookie: answer.cookie, ..Caller::default() };
    let page = stage.get("/account", &ada).await.body;
    assert!(
        page.contains(">ada@example.org</a>") && page.contains("You are ada-1 at http://127.0.0.1:"),
        "{page}"
    );
    assert!(!page.contains("You came in by a link"), "{page}");
    let again = back(&stage, &sent).await;
    assert_eq!(again.status, StatusCode::FORBIDDEN);
    assert!(again.body.contains("was made before"), "the provider took the code twice: {again:?}");

    let redeemed = provider.asked("/token");
    let form = String::from_utf8(redeemed[0].body.clone()).unwrap();
    assert!(form.contains("client_id=notafter") && form.contains("code_verifier="), "{form}");
    let program = stage.program("reads", "viewer", None).await;
    let events = stage.get("/api/v1/events?limit=100", &program).await.json();
    let put =
        events["items"].as_array().unwrap().iter().find(|event| event["type"] == "notafter.identity.put.v1");
    let put = put.unwrap_or_else(|| panic!("{events}"));
    assert_eq!((&put["actor"]["name"], &put["data"]["by"]), (&json!("ada@example.org"), &json!("email")));
}

#[tokio::test]
async fn what_is_not_the_providers_word_of_now_signs_nobody_in() {
    let provider = OpenIdProvider::start().await.unwrap();
    let stage = with_ada(&provider).await;
    let now = stage.context().clock.now().unix_seconds();
    for (other, words) in [
        (json!({ "aud": "other" }), "for another client"),
        (json!({ "iss": "https://evil.example" }), "https://evil.example"),
        (json!({ "nonce": "n" }), "answers another sign-in"),
        (json!({ "exp": now - 60 }), "clock here"),
        (json!({ "iat": now + 61 }), "clock here"),
        (json!({ "email_verified": false }), "without a verified address"),
        (json!({ "email": "bob@example.org" }), "no account here is yours"),
    ] {
        let answer = come_in(&stage, &provider, &other).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{other}");
        assert!(
            answer.body.contains(words) && answer.body.contains("class=\"hint\""),
            "{other}: {}",
            answer.body
        );
        assert!(answer.cookie.is_none(), "{other}");
    }
    let sent = send(&stage).await;
    provider.says("", &json!({ "id_token": "eyJhbGciOiJub25lIn0.e30." }));
    assert!(back(&stage, &sent).await.body.contains("signed with"), "alg: none");
    let denied = stage
        .get(&format!("/sign-in/openid/callback?error=access_denied&state={}", sent.state), &sent.browser)
        .await;
    assert!(denied.body.contains("let nobody in") && denied.body.contains("access_denied"), "{denied:?}");
    let mixed = stage
        .get(
            &format!("/sign-in/openid/callback?code=c&iss=https://evil.example&state={}", sent.state),
            &sent.browser,
        )
        .await;
    assert!(mixed.body.contains("is not believed"), "RFC 9207: {mixed:?}");
    let clock = &stage.context().clock;
    clock.advance_to(clock.now() + Span::minutes(5));
    assert!(back(&stage, &sent).await.body.contains("took longer than five minutes"));
}

#[tokio::test]
async fn a_key_that_is_not_known_is_looked_for_once() {
    let mut provider = OpenIdProvider::start().await.unwrap();
    let stage = with_ada(&provider).await;
    assert_eq!(come_in(&stage, &provider, &json!({})).await.status, StatusCode::SEE_OTHER);
    assert_eq!(come_in(&stage, &provider, &json!({})).await.status, StatusCode::SEE_OTHER);
    assert_eq!(provider.asked("/keys").len(), 1, "they are kept");
    provider.key_name = "second".to_owned();
    assert_eq!(come_in(&stage, &provider, &json!({})).await.status, StatusCode::SEE_OTHER, "a newer key");
    assert_eq!(provider.asked("/keys").len(), 2);
    let sent = send(&stage).await;
    provider.key_name = "never published".to_owned();
    let token = provider.token(&claims(&stage, &provider, &sent.nonce));
    provider.key_name = "second".to_owned();
    provider.says(&token, &json!({}));
    let refused = back(&stage, &sent).await;
    assert!(refused.body.contains("a key that the provider does not publish"), "{refused:?}");
    assert_eq!(provider.asked("/keys").len(), 3);
}

#[tokio::test]
async fn what_the_provider_says_of_another_person_is_of_no_use() {
    let provider = OpenIdProvider::start().await.unwrap();
    let stage = with_ada(&provider).await;
    let sent = send(&stage).await;
    let mut said = claims(&stage, &provider, &sent.nonce);
    said.as_object_mut().unwrap().remove("email");
    let beside = |sub: &str| json!({ "sub": sub, "email": "ada@example.org", "email_verified": true });
    provider.says(&provider.token(&said), &beside("bob-1"));
    assert!(back(&stage, &sent).await.body.contains("not of whoever signed in"));
    provider.says(&provider.token(&said), &beside("ada-1"));
    assert_eq!(back(&stage, &sent).await.status, StatusCode::SEE_OTHER, "asked for more, and told");
    let asked = provider.asked("/me");
    assert_eq!(asked[0].header("authorization"), Some("Bearer a token"));
}

/// A token with an address that does not say whether it was verified was taken for all that the provider says.
#[tokio::test]
async fn whether_an_address_was_verified_is_asked_for_where_the_token_does_not_say() {
    let provider = OpenIdProvider::start().await.unwrap();
    let stage = with_ada(&provider).await;
    let sent = send(&stage).await;
    let mut said = claims(&stage, &provider, &sent.nonce);
    said.as_object_mut().unwrap().remove("email_verified");
    let of_another = json!({ "sub": "ada-1", "email_verified": true });
    provider.says(&provider.token(&said), &of_another);
    let refused = back(&stage, &sent).await;
    assert!(refused.body.contains("without a verified address"), "which one was verified? {refused:?}");
    let whole = json!({ "sub": "ada-1", "email": "ada@example.org", "email_verified": true });
    provider.says(&provider.token(&said), &whole);
    assert_eq!(back(&stage, &sent).await.status, StatusCode::SEE_OTHER);
    assert_eq!(provider.asked("/me").len(), 2);
}

/// Who is called as somebody else is, or says that somebody else's address is his, takes nobody's account over.
#[tokio::test]
async fn an_account_that_somebody_has_is_nobody_elses() {
    let provider = OpenIdProvider::start().await.unwrap();
    let rights = [("staff".to_owned(), "admin".to_owned())].into();
    let more =
        Settings { openid_claim: Some("groups".to_owned()), openid_rights: rights, ..Settings::default() };
    let stage = set(&provider, more).await;
    for name in ["ada@example.org", "boss"] {
        stage.operate("user.add", json!({ "name": name, "role": "viewer", "owner": null })).await;
    }
    assert_eq!(come_in(&stage, &provider, &json!({ "groups": [] })).await.status, StatusCode::SEE_OTHER);
    let second = come_in(&stage, &provider, &json!({ "sub": "mallory-1", "groups": [] })).await;
    assert!(second.body.contains("is not known to be yours"), "the address moved on: {second:?}");
    let unverified = json!({
        "sub": "mallory-1", "email_verified": false, "preferred_username": "boss", "groups": ["staff"]
    });
    let named = come_in(&stage, &provider, &unverified).await;
    assert!(named.body.contains("The account boss is there already"), "{named:?}");
    let rows = stage.operate("user.list", json!({})).await;
    assert_eq!(rows[0]["role"], "viewer", "rights that were given by hand stand: {rows}");
    assert_eq!(
        (rows[0]["identities"][0]["subject"].as_str(), rows[1]["identities"].as_array().unwrap().len()),
        (Some("ada-1"), 0)
    );
}

#[tokio::test]
async fn rights_that_follow_from_a_claim_follow_it() {
    let provider = OpenIdProvider::start().await.unwrap();
    let rights = [("staff", "operator"), ("pay", "viewer:default")];
    let rights = rights.map(|(value, right)| (value.to_owned(), right.to_owned())).into();
    let more =
        Settings { openid_claim: Some("groups".to_owned()), openid_rights: rights, ..Settings::default() };
    let stage = set(&provider, more).await;
    for (groups, expected) in [
        (json!(["staff", "x"]), Some(("operator", Value::Null))),
        (json!("pay"), Some(("viewer", json!("default")))),
        (json!(["x"]), None),
        (json!([]), None),
    ] {
        let answer = come_in(&stage, &provider, &json!({ "groups": groups })).await;
        match expected {
            Some((role, owner)) => {
                assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
                let rows = stage.operate("user.list", json!({})).await;
                assert_eq!((&rows[0]["name"], &rows[0]["role"]), (&json!("ada@example.org"), &json!(role)));
                assert_eq!(rows[0]["owner"], owner);
            }
            None => assert!(answer.body.contains("entitles to nothing here"), "{answer:?}"),
        }
    }
}

/// Whoever is in the groups of two owners was locked out of an account that was made by hand.
#[tokio::test]
async fn what_a_claim_says_ambiguously_keeps_nobody_out_whose_rights_were_given_by_hand() {
    let provider = OpenIdProvider::start().await.unwrap();
    let rights = [("pay", "operator:payments"), ("shop", "operator:shop")];
    let rights = rights.map(|(value, right)| (value.to_owned(), right.to_owned())).into();
    let more =
        Settings { openid_claim: Some("groups".to_owned()), openid_rights: rights, ..Settings::default() };
    let stage = set(&provider, more).await;
    stage.operate("user.add", json!({ "name": "ada@example.org", "role": "admin", "owner": null })).await;
    let both = json!({ "groups": ["pay", "shop"] });
    for how in ["by the address", "by the subject"] {
        let answer = come_in(&stage, &provider, &both).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{how}: {answer:?}");
    }
    let nobody = json!({ "groups": ["pay", "shop"], "sub": "bob-1", "email": "bob@example.org" });
    let answer = come_in(&stage, &provider, &nobody).await;
    assert!(answer.body.contains("kept to one owner"), "no account is made by it: {answer:?}");
}

/// The claim reduced whom no administrator may reduce.
#[tokio::test]
async fn no_claim_reduces_the_last_administrator() {
    let provider = OpenIdProvider::start().await.unwrap();
    let rights = [("boss", "admin"), ("staff", "viewer")];
    let rights = rights.map(|(value, right)| (value.to_owned(), right.to_owned())).into();
    let more =
        Settings { openid_claim: Some("groups".to_owned()), openid_rights: rights, ..Settings::default() };
    let stage = set(&provider, more).await;
    let role = async || stage.operate("user.list", json!({})).await[0]["role"].clone();
    assert_eq!(come_in(&stage, &provider, &json!({ "groups": "boss" })).await.status, StatusCode::SEE_OTHER);
    let answer = come_in(&stage, &provider, &json!({ "groups": "staff" })).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    for words in
        ["is the last administrator of everything", "makes it viewer", "notafter user add NAME --role admin"]
    {
        assert!(answer.body.contains(words), "{words}: {answer:?}");
    }
    assert_eq!(role().await, "admin");
    stage.operate("user.add", json!({ "name": "bob", "role": "admin", "owner": null })).await;
    assert_eq!(come_in(&stage, &provider, &json!({ "groups": "staff" })).await.status, StatusCode::SEE_OTHER);
    assert_eq!(role().await, "viewer", "there is another one");
}

/// Every sign-in made what was known of the inventory out of date: caches were emptied, and whoever was about to write it began anew.
#[tokio::test]
async fn whoever_comes_in_changes_nothing_that_others_have_read_of_the_inventory() {
    let provider = OpenIdProvider::start().await.unwrap();
    let stage = with_ada(&provider).await;
    let (store, scope) = (&stage.context().store, &stage.context().scope);
    let made = store.inventory_revision(scope).await.unwrap();
    assert_eq!(come_in(&stage, &provider, &json!({})).await.status, StatusCode::SEE_OTHER);
    let connected = store.inventory_revision(scope).await.unwrap();
    assert_ne!(connected, made, "an account was connected: whoever writes accounts at the same time notices");
    assert_eq!(come_in(&stage, &provider, &json!({})).await.status, StatusCode::SEE_OTHER);
    assert_eq!(store.inventory_revision(scope).await.unwrap(), connected);
}

/// A provider whose groups say what people may do.
async fn with_groups(provider: &OpenIdProvider, rights: &[(&str, &str)]) -> Stage {
    let rights = rights.iter().map(|(value, right)| ((*value).to_owned(), (*right).to_owned())).collect();
    set(
        provider,
        Settings { openid_claim: Some("groups".to_owned()), openid_rights: rights, ..Settings::default() },
    )
    .await
}

async fn refused(stage: &Stage, name: &str, args: Value) -> notafter_engine::operate::Fault {
    let actor = Actor::Person("ada".to_owned());
    notafter_engine::operate::call(stage.context(), &actor, name, args).await.unwrap_err()
}

/// Whoever was disconnected pressed the button again, and was connected by the e-mail address.
#[tokio::test]
async fn an_account_that_an_administrator_disconnected_is_not_connected_by_its_address_again() {
    let provider = OpenIdProvider::start().await.unwrap();
    let stage = with_ada(&provider).await;
    let come_in = async || come_in(&stage, &provider, &json!({})).await;
    assert_eq!(come_in().await.status, StatusCode::SEE_OTHER);
    let told = stage.operate("user.disconnect", json!({ "name": "ada@example.org" })).await;
    assert_eq!(
        (&told["role"], &told["role_before"]),
        (&json!("viewer"), &json!("viewer")),
        "given by hand: stays"
    );
    for _ in 0..2 {
        let answer = come_in().await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        for words in
            ["An administrator disconnected ada@example.org", "notafter user connect ada@example.org"]
        {
            assert!(answer.body.contains(words), "{words}: {answer:?}");
        }
    }
    stage.operate("user.connect", json!({ "name": "ada@example.org", "subject": "ada-1" })).await;
    assert_eq!(come_in().await.status, StatusCode::SEE_OTHER, "an administrator said so");
}

/// With another address, the same person was nobody's, and had an account made by the claim.
#[tokio::test]
async fn whoever_was_disconnected_does_not_come_in_as_somebody_new() {
    let provider = OpenIdProvider::start().await.unwrap();
    let stage = with_groups(&provider, &[("staff", "operator")]).await;
    assert_eq!(come_in(&stage, &provider, &json!({ "groups": "staff" })).await.status, StatusCode::SEE_OTHER);
    stage.operate("user.disconnect", json!({ "name": "ada@example.org" })).await;
    let renamed = json!({ "groups": "staff", "email": "ada@new.example" });
    let answer = come_in(&stage, &provider, &renamed).await;
    assert!(answer.body.contains("An administrator disconnected ada@example.org"), "{answer:?}");
    assert_eq!(stage.operate("user.list", json!({})).await.as_array().unwrap().len(), 1);
}

/// What the claim had said last was kept for ever.
#[tokio::test]
async fn rights_that_followed_from_a_claim_end_with_the_connection() {
    let provider = OpenIdProvider::start().await.unwrap();
    let stage = with_groups(&provider, &[("staff", "operator:default"), ("boss", "admin")]).await;
    let account = async || stage.operate("user.list", json!({})).await[0].clone();
    come_in(&stage, &provider, &json!({ "groups": "boss" })).await;
    assert_eq!(account().await["rights_follow_claim"], json!(true));
    let last = refused(&stage, "user.disconnect", json!({ "name": "ada@example.org" })).await;
    assert_eq!(last.code, "access.last-way-in", "and the last administrator is not reduced by it either");
    stage
        .operate("user.password", json!({ "name": "ada@example.org", "password": "correct horse battery" }))
        .await;
    let last = refused(&stage, "user.disconnect", json!({ "name": "ada@example.org" })).await;
    assert_eq!(last.code, "access.last-administrator");

    stage.operate("user.add", json!({ "name": "bob", "role": "admin", "owner": null })).await;
    come_in(&stage, &provider, &json!({ "groups": "staff" })).await;
    let told = stage.operate("user.disconnect", json!({ "name": "ada@example.org" })).await;
    assert_eq!((&told["role"], &told["role_before"]), (&json!("viewer"), &json!("operator")));
    let left = account().await;
    assert_eq!(
        (&left["role"], &left["owner"], &left["rights_follow_claim"]),
        (&json!("viewer"), &json!("default"), &json!(false))
    );
}

/// An administrator took rights away, and the next sign-in brought them back.
#[tokio::test]
async fn rights_that_an_administrator_gives_do_not_follow_the_claim_any_more() {
    let provider = OpenIdProvider::start().await.unwrap();
    let stage = with_groups(&provider, &[("staff", "operator")]).await;
    come_in(&stage, &provider, &json!({ "groups": "staff" })).await;
    stage.operate("user.change", json!({ "name": "ada@example.org", "role": "viewer" })).await;
    for groups in [json!("staff"), json!([])] {
        let answer = come_in(&stage, &provider, &json!({ "groups": groups })).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
        let rows = stage.operate("user.list", json!({})).await;
        assert_eq!((&rows[0]["role"], &rows[0]["rights_follow_claim"]), (&json!("viewer"), &json!(false)));
    }
}

/// An account as it was stored before accounts said where their rights come from, and whom it is at a provider.
async fn connected(stage: &Stage, name: &str, (issuer, subject, by): (&str, &str, Bond)) {
    let (store, scope) = (&stage.context().store, &stage.context().scope);
    let user = store.user_named(scope, name).await.unwrap().unwrap();
    let mut document = serde_json::to_value(&user).unwrap();
    document.as_object_mut().unwrap().remove("rights_from");
    let identity = Identity {
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
        user_id: user.id,
        from: stage.context().clock.now(),
        by,
    };
    let put = [
        Access::PutUser(serde_json::from_value(document).unwrap(), Written::Made),
        Access::PutIdentity(identity),
    ];
    stage.context().apply(None, &Actor::Engine, &put.map(Change::Access)).await.unwrap();
}

/// After another provider was named in the settings, the address alone connected people who had been known better.
#[tokio::test]
async fn who_is_known_at_another_provider_is_not_connected_by_an_address() {
    let provider = OpenIdProvider::start().await.unwrap();
    let stage = with_ada(&provider).await;
    connected(&stage, "ada@example.org", ("https://old.example", "a-7", Bond::Given)).await;
    let answer = come_in(&stage, &provider, &json!({})).await;
    assert!(answer.body.contains("is not known to be yours"), "{answer:?}");
    stage.operate("user.connect", json!({ "name": "ada@example.org", "subject": "ada-1" })).await;
    assert_eq!(come_in(&stage, &provider, &json!({})).await.status, StatusCode::SEE_OTHER);
}

/// Where openid_rights was taken out of the settings, what it had given stayed for ever.
#[tokio::test]
async fn rights_that_followed_from_a_claim_lead_nowhere_once_no_claim_is_asked_for() {
    let provider = OpenIdProvider::start().await.unwrap();
    let stage = with_ada(&provider).await;
    connected(&stage, "ada@example.org", (&provider.issuer(), "ada-1", Bond::Claim)).await;
    let answer = come_in(&stage, &provider, &json!({ "groups": "staff" })).await;
    assert!(answer.body.contains("entitles to nothing here"), "{answer:?}");
    assert!(answer.body.contains("notafter user change ada@example.org --role"), "{answer:?}");
    stage.operate("user.change", json!({ "name": "ada@example.org", "role": "viewer" })).await;
    assert_eq!(come_in(&stage, &provider, &json!({})).await.status, StatusCode::SEE_OTHER, "given by hand");
}

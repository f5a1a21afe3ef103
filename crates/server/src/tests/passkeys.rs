//! Passkeys: added, presented, and refused where anything about them does not fit.

use http::StatusCode;
use notafter_cert::Span;
use notafter_engine::settings::Settings;
use notafter_lab::authenticator::Authenticator;
use serde_json::{Value, json};

use super::stage::{Answer, Caller, Stage};

const HERE: &str = "http://localhost:8400";

async fn ask_to_add(stage: &Stage, caller: &Caller, fields: &[(&str, &str)]) -> Answer {
    stage.post("/account/passkeys/challenge", caller, fields).await
}

fn fields<'a>(
    answer: &'a [(&'static str, String)],
    more: &[(&'static str, &'a str)],
) -> Vec<(&'static str, &'a str)> {
    answer.iter().map(|(name, value)| (*name, value.as_str())).chain(more.iter().copied()).collect()
}

/// Adds a passkey as a browser does.
async fn add(stage: &Stage, caller: &Caller, authenticator: &mut Authenticator) -> Answer {
    let asked = ask_to_add(stage, caller, &[]).await;
    assert_eq!(asked.status, StatusCode::OK, "{asked:?}");
    let asked = asked.json();
    let made = authenticator.create(&asked["options"], HERE);
    let challenge = asked["challenge"].as_str().unwrap();
    stage
        .post("/account/passkeys", caller, &fields(&made, &[("name", "my phone"), ("challenge", challenge)]))
        .await
}

/// What a browser is asked, and the browser that keeps the question.
async fn ask(stage: &Stage) -> (Value, Caller) {
    let asked = stage.post("/sign-in/passkey/challenge", &Caller::default(), &[]).await;
    assert_eq!(asked.status, StatusCode::OK, "{asked:?}");
    let cookie = asked.header("set-cookie");
    for part in ["; HttpOnly", "; SameSite=Lax", "; Max-Age=300"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    (asked.json()["options"].clone(), Caller { cookie: asked.cookie, ..Caller::default() })
}

async fn present(stage: &Stage, browser: &Caller, answer: &[(&'static str, String)]) -> Answer {
    stage.post("/sign-in/passkey", browser, &fields(answer, &[("next", "/lineages")])).await
}

/// Signs in from here.
async fn sign_in(stage: &Stage, authenticator: &mut Authenticator) -> Answer {
    let (options, browser) = ask(stage).await;
    let answer = authenticator.sign(&options, HERE);
    present(stage, &browser, &answer).await
}

fn is_refused(answer: &Answer, words: &str) {
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");
    assert!(answer.body.contains(words), "{words}: {}", answer.body);
}

async fn kinds(stage: &Stage) -> Vec<String> {
    let admin = stage
        .program(&format!("reads{}", stage.context().clock.now()).replace(':', "-"), "viewer", None)
        .await;
    let events = stage.get("/api/v1/events?limit=100", &admin).await.json();
    let items = events["items"].as_array().unwrap();
    items
        .iter()
        .filter(|event| event["type"].as_str().unwrap().contains("passkey"))
        .map(|event| {
            format!("{} by {}", event["type"].as_str().unwrap(), event["actor"]["name"].as_str().unwrap())
        })
        .collect()
}

#[tokio::test]
async fn a_passkey_that_was_added_signs_in_without_a_name_and_is_gone_when_it_is_removed() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    let mut phone = Authenticator::new(1);
    let added = add(&stage, &ada, &mut phone).await;
    assert_eq!(
        (added.status, added.to.as_deref()),
        (StatusCode::SEE_OTHER, Some("/account#passkeys")),
        "{added:?}"
    );
    let page = stage.get("/account", &ada).await.body;
    assert!(page.contains("my phone") && page.contains("never"), "{page}");
    assert!(!page.contains("You came in by a link"), "there is a way in by now");

    let clock = &stage.context().clock;
    clock.advance_to(clock.now() + Span::minutes(30));
    let signed_in = sign_in(&stage, &mut phone).await;
    assert_eq!(
        (signed_in.status, signed_in.to.as_deref()),
        (StatusCode::SEE_OTHER, Some("/lineages")),
        "{signed_in:?}"
    );
    let again = Caller { cookie: signed_in.cookie, ..ada.clone() };
    let page = stage.get("/account", &Caller { form_key: None, ..again }).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.body.contains("never"), "it says when it was used: {}", page.body);

    stage.operate("user.add", json!({ "name": "bob", "role": "admin", "owner": null })).await;
    let rows = stage.operate("user.list", json!({})).await;
    let id = rows[0]["passkeys"][0]["id"].as_str().unwrap().to_owned();
    let removed = stage.post(&format!("/account/passkeys/{id}/remove"), &ada, &[]).await;
    assert_eq!(removed.status, StatusCode::SEE_OTHER, "{removed:?}");
    is_refused(&sign_in(&stage, &mut phone).await, "leads in to no account");
    let logged = kinds(&stage).await;
    for (kind, who) in [("put", "ada"), ("used", "ada"), ("removed", "ada")] {
        let line = format!("notafter.passkey.{kind}.v1 by {who}");
        assert!(logged.contains(&line), "{line}: {logged:?}");
    }
}

#[tokio::test]
async fn whoever_found_a_browser_open_adds_no_passkey() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    stage.post("/account/password", &ada, &[("password", "correct horse battery")]).await;
    let ada = stage.signed_in("ada", "correct horse battery").await;
    let refused = ask_to_add(&stage, &ada, &[("present", "wrong")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.json()["code"], "access.wrong-password");
    let asked = ask_to_add(&stage, &ada, &[("present", "correct horse battery")]).await;
    assert_eq!(asked.status, StatusCode::OK, "{asked:?}");
    let link = stage.operate("user.link", json!({ "name": "ada" })).await;
    let ada = stage.come_in(link["path"].as_str().unwrap()).await;
    let asked = ask_to_add(&stage, &ada, &[]).await;
    assert_eq!(asked.status, StatusCode::OK, "she forgot the password, and came in by a link: {asked:?}");
}

#[tokio::test]
async fn what_was_made_for_another_page_session_or_time_is_not_added() {
    let stage = Stage::set().await;
    let (ada, bob) = (stage.person("ada", "admin", None).await, stage.person("bob", "admin", None).await);
    let mut phone = Authenticator::new(1);
    let put = async |caller: &Caller, made: &[(&'static str, String)], challenge: &str| {
        stage
            .post("/account/passkeys", caller, &fields(made, &[("name", "x"), ("challenge", challenge)]))
            .await
    };
    let asked = ask_to_add(&stage, &ada, &[]).await.json();
    let challenge = asked["challenge"].as_str().unwrap();
    let honest = phone.create(&asked["options"], HERE);
    for (origin, party) in [("http://evil.example", "localhost"), (HERE, "evil.example")] {
        let mut options = asked["options"].clone();
        options["rp"]["id"] = json!(party);
        let made = phone.create(&options, origin);
        let refused = put(&ada, &made, challenge).await;
        assert!(refused.body.contains("another site"), "{refused:?}");
    }
    phone.verifies = false;
    let unverified = phone.create(&asked["options"], HERE);
    assert!(put(&ada, &unverified, challenge).await.body.contains("did not verify who used it"));
    for (caller, challenge) in [(&bob, challenge), (&ada, ""), (&ada, "AAAA")] {
        assert!(put(caller, &honest, challenge).await.body.contains("was made before, or took longer"));
    }
    assert_eq!(put(&ada, &honest, challenge).await.status, StatusCode::SEE_OTHER);
    let again = put(&ada, &honest, challenge).await;
    assert!(again.body.contains("was made before"), "once: {again:?}");

    let second = ask_to_add(&stage, &bob, &[]).await.json();
    phone.verifies = true;
    let made = phone.create(&second["options"], HERE);
    let known = put(&bob, &made, second["challenge"].as_str().unwrap()).await;
    assert!(known.body.contains("leads in to an account already"), "{known:?}");
    let clock = &stage.context().clock;
    let late = ask_to_add(&stage, &ada, &[]).await.json();
    let made = Authenticator::new(2).create(&late["options"], HERE);
    clock.advance_to(clock.now() + Span::minutes(5));
    assert!(put(&ada, &made, late["challenge"].as_str().unwrap()).await.body.contains("took longer"));
    let rows = stage.operate("user.list", json!({})).await;
    let count = |index: usize| rows[index]["passkeys"].as_array().unwrap().len();
    assert_eq!((count(0), count(1)), (1, 0), "{rows}");
}

#[tokio::test]
async fn an_answer_is_good_once_in_its_browser_and_within_five_minutes() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    let mut phone = Authenticator::new(1);
    add(&stage, &ada, &mut phone).await;
    let over = "was made before, or took longer";

    let (options, browser) = ask(&stage).await;
    let answer = phone.sign(&options, HERE);
    let (_, other) = ask(&stage).await;
    is_refused(&present(&stage, &other, &answer).await, "load the page anew");
    is_refused(&present(&stage, &Caller::default(), &answer).await, over);
    assert_eq!(present(&stage, &browser, &answer).await.status, StatusCode::SEE_OTHER);
    let replayed = present(&stage, &browser, &answer).await;
    is_refused(&replayed, "hint");
    assert!(replayed.cookie.is_none(), "nobody is signed in by it");

    let (options, browser) = ask(&stage).await;
    let late = phone.sign(&options, HERE);
    let clock = &stage.context().clock;
    clock.advance_to(clock.now() + Span::minutes(5));
    is_refused(&present(&stage, &browser, &late).await, over);
}

/// An authenticator that does not count: nothing but the challenge shows that an answer was presented before.
#[tokio::test]
async fn an_answer_of_an_authenticator_that_does_not_count_is_good_once_too() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    let mut phone = Authenticator::new(1);
    phone.counter = None;
    add(&stage, &ada, &mut phone).await;
    let (options, browser) = ask(&stage).await;
    let answer = phone.sign(&options, HERE);
    assert_eq!(present(&stage, &browser, &answer).await.status, StatusCode::SEE_OTHER);
    is_refused(&present(&stage, &browser, &answer).await, "was made before");
}

#[tokio::test]
async fn a_passkey_that_does_not_prove_whose_it_is_leads_in_nowhere() {
    let stage = Stage::set().await;
    let (ada, bob) = (stage.person("ada", "admin", None).await, stage.person("bob", "viewer", None).await);
    let (mut adas, mut bobs) = (Authenticator::new(1), Authenticator::new(2));
    add(&stage, &ada, &mut adas).await;
    add(&stage, &bob, &mut bobs).await;
    adas.counter = Some(10);
    assert_eq!(sign_in(&stage, &mut adas).await.status, StatusCode::SEE_OTHER);
    // Each is one of five that cost nothing.
    let (options, browser) = ask(&stage).await;
    let elsewhere = adas.sign(&options, "https://evil.example");
    is_refused(&present(&stage, &browser, &elsewhere).await, "another site");
    let mut other = options.clone();
    other["rpId"] = json!("evil.example");
    let answer = adas.sign(&other, HERE);
    is_refused(&present(&stage, &browser, &answer).await, "another site");
    adas.verifies = false;
    let answer = adas.sign(&options, HERE);
    is_refused(&present(&stage, &browser, &answer).await, "did not verify who used it");
    adas.verifies = true;
    adas.counter = Some(4);
    let answer = adas.sign(&options, HERE);
    is_refused(&present(&stage, &browser, &answer).await, "counted backwards");

    // Bob's signature under Ada's credential, and Bob's credential as Ada's account.
    let of = |answer: &[(&'static str, String)], name: &str| {
        answer.iter().find(|(field, _)| *field == name).map(|(_, value)| value.clone()).unwrap()
    };
    adas.counter = Some(20);
    let (hers, mut his) = (adas.sign(&options, HERE), bobs.sign(&options, HERE));
    let whose = of(&hers, "account");
    for (name, value) in &mut his {
        if *name == "account" {
            value.clone_from(&whose);
        }
    }
    is_refused(&present(&stage, &browser, &his).await, "leads in to no account");
    let clock = &stage.context().clock;
    clock.advance_to(clock.now() + Span::hours(1));
    let (options, browser) = ask(&stage).await;
    let mut forged = bobs.sign(&options, HERE);
    for (name, value) in &mut forged {
        if ["credential", "account"].contains(name) {
            *value = of(&hers, name);
        }
    }
    is_refused(&present(&stage, &browser, &forged).await, "signature is not the passkey");
    adas.counter = Some(30);
    assert_eq!(
        sign_in(&stage, &mut adas).await.status,
        StatusCode::SEE_OTHER,
        "and hers is as good as before"
    );
}

#[tokio::test]
async fn attempts_with_a_passkey_count_as_those_with_a_password_do() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "viewer", None).await;
    let (mut phone, mut other) = (Authenticator::new(1), Authenticator::new(2));
    add(&stage, &ada, &mut phone).await;
    add(&stage, &ada, &mut other).await;
    stage.post("/account/password", &ada, &[("password", "correct horse battery")]).await;
    phone.verifies = false;
    for _ in 0..5 {
        is_refused(&sign_in(&stage, &mut phone).await, "did not verify");
    }
    phone.verifies = true;
    assert_eq!(sign_in(&stage, &mut phone).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        sign_in(&stage, &mut other).await.status,
        StatusCode::SEE_OTHER,
        "another passkey is another one"
    );
    let password = [("name", "ada"), ("password", "correct horse battery")];
    let answer = stage.post("/sign-in", &Caller::default(), &password).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "and so is the password");
    let clock = &stage.context().clock;
    clock.advance_to(clock.now() + Span::minutes(2));
    assert_eq!(sign_in(&stage, &mut phone).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_last_way_in_of_the_last_administrator_stays() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    let mut phone = Authenticator::new(1);
    add(&stage, &ada, &mut phone).await;
    let rows = stage.operate("user.list", json!({})).await;
    let id = rows[0]["passkeys"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/account/passkeys/{id}/remove");
    let refused = stage.post(&path, &ada, &[]).await;
    assert!(refused.body.contains("nothing else leads in"), "{refused:?}");
    assert_eq!(refused.status, StatusCode::CONFLICT);
    add(&stage, &ada, &mut Authenticator::new(2)).await;
    assert_eq!(stage.post(&path, &ada, &[]).await.status, StatusCode::SEE_OTHER, "another one leads in");
    let bob = stage.person("bob", "viewer", None).await;
    add(&stage, &bob, &mut Authenticator::new(3)).await;
    let rows = stage.operate("user.list", json!({})).await;
    let id = &rows[1]["passkeys"][0]["id"];
    stage.operate("user.remove-passkey", json!({ "name": "bob", "passkey": id })).await;
    let others = stage.post(&format!("/account/passkeys/{}/remove", id.as_str().unwrap()), &ada, &[]).await;
    assert_eq!(others.status, StatusCode::NOT_FOUND, "{others:?}");
}

#[tokio::test]
async fn pages_say_why_passkeys_cannot_be_used_and_what_to_set() {
    for (base_url, why) in
        [("https://192.0.2.7", "bound to a name"), ("http://na.example", "over https alone")]
    {
        let settings = Settings { base_url: Some(base_url.to_owned()), ..Settings::default() };
        let stage = Stage::with(settings).await;
        let ada = stage.person("ada", "admin", None).await;
        for page in [stage.get("/sign-in", &Caller::default()).await, stage.get("/account", &ada).await] {
            assert!(page.body.contains(why) && page.body.contains("set base_url"), "{}", page.body);
            assert!(!page.body.contains("/passkey.js"), "{}", page.body);
        }
        let refused = ask_to_add(&stage, &ada, &[]).await;
        assert_eq!(refused.json()["code"], "access.passkeys-unusable", "{refused:?}");
    }
}

#[tokio::test]
async fn the_script_is_loaded_where_passkeys_are_used_and_nowhere_else() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    for (path, is_loaded) in [("/account", true), ("/", false), ("/settings", false)] {
        assert_eq!(stage.get(path, &ada).await.body.contains("/passkey.js"), is_loaded, "{path}");
    }
    let page = stage.get("/sign-in", &Caller::default()).await;
    assert!(page.body.contains("/passkey.js") && page.body.contains("<noscript>"));
    assert!(page.header("content-security-policy").contains("script-src 'self';"));
    let script = stage.get("/passkey.js", &Caller::default()).await;
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
}

/// Five wrong passwords kept the owner of the name out with a passkey, too: anybody could lock anybody out of everything.
#[tokio::test]
async fn wrong_passwords_for_a_name_keep_no_passkey_out() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "viewer", None).await;
    let mut phone = Authenticator::new(1);
    add(&stage, &ada, &mut phone).await;
    stage.post("/account/password", &ada, &[("password", "correct horse battery")]).await;
    let wrong = [("name", "ada"), ("password", "wrong horse battery")];
    for _ in 0..6 {
        stage.post("/sign-in", &Caller::default(), &wrong).await;
    }
    let answer = stage.post("/sign-in", &Caller::default(), &wrong).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(sign_in(&stage, &mut phone).await.status, StatusCode::SEE_OTHER);
    let answer = stage.post("/sign-in", &Caller::default(), &wrong).await;
    assert_eq!(
        answer.status,
        StatusCode::TOO_MANY_REQUESTS,
        "and a passkey opens nothing to whoever guesses"
    );
}

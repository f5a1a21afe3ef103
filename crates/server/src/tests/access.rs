//! Who is let in, and how far.

use axum::body::Body;
use http::StatusCode;
use notafter_cert::Span;
use notafter_engine::settings::Settings;
use notafter_inventory::model::{Grant, Role};
use serde_json::json;

use super::stage::{Caller, Stage, between};
use crate::auth::Needs;
use crate::router::ROUTES;

/// A route with something in the place of its parameters.
fn concrete(path: &str) -> String {
    path.replace("{id}", "ep_0")
        .replace("{lineage}", "shop")
        .replace("{secret}", "AAAA")
        .replace("{link}", "AAAA")
        .replace("{says}", "fail")
        .replace("{file}", "house.pem")
        .replace("{feed}", "0.atom")
        .replace("{code}", "certificate.expired")
}

/// Whoever adds a route says here whom it is for.
#[test]
fn the_golden_list_of_routes() {
    let lines: Vec<String> = ROUTES
        .iter()
        .map(|route| {
            let needs = match route.needs {
                Needs::Nothing => "nobody".to_owned(),
                Needs::Anybody => "nobody, from any site".to_owned(),
                Needs::Link => "whoever has the link".to_owned(),
                Needs::Within(role) => role.to_string(),
                Needs::Whole(role) => format!("{role} of everything"),
            };
            format!("{:6} {:42} {needs}", route.method, route.path)
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

/// Every route, by everybody: role, reach, person or program.
#[tokio::test]
async fn nobody_gets_further_than_role_and_reach() {
    let stage = Stage::set().await;
    let mut callers = Vec::new();
    for role in Role::ALL {
        for owner in [None, Some("default")] {
            let name = format!("{role}-{}", owner.unwrap_or("all"));
            let id = stage
                .context()
                .store
                .owner_named(&stage.context().scope, "default")
                .await
                .unwrap()
                .unwrap()
                .id;
            let grant = Grant { role, owner: owner.map(|_| id) };
            if role.is_for_people() {
                callers.push((grant, stage.person(&name, role.name(), owner).await));
            }
            callers.push((grant, stage.program(&name, role.name(), owner).await));
        }
    }
    for route in ROUTES.iter().filter(|route| route.path != "/sign-out" && route.path != "/account/password")
    {
        let path = concrete(route.path);
        for (grant, caller) in &callers {
            let answer = match (route.method, route.call) {
                ("GET", _) => stage.get(&path, caller).await,
                (method, Some(_)) => stage.call(method, &path, caller, &json!({})).await,
                _ => stage.post(&path, caller, &[("to", "x"), ("name", "x"), ("password", "x")]).await,
            };
            let let_in = match route.needs {
                Needs::Nothing | Needs::Anybody | Needs::Link => true,
                Needs::Within(role) => grant.role >= role,
                Needs::Whole(role) => grant.role >= role && grant.owner.is_none(),
            };
            let refused =
                answer.status == StatusCode::FORBIDDEN && answer.body.contains("access.not-allowed");
            assert_eq!(refused, !let_in, "{} {path} by {grant:?}: {answer:?}", route.method);
        }
        if ![Needs::Nothing, Needs::Anybody, Needs::Link].contains(&route.needs) {
            let answer = match (route.method, route.call) {
                ("GET", _) => stage.get(&path, &Caller::default()).await,
                (method, Some(_)) => stage.call(method, &path, &Caller::default(), &json!({})).await,
                _ => stage.post(&path, &Caller::default(), &[]).await,
            };
            let is_page = route.method == "GET" && route.call.is_none();
            let expected = if is_page { StatusCode::SEE_OTHER } else { StatusCode::UNAUTHORIZED };
            assert_eq!(answer.status, expected, "{} {path} by nobody", route.method);
        }
    }
}

#[tokio::test]
async fn a_link_leads_in_once_and_a_password_from_then_on() {
    let stage = Stage::set().await;
    let link = stage.operate("user.add", json!({ "name": "ada", "role": "admin", "owner": null })).await;
    let path = link["path"].as_str().unwrap();
    let preview = stage.get(path, &Caller::default()).await;
    assert!(preview.body.contains("Sign in as ada"));
    let ada = stage.come_in(path).await;
    assert_eq!(stage.post(path, &Caller::default(), &[]).await.status, StatusCode::GONE, "a second time");

    let weak = stage.post("/account/password", &ada, &[("password", "short")]).await;
    assert_eq!(weak.status, StatusCode::CONFLICT);
    assert!(weak.body.contains("fewer than 15 characters"));
    let weak = stage.post("/account/password", &ada, &[("password", "Password12345678")]).await;
    assert_eq!(weak.status, StatusCode::CONFLICT, "it was taken");
    assert!(weak.body.contains("tried first") && weak.body.contains("class=\"hint\""), "{}", weak.body);
    let taken = stage.post("/account/password", &ada, &[("password", "correct horse battery")]).await;
    assert_eq!((taken.status, taken.to.as_deref()), (StatusCode::SEE_OTHER, Some("/sign-in?done=password")));
    assert_eq!(stage.get("/", &ada).await.status, StatusCode::SEE_OTHER, "signed out by it");

    let fields = [("name", "ada"), ("password", "correct horse battery"), ("next", "/lineages")];
    let answer = stage.post("/sign-in", &Caller::default(), &fields).await;
    assert_eq!((answer.status, answer.to.as_deref()), (StatusCode::SEE_OTHER, Some("/lineages")));
    let again = Caller { cookie: answer.cookie, ..Caller::default() };
    assert_eq!(stage.get("/", &again).await.status, StatusCode::OK);
    let clock = &stage.context().clock;
    clock.advance_to(clock.now() + Span::days(7));
    assert_eq!(stage.get("/", &again).await.status, StatusCode::SEE_OTHER, "a week later");
}

#[tokio::test]
async fn a_wrong_password_says_no_more_than_that_and_too_many_wait() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "viewer", None).await;
    stage.post("/account/password", &ada, &[("password", "correct horse battery")]).await;
    let sign_in = async |name, password| {
        stage.post("/sign-in", &Caller::default(), &[("name", name), ("password", password)]).await
    };
    let wrong = sign_in("ada", "wrong").await;
    let unknown = sign_in("nobody", "wrong").await;
    assert_eq!((wrong.status, unknown.status), (StatusCode::FORBIDDEN, StatusCode::FORBIDDEN));
    assert_eq!(wrong.body.replace("ada", "nobody"), unknown.body, "which of them is wrong is not told");
    for _ in 0..4 {
        sign_in("ada", "wrong").await;
    }
    let refused = sign_in("ada", "correct horse battery").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let clock = &stage.context().clock;
    clock.advance_to(clock.now() + Span::minutes(2));
    assert_eq!(sign_in("ada", "correct horse battery").await.status, StatusCode::SEE_OTHER);
}

/// The page asked for the password that had been forgotten, and no command set another one.
#[tokio::test]
async fn a_forgotten_password_is_replaced_by_whoever_came_in_by_a_link() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "viewer", None).await;
    stage.post("/account/password", &ada, &[("password", "correct horse battery")]).await;
    let link = stage.operate("user.link", json!({ "name": "ada" })).await;
    let by_link = stage.come_in(link["path"].as_str().unwrap()).await;
    let page = stage.get("/account", &by_link).await.body;
    assert!(page.contains("without the present password") && !page.contains("name=\"present\""), "{page}");
    let taken = stage.post("/account/password", &by_link, &[("password", "another horse battery")]).await;
    assert_eq!(taken.to.as_deref(), Some("/sign-in?done=password"), "{taken:?}");

    let link = stage.operate("user.link", json!({ "name": "ada" })).await;
    let by_link = stage.come_in(link["path"].as_str().unwrap()).await;
    let clock = &stage.context().clock;
    clock.advance_to(clock.now() + Span::minutes(15));
    let late = stage.post("/account/password", &by_link, &[("password", "yet another horse battery")]).await;
    assert_eq!(late.status, StatusCode::FORBIDDEN, "whoever found that browser open later");
    assert!(late.body.contains("access.wrong-password") || late.body.contains("present password is wrong"));
    let page = stage.get("/account", &by_link).await.body;
    assert!(page.contains("name=\"present\""), "{page}");

    let by_password = stage.signed_in("ada", "another horse battery").await;
    let refused =
        stage.post("/account/password", &by_password, &[("password", "yet another horse battery")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
}

/// Wrong guesses of others at the sign-in kept a person who was signed in from changing the password, and it was said with 409.
#[tokio::test]
async fn guesses_of_others_keep_nobody_from_changing_a_password() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "viewer", None).await;
    stage.post("/account/password", &ada, &[("password", "correct horse battery")]).await;
    let ada = stage.signed_in("ada", "correct horse battery").await;
    for _ in 0..10 {
        let guess = [("name", "ada"), ("password", "wrong")];
        stage.post("/sign-in", &Caller::default(), &guess).await;
    }
    for expected in [StatusCode::FORBIDDEN; 5].into_iter().chain([StatusCode::TOO_MANY_REQUESTS]) {
        let wish = [("present", "wrong"), ("password", "another horse battery")];
        let refused = stage.post("/account/password", &ada, &wish).await;
        assert_eq!(refused.status, expected, "{}", refused.body);
    }
    let clock = &stage.context().clock;
    clock.advance_to(clock.now() + Span::minutes(2));
    let wish = [("present", "correct horse battery"), ("password", "another horse battery")];
    let changed = stage.post("/account/password", &ada, &wish).await;
    assert_eq!(changed.to.as_deref(), Some("/sign-in?done=password"));
}

#[tokio::test]
async fn nothing_is_done_that_no_page_of_ours_asked_for() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    let bob = stage.person("bob", "admin", None).await;
    let forged = [
        Caller { form_key: None, ..ada.clone() },
        Caller { form_key: Some(String::new()), ..ada.clone() },
        Caller { form_key: bob.form_key.clone(), ..ada.clone() },
        Caller { form_key: ada.cookie.clone(), ..ada.clone() },
    ];
    for caller in &forged {
        let answer = stage.post("/sign-out", caller, &[]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.body.contains("access.not-from-our-page"));
    }
    let form = format!("form_key={}", ada.form_key.as_deref().unwrap());
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let request = ada.begin("POST", "/sign-out").header(name, value);
        let answer = stage.send(request.body(Body::from(form.clone())).unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    assert_eq!(stage.get("/", &ada).await.status, StatusCode::OK, "still signed in");
    assert_eq!(stage.post("/sign-out", &ada, &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(stage.get("/", &ada).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_is_no_secret_of_ours_opens_nothing() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    let program = stage.program("deploy", "admin", None).await;
    let session = ada.cookie.as_deref().and_then(|cookie| cookie.split_once('=')).unwrap().1.to_owned();
    let token = program.token.unwrap();
    let cookie = |value: &str| Caller { cookie: Some(format!("notafter={value}")), ..Caller::default() };
    for value in ["", "x", &session[1..], &token, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(stage.get("/", &cookie(value)).await.status, StatusCode::SEE_OTHER, "{value:?}");
    }
    for value in ["", "x", &session] {
        let caller = Caller { token: Some(value.to_owned()), ..Caller::default() };
        assert_eq!(stage.get("/", &caller).await.status, StatusCode::UNAUTHORIZED, "{value:?}");
    }
    let clock = &stage.context().clock;
    clock.advance_to(clock.now() + Span::hours(1));
    let over = Caller { token: Some(token), ..Caller::default() };
    assert_eq!(stage.get("/", &over).await.status, StatusCode::UNAUTHORIZED, "its hour is over");
}

/// Where the pages are reached by https, what a subdomain or somebody between wrote under the plain name is not ours.
#[tokio::test]
async fn under_https_only_the_guarded_cookie_is_a_session() {
    let base_url = Some("https://na.example".to_owned());
    let stage = Stage::with(Settings { base_url, ..Settings::default() }).await;
    let ada = stage.person("ada", "admin", None).await;
    assert_eq!(stage.get("/", &ada).await.status, StatusCode::OK);
    let plain = ada.cookie.as_deref().and_then(|cookie| cookie.strip_prefix("__Host-")).unwrap().to_owned();
    let tossed = Caller { cookie: Some(plain), ..Caller::default() };
    assert_eq!(stage.get("/", &tossed).await.status, StatusCode::SEE_OTHER);
}

/// An account that was named as the first one would be kept the server from starting.
#[tokio::test]
async fn the_first_link_is_for_an_administrator_and_for_nobody_else() {
    use notafter_engine::operate::user::first_link;
    let stage = Stage::set().await;
    stage.operate("user.add", json!({ "name": "admin", "role": "viewer", "owner": null })).await;
    assert_eq!(first_link(stage.context()).await.unwrap(), None);
    stage.operate("user.add", json!({ "name": "ada", "role": "admin", "owner": null })).await;
    let link = first_link(stage.context()).await.unwrap().unwrap();
    assert_eq!(link.name, "ada");
    stage.come_in(&link.path).await;
    assert_eq!(first_link(stage.context()).await.unwrap(), None, "somebody came in");
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_words() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    let nobody = Caller::default();
    let answers = [
        (
            stage.post("/sign-in", &nobody, &[("name", "ada")]).await,
            StatusCode::BAD_REQUEST,
            "access.unreadable",
        ),
        (stage.get("/lineages?from=x", &ada).await, StatusCode::BAD_REQUEST, "access.unreadable"),
        (stage.get("/nothing", &ada).await, StatusCode::NOT_FOUND, "access.no-such-page"),
        (stage.post("/", &ada, &[]).await, StatusCode::METHOD_NOT_ALLOWED, "access.other-method"),
    ];
    for (answer, status, code) in answers {
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.body.contains(code) && answer.body.contains("class=\"hint\""), "{answer:?}");
    }
}

/// "neither was presented" sent whoever had a token that had run out to look at his headers.
#[tokio::test]
async fn a_token_or_session_that_was_presented_was_not_presented() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    let program = stage.program("deploy", "admin", None).await;
    stage.post("/sign-out", &ada, &[]).await;
    let clock = &stage.context().clock;
    clock.advance_to(clock.now() + Span::hours(1));
    let bearer = |token: &str| Caller { token: Some(token.to_owned()), ..Caller::default() };
    let over = stage.get("/lineages", &program).await;
    assert!(over.body.contains("access.invalid-token"), "{over:?}");
    for token in ["", "x", "A5guiTAKC7qoQcpPGi7Hqs8vln0HU2Y54wDlpwiyD8M"] {
        let answer = stage.get("/lineages", &bearer(token)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{token}");
        assert_eq!(
            answer.headers.get("www-authenticate").unwrap(),
            "Bearer error=\"invalid_token\"",
            "{token}"
        );
        assert_eq!(answer.body, over.body, "which of these it is, is not said: {token}");
    }
    let ended = stage.post("/alerts/al_0/acknowledge", &ada, &[]).await;
    assert_eq!(ended.status, StatusCode::UNAUTHORIZED);
    assert!(ended.body.contains("access.session-is-over"), "{ended:?}");
    let nothing = stage.post("/alerts/al_0/acknowledge", &Caller::default(), &[]).await;
    assert!(nothing.body.contains("access.sign-in"), "{nothing:?}");
    for answer in [ended, nothing] {
        assert_eq!(answer.headers.get("www-authenticate").unwrap(), "Bearer", "no token was presented");
    }
}

#[tokio::test]
async fn a_form_that_is_too_long_is_refused() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    let long = "x".repeat(100_000);
    let answer = stage.post("/alerts/al_0/acknowledge", &ada, &[("note", &long)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    // Of a form for whoever comes it was said that it could not be read.
    let longer = "x".repeat(3 << 20);
    let nobody = stage.post("/sign-in", &Caller::default(), &[("name", "ada"), ("password", &longer)]).await;
    assert_eq!(nobody.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", nobody.body);
    assert!(nobody.body.contains("access.too-long"), "{}", nobody.body);
}

#[tokio::test]
async fn nobody_signs_in_over_plain_http_from_another_machine() {
    let settings = Settings { listen: "0.0.0.0:8400".to_owned(), ..Settings::default() };
    let stage = Stage::with(settings.clone()).await;
    let answer = stage.get("/sign-in", &Caller::default()).await;
    assert!(answer.body.contains("access.not-private"), "{}", answer.body);
    let behind = Settings { base_url: Some("https://na.example/".to_owned()), ..settings };
    let stage = Stage::with(behind).await;
    assert_eq!(stage.get("/sign-in", &Caller::default()).await.status, StatusCode::OK);
    let link = stage.operate("user.add", json!({ "name": "ada", "role": "admin", "owner": null })).await;
    assert_eq!(link["site"], "https://na.example");
    let answer = stage.post(link["path"].as_str().unwrap(), &Caller::default(), &[]).await;
    let cookie = answer.headers.get("set-cookie").unwrap().to_str().unwrap();
    assert!(cookie.starts_with("__Host-notafter="), "{cookie}");
    for part in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
}

/// Where the server speaks TLS itself, whoever comes through a tunnel to loopback gets a cookie that his browser sends back.
#[tokio::test]
async fn a_cookie_fits_the_way_on_which_it_goes() {
    let settings = Settings {
        tls_listen: Some("0.0.0.0:8443".to_owned()),
        base_url: Some("https://na.example:8443".to_owned()),
        ..Settings::default()
    };
    let stage = Stage::with(settings).await;
    for (user, is_secure, host, begins, over_tls_alone) in [
        ("ada", true, "na.example:8443", "__Host-notafter=", true),
        ("bob", false, "127.0.0.1:8400", "notafter=", false),
    ] {
        let link = stage.operate("user.add", json!({ "name": user, "role": "admin", "owner": null })).await;
        let request = Caller::default().begin("POST", link["path"].as_str().unwrap());
        let mut request = request.body(axum::body::Body::empty()).unwrap();
        request.headers_mut().insert("host", host.parse().unwrap());
        if is_secure {
            request.extensions_mut().insert(crate::secure::Secure);
        }
        let answer = stage.send(request).await;
        let cookie = answer.header("set-cookie");
        assert!(cookie.starts_with(begins), "{cookie}");
        assert_eq!(cookie.contains("; Secure"), over_tls_alone, "{cookie}");
    }
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let stage = Stage::set().await;
    stage.operate("user.add", json!({ "name": "ada", "role": "admin", "owner": null })).await;
    let actor = notafter_inventory::model::Actor::Person("ada".to_owned());
    for (name, args) in [
        ("user.remove", json!({ "name": "ada" })),
        ("user.change", json!({ "name": "ada", "role": "viewer" })),
        ("user.change", json!({ "name": "ada", "role": null, "reach": { "owner": "default" } })),
    ] {
        let fault = notafter_engine::operate::call(stage.context(), &actor, name, args).await.unwrap_err();
        assert_eq!(fault.code, "access.last-administrator");
    }
    stage.operate("user.add", json!({ "name": "bob", "role": "admin", "owner": null })).await;
    stage.operate("user.remove", json!({ "name": "ada" })).await;
}

/// "there is no such sign-in link, or none within your reach" sent whoever came with a link to lists that are behind the sign-in.
#[tokio::test]
async fn a_used_old_or_cut_link_was_to_be_looked_for_in_the_lists() {
    let stage = Stage::set().await;
    let add = json!({ "name": "ada", "role": "viewer", "owner": null });
    let used = stage.operate("user.add", add).await["path"].as_str().unwrap().to_owned();
    stage.come_in(&used).await;
    let old = stage.operate("user.link", json!({ "name": "ada" })).await["path"].as_str().unwrap().to_owned();
    let clock = &stage.context().clock;
    clock.advance_to(clock.now() + Span::hours(2));
    let nobody = Caller::default();
    for path in [used.as_str(), &old, &old[..old.len() - 3], "/sign-in/x"] {
        for answer in [stage.get(path, &nobody).await, stage.post(path, &nobody, &[]).await] {
            assert_eq!(answer.status, StatusCode::GONE, "{path}: {answer:?}");
            for said in
                ["Ask whoever runs notafter", "<code>notafter user link NAME</code>", "href=\"/sign-in\""]
            {
                assert!(answer.body.to_lowercase().contains(&said.to_lowercase()), "{said}: {}", answer.body);
            }
            assert!(!answer.body.contains("in the lists"), "{path}: {}", answer.body);
        }
    }
}

/// Whoever had chosen a password stood before an empty form, and did not know whether it was taken.
#[tokio::test]
async fn a_password_that_was_set_was_set_without_a_word() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "viewer", None).await;
    assert!(stage.get("/account", &ada).await.body.contains("<button>Set the password</button>"));
    let set = stage.post("/account/password", &ada, &[("password", "correct horse battery")]).await;
    let form = stage.get(set.to.as_deref().unwrap(), &Caller::default()).await.body;
    assert!(form.contains("role=\"status\"") && form.contains("The new password is set."), "{form}");
    assert!(!stage.get("/sign-in", &Caller::default()).await.body.contains("The new password is set."));
}

/// Pages of refusals had no navigation and no way back; their titles were numbers, and their headings began in lower case.
#[tokio::test]
async fn whoever_was_refused_was_thrown_out_of_the_pages() {
    let stage = Stage::set().await;
    let ada = stage.person("ada", "admin", None).await;
    let cut = Caller { form_key: Some(String::new()), ..ada.clone() };
    for (answer, status, title, list) in [
        (stage.get("/lineages/nothing", &ada).await, 404, "There is no", "/lineages\">Lineages"),
        (stage.get("/endpoints/ep_0", &ada).await, 404, "There is no", "/endpoints\">Endpoints"),
        (stage.get("/codes/no.code", &ada).await, 404, "There is no", "/findings\">Findings"),
        (stage.get("/lineages?from=x", &ada).await, 400, "The address cannot", "/lineages\">Lineages"),
        (stage.post("/silences/x/lift", &ada, &[]).await, 404, "There is no", "/silences\">Silences"),
        (stage.post("/account/sessions/x/end", &ada, &[]).await, 404, "There is no", "/account\">Account"),
        (stage.post("/settings/prove", &cut, &[]).await, 403, "This request does", "/settings\">Settings"),
        (stage.get("/nothing", &ada).await, 404, "There is no such page", "/\">Overview"),
        (stage.post("/findings", &ada, &[]).await, 405, "This address is not", "/findings\">Findings"),
    ] {
        assert_eq!(answer.status.as_u16(), status, "{answer:?}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        for said in [
            "aria-label=\"Pages\"",
            &format!("<title>{title}"),
            &format!("<h1>{title}"),
            &format!("<p>Go on at <a href=\"{list}</a>.</p>"),
        ] {
            assert!(answer.body.contains(said), "{said}: {}", answer.body);
        }
        assert_eq!(answer.body.matches("<h1").count(), 1);
    }
    let nobody = stage.get("/nothing", &Caller::default()).await;
    assert!(!nobody.body.contains("aria-label=\"Pages\""), "{}", nobody.body);
    let program = stage.program("deploy", "viewer", None).await;
    let told = stage.get("/lineages/nothing", &program).await;
    assert!(!told.body.contains("aria-label=\"Pages\""), "a program has no pages: {}", told.body);
}

/// Whoever is kept to one owner was offered the log, and was refused there.
#[tokio::test]
async fn pages_that_refuse_whoever_comes_were_in_the_navigation() {
    let stage = Stage::set().await;
    for (name, role, owner) in [
        ("ada", "admin", None),
        ("bob", "operator", None),
        ("cleo", "viewer", None),
        ("dan", "admin", Some("default")),
        ("eve", "viewer", Some("default")),
    ] {
        let caller = stage.person(name, role, owner).await;
        let page = stage.get("/", &caller).await.body;
        let links: Vec<&str> =
            between(&page, "aria-label=\"Pages\">", "</nav>").split("href=\"").skip(1).collect();
        for link in &links {
            let path = link.split('"').next().unwrap();
            assert_eq!(stage.get(path, &caller).await.status, StatusCode::OK, "{name}: {path}");
        }
        let is_offered = |path: &str| links.iter().any(|link| link.starts_with(path));
        assert_eq!(is_offered("/events"), owner.is_none(), "{name}");
        assert_eq!(is_offered("/accounts"), name == "ada", "{name}");
        if owner.is_some() {
            let refused = stage.get("/events", &caller).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN);
            assert!(refused.body.contains("Go on at <a href=\"/\">Overview"), "{}", refused.body);
        }
    }
}

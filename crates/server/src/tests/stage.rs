//! An installation, and somebody who asks it.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE};
use http::{Request, StatusCode};
use notafter_cert::Time;
use notafter_engine::context::Context;
use notafter_engine::open::{Installation, open};
use notafter_engine::operate;
use notafter_engine::settings::Settings;
use notafter_inventory::model::Actor;
use notafter_net::Clock;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::router;
use crate::status_page::Board;

pub(super) const NOW: Time = Time::from_unix_seconds(1_796_000_000);

pub(super) struct Stage {
    pub(super) installation: Installation,
    router: Router,
    /// The listener of the status page alone.
    pub(super) status: Router,
    pub(super) board: Arc<Board>,
    _folder: tempfile::TempDir,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) to: Option<String>,
    pub(super) cookie: Option<String>,
    pub(super) headers: http::HeaderMap,
    pub(super) body: String,
}

/// How somebody shows who they are.
#[derive(Clone, Debug, Default)]
pub(super) struct Caller {
    pub(super) cookie: Option<String>,
    pub(super) token: Option<String>,
    pub(super) form_key: Option<String>,
}

impl Stage {
    pub(super) async fn set() -> Self {
        Self::with(Settings::default()).await
    }

    pub(super) async fn with(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            data: Some(folder.path().join("data")),
            key_encryption_key: Some(folder.path().join("kek")),
            ..settings
        };
        let installation = open(&settings, Clock::staged(NOW)).await.unwrap();
        let listens: SocketAddr = "127.0.0.1:8400".parse().unwrap();
        let peer: SocketAddr = "127.0.0.1:50000".parse().unwrap();
        let board = Arc::new(Board::default());
        let status = router::status(Arc::clone(&installation.context), Arc::clone(&board))
            .layer(Extension(ConnectInfo(peer)));
        let router = router::router(Arc::clone(&installation.context), listens, Arc::clone(&board));
        let router = router.layer(Extension(ConnectInfo(peer)));
        Self { installation, router, status, board, _folder: folder }
    }

    pub(super) fn context(&self) -> &Context {
        &self.installation.context
    }

    /// Carries out an operation as somebody at the command line.
    pub(super) async fn operate(&self, name: &str, args: Value) -> Value {
        operate::call(self.context(), &Actor::Person("ada".to_owned()), name, args).await.unwrap()
    }

    /// As it comes, with a body that may not end.
    pub(super) async fn response(&self, request: Request<Body>) -> axum::response::Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.response(request).await.into_parts();
        // A stream ends when nobody takes it any more.
        let is_stream = parts.headers.get(CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        let body = if is_stream { Body::empty() } else { body };
        let text = |name| parts.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        Answer {
            status: parts.status,
            to: text(LOCATION),
            cookie: text(SET_COOKIE).map(|cookie| cookie.split(';').next().unwrap().to_owned()),
            body: String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap(),
            headers: parts.headers,
        }
    }

    pub(super) async fn get(&self, path: &str, caller: &Caller) -> Answer {
        self.send(caller.begin("GET", path).body(Body::empty()).unwrap()).await
    }

    pub(super) async fn post(&self, path: &str, caller: &Caller, fields: &[(&str, &str)]) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        if let Some(key) = &caller.form_key {
            form.append_pair("form_key", key);
        }
        let request = caller.begin("POST", path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.finish())).unwrap()).await
    }

    /// A call of the API, with a JSON body.
    pub(super) async fn call(&self, method: &str, path: &str, caller: &Caller, body: &Value) -> Answer {
        let mut request = caller.begin(method, path).header(CONTENT_TYPE, "application/json");
        if let Some(key) = &caller.form_key {
            request = request.header("x-form-key", key);
        }
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// An account, signed in by its link.
    pub(super) async fn person(&self, name: &str, role: &str, owner: Option<&str>) -> Caller {
        let link = self.operate("user.add", json!({ "name": name, "role": role, "owner": owner })).await;
        self.come_in(link["path"].as_str().unwrap()).await
    }

    pub(super) async fn come_in(&self, link: &str) -> Caller {
        let answer = self.post(link, &Caller::default(), &[]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        self.with_form_key(answer.cookie).await
    }

    /// An account, signed in by its password.
    pub(super) async fn signed_in(&self, name: &str, password: &str) -> Caller {
        let fields = [("name", name), ("password", password)];
        let answer = self.post("/sign-in", &Caller::default(), &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        self.with_form_key(answer.cookie).await
    }

    async fn with_form_key(&self, cookie: Option<String>) -> Caller {
        let mut caller = Caller { cookie, ..Caller::default() };
        let page = self.get("/account", &caller).await.body;
        caller.form_key = Some(between(&page, "name=\"form_key\" value=\"", "\"").to_owned());
        caller
    }

    pub(super) async fn program(&self, name: &str, role: &str, owner: Option<&str>) -> Caller {
        let args = json!({ "name": name, "role": role, "owner": owner, "lasts": 3_600_000_000_i64 });
        let made = self.operate("token.make", args).await;
        Caller { token: Some(made["secret"].as_str().unwrap().to_owned()), ..Caller::default() }
    }
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}: {self:?}")).to_str().unwrap()
    }
}

impl Caller {
    pub(super) fn begin(&self, method: &str, path: &str) -> http::request::Builder {
        let mut request = Request::builder().method(method).uri(path).header(HOST, "127.0.0.1:8400");
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        request
    }
}

pub(super) fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split_once(before).and_then(|(_, rest)| rest.split_once(after)).map(|(found, _)| found).unwrap()
}

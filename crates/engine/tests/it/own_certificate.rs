//! What the TLS listener of the server itself presents, as a finding that somebody is told of.

use std::sync::Arc;

use notafter_cert::{Span, Time};
use notafter_engine::context::Context;
use notafter_engine::driver::Driver;
use notafter_engine::open::{self, Installation};
use notafter_engine::own_certificate;
use notafter_engine::settings::Settings;
use notafter_engine::tasks;
use notafter_inventory::model::*;
use notafter_lab::http_sink::HttpSink;
use notafter_net::Clock;
use notafter_store::Change;
use rcgen::{CertificateParams, KeyPair};
use serde_json::json;
use tempfile::TempDir;

const START: &str = "2026-11-25T03:00:00Z";

/// A server with a listener that presents two files, and a default owner who hears of things by webhook.
struct Stage {
    folder: TempDir,
    settings: Settings,
    installation: Installation,
    driver: Driver,
    hook: HttpSink,
}

impl Stage {
    async fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let settings = Settings {
            data: Some(path("data")),
            key_encryption_key: Some(path("kek")),
            tls_listen: Some("127.0.0.1:8443".to_owned()),
            tls_certificate: Some(path("chain.pem")),
            tls_key: Some(path("key.pem")),
            base_url: Some("https://na.example:8443".to_owned()),
            ..Settings::default()
        };
        let installation = open::open(&settings, Clock::staged(START.parse().unwrap())).await.unwrap();
        let context = &installation.context;
        let hook = HttpSink::start("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
        let url = format!("http://{}/events", hook.address());
        let channel = Channel {
            id: context.new_id(),
            name: "hook".to_owned(),
            kind: "webhook".to_owned(),
            settings: serde_json::from_value(json!({ "url": url })).unwrap(),
        };
        let owner = context.store.owner_named(&context.scope, "default").await.unwrap().unwrap();
        let contacts = vec![Contact { channel: "hook".to_owned(), to: None }.into()];
        let changes = [Change::PutChannel(channel), Change::PutOwner(Owner { contacts, ..owner })];
        context.apply(None, &Actor::Engine, &changes).await.unwrap();
        tasks::ensure(context).await.unwrap();
        let driver = Driver::new(Arc::clone(context));
        Self { folder, settings, installation, driver, hook }
    }

    fn context(&self) -> &Context {
        &self.installation.context
    }

    fn now(&self) -> Time {
        self.context().clock.now()
    }

    /// Lays a pair of 90 days with so much left into the files.
    fn lay(&self, left: Span) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["na.example".to_owned()]).unwrap();
        params.not_before = (self.now() + left - Span::days(90)).calendar().unwrap();
        params.not_after = (self.now() + left).calendar().unwrap();
        let made = params.self_signed(&key).unwrap();
        for (name, text) in [("chain.pem", made.pem()), ("key.pem", key.serialize_pem())] {
            std::fs::write(self.folder.path().join("new"), text).unwrap();
            std::fs::rename(self.folder.path().join("new"), self.folder.path().join(name)).unwrap();
        }
    }

    /// Time passes, and the listener is looked at and judged as `serve` does.
    async fn pass(&self, span: Span) {
        self.driver.run_until(self.now() + span).await.unwrap();
        own_certificate::look(self.context()).await;
        own_certificate::judge(self.context()).await.unwrap();
        self.driver.run_until(self.now() + Span::minutes(1)).await.unwrap();
    }

    async fn open(&self) -> Vec<Finding> {
        let context = self.context();
        context.store.findings_open_of(&context.scope, &Subject::Installation).await.unwrap()
    }

    async fn codes(&self) -> Vec<String> {
        self.open().await.into_iter().map(|finding| finding.violation.code).collect()
    }

    /// The purposes and lines of what was told about the installation.
    fn told(&self) -> Vec<String> {
        let told = self.hook.asked().into_iter();
        let events = told.map(|asked| serde_json::from_slice::<serde_json::Value>(&asked.body).unwrap());
        let lines = events.map(|event| event["data"]["text"].as_str().unwrap_or_default().to_owned());
        lines.filter(|line| line.contains("this installation of notafter")).collect()
    }
}

#[tokio::test]
async fn a_stand_in_is_told_once_it_lasts_and_ends_when_the_files_come() {
    let stage = Stage::set().await;
    own_certificate::begin(stage.context()).await.unwrap();
    stage.pass(Span::ZERO).await;
    assert_eq!(stage.codes().await, [""; 0], "it may pass");
    stage.pass(Span::minutes(2)).await;
    let open = stage.open().await;
    assert_eq!(stage.codes().await, ["server.stand-in"]);
    let text = &open[0].violation.text;
    assert!(
        text.starts_with("127.0.0.1:8443 presents a self-signed stand-in: ") && text.contains("chain.pem"),
        "{text}"
    );
    let told = stage.told();
    assert!(told.len() == 1 && told[0].contains("stand-in"), "{told:?}");

    // Another process that begins neither ends it nor tells it again.
    let Stage { folder, settings, installation, driver, hook } = stage;
    let clock = installation.context.clock.clone();
    drop((driver, installation));
    let installation = open::open(&settings, clock).await.unwrap();
    let driver = Driver::new(Arc::clone(&installation.context));
    let next = Stage { folder, settings, installation, driver, hook };
    tasks::ensure(next.context()).await.unwrap();
    own_certificate::begin(next.context()).await.unwrap();
    next.pass(Span::seconds(30)).await;
    assert_eq!(next.codes().await, ["server.stand-in"]);

    next.lay(Span::days(60));
    next.pass(Span::minutes(1)).await;
    assert_eq!(next.codes().await, [""; 0]);
    next.pass(Span::hours(1)).await;
    let told = next.told();
    assert_eq!(told.len(), 2, "and that it is over: {told:?}");
}

#[tokio::test]
async fn an_end_that_comes_near_is_told_and_so_is_what_cannot_be_loaded() {
    let stage = Stage::set().await;
    stage.lay(Span::days(20));
    own_certificate::begin(stage.context()).await.unwrap();
    stage.pass(Span::ZERO).await;
    let open = stage.open().await;
    assert_eq!(stage.codes().await, ["server.certificate-expires-soon"]);
    assert_eq!(open[0].violation.severity, Severity::Warning);
    stage.pass(Span::days(10)).await;
    assert_eq!(stage.open().await[0].violation.severity, Severity::Critical);
    stage.pass(Span::days(10)).await;
    assert_eq!(stage.codes().await, ["server.certificate-expired"]);
    stage.lay(Span::days(60));
    stage.pass(Span::minutes(1)).await;
    assert_eq!(stage.codes().await, [""; 0]);

    std::fs::write(stage.folder.path().join("key.pem"), "nothing").unwrap();
    stage.pass(Span::minutes(1)).await;
    stage.pass(Span::minutes(2)).await;
    assert_eq!(stage.codes().await, ["server.certificate-not-loaded"]);
    let text = &stage.open().await[0].violation.text;
    assert!(text.contains("the certificate from before, until"), "{text}");
}

/// What visitors see is told of the endpoint: the same, told twice, would be two alerts for one cause.
#[tokio::test]
async fn where_the_listener_is_an_endpoint_nothing_is_told_twice() {
    let stage = Stage::set().await;
    stage.lay(Span::days(5));
    own_certificate::begin(stage.context()).await.unwrap();
    stage.pass(Span::ZERO).await;
    assert_eq!(stage.codes().await, ["server.certificate-expires-soon"]);
    let context = stage.context();
    let owner = context.store.owner_named(&context.scope, "default").await.unwrap().unwrap();
    let endpoint = Endpoint {
        id: context.new_id(),
        owner_id: owner.id,
        target: "na.example:8443".parse().unwrap(),
        labels: Labels::new(),
        criticality: Criticality::Normal,
        criticality_by: CriticalityBy::default(),
        trust: None,
        written_by_admin: true,
    };
    context.apply(None, &Actor::Engine, &[Change::PutEndpoint(endpoint)]).await.unwrap();
    stage.pass(Span::minutes(1)).await;
    assert_eq!(stage.codes().await, [""; 0]);
}

/// Nobody judges a listener any more that the settings do not name.
#[tokio::test]
async fn a_start_without_the_listener_ends_what_was_found_of_it() {
    let stage = Stage::set().await;
    stage.lay(-Span::days(1));
    own_certificate::begin(stage.context()).await.unwrap();
    stage.pass(Span::ZERO).await;
    assert_eq!(stage.codes().await, ["server.certificate-expired"]);
    let Stage { folder: _folder, settings, installation, driver, .. } = stage;
    let clock = installation.context.clock.clone();
    drop((driver, installation));
    let settings = Settings { tls_listen: None, tls_certificate: None, tls_key: None, ..settings };
    let next = open::open(&settings, clock).await.unwrap();
    tasks::ensure(&next.context).await.unwrap();
    let open = next.context.store.findings_open(&next.context.scope).await.unwrap();
    assert!(open.iter().all(|finding| !finding.violation.code.starts_with("server.")), "{open:?}");
}

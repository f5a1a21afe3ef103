//! What people do while an order runs stays done: the order ends later, and undoes nothing of it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use notafter_acme::server::RequestKind;
use notafter_acme::server::fault::{Fault, Planned};
use notafter_cert::{Certificate, Identifier, Span, pem};
use notafter_engine::context::Context;
use notafter_engine::operate;
use notafter_engine::settle::settle;
use notafter_engine::tasks::renew::{self, Case};
use notafter_inventory::ledger::{Counted, Question};
use notafter_inventory::model::{
    AcmeIssuer, Actor, Http01, Lineage, LineageId, Mode, Order, Version, VersionState,
};
use notafter_store::Change;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::stage::{Stage, acme};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Span = Span::minutes(2);

/// The CA's way to our challenges leads through here, and no further before it is opened.
struct Gate {
    arrived: watch::Receiver<bool>,
    open: watch::Sender<bool>,
    _task: JoinHandle<()>,
}

impl Gate {
    async fn before(stage: &Stage, name: &str) -> Self {
        let port = stage.settings.http01_port;
        let (address, ours) = (Ipv4Addr::new(127, 0, 0, 2), SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let listener = TcpListener::bind(SocketAddr::from((address, port))).await.unwrap();
        stage.ca.point(name.parse().unwrap(), vec![address.into()]);
        let (reached, arrived) = watch::channel(false);
        let (open, opened) = watch::channel(false);
        let task = tokio::spawn(async move {
            loop {
                let (mut from, _) = listener.accept().await.unwrap();
                reached.send_replace(true);
                let mut opened = opened.clone();
                tokio::spawn(async move {
                    opened.wait_for(|open| *open).await.unwrap();
                    let mut to = TcpStream::connect(ours).await.unwrap();
                    copy_bidirectional(&mut from, &mut to).await.ok();
                });
            }
        });
        Self { arrived, open, _task: task }
    }

    /// Runs what is due of the lineage; `meanwhile` happens while the CA waits for the answer to its challenge, which it
    /// gets when `until` holds.
    async fn hold(
        self,
        (context, id): (&Arc<Context>, LineageId),
        meanwhile: impl Future<Output = Value>,
        until: impl AsyncFn() -> bool,
    ) {
        let gate = async {
            self.arrived.clone().wait_for(|arrived| *arrived).await.unwrap();
            tokio::join!(meanwhile, async {
                while !until().await {
                    tokio::task::yield_now().await;
                }
                self.open.send_replace(true);
            })
        };
        let (settled, _) = tokio::join!(settle(context, id, PATIENCE), gate);
        settled.unwrap();
    }
}

async fn operate(context: &Context, name: &str, args: Value) -> Value {
    operate::call(context, &Actor::Person("ada".to_owned()), name, args).await.unwrap()
}

/// A file with the issuer, and the lineage where it has names.
async fn apply(stage: &Stage, context: &Context, names: &[&str], contact: &str) -> Value {
    let mut text = format!(
        "[[issuer]]\nname = \"lab\"\ndirectory = \"{}\"\ntrust = \"{}\"\nterms_agreed = true\n\
         contact = [\"{contact}\"]\n\n",
        stage.ca.directory_url(),
        stage.path("roots.pem").display()
    );
    if !names.is_empty() {
        text += &format!(
            "[[lineage]]\nname = \"shop\"\nissuer = \"lab\"\nidentifiers = {}\n\
             http01 = {{ solver = \"listener\", listen = \"127.0.0.1:{}\" }}\n",
            json!(names),
            stage.settings.http01_port
        );
    }
    let args = json!({ "file": { "text": text, "prune": "everything" }, "secrets": {} });
    operate(context, "inventory.apply", args).await
}

async fn lineage(context: &Context) -> Option<Lineage> {
    context.store.lineage_named(&context.scope, "shop").await.unwrap()
}

async fn current(context: &Context) -> Version {
    let id = lineage(context).await.unwrap().current.unwrap();
    context.store.version(&context.scope, id).await.unwrap().unwrap()
}

async fn orders(context: &Context, id: LineageId) -> Vec<Order> {
    context.store.orders_of(&context.scope, id, 10).await.unwrap()
}

fn names(version: &Version) -> Vec<Identifier> {
    let chain = pem::chain_from(version.chain_pem.as_bytes()).unwrap();
    Certificate::parse(&chain[0]).unwrap().names().to_vec()
}

/// The old names were back in the inventory when the order ended.
#[tokio::test(flavor = "multi_thread")]
async fn names_applied_during_an_order_are_kept_and_ordered_next() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    let wanted = ["shop.example", "www.shop.example"];
    let changed = async || match lineage(context).await.unwrap().mode {
        Mode::Managed(spec) => spec.identifiers.len() == wanted.len(),
        Mode::WatchOnly(_) => false,
    };
    let gate = Gate::before(&stage, "shop.example").await;
    gate.hold((context, id), apply(&stage, context, &wanted, "mailto:a@shop.example"), &changed).await;
    assert!(changed().await, "{:?}", lineage(context).await);
    assert_eq!(lineage(context).await.unwrap().renewal.failures, []);
    let version = current(context).await;
    assert_eq!(names(&version), wanted.map(|name| name.parse().unwrap()), "the plan saw it at once");
    let first = context.store.versions_of(&context.scope, id).await.unwrap();
    let first = first.iter().find(|one| one.id != version.id).unwrap();
    assert_eq!((names(first).len(), first.state), (1, VersionState::Superseded));
    assert_eq!(stage.ca.acted(RequestKind::Finalize), 2);
    assert!(orders(context, id).await.iter().all(|order| order.closed_at.is_some()));
}

/// It rose again when its order ended.
#[tokio::test(flavor = "multi_thread")]
async fn a_lineage_removed_during_its_order_stays_gone() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    let gone = async || lineage(context).await.is_none();
    let gate = Gate::before(&stage, "shop.example").await;
    gate.hold((context, id), apply(&stage, context, &[], "mailto:a@shop.example"), &gone).await;
    assert!(gone().await);
    let [order] = orders(context, id).await.try_into().unwrap();
    assert!(order.closed_at.is_some(), "nothing is under way for it");
    let [version] = context.store.versions_of(&context.scope, id).await.unwrap().try_into().unwrap();
    assert_eq!(version.state, VersionState::Retired, "what the CA issued is on record");
    let key = context.store.key(&context.scope, order.key_id).await.unwrap().unwrap();
    assert!(key.destroyed_at.is_none() && !key.sealed.is_empty(), "until somebody prunes the vault");
    let pruned = operate(context, "vault.prune", json!({ "yes": true })).await;
    assert_eq!(pruned["keys"][0]["key"], json!(order.key_id), "{pruned}");
    let key = context.store.key(&context.scope, order.key_id).await.unwrap().unwrap();
    assert!(key.destroyed_at.is_some() && key.sealed.is_empty());
    assert_eq!(context.store.due(renew::KIND, &renew::subject(id)).await.unwrap(), None);
}

/// The contact that was applied was lost when the account was known, and an order bound to a CA that the issuer does not
/// name any more failed for ever.
#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_changed_during_an_order_stays_changed() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    let issuer = async || -> AcmeIssuer { acme(context, "lab").await };
    let contact = "mailto:b@shop.example";
    let changed = async || issuer().await.contact == [contact];
    let gate = Gate::before(&stage, "shop.example").await;
    gate.hold((context, id), apply(&stage, context, &["shop.example"], contact), &changed).await;
    assert!(changed().await);
    assert!(issuer().await.account_url.is_some(), "{:?}", issuer().await);
    assert!(lineage(context).await.unwrap().current.is_some());
    assert_eq!(stage.ca.inspect(|ca| ca.accounts().len()), 1);
}

/// It had read the lineage before it asked the CA, and wrote that back: the order under way was forgotten, and the key
/// that it blocked was forgotten by the order.
#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_during_an_order_and_the_order_know_of_each_other() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    settle(context, id, PATIENCE).await.unwrap();
    let first = current(context).await;
    let state = async || context.store.version(&context.scope, first.id).await.unwrap().unwrap().state;
    let revoked = async || state().await == VersionState::Revoked;
    force(context, id).await;
    let gate = Gate::before(&stage, "shop.example").await;
    let revoke = json!({ "lineage": "shop", "reason": "key-compromise", "with_certificate_key": false });
    gate.hold((context, id), operate(context, "lifecycle.revoke", revoke), &revoked).await;
    assert!(revoked().await, "the order that replaced it did not make it good again");
    let lineage = lineage(context).await.unwrap();
    assert_eq!(lineage.renewal.blocked_keys.len(), 1);
    assert_eq!((lineage.renewal.order, lineage.renewal.failures), (None, vec![]));
    assert_ne!(current(context).await.id, first.id);
    assert_eq!(stage.ca.acted(RequestKind::NewOrder), 2, "one order was enough");
}

/// Whoever went back to an earlier version had the newer one again a second later.
#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_during_an_order_is_not_undone_by_it() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    settle(context, id, PATIENCE).await.unwrap();
    let first = current(context).await;
    force(context, id).await;
    settle(context, id, PATIENCE).await.unwrap();
    force(context, id).await;
    let back = async || lineage(context).await.unwrap().current == Some(first.id);
    let gate = Gate::before(&stage, "shop.example").await;
    let args = json!({ "lineage": "shop", "to": null });
    gate.hold((context, id), operate(context, "lifecycle.rollback", args), &back).await;
    assert!(back().await);
    let versions = context.store.versions_of(&context.scope, id).await.unwrap();
    let current: Vec<_> = versions.iter().filter(|one| one.state == VersionState::Current).collect();
    assert_eq!((versions.len(), current.len(), current[0].id), (3, 1, first.id));
    assert!(orders(context, id).await.iter().all(|order| order.closed_at.is_some()));
    let case = Case::load(context, id).await.unwrap().unwrap();
    let plan = case.plan(context.clock.now());
    assert!(plan.action.why.starts_with("rolled back by a person"), "{}", plan.action.why);
}

/// What an order's CA refused counted at whatever CA the lineage ordered from by then.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_old_ca_refuses_counts_at_the_old_ca() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    let old = acme(context, "lab").await;
    let other = AcmeIssuer { id: context.new_id(), name: "other".to_owned(), ..old.clone() };
    let moved = async || match lineage(context).await.unwrap().mode {
        Mode::Managed(spec) => spec.issuer == other.name,
        Mode::WatchOnly(_) => false,
    };
    let meanwhile = async {
        let mut lineage = lineage(context).await.unwrap();
        let Mode::Managed(spec) = &mut lineage.mode else { panic!("it is managed") };
        spec.issuer.clone_from(&other.name);
        let refused = Fault::Lie { member: "status".to_owned(), value: json!("invalid") };
        stage.ca.plan(Planned::always(RequestKind::Authorization, refused));
        let changes = [Change::PutIssuer(other.clone().into()), Change::PutLineage(lineage)];
        context.apply(None, &Actor::Engine, &changes).await.unwrap();
        Value::Null
    };
    Gate::before(&stage, "shop.example").await.hold((context, id), meanwhile, &moved).await;
    let failures = lineage(context).await.unwrap().renewal.failures;
    assert_eq!(failures.len(), 1, "{failures:?}");
    let counted = async |issuer| {
        let (counted, subjects) = (Counted::FailedAuthorization, vec!["shop.example".to_owned()]);
        let since = failures[0].at - Span::hours(1);
        let question = Question { issuer, counted, subjects, since, without: 0 };
        context.store.charges(&context.scope, &question).await.unwrap().len()
    };
    assert_eq!((counted(old.id).await, counted(other.id).await), (1, 0));
}

/// The issuer of an order that waits is another CA by now: the order is given up, and the new CA asked.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_at_a_ca_that_the_issuer_left_is_given_up() {
    let (stage, other) = (Stage::new().await, Stage::new().await);
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    let mut moved = acme(context, "lab").await;
    stage.ca.settings(|settings| {
        settings.processing_for = Span::hours(1);
        settings.poll_after = Some(Span::minutes(10));
    });
    settle(context, id, Span::ZERO).await.unwrap();
    let waiting = lineage(context).await.unwrap().renewal.order;
    assert!(waiting.is_some(), "{:?}", lineage(context).await);
    moved.directory = other.ca.directory_url();
    moved.trust = Some(other.path("roots.pem").display().to_string());
    let changed = [
        Change::PutIssuer(moved.into()),
        Change::Schedule { task: renew::KIND, subject: renew::subject(id), due_at: context.clock.now() },
    ];
    context.apply(None, &Actor::Engine, &changed).await.unwrap();
    settle(context, id, Span::ZERO).await.unwrap();
    let given_up = context.store.order(&context.scope, waiting.unwrap()).await.unwrap().unwrap();
    assert_eq!(given_up.ended.as_deref(), Some("abandoned: its issuer is another CA now"));
    assert_eq!(lineage(context).await.unwrap().renewal.failures, []);
}

/// The file stayed in the webroot for ever: nobody knew any more where the answers had been given.
#[tokio::test(flavor = "multi_thread")]
async fn answers_to_challenges_go_with_a_lineage_that_is_removed() {
    let stage = Stage::new().await;
    let root = stage.path("root");
    std::fs::create_dir(&root).unwrap();
    let _server = serve(&stage, &root).await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    let mut webroot = lineage(context).await.unwrap();
    let Mode::Managed(spec) = &mut webroot.mode else { panic!("it is managed") };
    spec.http01 = Http01::Webroot { root: root.display().to_string() };
    context.apply(None, &Actor::Engine, &[Change::PutLineage(webroot)]).await.unwrap();
    stage.ca.settings(|settings| {
        settings.processing_for = Span::hours(1);
        settings.poll_after = Some(Span::minutes(10));
    });
    settle(context, id, Span::ZERO).await.unwrap();
    let answers = || std::fs::read_dir(root.join(".well-known/acme-challenge")).map_or(0, Iterator::count);
    assert_eq!(answers(), 1, "{:?}", lineage(context).await);

    apply(&stage, context, &[], "mailto:a@shop.example").await;
    settle(context, id, Span::ZERO).await.unwrap();
    assert_eq!(answers(), 0);
    let [order] = orders(context, id).await.try_into().unwrap();
    assert!(order.closed_at.is_some());
    assert_eq!(context.store.due(renew::KIND, &renew::subject(id)).await.unwrap(), None);
}

/// A web server with nothing but this directory.
async fn serve(stage: &Stage, root: &Path) -> JoinHandle<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, stage.settings.http01_port));
    let (listener, root) = (TcpListener::bind(address).await.unwrap(), root.to_owned());
    tokio::spawn(async move {
        loop {
            let mut stream = BufReader::new(listener.accept().await.unwrap().0);
            let mut line = String::new();
            stream.read_line(&mut line).await.unwrap();
            let path = line.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
            let answer = match std::fs::read_to_string(root.join(path)) {
                Ok(text) => format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len()),
                Err(_) => "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(),
            };
            let answer = answer.replacen("\r\n", "\r\nconnection: close\r\n", 1);
            stream.write_all(answer.as_bytes()).await.ok();
        }
    })
}

/// It could never be given up, and stood in the way of the next one.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_cannot_be_read_is_given_up_for_another() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let id = stage.lineage(context, &["shop.example"]).await;
    stage.ca.settings(|settings| {
        settings.processing_for = Span::hours(1);
        settings.poll_after = Some(Span::minutes(10));
    });
    settle(context, id, Span::ZERO).await.unwrap();
    let [order] = orders(context, id).await.try_into().unwrap();
    let unreadable = Order { flow: json!({ "stage": "of another notafter" }), ..order.clone() };
    context.apply(None, &Actor::Engine, &[Change::PutOrder(unreadable)]).await.unwrap();
    stage.ca.settings(|settings| (settings.processing_for, settings.poll_after) = (Span::ZERO, None));
    apply(&stage, context, &["shop.example", "www.shop.example"], "mailto:a@shop.example").await;
    settle(context, id, PATIENCE).await.unwrap();
    let given_up = context.store.order(&context.scope, order.id).await.unwrap().unwrap();
    assert_eq!(given_up.ended.as_deref(), Some("abandoned: other identifiers are wanted"));
    assert_eq!(names(&current(context).await).len(), 2);
}

async fn force(context: &Context, id: LineageId) {
    let lineage = context.store.lineage(&context.scope, id).await.unwrap().unwrap();
    let mut after = lineage.progress();
    after.renewal.forced_at = Some(context.clock.now());
    let changes = [
        Change::Advance { lineage: id, before: lineage.progress(), after },
        Change::Schedule { task: renew::KIND, subject: renew::subject(id), due_at: context.clock.now() },
    ];
    context.apply(None, &Actor::Engine, &changes).await.unwrap();
}

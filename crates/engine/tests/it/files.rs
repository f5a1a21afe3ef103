//! The `files` deployer under a product that cannot be told, and pairs that are none.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use notafter_cert::{Fingerprint, Span};
use notafter_engine::context::Context;
use notafter_engine::driver::Driver;
use notafter_engine::open::Installation;
use notafter_engine::operate::{self, Fault};
use notafter_inventory::model::{
    Actor, Criticality, CriticalityBy, Deployment, Endpoint, Finding, Labels, LineageId, Place, ProofState,
    Severity, Step, Subject,
};
use notafter_lab::authority::{Authority, Identity, Validity, self_signed};
use notafter_lab::tls_server::{Behaviour, Files, TlsServer};
use notafter_net::Clock;
use notafter_store::{Change, TaskSubject};
use notafter_tls::Target;
use serde_json::{Value, json};

use crate::stage::Stage;

/// A server that reads its pair from files, and a lineage whose place they are.
struct Shop {
    server: TlsServer,
    authority: Authority,
    old: Identity,
    installation: Installation,
    lineage: LineageId,
    place: Place,
    stage: Stage,
}

impl Shop {
    async fn open(reload: Value) -> Self {
        let mut stage = Stage::at(Clock::staged(Clock::system().now())).await;
        let now = stage.clock.now();
        let validity = Validity { from: now - Span::days(50), to: now + Span::days(200) };
        let authority = Authority::new("Shop CA", validity).unwrap();
        let old = issue(&authority, validity);
        std::fs::write(stage.path("key.pem"), old.key_pem()).unwrap();
        std::fs::write(stage.path("chain.pem"), old.chain_pem()).unwrap();
        let roots = stage.ca.roots_pem() + &authority.root_pem();
        std::fs::write(stage.path("roots.pem"), roots).unwrap();
        let files = Files { chain: stage.path("chain.pem"), key: stage.path("key.pem") };
        let server = TlsServer::from_files("127.0.0.1:0".parse().unwrap(), files).await.unwrap();
        let port = server.address().port();
        stage.settings.resolve.push(format!("shop.example:{port}:127.0.0.1"));
        let installation = stage.open().await;
        let context = &installation.context;
        let lineage = stage.lineage(context, &["shop.example"]).await;
        let owner = context.store.owner_named(&context.scope, "default").await.unwrap().unwrap();
        let place = Place {
            id: context.new_id(),
            owner_id: owner.id,
            lineage_id: lineage,
            name: "web".to_owned(),
            deployer: "files".to_owned(),
            settings: json!({
                "key": stage.path("key.pem"), "full_chain": stage.path("chain.pem"), "reload": reload,
            }),
            endpoints: vec![Target::tls("shop.example".parse().unwrap(), port)],
        };
        context.apply(None, &Actor::Engine, &[Change::PutPlace(place.clone())]).await.unwrap();
        Self { server, authority, old, installation, lineage, place, stage }
    }

    fn context(&self) -> &Arc<Context> {
        &self.installation.context
    }

    fn new_pair(&self) -> Identity {
        let now = self.stage.clock.now();
        issue(&self.authority, Validity { from: now - Span::days(1), to: now + Span::days(90) })
    }

    async fn import(&self, chain: &str, key: &str) -> Result<Value, Fault> {
        let actor = Actor::Person("tester".to_owned());
        let args = json!({ "lineage": "shop", "chain": chain, "key": key, "path": "new.pem" });
        operate::call(self.context(), &actor, "lifecycle.import", args).await
    }

    async fn said(&self, operation: &str) -> String {
        let actor = Actor::Person("tester".to_owned());
        let args = json!({ "lineage": "shop" });
        operate::call(self.context(), &actor, operation, args).await.unwrap().to_string()
    }

    async fn deployment(&self) -> Deployment {
        let context = self.context();
        context.store.deployments_to(&context.scope, self.place.id, 1).await.unwrap().remove(0)
    }

    async fn findings(&self) -> Vec<String> {
        let (context, subject) = (self.context(), Subject::Place(self.place.id));
        let open = context.store.findings_open_of(&context.scope, &subject).await.unwrap();
        open.into_iter().map(|finding| finding.violation.code).collect()
    }

    async fn run_for(&self, span: Span) {
        let end = self.stage.clock.now() + span;
        Driver::new(Arc::clone(self.context())).run_until(end).await.unwrap();
    }

    async fn serves(&self) -> Fingerprint {
        let context = self.context();
        let look = context.eye.look(&self.place.endpoints[0], self.server.address()).await;
        match look.outcome {
            notafter_tls::observation::Outcome::Served(served) if served.is_proof() => served.leaf().unwrap(),
            other => panic!("not served: {other:?}"),
        }
    }
}

fn issue(authority: &Authority, validity: Validity) -> Identity {
    authority.issue(&["shop.example".parse().unwrap()], validity).unwrap()
}

fn leaf(identity: &Identity) -> Fingerprint {
    Fingerprint::of(&identity.chain[0])
}

fn without_hashes(text: &str) -> String {
    let is_hash =
        |word: &str| word.len() >= 64 && word.chars().take(64).all(|letter| letter.is_ascii_hexdigit());
    let words: Vec<&str> = text.split(' ').map(|word| if is_hash(word) { "HASH" } else { word }).collect();
    words.join(" ")
}

/// A program that makes the server read its files.
fn working(server: &TlsServer, path: &Path) -> Value {
    let ask = format!("exec 3<>/dev/tcp/127.0.0.1/{}\nread -r -N 1 -u 3 answer\n", server.control().port());
    std::fs::write(path, ask).unwrap();
    json!({ "command": ["/bin/bash", path] })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_that_fails_hangs_or_does_nothing_is_told_and_tried_until_the_wire_shows_it() {
    let mut told = String::new();
    for (name, command) in [
        ("fails", json!({ "command": ["/bin/sh", "-c", "echo no such unit >&2; exit 3"] })),
        ("hangs", json!({ "command": ["/bin/sleep", "600"], "timeout": "200ms" })),
        ("is not there", json!({ "command": ["/nonexistent/reload"] })),
        ("does nothing", json!({ "command": ["/bin/true"] })),
    ] {
        let mut shop = Shop::open(command).await;
        let new = shop.new_pair();
        shop.import(&new.chain_pem(), &new.key_pem()).await.unwrap();
        shop.run_for(Span::minutes(30)).await;
        let case = shop.deployment().await;
        assert_eq!(case.step, Step::Activated, "{name}: {:#?}", case.log);
        assert_eq!(case.proofs[0].state, ProofState::Stale, "{name}");
        assert_eq!(shop.serves().await, leaf(&shop.old), "{name}: the old pair is served");
        assert!(case.next_at.is_some(), "{name}: nobody will look again");
        writeln!(told, "reload {name}: {:?}", shop.findings().await).unwrap();
        for record in &case.log {
            let outcome = if record.ok { "ok" } else { "failed" };
            writeln!(told, "  {:?} {outcome}: {}", record.step, record.what).unwrap();
        }
        assert!(!shop.findings().await.is_empty(), "{name}: nobody is told");

        // Somebody mends the command: the next try goes through, and what was told is over.
        shop.place.settings["reload"] = working(&shop.server, &shop.stage.path("reload"));
        let mended = [Change::PutPlace(shop.place.clone())];
        shop.context().apply(None, &Actor::Engine, &mended).await.unwrap();
        shop.run_for(Span::hours(3)).await;
        assert_eq!(shop.deployment().await.step, Step::Proven, "{name}: {:#?}", shop.deployment().await.log);
        assert_eq!(shop.serves().await, leaf(&new), "{name}");
        assert_eq!(shop.findings().await, Vec::<String>::new(), "{name}");
    }
    insta::assert_snapshot!(told);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_pair_is_refused_with_its_reason_and_changes_nothing() {
    let shop = Shop::open(json!({ "command": ["/bin/true"] })).await;
    let (pair, other) = (shop.new_pair(), shop.new_pair());
    let (chain, key) = (pair.chain_pem(), pair.key_pem());
    let garbage = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n";
    let cut = &key[..key.len() / 2];
    let mut told = String::new();
    for (name, chain, key) in [
        ("no PEM", "hello", key.as_str()),
        ("a certificate that is none", garbage, &key),
        ("the key of another", &chain, &other.key_pem()),
        ("half a key", &chain, cut),
        ("a certificate for a key", &chain, &chain),
        ("nothing", "", ""),
    ] {
        let fault = shop.import(chain, key).await.unwrap_err();
        let why = fault.why.as_deref().unwrap_or("-");
        let what = without_hashes(&fault.what);
        writeln!(told, "{name}\n  {}: {what}\n  why: {why}\n  hint: {}", fault.code, fault.hint).unwrap();
    }
    let context = shop.context();
    let versions = context.store.versions_of(&context.scope, shop.lineage).await.unwrap();
    assert!(versions.is_empty(), "{versions:?}");
    assert_eq!(shop.serves().await, leaf(&shop.old));
    insta::assert_snapshot!(told);
}

/// A certificate for other names, or one that was over, was accepted and put on the wire.
#[tokio::test(flavor = "multi_thread")]
async fn what_would_take_the_service_down_is_not_imported() {
    let shop = Shop::open(json!({ "command": ["/bin/true"] })).await;
    let (now, day) = (shop.stage.clock.now(), Span::days(1));
    let of = |name: &str, from: Span, to: Span| {
        let validity = Validity { from: now + from, to: now + to };
        shop.authority.issue(&[name.parse().unwrap()], validity).unwrap()
    };
    let good = shop.new_pair();
    let mut forged = shop.new_pair();
    *forged.chain[0].last_mut().unwrap() ^= 1;
    for (pair, code) in [
        (of("localhost", -day, Span::days(90)), "import.other-names"),
        (of("shop.example", -Span::days(2), -day), "import.unusable-chain"),
        (of("shop.example", day, Span::days(90)), "import.unusable-chain"),
        (forged, "import.unusable-chain"),
    ] {
        let fault = shop.import(&pair.chain_pem(), &pair.key_pem()).await.unwrap_err();
        assert_eq!(fault.code, code, "{fault:?}");
        assert!(fault.why.unwrap().ends_with("; nothing was changed"));
    }
    let context = shop.context();
    assert!(context.store.versions_of(&context.scope, shop.lineage).await.unwrap().is_empty());
    assert_eq!(shop.serves().await, leaf(&shop.old));

    shop.import(&good.chain_pem(), &good.key_pem()).await.unwrap();
    let short = of("shop.example", -day, day);
    let (chain, key) = (short.chain_pem(), short.key_pem());
    let fault = shop.import(&chain, &key).await.unwrap_err();
    assert_eq!(fault.code, "import.ends-sooner", "{fault:?}");
    let args = json!({ "lineage": "shop", "chain": chain, "key": key, "path": "new.pem", "force": true });
    let actor = Actor::Person("tester".to_owned());
    operate::call(shop.context(), &actor, "lifecycle.import", args).await.unwrap();
    let versions = context.store.versions_of(&context.scope, shop.lineage).await.unwrap();
    assert_eq!(versions.len(), 2, "insisted");
}

/// A pair that signed itself was put on the wire, also where the endpoint says whom its clients trust.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_clients_of_an_endpoint_do_not_trust_is_not_imported() {
    let shop = Shop::open(json!({ "command": ["/bin/true"] })).await;
    let (context, now) = (shop.context(), shop.stage.clock.now());
    let validity = Validity { from: now - Span::days(1), to: now + Span::days(90) };
    let own = self_signed(&["shop.example".parse().unwrap()], validity).unwrap();
    let stranger = issue(&Authority::new("Stranger", validity).unwrap(), validity);
    let (root, house) = (shop.authority.root_pem(), shop.stage.path("house.pem"));
    let endpoint = Endpoint {
        id: context.new_id(),
        owner_id: shop.place.owner_id,
        target: shop.place.endpoints[0].clone(),
        labels: Labels::new(),
        criticality: Criticality::default(),
        criticality_by: CriticalityBy::default(),
        trust: None,
        written_by_admin: true,
    };
    let named = Some(house.display().to_string());
    let mut told = String::new();
    for (trust, anchors, pair) in [
        (None, root.as_str(), &own),
        (named.clone(), root.as_str(), &own),
        (named.clone(), root.as_str(), &stranger),
        (named.clone(), "no anchors\n", &own),
    ] {
        std::fs::write(&house, anchors).unwrap();
        let put = [Change::PutEndpoint(Endpoint { trust, ..endpoint.clone() })];
        context.apply(None, &Actor::Engine, &put).await.unwrap();
        let fault = shop.import(&pair.chain_pem(), &pair.key_pem()).await.unwrap_err();
        writeln!(told, "{} {}: {}", fault.code, fault.what, fault.why.unwrap()).unwrap();
    }
    let port = shop.server.address().port().to_string();
    insta::assert_snapshot!(told.replace(&house.display().to_string(), "HOUSE").replace(&port, "PORT"));
    assert_eq!(shop.serves().await, leaf(&shop.old));
    // A house that trusts this very certificate.
    std::fs::write(&house, own.chain_pem()).unwrap();
    shop.import(&own.chain_pem(), &own.key_pem()).await.unwrap();
}

/// A chain of a CA that nobody here knows was put in the place of a trusted one, judged worse by the very same anchors, and
/// put back: the service was broken meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_leads_nowhere_took_the_place_of_one_that_leads_to_an_anchor() {
    let shop = Shop::open(json!({ "command": ["/bin/true"] })).await;
    let now = shop.stage.clock.now();
    let validity = Validity { from: now - Span::days(1), to: now + Span::days(120) };
    let good = shop.new_pair();
    shop.import(&good.chain_pem(), &good.key_pem()).await.unwrap();
    let stranger = issue(&Authority::new("Stranger", validity).unwrap(), validity);
    let fault = shop.import(&stranger.chain_pem(), &stranger.key_pem()).await.unwrap_err();
    assert_eq!(fault.code, "import.untrusted", "{fault:?}");
    let port = shop.server.address().port().to_string();
    insta::assert_snapshot!(format!("{}\nwhy: {}", fault.what, fault.why.unwrap()).replace(&port, "PORT"), @r"
    the chain in new.pem is not trusted at shop.example:PORT
    why: it leads to none of the anchors of this installation, and the chain of the present version leads to one; nothing was changed
    ");
}

/// A private CA was never known here: one of its certificates follows another.
#[tokio::test(flavor = "multi_thread")]
async fn a_chain_of_a_private_ca_follows_one_of_it() {
    let shop = Shop::open(json!({ "command": ["/bin/true"] })).await;
    let now = shop.stage.clock.now();
    let house = Validity { from: now - Span::days(1), to: now + Span::days(200) };
    let private = Authority::new("House", house).unwrap();
    for days in [90, 91] {
        let pair = issue(&private, Validity { from: house.from, to: now + Span::days(days) });
        shop.import(&pair.chain_pem(), &pair.key_pem()).await.unwrap();
    }
}

/// A chain that was insisted on although it is not trusted was judged "worse" for just that, and the old pair put back.
#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_was_insisted_on_is_not_put_back_for_being_untrusted() {
    let mut shop = Shop::open(Value::Null).await;
    let new = shop.new_pair();
    shop.place.settings["reload"] = working(&shop.server, &shop.stage.path("reload.sh"));
    let changed = [Change::PutPlace(shop.place.clone())];
    shop.context().apply(None, &Actor::Engine, &changed).await.unwrap();
    shop.import(&new.chain_pem(), &new.key_pem()).await.unwrap();
    let now = shop.stage.clock.now();
    let validity = Validity { from: now - Span::days(1), to: now + Span::days(90) };
    let own = self_signed(&["shop.example".parse().unwrap()], validity).unwrap();
    let actor = Actor::Person("tester".to_owned());
    let args = json!({ "lineage": "shop", "chain": own.chain_pem(), "key": own.key_pem(), "path": "own.pem", "force": true });
    let outcome = operate::call(shop.context(), &actor, "lifecycle.import", args).await.unwrap();
    assert_eq!(outcome["ending"], json!("done"), "{outcome}");
    shop.run_for(Span::minutes(30)).await;
    let deployment = shop.deployment().await;
    let proof = &deployment.proofs[0];
    assert!(proof.before_trusted, "{proof:?}");
    assert_eq!((deployment.step, proof.state), (Step::Proven, ProofState::Proven), "{proof:?}");
    assert!(proof.detail.contains("no trusted root, as it was insisted on"), "{proof:?}");
    assert_eq!(shop.serves().await, leaf(&own));
    assert!(shop.findings().await.is_empty());
}

/// What was shown was "stale", and the reason stood in the finding's hint alone.
#[tokio::test(flavor = "multi_thread")]
async fn why_the_reload_failed_is_told_wherever_one_looks() {
    let reload = json!({ "command": ["/bin/sh", "-c", "echo no such unit >&2; exit 3"] });
    let shop = Shop::open(reload).await;
    let new = shop.new_pair();
    let outcome = shop.import(&new.chain_pem(), &new.key_pem()).await.unwrap();
    shop.run_for(Span::minutes(30)).await;
    let last = &outcome["deployments"][0]["last"];
    assert!(last.as_str().unwrap().contains("exit status: 3: no such unit"), "{outcome}");
    for operation in ["status.lineage", "lineage.explain", "lifecycle.deploy"] {
        let told = shop.said(operation).await;
        assert!(told.contains("exit status: 3: no such unit"), "{operation}: {told}");
    }
}

/// The reload ended well and changed nothing: "stale" stood there without a word of what to look at.
#[tokio::test(flavor = "multi_thread")]
async fn a_reload_without_effect_asks_whether_it_is_the_right_one() {
    let shop = Shop::open(json!({ "command": ["/bin/true"] })).await;
    let new = shop.new_pair();
    let outcome = shop.import(&new.chain_pem(), &new.key_pem()).await.unwrap();
    let hint = outcome["deployments"][0]["hint"].as_str().unwrap();
    assert!(hint.contains("is it the right one for the process that listens"), "{outcome}");
}

/// "Cannot be judged" was said of a server that ends every connection, and what its endpoint is known to serve stayed as it
/// was until its next look.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_resets_is_critical_and_its_endpoint_is_looked_at_at_once() {
    let shop = Shop::open(json!({ "command": ["/bin/true"] })).await;
    let (context, now) = (shop.context(), shop.stage.clock.now());
    let endpoint = Endpoint {
        id: context.new_id(),
        owner_id: shop.place.owner_id,
        target: shop.place.endpoints[0].clone(),
        labels: Labels::new(),
        criticality: Criticality::default(),
        criticality_by: CriticalityBy::default(),
        trust: None,
        written_by_admin: true,
    };
    let subject = TaskSubject::of(endpoint.id);
    let its_turn = Change::Schedule { task: "scan", subject, due_at: now + Span::days(1) };
    let known = Subject::Endpoint(endpoint.id);
    context.apply(None, &Actor::Engine, &[Change::PutEndpoint(endpoint), its_turn]).await.unwrap();
    shop.server.behave(Behaviour::Reset);
    let new = shop.new_pair();
    shop.import(&new.chain_pem(), &new.key_pem()).await.unwrap();
    shop.run_for(Span::minutes(30)).await;
    let mut told = Vec::new();
    for subject in [Subject::Place(shop.place.id), known] {
        let open = context.store.findings_open_of(&context.scope, &subject).await.unwrap();
        told.extend(open.into_iter().map(|Finding { violation, .. }| (violation.code, violation.severity)));
    }
    let critical = |code: &str| (code.to_owned(), Severity::Critical);
    assert_eq!(told, [critical("deployment.unreachable"), critical("endpoint.reset")]);
}

/// It was said to be looked at again, for ever, and no hint named what was missing.
#[tokio::test(flavor = "multi_thread")]
async fn what_no_endpoint_can_prove_or_nothing_reloads_says_what_to_add() {
    let mut shop = Shop::open(Value::Null).await;
    let new = shop.new_pair();
    let outcome = shop.import(&new.chain_pem(), &new.key_pem()).await.unwrap();
    let hint = outcome["deployments"][0]["hint"].as_str().unwrap().to_owned();
    assert!(hint.contains("set `reload`"), "{outcome}");

    shop.place.endpoints.clear();
    let changed = [Change::PutPlace(shop.place.clone())];
    shop.context().apply(None, &Actor::Engine, &changed).await.unwrap();
    let actor = Actor::Person("tester".to_owned());
    let args = json!({ "lineage": "shop" });
    let outcome = operate::call(shop.context(), &actor, "lifecycle.deploy", args).await.unwrap();
    let place = &outcome["deployments"][0];
    assert_eq!(place["provable"], json!(false), "{outcome}");
    assert!(place["hint"].as_str().unwrap().contains("--endpoint"), "{outcome}");
}

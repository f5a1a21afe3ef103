//! Watch-only lineages, looked after on a staged machine.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use notafter_cert::Span;
use notafter_engine::operate;
use notafter_engine::operate::adopt::{OnRecord, WatchArgs, Watching};
use notafter_engine::operate::status::Status;
use notafter_engine::tasks::watch;
use notafter_inventory::adopt::{Case, cases};
use notafter_inventory::model::{
    Actor, Criticality, CriticalityBy, Endpoint, Labels, Lineage, Subject, VersionState,
};
use notafter_lab::authority::{Validity, self_signed};
use notafter_lab::tls_server::{Files, TlsServer};
use notafter_net::Clock;
use notafter_providers::discover::{self, Machine};
use notafter_store::Change;
use rcgen::{CertificateParams, KeyPair};
use serde_json::json;

use crate::stage::Stage;

const CONF: &str = "version = 2.1.0\narchive_dir = /etc/letsencrypt/archive/shop.example\nprivkey = \
    /etc/letsencrypt/live/shop.example/privkey.pem\nfullchain = \
    /etc/letsencrypt/live/shop.example/fullchain.pem\n[renewalparams]\nauthenticator = standalone\n";
const LIVE: &str = "etc/letsencrypt/live/shop.example/fullchain.pem";
const KEY: &str = "etc/letsencrypt/live/shop.example/privkey.pem";

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// certbot's certificate of 90 days, made `age` days ago.
fn renew(root: &Path, clock: &Clock, age: i64) {
    let from = clock.now() - Span::days(age);
    let mut params = CertificateParams::new(vec!["shop.example".to_owned()]).unwrap();
    params.not_before = from.calendar().unwrap();
    params.not_after = (from + Span::days(90)).calendar().unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    write(root, LIVE, &certificate.pem());
    write(root, KEY, &key.serialize_pem());
}

fn machine(root: &Path) -> Machine {
    Machine::new(root, vec![])
}

/// Codes of the lineage's open findings after a look at the machine.
async fn open(stage: &notafter_engine::context::Context, root: &Path, lineage: &Lineage) -> Vec<String> {
    watch::look_after(stage, None, machine(root)).await.unwrap();
    let subject = Subject::Lineage(lineage.id);
    let open = stage.store.findings_open_of(&stage.scope, &subject).await.unwrap();
    open.into_iter().map(|finding| finding.violation.code).collect()
}

#[tokio::test]
async fn findings_about_an_automation_open_and_close_by_themselves() {
    let stage = Stage::new().await;
    let installation = stage.open().await;
    let context = &installation.context;
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    write(root, "etc/letsencrypt/renewal/shop.example.conf", CONF);
    write(
        root,
        "lib/systemd/system/certbot.timer",
        "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n",
    );
    write(root, "lib/systemd/system/certbot.service", "[Service]\nExecStart=/usr/bin/certbot -q renew\n");
    write(root, "run/systemd/system/x", "");
    renew(root, &stage.clock, 10);

    let found = cases(&discover::survey(machine(root)).await);
    let found = found.iter().map(|case: &Case| operate::adopt::Found {
        name: case.name.clone(),
        automation: case.automation(),
        endpoints: vec![],
    });
    let args = serde_json::to_value(WatchArgs { found: found.collect() }).unwrap();
    operate::call(context, &Actor::Engine, "adopt.watch", args).await.unwrap();
    let named =
        || async { context.store.lineage_named(&context.scope, "shop.example").await.unwrap().unwrap() };
    let lineage = named().await;

    assert_eq!(open(context, root, &lineage).await, ["automation.dead"]);
    let first = named().await.current.unwrap();
    fs::rename(root.join("lib/systemd/system"), root.join("lib/systemd/aside")).unwrap();
    fs::create_dir_all(root.join("etc/crontab")).unwrap();
    let blind = open(context, root, &lineage).await;
    assert_eq!(blind, ["automation.dead", "automation.unknown"], "what cannot be seen is not closed");
    fs::rename(root.join("lib/systemd/aside"), root.join("lib/systemd/system")).unwrap();
    fs::remove_dir(root.join("etc/crontab")).unwrap();
    let wants = root.join("etc/systemd/system/timers.target.wants");
    fs::create_dir_all(&wants).unwrap();
    symlink("/lib/systemd/system/certbot.timer", wants.join("certbot.timer")).unwrap();
    assert_eq!(open(context, root, &lineage).await, [""; 0]);
    assert_eq!(named().await.current, Some(first), "the same certificate is the same version");

    write(root, KEY, &KeyPair::generate().unwrap().serialize_pem());
    assert_eq!(open(context, root, &lineage).await, ["automation.key-mismatch"]);
    write(root, KEY, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n");
    let locked = open(context, root, &lineage).await;
    assert_eq!(locked, ["automation.key-mismatch"], "what cannot be seen is not closed");

    renew(root, &stage.clock, 70);
    assert_eq!(open(context, root, &lineage).await, ["automation.late"]);
    let superseded = context.store.version(&context.scope, first).await.unwrap().unwrap();
    assert_eq!(superseded.state, VersionState::Superseded);

    fs::remove_file(root.join(LIVE)).unwrap();
    let blind = open(context, root, &lineage).await;
    assert_eq!(blind, ["automation.late", "automation.unreadable"], "what cannot be seen is not closed");
    renew(root, &stage.clock, 1);
    assert_eq!(open(context, root, &lineage).await, [""; 0]);
}

/// What `--watch` passed over was not told, and `status` called endpoints well that nobody had looked at.
#[tokio::test]
async fn what_cannot_be_watched_is_named_and_what_was_never_looked_at_is_unknown() {
    let stage = Stage::new().await;
    let context = &stage.open().await.context;
    let root = tempfile::tempdir().unwrap();
    renew(root.path(), &stage.clock, 10);
    fs::create_dir_all(root.path().join("srv/certs")).unwrap();
    fs::rename(root.path().join(LIVE), root.path().join("srv/certs/shop.pem")).unwrap();
    let case = cases(&discover::survey(machine(root.path())).await).remove(0);
    let found = |endpoints: &[&str]| operate::adopt::Found {
        name: case.name.clone(),
        automation: case.automation(),
        endpoints: endpoints.iter().map(|it| it.parse().unwrap()).collect(),
    };
    let args = WatchArgs { found: vec![found(&[]), found(&["shop.example:443", "shop.example:8443"])] };
    let args = serde_json::to_value(args).unwrap();
    let told = operate::call(context, &Actor::Engine, "adopt.watch", args).await.unwrap();
    let told: Watching = serde_json::from_value(told).unwrap();
    assert_eq!((told.endpoints.len(), told.lineages.len(), told.left_out.len()), (2, 0, 1), "{told:?}");
    assert_eq!(told.left_out[0].chain_file, "/srv/certs/shop.pem");
    let status = operate::call(context, &Actor::Engine, "status.all", json!({})).await.unwrap();
    let status: Status = serde_json::from_value(status).unwrap();
    assert_eq!(
        (status.endpoints.known, status.endpoints.not_looked_at, status.endpoints.amiss.unknown),
        (2, 2, 2)
    );
}

/// A file that no configuration names was said to be gone: it was not read.
#[tokio::test]
async fn a_watched_file_is_read_wherever_it_lies_and_by_whatever_name() {
    let stage = Stage::new().await;
    let context = &stage.open().await.context;
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    renew(root, &stage.clock, 10);
    fs::create_dir_all(root.join("opt/own")).unwrap();
    fs::rename(root.join(LIVE), root.join("opt/own/chain.pem")).unwrap();
    write(root, "etc/crontab", "0 3 * * * root /opt/own/renew\n");
    let watch = async |path: &str| {
        let text = format!(
            "[[lineage]]\nname = \"own\"\nwatch = {{ renewer = \"unknown\", chain_file = \"{path}\" }}\n"
        );
        let args = json!({ "file": { "text": text, "prune": "everything" }, "secrets": {} });
        operate::call(context, &Actor::Engine, "inventory.apply", args).await.unwrap();
        let lineage = context.store.lineage_named(&context.scope, "own").await.unwrap().unwrap();
        let codes = open(context, root, &lineage).await;
        let lineage = context.store.lineage_named(&context.scope, "own").await.unwrap().unwrap();
        (codes.contains(&"automation.unreadable".to_owned()), lineage.current.is_some())
    };
    assert_eq!(watch("/opt/own/chain.pem").await, (false, true));
    // The same file by another name, where it is found under its own.
    fs::create_dir_all(root.join("srv/certs")).unwrap();
    fs::rename(root.join("opt/own/chain.pem"), root.join("srv/certs/chain.pem")).unwrap();
    symlink("/srv/certs/chain.pem", root.join("opt/own/link.pem")).unwrap();
    assert_eq!(watch("/opt/own/link.pem").await, (false, true));
    fs::remove_file(root.join("srv/certs/chain.pem")).unwrap();
    assert_eq!(watch("/opt/own/link.pem").await, (true, true), "it is gone, and that is said");
}

/// Applying the same file again wanted to move the lineage: at the first time the names of its certificate were not known.
#[tokio::test]
async fn a_watched_lineage_is_its_owners_as_soon_as_its_names_are_known() {
    let stage = Stage::new().await;
    let context = &stage.open().await.context;
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    renew(root, &stage.clock, 10);
    write(root, "etc/crontab", "0 3 * * * root certbot renew\n");
    let owner = async || {
        let lineage = context.store.lineage_named(&context.scope, "blog").await.unwrap().unwrap();
        let owner = context.store.owner(&context.scope, lineage.owner_id).await.unwrap().unwrap();
        (lineage, owner.name)
    };
    for (said, expected) in [("", "storefront"), ("owner = \"default\"\n", "default")] {
        let text = format!(
            "[[owner]]\nname = \"storefront\"\nowns = [\"shop.example\"]\n\n[[lineage]]\nname = \"blog\"\n{said}\
             watch = {{ renewer = \"certbot\", chain_file = \"/{LIVE}\" }}\n"
        );
        let args = json!({ "file": { "text": text, "prune": "everything" }, "secrets": {} });
        operate::call(context, &Actor::Engine, "inventory.apply", args.clone()).await.unwrap();
        let (lineage, _) = owner().await;
        open(context, root, &lineage).await;
        let (lineage, name) = owner().await;
        assert_eq!((name.as_str(), lineage.current.is_some()), (expected, true));
        let again = operate::call(context, &Actor::Engine, "inventory.apply", args).await.unwrap();
        assert_eq!(again["differences"], json!([]), "{again:#}");
        let subject = Subject::Lineage(lineage.id);
        let findings = context.store.findings_open_of(&context.scope, &subject).await.unwrap();
        assert!(findings.iter().all(|finding| finding.owner_id == lineage.owner_id), "{findings:?}");
    }
}

/// A certificate of lego's, made `age` days ago, and written long enough ago for any reload.
fn lego_renews(root: &Path, clock: &Clock, age: i64) -> Files {
    let from = clock.now() - Span::days(age);
    let validity = Validity { from, to: from + Span::days(90) };
    let made = self_signed(&["shop.example".parse().unwrap()], validity).unwrap();
    let path = |ending: &str| format!("opt/lego/certificates/shop.example.{ending}");
    write(root, &path("json"), "{}");
    write(root, &path("crt"), &made.chain_pem());
    write(root, &path("key"), &made.key_pem());
    let chain = fs::File::options().append(true).open(root.join(path("crt"))).unwrap();
    chain.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(3_600)).unwrap();
    Files { chain: root.join(path("crt")), key: root.join(path("key")) }
}

/// proc_pid_net(5), proc_pid_fd(5): a program of which nobody reads the configuration.
fn listens(root: &Path, port: u16) {
    let line = format!(
        "   0: 0100007F:{port:04X} 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 77 1\n"
    );
    write(root, "proc/net/tcp", &format!("  sl  local_address\n{line}"));
    write(root, "proc/7/comm", "haproxy\n");
    fs::create_dir(root.join("proc/7/fd")).unwrap();
    symlink("socket:[77]", root.join("proc/7/fd/3")).unwrap();
}

/// lego overwrites its file: what a program at another port still served was nobody's, and no finding told of it.
#[tokio::test(flavor = "multi_thread")]
async fn what_lego_renewed_and_a_program_never_took_up_is_found_by_what_was_seen_before() {
    let mut stage = Stage::new().await;
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    stage.settings.machine_root = root.to_owned();
    let installation = stage.open().await;
    let context = &installation.context;
    let files = lego_renews(root, &stage.clock, 30);
    let server = TlsServer::from_files("127.0.0.1:0".parse().unwrap(), files).await.unwrap();
    listens(root, server.address().port());
    let case = cases(&discover::survey(machine(root)).await).remove(0);
    let found =
        operate::adopt::Found { name: case.name.clone(), automation: case.automation(), endpoints: vec![] };
    let args = serde_json::to_value(WatchArgs { found: vec![found] }).unwrap();
    operate::call(context, &Actor::Engine, "adopt.watch", args).await.unwrap();
    let named = context.store.lineage_named(&context.scope, "shop.example").await.unwrap();
    let lineage = named.unwrap();
    let is_open =
        async || open(context, root, &lineage).await.contains(&"automation.not-reloaded".to_owned());

    assert!(!is_open().await, "the newest is served");
    lego_renews(root, &stage.clock, 1);
    assert!(is_open().await, "what was the newest at the look before is served");
    assert!(is_open().await, "and it is an earlier version by now");
    let on_record = operate::call(context, &Actor::Engine, "adopt.on-record", json!({})).await.unwrap();
    let on_record: OnRecord = serde_json::from_value(on_record).unwrap();
    let [theirs] = on_record.theirs.as_slice() else { panic!("{on_record:?}") };
    assert_eq!((theirs.had.len(), theirs.home.as_deref()), (2, Some("/opt/lego")));

    // Whoever looks at that very address hears of it, too: it was called OK there.
    let endpoint = Endpoint {
        id: context.new_id(),
        owner_id: lineage.owner_id,
        target: server.address().to_string().parse().unwrap(),
        labels: Labels::new(),
        criticality: Criticality::Normal,
        criticality_by: CriticalityBy::default(),
        trust: None,
        written_by_admin: true,
    };
    context.apply(None, &Actor::Engine, &[Change::PutEndpoint(endpoint.clone())]).await.unwrap();
    let look = async || {
        let args = json!({ "endpoints": [endpoint.id] });
        let looked = operate::call(context, &Actor::Engine, "endpoint.look", args).await.unwrap();
        looked["endpoints"][0]["needs"].to_string().contains("automation.not-reloaded")
    };
    assert!(look().await);
    server.reload().unwrap();
    assert!(!is_open().await, "it was reloaded");
    assert!(!look().await);
}

//! `adopt --undo` beside deployments, over files that cannot be read, and broken off half way.

use std::fs;
use std::path::PathBuf;

use notafter_cert::{Certificate, Span, pem};
use notafter_engine::context::Context;
use notafter_engine::open::Installation;
use notafter_engine::operate::{self, Fault};
use notafter_engine::settle::settle;
use notafter_engine::tasks::deploy;
use notafter_engine::tasks::watch::{self, Looked};
use notafter_inventory::model::{Actor, Lineage, LineageId, Mode, Place, Subject, Version};
use notafter_keys::PrivateKey;
use notafter_providers::discover::Machine;
use notafter_providers::hand_over::{Content, Edit};
use notafter_store::Change;
use serde_json::{Value, json};

use crate::stage::Stage;

const PATIENCE: Span = Span::minutes(2);

/// A lineage that was taken over from lego, and renewed and installed by us.
struct Adopted {
    stage: Stage,
    installation: Installation,
    id: LineageId,
    place: Place,
}

impl Adopted {
    async fn open(edits: impl Fn(&Stage) -> Vec<Edit>) -> Self {
        let stage = Stage::new().await;
        let installation = stage.open().await;
        let context = &installation.context;
        let id = stage.lineage(context, &["shop.example"]).await;
        let owner = context.store.owner_named(&context.scope, "default").await.unwrap().unwrap();
        let (key, full_chain) = (stage.path("shop.key"), stage.path("shop.crt"));
        let place = Place {
            id: context.new_id(),
            owner_id: owner.id,
            lineage_id: id,
            name: "adopted".to_owned(),
            deployer: "files".to_owned(),
            settings: json!({ "key": key, "full_chain": full_chain }),
            endpoints: Vec::new(),
        };
        let record = json!({
            "automation": {
                "renewer": "lego", "identifiers": ["shop.example"], "chain_file": full_chain, "key_file": key,
                "config_file": null, "trigger": null, "habit_permille": null,
            },
            "edits": edits(&stage),
            "links": [],
        });
        let name = format!("take-over/{id}");
        let sealed = context.keyring.read().await.seal_secret(&name, record.to_string().as_bytes()).unwrap();
        let taken_over =
            Change::PutSecret { name, kek_id: sealed.kek_id(), sealed: sealed.as_bytes().to_vec() };
        let changes = [Change::PutPlace(place.clone()), taken_over];
        context.apply(None, &Actor::Engine, &changes).await.unwrap();
        settle(context, id, PATIENCE).await.unwrap();
        let this = Self { stage, installation, id, place };
        assert!(this.live().is_symlink(), "ours is installed");
        this
    }

    fn context(&self) -> &Context {
        &self.installation.context
    }

    /// What the server reads.
    fn live(&self) -> PathBuf {
        self.stage.path("shop.crt")
    }

    async fn undo(&self) -> Result<Value, Fault> {
        let ada = Actor::Person("ada".to_owned());
        operate::call(self.context(), &ada, "adopt.undo", json!({ "lineage": "shop" })).await
    }

    async fn lineage(&self) -> Lineage {
        self.context().store.lineage(&self.context().scope, self.id).await.unwrap().unwrap()
    }

    async fn is_watched(&self) -> bool {
        matches!(self.lineage().await.mode, Mode::WatchOnly(_))
    }

    async fn current(&self) -> Version {
        let current = self.lineage().await.current.unwrap();
        self.context().store.version(&self.context().scope, current).await.unwrap().unwrap()
    }

    /// The server's own pair, in files that are nobody's links.
    fn is_left_with(&self, version: &Version) {
        let (key, chain) = (self.stage.path("shop.key"), self.live());
        assert!(!key.is_symlink() && !chain.is_symlink());
        assert_eq!(fs::read_to_string(&chain).unwrap(), version.chain_pem);
        let leaf = Certificate::parse(&pem::chain_from(version.chain_pem.as_bytes()).unwrap()[0]).unwrap();
        PrivateKey::from_pem(&fs::read(&key).unwrap()).unwrap().matches(&leaf).unwrap();
        assert!(!self.stage.path(&format!(".notafter-{}", self.place.id)).exists());
    }
}

fn file(text: &str) -> Content {
    Content::File {
        bytes: notafter_cert::base64::encode(text.as_bytes()),
        mode: 0o644,
        uid: rustix::process::geteuid().as_raw(),
        gid: rustix::process::getegid().as_raw(),
    }
}

/// lego's line in a cron table, as a take-over leaves it.
fn switched_off(stage: &Stage) -> Edit {
    Edit {
        path: stage.path("crontab"),
        before: file("lego renew\n"),
        after: file("# lego renew\n"),
        aside: None,
    }
}

/// What the deployment installed after the decision was neither handed over nor taken away.
#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_under_way_ends_before_it_is_settled_what_is_given_back() {
    let adopted = Adopted::open(|_| Vec::new()).await;
    let (context, subject) = (adopted.context(), deploy::subject(adopted.place.id));
    let due = Change::Schedule { task: deploy::KIND, subject: subject.clone(), due_at: context.clock.now() };
    context.apply(None, &Actor::Engine, &[due]).await.unwrap();
    let now = context.clock.now();
    let lease = context.store.claim_one(deploy::KIND, &subject, now, "another loop", PATIENCE).await;
    let lease = lease.unwrap().unwrap();
    let lineage = adopted.lineage().await;
    let mut after = lineage.progress();
    after.renewal.forced_at = Some(context.clock.now());
    let forced = [
        Change::Advance { lineage: lineage.id, before: lineage.progress(), after },
        Change::Schedule {
            task: "renew",
            subject: notafter_engine::tasks::renew::subject(lineage.id),
            due_at: now,
        },
    ];
    context.apply(None, &Actor::Engine, &forced).await.unwrap();
    settle(&adopted.installation.context, adopted.id, Span::ZERO).await.unwrap();
    let newer = adopted.current().await;
    assert_ne!(fs::read_to_string(adopted.live()).unwrap(), newer.chain_pem, "not installed yet");

    let deployment = async {
        while !adopted.is_watched().await {
            tokio::task::yield_now().await;
        }
        let beside = adopted.stage.path("beside");
        fs::write(&beside, &newer.chain_pem).unwrap();
        fs::rename(&beside, adopted.live()).unwrap();
        let ended = Change::Unschedule { task: deploy::KIND, subject: subject.clone() };
        context.apply(Some(&lease), &Actor::Engine, &[ended]).await.unwrap();
    };
    let (undone, ()) = tokio::join!(adopted.undo(), deployment);
    assert_eq!(undone.unwrap()["handed_over"], json!(adopted.live()));
    adopted.is_left_with(&newer);
}

/// It counted as "nothing of ours is served", for good: an older certificate of the old program came back.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_not_taken_for_nothing_of_ours() {
    let adopted = Adopted::open(|_| Vec::new()).await;
    let aside = adopted.stage.path("aside");
    fs::rename(adopted.live(), &aside).unwrap();
    let torn = adopted.stage.path("torn");
    fs::write(&torn, "torn").unwrap();
    for (name, to) in [("no certificate", torn), ("cannot be read", adopted.stage.path("."))] {
        std::os::unix::fs::symlink(to, adopted.live()).unwrap();
        let refused = adopted.undo().await.unwrap_err();
        assert_eq!(refused.code, "adopt.file-refused", "{name}: {refused:?}");
        assert!(!adopted.is_watched().await, "{name}: nothing was changed");
        fs::remove_file(adopted.live()).unwrap();
    }
    fs::rename(&aside, adopted.live()).unwrap();
    let version = adopted.current().await;
    assert_eq!(adopted.undo().await.unwrap()["handed_over"], json!(adopted.live()));
    adopted.is_left_with(&version);
}

/// "notafter took it over", told by mail while a person gave it back: the machine was read between two steps of that.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_while_a_lineage_was_given_back_is_not_judged() {
    let adopted = Adopted::open(|stage| vec![switched_off(stage)]).await;
    let context = adopted.context();
    let root = tempfile::tempdir().unwrap();
    let machine = || Machine::new(root.path(), vec![]);
    let open = async || {
        let subject = Subject::Lineage(adopted.id);
        context.store.findings_open_of(&context.scope, &subject).await.unwrap().len()
    };
    let before = watch::Reading::take(context, machine()).await.unwrap();
    fs::write(adopted.stage.path("crontab"), "somebody's\n").unwrap();
    assert_eq!(adopted.undo().await.unwrap_err().code, "adopt.file-changed");
    assert!(adopted.is_watched().await, "half of it is done");
    assert_eq!(before.judge(context, None).await.unwrap(), Looked::TooEarly);
    let between = watch::Reading::take(context, machine()).await.unwrap();
    file("# lego renew\n").put(&adopted.stage.path("crontab")).unwrap();
    adopted.undo().await.unwrap();
    assert_eq!(between.judge(context, None).await.unwrap(), Looked::TooEarly);
    assert_eq!(open().await, 0);
    assert_eq!(watch::look_after(context, None, machine()).await.unwrap(), Looked::AtAll);
    assert!(open().await > 0, "the next reading finds that it is not on that machine");
}

/// Nobody renews it until somebody says it again.
#[tokio::test(flavor = "multi_thread")]
async fn a_lineage_whose_giving_back_broke_off_is_looked_after() {
    let adopted = Adopted::open(|stage| vec![switched_off(stage)]).await;
    fs::write(adopted.stage.path("crontab"), "somebody's\n").unwrap();
    adopted.undo().await.unwrap_err();
    let root = tempfile::tempdir().unwrap();
    let context = adopted.context();
    let looked = watch::look_after(context, None, Machine::new(root.path(), vec![])).await.unwrap();
    let subject = Subject::Lineage(adopted.id);
    let open = context.store.findings_open_of(&context.scope, &subject).await.unwrap();
    assert!(looked == Looked::AtAll && !open.is_empty(), "{looked:?} {open:?}");
}

/// The second run found nothing left to do, and said that the old program's own certificate was in place again.
#[tokio::test(flavor = "multi_thread")]
async fn finished_after_an_interruption_it_says_what_is_in_place() {
    let adopted = Adopted::open(|stage| vec![switched_off(stage)]).await;
    let cron = |stage: &Stage| stage.path("crontab");
    let version = adopted.current().await;
    fs::write(cron(&adopted.stage), "somebody's\n").unwrap();
    assert_eq!(adopted.undo().await.unwrap_err().code, "adopt.file-changed");
    file("# lego renew\n").put(&cron(&adopted.stage)).unwrap();
    let undone = adopted.undo().await.unwrap();
    assert_eq!(undone["handed_over"], json!(adopted.live()));
    let note = undone["notes"][0].as_str().unwrap();
    assert!(note.contains("stays in place"), "{note}");
    assert_eq!(fs::read_to_string(cron(&adopted.stage)).unwrap(), "lego renew\n");
    adopted.is_left_with(&version);
}

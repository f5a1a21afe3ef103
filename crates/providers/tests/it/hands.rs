//! The helper behind a real socket: what it does, and what nobody can make it do.

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;

use notafter_cert::{Retry, Trouble};
use notafter_inventory::model::{DeploymentId, PlaceId};
use notafter_lab::authority::Identity;
use notafter_providers::deploy::{DeployError, Job};
use notafter_providers::hands::{Bounds, Deployers, Door, Grants, Hands};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::stage::{EC, NAME, Stage, leaf_in, leaf_of, material};

/// A helper that may write in `live` of the stage, and what asks it.
struct Helped {
    stage: Stage,
    deployers: Deployers,
    answers: JoinHandle<()>,
}

impl Drop for Helped {
    fn drop(&mut self) {
        self.answers.abort();
    }
}

impl Helped {
    async fn with(more: &str) -> Self {
        let stage = Stage::new();
        for name in ["live", "other"] {
            fs::create_dir(stage.path(name)).unwrap();
        }
        let door = Door::open(&stage.path("hands.sock"), grants(&stage, more).await).unwrap();
        let answers = tokio::spawn(async move { door.answer().await });
        let deployers = Deployers::through(Some(stage.path("hands.sock")));
        Self { stage, deployers, answers }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.stage.path(name)
    }

    fn settings(&self) -> Value {
        json!({"key": self.path("live/shop.key"), "full_chain": self.path("live/shop.pem")})
    }

    /// Every entry below the stage but the socket, with its inode.
    fn inventory(&self) -> Vec<String> {
        let mut entries = Vec::new();
        let mut directories = vec![self.path("live"), self.path("other")];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                let found = fs::symlink_metadata(&path).unwrap();
                entries.push(format!("{} {} {:o}", path.display(), found.ino(), found.mode()));
                directories.extend(found.is_dir().then_some(path));
            }
        }
        entries.sort();
        entries
    }

    async fn deploy(&self, job: &Job, identity: &Identity) -> Result<Value, DeployError> {
        let deployer = self.deployers.find("files")?;
        let snapshot = deployer.snapshot(job).await?;
        deployer.stage(job, &snapshot, &material(identity)).await?;
        deployer.activate(job, &snapshot).await?;
        Ok(snapshot)
    }

    /// Says these bytes, and hears what is answered to the end.
    fn say(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = UnixStream::connect(self.path("hands.sock")).unwrap();
        // A helper that has heard enough may have closed already.
        drop(stream.write_all(bytes));
        drop(stream.shutdown(Shutdown::Write));
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer));
        answer
    }
}

async fn grants(stage: &Stage, more: &str) -> Grants {
    let user = rustix::process::geteuid().as_raw();
    let text = format!("user = \"{user}\"\ndirectories = [{:?}]\n{more}", stage.path("live"));
    Grants::read(&stage.path("hands.toml"), &text).await.unwrap()
}

fn job(operation: u8, settings: &Value) -> Job {
    Job {
        place: PlaceId::from_bytes([1; 16]),
        operation: DeploymentId::from_bytes([operation; 16]),
        settings: settings.clone(),
        slot: EC,
        bounds: Bounds::own(),
    }
}

fn framed(text: &str) -> Vec<u8> {
    [&u32::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployer_does_through_the_helper_what_it_does_here() {
    let helped = Helped::with("commands = [[\"true\"]]").await;
    let mut settings = helped.settings();
    settings["reload"] = json!({"command": ["true"]});
    settings["pkcs12"] = json!({"path": helped.path("live/shop.p12"), "password": "env:PASSWORD"});
    let (old, new) = (helped.stage.issue(), helped.stage.issue());
    fs::write(helped.path("live/shop.key"), old.key_pem()).unwrap();
    fs::set_permissions(helped.path("live/shop.key"), fs::Permissions::from_mode(0o640)).unwrap();
    fs::write(helped.path("live/shop.pem"), old.chain_pem()).unwrap();
    let was = helped.inventory();
    let (first, second) = (job(1, &settings), job(2, &settings));
    helped.deployers.find("files").unwrap().ready(&first).await.unwrap();
    assert_eq!(helped.inventory(), was, "asking whether touches nothing");

    let snapshot = helped.deploy(&first, &new).await.unwrap();
    assert_eq!(leaf_in(&helped.path("live/shop.pem")), leaf_of(&new));
    let modes = ["shop.key", "shop.pem", "shop.p12"]
        .map(|name| fs::metadata(helped.path("live").join(name)).unwrap().mode() & 0o777);
    assert_eq!(modes, [0o640, 0o644, 0o600]);
    helped.deploy(&second, &old).await.unwrap();
    assert_eq!(leaf_in(&helped.path("live/shop.pem")), leaf_of(&old));

    let helped = Helped::with("").await;
    let settings = helped.settings();
    let was = helped.inventory();
    let third = job(3, &settings);
    let deployer = helped.deployers.find("files").unwrap();
    let absent = helped.deploy(&third, &new).await.unwrap();
    deployer.restore(&third, &absent).await.unwrap();
    assert_eq!(helped.inventory(), was, "what was absent is absent again");
    assert!(!snapshot.to_string().contains("PRIVATE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_granted_is_refused_with_code_and_hint_and_touches_nothing() {
    let helped = Helped::with("").await;
    let new = helped.stage.issue();
    let was = helped.inventory();
    let with = |name: &str, value: Value| {
        let mut settings = helped.settings();
        settings[name] = value;
        settings
    };
    let mut shown = String::new();
    for settings in [
        with("key", json!(helped.path("other/shop.key"))),
        with("key", json!(helped.path("live/../other/shop.key"))),
        with("owner", json!("4242")),
        with("group", json!("4242")),
        with("mode", json!("0770")),
        with("reload", json!({"command": ["sh", "-c", "id"]})),
        with("reload", json!({"pid_file": "/run/sshd.pid"})),
    ] {
        let error = helped.deploy(&job(1, &settings), &new).await.unwrap_err();
        assert_eq!(error.code(), "hands.not-granted", "{error}");
        assert_eq!(error.retry(), Retry::Later, "once it is granted, the deployment goes on");
        assert!(!error.is_after_swap());
        shown += &format!("{error}\n  hint: {}\n", error.hint());
    }
    let config = json!({"server_name": NAME, "config": helped.path("live/nginx.conf")});
    let nginx = helped.deployers.find("nginx").unwrap().snapshot(&job(1, &config)).await.unwrap_err();
    shown += &format!("{nginx}\n  hint: {}\n", nginx.hint());
    assert_eq!(helped.inventory(), was);
    let root = helped.stage.directory.path().to_str().unwrap().to_owned();
    insta::assert_snapshot!(shown.replace(&root, "/stage"));
}

/// Whoever has taken over the process that faces the network can say anything, snapshots included.
#[tokio::test(flavor = "multi_thread")]
async fn a_forged_snapshot_leads_nowhere() {
    let helped = Helped::with("").await;
    let (settings, new) = (helped.settings(), helped.stage.issue());
    let job = job(1, &settings);
    let deployer = helped.deployers.find("files").unwrap();
    let honest = deployer.snapshot(&job).await.unwrap();
    let other = helped.path("other");
    let was = helped.inventory();
    for (pointer, forged) in [
        ("/before/store", json!(other)),
        ("/before/store", json!(helped.path("live"))),
        ("/before/new", json!("../../other")),
        ("/before/new", json!("dp_another")),
        ("/before/current", json!("../../other")),
        ("/before/current", json!("..")),
        ("/before/slots/0/0/path", json!(other.join("shop.key"))),
        ("/before/slots/0/0/path", json!(helped.path("live/../other/shop.key"))),
        ("/before/slots/0/0/role", json!("../../other/shop.key")),
        ("/before/slots/0/0/role", json!("/etc/passwd")),
        ("/before/slots", json!([])),
        ("/files/0/owner", json!(4242)),
        ("/files/0/mode", json!(0o4755)),
        ("/files/0/mode", json!(0o644)),
        ("/files", json!([])),
    ] {
        let mut snapshot = honest.clone();
        *snapshot.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} in {honest}")) = forged.clone();
        let outcomes = [
            deployer.stage(&job, &snapshot, &material(&new)).await,
            deployer.activate(&job, &snapshot).await,
            deployer.restore(&job, &snapshot).await,
        ];
        for outcome in outcomes {
            assert_eq!(outcome.unwrap_err().code(), "hands.not-granted", "{pointer} {forged}");
        }
        assert_eq!(helped.inventory(), was, "{pointer} {forged}");
    }
    deployer.stage(&job, &honest, &material(&new)).await.unwrap();
    deployer.activate(&job, &honest).await.unwrap();
    assert_eq!(leaf_in(&helped.path("live/shop.pem")), leaf_of(&new));
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_is_answered_once_and_the_helper_goes_on() {
    let helped = Helped::with("").await;
    let was = helped.inventory();
    let question = json!({
        "version": 1, "ask": "ready", "deployer": "files", "place": PlaceId::from_bytes([1; 16]),
        "operation": DeploymentId::from_bytes([1; 16]), "settings": helped.settings(), "slot": "ecdsa",
    });
    let with = |name: &str, value: Value| {
        let mut changed = question.clone();
        changed[name] = value;
        framed(&changed.to_string())
    };
    let stage = with("ask", json!("stage"));
    for (bytes, code) in [
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), Some("hands.protocol")),
        (vec![0xff; 4096], Some("hands.protocol")),
        (framed("garbage"), Some("hands.protocol")),
        (with("version", json!(2)), Some("hands.protocol")),
        (with("ask", json!("shell")), Some("hands.protocol")),
        (with("deployer", json!("shell")), Some("deploy.unknown-deployer")),
        (with("place", json!("../..")), Some("hands.protocol")),
        ([stage.clone(), b"no parcel, but some bytes".to_vec()].concat(), Some("parcel.unreadable")),
        (stage, Some("parcel.io")),
        (vec![], None),
        (vec![0, 0, 0, 9, b'{'], None),
    ] {
        let answer = helped.say(&bytes);
        let text = String::from_utf8_lossy(answer.get(4..).unwrap_or_default()).into_owned();
        match code {
            Some(code) => assert!(text.contains(&format!("\"code\":\"{code}\"")), "{code}: {text}"),
            None => assert_eq!(text, "", "nothing was asked"),
        }
    }
    let answer = helped.say(&framed(&question.to_string()));
    assert_eq!(&answer[4..], b"{\"done\":null}");
    assert_eq!(helped.inventory(), was);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_helper_listens_at_a_socket_and_takes_over_from_a_killed_one() {
    let helped = Helped::with("").await;
    let socket = helped.path("hands.sock");
    assert_eq!(fs::metadata(&socket).unwrap().mode() & 0o777, 0o600);
    let second = Door::open(&socket, grants(&helped.stage, "").await).map(drop).unwrap_err();
    assert_eq!(second.code(), "hands.in-use");
    Hands::at(socket).listening().await.unwrap();

    let left = helped.path("other/hands.sock");
    drop(UnixListener::bind(&left).unwrap());
    let nobody = Hands::at(left.clone()).listening().await.unwrap_err();
    assert_eq!((nobody.code(), nobody.retry()), ("hands.nobody", Retry::Later));
    let door = Door::open(&left, grants(&helped.stage, "").await).unwrap();
    drop(door);
    assert!(!left.exists(), "a helper that ends takes its socket along");

    fs::set_permissions(helped.path("other"), fs::Permissions::from_mode(0o777)).unwrap();
    let bendable = Door::open(&left, grants(&helped.stage, "").await).map(drop).unwrap_err();
    assert_eq!(bendable.code(), "hands.socket-directory");
}

/// A helper that dies says nothing: the step is tried again later, and is the same step.
#[tokio::test(flavor = "multi_thread")]
async fn a_helper_that_goes_away_in_the_middle_is_asked_again_later() {
    let stage = Stage::new();
    let socket = stage.path("hands.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let dies = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 4]).unwrap();
    });
    let deployers = Deployers::through(Some(socket));
    let settings = json!({"key": stage.path("shop.key"), "full_chain": stage.path("shop.pem")});
    let error = deployers.find("files").unwrap().snapshot(&job(1, &settings)).await.unwrap_err();
    dies.join().unwrap();
    assert_eq!((error.code(), error.retry(), error.is_after_swap()), ("hands.io", Retry::Later, false));
}

/// Who may test nginx and not reload it is told before a file is touched, also where the reload is not written.
#[tokio::test(flavor = "multi_thread")]
async fn a_reload_of_nginx_that_is_not_granted_stops_the_step_before_a_file_is_touched() {
    let config = "/srv/nginx.conf";
    let asked = format!(
        "commands = [[\"nginx\", \"-c\", {config:?}, \"-T\"], [\"nginx\", \"-c\", {config:?}, \"-t\"]]"
    );
    let helped = Helped::with(&asked).await;
    let (mut settings, new) = (helped.settings(), helped.stage.issue());
    let first = job(1, &settings);
    // What an earlier helper prepared, that was granted more.
    let files = helped.deployers.find("files").unwrap();
    let snapshot = files.snapshot(&first).await.unwrap();
    files.stage(&first, &snapshot, &material(&new)).await.unwrap();
    settings["config"] = json!(config);
    let job = job(1, &settings);
    let nginx = helped.deployers.find("nginx").unwrap();
    let was = helped.inventory();
    for outcome in [
        nginx.ready(&job).await,
        nginx.snapshot(&job).await.map(drop),
        nginx.activate(&job, &snapshot).await,
        nginx.restore(&job, &snapshot).await,
    ] {
        let error = outcome.unwrap_err();
        assert_eq!(error.code(), "hands.not-granted");
        assert!(error.to_string().contains("-s reload"), "{error}");
        assert!(!error.is_after_swap());
    }
    assert_eq!(helped.inventory(), was);
}

/// A chain that no parcel holds is told at once and as what it is; nothing is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_said_is_not_asked() {
    let helped = Helped::with("").await;
    let (settings, new) = (helped.settings(), helped.stage.issue());
    let job = job(1, &settings);
    let deployer = helped.deployers.find("files").unwrap();
    let snapshot = deployer.snapshot(&job).await.unwrap();
    let mut material = material(&new);
    material.chain = vec![material.chain[0].clone(); 40];
    let error = deployer.stage(&job, &snapshot, &material).await.unwrap_err();
    assert_eq!((error.code(), error.retry()), ("parcel.unreadable", Retry::Never), "{error}");
}

/// Whoever gives up asking leaves no thread behind that listens for the rest of its life.
#[tokio::test(flavor = "multi_thread")]
async fn the_socket_is_closed_when_nobody_waits_for_the_answer() {
    let stage = Stage::new();
    let socket = stage.path("hands.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let (asked, heard) = tokio::sync::oneshot::channel();
    let listens = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut length = [0; 4];
        stream.read_exact(&mut length).unwrap();
        let mut question = vec![0; u32::from_be_bytes(length) as usize];
        stream.read_exact(&mut question).unwrap();
        asked.send(()).unwrap();
        stream.read(&mut [0; 1]).unwrap()
    });
    let settings = json!({"key": stage.path("shop.key"), "full_chain": stage.path("shop.pem")});
    let asking = tokio::spawn(async move {
        let deployers = Deployers::through(Some(socket));
        deployers.find("files").unwrap().snapshot(&job(1, &settings)).await
    });
    heard.await.unwrap();
    asking.abort();
    let read = tokio::task::spawn_blocking(|| listens.join().unwrap()).await.unwrap();
    assert_eq!(read, 0, "the end of the connection");
}

/// However often somebody asks about a place whose product hangs, the others are served.
#[tokio::test(flavor = "multi_thread")]
async fn questions_about_a_place_that_hangs_stop_no_other_place() {
    let stage = Stage::new();
    let (begun, end) = (stage.path("begun"), stage.path("end"));
    for pipe in [&begun, &end] {
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    }
    let script = format!("echo begun > {}; read -r line < {}", begun.display(), end.display());
    let helped = Arc::new(Helped::with(&format!("commands = [[\"sh\", \"-c\", {script:?}]]")).await);
    let mut settings = helped.settings();
    settings["reload"] = json!({"command": ["sh", "-c", script]});
    let new = helped.stage.issue();
    let (first, asks) = (job(1, &settings), Arc::clone(&helped));
    let hangs = tokio::spawn(async move { asks.deploy(&first, &new).await.map(drop) });
    tokio::task::spawn_blocking(move || fs::read(begun).unwrap()).await.unwrap();

    let mut asked = tokio::task::JoinSet::new();
    for operation in 2..40 {
        let (again, asks) = (job(operation, &helped.settings()), Arc::clone(&helped));
        asked.spawn(async move { asks.deployers.find("files")?.ready(&again).await });
    }
    // One of them waits, the others are told to come again.
    for _ in 3..40 {
        let error = asked.join_next().await.unwrap().unwrap().unwrap_err();
        assert_eq!((error.code(), error.retry()), ("hands.busy", Retry::Later), "{error}");
    }
    let elsewhere = Job { place: PlaceId::from_bytes([2; 16]), ..job(50, &helped.settings()) };
    helped.deployers.find("files").unwrap().ready(&elsewhere).await.unwrap();
    assert!(!hangs.is_finished(), "it was served meanwhile");
    tokio::task::spawn_blocking(move || fs::write(end, "go\n").unwrap()).await.unwrap();
    hangs.await.unwrap().unwrap();
    asked.join_next().await.unwrap().unwrap().unwrap();
}

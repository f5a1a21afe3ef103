//! Secrets beside a server that tells everything: in its log, in what commands print, and in what it keeps.

use std::path::Path;

use notafter_lab::http_sink::{HttpSink, Reply};
use notafter_lab::smtp_sink::{self, SmtpSink};

use crate::home::Home;
use crate::serve::PATIENCE;

/// In the address of each webhook, in the dead-man's, and in the password.
const SECRET: &str = "n0t-t0-be-t0ld";

fn inventory(hook: &str, mail: u16, folder: &Path) -> String {
    let file = folder.join("slack").display().to_string();
    format!(
        r#"
[[channel]]
name = "written"
kind = "webhook"
url = "{hook}/written?key={SECRET}"

[[channel]]
name = "referred"
kind = "webhook"
url = "env:SECRET_HOOK"

[[channel]]
name = "slack"
kind = "slack"
url = "file:{file}"

[[channel]]
name = "mail"
kind = "smtp"
host = "127.0.0.1"
port = {mail}
tls = "none"
from = "notafter@shop.example"
user = "ops"
password = "env:SECRET_PASSWORD"

[[owner]]
name = "default"
contacts = [
    {{ channel = "written" }},
    {{ channel = "referred" }},
    {{ channel = "slack" }},
    {{ channel = "mail", to = "ops@shop.example" }},
]
"#
    )
}

/// Every URL stood in the log of whoever looked closely, and what a receiver repeated of it in the log of everybody.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_logs_everything_tells_no_secret_and_keeps_none_in_the_open() {
    let any = || "127.0.0.1:0".parse().unwrap();
    let sink = HttpSink::start(any(), None).await.unwrap();
    let body = format!("<pre>Cannot POST /services/{SECRET}?key={SECRET}</pre>");
    sink.reply(Reply::Answer { status: 404, headers: Vec::new(), body });
    let credentials = Some(("ops".to_owned(), "another".to_owned()));
    let mail =
        SmtpSink::start(any(), smtp_sink::Options { credentials, ..Default::default() }).await.unwrap();

    let home = Home::new();
    let base = format!("http://{}", sink.address());
    home.file("slack", format!("{base}/services/{SECRET}\n"));
    let dead_man = format!("{base}/ping/{SECRET}");
    home.file("notafter.toml", format!("log_level = \"trace\"\ndead_man_url = \"{dead_man}\"\n"));
    let inventory = inventory(&base, mail.address().port(), home.dir.path());
    let file = home.file("inventory.toml", &inventory);
    let run = |arguments: &[&str]| {
        let mut command = home.command(arguments);
        command.env("SECRET_HOOK", format!("{base}/hooks/{SECRET}")).env("SECRET_PASSWORD", SECRET);
        let ran = crate::notafter::Ran::from(command.output().unwrap());
        format!("$ {arguments:?} [{}]\n{}{}", ran.code, ran.out, ran.err)
    };
    let applied = run(&["apply", &file, "--yes", "--format", "json"]);
    assert!(applied.contains("[0]"), "{applied}");
    let server = home.serve();
    let mut said = String::new();
    for channel in ["written", "referred", "slack", "mail"] {
        said += &run(&["alert", "test", channel]);
        said += &run(&["alert", "test", channel, "--format", "json"]);
    }
    let told = tokio::time::timeout(PATIENCE, sink.wait_for(7)).await.unwrap();
    assert!(told.iter().filter(|asked| asked.path.contains(SECRET)).count() >= 7, "{told:?}");
    for words in ["alert list --all --format json", "status --format json", "doctor", "get owner", "vault"] {
        said += &run(&words.split(' ').collect::<Vec<_>>());
    }
    said += &run(&["get", "channel", "slack"]);
    said += &run(&["get", "channel", "referred"]);
    let (ended, log) = server.end("TERM");
    assert!(ended.success(), "{log:#?}");
    let log = log.join("\n");
    for expected in ["http request", "http answer", "a message was not taken", "did not take the ping"] {
        assert!(log.contains(expected), "{expected}: {log}");
    }
    assert!(said.contains("(secret)"), "what the receiver said is told: {said}");
    assert!(!log.contains(SECRET), "{log}");
    assert!(!said.contains(SECRET), "{said}");

    // But for what was written openly, nothing lies open in the database either.
    let database = notafter_store::DataDir::database_in(&home.path("data"));
    let log = database.with_extension("db-wal");
    let mut kept = std::fs::read(database).unwrap();
    kept.extend(std::fs::read(log).unwrap_or_default());
    let kept = String::from_utf8_lossy(&kept).into_owned();
    let open = format!("/written?key={SECRET}");
    assert!(kept.contains(&open), "the file is not what is looked at");
    assert!(!kept.replace(&open, "").contains(SECRET));
}

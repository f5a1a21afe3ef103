//! `notafter alert` as a person types it, beside a running server and without one; and the webhook as its receiver meets
//! it, which checks the signature with a program of its own.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Instant;

use notafter_cert::{Identifier, base64};
use notafter_lab::authority::{Authority, Validity};
use notafter_lab::http_sink::{Asked, HttpSink, Reply};
use notafter_lab::smtp_sink::{self, SmtpSink};
use notafter_lab::tls_server::TlsServer;
use serde_json::Value;

use crate::home::Home;
use crate::left_out::{Need, left_out};
use crate::notafter::{Ran, without_settings};
use crate::outage::duty::faketime;
use crate::peer::{Server, program};
use crate::schema;
use crate::serve::{PATIENCE, Serving};

const SIGNING_KEY: &str = "a key that both sides know";
const PASSWORD: &str = "swordfish";

/// Servers whose certificates ended long ago, an owner with a mailbox, and one with a program that listens.
struct Stage {
    home: Home,
    mail: SmtpSink,
    hook: HttpSink,
    dead: Vec<TlsServer>,
}

impl Stage {
    async fn new() -> Self {
        Self::with(2).await
    }

    async fn with(servers: usize) -> Self {
        let any = || "127.0.0.1:0".parse().unwrap();
        let at = |text: &str| text.parse().unwrap();
        let whole = Validity { from: at("2020-01-01T00:00:00Z"), to: at("2049-01-01T00:00:00Z") };
        let authority = Authority::new("stage", whole).unwrap();
        let names: Vec<Identifier> = vec!["127.0.0.1".parse().unwrap()];
        // Not one certificate at two places: that would be one alert.
        let ended = || authority.issue(&names, Validity { to: at("2021-01-01T00:00:00Z"), ..whole }).unwrap();
        let mut dead = Vec::new();
        for _ in 0..servers {
            dead.push(TlsServer::fixed(any(), &ended()).await.unwrap());
        }
        let options = smtp_sink::Options {
            identity: Some(authority.issue(&names, whole).unwrap()),
            implicit_tls: false,
            credentials: Some(("ops".to_owned(), PASSWORD.to_owned())),
        };
        let mail = SmtpSink::start(any(), options).await.unwrap();
        let hook = HttpSink::start(any(), None).await.unwrap();
        let home = Home::new();
        std::fs::write(home.path("root.pem"), authority.root_pem()).unwrap();
        let stage = Self { home, mail, hook, dead };
        stage.home.apply(&stage.inventory());
        stage
    }

    fn inventory(&self) -> String {
        let root = self.home.path("root.pem");
        let mut text = format!(
            r#"
[[channel]]
name = "mail"
kind = "smtp"
host = "127.0.0.1"
port = {}
tls = "starttls"
trust = {root:?}
from = "notafter@shop.example"
reply_to = "notafter+{{token}}@shop.example"
user = "ops"
password = "env:SWEEP_PASSWORD"

[[channel]]
name = "hook"
kind = "webhook"
url = "http://{}/events"
hmac = "env:HOOK_KEY"

[[owner]]
name = "default"
contacts = [{{ channel = "hook" }}]

[[owner]]
name = "shop"
contacts = [{{ channel = "mail", to = "oncall@shop.example" }}]
"#,
            self.mail.address().port(),
            self.hook.address()
        );
        for server in &self.dead {
            text += &format!("\n[[endpoint]]\ntarget = \"{}\"\ntrust = {root:?}\n", server.address());
        }
        text
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.home.run(arguments)
    }

    fn list(&self) -> Value {
        self.json(&["list", "--all"])
    }

    /// What a command about alerts answers to programs.
    fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[&["alert"], arguments, &["--format", "json"]].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        let document = ran.document();
        assert_eq!(document["schema"], format!("notafter.alert-{}/1", arguments[0]));
        document["result"].clone()
    }

    /// The alert about this server.
    fn alert_about(&self, dead: usize) -> Value {
        let name = self.dead[dead].address().to_string();
        let listing = self.list();
        let found = listing["alerts"].as_array().unwrap().iter().find(|alert| alert["name"] == name.as_str());
        found.unwrap_or_else(|| panic!("no alert about {name}: {listing:#}")).clone()
    }

    /// Whether it is said that no way to the owner of the mailbox is proved.
    fn says_unproved(&self) -> bool {
        let listing = self.list();
        let mut findings = listing["alerts"].as_array().unwrap().iter().flat_map(|alert| {
            let findings = alert["findings"].as_array().unwrap().iter();
            findings.filter(|_| alert["owner"] == "shop")
        });
        findings.any(|finding| finding["code"] == "alert.no-proved-path" && finding["open"] == true)
    }

    /// Until a server that was woken has judged.
    fn wait_until_proved(&self) {
        let begun = Instant::now();
        while self.says_unproved() {
            assert!(begun.elapsed() < PATIENCE, "{:#}", self.list());
        }
    }

    /// The code in the newest test mail.
    fn code(&self) -> String {
        let mails = self.mail.mails();
        let body = mails.last().unwrap().body();
        let code = body.lines().find_map(|line| line.trim().strip_prefix("notafter alert confirm "));
        code.unwrap().to_owned()
    }

    /// Everything that a person can do about alerts, and what is said to it; in the words of the alert about this server.
    fn by_hand(&self, dead: usize) -> String {
        let listed = self.alert_about(dead);
        let alert = listed["alert"]["id"].as_str().unwrap().to_owned();
        let target = self.dead[dead].address().to_string();
        let mut said = Transcript::default();
        said.note(self.run(&["alert", "test"]));
        let code = self.code();
        said.note(self.run(&["alert", "confirm", &code]));
        said.note(self.run(&["alert", "confirm", "000000"]));
        said.note(self.run(&["alert", "test", "pigeon"]));
        said.note(self.run(&["alert", "ack", &alert, "--note", "on it"]));
        said.note(self.run(&["alert", "ack", "al_00000000000000000000000000000000"]));
        let silence = ["alert", "silence", "--subject", &target, "--for", "2h", "--why", "planned"];
        let silenced = self.run(&silence);
        let id = silenced.out.split_whitespace().next().unwrap().to_owned();
        said.note(silenced);
        said.note(self.run(&["alert", "silence", "--for", "2h", "--why", "all of it"]));
        said.note(self.run(&[
            "alert",
            "silence",
            "--code",
            "certificate.*",
            "--for",
            "100d",
            "--why",
            "tired",
        ]));
        let shown = self.alert_about(dead);
        assert!(shown["silenced_until"].is_string(), "{shown:#}");
        assert_eq!(shown["silenced_by"][0]["silence"], id, "{shown:#}");
        assert_eq!(self.list()["covers"][&id], format!("everything about {target}"));
        said.note(self.run(&["alert", "unsilence", &id]));
        said.note(self.run(&["alert", "unsilence", &id]));
        let shown = self.alert_about(dead);
        assert_eq!(shown["silenced_until"], Value::Null, "{shown:#}");
        assert_eq!(shown["alert"]["acknowledged"]["note"], "on it", "{shown:#}");
        said.text
            .replace(&code, "CODE")
            .replace(&target, "TARGET")
            .replace(&alert, "ALERT")
            .replace(&id, "SILENCE")
    }
}

/// The answers that programs get, each after its schema.
impl Stage {
    fn by_program(&self, dead: usize) {
        let alert = self.alert_about(dead)["alert"]["id"].clone();
        let tested = self.json(&["test"]);
        assert_eq!(tested.as_array().unwrap().len(), 2, "{tested:#}");
        assert!(self.json(&["confirm", &self.code()])["until"].is_string());
        let taken = self.json(&["ack", alert.as_str().unwrap()]);
        assert_eq!((&taken["id"], taken["acknowledged"]["by"]["person"].is_string()), (&alert, true));
        let silenced = self.json(&["silence", "--code", "renewal.*", "--for", "2h", "--why", "planned"]);
        assert_eq!(self.list()["silences"][0], silenced);
        let over = self.json(&["unsilence", silenced["id"].as_str().unwrap()]);
        assert_eq!(over["id"], silenced["id"]);
    }

    /// The events since so many, until these documents are among them; each holds to the schema that it names.
    async fn documents(&self, since: usize, wanted: &[&str]) -> Vec<Value> {
        let mut count = since;
        loop {
            count += 1;
            let told = tokio::time::timeout(PATIENCE, self.hook.wait_for(count)).await.unwrap();
            let details: Vec<Value> =
                told[since..].iter().map(|asked| event(asked)["data"]["details"].clone()).collect();
            if wanted.iter().all(|name| details.iter().any(|one| one["schema"] == *name)) {
                details.iter().for_each(schema::assert_valid);
                return details;
            }
        }
    }
}

#[derive(Default)]
struct Transcript {
    text: String,
}

impl Transcript {
    fn note(&mut self, ran: Ran) {
        let words = format!("{}{}", ran.out, ran.err);
        self.text += &format!("exit {}\n{}\n", ran.code, without_instants(&words));
    }
}

/// `until 2026-11-25 04:31 UTC` as `until WHEN`.
fn without_instants(text: &str) -> String {
    let mut parts: Vec<String> = text.split(" UTC").map(str::to_owned).collect();
    let last = parts.pop().unwrap();
    let cut = |part: &String| format!("{}WHEN", &part[..part.len() - "2026-11-25 04:31".len()]);
    parts.iter().map(cut).collect::<String>() + &last
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_are_handled_the_same_beside_a_server_and_without_one() {
    let stage = Stage::new().await;
    let server = stage.home.serve();
    // Both servers, and that no way to anybody is proved yet.
    let told = tokio::time::timeout(PATIENCE, stage.hook.wait_for(3)).await.unwrap();
    let texts: Vec<String> = told.iter().map(|asked| event(asked)["data"]["text"].to_string()).collect();
    for server in &stage.dead {
        let words = format!("\"CRITICAL {}: expired ", server.address());
        assert!(texts.iter().any(|text| text.starts_with(&words)), "{texts:?}");
    }
    assert!(stage.says_unproved(), "a finding that stays: {:#}", stage.list());
    tokio::time::timeout(PATIENCE, stage.mail.wait_for(1)).await.unwrap();
    let beside = stage.by_hand(0);
    stage.wait_until_proved();
    let (status, log) = server.end("TERM");
    assert!(status.success(), "{log:#?}");
    insta::assert_snapshot!("alerts_by_hand", beside);

    assert_eq!(stage.by_hand(1), beside, "without a server");
    stage.by_program(1);
    let mails = stage.mail.mails();
    assert!(mails.iter().all(|mail| mail.over_tls && mail.user.as_deref() == Some("ops")), "{mails:#?}");
    let results = stage.list()["paths"].clone();
    for path in results.as_array().unwrap() {
        assert_eq!(
            (&path["proved"], &path["path"]["last_error"]),
            (&Value::Bool(true), &Value::Null),
            "{path:#}"
        );
    }
}

fn event(asked: &Asked) -> Value {
    serde_json::from_slice(&asked.body).unwrap()
}

/// What CloudEvents 1.0 asks for (specification section "Required attributes", HTTP binding section 3.2), and Standard
/// Webhooks: openssl computes the signature from the bytes on the wire.
#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_can_check_every_event_by_itself() {
    let test = "a_receiver_can_check_every_event_by_itself";
    let Some(openssl) = program(test, "openssl", "/usr/bin/openssl") else { return };
    let stage = Stage::new().await;
    let tested = stage.run(&["alert", "test", "hook"]);
    assert_eq!(tested.code, 0, "{}{}", tested.out, tested.err);
    let server = stage.home.serve();
    let told = tokio::time::timeout(PATIENCE, stage.hook.wait_for(3)).await.unwrap();
    let (status, log) = server.end("TERM");
    assert!(status.success(), "{log:#?}");
    let mut seen = Vec::new();
    for asked in &told {
        let event = event(asked);
        schema::assert_valid(&event["data"]["details"]);
        assert_eq!(asked.header("content-type"), Some("application/cloudevents+json"));
        assert_eq!(event["specversion"], "1.0");
        for required in ["id", "source", "type"] {
            assert!(event[required].as_str().is_some_and(|text| !text.is_empty()), "{required}: {event:#}");
        }
        assert!(event["time"].as_str().unwrap().parse::<notafter_cert::Time>().is_ok(), "{event:#}");
        let id = event["id"].as_str().unwrap();
        assert_eq!((asked.header("webhook-id"), asked.header("idempotency-key")), (Some(id), Some(id)));
        assert!(!seen.contains(&id.to_owned()), "one event, one key");
        seen.push(id.to_owned());
        let signed =
            [id, asked.header("webhook-timestamp").unwrap(), std::str::from_utf8(&asked.body).unwrap()];
        let theirs = hmac(&openssl, signed.join(".").as_bytes());
        let ours = asked.header("webhook-signature").unwrap().strip_prefix("v1,").unwrap();
        assert_eq!(base64::decode(ours).unwrap(), theirs);
    }
    let types: Vec<Value> = told.iter().map(|asked| event(asked)["type"].clone()).collect();
    assert_eq!(types[0], "notafter.path.tested.v1");
    assert_eq!(types[1..], ["notafter.alert.opened.v1", "notafter.alert.opened.v1"]);
}

/// A message about many alerts said to programs what it is only in its parts.
#[tokio::test(flavor = "multi_thread")]
async fn every_event_names_the_schema_that_it_holds_to() {
    let test = "every_event_names_the_schema_that_it_holds_to";
    let Some(library) = faketime() else { return left_out(test, Need::Package("libfaketime")) };
    let stage = Stage::with(6).await;
    stage.json(&["test", "hook"]);
    stage.documents(0, &["notafter.path-test/1"]).await;
    let server = stage.home.serve();
    let begun = Instant::now();
    while stage.list()["alerts"].as_array().unwrap().len() < 7 {
        assert!(begun.elapsed() < PATIENCE, "{:#}", stage.list());
    }
    server.end("TERM");
    let known = stage.hook.asked().len();

    // A week later all of them are reminded of at once, and the digest is due.
    let mut later = stage.home.command(&["serve", "--listen", "127.0.0.1:0"]);
    later.env("LD_PRELOAD", library).env("FAKETIME", "+8d").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let _server = Serving::start(later);
    let told = stage.documents(known, &["notafter.alerts/1", "notafter.digest/1"]).await;
    let many = told.iter().find(|one| one["schema"] == "notafter.alerts/1").unwrap();
    assert!(many["alerts"].as_array().unwrap().len() > 5, "{many:#}");
    assert!(
        told.iter().any(|one| one["schema"] == "notafter.digest/1" && one["worst"] == "critical"),
        "{told:#?}"
    );
}

fn hmac(openssl: &std::path::Path, signed: &[u8]) -> Vec<u8> {
    let mut child = Command::new(openssl)
        .args(["dgst", "-sha256", "-mac", "HMAC", "-macopt", &format!("key:{SIGNING_KEY}"), "-binary"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(signed).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    output.stdout
}

/// A secret that is an address, from the file it stands in through the vault to the chat, and a code back; and a program,
/// which needs none.
#[tokio::test(flavor = "multi_thread")]
async fn a_chat_and_a_program_are_tested_and_proved_as_their_kind_demands() {
    let chat = HttpSink::start("127.0.0.1:0".parse().unwrap(), None).await.unwrap();
    chat.reply(Reply::Answer { status: 200, headers: Vec::new(), body: "ok".to_owned() });
    let home = Home::new();
    let address = home.file("chat.url", format!("http://{}/services/hidden\n", chat.address()));
    let inventory = format!(
        "[[channel]]\nname = \"chat\"\nkind = \"slack\"\nurl = \"file:{address}\"\n\
         [[channel]]\nname = \"program\"\nkind = \"command\"\nprogram = \"/bin/cat\"\narguments = [\"-\"]\n\
         [[owner]]\nname = \"default\"\ncontacts = [{{ channel = \"chat\" }}, {{ channel = \"program\" }}]\n"
    );
    let file = home.file("inventory.toml", &inventory);
    assert_eq!(home.run(&["apply", &file, "--yes"]).code, 0);
    let printed = home.run(&["get", "channel"]).out;
    assert!(printed.contains("file:") && !printed.contains("hidden"), "{printed}");

    let tested = home.run(&["alert", "test"]);
    assert_eq!(tested.code, 0, "{}", tested.err);
    assert!(
        tested.out.contains("chat: taken, not yet proved") && tested.out.contains("program: proved"),
        "{}",
        tested.out
    );
    let asked = chat.asked();
    assert_eq!((asked.len(), asked[0].path.as_str()), (1, "/services/hidden"));
    let message: Value = serde_json::from_slice(&asked[0].body).unwrap();
    let body = message["blocks"][1]["text"]["text"].as_str().unwrap();
    let code = body.split("alert confirm ").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap();
    let confirmed = home.run(&["alert", "confirm", code]);
    assert!(confirmed.out.starts_with("chat is proved"), "{} {}", confirmed.out, confirmed.err);

    chat.reply(Reply::status(404));
    let refused = home.run(&["alert", "test", "chat"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.out.contains("REFUSED") && refused.out.contains("make a new incoming webhook"),
        "{}",
        refused.out
    );
}

/// Hands each mail to the command, and answers by what it ends with (sysexits.h), as mail servers do.
const HANDS_OVER: &str = r#"
import os, subprocess

class Handler:
    async def handle_DATA(self, server, session, envelope):
        command = os.environ["HANDS_OVER_TO"].split("\n") + ["--sender", envelope.mail_from or ""]
        ran = subprocess.run(command, input=envelope.content, capture_output=True)
        said = " ".join((ran.stdout + ran.stderr).decode().split())
        kept = {0: "250 2.0.0", 65: "550 5.6.0", 75: "451 4.3.0"}
        return kept.get(ran.returncode, f"554 5.3.0 exit {ran.returncode}") + " " + said[:400]
"#;

/// Sends what it reads on standard input, and prints what the server says to it.
const SENDS: &str = r#"
import smtplib, sys

with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as server:
    server.ehlo("phone.example")
    server.mail(sys.argv[2])
    server.rcpt("notafter@shop.example")
    code, said = server.data(sys.stdin.buffer.read())
    print(code, said.decode())
"#;

fn fed(mut command: Command, input: &[u8]) -> Ran {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap().into()
}

/// A mail server that hands every mail to the command.
struct HandsOver {
    _server: Server,
    sends: String,
    port: u16,
}

impl HandsOver {
    fn before(stage: &Stage) -> Self {
        stage.home.file("hands_over.py", HANDS_OVER);
        let sends = stage.home.file("sends.py", SENDS);
        let reply = stage.home.command(&["alert", "reply"]);
        let words = [reply.get_program()].into_iter().chain(reply.get_args());
        let words: Vec<&str> = words.map(|word| word.to_str().unwrap()).collect();
        let port = notafter_lab::port::free().unwrap();
        let mut server = Command::new("/usr/bin/python3");
        without_settings(&mut server);
        server.args(["-m", "aiosmtpd", "-n", "-c", "hands_over.Handler", "-l", &format!("127.0.0.1:{port}")]);
        server.env("PYTHONPATH", stage.home.path("")).env("HANDS_OVER_TO", words.join("\n"));
        server.envs(reply.get_envs().filter_map(|(name, value)| Some((name, value?))));
        Self { _server: Server::start(&mut server, port), sends, port }
    }

    /// What it says to this mail.
    fn send(&self, from: &str, mail: &str) -> String {
        let mut command = Command::new("/usr/bin/python3");
        command.args([&self.sends, &self.port.to_string(), from]);
        fed(command, mail.as_bytes()).out
    }
}

impl Stage {
    /// The first alert that the owner with the mailbox heard of, and the header fields of a reply to that mail.
    async fn reply_to_the_first(&self) -> (String, String) {
        let mails = tokio::time::timeout(PATIENCE, self.mail.wait_for(1)).await.unwrap();
        let field = |name| mails[0].header(name).unwrap();
        let head = format!(
            "From: ada@shop.example\r\nTo: {}\r\nSubject: Re: alert\r\nIn-Reply-To: {}\r\n",
            field("Reply-To"),
            field("Message-ID")
        );
        (field("Notafter-Alert"), head)
    }

    fn acknowledged(&self, id: &str) -> Value {
        let listing = self.list();
        let alert = listing["alerts"].as_array().unwrap().iter().find(|listed| listed["alert"]["id"] == id);
        alert.unwrap()["alert"]["acknowledged"].clone()
    }
}

/// From a phone over a mail server to the alert: the mail server goes by what the command ends with.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_hands_over_replies_and_goes_by_what_the_command_ends_with() {
    let test = "a_mail_server_hands_over_replies_and_goes_by_what_the_command_ends_with";
    let module = "/usr/lib/python3/dist-packages/aiosmtpd";
    if program(test, "python3-aiosmtpd", module).is_none() {
        return;
    }
    let stage = Stage::with(1).await;
    let serving = stage.home.serve();
    let (id, head) = stage.reply_to_the_first().await;
    let server = HandsOver::before(&stage);
    let away = format!("{head}Auto-Submitted: auto-replied\r\n\r\nI am on holiday\r\n");
    let by_hand = format!("{head}\r\nOn my way.\r\n\r\nSent from my iPhone\r\n\r\n> expired\r\n");
    assert!(server.send("ada@shop.example", &away).starts_with("250 2.0.0 nothing was done"), "holiday");
    assert!(server.send("", &by_hand).starts_with("250 2.0.0 nothing was done"), "a bounce has no sender");
    assert_eq!(stage.acknowledged(&id), Value::Null);
    let taken = server.send("ada@shop.example", &by_hand);
    assert_eq!(taken, format!("250 2.0.0 {id} is taken by oncall@shop.example\n"));
    let acknowledged = stage.acknowledged(&id);
    let by = serde_json::json!({ "reply": "oncall@shop.example" });
    assert_eq!((&acknowledged["by"], &acknowledged["note"]), (&by, &"On my way.".into()));
    let again = server.send("ada@shop.example", &by_hand);
    assert_eq!(again, format!("250 2.0.0 {id}: nothing was done again\n"), "handed over twice");
    let spam = server.send("x@spam.example", "From: x@spam.example\r\n\r\nBuy\r\n");
    assert!(spam.starts_with("550 5.6.0 error: this answers no message about an alert"), "{spam}");
    let (status, log) = serving.end("TERM");
    assert!(status.success(), "{log:#?}");
    assert_eq!(
        server.send("ada@shop.example", &by_hand),
        again,
        "without a server the command does it itself"
    );

    let reply = ["alert", "reply", "--sender", "ada@shop.example"];
    let nowhere = [&["--data", "/nonexistent"][..], &reply].concat();
    let ran = fed(stage.home.command(&nowhere), by_hand.as_bytes());
    assert_eq!(ran.code, 75, "without an installation the mail comes again: {}", ran.err);
    let large = format!("{head}\r\n{}", "x".repeat(5 << 20));
    let ran = fed(stage.home.command(&reply), large.as_bytes());
    assert_eq!(ran.code, 65, "{}", ran.err);
    let ran = fed(stage.home.command(&[&reply[..], &["--format", "json"]].concat()), by_hand.as_bytes());
    let document = ran.document();
    assert_eq!((ran.code, &document["result"]["alerts"][0]["done"]), (0, &"already".into()));
}

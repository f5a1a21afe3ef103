//! The real Alertmanager of Debian, on loopback and in a temporary folder.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use notafter_cert::Span;
use notafter_inventory::model::{AlertId, Delivery};
use notafter_lab::http_sink::{Asked, HttpSink};
use notafter_net::dns::Resolver;
use notafter_net::http::{Client, Options, Request};
use notafter_net::limits::AddressPolicy;
use notafter_providers::notify::{self, Outgoing, Secrets};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::messages::{children, critical, digest, hostile, recovery, storm, warning};
use crate::left_out::{Need, left_out};
use crate::notify::{any, channel, door};

const PROGRAM: &str = "/usr/bin/prometheus-alertmanager";

/// It ends when dropped, by its own process.
struct Alertmanager {
    _child: Child,
    base: String,
    client: Client,
}

impl Alertmanager {
    async fn start(folder: &Path, hook: &HttpSink) -> Self {
        let configuration = format!(
            "route: {{ receiver: hook, group_by: [alert, severity], group_wait: 0s, group_interval: 1s }}\n\
             receivers: [{{ name: hook, webhook_configs: [{{ url: 'http://{}/told', send_resolved: true }}] }}]\n",
            hook.address()
        );
        let file = folder.join("alertmanager.yml");
        std::fs::write(&file, configuration).unwrap();
        let mut child = Command::new(PROGRAM)
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.path={}", folder.join("data").display()))
            .args(["--web.listen-address=127.0.0.1:0", "--cluster.listen-address=", "--log.level=debug"])
            .env_clear()
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = log.next_line().await.unwrap().expect("it tells where it listens");
            let told = line.split_once("Listening on").and_then(|(_, rest)| rest.split_once("address="));
            if let Some((_, address)) = told {
                break address.trim().parse::<SocketAddr>().unwrap();
            }
        };
        // It must not wait for us when it writes its log.
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        let options = Options::new(Resolver::system(Span::seconds(2)), AddressPolicy::Anywhere, None);
        Self { _child: child, base: format!("http://{address}"), client: Client::new(options) }
    }

    async fn told(&self, delivery: &Delivery) {
        let settings = json!({ "urls": [self.base], "labels": { "team": "web" } });
        let channel = channel("alertmanager", settings);
        let (secrets, at) = (Secrets::new(), delivery.created_at);
        let outgoing =
            Outgoing { channel: &channel, delivery, secrets: &secrets, at, source: "/notafter/here" };
        let receipt = notify::deliver(&outgoing, &door(true)).await.unwrap();
        assert_eq!(receipt.detail, "200 from 1 of 1");
    }

    /// What fires: severity and summary.
    async fn firing(&self) -> Vec<(String, String)> {
        let answer = self.client.send(Request::get(format!("{}/api/v2/alerts", self.base))).await.unwrap();
        let alerts: Vec<Value> = serde_json::from_slice(&answer.body).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut firing: Vec<_> = alerts
            .iter()
            .map(|alert| (text(&alert["labels"]["severity"]), text(&alert["annotations"]["summary"])))
            .collect();
        firing.sort();
        firing
    }
}

/// Alertmanager lives by the real clock: so does this message.
fn at_present(mut delivery: Delivery, age: Span) -> Delivery {
    let now = notafter_net::Clock::system().now();
    delivery.created_at = now - age;
    let data = delivery.message.data.to_string();
    let begun = (now - Span::hours(1)).to_string();
    delivery.message.data = serde_json::from_str(&data.replace("2026-11-25T18:00:00Z", &begun)).unwrap();
    delivery
}

#[tokio::test]
async fn the_real_alertmanager_knows_one_alert_from_the_first_message_to_the_recovery() {
    let test = "the_real_alertmanager_knows_one_alert_from_the_first_message_to_the_recovery";
    if !Path::new(PROGRAM).exists() {
        return left_out(test, Need::Package("prometheus-alertmanager"));
    }
    let folder = tempfile::tempdir().unwrap();
    let hook = HttpSink::start(any(), None).await.unwrap();
    let alertmanager = Alertmanager::start(folder.path(), &hook).await;
    let [warning, critical, children] = [(warning(), 50), (critical(), 40), (children(), 30)]
        .map(|(one, age)| at_present(one, Span::minutes(age)));
    alertmanager.told(&warning).await;
    let fires = |severity: &str, delivery: &Delivery| {
        vec![(severity.to_owned(), delivery.message.data["text"].as_str().unwrap().to_owned())]
    };
    assert_eq!(alertmanager.firing().await, fires("warning", &warning));
    alertmanager.told(&critical).await;
    assert_eq!(alertmanager.firing().await, fires("critical", &critical), "it rose: the warning is over");
    alertmanager.told(&children).await;
    alertmanager.told(&children).await;
    assert_eq!(alertmanager.firing().await, fires("critical", &children), "a second try is no second alert");
    told_on(&hook, "firing").await;
    alertmanager.told(&at_present(recovery(), Span::ZERO)).await;
    assert_eq!(alertmanager.firing().await, []);
    let told = told_on(&hook, "resolved").await;
    let alert = AlertId::from_bytes([2; 16]).to_string();
    assert!(told.iter().all(|body| body["commonLabels"]["alert"] == json!(alert)), "{told:#?}");
}

#[tokio::test]
async fn the_real_alertmanager_takes_whatever_stands_in_a_message() {
    let test = "the_real_alertmanager_takes_whatever_stands_in_a_message";
    if !Path::new(PROGRAM).exists() {
        return left_out(test, Need::Package("prometheus-alertmanager"));
    }
    let folder = tempfile::tempdir().unwrap();
    let hook = HttpSink::start(any(), None).await.unwrap();
    let alertmanager = Alertmanager::start(folder.path(), &hook).await;
    // One of the six is the first one again, less bad than it was.
    for (message, count) in [(hostile(), 1), (storm(6), 6), (digest(), 7)] {
        let message = at_present(message, Span::ZERO);
        alertmanager.told(&message).await;
        let firing = alertmanager.firing().await;
        assert_eq!(firing.len(), count, "{firing:#?}");
    }
}

/// What the receiver behind Alertmanager was told, up to where the critical alert is in this state.
async fn told_on(hook: &HttpSink, status: &str) -> Vec<Value> {
    let told = tokio::time::timeout(Span::seconds(60).to_std(), until(hook, status)).await;
    told.unwrap()
}

async fn until(hook: &HttpSink, status: &str) -> Vec<Value> {
    for count in 1.. {
        let told: Vec<Value> = hook.wait_for(count).await.iter().map(body).collect();
        let is_it = |body: &Value| body["status"] == status && body["commonLabels"]["severity"] == "critical";
        if told.iter().any(is_it) {
            return told;
        }
    }
    Vec::new()
}

fn body(asked: &Asked) -> Value {
    serde_json::from_slice(&asked.body).unwrap()
}

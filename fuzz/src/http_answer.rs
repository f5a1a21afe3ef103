//! Any bytes as the answer to a plain request, or to a message of each notifier: no panic, no end that waits for the clock,
//! and what is told of it stands on one line.

use std::net::SocketAddr;

use notafter_cert::{Span, Time};
use notafter_inventory::model::{
    AlertId, Channel, ChannelId, ChannelKind, ChannelSettings, Delivery, DeliveryId, DeliveryState, Form,
    Message, OwnerId, Purpose, Setting, Usual,
};
use notafter_net::dns::Resolver;
use notafter_net::http::{Client, Options, Request};
use notafter_net::limits::AddressPolicy;
use notafter_net::trust::Trust;
use notafter_providers::notify::{self, Door, Outgoing, Secrets};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

use super::pieces;

const POLICY: AddressPolicy = AddressPolicy::Server { private_allowed: true };

thread_local! {
    static STAGE: Option<(Runtime, Trust)> =
        Builder::new_current_thread().enable_all().build().ok().map(|runtime| (runtime, Trust::mozilla()));
}

pub(super) fn run(bytes: &[u8]) {
    let [which, answer @ ..] = bytes else { return };
    // A notifier of ours that runs a program talks to nobody.
    let kinds: Vec<_> = notify::kinds().into_iter().filter(|kind| kind.name != "command").collect();
    STAGE.with(|stage| {
        let Some((runtime, trust)) = stage else { return };
        runtime.block_on(async {
            let Ok(listener) = TcpListener::bind("127.0.0.1:0").await else { return };
            let Ok(address) = listener.local_addr() else { return };
            let asked = async {
                match kinds.get(pieces::choice(*which, kinds.len() + 1)) {
                    Some(kind) => tell(kind, address, trust).await,
                    None => ask(address).await,
                }
            };
            tokio::select! {
                () = asked => {}
                () = serve(&listener, answer) => {}
            }
        });
    });
}

/// Answers everybody with these bytes and nothing more.
async fn serve(listener: &TcpListener, answer: &[u8]) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(converse(stream, answer.to_vec()));
    }
}

async fn converse(mut stream: TcpStream, answer: Vec<u8>) {
    let _ = stream.write_all(&answer).await;
    let _ = stream.shutdown().await;
    let mut heard = [0; 4096];
    // What is left unread when a socket closes makes a reset of the answer.
    while stream.read(&mut heard).await.is_ok_and(|count| count > 0) {}
}

async fn ask(address: SocketAddr) {
    let options = Options::new(Resolver::system(Span::seconds(1)), POLICY, None);
    let limit = options.body_limit;
    if let Ok(response) = Client::new(options).send(Request::get(format!("http://{address}/"))).await {
        assert!(response.body.len() <= limit);
    }
}

async fn tell(kind: &'static ChannelKind, address: SocketAddr, trust: &Trust) {
    let (resolver, trust) = (Resolver::system(Span::seconds(1)), trust.clone());
    let door = Door { resolver, policy: POLICY, trust, within: Span::seconds(5) };
    let settings = kind.settings.iter().filter_map(|setting| {
        let value = setting_at(setting, address)?;
        Some((setting.key.to_owned(), value))
    });
    let channel = Channel {
        id: ChannelId::from_bytes([3; 16]),
        name: "there".to_owned(),
        kind: kind.name.to_owned(),
        settings: settings.collect::<ChannelSettings>(),
    };
    let secret = |key| if key == "url" { format!("http://{address}/secret") } else { "secret".to_owned() };
    let secrets: Secrets =
        notify::secrets(&channel).into_iter().map(|(key, _)| (key, secret(key).into())).collect();
    let (delivery, at) = (delivery(), Time::from_unix_seconds(1_795_000_000));
    let outgoing =
        Outgoing { channel: &channel, delivery: &delivery, secrets: &secrets, at, source: "urn:x" };
    let told = match notify::deliver(&outgoing, &door).await {
        Ok(receipt) => receipt.detail,
        Err(error) => error.to_string(),
    };
    assert!(!told.chars().any(char::is_control), "{}: {told:?}", kind.name);
}

/// Whatever must be said, and where the product is.
fn setting_at(setting: &Setting, address: SocketAddr) -> Option<Value> {
    match (setting.key, setting.form) {
        ("url", Form::Url) => Some(json!(format!("http://{address}/topic"))),
        ("urls", _) => Some(json!([format!("http://{address}/")])),
        ("host", _) => Some(json!(address.ip())),
        ("port", _) => Some(json!(address.port())),
        ("tls", _) => Some(json!("none")),
        ("from", _) => Some(json!("notafter@example.org")),
        (_, Form::Secret) if setting.usual == Usual::Required => Some(json!("env:SECRET")),
        (_, Form::OneOf(words)) => words.first().map(|word| json!(word)),
        ("url", Form::Secret) => Some(json!("env:SECRET")),
        _ => None,
    }
}

fn delivery() -> Delivery {
    Delivery {
        id: DeliveryId::from_bytes([7; 16]),
        owner_id: OwnerId::from_bytes([1; 16]),
        alert_id: Some(AlertId::from_bytes([2; 16])),
        channel_id: ChannelId::from_bytes([3; 16]),
        to: Some("ops@example.org".to_owned()),
        purpose: Purpose::Opened,
        message: Message {
            subject: "CRITICAL shop.example: expires in 9 h".to_owned(),
            body: "shop.example: expires in 9 h\n".to_owned(),
            data: json!({ "root": "endpoint:ep_1", "severity": "critical" }),
        },
        code: None,
        state: DeliveryState::Pending,
        attempts: Vec::new(),
        next_at: None,
        created_at: Time::from_unix_seconds(1_795_000_000),
    }
}

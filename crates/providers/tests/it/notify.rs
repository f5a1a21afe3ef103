//! Mail and webhooks against the lab's sinks, and mail against an outside server.

use std::net::SocketAddr;
use std::path::Path;

use crate::left_out::{Need, left_out};
use notafter_cert::{Identifier, Retry, Span, Time, Trouble};
use notafter_inventory::model::*;
use notafter_keys::hmac_sha256_is;
use notafter_lab::authority::{Authority, Validity};
use notafter_lab::http_sink::{HttpSink, Reply};
use notafter_lab::smtp_sink::{self, Behaviour, SmtpSink};
use notafter_net::dns::{Override, Resolver};
use notafter_net::limits::AddressPolicy;
use notafter_net::trust::Trust;
use notafter_providers::notify::{self, Door, NotifyError, Outgoing};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use zeroize::Zeroizing;

const ANY: &str = "127.0.0.1:0";

pub(crate) fn any() -> SocketAddr {
    ANY.parse().unwrap()
}

pub(crate) fn now() -> Time {
    "2026-11-25T19:19:00Z".parse().unwrap()
}

pub(crate) fn door(private_allowed: bool) -> Door {
    Door {
        resolver: Resolver::system(Span::seconds(2)),
        policy: AddressPolicy::Server { private_allowed },
        trust: Trust::mozilla(),
        within: Span::seconds(20),
    }
}

pub(crate) fn delivery(purpose: Purpose, to: Option<&str>) -> Delivery {
    Delivery {
        id: DeliveryId::from_bytes([7; 16]),
        owner_id: OwnerId::from_bytes([1; 16]),
        alert_id: Some(AlertId::from_bytes([2; 16])),
        channel_id: ChannelId::from_bytes([3; 16]),
        to: to.map(str::to_owned),
        purpose,
        message: Message {
            subject: "CRITICAL bücher.example: expires in 9 h 12 min (04:31 UTC), 1 of 4 addresses stale"
                .to_owned(),
            body: "bücher.example: expires in 9 h 12 min\n.\nFrom the dot on\n".to_owned(),
            data: json!({ "root": "endpoint:ep_1", "severity": "critical" }),
        },
        code: None,
        state: DeliveryState::Pending,
        attempts: Vec::new(),
        next_at: Some(now()),
        created_at: now(),
    }
}

pub(crate) fn channel(kind: &str, settings: serde_json::Value) -> Channel {
    Channel {
        id: ChannelId::from_bytes([3; 16]),
        name: "there".to_owned(),
        kind: kind.to_owned(),
        settings: serde_json::from_value(settings).unwrap(),
    }
}

fn mail_channel(address: SocketAddr, tls: &str, trust: Option<&Path>) -> Channel {
    let (host, port) = (address.ip(), address.port());
    let from = "notafter@example.org";
    channel("smtp", json!({ "host": host, "port": port, "tls": tls, "from": from, "trust": trust }))
}

fn with_user(mut channel: Channel, user: &str) -> Channel {
    channel.settings.insert("user".to_owned(), json!(user));
    channel.settings.insert("password".to_owned(), json!("env:MAIL"));
    channel
}

fn hook(address: SocketAddr, scheme: &str, trust: Option<&Path>) -> Channel {
    let url = format!("{scheme}://{address}/events?key=hidden");
    channel("webhook", json!({ "url": url, "hmac": "env:HOOK", "trust": trust }))
}

/// Every secret that the channel names has this value.
async fn send(
    channel: &Channel,
    secret: Option<&str>,
    delivery: &Delivery,
    door: &Door,
) -> Result<Receipt, NotifyError> {
    let named = notify::secrets(channel).into_iter();
    let secrets = named.filter_map(|(key, _)| Some((key, Zeroizing::new(secret?.to_owned())))).collect();
    let outgoing = Outgoing { channel, delivery, secrets: &secrets, at: now(), source: "urn:notafter:test" };
    notify::deliver(&outgoing, door).await
}

/// A pair for 127.0.0.1, and the file that holds its root.
fn identity(folder: &Path) -> (notafter_lab::authority::Identity, std::path::PathBuf) {
    let validity = Validity {
        from: "2020-01-01T00:00:00Z".parse().unwrap(),
        to: "2049-01-01T00:00:00Z".parse().unwrap(),
    };
    let authority = Authority::new("mail", validity).unwrap();
    let names: Vec<Identifier> = vec!["127.0.0.1".parse().unwrap()];
    let path = folder.join("root.pem");
    std::fs::write(&path, authority.root_pem()).unwrap();
    (authority.issue(&names, validity).unwrap(), path)
}

/// A reply that is none was told as it came, with its line ends and whatever else a terminal obeys.
#[tokio::test]
async fn what_a_mail_server_says_is_told_on_one_line_without_control_characters() {
    let table: [(&[u8], &str); 3] = [
        (b"220 m\x1b[2Jail\r\n250 mail\r\n\r\nnonsense\x07\r\n", "no answer from smtp://"),
        (b"220 mail\r\n250 mail\r\n550 \x1b]0;no\x07such user\r\n221 bye\r\n", "refused the message: 550"),
        (
            b"220 mail\r\n250 mail\r\n250 ok\r\n250 ok\r\n354 go\r\n250 as\x1b[1m 7\r\n221 bye\r\n",
            "250 as [1m 7",
        ),
    ];
    for (words, expected) in table {
        let listener = tokio::net::TcpListener::bind(ANY).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(words).await.unwrap();
            // Until the client goes.
            while stream.read(&mut [0; 4096]).await.is_ok_and(|count| count > 0) {}
        });
        let delivery = delivery(Purpose::Opened, Some("ops@example.org"));
        let sent = send(&mail_channel(address, "none", None), None, &delivery, &door(true)).await;
        let told = sent.map_or_else(|error| error.to_string(), |receipt| receipt.detail);
        assert!(told.contains(expected) && !told.chars().any(char::is_control), "{told:?}");
        server.await.unwrap();
    }
}

#[tokio::test]
async fn mail_goes_out_over_starttls_and_tls_with_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let (identity, root) = identity(folder.path());
    for (implicit_tls, tls) in [(false, "starttls"), (true, "tls")] {
        let options = smtp_sink::Options {
            identity: Some(identity.clone()),
            implicit_tls,
            credentials: Some(("ops".to_owned(), "s3cret".to_owned())),
        };
        let sink = SmtpSink::start(any(), options).await.unwrap();
        let channel = with_user(mail_channel(sink.address(), tls, Some(&root)), "ops");
        let message = delivery(Purpose::Opened, Some("oncall@shop.example"));
        let receipt = send(&channel, Some("s3cret"), &message, &door(true)).await.unwrap();
        assert_eq!((receipt.detail.as_str(), receipt.end_to_end), ("250 2.0.0 queued", false));
        let mails = sink.mails();
        assert!(mails[0].over_tls);
        assert_eq!(mails[0].user.as_deref(), Some("ops"));
        assert_eq!(mails[0].body().trim_end(), message.message.body.trim_end());
        insta::assert_snapshot!("mail_on_the_wire", mails[0].text.replace("\r\n", "\n"));

        let refused = send(&channel, Some("wrong"), &message, &door(true)).await.unwrap_err();
        assert_eq!((refused.code(), refused.retry()), ("notify.refused", Retry::Never), "{refused}");
    }
}

#[tokio::test]
async fn mail_is_not_sent_where_the_server_cannot_be_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let (identity, _) = identity(folder.path());
    let options = smtp_sink::Options { identity: Some(identity), ..smtp_sink::Options::default() };
    let sink = SmtpSink::start(any(), options).await.unwrap();
    let message = delivery(Purpose::Opened, Some("oncall@shop.example"));
    let channel = mail_channel(sink.address(), "starttls", None);
    let error = send(&channel, None, &message, &door(true)).await.unwrap_err();
    assert_eq!(error.code(), "notify.tls", "{error}");

    let plain = SmtpSink::start(any(), smtp_sink::Options::default()).await.unwrap();
    let channel = mail_channel(plain.address(), "starttls", None);
    let error = send(&channel, None, &message, &door(true)).await.unwrap_err();
    assert_eq!(error.code(), "notify.tls", "STARTTLS was stripped: {error}");
    assert!(sink.mails().is_empty() && plain.mails().is_empty());
}

#[tokio::test]
async fn a_password_never_travels_in_the_clear_to_another_machine() {
    let channel = with_user(mail_channel("192.0.2.1:25".parse().unwrap(), "none", None), "ops");
    let message = delivery(Purpose::Opened, Some("oncall@shop.example"));
    let error = send(&channel, Some("s3cret"), &message, &door(true)).await.unwrap_err();
    assert_eq!(error.code(), "notify.settings", "{error}");
}

#[tokio::test]
async fn what_mail_servers_do_wrong_is_told_apart() {
    let sink = SmtpSink::start(any(), smtp_sink::Options::default()).await.unwrap();
    let channel = mail_channel(sink.address(), "none", None);
    let message = delivery(Purpose::Opened, Some("oncall@shop.example"));
    let short = Door { within: Span::millis(300), ..door(true) };
    let table = [
        (Behaviour::Defer, "notify.deferred", Retry::Later),
        (Behaviour::Refuse, "notify.refused", Retry::Never),
        (Behaviour::CloseAfterData, "notify.unreachable", Retry::Later),
        (Behaviour::Hang, "notify.timeout", Retry::Later),
    ];
    let mut said = Vec::new();
    for (behaviour, code, retry) in table {
        sink.behave(behaviour);
        let limits = if behaviour == Behaviour::Hang { &short } else { &door(true) };
        let error = send(&channel, None, &message, limits).await.unwrap_err();
        assert_eq!((error.code(), error.retry()), (code, retry), "{behaviour:?}: {error}");
        said.push(format!("{error}").replace(&sink.address().to_string(), "SINK"));
    }
    insta::assert_snapshot!("mail_faults", said.join("\n"));
    assert!(sink.mails().is_empty());

    sink.behave(Behaviour::AcceptAndDrop);
    let receipt = send(&channel, None, &message, &door(true)).await.unwrap();
    assert!(!receipt.end_to_end, "an accepted mail is not a read one");
    assert_eq!((sink.mails().len(), sink.dropped()), (0, 1));

    let nobody = mail_channel(closed_port().await, "none", None);
    let error = send(&nobody, None, &message, &door(true)).await.unwrap_err();
    assert_eq!(error.code(), "notify.unreachable", "{error}");
}

#[tokio::test]
async fn hostile_words_stay_in_their_header() {
    let sink = SmtpSink::start(any(), smtp_sink::Options::default()).await.unwrap();
    let channel = mail_channel(sink.address(), "none", None);
    let mut message = delivery(Purpose::Opened, Some("oncall@shop.example"));
    message.message.subject = "CRITICAL x\r\nBcc: spy@evil.example\r\n\r\nhello".to_owned();
    send(&channel, None, &message, &door(true)).await.unwrap();
    let mail = &sink.mails()[0];
    assert_eq!(mail.header("Bcc"), None, "{}", mail.text);
    assert_eq!(mail.to, ["oncall@shop.example"]);

    message.to = Some("spy@evil.example>\r\nRCPT TO:<x@y.example".to_owned());
    let error = send(&channel, None, &message, &door(true)).await.unwrap_err();
    assert_eq!(error.code(), "notify.address");
}

/// An address where nobody listens: bound, remembered, let go.
async fn closed_port() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind(ANY).await.unwrap();
    listener.local_addr().unwrap()
}

#[tokio::test]
async fn a_webhook_gets_one_signed_event() {
    let folder = tempfile::tempdir().unwrap();
    let (identity, root) = identity(folder.path());
    let sink = HttpSink::start(any(), Some(&identity)).await.unwrap();
    let message = delivery(Purpose::Opened, None);
    let channel = hook(sink.address(), "https", Some(&root));
    let receipt = send(&channel, Some("whsec_c2hhcmVkIGtleQ==\n"), &message, &door(true)).await.unwrap();
    assert!(receipt.end_to_end);
    let asked = &sink.asked()[0];
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/events?key=hidden"));
    assert_eq!(asked.header("content-type"), Some("application/cloudevents+json"));
    let id = asked.header("webhook-id").unwrap();
    assert_eq!(asked.header("idempotency-key"), Some(id));
    let signed = [id, asked.header("webhook-timestamp").unwrap(), std::str::from_utf8(&asked.body).unwrap()];
    let signature = asked.header("webhook-signature").unwrap().strip_prefix("v1,").unwrap();
    let code = notafter_cert::base64::decode(signature).unwrap();
    assert!(hmac_sha256_is(b"shared key", signed.join(".").as_bytes(), &code));
    let event: serde_json::Value = serde_json::from_slice(&asked.body).unwrap();
    insta::assert_json_snapshot!("webhook_event", event);

    let untrusted = hook(sink.address(), "https", None);
    let error = send(&untrusted, Some("k"), &message, &door(true)).await.unwrap_err();
    assert_eq!(error.code(), "http.tls");
}

#[tokio::test]
async fn what_webhooks_answer_decides_whether_to_come_again() {
    let sink = HttpSink::start(any(), None).await.unwrap();
    let channel = hook(sink.address(), "http", None);
    let message = delivery(Purpose::Reminder, None);
    let elsewhere = Reply::Answer {
        status: 302,
        headers: vec![("location".to_owned(), "http://169.254.169.254/latest/meta-data".to_owned())],
        body: String::new(),
    };
    let later = Reply::Answer {
        status: 429,
        headers: vec![("retry-after".to_owned(), "90".to_owned())],
        body: "slow\u{7} down".to_owned(),
    };
    let table = [
        (elsewhere, "notify.refused", Retry::Never, None),
        (later, "notify.deferred", Retry::Later, Some(now() + Span::seconds(90))),
        (Reply::status(503), "notify.deferred", Retry::Later, None),
        (Reply::status(404), "notify.refused", Retry::Never, None),
        (Reply::status(410), "notify.refused", Retry::Never, None),
    ];
    let mut said = Vec::new();
    for (reply, code, retry, until) in table {
        sink.reply(reply.clone());
        let error = send(&channel, Some("k"), &message, &door(true)).await.unwrap_err();
        assert_eq!((error.code(), error.retry(), error.until()), (code, retry, until), "{reply:?}");
        said.push(error.to_string());
    }
    insta::assert_snapshot!("webhook_faults", said.join("\n"));
    assert_eq!(sink.asked().len(), 5, "no redirect was followed");

    sink.reply(Reply::Hang);
    let short = Door { within: Span::millis(300), ..door(true) };
    let error = send(&channel, Some("k"), &message, &short).await.unwrap_err();
    assert_eq!(error.code(), "http.timeout");
}

/// A web server's page for what it does not find repeats the path, and that was kept, logged and shown.
#[tokio::test]
async fn a_receiver_that_repeats_what_it_was_asked_gives_no_secret_away() {
    let sink = HttpSink::start(any(), None).await.unwrap();
    let base = format!("http://{}", sink.address());
    let at = format!("{base}/services/T00000000/B00000000/n0t-t0-be-t0ld");
    let message = delivery(Purpose::Opened, None);
    let table = [
        (channel("slack", json!({ "url": "env:SLACK" })), at.as_str()),
        (channel("webhook", json!({ "url": "env:HOOK" })), at.as_str()),
        (channel("webhook", json!({ "url": at })), ""),
        (channel("ntfy", json!({ "url": "env:TOPIC" })), at.as_str()),
        (channel("ntfy", json!({ "url": at })), ""),
        (channel("webhook", json!({ "url": format!("{base}/hook?key=n0t-t0-be-t0ld") })), ""),
        (channel("alertmanager", json!({ "urls": [base], "token": "env:TOKEN" })), "n0t-t0-be-t0ld"),
    ];
    for (channel, secret) in table {
        let path = at.replace(&base, "");
        for (status, before) in [(404, 0), (500, 0), (200, 0), (404, 170)] {
            let body =
                format!("{}Cannot POST {path} n0t-t0-be-t0ld /hook?key=n0t-t0-be-t0ld", "x".repeat(before));
            sink.reply(Reply::Answer { status, headers: Vec::new(), body });
            let sent = send(&channel, Some(secret), &message, &door(true)).await;
            let told = sent.map_or_else(|error| format!("{error} {error:?}"), |receipt| receipt.detail);
            assert!(!told.contains("n0t-t0"), "{}: {told}", channel.kind);
        }
    }
    assert_eq!(sink.asked().len(), 28);
}

#[tokio::test]
async fn a_mail_server_that_repeats_what_it_was_sent_gives_no_password_away() {
    for words in ["AUTH PLAIN AG9wcwBzd29yZGZpc2g=", "c3dvcmRmaXNo", "swordfish"] {
        let listener = tokio::net::TcpListener::bind(ANY).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let said = format!("220 mail\r\n250-mail\r\n250 AUTH PLAIN\r\n502 not known: {words}\r\n");
            stream.write_all(said.as_bytes()).await.unwrap();
            while stream.read(&mut [0; 4096]).await.is_ok_and(|count| count > 0) {}
        });
        let channel = with_user(mail_channel(address, "none", None), "ops");
        let delivery = delivery(Purpose::Opened, Some("ops@example.org"));
        let error = send(&channel, Some("swordfish\n"), &delivery, &door(true)).await.unwrap_err();
        assert!(error.to_string().contains("502 not known: "), "{error}");
        assert!(!format!("{error} {error:?}").contains(words), "{error}");
        server.await.unwrap();
    }
}

/// Mail was carried wherever the name of its server led.
#[tokio::test]
async fn mail_does_not_reach_addresses_that_nobody_may() {
    let sink = SmtpSink::start(any(), smtp_sink::Options::default()).await.unwrap();
    let message = delivery(Purpose::Opened, Some("ops@example.org"));
    let error = send(&mail_channel(sink.address(), "none", None), None, &message, &door(false)).await;
    let error = error.unwrap_err();
    assert_eq!((error.code(), error.retry()), ("notify.address", Retry::Never));
    assert!(sink.mails().is_empty());
    let metadata = mail_channel("169.254.169.254:25".parse().unwrap(), "none", None);
    let error = send(&metadata, None, &message, &door(true)).await.unwrap_err();
    insta::assert_snapshot!(
        error,
        @r#""169.254.169.254" is not an address that this channel can reach: 169.254.169.254 is a cloud's metadata address: notafter does not connect there"#
    );

    // As the names of web servers are: one address that lets nobody in, and one that does.
    let mut named = mail_channel(sink.address(), "none", None);
    named.settings.insert("host".to_owned(), json!("mail.example.org"));
    let (dead, alive) = ("127.0.0.9".parse().unwrap(), sink.address().ip());
    let names =
        vec![Override::new("mail.example.org".parse().unwrap(), sink.address().port(), vec![dead, alive])];
    let door = Door { resolver: door(true).resolver.with_overrides(names), ..door(true) };
    send(&named, None, &message, &door).await.unwrap();
    assert_eq!(sink.mails().len(), 1);
}

#[tokio::test]
async fn a_webhook_does_not_reach_addresses_that_nobody_wrote() {
    let sink = HttpSink::start(any(), None).await.unwrap();
    let message = delivery(Purpose::Opened, None);
    let channel = hook(sink.address(), "http", None);
    let error = send(&channel, Some("k"), &message, &door(false)).await.unwrap_err();
    assert_eq!(error.code(), "http.forbidden");
    let metadata = hook("169.254.169.254:80".parse().unwrap(), "http", None);
    let error = send(&metadata, Some("k"), &message, &door(true)).await.unwrap_err();
    assert_eq!(error.code(), "http.forbidden");
    assert!(sink.asked().is_empty());
}

/// Prints each message with its envelope on standard output, once it is ready. What protects it: `plain`, `starttls` or
/// `tls`; the latter two take mail only from `ops` with the password.
const OUTSIDE_SERVER: &str = r#"
import ssl, sys
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
port, protection, chain, key = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
class Keep:
    async def handle_DATA(self, server, session, envelope):
        user = session.auth_data.login.decode() if session.auth_data else "-"
        sys.stdout.write("%s %s %s\n" % (envelope.mail_from, ",".join(envelope.rcpt_tos), user))
        sys.stdout.write(envelope.content.decode("utf8", "replace") + "\nEND\n")
        sys.stdout.flush()
        return "250 2.0.0 kept"
def who(server, session, envelope, mechanism, data):
    fits = data.login == b"ops" and data.password == b"s3cret"
    return AuthResult(success=fits, handled=fits, auth_data=data)
options = {}
if protection != "plain":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    options = {"auth_required": True, "authenticator": who}
    if protection == "tls":
        options.update(ssl_context=context, auth_require_tls=False)
    else:
        options.update(tls_context=context, require_starttls=True, auth_require_tls=True)
controller = Controller(Keep(), hostname="127.0.0.1", port=port, **options)
controller.start()
print("ready", flush=True)
sys.stdin.read()
"#;

#[tokio::test]
async fn an_outside_mail_server_takes_our_mail() {
    let installed = std::process::Command::new("/usr/bin/python3").args(["-c", "import aiosmtpd"]).output();
    if !installed.is_ok_and(|output| output.status.success()) {
        left_out("an_outside_mail_server_takes_our_mail", Need::Package("python3-aiosmtpd"));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (identity, root) = identity(folder.path());
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let pair = [file("chain.pem", identity.chain_pem()), file("key.pem", identity.key_pem())];
    for (protection, tls) in [("plain", "none"), ("starttls", "starttls"), ("tls", "tls")] {
        takes_our_mail(protection, tls, &pair, &root).await;
    }
}

async fn takes_our_mail(protection: &str, tls: &str, [chain, key]: &[String; 2], root: &Path) {
    use tokio::io::{AsyncBufReadExt, BufReader};
    let address = closed_port().await;
    let mut server = tokio::process::Command::new("/usr/bin/python3")
        .args(["-c", OUTSIDE_SERVER, &address.port().to_string(), protection, chain, key])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("ready"));
    let message = delivery(Purpose::Opened, Some("oncall@shop.example"));
    let protected = tls != "none";
    let mut channel = mail_channel(address, tls, protected.then_some(root));
    if protected {
        channel = with_user(channel, "ops");
        let refused = send(&channel, Some("wrong"), &message, &door(true)).await.unwrap_err();
        assert_eq!(
            (refused.code(), refused.retry()),
            ("notify.refused", Retry::Never),
            "{protection}: {refused}"
        );
    }
    let receipt = send(&channel, Some("s3cret"), &message, &door(true)).await.unwrap();
    assert_eq!(receipt.detail, "250 2.0.0 kept", "{protection}");
    let user = if protected { "ops" } else { "-" };
    let envelope = format!("notafter@example.org oncall@shop.example {user}");
    assert_eq!(lines.next_line().await.unwrap(), Some(envelope), "{protection}");
    let mut text = Vec::new();
    while let Some(line) = lines.next_line().await.unwrap().filter(|line| line != "END") {
        text.push(line);
    }
    assert!(text.iter().any(|line| line == "Auto-Submitted: auto-generated"), "{protection}: {text:?}");
    server.kill().await.unwrap();
}

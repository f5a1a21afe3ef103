//! Mail (RFC 5321, RFC 5322; submission over TLS by RFC 8314 and RFC 3207).

use std::error::Error as _;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::time::{Duration, UNIX_EPOCH};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lettre::address::{Address, Envelope};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{self, Certificate, TlsParameters};
use lettre::transport::smtp::response::Response;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use notafter_cert::{Identifier, pem};
use notafter_inventory::model::{
    ChannelKind, ChannelSettings, Delivery, Form, Proof, Purpose, Receipt, Recipient, Setting, SettingError,
    Usual,
};
use notafter_inventory::plan::alert::{linked_body, reply_token_of};
use notafter_inventory::reply::Token;
use serde::Deserialize;
use serde_json::Value;

use super::{Door, Notifier, NotifyError, Opened, Outgoing, news};

/// As much of a server's words as is shown: one line of its reply (RFC 5321 section 4.5.3.1.5).
const REPLY_SHOWN: usize = 512;

/// Carries mail.
pub(super) struct Smtp;

/// The kind of channel that carries mail.
pub(super) const NAME: &str = "smtp";
/// The setting that says where replies go.
const REPLY_TO: &str = "reply_to";
/// What stands in it for the mark of each message.
const TOKEN: &str = "{token}";
/// RFC 5321 section 4.5.3.1.1.
const LOCAL_PART: usize = 64;

static KIND: ChannelKind = ChannelKind {
    name: NAME,
    title: "mail",
    receipt: "a mail server took responsibility; only a confirmed code shows that a person can read it",
    proof: Proof::Code,
    hears_who_took_it: false,
    to: Recipient::Mailbox(mailbox),
    through: &["host"],
    settings: &[
        Setting::required("host", Form::Text, "the mail server"),
        Setting::optional("port", Form::Port, "its TCP port").or(Usual::Follows("by `tls`: 587, 465, 25")),
        Setting::optional(
            "tls",
            Form::OneOf(&["starttls", "tls", "none"]),
            "`starttls` (required, not merely tried), `tls` from the first byte, or `none`",
        )
        .or(Usual::Text("starttls")),
        Setting::required("from", Form::Text, "the sender's address"),
        Setting::optional(
            REPLY_TO,
            Form::Text,
            "where replies to alerts go that take them, such as `notafter+{token}@example.org` (see *Replies*)",
        ),
        Setting::optional("user", Form::Text, "user for authentication"),
        Setting::optional("password", Form::Secret, "its password"),
        super::post::TRUST,
    ],
    check,
};

#[derive(Deserialize)]
struct Settings {
    host: String,
    port: Option<u16>,
    tls: Protection,
    from: String,
    reply_to: Option<String>,
    user: Option<String>,
    trust: Option<String>,
}

fn check(settings: &ChannelSettings) -> Vec<SettingError> {
    let said = |key| settings.get(key).and_then(Value::as_str);
    let mut wrong = Vec::new();
    if let Some(Err(why)) = said("from").map(mailbox) {
        let hint = "write an address alone: `from = \"notafter@example.org\"`";
        wrong.push(SettingError { key: "from", why, hint });
    }
    if let Some(Err(why)) = said(REPLY_TO).map(|to| answered_at(to, &"a".repeat(Token::LETTERS))) {
        let hint = "write an address alone, in which {token} may stand once: `reply_to = \"notafter+{token}@example.org\"`";
        wrong.push(SettingError { key: REPLY_TO, why, hint });
    }
    if said("user").is_some() != said("password").is_some() {
        let (key, why) = match said("user") {
            Some(_) => ("user", "it has no `password` beside it".to_owned()),
            None => ("password", "it has no `user` beside it".to_owned()),
        };
        let hint = "write both, or neither where the server asks for none";
        wrong.push(SettingError { key, why, hint });
    }
    if said("tls") == Some("none") && said("password").is_some() && !said("host").is_some_and(is_loopback) {
        let why = "a password is not sent without TLS".to_owned();
        wrong.push(SettingError { key: "tls", why, hint: "write starttls or tls" });
    }
    wrong
}

/// Whether this is the address of a mailbox (RFC 5321 section 4.1.2), without a name before it.
pub(super) fn mailbox(text: &str) -> Result<(), String> {
    text.parse::<Address>().map(drop).map_err(|error| format!("{text:?} is no address: {error}"))
}

/// The address that replies to the message with this mark go to.
fn answered_at(reply_to: &str, token: &str) -> Result<Address, String> {
    let address = reply_to.replacen(TOKEN, token, 1);
    if address.rsplit_once('@').is_some_and(|(local, _)| local.len() > LOCAL_PART) {
        let room = LOCAL_PART - Token::LETTERS;
        return Err(format!(
            "what stands before the @ is too long: beside {TOKEN} there is room for {room} letters"
        ));
    }
    address.parse().map_err(|error| format!("{reply_to:?} is no address: {error}"))
}

/// How the connection is protected.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Protection {
    /// TLS from the first byte (port 465, RFC 8314).
    Tls,
    /// STARTTLS, required (port 587, RFC 3207).
    Starttls,
    /// None: only towards loopback or by explicit choice.
    None,
}

impl Settings {
    /// RFC 8314 section 3.3 and RFC 6409 section 3.1; 25 is left for relays without protection.
    fn port(&self) -> u16 {
        self.port.unwrap_or(match self.tls {
            Protection::Tls => 465,
            Protection::Starttls => 587,
            Protection::None => 25,
        })
    }
}

impl Notifier for Smtp {
    fn kind(&self) -> &'static ChannelKind {
        &KIND
    }

    fn render(&self, outgoing: &Outgoing<'_>) -> Result<Vec<u8>, NotifyError> {
        let settings: Settings = outgoing.settings()?;
        let (from, to) = addresses(&settings, outgoing.delivery)?;
        let token = reply_token_of(&outgoing.delivery.message);
        let identity = token.map_or_else(|| outgoing.delivery.id.to_string(), str::to_owned);
        let mut builder = Message::builder()
            .from(Mailbox::new(Some("notafter".to_owned()), from.clone()))
            .to(Mailbox::new(None, to));
        if let Some((reply_to, token)) = settings.reply_to.as_deref().zip(token) {
            let address = answered_at(reply_to, token).map_err(NotifyError::Settings)?;
            builder = builder.reply_to(Mailbox::new(None, address));
        }
        let message = head(builder, outgoing.delivery, (&identity, from.domain()))
            .singlepart(SinglePart::plain(linked_body(&outgoing.delivery.message)))
            .map_err(|error| NotifyError::Settings(error.to_string()))?;
        Ok(message.formatted())
    }

    fn send<'a>(
        &'a self,
        outgoing: &'a Outgoing<'a>,
        rendered: Vec<u8>,
        door: &'a Door,
    ) -> BoxFuture<'a, Result<Receipt, NotifyError>> {
        async move {
            let settings: Settings = outgoing.settings()?;
            let (from, to) = addresses(&settings, outgoing.delivery)?;
            let envelope = Envelope::new(Some(from), vec![to])
                .map_err(|error| NotifyError::Settings(error.to_string()))?;
            carry_within(&settings, outgoing.opened(), door, (&envelope, &rendered)).await
        }
        .boxed()
    }
}

async fn carry_within(
    settings: &Settings,
    opened: Opened<'_>,
    door: &Door,
    mail: (&Envelope, &[u8]),
) -> Result<Receipt, NotifyError> {
    // The library bounds connecting; a server that hangs later is bounded here.
    let sent = tokio::time::timeout(door.within.to_std(), carry(settings, opened, door, mail)).await;
    sent.map_err(|_| NotifyError::Timeout { peer: peer(settings), within: door.within })?
}

/// Sends a letter that is written already, from the channel's own address, which `write` puts on it.
pub(super) async fn send(
    opened: Opened<'_>,
    door: &Door,
    to: &str,
    write: impl FnOnce(MessageBuilder, &str) -> Result<Message, String>,
) -> Result<Receipt, NotifyError> {
    let settings: Settings = opened.settings()?;
    let (from, to) = (parsed(&settings.from)?, parsed(to)?);
    let builder = Message::builder().to(Mailbox::new(None, to.clone()));
    let message = write(builder, settings.from.as_str()).map_err(NotifyError::Settings)?;
    let envelope =
        Envelope::new(Some(from), vec![to]).map_err(|error| NotifyError::Settings(error.to_string()))?;
    carry_within(&settings, opened, door, (&envelope, &message.formatted())).await
}

/// To the first of the server's addresses that lets us in, each of which is checked against the policy before it is
/// touched (law 10).
async fn carry(
    settings: &Settings,
    opened: Opened<'_>,
    door: &Door,
    (envelope, message): (&Envelope, &[u8]),
) -> Result<Receipt, NotifyError> {
    let wrong = |why: String| NotifyError::Address { address: settings.host.clone(), why };
    let host: Identifier = settings.host.parse().map_err(|_| wrong("it is no host name".to_owned()))?;
    let resolved = door.resolver.resolve(&host, settings.port()).await;
    let resolved = resolved
        .map_err(|error| NotifyError::Unreachable { peer: peer(settings), why: error.to_string() })?;
    let mut refused = NotifyError::Unreachable { peer: peer(settings), why: "it has no address".to_owned() };
    for address in resolved.addresses {
        door.policy.check(address.ip()).map_err(|forbidden| wrong(forbidden.to_string()))?;
        match transport(settings, address.ip(), opened)?.send_raw(envelope, message).await {
            Ok(response) => return Ok(receipt(opened, &response)),
            Err(error) if lets_nobody_in(&error) => refused = classify(settings, opened, &error),
            Err(error) => return Err(classify(settings, opened, &error)),
        }
    }
    Err(refused)
}

/// No connection was made: another address may take the message.
fn lets_nobody_in(error: &lettre::transport::smtp::Error) -> bool {
    let refused = [
        ErrorKind::ConnectionRefused,
        ErrorKind::HostUnreachable,
        ErrorKind::NetworkUnreachable,
        ErrorKind::AddrNotAvailable,
    ];
    let cause = error.source().and_then(|cause| cause.downcast_ref::<std::io::Error>());
    cause.is_some_and(|cause| refused.contains(&cause.kind()))
}

fn addresses(settings: &Settings, delivery: &Delivery) -> Result<(Address, Address), NotifyError> {
    let to = delivery.to.as_deref().ok_or_else(|| {
        NotifyError::Settings("a contact on a mail channel needs an address (`to`)".to_owned())
    })?;
    Ok((parsed(&settings.from)?, parsed(to)?))
}

fn parsed(text: &str) -> Result<Address, NotifyError> {
    text.parse::<Address>()
        .map_err(|error| NotifyError::Address { address: text.to_owned(), why: error.to_string() })
}

/// Header fields: one thread per alert, one identity per message, and a mark that keeps auto-responders quiet (RFC 3834).
fn head(builder: MessageBuilder, delivery: &Delivery, (identity, domain): (&str, &str)) -> MessageBuilder {
    let written = Duration::from_micros(u64::try_from(delivery.created_at.as_micros()).unwrap_or(0));
    let mut builder = builder
        .subject(delivery.message.subject.clone())
        .date(UNIX_EPOCH + written)
        .message_id(Some(format!("<{identity}@{domain}>")))
        .raw_header(field("Auto-Submitted", "auto-generated"))
        .raw_header(field("Notafter-Delivery", &delivery.id.to_string()));
    if let Some(alert) = delivery.alert_id {
        let thread = format!("<{alert}@{domain}>");
        builder = builder
            .in_reply_to(thread.clone())
            .references(thread)
            .raw_header(field("Notafter-Alert", &alert.to_string()));
    }
    let urgent = delivery.message.subject.starts_with("CRITICAL") && delivery.purpose != Purpose::Digest;
    if urgent { builder.raw_header(field("Importance", "high")) } else { builder }
}

pub(super) fn field(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

fn transport(
    settings: &Settings,
    address: IpAddr,
    opened: Opened<'_>,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, NotifyError> {
    let tls = match settings.tls {
        Protection::Tls => client::Tls::Wrapper(parameters(settings)?),
        Protection::Starttls => client::Tls::Required(parameters(settings)?),
        Protection::None => client::Tls::None,
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.to_string())
        .port(settings.port())
        .tls(tls);
    if let Some(user) = &settings.user {
        let password = opened.secret("password")?.to_owned();
        if settings.tls == Protection::None && !is_loopback(&settings.host) {
            return Err(NotifyError::Settings(
                "a password is not sent without TLS: set tls to starttls or tls".to_owned(),
            ));
        }
        builder = builder.credentials(Credentials::new(user.clone(), password));
    }
    Ok(builder.build())
}

fn parameters(settings: &Settings) -> Result<TlsParameters, NotifyError> {
    let wrong = |why: &dyn std::fmt::Display| NotifyError::Settings(why.to_string());
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(path) = &settings.trust {
        let bytes = std::fs::read(path).map_err(|error| wrong(&format!("{path}: {error}")))?;
        let roots = pem::chain_from(&bytes).map_err(|error| wrong(&format!("{path}: {error}")))?;
        for der in roots {
            builder =
                builder.add_root_certificate(Certificate::from_der(der).map_err(|error| wrong(&error))?);
        }
    }
    builder.build().map_err(|error| wrong(&error))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn peer(settings: &Settings) -> String {
    match settings.tls {
        Protection::Tls => format!("{}:{}", settings.host, settings.port()),
        Protection::Starttls | Protection::None => format!("smtp://{}:{}", settings.host, settings.port()),
    }
}

fn receipt(opened: Opened<'_>, response: &Response) -> Receipt {
    let words: Vec<&str> = response.message().collect();
    let said = news::line(&opened.veiled(&words.join(" ")), REPLY_SHOWN);
    Receipt { detail: format!("{} {said}", response.code()), end_to_end: false }
}

fn classify(settings: &Settings, opened: Opened<'_>, error: &lettre::transport::smtp::Error) -> NotifyError {
    let peer = peer(settings);
    // The library tells a reply that is none as it came.
    let why = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    let why = news::line(&opened.veiled(&why), REPLY_SHOWN);
    let said = || match error.status() {
        Some(code) => format!("{code} {why}"),
        None => why.clone(),
    };
    if error.is_permanent() {
        NotifyError::Refused { peer, said: said(), mend: None }
    } else if error.is_transient() {
        NotifyError::Deferred { peer, said: said(), until: None }
    } else if error.is_tls() || is_about_trust(error) {
        NotifyError::Tls { peer, why }
    } else if error.is_client() {
        // Such as a server without STARTTLS where the channel demands it.
        NotifyError::Tls { peer, why: error.to_string() }
    } else {
        NotifyError::Unreachable { peer, why }
    }
}

/// A handshake's failure comes as a connection's, with the reason inside.
fn is_about_trust(error: &lettre::transport::smtp::Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()).is_some() {
            return true;
        }
        source = cause.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn where_replies_go_is_an_address_with_room_for_the_mark() {
        let wrong = |reply_to: &str| {
            let settings = json!({ "host": "mail.example", "from": "na@example.org", "reply_to": reply_to });
            let settings = serde_json::from_value(settings).unwrap();
            check(&settings)
                .into_iter()
                .map(|wrong| format!("{}: {}", wrong.key, wrong.why))
                .collect::<Vec<_>>()
        };
        for right in ["notafter@example.org", "notafter+{token}@example.org", "{token}@alerts.example.org"] {
            assert_eq!(wrong(right), Vec::<String>::new(), "{right}");
        }
        let long =
            "reply_to: what stands before the @ is too long: beside {token} there is room for 12 letters";
        assert_eq!(wrong("alerts-of-notafter+{token}@example.org"), [long]);
        for address in ["notafter", "Ada <ada@example.org>", "notafter+{token}+{token}@example.org"] {
            assert_eq!(wrong(address).len(), 1, "{address}");
        }
    }
}

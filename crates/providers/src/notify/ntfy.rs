//! ntfy: a push message on a topic, published as JSON (docs.ntfy.sh, "Publish as JSON").

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notafter_inventory::code::is_reference;
use notafter_inventory::model::{
    ChannelKind, ChannelSettings, Form, Proof, Receipt, Recipient, Setting, SettingError,
};
use notafter_net::http::Request;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::news::{self, Mark};
use super::post::{self, Mend};
use super::{Door, Notifier, NotifyError, Outgoing};

/// Pushes to phones.
pub(super) struct Ntfy;

static KIND: ChannelKind = ChannelKind {
    name: "ntfy",
    title: "a push message on an ntfy topic",
    receipt: "the ntfy server keeps the message under the identity in its answer; whether a phone listens is not shown",
    proof: Proof::Code,
    hears_who_took_it: false,
    to: Recipient::OfChannel,
    through: &["url"],
    settings: &[
        Setting::required(
            "url",
            Form::GuardedUrl,
            "server and topic, such as `https://ntfy.sh/our-certificates`; where the name of the topic lets in whoever knows it, as on ntfy.sh, a reference: `env:NAME` or `file:/PATH`",
        ),
        Setting::optional("token", Form::Secret, "access token (`tk_...`)"),
        Setting::optional("tags", Form::Texts, "tags beside the one that shows the severity"),
        Setting::optional("click", Form::Url, "what opens when somebody taps the message"),
        post::TRUST,
    ],
    check,
};

const MEND: Mend = Mend {
    unauthorized: "let `token` be one that may write to this topic (`ntfy access` on the server)",
    absent: "look whether `url` is the address of an ntfy server, with the topic behind it",
    other: "look into the ntfy server's log; a topic has at most 64 letters, digits, - and _",
};

/// ntfy keeps 4096 bytes of a message and makes an attachment of more.
const MESSAGE_BYTES: usize = 3_900;
const TITLE_CHARS: usize = 200;
/// ntfy takes three, and two belong to one alert.
const BUTTONS: usize = 2;

#[derive(Deserialize)]
struct Settings {
    url: String,
    token: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    click: Option<String>,
    trust: Option<String>,
}

fn check(settings: &ChannelSettings) -> Vec<SettingError> {
    let url = settings.get("url").and_then(Value::as_str).unwrap_or_default();
    if is_reference(url) || topic(url).is_some() {
        return Vec::new();
    }
    let hint = "write server and topic: `https://ntfy.sh/our-certificates`";
    vec![SettingError { key: "url", why: "it names no topic".to_owned(), hint }]
}

/// The address that takes JSON, and the topic, which is the last part of the path.
fn topic(url: &str) -> Option<(String, String)> {
    let mut url = Url::parse(url).ok()?;
    let topic = url.path_segments()?.next_back()?.to_owned();
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if topic.is_empty() || topic.len() > 64 || !topic.chars().all(fits) || url.query().is_some() {
        return None;
    }
    url.path_segments_mut().ok()?.pop().push("");
    Some((url.to_string(), topic))
}

impl Notifier for Ntfy {
    fn kind(&self) -> &'static ChannelKind {
        &KIND
    }

    fn render(&self, outgoing: &Outgoing<'_>) -> Result<Vec<u8>, NotifyError> {
        let settings: Settings = outgoing.settings()?;
        let (_, topic) = address(&settings, outgoing)?;
        let message = &outgoing.delivery.message;
        let (priority, tag) = urgency(Mark::of(outgoing.delivery));
        let mut tags = vec![tag.to_owned()];
        tags.extend(settings.tags);
        let mut body = json!({
            "topic": topic,
            "title": news::line(&message.subject, TITLE_CHARS),
            "message": news::written(&message.body, MESSAGE_BYTES, str::to_owned, str::len),
            "tags": tags,
            "priority": priority,
        });
        if let Some(click) = settings.click {
            body["click"] = json!(click);
        }
        let links = news::links(outgoing.delivery).into_iter().take(BUTTONS);
        let buttons: Vec<Value> =
            links.map(|(label, url)| json!({ "action": "view", "label": label, "url": url })).collect();
        if !buttons.is_empty() {
            body["actions"] = json!(buttons);
        }
        post::json_bytes(&body)
    }

    fn send<'a>(
        &'a self,
        outgoing: &'a Outgoing<'a>,
        rendered: Vec<u8>,
        door: &'a Door,
    ) -> BoxFuture<'a, Result<Receipt, NotifyError>> {
        async move {
            let settings: Settings = outgoing.settings()?;
            let (url, _) = address(&settings, outgoing)?;
            let mut request = Request::post(&url, "application/json", rendered);
            if settings.token.is_some() {
                post::confidential("url", &url)?;
                request = request.header("authorization", &format!("Bearer {}", outgoing.secret("token")?));
            }
            let response = post::client(settings.trust.as_deref(), door)?.send(request).await?;
            post::accepted(&response, outgoing, MEND)?;
            let id = post::answered(&response, outgoing, "id")?;
            Ok(Receipt { detail: format!("{} message {id}", response.status), end_to_end: false })
        }
        .boxed()
    }
}

fn address(settings: &Settings, outgoing: &Outgoing<'_>) -> Result<(String, String), NotifyError> {
    let url = post::guarded("url", &settings.url, outgoing)?;
    topic(&url).ok_or_else(|| NotifyError::Settings("`url` names no topic".to_owned()))
}

/// Priority from 1 to 5, and the tag that ntfy shows as a picture.
const fn urgency(mark: Mark) -> (u8, &'static str) {
    match mark {
        Mark::Critical => (5, "rotating_light"),
        Mark::Warning => (4, "warning"),
        Mark::Unknown => (3, "question"),
        Mark::Recovered => (3, "white_check_mark"),
        Mark::Note => (2, "information_source"),
    }
}

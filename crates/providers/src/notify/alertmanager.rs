//! Prometheus Alertmanager: its API v2, with labels that stay the same from the first message to the recovery.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notafter_cert::{Span, Time};
use notafter_inventory::model::{
    ChannelKind, ChannelSettings, Form, Labels, Proof, Receipt, Recipient, Setting, SettingError,
};
use notafter_net::http::{Client, Request};
use serde::Deserialize;
use serde_json::{Value, json};

use super::news::{self, Mark, News};
use super::post::{self, Mend};
use super::{Door, Notifier, NotifyError, Outgoing};

/// Posts to Alertmanager.
pub(super) struct Alertmanager;

static KIND: ChannelKind = ChannelKind {
    name: "alertmanager",
    title: "Prometheus Alertmanager",
    receipt: "at least one replica took the alert; it forgets it when it restarts, until the next reminder, and whom it tells is decided by its routes",
    proof: Proof::Code,
    hears_who_took_it: false,
    to: Recipient::OfChannel,
    through: &["urls"],
    settings: &[
        Setting::required(
            "urls",
            Form::Urls,
            "every replica, such as `[\"http://alertmanager.example.org:9093\"]`: each gets every alert",
        ),
        Setting::optional("token", Form::Secret, "bearer token, where a proxy in front of it asks for one"),
        Setting::optional("labels", Form::Labels, "labels of every alert, for its routes"),
        Setting::optional("link", Form::Url, "`generatorURL`: where an alert leads to"),
        post::TRUST,
    ],
    check,
};

const MEND: Mend = Mend {
    unauthorized: "let `token` be one that the proxy in front of Alertmanager takes",
    absent: "write into `urls` what lies before `/api/v2/alerts`; Alertmanager has its API v2 since 0.16",
    other: "look into Alertmanager's log for why it does not take the alert",
};

/// Our own labels. Severity is one because routes live by it; each severity is an alert of its own there, and at most one
/// of them fires.
const OURS: [&str; 4] = ["alertname", "alert", "owner", "severity"];
const SEVERITIES: [(Mark, &str); 3] =
    [(Mark::Critical, "critical"), (Mark::Warning, "warning"), (Mark::Unknown, "unknown")];
/// An alert without an end would end by itself after `resolve_timeout`, and an acknowledged one is not told again: it ends
/// by a recovery, not by our silence.
const OPEN_FOR: Span = Span::days(365);
/// A digest or a test is no alert: it ends by itself.
const NOTE_FOR: Span = Span::hours(1);
const SUMMARY_CHARS: usize = 1_000;
const DESCRIPTION_CHARS: usize = 20_000;

#[derive(Deserialize)]
struct Settings {
    urls: Vec<String>,
    token: Option<String>,
    #[serde(default)]
    labels: Labels,
    link: Option<String>,
    trust: Option<String>,
}

fn check(settings: &ChannelSettings) -> Vec<SettingError> {
    let mut wrong = Vec::new();
    let urls = settings.get("urls").and_then(Value::as_array);
    if urls.is_none_or(Vec::is_empty) {
        let hint = "write `urls = [\"http://alertmanager.example.org:9093\"]`";
        wrong.push(SettingError { key: "urls", why: "there is nobody to tell".to_owned(), hint });
    }
    let labels = settings.get("labels").and_then(Value::as_object);
    for name in labels.into_iter().flat_map(|labels| labels.keys()) {
        let first = name.chars().next().is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '_');
        if !first || !name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
            let why = format!("Prometheus knows no label of the name `{name}`");
            wrong.push(SettingError { key: "labels", why, hint: "use letters, digits and _ only" });
        }
        if OURS.contains(&name.as_str()) {
            let why = format!("the label `{name}` is notafter's own, and must stay the same");
            wrong.push(SettingError { key: "labels", why, hint: "choose another name" });
        }
    }
    wrong
}

impl Notifier for Alertmanager {
    fn kind(&self) -> &'static ChannelKind {
        &KIND
    }

    fn render(&self, outgoing: &Outgoing<'_>) -> Result<Vec<u8>, NotifyError> {
        let settings: Settings = outgoing.settings()?;
        let written = outgoing.delivery.created_at;
        let all = news::all(outgoing.delivery);
        post::json_bytes(&all.iter().flat_map(|news| alerts(news, &settings, written)).collect())
    }

    fn send<'a>(
        &'a self,
        outgoing: &'a Outgoing<'a>,
        rendered: Vec<u8>,
        door: &'a Door,
    ) -> BoxFuture<'a, Result<Receipt, NotifyError>> {
        async move {
            let settings: Settings = outgoing.settings()?;
            let client = post::client(settings.trust.as_deref(), door)?;
            let asked = settings.urls.iter().map(|url| one(url, &settings, outgoing, &rendered, &client));
            let answers = futures_util::future::join_all(asked).await;
            let total = answers.len();
            let (taken, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
            match (taken.len(), refused.into_iter().find_map(Result::err)) {
                (0, Some(error)) => Err(error),
                (count, None) => Ok(receipt(format!("200 from {count} of {total}"))),
                (count, Some(error)) => Ok(receipt(format!("200 from {count} of {total}; {error}"))),
            }
        }
        .boxed()
    }
}

const fn receipt(detail: String) -> Receipt {
    Receipt { detail, end_to_end: false }
}

async fn one(
    url: &str,
    settings: &Settings,
    outgoing: &Outgoing<'_>,
    rendered: &[u8],
    client: &Client,
) -> Result<(), NotifyError> {
    let url = format!("{}/api/v2/alerts", url.trim_end_matches('/'));
    let mut request = Request::post(&url, "application/json", rendered.to_vec());
    if settings.token.is_some() {
        post::confidential("urls", &url)?;
        request = request.header("authorization", &format!("Bearer {}", outgoing.secret("token")?));
    }
    let response = client.send(request).await?;
    post::accepted(&response, outgoing, MEND)?;
    // It has nothing to say to an alert that it took.
    if response.body.trim_ascii().is_empty() { Ok(()) } else { Err(post::strange(&response, outgoing)) }
}

/// The alert under the severity that holds, and an end of those under the others.
fn alerts(news: &News<'_>, settings: &Settings, written: Time) -> Vec<Value> {
    if news.mark == Mark::Note {
        return vec![alert((news, "info"), settings, written, written + NOTE_FOR)];
    }
    let ends = |mark| if news.mark == mark { written + OPEN_FOR } else { written };
    let each =
        SEVERITIES.iter().map(|(mark, severity)| alert((news, severity), settings, written, ends(*mark)));
    each.collect()
}

fn alert((news, severity): (&News<'_>, &str), settings: &Settings, written: Time, ends: Time) -> Value {
    let begun = written.to_string();
    let mut labels = json!({ "alertname": "notafter", "alert": news.key, "severity": severity });
    if let Some(owner) = news.owner {
        labels["owner"] = json!(owner);
    }
    for (name, label) in &settings.labels {
        labels[name] = json!(label);
    }
    let mut annotations = json!({
        "summary": news::line(news.line, SUMMARY_CHARS),
        "description": news::lines(&news.body, DESCRIPTION_CHARS),
    });
    if let Some(name) = news.name {
        annotations["name"] = json!(news::line(name, SUMMARY_CHARS));
    }
    let mut alert = json!({
        "labels": labels,
        "annotations": annotations,
        "startsAt": news.opened_at.unwrap_or(&begun),
        "endsAt": ends,
    });
    if let Some(link) = &settings.link {
        alert["generatorURL"] = json!(link);
    }
    alert
}

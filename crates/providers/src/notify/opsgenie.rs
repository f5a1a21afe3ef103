//! Opsgenie and its successor, Jira Service Management: an alert under an alias, acknowledged when somebody took it, closed
//! when it is over.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notafter_inventory::model::{ChannelKind, Form, Proof, Receipt, Recipient, Setting};
use notafter_net::http::{Request, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::news::{self, Mark, News, Step};
use super::post::{self, Mend};
use super::{Door, Notifier, NotifyError, Outgoing};

/// Pages by Opsgenie.
pub(super) struct Opsgenie;

static KIND: ChannelKind = ChannelKind {
    name: "opsgenie",
    title: "Opsgenie, or alerts of Jira Service Management",
    receipt: "the request was queued under the identity in the answer; whom it calls is decided by the team's rules",
    proof: Proof::Code,
    hears_who_took_it: true,
    to: Recipient::OfChannel,
    through: &["url"],
    settings: &[
        Setting::required(
            "url",
            Form::Url,
            "where alerts are made: `https://api.atlassian.com/jsm/ops/integration/v2/alerts`, or Opsgenie's own until 2027-04-05: `https://api.opsgenie.com/v2/alerts`, `https://api.eu.opsgenie.com/v2/alerts`",
        ),
        Setting::required("api_key", Form::Secret, "the key of an API integration"),
        Setting::optional(
            "teams",
            Form::Texts,
            "names of the teams that are called, where the integration does not say",
        ),
        Setting::optional("tags", Form::Texts, "tags of every alert"),
        post::TRUST,
    ],
    check: ChannelKind::unchecked,
};

const MEND: Mend = Mend {
    unauthorized: "put the key of an API integration that may create, acknowledge and close alerts where `api_key` refers to, and look whether `url` is the one of your region",
    absent: "look whether `url` is the address that alerts are made at; Opsgenie's own ends on 2027-04-05",
    other: "look what the answer says of the alert; `teams` must be known there",
};

/// Limits of an alert.
const MESSAGE_CHARS: usize = 130;
const DESCRIPTION_CHARS: usize = 15_000;
const FIELD_CHARS: usize = 100;
const TAGS: usize = 20;
const TAG_CHARS: usize = 50;

#[derive(Deserialize)]
struct Settings {
    url: String,
    #[serde(default)]
    teams: Vec<String>,
    #[serde(default)]
    tags: Vec<String>,
    trust: Option<String>,
}

impl Notifier for Opsgenie {
    fn kind(&self) -> &'static ChannelKind {
        &KIND
    }

    /// One request a line, in the order of the message's alerts.
    fn render(&self, outgoing: &Outgoing<'_>) -> Result<Vec<u8>, NotifyError> {
        let settings: Settings = outgoing.settings()?;
        let all = news::all(outgoing.delivery);
        let bodies = all.iter().flat_map(|news| {
            let told = |(step, alias): (Step, String)| match step {
                Step::Begin => creating(news, &alias, outgoing, &settings),
                Step::Take | Step::End => noting(news, step, outgoing),
            };
            news.steps().into_iter().map(told).collect::<Vec<_>>()
        });
        post::json_lines(bodies)
    }

    fn send<'a>(
        &'a self,
        outgoing: &'a Outgoing<'a>,
        rendered: Vec<u8>,
        door: &'a Door,
    ) -> BoxFuture<'a, Result<Receipt, NotifyError>> {
        async move {
            let settings: Settings = outgoing.settings()?;
            let url = post::confidential("url", &settings.url)?;
            let key = format!("GenieKey {}", outgoing.secret("api_key")?);
            let bodies = rendered.split(|byte| *byte == b'\n').map(<[u8]>::to_vec);
            let steps = news::all(outgoing.delivery).into_iter().flat_map(|news| news.steps());
            let requests = steps.zip(bodies).map(|((step, alias), body)| {
                let url = address(&url, step, &alias);
                Request::post(url, "application/json", body).header("authorization", &key)
            });
            let requests = requests.collect();
            let client = post::client(settings.trust.as_deref(), door)?;
            post::one_by_one(outgoing, requests, (&client, door), taken).await
        }
        .boxed()
    }
}

fn address(url: &Url, step: Step, alias: &str) -> String {
    let mut url = url.clone();
    let verb = match step {
        Step::Begin => return url.into(),
        Step::Take => "acknowledge",
        Step::End => "close",
    };
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push(alias).push(verb);
    }
    url.query_pairs_mut().append_pair("identifierType", "alias");
    url.into()
}

/// What goes with an acknowledgement or an end.
fn noting(news: &News<'_>, step: Step, outgoing: &Outgoing<'_>) -> Value {
    let note = match (step, news.mark) {
        (Step::End, Mark::Note) => "A summary: closed once it was told.",
        (Step::End, Mark::Critical | Mark::Warning | Mark::Unknown) => {
            "It got worse: a new alert tells of it."
        }
        _ => &news.body,
    };
    let source = news::line(outgoing.source, FIELD_CHARS);
    json!({ "source": source, "note": plain(&news::lines(note, DESCRIPTION_CHARS)) })
}

fn creating(news: &News<'_>, alias: &str, outgoing: &Outgoing<'_>, settings: &Settings) -> Value {
    let tags = settings.tags.iter().map(String::as_str).chain(news.codes.iter().copied());
    let tags: Vec<String> = tags.map(|tag| news::line(tag, TAG_CHARS)).take(TAGS).collect();
    let mut body = post::told(json!({
        "message": plain(&news::line(news.line, MESSAGE_CHARS)),
        "alias": alias,
        "description": plain(&news::lines(&news.body, DESCRIPTION_CHARS)),
        "tags": tags,
        "details": post::told(json!({ "root": news.root, "opened_at": news.opened_at, "owner": news.owner })),
        "entity": news.name.map(|name| plain(&news::line(name, FIELD_CHARS))),
        "source": news::line(outgoing.source, FIELD_CHARS),
        "priority": priority(news.mark),
    }));
    if !settings.teams.is_empty() {
        let teams = settings.teams.iter().map(|team| json!({ "type": "team", "name": team }));
        body["responders"] = teams.collect();
    }
    body
}

const fn priority(mark: Mark) -> &'static str {
    match mark {
        Mark::Critical => "P1",
        Mark::Warning | Mark::Unknown => "P3",
        Mark::Recovered | Mark::Note => "P5",
    }
}

/// Descriptions are shown as HTML on pages and as they are in short messages: neither finds a tag here.
fn plain(text: &str) -> String {
    text.replace('<', "\u{2039}").replace('>', "\u{203a}")
}

fn taken(response: &Response, outgoing: &Outgoing<'_>) -> Result<String, NotifyError> {
    post::accepted(response, outgoing, MEND)?;
    post::answered(response, outgoing, "requestId")
}

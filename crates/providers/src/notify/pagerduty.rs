//! PagerDuty: Events API v2, an incident per alert, acknowledged when somebody took it, resolved when it is over.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notafter_inventory::model::{ChannelKind, Form, Proof, Receipt, Recipient, Setting, Usual};
use notafter_inventory::plan::alert::Links;
use notafter_net::http::{Request, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::news::{self, Mark, News, Step};
use super::post::{self, Mend};
use super::{Door, Notifier, NotifyError, Outgoing};

/// Pages by PagerDuty.
pub(super) struct PagerDuty;

static KIND: ChannelKind = ChannelKind {
    name: "pagerduty",
    title: "PagerDuty (Events API v2)",
    receipt: "PagerDuty queued the event under the alert's `dedup_key`; whom it pages is decided by the service's rules",
    proof: Proof::Code,
    hears_who_took_it: true,
    to: Recipient::OfChannel,
    through: &["url"],
    settings: &[
        Setting::required("routing_key", Form::Secret, "the integration key of a service (Events API v2)"),
        Setting::optional(
            "url",
            Form::Url,
            "where events are sent; `https://events.eu.pagerduty.com/v2/enqueue` for accounts in the EU",
        )
        .or(Usual::Text("https://events.pagerduty.com/v2/enqueue")),
        Setting::optional("link", Form::Url, "a page that an incident leads to, such as a runbook"),
        post::TRUST,
    ],
    check: ChannelKind::unchecked,
};

const MEND: Mend = Mend {
    unauthorized: "put the integration key of an Events API v2 integration where `routing_key` refers to",
    absent: "look whether `url` is the one of your region (US or EU)",
    other: "put the integration key of an Events API v2 integration (32 letters and digits) where `routing_key` refers to",
};

/// Limits of an event.
const SUMMARY_CHARS: usize = 1_024;
const FIELD_CHARS: usize = 255;
const DETAIL_CHARS: usize = 20_000;

#[derive(Deserialize)]
struct Settings {
    url: String,
    link: Option<String>,
    trust: Option<String>,
}

impl Notifier for PagerDuty {
    fn kind(&self) -> &'static ChannelKind {
        &KIND
    }

    /// One event a line: several alerts of one message are incidents of their own, or none could be resolved alone.
    fn render(&self, outgoing: &Outgoing<'_>) -> Result<Vec<u8>, NotifyError> {
        let settings: Settings = outgoing.settings()?;
        let key = outgoing.secret("routing_key")?;
        let all = news::all(outgoing.delivery);
        let events = all.iter().flat_map(|news| {
            let told = |(step, dedup_key): (Step, String)| {
                let dedup_key = news::line(&dedup_key, FIELD_CHARS);
                let event =
                    json!({ "routing_key": key, "event_action": action(step), "dedup_key": dedup_key });
                match step {
                    Step::Begin => triggering(event, news, outgoing, settings.link.as_deref()),
                    Step::Take | Step::End => event,
                }
            };
            news.steps().into_iter().map(told).collect::<Vec<_>>()
        });
        post::json_lines(events)
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
            let events = rendered.split(|byte| *byte == b'\n').map(<[u8]>::to_vec);
            let requests =
                events.map(|event| Request::post(url.as_str(), "application/json", event)).collect();
            let client = post::client(settings.trust.as_deref(), door)?;
            post::one_by_one(outgoing, requests, (&client, door), taken).await
        }
        .boxed()
    }
}

const fn action(step: Step) -> &'static str {
    match step {
        Step::Begin => "trigger",
        Step::Take => "acknowledge",
        Step::End => "resolve",
    }
}

/// The event with everything that an incident shows.
fn triggering(mut event: Value, news: &News<'_>, outgoing: &Outgoing<'_>, link: Option<&str>) -> Value {
    let begun = outgoing.delivery.created_at.to_string();
    event["payload"] = post::told(json!({
        "summary": news::line(news.line, SUMMARY_CHARS),
        "source": news::line(news.name.unwrap_or(outgoing.source), FIELD_CHARS),
        "severity": severity(news.mark),
        "timestamp": news.opened_at.unwrap_or(&begun),
        "component": news.root,
        "group": news.owner.map(|owner| news::line(owner, FIELD_CHARS)),
        "class": news.codes.first(),
        "custom_details": { "text": news::lines(&news.body, DETAIL_CHARS), "codes": news.codes },
    }));
    event["client"] = json!("notafter");
    let mut links: Vec<Value> =
        link.map(|link| json!({ "href": link, "text": "what to do" })).into_iter().collect();
    if let Some(Links { acknowledge, silence }) = &news.links {
        links.push(json!({ "href": acknowledge, "text": "take it at notafter" }));
        links.push(json!({ "href": silence, "text": "silence it at notafter" }));
    }
    if !links.is_empty() {
        event["links"] = json!(links);
    }
    event
}

const fn severity(mark: Mark) -> &'static str {
    match mark {
        Mark::Critical => "critical",
        Mark::Warning | Mark::Unknown => "warning",
        Mark::Recovered | Mark::Note => "info",
    }
}

fn taken(response: &Response, outgoing: &Outgoing<'_>) -> Result<String, NotifyError> {
    post::accepted(response, outgoing, MEND)?;
    post::answered(response, outgoing, "dedup_key")
}

//! Microsoft Teams: a workflow's webhook that takes an adaptive card.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notafter_inventory::model::{ChannelKind, Form, Proof, Receipt, Recipient, Setting};
use notafter_net::http::Request;
use serde::Deserialize;
use serde_json::{Value, json};

use super::news::{self, Mark};
use super::post::{self, Mend};
use super::{Door, Notifier, NotifyError, Outgoing};

/// Posts cards to Teams.
pub(super) struct Teams;

static KIND: ChannelKind = ChannelKind {
    name: "teams",
    title: "a Microsoft Teams channel, by a workflow",
    receipt: "the workflow was started; Teams may still drop the card without a word, so that only a confirmed code shows that it arrives",
    proof: Proof::Code,
    hears_who_took_it: false,
    to: Recipient::OfChannel,
    through: &["url"],
    settings: &[
        Setting::required(
            "url",
            Form::Secret,
            "the workflow's address (\"Post to a channel when a webhook request is received\"); the older connectors (`webhook.office.com`) are switched off",
        ),
        post::TRUST,
    ],
    check: ChannelKind::unchecked,
};

const MEND: Mend = Mend {
    unauthorized: "copy the workflow's address anew to where `url` refers to: its signature is not valid any more, or the workflow is limited to people of the tenant",
    absent: "look whether the workflow still exists and is switched on; it goes with the account of the person who made it",
    other: "look whether the workflow is switched on, and into its run history for why it does not take the card",
};

/// Teams takes about 28 KB for a message; a letter may be three bytes, and each line has its frame.
const TITLE_CHARS: usize = 300;
const BODY_CHARS: usize = 6_000;
const LINES: usize = 60;

#[derive(Deserialize)]
struct Settings {
    trust: Option<String>,
}

impl Notifier for Teams {
    fn kind(&self) -> &'static ChannelKind {
        &KIND
    }

    fn render(&self, outgoing: &Outgoing<'_>) -> Result<Vec<u8>, NotifyError> {
        let message = &outgoing.delivery.message;
        let mut body = vec![json!({
            "type": "TextBlock",
            "text": escaped(&news::line(&message.subject, TITLE_CHARS)),
            "wrap": true,
            "weight": "Bolder",
            "color": color(Mark::of(outgoing.delivery)),
        })];
        let text = news::lines(&message.body, BODY_CHARS);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        body.extend(at_most(lines).into_iter().map(block));
        let links: Vec<Value> = news::links(outgoing.delivery)
            .into_iter()
            .map(|(title, url)| json!({ "type": "Action.OpenUrl", "title": title, "url": url }))
            .collect();
        let mut card = json!({
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.2",
            "body": body,
            "msteams": { "width": "full" },
        });
        if !links.is_empty() {
            card["actions"] = json!(links);
        }
        post::json_bytes(&json!({
            "type": "message",
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": null,
                "content": card,
            }],
        }))
    }

    fn send<'a>(
        &'a self,
        outgoing: &'a Outgoing<'a>,
        rendered: Vec<u8>,
        door: &'a Door,
    ) -> BoxFuture<'a, Result<Receipt, NotifyError>> {
        async move {
            let settings: Settings = outgoing.settings()?;
            let url = post::confidential("url", outgoing.secret("url")?)?;
            let request = Request::post(url.as_str(), "application/json", rendered);
            let response = post::client(settings.trust.as_deref(), door)?.send(request).await?;
            let said = post::accepted(&response, outgoing, MEND)?;
            // A workflow answers 202 without a word; words are somebody else's, or tell of a failure behind it.
            if !response.body.trim_ascii().is_empty() {
                return Err(post::strange(&response, outgoing));
            }
            let run = response.header("x-ms-workflow-run-id").or_else(|| response.header("x-ms-request-id"));
            let detail =
                run.map_or_else(|| said.clone(), |run| format!("{said} run {}", news::line(run, 100)));
            Ok(Receipt { detail, end_to_end: false })
        }
        .boxed()
    }
}

/// Of too many lines, the first ones and the last.
fn at_most(mut lines: Vec<&str>) -> Vec<&str> {
    if lines.len() > LINES {
        let end = lines.len() - LINES / 3;
        lines.splice(LINES - LINES / 3 - 1..end, ["..."]);
    }
    lines
}

/// One line of the body; a card knows no line breaks of its own.
fn block(line: &str) -> Value {
    json!({ "type": "TextBlock", "text": escaped(line.trim()), "wrap": true, "spacing": "None" })
}

const fn color(mark: Mark) -> &'static str {
    match mark {
        Mark::Critical => "Attention",
        Mark::Warning | Mark::Unknown => "Warning",
        Mark::Recovered => "Good",
        Mark::Note => "Default",
    }
}

/// The subset of Markdown that cards render: emphasis, links, lists, headings; and character references.
fn escaped(text: &str) -> String {
    news::unlisted(&news::escaped(text, "\\`*_[]<>~#|&"))
}

//! Slack: an incoming webhook with blocks of plain text, in which nothing is markup and nobody is mentioned.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notafter_inventory::model::{ChannelKind, Form, Proof, Receipt, Recipient, Setting};
use notafter_net::http::Request;
use serde::Deserialize;
use serde_json::json;

use super::post::{self, Mend};
use super::{Door, Notifier, NotifyError, Outgoing, news};

/// Posts to Slack.
pub(super) struct Slack;

static KIND: ChannelKind = ChannelKind {
    name: "slack",
    title: "a Slack channel",
    receipt: "Slack answered `ok` and posts the message; it tells no identity, so a message that was sent twice stands there twice",
    proof: Proof::Code,
    hears_who_took_it: false,
    to: Recipient::OfChannel,
    settings: &[
        Setting::required(
            "url",
            Form::Secret,
            "the incoming webhook (`https://hooks.slack.com/services/...`)",
        ),
        post::TRUST,
    ],
    check: ChannelKind::unchecked,
};

const MEND: Mend = Mend {
    unauthorized: "make a new incoming webhook and put its URL where `url` refers to: this one is not allowed any more, or an administrator restricts the channel",
    absent: "make a new incoming webhook and put its URL where `url` refers to: this one, or its channel, was deleted or archived",
    other: "look what Slack's word means at https://docs.slack.dev (incoming webhooks, errors)",
};

/// Limits of Slack's block kit: a header, and the text of a section.
const HEADER_CHARS: usize = 150;
const SECTION_CHARS: usize = 3_000;

#[derive(Deserialize)]
struct Settings {
    trust: Option<String>,
}

impl Notifier for Slack {
    fn kind(&self) -> &'static ChannelKind {
        &KIND
    }

    fn render(&self, outgoing: &Outgoing<'_>) -> Result<Vec<u8>, NotifyError> {
        let message = &outgoing.delivery.message;
        let plain = |text: String| json!({ "type": "plain_text", "text": text, "emoji": false });
        post::json_bytes(&json!({
            "text": escaped(&news::line(&message.subject, SECTION_CHARS)),
            "blocks": [
                { "type": "header", "text": plain(news::line(&message.subject, HEADER_CHARS)) },
                { "type": "section", "text": plain(news::lines(&message.body, SECTION_CHARS)) },
            ],
            "mrkdwn": false,
            "unfurl_links": false,
            "unfurl_media": false,
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
            let detail = post::accepted(&response, outgoing, MEND)?;
            if response.body.trim_ascii() != b"ok" {
                return Err(post::strange(&response, outgoing));
            }
            Ok(Receipt { detail, end_to_end: false })
        }
        .boxed()
    }
}

/// The three letters that control Slack's own notation; without `<` there is no link and no mention.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

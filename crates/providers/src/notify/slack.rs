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
    through: &["url"],
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
/// A whole mail of ours has its place in a few sections; of longer ones, nobody reads the middle in a chat.
const BODY_CHARS: usize = 12_000;

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
        let plain = |text: &str| json!({ "type": "plain_text", "text": text, "emoji": false });
        let header = news::line(&message.subject, HEADER_CHARS);
        let mut blocks = vec![json!({ "type": "header", "text": plain(&header) })];
        let sections = sections(&news::lines(&message.body, BODY_CHARS));
        blocks.extend(sections.iter().map(|text| json!({ "type": "section", "text": plain(text) })));
        let links: Vec<String> = news::links(outgoing.delivery)
            .iter()
            .map(|(words, url)| format!("<{}|{}>", escaped(url), escaped(words).replace('|', " ")))
            .collect();
        if !links.is_empty() {
            let text = json!({ "type": "mrkdwn", "text": links.join("   "), "verbatim": true });
            blocks.push(json!({ "type": "section", "text": text }));
        }
        post::json_bytes(&json!({
            "text": escaped(&news::line(&message.subject, SECTION_CHARS)),
            "blocks": blocks,
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

/// The text in parts that fit a section each, at the ends of lines where there are any. Slack takes no empty one.
fn sections(text: &str) -> Vec<String> {
    let mut sections = vec![String::new()];
    let mut room = SECTION_CHARS;
    for line in text.split_inclusive('\n') {
        let letters: Vec<char> = line.chars().collect();
        for part in letters.chunks(SECTION_CHARS) {
            if part.len() > room {
                sections.push(String::new());
                room = SECTION_CHARS;
            }
            room -= part.len();
            if let Some(last) = sections.last_mut() {
                last.extend(part);
            }
        }
    }
    sections.retain(|section| !section.trim().is_empty());
    sections
}

/// The three letters that control Slack's own notation; without `<` there is no link and no mention.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

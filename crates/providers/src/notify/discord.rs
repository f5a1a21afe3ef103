//! Discord: a webhook with one embed; nobody is mentioned, whatever a name says.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notafter_inventory::model::{ChannelKind, Delivery, Form, Proof, Receipt, Recipient, Setting};
use notafter_net::http::Request;
use serde::Deserialize;
use serde_json::json;

use super::news::{self, Mark};
use super::post::{self, Mend};
use super::{Door, Notifier, NotifyError, Outgoing};

/// Posts to Discord.
pub(super) struct Discord;

static KIND: ChannelKind = ChannelKind {
    name: "discord",
    title: "a Discord channel",
    receipt: "Discord posted the message and named its identity; whether somebody reads the channel is not shown",
    proof: Proof::Code,
    hears_who_took_it: false,
    to: Recipient::OfChannel,
    through: &["url"],
    settings: &[
        Setting::required("url", Form::Secret, "the webhook (`https://discord.com/api/webhooks/...`)"),
        post::TRUST,
    ],
    check: ChannelKind::unchecked,
};

const MEND: Mend = Mend {
    unauthorized: "make a new webhook in the channel's settings and put its URL where `url` refers to: the token in this one is wrong",
    absent: "make a new webhook in the channel's settings and put its URL where `url` refers to: this one, or its channel, was deleted",
    other: "look what Discord's answer says of the message",
};

/// Discord's limits of an embed; escaping may double what is written, and the title with it must fit, too.
const TITLE_CHARS: usize = 256;
const DESCRIPTION_CHARS: usize = 4_096;

#[derive(Deserialize)]
struct Settings {
    trust: Option<String>,
}

impl Notifier for Discord {
    fn kind(&self) -> &'static ChannelKind {
        &KIND
    }

    fn render(&self, outgoing: &Outgoing<'_>) -> Result<Vec<u8>, NotifyError> {
        let message = &outgoing.delivery.message;
        post::json_bytes(&json!({
            "content": "",
            "embeds": [{
                "title": within(&news::line(&message.subject, TITLE_CHARS), TITLE_CHARS),
                "description": description(outgoing.delivery),
                "color": color(Mark::of(outgoing.delivery)),
            }],
            "allowed_mentions": { "parse": [] },
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
            let mut url = post::confidential("url", outgoing.secret("url")?)?;
            // Else Discord answers before it has posted, and names no identity.
            url.query_pairs_mut().append_pair("wait", "true");
            let request = Request::post(url.as_str(), "application/json", rendered);
            let response = post::client(settings.trust.as_deref(), door)?.send(request).await?;
            post::accepted(&response, outgoing, MEND)?;
            let id = post::answered(&response, outgoing, "id")?;
            Ok(Receipt { detail: format!("{} message {id}", response.status), end_to_end: false })
        }
        .boxed()
    }
}

const fn color(mark: Mark) -> u32 {
    match mark {
        Mark::Critical => 0x00c0_392b,
        Mark::Warning => 0x00e6_7e22,
        Mark::Unknown => 0x007f_8c8d,
        Mark::Recovered => 0x0027_ae60,
        Mark::Note => 0x0034_98db,
    }
}

/// The text, and links below it.
fn description(delivery: &Delivery) -> String {
    let links: Vec<String> =
        news::links(delivery).iter().map(|(words, url)| format!("[{}]({url})", escaped(words))).collect();
    if links.is_empty() {
        return within(&delivery.message.body, DESCRIPTION_CHARS);
    }
    let links = format!("\n\n{}", links.join("  "));
    let room = DESCRIPTION_CHARS.saturating_sub(links.chars().count());
    within(&delivery.message.body, room) + &links
}

fn within(text: &str, longest: usize) -> String {
    news::written(text, longest, escaped, |escaped| escaped.chars().count())
}

/// Discord's Markdown, and its mentions.
fn escaped(text: &str) -> String {
    let escaped = news::escaped(text, "\\*_~`|>#[]()<:@-");
    escaped.lines().map(news::unlisted).collect::<Vec<_>>().join("\n")
}

//! What the other side says, without the secrets that it was told: a page that does not find something repeats the path of
//! a webhook, and a mail server the line that it does not understand.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use notafter_inventory::plan::alert::{confirmation_of, reply_token_of};
use serde_json::Value;
use url::Url;

use super::{Notifier, Opened, Outgoing, find, news};

/// What is shorter is no secret, and stands in words that mean something else.
const SHORTEST: usize = 6;
/// Parts of a URL are words as well (`services`, `webhooks`): what guards it is longer.
const SHORTEST_PART: usize = 12;
/// What stands in a secret's place.
const VEIL: &str = "(secret)";

impl Outgoing<'_> {
    /// A text without what this channel's secrets are, as they are and as they go over the wire.
    pub(super) fn veiled(&self, text: &str) -> String {
        self.opened().veiled(text)
    }
}

impl Opened<'_> {
    /// A text without what this channel's secrets are, as they are and as they go over the wire.
    pub(super) fn veiled(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.hidden() {
            text = text.replace(&secret, VEIL);
        }
        text
    }

    /// The longest first: one may hold another.
    fn hidden(&self) -> Vec<String> {
        let settings = &self.channel.settings;
        let user = settings.get("user").and_then(Value::as_str).unwrap_or_default();
        let mut hidden = Vec::new();
        for secret in self.secrets.values() {
            let secret = secret.trim_end();
            // AUTH PLAIN (RFC 4616) and LOGIN send it so.
            hidden.push(STANDARD.encode(format!("\0{user}\0{secret}")));
            hidden.push(STANDARD.encode(secret));
            hidden.push(secret.to_owned());
            hidden.extend(Url::parse(secret).iter().flat_map(parts));
        }
        let kind = find(&self.channel.kind).map(Notifier::kind);
        let urls = kind.into_iter().flat_map(|kind| kind.guarded_urls(settings));
        hidden.extend(urls.filter_map(|url| Url::parse(url).ok()).flat_map(|url| parts(&url)));
        let links = self.delivery.into_iter().flat_map(news::all).filter_map(|news| news.links);
        let mut links: Vec<String> = links.flat_map(|links| [links.acknowledge, links.silence]).collect();
        for message in self.delivery.into_iter().map(|delivery| &delivery.message) {
            let marks = confirmation_of(message).into_iter().chain(reply_token_of(message));
            links.extend(marks.map(str::to_owned));
        }
        hidden.extend(links.iter().filter_map(|url| Url::parse(url).ok()).flat_map(|url| parts(&url)));
        hidden.extend(links);
        hidden.retain(|secret| secret.len() >= SHORTEST);
        hidden.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        hidden
    }
}

/// What of a URL a secret may be, and a page may repeat.
fn parts(url: &Url) -> Vec<String> {
    let whole = url[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
    let path = url.path().to_owned();
    let segments = url.path_segments().into_iter().flatten().map(str::to_owned);
    let values = url.query_pairs().map(|(_, value)| value.into_owned());
    let small = segments.chain(values).filter(|part| part.len() >= SHORTEST_PART);
    let user = [url.username(), url.password().unwrap_or_default()].map(str::to_owned);
    [whole, path].into_iter().chain(small).chain(user).collect()
}

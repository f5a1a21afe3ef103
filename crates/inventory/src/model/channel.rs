//! Ways to carry a message, and what a kind of them declares about itself.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ChannelId;

/// A configured notifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Identity.
    pub id: ChannelId,
    /// Unique name, as written in the inventory file.
    pub name: String,
    /// The notifier that carries the message: `smtp`, `webhook`.
    pub kind: String,
    /// The notifier's own settings, as its [`ChannelKind`] declares them; secrets are references into the vault, never
    /// values.
    #[serde(flatten)]
    pub settings: ChannelSettings,
}

/// Settings of a channel by their keys.
pub type ChannelSettings = serde_json::Map<String, Value>;

/// A kind of channel as its notifier declares it: files are read, checked, printed and documented by this alone.
#[derive(Debug)]
pub struct ChannelKind {
    /// As written in an inventory file (`kind = "smtp"`).
    pub name: &'static str,
    /// A few words.
    pub title: &'static str,
    /// What an accepted message shows, and what it does not.
    pub receipt: &'static str,
    /// What proves a way over it.
    pub proof: Proof,
    /// Whether it hears that somebody took an alert: the product keeps alerts of its own, and would page on.
    pub hears_who_took_it: bool,
    /// What `to` of a contact says on such a channel.
    pub to: Recipient,
    /// The settings that say through whom messages go: two channels that name the same there fail together.
    pub through: &'static [&'static str],
    /// Its settings, in the order in which people write them.
    pub settings: &'static [Setting],
    /// What is wrong with settings that have the right forms: all of it.
    pub check: fn(&ChannelSettings) -> Vec<SettingError>,
}

/// What proves that messages arrive at the end of a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The answer itself: the receiver is a program.
    Answer,
    /// A code that a person types: whoever takes the message only passes it on.
    Code,
}

/// What `to` of a contact says.
#[derive(Clone, Copy, Debug)]
pub enum Recipient {
    /// Nothing that is needed: the channel's settings name the receiver.
    OfChannel,
    /// A mailbox; the function says why a text is none.
    Mailbox(fn(&str) -> Result<(), String>),
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its key in an inventory file.
    pub key: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What its value looks like.
    pub form: Form,
    /// What holds where a file does not say.
    pub usual: Usual,
}

/// What the value of a setting looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A text.
    Text,
    /// An address on the web.
    Url,
    /// One whose path, or whatever else stands in it, may let in whoever knows it: written as it is, or as a reference
    /// into the vault.
    GuardedUrl,
    /// Several addresses on the web.
    Urls,
    /// A reference into the vault: `env:NAME` or `file:/PATH`.
    Secret,
    /// An absolute path.
    Path,
    /// A TCP port.
    Port,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Several texts.
    Texts,
    /// Texts by name.
    Labels,
}

/// What holds where a file does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usual {
    /// Nothing: it must be said.
    Required,
    /// Nothing, and that is well.
    Nothing,
    /// This text; it is kept with the channel.
    Text(&'static str),
    /// What follows from other settings, in words.
    Follows(&'static str),
}

/// Settings that have the right forms and still cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingError {
    /// The key where it shows.
    pub key: &'static str,
    /// Why it cannot be used.
    pub why: String,
    /// What to write.
    pub hint: &'static str,
}

impl Setting {
    /// One that must be said.
    #[must_use]
    pub const fn required(key: &'static str, form: Form, meaning: &'static str) -> Self {
        Self { key, meaning, form, usual: Usual::Required }
    }

    /// One that may be left out.
    #[must_use]
    pub const fn optional(key: &'static str, form: Form, meaning: &'static str) -> Self {
        Self { key, meaning, form, usual: Usual::Nothing }
    }

    /// The same with another value where a file does not say.
    #[must_use]
    pub const fn or(self, usual: Usual) -> Self {
        Self { usual, ..self }
    }
}

impl ChannelKind {
    /// The secrets that these settings refer to, by their keys.
    #[must_use]
    pub fn secrets(&self, settings: &ChannelSettings) -> Vec<(&'static str, SecretRef)> {
        let said = self.settings.iter().filter_map(|setting| {
            let text = settings.get(setting.key)?.as_str()?;
            let refers = match setting.form {
                Form::Secret => true,
                Form::GuardedUrl => is_reference(text),
                _ => false,
            };
            refers.then(|| (setting.key, SecretRef(text.to_owned())))
        });
        said.collect()
    }

    /// Addresses that may be secrets and are written as they are.
    #[must_use]
    pub fn guarded_urls<'a>(&self, settings: &'a ChannelSettings) -> Vec<&'a str> {
        let guarded = self.settings.iter().filter(|setting| setting.form == Form::GuardedUrl);
        let written = guarded.filter_map(|setting| settings.get(setting.key)?.as_str());
        written.filter(|text| !is_reference(text)).collect()
    }

    /// For kinds whose settings need no more than the right forms.
    #[must_use]
    pub const fn unchecked(_: &ChannelSettings) -> Vec<SettingError> {
        Vec::new()
    }
}

/// Names a secret in the vault; its value is never shown.
///
/// In an inventory file it is written `env:NAME` or `file:PATH`; applying the file reads the value into the vault under
/// this name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretRef(pub String);

/// Whether a text says where a secret is read, and is not the secret itself.
#[must_use]
pub fn is_reference(text: &str) -> bool {
    let named = text.strip_prefix("env:").is_some_and(|name| !name.is_empty());
    let filed = text.strip_prefix("file:").is_some_and(|path| path.starts_with('/'));
    named || filed
}

/// Kinds and channels for tests of what knows no notifier.
#[cfg(test)]
pub(crate) mod stage {
    use super::*;

    static MAIL: ChannelKind = ChannelKind {
        name: "smtp",
        title: "mail",
        receipt: "",
        proof: Proof::Code,
        hears_who_took_it: false,
        to: Recipient::OfChannel,
        through: &["host"],
        settings: &[
            Setting::required("host", Form::Text, ""),
            Setting::optional("port", Form::Port, ""),
            Setting::optional("tls", Form::OneOf(&["starttls", "tls", "none"]), "")
                .or(Usual::Text("starttls")),
            Setting::required("from", Form::Text, ""),
            Setting::optional("user", Form::Text, ""),
            Setting::optional("password", Form::Secret, ""),
            Setting::optional("trust", Form::Path, ""),
        ],
        check: ChannelKind::unchecked,
    };

    static HOOK: ChannelKind = ChannelKind {
        name: "webhook",
        title: "webhook",
        receipt: "",
        proof: Proof::Answer,
        hears_who_took_it: false,
        to: Recipient::OfChannel,
        through: &["url"],
        settings: &[
            Setting::required("url", Form::Url, ""),
            Setting::optional("mirrors", Form::Urls, ""),
            Setting::optional("door", Form::GuardedUrl, ""),
            Setting::optional("hmac", Form::Secret, ""),
            Setting::optional("tags", Form::Texts, ""),
            Setting::optional("labels", Form::Labels, ""),
        ],
        check: |settings| match settings["url"].as_str() {
            Some("https://nowhere.example") => vec![SettingError {
                key: "url",
                why: "nobody lives there".to_owned(),
                hint: "write where somebody does",
            }],
            _ => Vec::new(),
        },
    };

    static PAGER: ChannelKind = ChannelKind {
        name: "pager",
        title: "pager",
        receipt: "",
        proof: Proof::Code,
        hears_who_took_it: true,
        to: Recipient::OfChannel,
        through: &[],
        settings: &[],
        check: ChannelKind::unchecked,
    };

    pub(crate) static KINDS: &[&ChannelKind] = &[&MAIL, &HOOK];
    /// With one of a product that keeps alerts of its own.
    pub(crate) static WITH_PAGER: &[&ChannelKind] = &[&MAIL, &HOOK, &PAGER];

    pub(crate) fn channel(name: &str, kind: &str) -> Channel {
        Channel {
            id: ChannelId::from_bytes([3; 16]),
            name: name.to_owned(),
            kind: kind.to_owned(),
            settings: ChannelSettings::new(),
        }
    }
}

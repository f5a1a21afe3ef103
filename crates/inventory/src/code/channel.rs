//! A channel, read and written as its kind declares it.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::entry::{Entry, Fields, Kind, text, toml_of};
use super::parse::{SecretText, name, not_absolute};
use super::reader::Reader;
use crate::model::{ChannelKind, ChannelSettings, Form, Labels, SecretRef, Setting, Usual, is_reference};

#[derive(Clone, Debug)]
pub(super) struct ChannelEntry {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) settings: ChannelSettings,
    /// Nothing for a kind that this program does not know.
    pub(super) declared: Option<&'static ChannelKind>,
}

impl Entry for ChannelEntry {
    const KIND: Kind = Kind::Channel;

    fn name(&self) -> String {
        self.name.clone()
    }

    fn fields(&self) -> Fields {
        let mut fields = vec![("name", text(&self.name)), ("kind", text(&self.kind))];
        for setting in self.declared.into_iter().flat_map(|kind| kind.settings) {
            fields.extend(self.settings.get(setting.key).and_then(toml_of).map(|value| (setting.key, value)));
        }
        fields
    }

    fn secrets(&self) -> Vec<SecretRef> {
        let secrets = self.declared.map(|kind| kind.secrets(&self.settings));
        secrets.into_iter().flatten().map(|(_, secret)| secret).collect()
    }
}

pub(super) fn read(reader: &mut Reader<'_, '_>, kinds: &[&'static ChannelKind]) -> Option<ChannelEntry> {
    let name = name(reader);
    let line = reader.line_of("kind");
    let known: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
    let known = known.join(", ");
    let Some(word) = reader.required_like::<String>("kind", &format!("one of {known}")) else {
        reader.forgive();
        return None;
    };
    let Some(kind) = kinds.iter().find(|kind| kind.name == word).copied() else {
        let what = format!("`{word}` is no kind of channel");
        reader.mistake_at(line, what, "there is no notifier of this name", &format!("write one of {known}"));
        reader.forgive();
        return None;
    };
    let lines: BTreeMap<&str, usize> =
        kind.settings.iter().map(|setting| (setting.key, reader.line_of(setting.key))).collect();
    let settings = settings(reader, kind)?;
    for wrong in (kind.check)(&settings) {
        let what = format!("`{}` of {} cannot be used", wrong.key, reader.what);
        let line = lines.get(wrong.key).copied().unwrap_or(reader.line);
        reader.mistake_at(line, what, wrong.why, wrong.hint);
    }
    Some(ChannelEntry { name: name?, kind: word, settings, declared: Some(kind) })
}

/// What is said, and what holds otherwise; nothing where something that must be said is not.
fn settings(reader: &mut Reader<'_, '_>, kind: &'static ChannelKind) -> Option<ChannelSettings> {
    let (mut settings, mut complete) = (ChannelSettings::new(), true);
    for setting in kind.settings {
        let said = value(reader, setting);
        complete &= said.is_some() || setting.usual != Usual::Required;
        let value = said.or(match setting.usual {
            Usual::Text(usual) => Some(Value::from(usual)),
            Usual::Required | Usual::Nothing | Usual::Follows(_) => None,
        });
        settings.extend(value.map(|value| (setting.key.to_owned(), value)));
    }
    complete.then_some(settings)
}

fn value(reader: &mut Reader<'_, '_>, setting: &Setting) -> Option<Value> {
    let line = reader.line_of(setting.key);
    match setting.form {
        Form::Text => said::<String>(reader, setting).map(Value::from),
        Form::Port => said::<NonZeroU16>(reader, setting).map(|port| Value::from(port.get())),
        Form::Texts => said::<Vec<String>>(reader, setting).map(Value::from),
        Form::Secret => said::<SecretText>(reader, setting).map(|secret| Value::from(secret.0.0)),
        Form::Labels => {
            let labels = said::<Labels>(reader, setting)?;
            Some(labels.into_iter().map(|(name, label)| (name, Value::from(label))).collect())
        }
        Form::Url => {
            let url: String = said(reader, setting)?;
            on_the_web(reader, (setting, line), &url)?;
            Some(Value::from(url))
        }
        Form::GuardedUrl => {
            let url: String = said(reader, setting)?;
            if !is_reference(&url) {
                on_the_web(reader, (setting, line), &url)?;
            }
            Some(Value::from(url))
        }
        Form::Urls => {
            let urls: Vec<String> = said(reader, setting)?;
            for url in &urls {
                on_the_web(reader, (setting, line), url)?;
            }
            Some(Value::from(urls))
        }
        Form::Path => {
            let path: String = said(reader, setting)?;
            if !path.starts_with('/') {
                not_absolute(reader, line, setting.key);
            }
            Some(Value::from(path))
        }
        Form::OneOf(words) => {
            let word: String = said(reader, setting)?;
            if words.contains(&word.as_str()) {
                return Some(Value::from(word));
            }
            let what = format!("`{}` of {} cannot be `{word}`", setting.key, reader.what);
            reader.mistake_at(line, what, "there is no such choice", &looks(setting.form));
            None
        }
    }
}

fn said<T: DeserializeOwned>(reader: &mut Reader<'_, '_>, setting: &Setting) -> Option<T> {
    let hint = looks(setting.form);
    match setting.usual {
        Usual::Required => reader.required_like(setting.key, &hint),
        Usual::Nothing | Usual::Text(_) | Usual::Follows(_) => reader.optional_like(setting.key, &hint),
    }
}

/// What a value of this form looks like.
fn looks(form: Form) -> String {
    match form {
        Form::OneOf(words) => format!("one of {}", words.join(", ")),
        Form::Secret => "secrets are not written into the file: `env:NAME` or `file:/PATH`".to_owned(),
        Form::Url => "begin it with https://".to_owned(),
        Form::GuardedUrl => {
            "begin it with https://, or write `env:NAME` or `file:/PATH` where it is a secret".to_owned()
        }
        Form::Urls => "a list of addresses that begin with https://".to_owned(),
        Form::Port => "a number from 1 to 65535".to_owned(),
        Form::Texts => "a list of texts: `[\"one\", \"two\"]`".to_owned(),
        Form::Labels => "`{ team = \"web\" }`: names and texts".to_owned(),
        Form::Path => "an absolute path".to_owned(),
        Form::Text => "docs/alerts.md describes every setting of a channel".to_owned(),
    }
}

fn on_the_web(reader: &mut Reader<'_, '_>, (setting, line): (&Setting, usize), url: &str) -> Option<()> {
    if url.starts_with("https://") || url.starts_with("http://") {
        return Some(());
    }
    let what = format!("`{}` of {} is no web address", setting.key, reader.what);
    let one = if setting.form == Form::GuardedUrl { Form::GuardedUrl } else { Form::Url };
    reader.mistake_at(line, what, "messages are posted over HTTP", &looks(one));
    None
}

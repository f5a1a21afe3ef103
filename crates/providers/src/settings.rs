//! The settings of a place, read key by key: whoever wrote them hears of every mistake at once.

use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::deploy::{DeployError, Meta};

/// One mistake in the settings of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongSetting {
    /// What is wrong.
    pub what: String,
    /// What to write.
    pub hint: String,
}

/// One table of settings.
pub(crate) struct SettingsReader {
    meta: &'static Meta,
    /// The key that this table belongs to; none for the settings themselves.
    of: Option<&'static str>,
    /// What was not asked for yet.
    fields: Map<String, Value>,
    known: Vec<&'static str>,
    wrong: Vec<WrongSetting>,
}

impl SettingsReader {
    /// Reads the settings of a place with this deployer.
    pub(crate) fn new(meta: &'static Meta, settings: &Value) -> Self {
        Self::over(meta, None, settings)
    }

    fn over(meta: &'static Meta, of: Option<&'static str>, settings: &Value) -> Self {
        let mut reader = Self { meta, of, fields: Map::new(), known: Vec::new(), wrong: Vec::new() };
        match settings {
            // A null is a value that was left out: stored settings have it where nothing was written.
            Value::Object(fields) => {
                reader.fields = fields.clone();
                reader.fields.retain(|_, value| !value.is_null());
            }
            // A place without settings.
            Value::Null => {}
            _ => reader.wrong_at(None, "must be a table", None),
        }
        reader
    }

    /// A value that may be left out.
    pub(crate) fn optional<T: DeserializeOwned>(&mut self, key: &'static str) -> Option<T> {
        self.known.push(key);
        let value = self.fields.remove(key)?;
        T::deserialize(value).map_err(|error| self.wrong(key, error)).ok()
    }

    /// A value that is written as a text.
    pub(crate) fn parsed<T: FromStr<Err: Display>>(&mut self, key: &'static str) -> Option<T> {
        let text: String = self.optional(key)?;
        text.parse().map_err(|error| self.wrong(key, error)).ok()
    }

    /// The path of a file on the machine: whoever reads it has another working directory.
    pub(crate) fn file(&mut self, key: &'static str) -> Option<PathBuf> {
        let path: PathBuf = self.optional(key)?;
        if path.is_absolute() && path.file_name().is_some() {
            return Some(path);
        }
        self.wrong(key, format!("{:?} is not an absolute path of a file", path.display().to_string()));
        None
    }

    /// A table of its own below a key.
    pub(crate) fn table<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        self.known.push(key);
        let value = self.fields.remove(key)?;
        let mut inner = Self::over(self.meta, Some(key), &value);
        let value = if inner.wrong.is_empty() { read(&mut inner) } else { None };
        let wrong = inner.finish();
        let is_right = wrong.is_empty();
        self.wrong.extend(wrong);
        value.filter(|_| is_right)
    }

    /// Nothing is written where something must be: a mistake.
    pub(crate) fn must_say(&mut self, key: &'static str) {
        if !self.says(key) {
            self.wrong(key, "must be written");
        }
    }

    /// Whether something is written there, however wrong (any more: ask before reading it).
    pub(crate) fn says(&self, key: &str) -> bool {
        self.fields.contains_key(key)
    }

    /// A value that cannot be used.
    pub(crate) fn wrong(&mut self, key: &'static str, why: impl Display) {
        self.wrong_at(Some(key), why, None);
    }

    /// What does not fit together, or is not there.
    pub(crate) fn amiss(&mut self, why: impl Display, hint: &str) {
        self.wrong_at(None, why, Some(hint));
    }

    fn wrong_at(&mut self, key: Option<&str>, why: impl Display, hint: Option<&str>) {
        let path: Vec<&str> = self.of.into_iter().chain(key).collect();
        let what = match path.as_slice() {
            [] => why.to_string(),
            path => format!("`{}`: {why}", path.join(".")),
        };
        let meaning = || {
            let of = path.first()?;
            let (_, meaning) = self.meta.settings.iter().find(|(key, _)| key == of)?;
            Some(format!("`{of}` is: {meaning}"))
        };
        let hint = hint.map(str::to_owned).or_else(meaning).unwrap_or_else(|| self.meta.known());
        self.wrong.push(WrongSetting { what, hint });
    }

    /// Every mistake; whatever was not asked for is one.
    fn finish(mut self) -> Vec<WrongSetting> {
        for key in std::mem::take(&mut self.fields).keys() {
            let whose =
                self.of.map_or_else(|| format!("deployer {}", self.meta.name), |of| format!("`{of}`"));
            let hint = match closest(key, &self.known) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("known settings are: {}", self.known.join(", ")),
            };
            self.wrong.push(WrongSetting { what: format!("`{key}` is no setting of {whose}"), hint });
        }
        self.wrong
    }

    /// What was read, where nothing is wrong; `None` stands beside a mistake.
    pub(crate) fn end<T>(self, read: Option<T>) -> Result<T, DeployError> {
        let deployer = self.meta;
        match (self.finish(), read) {
            (wrong, Some(read)) if wrong.is_empty() => Ok(read),
            (wrong, _) => Err(DeployError::Settings { deployer, wrong }),
        }
    }
}

/// The known key that a slip of the pen most likely meant: at most two letters away.
fn closest(key: &str, known: &[&'static str]) -> Option<&'static str> {
    let plain = key.replace('-', "_");
    let near = known.iter().map(|known| (strsim::osa_distance(&plain, known), *known));
    near.filter(|(slips, _)| *slips <= 2).min().map(|(_, known)| known)
}

//! Reads one table of a file key by key, and collects every mistake with its line.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::mistake::Mistake;

/// Mistakes of a file so far, and where its lines begin.
pub(super) struct Source {
    newlines: Vec<usize>,
    lines: usize,
    pub(super) mistakes: Vec<Mistake>,
}

impl Source {
    pub(super) fn new(text: &str) -> Self {
        let newlines =
            text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
        Self { newlines, lines: text.lines().count().max(1), mistakes: Vec::new() }
    }

    /// From 1. What shows at the end of the file, behind its last line break, is told where its last line is.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        let line = 1 + self.newlines.partition_point(|newline| *newline < offset);
        line.min(self.lines)
    }

    pub(super) fn syntax(&mut self, error: &toml::de::Error) {
        let line = error.span().map(|span| self.line_of(span.start));
        self.mistakes.push(Mistake::new(
            line,
            "this is not TOML",
            error.message().lines().collect::<Vec<_>>().join("; "),
            "see https://toml.io for the syntax; strings stand in double quotes",
        ));
    }
}

struct Field<'t> {
    key: String,
    at: Range<usize>,
    value: Spanned<DeValue<'t>>,
}

/// One table, such as one `[[endpoint]]`.
pub(super) struct Reader<'s, 't> {
    source: &'s mut Source,
    fields: Vec<Field<'t>>,
    /// Every key that was asked for.
    known: Vec<&'static str>,
    /// What the table is, in words: `endpoint`, `lineage "shop"`.
    pub(super) what: String,
    /// Its name, once that was read.
    pub(super) named: Option<String>,
    /// Where it begins.
    pub(super) line: usize,
}

impl<'s, 't> Reader<'s, 't> {
    /// The table of `value`; a mistake when it is none.
    pub(super) fn of(source: &'s mut Source, what: &str, value: Spanned<DeValue<'t>>) -> Option<Self> {
        let line = source.line_of(value.span().start);
        match value.into_inner() {
            DeValue::Table(table) => Some(Self::over(source, what, table, line)),
            other => {
                source.mistakes.push(Mistake::new(
                    Some(line),
                    format!("`{what}` is {}, not a table", article(other.type_str())),
                    "each thing is a table of its own",
                    format!("write `[[{what}]]` on a line, and the keys below it"),
                ));
                None
            }
        }
    }

    pub(super) fn over(source: &'s mut Source, what: &str, table: DeTable<'t>, line: usize) -> Self {
        let fields = table
            .into_iter()
            .map(|(key, value)| Field { at: key.span(), key: key.into_inner().into_owned(), value })
            .collect();
        Self { source, fields, known: Vec::new(), what: what.to_owned(), named: None, line }
    }

    /// A value that may be left out.
    pub(super) fn optional<T: DeserializeOwned>(&mut self, key: &'static str) -> Option<T> {
        self.optional_like(key, hint_for(key))
    }

    /// The same, with words of its own for what a value looks like.
    pub(super) fn optional_like<T: DeserializeOwned>(&mut self, key: &'static str, hint: &str) -> Option<T> {
        let value = self.raw(key)?;
        self.value(key, value, hint)
    }

    /// A list that may be left out: what can be read of it, and a mistake for each item that cannot.
    pub(super) fn list<T: DeserializeOwned>(&mut self, key: &'static str) -> Option<Vec<T>> {
        let value = self.raw(key)?;
        if !matches!(value.get_ref(), DeValue::Array(_)) {
            return self.value(key, value, hint_for(key));
        }
        let DeValue::Array(items) = value.into_inner() else { return None };
        Some(items.into_iter().filter_map(|item| self.value(key, item, hint_for(key))).collect())
    }

    fn value<T: DeserializeOwned>(
        &mut self,
        key: &'static str,
        value: Spanned<DeValue<'t>>,
        hint: &str,
    ) -> Option<T> {
        let at = value.span();
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(value) => Some(value),
            Err(error) => {
                let line = self.source.line_of(error.span().map_or(at.start, |span| span.start));
                let why = error.message().lines().next().unwrap_or_default().to_owned();
                self.mistake_at(line, format!("`{key}` of {} cannot be read", self.what), why, hint);
                None
            }
        }
    }

    /// A value that must be there.
    pub(super) fn required<T: DeserializeOwned>(&mut self, key: &'static str) -> Option<T> {
        self.required_like(key, hint_for(key))
    }

    /// The same, with words of its own for what a value looks like.
    pub(super) fn required_like<T: DeserializeOwned>(&mut self, key: &'static str, hint: &str) -> Option<T> {
        if self.has(key) {
            return self.optional_like(key, hint);
        }
        self.missing_like(key, hint);
        None
    }

    /// Whether the key is there (any more: ask before reading it).
    pub(super) fn has(&self, key: &str) -> bool {
        self.fields.iter().any(|field| field.key == key)
    }

    /// A key without a default is not there.
    pub(super) fn missing(&mut self, key: &'static str) {
        self.missing_like(key, hint_for(key));
    }

    fn missing_like(&mut self, key: &'static str, hint: &str) {
        self.known.push(key);
        let what = format!("{} has no `{key}`", self.what);
        self.mistake_at(self.line, what, "this key has no default", hint);
    }

    /// A value with a default.
    pub(super) fn or_default<T: DeserializeOwned + Default>(&mut self, key: &'static str) -> T {
        self.optional(key).unwrap_or_default()
    }

    /// The tables of an array of tables.
    pub(super) fn tables(&mut self, key: &'static str) -> Vec<Spanned<DeValue<'t>>> {
        match self.raw(key).map(Spanned::into_inner) {
            None => Vec::new(),
            Some(DeValue::Array(array)) => array.into_iter().collect(),
            Some(other) => {
                let what = format!("`{key}` is {}", article(other.type_str()));
                let hint = format!("write `[[{key}]]` instead of `[{key}]`");
                self.mistake_at(self.line, what, "there can be several of it", &hint);
                Vec::new()
            }
        }
    }

    /// A reader for a table inside this one.
    pub(super) fn inner(&mut self, what: &str, value: Spanned<DeValue<'t>>) -> Option<Reader<'_, 't>> {
        Reader::of(self.source, what, value)
    }

    /// The line of a key, or of the table where the key is not there (any more: ask before reading it).
    pub(super) fn line_of(&self, key: &str) -> usize {
        let field = self.fields.iter().find(|field| field.key == key);
        field.map_or(self.line, |field| self.source.line_of(field.at.start))
    }

    /// How many mistakes the file has so far.
    pub(super) fn mistakes(&self) -> usize {
        self.source.mistakes.len()
    }

    pub(super) fn mistake_at(
        &mut self,
        line: usize,
        what: impl Into<String>,
        why: impl Into<String>,
        hint: &str,
    ) {
        self.source.mistakes.push(Mistake::new(Some(line), what, why, hint));
    }

    /// What the rest of the keys mean is unknown: nothing is said about them.
    pub(super) fn forgive(&mut self) {
        self.fields.clear();
    }

    /// Whatever was not asked for is a mistake.
    pub(super) fn finish(self) {
        for field in self.fields {
            let line = self.source.line_of(field.at.start);
            let hint = match closest(&field.key, &self.known) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("known here: {}", self.known.join(", ")),
            };
            self.source.mistakes.push(Mistake::new(
                Some(line),
                format!("`{}` is no key of {}", field.key, self.what),
                "an unknown key is an error, so that a typo cannot hide",
                hint,
            ));
        }
    }

    fn raw(&mut self, key: &'static str) -> Option<Spanned<DeValue<'t>>> {
        self.known.push(key);
        let index = self.fields.iter().position(|field| field.key == key)?;
        Some(self.fields.swap_remove(index).value)
    }
}

fn article(kind: &str) -> String {
    let vowel = kind.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {kind}", if vowel { "an" } else { "a" })
}

/// The known key that a typo most likely meant: at most two letters away.
fn closest(key: &str, known: &[&'static str]) -> Option<&'static str> {
    let plain = key.replace('-', "_");
    known
        .iter()
        .map(|candidate| (strsim::osa_distance(&plain, candidate), *candidate))
        .filter(|(distance, _)| *distance <= 2)
        .min()
        .map(|(_, candidate)| candidate)
}

/// What a value of this key looks like.
fn hint_for(key: &str) -> &'static str {
    match key {
        "target" => "write host, host:port, [v6]:port or smtp://host: `target = \"shop.example:443\"`",
        "endpoints" => "write a list of targets: `endpoints = [\"shop.example:443\"]`",
        "identifiers" => "write a list of names and addresses: `identifiers = [\"shop.example\"]`",
        "name" => "give it a unique name: `name = \"shop\"`",
        "issuer" => "name one of the issuers: `issuer = \"letsencrypt\"`",
        "directory" => "the URL of the CA's ACME directory, which begins with https://",
        "key" => "one of ecdsa-p256, ecdsa-p384, rsa-2048, rsa-3072, rsa-4096",
        "criticality" | "level" => "one of low, normal, high, critical",
        "label" => "a label that endpoints have: `label = \"service=checkout\"`",
        "shedding" => "one of wait, split",
        "http01" => {
            "`{ solver = \"listener\", listen = \"[::]:80\" }`, `{ solver = \"webroot\", root = \"/var/www\" }` or `{ solver = \"nginx\" }`"
        }
        "contacts" => {
            "a list in the order in which they are told: `[{ channel = \"mail\", to = \"ops@example.org\" }]`; docs/inventory.md has turns and hours of duty"
        }
        "hours" => "`{ from = \"09:00\", to = \"17:00\", zone = \"Europe/Berlin\" }`",
        "labels" => "`{ service = \"checkout\" }`: names and texts",
        "permitted" => "a list of domains and ranges: `permitted = [\"internal.example\", \"10.0.0.0/8\"]`",
        "external_account" => "`{ kid = \"...\", hmac = \"env:EAB_HMAC\" }`",
        "watch" => "`{ renewer = \"certbot\", chain_file = \"/etc/letsencrypt/live/shop/fullchain.pem\" }`",
        "deployer" => "the name of a deployer: `deployer = \"nginx\"`",
        _ => "docs/inventory.md describes every key",
    }
}

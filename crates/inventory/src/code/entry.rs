//! What a file says about each thing: by names, without identifiers and without state.

use std::fmt;

use notafter_cert::{Identifier, KeySpec, Span};
use notafter_tls::Target;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use toml::{Table, Value};

use super::duty;
use crate::drill;
use crate::model::{
    AcmeTerms, BusinessHours, Criticality, CriticalityBy, CriticalityRule, DrillFault, Expected, Http01,
    Labels, LineageSpec, Practice, Rehearsed, Renewer, Rung, SecretRef, Shedding, Terms, secret_of,
};
use crate::plan::sign;

/// Kinds of things in a file, in the order in which they stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Ways to carry a message.
    Channel,
    /// Teams and persons.
    Owner,
    /// CA accounts.
    Issuer,
    /// Rules that say how much endpoints matter, by label.
    Criticality,
    /// Where certificates are served.
    Endpoint,
    /// Successions of certificates.
    Lineage,
    /// Where versions of a lineage are installed.
    Place,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Channel,
        Self::Owner,
        Self::Issuer,
        Self::Criticality,
        Self::Endpoint,
        Self::Lineage,
        Self::Place,
    ];

    /// The word in files and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Owner => "owner",
            Self::Issuer => "issuer",
            Self::Criticality => "criticality",
            Self::Endpoint => "endpoint",
            Self::Lineage => "lineage",
            Self::Place => "place",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Keys and values in the order in which people read them; what has its default is left out.
pub(super) type Fields = Vec<(&'static str, Value)>;

/// A thing that has a name and is written as a table.
pub(super) trait Entry {
    /// Its kind.
    const KIND: Kind;
    /// What identifies it among its kind.
    fn name(&self) -> String;
    /// How it is written.
    fn fields(&self) -> Fields;
    /// What follows for it from other things in the file: shown to people, and not written.
    fn follows(&self) -> Option<Follows> {
        None
    }
    /// The secrets that it refers to.
    fn secrets(&self) -> Vec<SecretRef> {
        Vec::new()
    }
}

/// A key that has a value although the thing itself does not say it.
pub(super) struct Follows {
    pub(super) key: &'static str,
    pub(super) value: Value,
    /// Where it comes from.
    pub(super) by: String,
}

#[derive(Clone, Debug)]
pub(super) struct OwnerEntry {
    pub(super) name: String,
    pub(super) contacts: Vec<Rung>,
    pub(super) owns: Vec<String>,
    pub(super) hours: BusinessHours,
    pub(super) acknowledge: Option<Span>,
}

#[derive(Clone, Debug)]
pub(super) struct IssuerEntry {
    pub(super) name: String,
    pub(super) terms: Terms,
}

#[derive(Clone, Debug)]
pub(super) struct EndpointEntry {
    pub(super) target: Target,
    /// By rule where it is `None`; always said once ownership is resolved.
    pub(super) owner: Option<String>,
    pub(super) labels: Labels,
    /// As it is said here.
    pub(super) criticality: Option<Criticality>,
    /// The rule that says it where nothing is said here; found once everything is known.
    pub(super) rule: Option<CriticalityRule>,
    pub(super) trust: Option<String>,
}

impl EndpointEntry {
    /// What its place implies, where nothing else is said of it.
    pub(super) fn implied(target: Target) -> Self {
        Self { target, owner: None, labels: Labels::new(), criticality: None, rule: None, trust: None }
    }

    /// How much it matters in the end, and who says so.
    pub(super) fn effective(&self) -> (Criticality, CriticalityBy) {
        match (self.criticality, &self.rule) {
            (Some(level), _) => (level, CriticalityBy::Endpoint),
            (None, Some(rule)) => (rule.level, CriticalityBy::Label(rule.label.clone())),
            (None, None) => (Criticality::default(), CriticalityBy::Nobody),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct LineageEntry {
    pub(super) name: String,
    pub(super) owner: Option<String>,
    pub(super) labels: Labels,
    pub(super) mode: ModeEntry,
    pub(super) drill: Option<DrillEntry>,
    /// Where its identifiers stand in the file.
    pub(super) identifiers_line: Option<usize>,
    /// Whether its issuer is the private CA, which asks for no answers; known once issuers are.
    pub(super) signed_here: bool,
}

#[derive(Clone, Debug)]
pub(super) enum ModeEntry {
    Managed(LineageSpec),
    Watch(WatchEntry),
}

/// A watch-only lineage, without what is observed about it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WatchEntry {
    pub(super) renewer: Renewer,
    pub(super) chain_file: String,
    pub(super) key_file: Option<String>,
    pub(super) config_file: Option<String>,
    pub(super) trigger: Option<String>,
    pub(super) ping: Option<PingEntry>,
    /// What its newest certificate carries: observed, not written.
    #[serde(skip)]
    pub(super) identifiers: Vec<Identifier>,
}

/// `{ every = "24h", grace = "1h" }`.
#[derive(Clone, Copy, Debug)]
pub(super) struct PingEntry(pub(super) Expected);

/// Nobody pings oftener, or forgets more seldom.
const SHORTEST: Span = Span::minutes(1);
const LONGEST: Span = Span::days(400);
const USUAL_GRACE: Span = Span::hours(1);

impl<'de> Deserialize<'de> for PingEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            every: String,
            grace: Option<String>,
        }
        let length = |text: &str| -> Result<Span, D::Error> {
            let length: Span = text.parse().map_err(D::Error::custom)?;
            if (SHORTEST..=LONGEST).contains(&length) {
                return Ok(length);
            }
            Err(D::Error::custom(format!("{text} is not between {SHORTEST} and {LONGEST}")))
        };
        let Fields { every, grace } = Fields::deserialize(deserializer)?;
        let grace = grace.as_deref().map_or(Ok(USUAL_GRACE), length)?;
        Ok(Self(Expected { every: length(&every)?, grace }))
    }
}

/// `{ every = "90d", fault = "ca-down" }`.
#[derive(Clone, Copy, Debug)]
pub(super) struct DrillEntry(pub(super) Rehearsed);

impl<'de> Deserialize<'de> for DrillEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            every: String,
            fault: Option<DrillFault>,
        }
        let Fields { every, fault } = Fields::deserialize(deserializer)?;
        let length: Span = every.parse().map_err(D::Error::custom)?;
        if !(drill::SHORTEST..=drill::LONGEST).contains(&length) {
            let (shortest, longest) = (drill::SHORTEST, drill::LONGEST);
            return Err(D::Error::custom(format!("{every} is not between {shortest} and {longest}")));
        }
        Ok(Self(Rehearsed { every: length, fault }))
    }
}

impl DrillEntry {
    /// As it is read.
    fn written(self) -> Value {
        let Rehearsed { every, fault } = self.0;
        let mut fields = vec![("every", length(every))];
        fields.extend(fault.map(|fault| ("fault", text(fault.name()))));
        table(fields)
    }
}

/// As it is read.
fn length(span: Span) -> Value {
    let units = [(Span::days(1), "d"), (Span::hours(1), "h"), (Span::minutes(1), "min")];
    let fits = |(unit, _): &(Span, &str)| span.as_micros() % unit.as_micros() == 0;
    let (unit, name) = units.into_iter().find(fits).unwrap_or((Span::seconds(1), "s"));
    Value::String(format!("{}{name}", span.as_micros() / unit.as_micros()))
}

#[derive(Clone, Debug)]
pub(super) struct PlaceEntry {
    pub(super) lineage: String,
    pub(super) name: String,
    pub(super) deployer: String,
    pub(super) settings: serde_json::Value,
    pub(super) endpoints: Vec<Target>,
}

impl ModeEntry {
    /// The names that it speaks for.
    pub(super) fn identifiers(&self) -> &[Identifier] {
        match self {
            Self::Managed(spec) => &spec.identifiers,
            Self::Watch(watch) => &watch.identifiers,
        }
    }
}

/// The name of an endpoint: its target, with the server name where that is another.
#[must_use]
pub fn endpoint_name(target: &Target) -> String {
    match &target.sni {
        None => target.to_string(),
        Some(sni) => format!("{target} ({sni})"),
    }
}

/// The name of a place: it is unique within its lineage.
#[must_use]
pub fn place_name(lineage: &str, place: &str) -> String {
    format!("{lineage}/{place}")
}

impl Entry for OwnerEntry {
    const KIND: Kind = Kind::Owner;

    fn name(&self) -> String {
        self.name.clone()
    }

    fn fields(&self) -> Fields {
        let mut fields = vec![("name", text(&self.name))];
        if !self.contacts.is_empty() {
            fields.push(("contacts", Value::Array(self.contacts.iter().map(duty::written).collect())));
        }
        texts(&mut fields, "owns", &self.owns);
        if self.hours != BusinessHours::default() {
            let hours = self.hours;
            let clock = match hours.zone {
                Some(zone) => ("zone", text(zone.name())),
                None => ("offset", Value::String(hours.offset())),
            };
            let (from, to) = (Value::String(hours.from()), Value::String(hours.to()));
            fields.push(("hours", table(vec![("from", from), ("to", to), clock])));
        }
        fields.extend(self.acknowledge.map(|every| ("acknowledge", length(every))));
        fields
    }
}

impl Entry for IssuerEntry {
    const KIND: Kind = Kind::Issuer;

    fn name(&self) -> String {
        self.name.clone()
    }

    fn fields(&self) -> Fields {
        let mut fields = vec![("name", text(&self.name))];
        match &self.terms {
            Terms::Acme(terms) => asked_with(&mut fields, terms),
            Terms::Private(practice) => signs_by(&mut fields, practice, &self.name),
        }
        fields
    }

    fn secrets(&self) -> Vec<SecretRef> {
        match &self.terms {
            Terms::Acme(terms) => terms.external_account.iter().map(|account| account.hmac.clone()).collect(),
            Terms::Private(_) => Vec::new(),
        }
    }
}

fn asked_with(fields: &mut Fields, terms: &AcmeTerms) {
    fields.push(("directory", text(&terms.directory)));
    texts(fields, "contact", &terms.contact);
    if terms.terms_agreed {
        fields.push(("terms_agreed", Value::Boolean(true)));
    }
    if let Some(account) = &terms.external_account {
        let inner = vec![("kid", text(&account.kid)), ("hmac", text(&account.hmac.0))];
        fields.push(("external_account", table(inner)));
    }
    said(fields, "trust", terms.trust.as_ref());
}

/// The keys of a private CA where a file does not say.
pub(super) const CA_KEY: KeySpec = KeySpec::EcdsaP384;

fn signs_by(fields: &mut Fields, practice: &Practice, name: &str) {
    fields.push(("kind", text("private")));
    if practice.common_name != name {
        fields.push(("common_name", text(&practice.common_name)));
    }
    if practice.key != CA_KEY {
        fields.push(("key", text(practice.key.name())));
    }
    let permitted: Vec<String> = practice.permitted.iter().map(ToString::to_string).collect();
    texts(fields, "permitted", &permitted);
    if practice.lifetime != sign::LEAF_LASTS {
        fields.push(("lifetime", length(practice.lifetime)));
    }
    if practice.root_lifetime != sign::ROOT_LASTS {
        fields.push(("root_lifetime", length(practice.root_lifetime)));
    }
}

impl Entry for EndpointEntry {
    const KIND: Kind = Kind::Endpoint;

    fn name(&self) -> String {
        endpoint_name(&self.target)
    }

    fn fields(&self) -> Fields {
        let mut fields = vec![("target", Value::String(self.target.to_string()))];
        said(&mut fields, "sni", self.target.sni.as_ref());
        said(&mut fields, "owner", self.owner.as_ref());
        labels(&mut fields, &self.labels);
        fields.extend(self.criticality.map(|level| ("criticality", text(level.name()))));
        said(&mut fields, "trust", self.trust.as_ref());
        fields
    }

    fn follows(&self) -> Option<Follows> {
        let rule = self.rule.as_ref().filter(|_| self.criticality.is_none())?;
        let by = format!("label {}", rule.label);
        Some(Follows { key: "criticality", value: text(rule.level.name()), by })
    }
}

impl Entry for CriticalityRule {
    const KIND: Kind = Kind::Criticality;

    fn name(&self) -> String {
        self.label.clone()
    }

    fn fields(&self) -> Fields {
        vec![("label", text(&self.label)), ("level", text(self.level.name()))]
    }
}

impl Entry for LineageEntry {
    const KIND: Kind = Kind::Lineage;

    fn name(&self) -> String {
        self.name.clone()
    }

    fn fields(&self) -> Fields {
        let mut fields = vec![("name", text(&self.name))];
        if let ModeEntry::Managed(spec) = &self.mode {
            let names: Vec<String> = spec.identifiers.iter().map(ToString::to_string).collect();
            texts(&mut fields, "identifiers", &names);
            fields.push(("issuer", text(&spec.issuer)));
        }
        said(&mut fields, "owner", self.owner.as_ref());
        labels(&mut fields, &self.labels);
        match &self.mode {
            ModeEntry::Managed(spec) => managed(&mut fields, spec, self.signed_here),
            ModeEntry::Watch(watch) => fields.push(("watch", watched(watch))),
        }
        fields.extend(self.drill.map(|drill| ("drill", drill.written())));
        fields
    }
}

/// How many superseded versions stay where a file does not say.
pub(super) const KEEP_VERSIONS: u32 = 3;

fn managed(fields: &mut Fields, spec: &LineageSpec, signed_here: bool) {
    if spec.key != KeySpec::default() {
        fields.push(("key", text(spec.key.name())));
    }
    if spec.reuse_key {
        fields.push(("reuse_key", Value::Boolean(true)));
    }
    said(fields, "profile", spec.profile.as_ref());
    said(fields, "preferred_chain", spec.preferred_chain.as_ref());
    let solver = match &spec.http01 {
        Http01::Listener { listen } => vec![("solver", text("listener")), ("listen", text(listen))],
        Http01::Webroot { root } => vec![("solver", text("webroot")), ("root", text(root))],
        Http01::Nginx { config } => {
            let mut inner = vec![("solver", text("nginx"))];
            said(&mut inner, "config", config.as_ref());
            inner
        }
    };
    if !signed_here {
        fields.push(("http01", table(solver)));
    }
    if spec.shedding == Shedding::Split {
        fields.push(("shedding", text("split")));
    }
    if spec.keep_versions != KEEP_VERSIONS {
        fields.push(("keep_versions", Value::Integer(spec.keep_versions.into())));
    }
}

fn watched(watch: &WatchEntry) -> Value {
    let renewer = match watch.renewer {
        Renewer::Certbot => "certbot",
        Renewer::Lego => "lego",
        Renewer::AcmeSh => "acme-sh",
        Renewer::Unknown => "unknown",
    };
    let mut inner = vec![("renewer", text(renewer)), ("chain_file", text(&watch.chain_file))];
    said(&mut inner, "key_file", watch.key_file.as_ref());
    said(&mut inner, "config_file", watch.config_file.as_ref());
    said(&mut inner, "trigger", watch.trigger.as_ref());
    if let Some(PingEntry(Expected { every, grace })) = watch.ping {
        inner.push(("ping", table(vec![("every", length(every)), ("grace", length(grace))])));
    }
    table(inner)
}

impl Entry for PlaceEntry {
    const KIND: Kind = Kind::Place;

    fn name(&self) -> String {
        place_name(&self.lineage, &self.name)
    }

    fn fields(&self) -> Fields {
        let mut fields = vec![("name", text(&self.name)), ("deployer", text(&self.deployer))];
        let settings = toml_of(&self.settings);
        if settings.as_ref().and_then(Value::as_table).is_some_and(|table| !table.is_empty()) {
            fields.extend(settings.map(|settings| ("settings", settings)));
        }
        if !self.endpoints.is_empty() {
            let endpoints = self.endpoints.iter().map(|target| match &target.sni {
                None => Value::String(target.to_string()),
                Some(sni) => table(vec![("target", Value::String(target.to_string())), ("sni", text(sni))]),
            });
            fields.push(("endpoints", Value::Array(endpoints.collect())));
        }
        fields
    }

    fn secrets(&self) -> Vec<SecretRef> {
        secret_of(&self.settings).into_iter().collect()
    }
}

/// JSON as TOML; TOML has no null, which is left out.
pub(super) fn toml_of(json: &serde_json::Value) -> Option<Value> {
    Some(match json {
        serde_json::Value::Null => return None,
        serde_json::Value::Bool(value) => Value::Boolean(*value),
        serde_json::Value::String(value) => text(value),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(integer) => Value::Integer(integer),
            None => Value::Float(number.as_f64()?),
        },
        serde_json::Value::Array(values) => Value::Array(values.iter().filter_map(toml_of).collect()),
        serde_json::Value::Object(fields) => Value::Table(
            fields.iter().filter_map(|(key, value)| Some((key.clone(), toml_of(value)?))).collect(),
        ),
    })
}

pub(super) fn text(value: &str) -> Value {
    Value::String(value.to_owned())
}

pub(super) fn table(fields: Fields) -> Value {
    Value::Table(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Table>())
}

pub(super) fn said(fields: &mut Fields, key: &'static str, value: Option<&String>) {
    fields.extend(value.map(|value| (key, text(value))));
}

fn texts(fields: &mut Fields, key: &'static str, values: &[String]) {
    if !values.is_empty() {
        fields.push((key, Value::Array(values.iter().map(|value| text(value)).collect())));
    }
}

fn labels(fields: &mut Fields, labels: &Labels) {
    if !labels.is_empty() {
        let labels = labels.iter().map(|(key, value)| (key.clone(), text(value))).collect();
        fields.push(("labels", Value::Table(labels)));
    }
}

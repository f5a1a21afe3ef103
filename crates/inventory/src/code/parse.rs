//! A file, read strictly.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::str::FromStr;

use notafter_cert::{Identifier, KeySpec, Span, Trouble};
use notafter_tls::{Target, is_server_name};
use serde::{Deserialize, Deserializer, de};
use toml::de::DeTable;

use super::channel::{self, ChannelEntry};
use super::duty::RungText;
use super::entry::{
    DrillEntry, EndpointEntry, Entry, IssuerEntry, KEEP_VERSIONS, Kind, LineageEntry, ModeEntry, OwnerEntry,
    PlaceEntry, WatchEntry,
};
use super::issuer;
use super::mistake::Mistake;
use super::reader::{Reader, Source};
use crate::model::{
    BusinessHours, ChannelKind, Criticality, CriticalityRule, Http01, Label, Labels, LineageSpec, Ownership,
    SecretRef, Shedding, Zone, is_reference, secret_of,
};

/// Something with the line where it stands; nothing for what comes from the inventory.
#[derive(Clone, Debug)]
pub(super) struct Located<T> {
    pub(super) line: Option<usize>,
    pub(super) value: T,
}

/// Everything that a file says, or that the inventory would say as a file.
#[derive(Clone, Debug, Default)]
pub(super) struct File {
    pub(super) channels: Vec<Located<ChannelEntry>>,
    pub(super) owners: Vec<Located<OwnerEntry>>,
    pub(super) issuers: Vec<Located<IssuerEntry>>,
    pub(super) criticalities: Vec<Located<CriticalityRule>>,
    pub(super) endpoints: Vec<Located<EndpointEntry>>,
    pub(super) lineages: Vec<Located<LineageEntry>>,
    pub(super) places: Vec<Located<PlaceEntry>>,
    /// What could not be read, by its name; nothing where the name could not be read either: one that seems to be missing
    /// may be that.
    pub(super) broken: BTreeMap<Kind, BTreeSet<Option<String>>>,
}

/// Reads a file: what could be read, and every mistake.
pub(super) fn file(text: &str, kinds: &[&'static ChannelKind]) -> (File, Vec<Mistake>) {
    let mut source = Source::new(text);
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        errors.iter().for_each(|error| source.syntax(error));
        let broken = Kind::ALL.into_iter().map(|kind| (kind, BTreeSet::from([None]))).collect();
        return (File { broken, ..File::default() }, source.mistakes);
    }
    let mut file = File::default();
    let mut top = Reader::over(&mut source, "the inventory file", document.into_inner(), 1);
    each(&mut top, |reader| channel::read(reader, kinds), &mut file.channels, &mut file.broken);
    each(&mut top, owner, &mut file.owners, &mut file.broken);
    each(&mut top, issuer::read, &mut file.issuers, &mut file.broken);
    each(&mut top, criticality, &mut file.criticalities, &mut file.broken);
    each(&mut top, endpoint, &mut file.endpoints, &mut file.broken);
    for value in top.tables("lineage") {
        let Some(mut reader) = top.inner("lineage", value) else { continue };
        lineage(&mut reader, &mut file);
        reader.finish();
    }
    top.finish();
    unique(&file.channels, &mut source.mistakes);
    unique(&file.owners, &mut source.mistakes);
    unique(&file.issuers, &mut source.mistakes);
    unique(&file.criticalities, &mut source.mistakes);
    unique(&file.endpoints, &mut source.mistakes);
    unique(&file.lineages, &mut source.mistakes);
    unique(&file.places, &mut source.mistakes);
    (file, source.mistakes)
}

fn each<'t, T: Entry>(
    top: &mut Reader<'_, 't>,
    read: impl Fn(&mut Reader<'_, 't>) -> Option<T>,
    into: &mut Vec<Located<T>>,
    broken: &mut BTreeMap<Kind, BTreeSet<Option<String>>>,
) {
    for value in top.tables(T::KIND.name()) {
        let Some(mut reader) = top.inner(T::KIND.name(), value) else { continue };
        let line = Some(reader.line);
        match read(&mut reader) {
            Some(value) => into.push(Located { line, value }),
            None => drop(broken.entry(T::KIND).or_default().insert(reader.named.clone())),
        }
        reader.finish();
    }
}

fn unique<T: Entry>(entries: &[Located<T>], mistakes: &mut Vec<Mistake>) {
    let mut seen: BTreeMap<String, Option<usize>> = BTreeMap::new();
    for entry in entries {
        let name = entry.value.name();
        match seen.get(&name) {
            None => drop(seen.insert(name, entry.line)),
            Some(first) => mistakes.push(Mistake::new(
                entry.line,
                format!("{} `{name}` is there twice", T::KIND),
                format!("it stands on line {} already", first.unwrap_or_default()),
                "take one of them out, or give it another name",
            )),
        }
    }
}

/// A name: what the command line can say without quotes.
pub(super) fn name(reader: &mut Reader<'_, '_>) -> Option<String> {
    let line = reader.line_of("name");
    let name: String = reader.required("name")?;
    reader.what = format!("{} `{name}`", reader.what);
    reader.named = Some(name.clone());
    if !can_be_a_name(&name) {
        let what = format!("`{name}` cannot be a name");
        reader.mistake_at(line, what, NAMES, "choose another name");
        return None;
    }
    Some(name)
}

/// What names are made of.
pub const NAMES: &str = "names are typed on the command line: letters, digits and . _ - * @ : only";

/// Whether something may be called this.
#[must_use]
pub fn can_be_a_name(text: &str) -> bool {
    let fits = |letter: char| letter.is_alphanumeric() || "._-*@:".contains(letter);
    !text.is_empty() && text.chars().all(fits) && !text.starts_with('-')
}

fn owner(reader: &mut Reader<'_, '_>) -> Option<OwnerEntry> {
    let name = name(reader);
    let contacts: Vec<RungText> = reader.list("contacts").unwrap_or_default();
    let line = reader.line_of("owns");
    let owns: Vec<String> = reader.list("owns").unwrap_or_default();
    let owns = owns.into_iter().filter_map(|rule| owned(reader, line, &rule)).collect();
    let hours: Option<HoursText> = reader.optional("hours");
    let contacts = contacts.into_iter().map(|RungText(rung)| rung).collect();
    let hours = hours.map(|hours| hours.0).unwrap_or_default();
    let acknowledge = acknowledge(reader);
    Some(OwnerEntry { name: name?, contacts, owns, hours, acknowledge })
}

/// How often an owner is asked.
fn acknowledge(reader: &mut Reader<'_, '_>) -> Option<Span> {
    let line = reader.line_of("acknowledge");
    let every: Option<Spelled<Span>> =
        reader.optional_like("acknowledge", "a number and a unit: `180d`, `26w`");
    let every = every?.0;
    let (shortest, longest) = (Ownership::SHORTEST, Ownership::LONGEST);
    if (shortest..=longest).contains(&every) {
        return Some(every);
    }
    let what = format!("`acknowledge` of {} is {every}", reader.what);
    let why = format!("it has to be between {shortest} and {longest}");
    reader.mistake_at(line, what, why, "people are asked: `180d` is usual");
    None
}

/// A rule of ownership, in the form in which names are kept.
fn owned(reader: &mut Reader<'_, '_>, line: usize, rule: &str) -> Option<String> {
    match rule.parse::<Identifier>() {
        Ok(identifier) => Some(identifier.to_string()),
        Err(error) => {
            let what = format!("`owns` of {} has a rule that no name can fit", reader.what);
            reader.mistake_at(line, what, error.to_string(), "write shop.example or *.pay.example");
            None
        }
    }
}

const NO_SERVER_NAME: &str =
    "a server name is a DNS name, never an address or a pattern (RFC 6066 section 3)";

fn endpoint(reader: &mut Reader<'_, '_>) -> Option<EndpointEntry> {
    let target: Option<Spelled<Target>> = reader.required("target");
    let line = reader.line_of("sni");
    let sni: Option<String> = reader.optional("sni");
    if let Some(sni) = sni.as_ref().filter(|sni| !is_server_name(sni)) {
        let what = format!("`sni` is no host name: `{sni}`");
        reader.mistake_at(line, what, NO_SERVER_NAME, "write the name that the certificate must carry");
    }
    let owner = reader.optional("owner");
    let labels = labels(reader);
    let criticality: Option<Criticality> = reader.optional("criticality");
    let trust = path(reader, "trust");
    let target = Target { sni, ..target?.0 };
    Some(EndpointEntry { target, owner, labels, criticality, rule: None, trust })
}

/// A rule on a label, in the form in which labels are looked for.
fn criticality(reader: &mut Reader<'_, '_>) -> Option<CriticalityRule> {
    let line = reader.line_of("label");
    let label: Option<String> = reader.required("label");
    let level: Option<Criticality> = reader.required("level");
    let label = label?;
    reader.what = format!("criticality of label {label:?}");
    let Some(Label { key, value }) = Label::read(&label) else {
        let what = format!("{label:?} is no label");
        let hint = "write `label = \"service=checkout\"`, or `label = \"service\"` for whatever it is";
        reader.mistake_at(line, what, "it has no name", hint);
        return None;
    };
    let label = value.map_or_else(|| key.to_owned(), |value| format!("{key}={value}"));
    reader.named = Some(label.clone());
    Some(CriticalityRule { label, level: level? })
}

fn labels(reader: &mut Reader<'_, '_>) -> Labels {
    let line = reader.line_of("labels");
    let labels: Labels = reader.or_default("labels");
    if labels.keys().any(|key| key.starts_with("notafter/")) {
        let what = format!("a label of {} begins with `notafter/`", reader.what);
        reader.mistake_at(line, what, "these labels are notafter's own", "choose another name");
    }
    labels
}

fn lineage(reader: &mut Reader<'_, '_>, file: &mut File) {
    let name = name(reader);
    let line = reader.line;
    let identifiers_line = reader.line_of("identifiers");
    let owner = reader.optional("owner");
    let labels = labels(reader);
    let (watched, watch_line) = (reader.has("watch"), reader.line_of("watch"));
    let watch: Option<WatchEntry> = reader.optional("watch");
    let drill_line = reader.line_of("drill");
    let drill: Option<DrillEntry> = reader.optional("drill");
    if drill.is_some() && watched {
        let what = format!("{} is renewed by somebody else, and cannot be rehearsed", reader.what);
        let why = "a drill plays the renewals that notafter does";
        reader.mistake_at(drill_line, what, why, "take `drill` out, or take it over");
    }
    let mode = match watch {
        Some(watch) => {
            if !watch.chain_file.starts_with('/') {
                not_absolute(reader, watch_line, "chain_file");
            }
            Some(ModeEntry::Watch(watch))
        }
        None if watched => None,
        None => spec(reader).map(ModeEntry::Managed),
    };
    for value in reader.tables("place") {
        let Some(mut inner) = reader.inner("place", value) else { continue };
        let line = Some(inner.line);
        let place = place(&mut inner, name.as_deref());
        inner.finish();
        match place {
            Some(value) => file.places.push(Located { line, value }),
            None => drop(file.broken.entry(Kind::Place).or_default().insert(None)),
        }
    }
    match (name, mode) {
        (Some(name), Some(mode)) => {
            let identifiers_line = Some(identifiers_line);
            let value =
                LineageEntry { name, owner, labels, mode, drill, identifiers_line, signed_here: false };
            file.lineages.push(Located { line: Some(line), value });
        }
        _ => drop(file.broken.entry(Kind::Lineage).or_default().insert(None)),
    }
}

fn spec(reader: &mut Reader<'_, '_>) -> Option<LineageSpec> {
    let identifiers = identifiers(reader);
    let issuer = reader.required("issuer");
    let key: Option<Spelled<KeySpec>> = reader.optional("key");
    let reuse_key = reader.or_default("reuse_key");
    let profile = reader.optional("profile");
    let preferred_chain = reader.optional("preferred_chain");
    let line = reader.line_of("http01");
    let http01: Option<SolverText> = reader.optional("http01");
    solver_makes_sense(reader, line, http01.as_ref());
    let shedding: Shedding = reader.or_default("shedding");
    let keep_versions = reader.optional("keep_versions").unwrap_or(KEEP_VERSIONS);
    Some(LineageSpec {
        identifiers,
        issuer: issuer?,
        key: key.map(|key| key.0).unwrap_or_default(),
        reuse_key,
        profile,
        preferred_chain,
        http01: http01.map_or_else(usual_solver, SolverText::model),
        shedding,
        keep_versions,
    })
}

/// The names that can be read; whatever keeps a lineage from having one is told.
fn identifiers(reader: &mut Reader<'_, '_>) -> Vec<Identifier> {
    let line = reader.line_of("identifiers");
    if !reader.has("identifiers") {
        reader.missing("identifiers");
        return Vec::new();
    }
    let before = reader.mistakes();
    let identifiers: Vec<Spelled<Identifier>> = reader.list("identifiers").unwrap_or_default();
    let identifiers: Vec<Identifier> = identifiers.into_iter().map(|one| one.0).collect();
    let what = format!("`identifiers` of {}", reader.what);
    if identifiers.is_empty() && reader.mistakes() == before {
        let hint = "write the names that the certificate must carry";
        reader.mistake_at(line, format!("{what} is empty"), "a certificate speaks for something", hint);
    }
    for (index, identifier) in identifiers.iter().enumerate() {
        if identifiers.iter().take(index).any(|earlier| earlier == identifier) {
            let what = format!("{what} has `{identifier}` twice");
            reader.mistake_at(line, what, "a certificate carries a name once", "take one out");
        }
    }
    identifiers
}

fn place(reader: &mut Reader<'_, '_>, lineage: Option<&str>) -> Option<PlaceEntry> {
    let name = name(reader);
    let deployer = reader.required("deployer");
    let line = reader.line_of("settings");
    let settings: Option<toml::Table> = reader.optional("settings");
    let settings = match serde_json::to_value(settings.unwrap_or_default()) {
        Ok(settings) => settings,
        Err(error) => {
            let what = format!("`settings` of {} cannot be kept", reader.what);
            reader.mistake_at(line, what, error.to_string(), "use texts, numbers, lists and tables only");
            return None;
        }
    };
    if let Some(SecretRef(reference)) = secret_of(&settings)
        && !is_reference(&reference)
    {
        let what = format!("the password in `settings` of {} is no reference", reader.what);
        let hint = "write `env:NAME` or `file:/PATH`";
        reader.mistake_at(line, what, "a secret must not stand in the file itself", hint);
    }
    let endpoints: Vec<TargetText> = reader.list("endpoints").unwrap_or_default();
    let endpoints = endpoints.into_iter().map(|text| text.0).collect();
    Some(PlaceEntry { lineage: lineage?.to_owned(), name: name?, deployer: deployer?, settings, endpoints })
}

/// How a challenge is solved must be possible at all.
fn solver_makes_sense(reader: &mut Reader<'_, '_>, line: usize, http01: Option<&SolverText>) {
    match http01 {
        Some(SolverText::Webroot { root }) if !root.starts_with('/') => not_absolute(reader, line, "root"),
        Some(SolverText::Listener { listen: Some(listen) }) if listen.parse::<SocketAddr>().is_err() => {
            let what = format!("`listen` of {} is no address to listen on", reader.what);
            let hint = "write an address and a port, such as `listen = \"[::]:80\"`";
            reader.mistake_at(line, what, format!("{listen:?} cannot be read"), hint);
        }
        _ => {}
    }
}

/// A path; relative ones would depend on where the server was started.
pub(super) fn path(reader: &mut Reader<'_, '_>, key: &'static str) -> Option<String> {
    let line = reader.line_of(key);
    let path: Option<String> = reader.optional(key);
    if path.as_ref().is_some_and(|path| !path.starts_with('/')) {
        not_absolute(reader, line, key);
    }
    path
}

pub(super) fn not_absolute(reader: &mut Reader<'_, '_>, line: usize, key: &str) {
    let what = format!("`{key}` of {} is not an absolute path", reader.what);
    reader.mistake_at(line, what, "the server may run in another directory", "begin it with /");
}

/// A value that is written as a string and parsed; its error's hint is told, too.
pub(super) struct Spelled<T>(pub(super) T);

impl<'de, T: FromStr<Err: std::error::Error>> Deserialize<'de> for Spelled<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Self).map_err(de::Error::custom)
    }
}

/// A target as a string, or with the server name to send.
struct TargetText(Target);

impl<'de> Deserialize<'de> for TargetText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong =
            |error: notafter_tls::ParseTargetError| de::Error::custom(format!("{error} ({})", error.hint()));
        match toml::Value::deserialize(deserializer)? {
            toml::Value::String(text) => text.parse().map(Self).map_err(wrong),
            toml::Value::Table(table) => {
                let FullTarget { target, sni } = table.try_into().map_err(de::Error::custom)?;
                let target: Target = target.parse().map_err(wrong)?;
                if !is_server_name(&sni) {
                    return Err(de::Error::custom(format!(
                        "`sni` is no host name: `{sni}`; {NO_SERVER_NAME}"
                    )));
                }
                Ok(Self(Target { sni: Some(sni), ..target }))
            }
            other => Err(de::Error::custom(format!("{} is no target", other.type_str()))),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FullTarget {
    target: String,
    sni: String,
}

/// `env:NAME` or `file:/PATH`. A value itself is refused, and never repeated in the error.
pub(super) struct SecretText(pub(super) SecretRef);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if is_reference(&text) {
            return Ok(Self(SecretRef(text)));
        }
        Err(de::Error::custom("a secret must not stand in the file itself"))
    }
}

/// Who answers challenges; unknown keys are refused.
#[derive(Deserialize)]
#[serde(tag = "solver", rename_all = "kebab-case", deny_unknown_fields)]
enum SolverText {
    Listener { listen: Option<String> },
    Webroot { root: String },
    Nginx { config: Option<String> },
}

/// Who answers challenges where a file does not say.
pub(super) fn usual_solver() -> Http01 {
    SolverText::Listener { listen: None }.model()
}

impl SolverText {
    fn model(self) -> Http01 {
        match self {
            Self::Listener { listen } => {
                Http01::Listener { listen: listen.unwrap_or_else(|| "[::]:80".to_owned()) }
            }
            Self::Webroot { root } => Http01::Webroot { root },
            Self::Nginx { config } => Http01::Nginx { config },
        }
    }
}

/// `{ from = "09:00", to = "17:00", zone = "Europe/Berlin" }`, or with `offset = "+01:00"`.
struct HoursText(BusinessHours);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HoursFields {
    from: String,
    to: String,
    offset: Option<String>,
    zone: Option<Zone>,
}

impl<'de> Deserialize<'de> for HoursText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let HoursFields { from, to, offset, zone } = HoursFields::deserialize(deserializer)?;
        let wrong = |text: &str| de::Error::custom(format!("{text:?} is no time of day such as 09:00"));
        let (from_minute, to_minute) =
            (minutes(&from).ok_or_else(|| wrong(&from))?, minutes(&to).ok_or_else(|| wrong(&to))?);
        if from_minute >= to_minute {
            return Err(de::Error::custom("the working day ends before it begins"));
        }
        if zone.is_some() && offset.is_some() {
            return Err(de::Error::custom("the working day has either a `zone` or an `offset`"));
        }
        let offset = offset.unwrap_or_else(|| "+00:00".to_owned());
        let (sign, digits) = match offset.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, offset.strip_prefix('+').unwrap_or(&offset)),
        };
        let east = minutes(digits).filter(|minutes| *minutes <= 14 * 60).ok_or_else(|| wrong(&offset))?;
        let offset_minutes = sign * i16::try_from(east).map_err(de::Error::custom)?;
        Ok(Self(BusinessHours { from_minute, to_minute, offset_minutes, zone }))
    }
}

/// Minutes since midnight of `HH:MM`, up to 24:00.
pub(super) fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let total = hours.checked_mul(60)?.checked_add(minutes)?;
    (minutes < 60 && total <= 24 * 60).then_some(total)
}

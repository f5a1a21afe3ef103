//! Issuers, as a file describes them, and what becomes of those that are there.

use notafter_cert::{KeySpec, Span, Subtree};
use serde::Deserialize;

use super::check::shown;
use super::entry::{CA_KEY, IssuerEntry, LineageEntry, ModeEntry};
use super::mistake::Mistake;
use super::parse::{File, Located, SecretText, Spelled, name, path, usual_solver};
use super::reader::Reader;
use crate::model::{AcmeTerms, ExternalAccount, Issuer, Practice, Terms};
use crate::plan::sign;

/// Who issues.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum IssuerKind {
    /// A CA elsewhere.
    #[default]
    Acme,
    /// This installation.
    Private,
}

/// Longer ones leave no room for what tells a root from its intermediates (RFC 5280 appendix A: 64 characters in all).
const LONGEST_NAME: usize = 40;

/// What an issuer of either kind may say: where nobody knows which it is, none of it is a mistake.
const KEYS: [&str; 10] = [
    "directory",
    "contact",
    "terms_agreed",
    "external_account",
    "trust",
    "common_name",
    "key",
    "permitted",
    "lifetime",
    "root_lifetime",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountText {
    kid: String,
    hmac: SecretText,
}

pub(super) fn read(reader: &mut Reader<'_, '_>) -> Option<IssuerEntry> {
    let name = name(reader);
    let given = reader.has("kind");
    let kind: Option<IssuerKind> = reader.optional_like("kind", "one of acme, private");
    let terms = match kind {
        None if given => {
            KEYS.into_iter().for_each(|key| drop(reader.optional::<toml::Value>(key)));
            None
        }
        None | Some(IssuerKind::Acme) => acme(reader).map(Terms::Acme),
        Some(IssuerKind::Private) => private(reader, name.as_deref()).map(Terms::Private),
    };
    Some(IssuerEntry { name: name?, terms: terms? })
}

fn acme(reader: &mut Reader<'_, '_>) -> Option<AcmeTerms> {
    let line = reader.line_of("directory");
    let directory: Option<String> = reader.required("directory");
    if directory.as_ref().is_some_and(|url| !url.starts_with("https://")) {
        let what = format!("`directory` of {} does not begin with https://", reader.what);
        reader.mistake_at(
            line,
            what,
            "ACME is spoken over TLS only (RFC 8555 section 6.1)",
            "write the CA's directory URL",
        );
    }
    let line = reader.line_of("contact");
    let contact: Vec<String> = reader.list("contact").unwrap_or_default();
    if contact.iter().any(|url| !url.contains(':')) {
        let what = format!("`contact` of {} is no URL", reader.what);
        reader.mistake_at(line, what, "a CA takes URLs", "write `mailto:ops@example.org`");
    }
    let terms_agreed = reader.or_default("terms_agreed");
    let account: Option<AccountText> = reader.optional("external_account");
    let external_account = account.map(|AccountText { kid, hmac }| ExternalAccount { kid, hmac: hmac.0 });
    let trust = path(reader, "trust");
    Some(AcmeTerms { directory: directory?, contact, terms_agreed, external_account, trust })
}

fn private(reader: &mut Reader<'_, '_>, name: Option<&str>) -> Option<Practice> {
    let line = reader.line_of("common_name");
    let said: Option<String> = reader.optional("common_name");
    let common_name = said.as_deref().or(name)?;
    let length = common_name.chars().count();
    if length > LONGEST_NAME || common_name.trim().is_empty() || common_name.chars().any(char::is_control) {
        let what = format!("`common_name` of {} cannot stand in a certificate", reader.what);
        let why = "a root is called by it: 1 to 40 characters, none of them a control character";
        reader.mistake_at(line, what, why, "write what people are to see: `common_name = \"Example Corp\"`");
    }
    let line = reader.line_of("key");
    let key: Option<Spelled<KeySpec>> = reader.optional_like("key", "one of ecdsa-p256, ecdsa-p384");
    let key = key.map_or(CA_KEY, |key| key.0);
    if !matches!(key, KeySpec::EcdsaP256 | KeySpec::EcdsaP384) {
        let what = format!("`key` of {} is {key}", reader.what);
        reader.mistake_at(line, what, "the private CA signs with ECDSA", "one of ecdsa-p256, ecdsa-p384");
    }
    let permitted: Vec<Spelled<Subtree>> = reader.list("permitted").unwrap_or_default();
    let mut permitted: Vec<Subtree> = permitted.into_iter().map(|one| one.0).collect();
    permitted.dedup();
    Some(Practice {
        common_name: common_name.to_owned(),
        key,
        permitted,
        lifetime: span(reader, "lifetime", sign::LEAF_LASTS, sign::LEAF_BOUNDS),
        root_lifetime: span(reader, "root_lifetime", sign::ROOT_LASTS, sign::ROOT_BOUNDS),
    })
}

/// A length of time within bounds.
fn span(
    reader: &mut Reader<'_, '_>,
    key: &'static str,
    usual: Span,
    (shortest, longest): (Span, Span),
) -> Span {
    let line = reader.line_of(key);
    let span: Option<Spelled<Span>> = reader.optional_like(key, "a number and a unit: `30d`, `12h`");
    let span = span.map_or(usual, |span| span.0);
    if !(shortest..=longest).contains(&span) {
        let what = format!("`{key}` of {} is {span}", reader.what);
        let why = format!("it has to be between {shortest} and {longest}");
        reader.mistake_at(line, what, why, "docs/inventory.md says why");
    }
    span
}

/// What is there and cannot become what the file says: the kind of an issuer, and what stands in a root that was made.
pub(super) fn made_for_good(file: &File, there: &[Issuer]) -> Vec<Mistake> {
    let mistake = |entry: &Located<IssuerEntry>| {
        let before = there.iter().find(|issuer| issuer.name() == entry.value.name)?;
        let (what, why) = match (&entry.value.terms, before) {
            (Terms::Acme(_), Issuer::Acme(_)) => return None,
            (Terms::Private(now), Issuer::Private(before)) => {
                before.authority.as_ref()?;
                let field = in_the_root(now, &before.practice)?;
                let why = "it stands in the root of that CA, which its clients trust as it is";
                (format!("`{field}` of {} cannot be changed any more", shown(&entry.value)), why)
            }
            (Terms::Acme(_), Issuer::Private(_)) | (Terms::Private(_), Issuer::Acme(_)) => {
                let why = "an ACME directory and the private CA share neither account, keys nor history";
                (format!("{} is of another kind already", shown(&entry.value)), why)
            }
        };
        let hint = "leave it, write another issuer under a name of its own, and name that in the lineages";
        Some(Mistake::new(entry.line, what, why, hint))
    };
    file.issuers.iter().filter_map(mistake).collect()
}

/// The first field that differs of those that stand in a root.
fn in_the_root(now: &Practice, before: &Practice) -> Option<&'static str> {
    let fields = [
        ("common_name", now.common_name != before.common_name),
        ("key", now.key != before.key),
        ("permitted", now.permitted != before.permitted),
        ("root_lifetime", now.root_lifetime != before.root_lifetime),
    ];
    fields.into_iter().find(|(_, differs)| *differs).map(|(field, _)| field)
}

/// Whether each lineage can get what it asks for from the issuer that it names, and which ones the private CA signs.
pub(super) fn can_issue(file: &mut File) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for Located { line, value: lineage } in &mut file.lineages {
        let ModeEntry::Managed(spec) = &lineage.mode else { continue };
        let issuer = file.issuers.iter().find(|issuer| issuer.value.name == spec.issuer);
        let practice = issuer.and_then(|issuer| match &issuer.value.terms {
            Terms::Acme(_) => None,
            Terms::Private(practice) => Some(practice),
        });
        lineage.signed_here = practice.is_some();
        // What the file says of neither was right when it was written.
        let Some(line) = line.or(issuer.and_then(|issuer| issuer.line)) else { continue };
        let line = lineage.identifiers_line.unwrap_or(line);
        mistakes.extend(match practice {
            None => wildcards(lineage, line),
            Some(practice) => signed(lineage, practice, line),
        });
    }
    mistakes
}

fn wildcards(lineage: &LineageEntry, line: usize) -> Vec<Mistake> {
    let wildcards = lineage.mode.identifiers().iter().filter(|identifier| identifier.is_wildcard());
    let mistake = |identifier| {
        let what = format!("`identifiers` of {} has the wildcard `{identifier}`", shown(lineage));
        let why = "a CA validates wildcards by DNS only, and the only challenge known here is http-01";
        Mistake::new(Some(line), what, why, "write the names one by one")
    };
    wildcards.map(mistake).collect()
}

/// What the private CA would be asked for and cannot give.
fn signed(lineage: &LineageEntry, practice: &Practice, line: usize) -> Vec<Mistake> {
    let ModeEntry::Managed(spec) = &lineage.mode else { return Vec::new() };
    let what = shown(lineage);
    let permitted: Vec<String> = practice.permitted.iter().map(ToString::to_string).collect();
    let mut mistakes: Vec<Mistake> = sign::outside(&practice.permitted, &spec.identifiers)
        .into_iter()
        .map(|identifier| {
            let what =
                format!("`identifiers` of {what} has `{identifier}`, which {} may not sign", spec.issuer);
            let why = format!("it lies in nothing that is permitted there: {}", permitted.join(", "));
            let hint =
                "take it out, or have it issued by another issuer: what is permitted stands in the root";
            Mistake::new(Some(line), what, why, hint)
        })
        .collect();
    let asked = [
        ("profile", spec.profile.is_some()),
        ("preferred_chain", spec.preferred_chain.is_some()),
        ("http01", spec.http01 != usual_solver()),
    ];
    mistakes.extend(asked.into_iter().filter(|(_, said)| *said).map(|(field, _)| {
        let what = format!("`{field}` of {what} means nothing to {}", spec.issuer);
        let why = "it is for CAs elsewhere, which are asked; the private CA signs here";
        Mistake::new(Some(line), what, why, "take it out")
    }));
    mistakes
}

//! What is said of a lint, of whatever kind: manual pages, tables and documents are made of it.

use std::borrow::Cow;

use super::{CrlLint, Effective, Lint, Meta, OcspLint, Severity, of_crls, of_ocsp};
use crate::der::{Reader, Tag};
use crate::path::rule;
use crate::pem;
use crate::weak_key::{self, Check};

/// What is said of one lint.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its name, for ever.
    pub id: Cow<'static, str>,
    /// What another linter calls it.
    pub alias: Option<&'static str>,
    /// What it looks at.
    pub about: About,
    /// Whose rule it is: the word before the dot where that is no kind of object.
    pub source: &'static str,
    /// What must hold; of keys and paths, what is wrong. A sentence.
    pub title: String,
    /// What goes wrong otherwise, where more is said than the title.
    pub why: Option<&'static str>,
    /// Document and section.
    pub citation: &'static str,
    /// How bad a violation is.
    pub severity: Severity,
    /// When the rule is in force.
    pub effective: Effective,
    /// Whether clients that follow the document refuse a certificate that violates it.
    pub affects_path: bool,
    /// What to do.
    pub hint: String,
}

/// What a lint looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A certificate.
    Certificate,
    /// A CRL.
    Crl,
    /// An OCSP response.
    OcspResponse,
    /// The key of a certificate.
    Key,
    /// The keys of several certificates together.
    Keys,
    /// A path from a certificate to an anchor.
    Path,
}

impl About {
    /// What DER is, by its outer shape alone, so that what is broken inside is still told; `None` for something else.
    #[must_use]
    pub fn of(der: &[u8]) -> Option<Self> {
        let mut outer = Reader::new(der).element().ok()?.sequence().ok()?;
        let first = outer.element().ok()?;
        if first.tag == Tag::ENUMERATED {
            return Some(Self::OcspResponse);
        }
        let mut fields = first.sequence().ok()?;
        let mut next = || fields.element().ok().map(|element| element.tag);
        let tags = [next(), next(), next(), next()];
        let is_time = |tag: Option<Tag>| matches!(tag, Some(Tag::UTC_TIME | Tag::GENERALIZED_TIME));
        match tags {
            // A revocation list begins with a version or an algorithm; after the issuer comes thisUpdate.
            [Some(Tag::INTEGER), Some(Tag::SEQUENCE), Some(Tag::SEQUENCE), time] if is_time(time) => {
                Some(Self::Crl)
            }
            [Some(Tag::SEQUENCE), Some(Tag::SEQUENCE), time, _] if is_time(time) => Some(Self::Crl),
            // A certificate without a version begins as a request does, which has a key where the issuer is.
            [Some(Tag::INTEGER), Some(Tag::SEQUENCE), Some(Tag::SEQUENCE), Some(Tag::SEQUENCE)] => {
                Some(Self::Certificate)
            }
            [Some(first), Some(Tag::INTEGER), ..] if first == Tag::context_constructed(0) => {
                Some(Self::Certificate)
            }
            _ => None,
        }
    }

    /// What stands in a PEM block with this label, whatever that is (RFC 7468 section 4).
    #[must_use]
    pub fn labelled(label: &str) -> Option<Self> {
        match label {
            label if pem::CERTIFICATE_LABELS.contains(&label) => Some(Self::Certificate),
            "X509 CRL" | "CRL" => Some(Self::Crl),
            "OCSP RESPONSE" => Some(Self::OcspResponse),
            _ => None,
        }
    }

    /// The word in documents.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Crl => "crl",
            Self::OcspResponse => "ocsp-response",
            Self::Key => "key",
            Self::Keys => "keys",
            Self::Path => "path",
        }
    }

    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Certificate => "certificates",
            Self::Crl => "CRLs",
            Self::OcspResponse => "OCSP responses",
            Self::Key => "keys of certificates",
            Self::Keys => "keys of several certificates together",
            Self::Path => "paths, with `notafter verify`",
        }
    }
}

/// The pages of everything that judges: certificates, CRLs, OCSP responses, keys, paths.
pub fn pages() -> impl Iterator<Item = Page> {
    let certificates = super::all().map(Page::of);
    let crls = of_crls().map(Page::of_crl);
    let responses = of_ocsp().map(Page::of_ocsp);
    let keys = weak_key::ALL.iter().map(|check| Page::of_check(check));
    let paths = rule::ALL.iter().map(|rule| Page::of_rule(&rule.meta));
    certificates.chain(crls).chain(responses).chain(keys).chain(paths)
}

impl Page {
    /// The page with this id, or with another linter's name for it, be it without `zlint:`.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        let is_alias = |alias: &str| alias == name || alias.strip_prefix("zlint:") == Some(name);
        pages().find(|page| page.id == name || page.alias.is_some_and(is_alias))
    }

    /// Of a lint of certificates.
    #[must_use]
    pub fn of(lint: &'static Lint) -> Self {
        Self::of_meta(&lint.meta, About::Certificate)
    }

    /// Of a lint of CRLs.
    #[must_use]
    pub fn of_crl(lint: &'static CrlLint) -> Self {
        Self::of_meta(&lint.meta, About::Crl)
    }

    /// Of a lint of OCSP responses.
    #[must_use]
    pub fn of_ocsp(lint: &'static OcspLint) -> Self {
        Self::of_meta(&lint.meta, About::OcspResponse)
    }

    fn of_meta(meta: &'static Meta, about: About) -> Self {
        Self {
            id: Cow::Borrowed(meta.id),
            alias: meta.alias,
            about,
            source: meta.source.word(),
            title: meta.title.to_owned(),
            why: Some(meta.why),
            citation: meta.citation,
            severity: meta.severity,
            effective: meta.effective,
            affects_path: meta.affects_path,
            hint: meta.hint.to_owned(),
        }
    }

    /// Of a check of keys.
    #[must_use]
    pub fn of_check(check: &'static Check) -> Self {
        Self {
            id: Cow::Owned(format!("{WEAK_KEY}.{}", check.id)),
            alias: None,
            about: if check.is_of_a_pile() { About::Keys } else { About::Key },
            source: WEAK_KEY,
            title: format!("{}.", check.title),
            why: Some(check.why),
            citation: check.source,
            severity: check.severity,
            effective: Effective::ALWAYS,
            affects_path: false,
            hint: as_hint(check.hint),
        }
    }

    fn of_rule(meta: &'static rule::Meta) -> Self {
        Self {
            id: Cow::Borrowed(meta.code),
            alias: None,
            about: About::Path,
            source: "path",
            title: format!("{}.", meta.title),
            why: Some(meta.why),
            citation: meta.section,
            severity: Severity::Error,
            effective: Effective::ALWAYS,
            affects_path: true,
            hint: meta.hint.to_owned(),
        }
    }
}

/// The source of checks of keys.
pub const WEAK_KEY: &str = "weak-key";

/// A sentence as hints are written: it goes on behind a colon.
fn as_hint(sentence: &str) -> String {
    let mut letters = sentence.trim_end_matches('.').chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::draft::Draft;
    use super::*;
    use crate::staged::{self, Authority};

    #[test]
    fn every_page_is_found_by_its_id_and_its_alias() {
        let mut names = BTreeSet::new();
        for page in pages() {
            assert_eq!(Page::find(&page.id).unwrap().id, page.id);
            assert!(names.insert(page.id.clone().into_owned()), "{} is there twice", page.id);
            if let Some(alias) = page.alias {
                assert!(names.insert(alias.to_owned()), "{alias} is there twice");
                let short = alias.strip_prefix("zlint:").unwrap_or(alias);
                assert_eq!(Page::find(short).unwrap().id, page.id, "{alias}");
            }
            assert!(page.title.ends_with('.') && !page.hint.is_empty(), "{}", page.id);
        }
        assert!(Page::find("br.no-such-lint").is_none());
    }

    /// What docs/lints.md begins its tables with.
    const TABLES: &str = "## The lints\n";

    /// A table for every source, with a line for every lint.
    fn tables() -> String {
        let mut text = String::new();
        let mut source = "";
        for page in pages() {
            if page.source != source && !text.contains(&format!("### {}\n", page.source)) {
                source = page.source;
                text += &format!(
                    "\n### {source}\n| lint | what must hold | source | severity |\n| --- | --- | --- | --- |\n"
                );
                for page in pages().filter(|page| page.source == source) {
                    text += &row(&page);
                }
            }
        }
        text
    }

    fn row(page: &Page) -> String {
        let cell = |text: &str| text.replace('|', "\\|");
        let alias = page.alias.map(|alias| format!(" ({alias})")).unwrap_or_default();
        let path = if page.affects_path { ", path" } else { "" };
        let (title, citation, severity) = (cell(&page.title), cell(page.citation), page.severity.name());
        format!("| `{}`{alias} | {title} | {citation} | {severity}{path} |\n", page.id)
    }

    /// `NOTAFTER_WRITE=1` writes the tables anew.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "the document is compared with the lints")]
    fn the_document_has_every_lint() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/lints.md");
        let document = std::fs::read_to_string(path).unwrap();
        let (begin, _) = document.split_once(TABLES).unwrap();
        let wanted = format!("{begin}{TABLES}{}", tables());
        if std::env::var_os("NOTAFTER_WRITE").is_some() {
            std::fs::write(path, &wanted).unwrap();
            return;
        }
        assert!(document == wanted, "docs/lints.md is another: NOTAFTER_WRITE=1 writes it anew");
    }

    #[test]
    fn objects_are_known_by_their_shape() {
        let ca = Authority::new("CA");
        let crl = ca.crl(&staged::Draft::new(&[]));
        assert_eq!(About::of(ca.der()), Some(About::Certificate));
        assert_eq!(About::of(&crl), Some(About::Crl));
        assert_eq!(About::of(&[0x30, 3, 10, 1, 6]), Some(About::OcspResponse));
        let mut draft = Draft::new();
        draft.version.clear();
        assert_eq!(About::of(&draft.der()), Some(About::Certificate));
        let key = crate::x509::Anatomy::of(ca.der()).key.unwrap();
        for other in [key.element.whole, b"", &[0x30, 0], &[0x30, 5, 0x30, 3, 2, 1, 0]] {
            assert_eq!(About::of(other), None, "{other:?}");
        }
        assert_eq!(About::labelled("TRUSTED CERTIFICATE"), Some(About::Certificate));
        assert_eq!(About::labelled("PRIVATE KEY"), None);
    }

    #[test]
    fn sentences_become_hints() {
        assert_eq!(as_hint("Make a new key, and replace it."), "make a new key, and replace it");
        assert_eq!(as_hint(""), "");
    }
}

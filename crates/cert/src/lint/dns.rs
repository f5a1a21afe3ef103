//! Names of DNS as the public suffix list takes them apart.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;
use std::ops::Deref;

use psl::Type;

/// What a certificate calls a host by. It is taken apart once, however many lints ask.
pub struct HostName<'a> {
    text: Cow<'a, str>,
    /// How long its public suffix is, where something stands below one.
    suffix: OnceCell<Option<usize>>,
}

impl<'a> HostName<'a> {
    pub(super) const fn new(text: Cow<'a, str>) -> Self {
        Self { text, suffix: OnceCell::new() }
    }

    /// The name, taken apart at its public suffix.
    pub(super) fn registered(&self) -> Option<Registered<'_>> {
        let length = *self.suffix.get_or_init(|| registered(&self.text).map(|parts| parts.suffix.len()));
        Registered::before(&self.text, length?)
    }
}

impl Deref for HostName<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for HostName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for HostName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.text, f)
    }
}

/// Whether the ICANN part of the list has this label as a top-level domain, by itself or through what is registered right
/// below. It has those to come too, and none that is gone.
pub(super) fn is_listed_top_level(label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    let icann = |name: &str| psl::suffix(name.as_bytes()).is_some_and(|it| it.typ() == Some(Type::Icann));
    // The list has names in other letters too, which DNS has not.
    let may_be = !label.is_empty() && label.is_ascii() && !label.contains('.');
    may_be && (icann(&label) || icann(&format!("a.{label}")))
}

/// A name below a public suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Registered<'a> {
    /// What stands left of the registered label; empty where nothing does.
    pub(super) below: &'a str,
    /// The label that somebody registered.
    pub(super) label: &'a str,
    /// The suffix below which it is registered.
    pub(super) suffix: &'a str,
}

/// Takes a name apart at its public suffix, by the ICANN part of the list alone (Baseline Requirements section 3.2.2.6);
/// `None` where nothing stands below a suffix. A top-level domain that the list does not know is a suffix by itself.
pub(super) fn registered(name: &str) -> Option<Registered<'_>> {
    if name.starts_with('.') || name.ends_with('.') {
        return None;
    }
    Registered::before(name, suffix_length(&name.to_ascii_lowercase())?)
}

impl<'a> Registered<'a> {
    /// Of a name whose public suffix is known to be so long.
    fn before(name: &'a str, suffix: usize) -> Option<Self> {
        let (head, suffix) = name.split_at_checked(name.len().checked_sub(suffix)?)?;
        let head = head.strip_suffix('.')?;
        let (below, label) = head.rsplit_once('.').unwrap_or(("", head));
        Some(Self { below, label, suffix })
    }
}

/// How many octets the public suffix of a name in small letters has.
fn suffix_length(name: &str) -> Option<usize> {
    let mut rest = name;
    loop {
        let suffix = psl::suffix(rest.as_bytes())?;
        let length = suffix.as_bytes().len();
        // A rule of the private part is set aside: the next one is that of fewer labels.
        let text = rest.get(rest.len().checked_sub(length)?..)?;
        match text.split_once('.') {
            Some((_, shorter)) if suffix.typ() == Some(Type::Private) => rest = shorter,
            _ => return Some(length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn top_level_domains_are_told_from_what_is_below() {
        for label in ["com", "DE", "ck", "xn--p1ai", "xyz"] {
            assert!(is_listed_top_level(label), "{label}");
        }
        for label in ["", "local", "co.uk", "github.io", "\u{440}\u{444}"] {
            assert!(!is_listed_top_level(label), "{label}");
        }
    }

    #[test]
    fn names_are_taken_apart_at_suffixes_of_icann() {
        for (name, expected) in [
            ("example.com", Some(("", "example", "com"))),
            ("a.b.example.CO.UK", Some(("a.b", "example", "CO.UK"))),
            ("a.github.io", Some(("a", "github", "io"))),
            ("*.com", Some(("", "*", "com"))),
            ("x.y.local", Some(("x", "y", "local"))),
            ("b.a.ck", Some(("", "b", "a.ck"))),
            ("a.ck", None),
            ("com", None),
            ("co.uk", None),
            ("local", None),
            ("example.com.", None),
            (".com", None),
            ("", None),
            ("a..com", Some(("a", "", "com"))),
            ("\u{e9}.com", Some(("", "\u{e9}", "com"))),
        ] {
            let found = registered(name).map(|parts| (parts.below, parts.label, parts.suffix));
            assert_eq!(found, expected, "{name}");
        }
    }
}

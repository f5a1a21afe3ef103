//! The subject's name has no HTML entity in it.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "community.subj-contains-html-entities",
        title: "The subject's name has no HTML entity in it.",
        why: "A form has escaped the letters of the name, and nobody has undone it: what stands there is not the \
              name.",
        source: Source::Community,
        citation: "None: found in certificates of public CAs",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_subj_contains_html_entities"),
        hint: "write the name with its letters, not with their HTML entities",
    },
    applies: |_| true,
    judge: |subject| ask::no_text(&subject.anatomy.subject, has_entity),
};

/// An ampersand, perhaps a hash, letters or digits, and a semicolon.
fn has_entity(text: &str) -> bool {
    text.split('&').skip(1).any(|after| {
        let name = after.strip_prefix('#').unwrap_or(after);
        name.split_once(';').is_some_and(|(name, _)| {
            !name.is_empty() && name.bytes().all(|letter| letter.is_ascii_alphanumeric())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_told_from_ampersands() {
        for (text, has) in [
            ("R&amp;D", true),
            ("D&#246;ner", true),
            ("D&#xf6;ner", true),
            ("R&D; Ltd", true),
            ("A & B; C", false),
            ("R&D", false),
            ("&;", false),
        ] {
            assert_eq!(has_entity(text), has, "{text}");
        }
    }
}

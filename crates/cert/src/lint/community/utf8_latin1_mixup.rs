//! The subject's name was not read in another alphabet than it was written in.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "community.utf8-latin1-mixup",
        title: "The subject's name was not read in another alphabet than it was written in.",
        why: "UTF-8 that was taken for Latin-1 makes two odd letters of each one with an accent: the name is not the \
              one that was meant.",
        source: Source::Community,
        citation: "None: found in certificates of public CAs",
        severity: Severity::Error,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:e_utf8_latin1_mixup"),
        hint: "send the request in UTF-8, and look at the name before it is signed",
    },
    applies: |_| true,
    judge: |subject| ask::no_text(&subject.anatomy.subject, is_mixed_up),
};

/// What the second octets of U+00C0 to U+00DF in UTF-8, 0x80 to 0x9f, are in Windows-1252.
const SECOND: &str = "\u{20ac}\u{201a}\u{192}\u{201e}\u{2026}\u{2020}\u{2021}\u{2c6}\u{2030}\u{160}\u{2039}\u{152}\u{17d}\u{2018}\
     \u{2019}\u{201c}\u{201d}\u{2022}\u{2013}\u{2014}\u{2dc}\u{2122}\u{161}\u{203a}\u{153}\u{17e}\u{178}";

/// The first octet of U+00C0 to U+00FF in UTF-8 as Latin-1 has it, before what cannot follow that letter in a word. A space
/// that does not break and a soft hyphen could.
fn is_mixed_up(text: &str) -> bool {
    text.split('\u{c3}').skip(1).filter_map(|after| after.chars().next()).any(|next| {
        SECOND.contains(next)
            || matches!(next, '\u{80}'..='\u{9f}' | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{bf}')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_with_accents_are_told_from_those_that_were_misread() {
        for (text, is) in [
            ("M\u{c3}\u{bc}nchen", true),
            ("\u{c3}\u{2013}sterreich", true),
            ("\u{c3}\u{96}sterreich", true),
            ("M\u{fc}nchen", false),
            ("S\u{c3}O PAULO", false),
            ("S\u{c3}", false),
            ("", false),
        ] {
            assert_eq!(is_mixed_up(text), is, "{text}");
        }
    }
}

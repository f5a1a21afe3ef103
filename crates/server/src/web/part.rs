//! A list in parts: what was searched for, where one is, where the parts before and after lie.

use notafter_inventory::model::{Label, Labels};
use notafter_store::Standing;
use serde::Deserialize;

/// Rows of one part.
pub(super) const ROWS: usize = 100;

/// What the address of a list carries.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wish {
    #[serde(default)]
    pub(super) q: String,
    #[serde(default)]
    pub(super) from: usize,
    /// `service`, or `service=checkout`.
    #[serde(default)]
    pub(super) label: String,
    /// How endpoints stand.
    #[serde(default)]
    pub(super) state: String,
}

/// Where one is in a list.
pub(super) struct Part {
    pub(super) query: String,
    pub(super) label: String,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) told: String,
}

impl Part {
    /// Of `all` rows at `path`, which may carry what else was chosen, those that begin at the wished one.
    pub(super) fn of(path: &str, wish: &Wish, all: usize) -> Self {
        let query = wish.q.trim().to_owned();
        let searched: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let join = if path.contains('?') { '&' } else { '?' };
        let href = |from: usize| match (query.is_empty(), from) {
            (true, 0) => path.to_owned(),
            (true, from) => format!("{path}{join}from={from}"),
            (false, from) => format!("{path}{join}q={searched}&from={from}"),
        };
        let from = wish.from.min(all);
        let to = from.saturating_add(ROWS).min(all);
        Self {
            before: (from > 0).then(|| href(from.saturating_sub(ROWS))),
            after: (to < all).then(|| href(to)),
            label: wish.label.trim().to_owned(),
            told: if all == 0 { String::new() } else { format!("{} to {to} of {all}", (from + 1).min(to)) },
            query,
        }
    }
}

/// The list at `path` with a label chosen.
pub(super) fn labelled(path: &str, label: &str) -> String {
    let label: String = url::form_urlencoded::byte_serialize(label.as_bytes()).collect();
    format!("{path}?label={label}")
}

/// A label of something, and where whatever has it is listed.
pub(super) struct LabelView {
    pub(super) text: String,
    pub(super) href: String,
}

impl LabelView {
    /// Those of one thing, listed at `path`.
    pub(super) fn all(path: &str, labels: &Labels) -> Vec<Self> {
        let texts = labels.iter().map(|(key, value)| format!("{key}={value}"));
        texts.map(|text| Self { href: labelled(path, &text), text }).collect()
    }
}

impl Wish {
    /// The label that is chosen.
    pub(super) fn label(&self) -> Option<Label<'_>> {
        Label::read(&self.label)
    }

    /// How what is chosen stands.
    pub(super) fn standing(&self) -> Option<Standing> {
        Standing::ALL.into_iter().find(|standing| standing.key() == self.state)
    }

    /// The list at `path` with what is chosen of it, but for what leads through its parts.
    pub(super) fn path(&self, path: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(standing) = self.standing() {
            query.append_pair("state", standing.key());
        }
        if self.label().is_some() {
            query.append_pair("label", self.label.trim());
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// As the store is asked for it.
    pub(super) fn part(&self) -> notafter_store::Part {
        let from = u32::try_from(self.from).unwrap_or(u32::MAX);
        notafter_store::Part { search: self.q.clone(), from, rows: u32::try_from(ROWS).unwrap_or(u32::MAX) }
    }

    /// Whether a name is one that was searched for: it has every word, in whatever case.
    pub(super) fn finds(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.q.to_lowercase().split_whitespace().all(|word| name.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(q: &str, from: usize) -> Wish {
        Wish { q: q.to_owned(), from, ..Wish::default() }
    }

    #[test]
    fn parts_lie_side_by_side_and_keep_what_was_searched_for() {
        let part = Part::of("/l", &wish("", 0), 250);
        assert_eq!(
            (part.before, part.after.as_deref(), &part.told[..]),
            (None, Some("/l?from=100"), "1 to 100 of 250")
        );
        let part = Part::of("/l", &wish(" a&b ", 200), 250);
        assert_eq!(part.before.as_deref(), Some("/l?q=a%26b&from=100"));
        assert_eq!((part.after, &part.told[..]), (None, "201 to 250 of 250"));
        let part = Part::of("/l", &wish("", usize::MAX), 3);
        assert_eq!((part.before.as_deref(), part.after, &part.told[..]), (Some("/l"), None, "3 to 3 of 3"));
        let part = Part::of("/l?code=a", &wish("x", 0), 101);
        assert_eq!(part.after.as_deref(), Some("/l?code=a&q=x&from=100"));
        let part = Part::of("/l", &wish("x", 0), 0);
        assert_eq!((part.before, part.after, &part.told[..]), (None, None, ""));
    }

    #[test]
    fn a_label_is_kept_from_part_to_part() {
        let wish = Wish { q: "x".to_owned(), label: " a b=c&d ".to_owned(), ..Wish::default() };
        let part = Part::of(&wish.path("/l"), &wish, 101);
        assert_eq!(
            (part.after.as_deref(), &part.label[..]),
            (Some("/l?label=a+b%3Dc%26d&q=x&from=100"), "a b=c&d")
        );
        assert_eq!(Wish::default().path("/l"), "/l");
        let worst = Wish { state: "critical".to_owned(), label: "a".to_owned(), ..Wish::default() };
        assert_eq!(worst.path("/l"), "/l?state=critical&label=a");
        assert_eq!(Wish { state: "odd".to_owned(), ..Wish::default() }.path("/l"), "/l");
    }

    #[test]
    fn every_word_must_be_in_the_name() {
        assert!(wish("", 0).finds("shop"));
        assert!(wish("Shop EXAMPLE", 0).finds("shop.example:443"));
        assert!(!wish("shop wiki", 0).finds("shop.example:443"));
    }
}

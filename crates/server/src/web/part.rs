//! A list in parts: what was searched for, where one is, where the parts before and after lie.

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
}

/// Where one is in a list.
pub(super) struct Part {
    pub(super) query: String,
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
            told: if all == 0 { String::new() } else { format!("{} to {to} of {all}", (from + 1).min(to)) },
            query,
        }
    }
}

impl Wish {
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
        Wish { q: q.to_owned(), from }
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
    fn every_word_must_be_in_the_name() {
        assert!(wish("", 0).finds("shop"));
        assert!(wish("Shop EXAMPLE", 0).finds("shop.example:443"));
        assert!(!wish("shop wiki", 0).finds("shop.example:443"));
    }
}

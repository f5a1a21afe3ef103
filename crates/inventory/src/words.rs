//! Words of others, as people are shown them: what a program says when it fails, or what a server answers.

/// Lines that are shown of a longer text: what went wrong stands at its beginning, and what came of it at its end.
const FIRST: usize = 4;
const LAST: usize = 4;

/// On one line: no control characters, no direction overrides, no end.
#[must_use]
pub fn one_line(text: &str, longest: usize) -> String {
    clean(text, longest).trim().to_owned()
}

fn clean(text: &str, longest: usize) -> String {
    let clean: String = text
        .chars()
        .map(|letter| if letter.is_control() || is_invisible(letter) { ' ' } else { letter })
        .take(longest + 1)
        .collect();
    if clean.chars().count() <= longest {
        return clean;
    }
    whole_words(&clean, longest.saturating_sub(3)).to_owned() + "..."
}

/// The words that fit, without a mark that leads to the next one. Where one word would take most of them away, it is cut.
fn whole_words(text: &str, longest: usize) -> &str {
    let end = text.char_indices().nth(longest).map_or(text.len(), |(end, _)| end);
    let (fits, rest) = text.split_at(end);
    let last = fits.rfind(' ').filter(|at| *at > fits.len() / 2 && !rest.starts_with(' '));
    last.map_or(fits, |at| &fits[..at]).trim_end_matches([' ', ',', ';', ':', '('])
}

/// Line by line as they are indented, to stand below what they belong to; of many lines the first and the last.
#[must_use]
pub fn lines(text: &str, longest: usize) -> Vec<String> {
    let all: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let line = |text: &&str| clean(text, longest).trim_end().to_owned();
    if all.len() <= FIRST + LAST + 1 {
        return all.iter().map(line).collect();
    }
    let mut shown: Vec<String> = all.iter().take(FIRST).map(line).collect();
    shown.push(format!("... {} more lines ...", all.len() - FIRST - LAST));
    shown.extend(all.iter().skip(all.len() - LAST).map(line));
    shown
}

/// `Chrome, Edge and curl`.
pub(crate) fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Marks that reorder or hide what follows (Unicode bidirectional controls, zero-width characters).
pub(crate) const fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_keeps_its_beginning_and_its_end() {
        let text: String = (1..=30).map(|number| format!("line {number}\r\n\n")).collect();
        assert_eq!(
            lines(&text, 100),
            [
                "line 1",
                "line 2",
                "line 3",
                "line 4",
                "... 22 more lines ...",
                "line 27",
                "line 28",
                "line 29",
                "line 30"
            ]
        );
        assert_eq!(lines("one\n  \u{1b}[31mtwo\n", 100), ["one", "   [31mtwo"]);
        assert_eq!(lines(&"x".repeat(20), 10), ["xxxxxxx..."]);
        assert_eq!(lines("", 10), Vec::<String>::new());
    }

    /// A subject ended with "only for pool.example, a...".
    #[test]
    fn a_line_is_cut_between_words() {
        let table = [
            ("not valid for 127.0.0.3, only for pool.example", 28, "not valid for 127.0.0.3..."),
            ("not valid for 127.0.0.3, only", 28, "not valid for 127.0.0.3..."),
            ("one two three", 13, "one two three"),
            ("one two three four", 16, "one two three..."),
            ("one two three four", 15, "one two..."),
            ("a shop-with-a-long-name.example", 20, "a shop-with-a-lon..."),
            ("zu viele Wörter", 14, "zu viele..."),
        ];
        for (text, longest, expected) in table {
            assert_eq!(one_line(text, longest), expected);
            assert!(expected.chars().count() <= longest);
        }
    }
}

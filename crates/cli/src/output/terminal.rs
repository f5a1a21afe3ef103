//! What depends on the terminal: width, wrapping, words of strangers, time as people say it.

use std::borrow::Cow;

use notafter_inventory::words;

/// Columns of output that goes to no terminal.
const DEFAULT_WIDTH: usize = 100;
/// Wider lines are hard to read.
const WIDEST: usize = 140;
/// In fewer columns nothing can be set.
const NARROWEST: usize = 20;

/// How wide lines may be: as COLUMNS says (POSIX.1 section 8.3), else as the terminal is.
pub(crate) fn width() -> usize {
    asked_width().unwrap_or_else(|| {
        terminal_size::terminal_size().map_or(DEFAULT_WIDTH, |(terminal_size::Width(columns), _)| {
            usize::from(columns).clamp(NARROWEST, WIDEST)
        })
    })
}

/// What somebody wrote into COLUMNS; a number that says nothing is as if nobody had.
pub(crate) fn asked_width() -> Option<usize> {
    let columns = std::env::var("COLUMNS").ok()?.parse::<usize>().ok()?;
    (columns > 0).then(|| columns.max(NARROWEST))
}

/// One line of somebody else's words must not fill the screen.
const LONGEST_WORDS: usize = 500;

/// What somebody else said in several lines: the first as it is, the others, or the first and the last of them, below it.
pub(crate) fn block(text: &str, hanging: &str) -> Vec<String> {
    let Some((first, more)) = text.split_once('\n') else { return vec![text.to_owned()] };
    let more = words::lines(more, LONGEST_WORDS).into_iter().map(|line| format!("{hanging}{line}"));
    std::iter::once(first.trim_end().to_owned()).chain(more).collect()
}

/// Breaks a line at spaces so that it fits; the lines after the first begin with `hanging`. Words longer than a line
/// stay whole. ANSI styles count as nothing. What has several lines is a [`block`].
pub(crate) fn wrap(text: &str, hanging: &str, width: usize) -> Vec<String> {
    if text.contains('\n') {
        let lines = block(text, hanging);
        return lines.iter().flat_map(|line| wrap(line, hanging, width)).collect();
    }
    let start = text.len() - text.trim_start().len();
    let mut lines = Vec::new();
    let mut line = text[..start].to_owned();
    let mut empty = true;
    for word in text[start..].split(' ') {
        if !empty && columns(&line) + 1 + columns(word) > width && !word.is_empty() {
            lines.push(line.trim_end().to_owned());
            line = hanging.to_owned();
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines.push(line);
    lines
}

/// As [`fitted`], where somebody sees how wide lines may be. What goes into a file or to another program keeps its lines:
/// they are searched by line.
pub(crate) fn fit(text: String) -> String {
    let on_terminal = || terminal_size::terminal_size_of(std::io::stdout()).map(|_| width());
    match asked_width().or_else(on_terminal) {
        Some(width) => fitted(&text, width),
        None => text,
    }
}

/// Lines as wide as they may be; what does not fit hangs below its own line.
fn fitted(text: &str, width: usize) -> String {
    let fit = |line: &str| {
        let indent = line.len() - line.trim_start_matches(' ').len();
        wrap(line, &" ".repeat(indent + 4), width).join("\n") + "\n"
    };
    text.lines().map(fit).collect()
}

/// Printed columns, near enough: letters without what lies between ESC and `m`.
fn columns(text: &str) -> usize {
    let mut in_style = false;
    text.chars()
        .filter(|letter| {
            let visible = !in_style && *letter != '\u{1b}';
            in_style = match letter {
                '\u{1b}' => true,
                'm' => false,
                _ => in_style,
            };
            visible
        })
        .count()
}

/// Words of strangers, as a terminal only shows them: what it would obey, or what hides or reorders the words beside it,
/// is written out (`\u{1b}`).
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        if is_obeyed(letter) {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    Cow::Owned(shown)
}

/// Control characters, and Unicode's marks without a shape of their own: directions (UAX 9), joiners, separators of lines.
pub(crate) fn is_obeyed(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn lines_break_at_spaces_and_hang() {
        let wrapped = wrap("  one two three four", "    ", 12);
        assert_eq!(wrapped, ["  one two", "    three", "    four"]);
        assert_eq!(wrap("\u{1b}[31mred\u{1b}[0m word", "", 8), ["\u{1b}[31mred\u{1b}[0m word"]);
        assert_eq!(wrap("averylongword", "  ", 4), ["averylongword"]);
    }

    /// A person's screen broke the lines anywhere.
    #[test]
    fn lines_of_a_text_fit_and_hang_below_their_own() {
        let text = "vault\n  sealed: two certificate keys, one secret\n  hint: none\n";
        assert_eq!(
            fitted(text, 24),
            "vault\n  sealed: two\n      certificate keys,\n      one secret\n  hint: none\n"
        );
        assert_eq!(fitted(text, 80), text);
    }

    /// What nginx says of its configuration began at the left margin.
    #[test]
    fn what_a_program_said_in_lines_stays_below_what_it_is_about() {
        let said = "    last: nginx refuses: nginx: [emerg] no such file\nnginx: test failed\n";
        let wrapped = wrap(said, "      ", 40);
        assert_eq!(
            wrapped,
            ["    last: nginx refuses: nginx: [emerg]", "      no such file", "      nginx: test failed"]
        );
    }

    /// A target in a list could paint the terminal, and turn the words behind it around.
    #[test]
    fn what_a_terminal_would_obey_is_written_out() {
        let hostile = "a\u{1b}[2J\r\nb\u{7f}\u{9b}c\u{202e}d\u{200b}";
        assert_eq!(visible(hostile), r"a\u{1b}[2J\r\nb\u{7f}\u{9b}c\u{202e}d\u{200b}");
        assert!(
            matches!(visible("Bücher 書籍 é \\ 'x'"), Cow::Borrowed(_)),
            "what is only seldom stays as it is"
        );
    }
}

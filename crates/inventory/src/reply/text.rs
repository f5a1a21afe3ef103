//! What somebody wrote in a reply: the text without what they answer, without the line that says whom, and without what
//! their program adds.

/// Lines that are looked at: what follows was not written at 03:00.
const LINES: usize = 2_000;
/// How many lines a line that says whom is answered may be broken into.
const ATTRIBUTION_LINES: usize = 4;

/// How the lines begin and end that say whom is answered, in the languages that mail programs speak most.
const ATTRIBUTIONS: [(&str, &str); 8] = [
    ("on ", "wrote:"),
    ("am ", ":"),
    ("le ", "écrit :"),
    ("le ", "écrit:"),
    ("el ", "escribió:"),
    ("il ", "scritto:"),
    ("em ", "escreveu:"),
    ("op ", ":"),
];
/// Lines that a program adds below what somebody wrote.
const ADDED: [&str; 8] = [
    "sent from my ",
    "sent from mail for ",
    "sent from outlook",
    "get outlook for ",
    "von meinem ",
    "gesendet von ",
    "envoyé de mon ",
    "sent via ",
];

/// What was written, in one line.
pub(super) fn said(text: &str) -> String {
    let lines: Vec<&str> = text.lines().take(LINES).map(str::trim).collect();
    let mut kept: Vec<&str> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        if line.starts_with('>') {
            drop_attribution(&mut kept);
        } else if is_end(&lines[at..]) {
            break;
        } else if let Some(length) = attribution(&lines[at..]) {
            // Programs that mark no quote write it below this line.
            let quoted = lines[at + length..].iter().find(|line| !line.is_empty());
            if !quoted.is_some_and(|line| line.starts_with('>')) {
                break;
            }
            at += length;
            continue;
        } else {
            kept.push(line);
        }
        at += 1;
    }
    let words = kept.iter().flat_map(|line| line.split_whitespace());
    let words: Vec<String> = words.map(plain).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// A word without what a terminal would obey, and without marks that hide or reorder.
fn plain(word: &str) -> String {
    word.chars()
        .filter(|letter| {
            !letter.is_control()
                && !matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
        })
        .collect()
}

/// In a language that is not known, the lines before a quote that end in a colon.
fn drop_attribution(kept: &mut Vec<&str>) {
    while kept.last().is_some_and(|line| line.is_empty()) {
        kept.pop();
    }
    if !kept.last().is_some_and(|line| line.ends_with(':')) {
        return;
    }
    for _ in 0..ATTRIBUTION_LINES {
        match kept.pop() {
            None | Some("") => return,
            Some(_) => {}
        }
    }
}

/// How many lines from here on say whom is answered. Somebody who is "on it", or "on my way", says nothing of the kind: the
/// last line that begins so is the one.
fn attribution(lines: &[&str]) -> Option<usize> {
    let low: Vec<String> = lines.iter().take(ATTRIBUTION_LINES).map(|line| line.to_lowercase()).collect();
    let whole = low.iter().take_while(|line| !line.is_empty()).count();
    let is_one = |(begins, ends): &(&str, &str)| {
        let length = 1 + low[..whole].iter().position(|line| line.ends_with(ends))?;
        let starts: Vec<bool> = low[..length].iter().map(|line| line.starts_with(begins)).collect();
        // A colon alone ends many a line: there the address stands in it as well.
        let told = ends.len() > 1 || low[..length].concat().contains('@');
        (starts.first() == Some(&true) && !starts[1..].contains(&true) && told).then_some(length)
    };
    ATTRIBUTIONS.iter().find_map(is_one)
}

/// Whether nothing that somebody wrote comes any more.
fn is_end(lines: &[&str]) -> bool {
    let Some(line) = lines.first() else { return true };
    let low = line.to_lowercase();
    let rule = |mark: char| line.len() >= 10 && line.chars().all(|letter| letter == mark);
    // "-----Original Message-----", in whichever language.
    let titled = line.starts_with("-----") && line.ends_with("-----");
    *line == "--"
        || titled
        || rule('_')
        || ADDED.iter().any(|added| low.starts_with(added))
        || low.contains("notafter alert ack al_")
        || is_header(lines)
}

/// `From: ...`, `Sent: ...`, `To: ...`, one below the other, as Outlook writes it in whichever language.
fn is_header(lines: &[&str]) -> bool {
    let is_field = |line: &&&str| {
        let line = line.trim_start_matches('*');
        line.split_once(':').is_some_and(|(name, _)| {
            !name.is_empty()
                && name.chars().count() <= 16
                && name.chars().all(|letter| letter.is_alphabetic() || " *-".contains(letter))
                && name.chars().next().is_some_and(char::is_uppercase)
        })
    };
    let fields = lines.iter().take_while(is_field).take(5);
    let (fields, names_somebody) =
        fields.fold((0, false), |(count, named), line| (count + 1, named || line.contains('@')));
    fields >= 3 && names_somebody
}

//! Whether a password that somebody chose is among those that are tried first (NIST SP 800-63B-4 section 3.1.1.2: a blocklist of
//! what is commonly used, expected, or follows from the name of the account or the service).

use std::collections::BTreeSet;

/// Where a sequence is repeated, it has to be so long itself.
const LONGEST_REPEATED: usize = 15;
/// A password in which no more than this is left to be guessed is refused: a character that is in no common part counts one, ...
const LEAST: usize = 8;
/// ... a common part counts so much, ...
const PART: usize = 2;
/// ... and nothing where it stood before, nor do so many digits at the end.
const DIGITS_AT_THE_END: usize = 4;
/// Of characters that follow each other, so many make a common part.
const SHORTEST_RUN: usize = 3;
/// Shorter names are in too many words.
const SHORTEST_NAME: usize = 3;

/// Rows of keyboards: QWERTY, QWERTZ, AZERTY.
const ROWS: [&str; 6] = ["qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop"];

/// What passwords that became known are made of (after the lists that are published each year), and what sites like these invite to.
const COMMON: &[&str] = &[
    "correcthorsebatterystaple",
    "thequickbrownfox",
    "administrator",
    "certificate",
    "letmeinplease",
    "changeme",
    "changeit",
    "password",
    "passwort",
    "passwd",
    "passw",
    "passphrase",
    "kennwort",
    "motdepasse",
    "contrasena",
    "senha",
    "parola",
    "pass",
    "secret",
    "geheim",
    "welcome",
    "willkommen",
    "hello",
    "hallo",
    "bonjour",
    "admin",
    "root",
    "user",
    "login",
    "guest",
    "default",
    "test",
    "testing",
    "demo",
    "temp",
    "server",
    "system",
    "service",
    "internet",
    "computer",
    "security",
    "secure",
    "safe",
    "access",
    "master",
    "letmein",
    "trustno",
    "iloveyou",
    "loveyou",
    "love",
    "forever",
    "dragon",
    "monkey",
    "football",
    "baseball",
    "basketball",
    "soccer",
    "hockey",
    "superman",
    "batman",
    "spiderman",
    "starwars",
    "pokemon",
    "princess",
    "sunshine",
    "shadow",
    "ashley",
    "michael",
    "jordan",
    "jennifer",
    "jessica",
    "charlie",
    "thomas",
    "daniel",
    "andrew",
    "robert",
    "matthew",
    "george",
    "michelle",
    "nicole",
    "hunter",
    "killer",
    "soldier",
    "freedom",
    "whatever",
    "flower",
    "cookie",
    "chocolate",
    "cheese",
    "pepper",
    "ginger",
    "summer",
    "winter",
    "spring",
    "autumn",
    "sommer",
    "herbst",
    "monday",
    "friday",
    "sunday",
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "company",
    "office",
    "example",
    "notafter",
    "qwerty",
    "qwertz",
    "azerty",
    "qazwsx",
    "zaq",
    "wsx",
    "qaz",
    "asdf",
    "mustang",
    "harley",
    "ranger",
    "yankees",
    "liverpool",
    "chelsea",
    "arsenal",
    "barcelona",
    "lovely",
    "angel",
    "babygirl",
    "blink",
    "google",
    "facebook",
    "linkedin",
    "microsoft",
    "windows",
    "apple",
    "samsung",
    "ubuntu",
    "debian",
    "linux",
    "docker",
    "nginx",
    "https",
];

/// Why a password is found by trying.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// `aaaaaaaaaaaaaaa`, `abcabcabcabcabc`.
    #[error("the password is one character or one short sequence, repeated")]
    Repeated,
    /// `Password12345678`.
    #[error(
        "the password is made of what is tried first: common passwords, rows of keys, digits that follow each other"
    )]
    Common,
    /// The same, with what everybody knows of this account.
    #[error("the password is made of the name of the account or of this site, and of little else")]
    Named,
}

/// What is weak about a password, where something is. `names` are those of the account and of the site.
#[must_use]
pub fn weakness(password: &str, names: &[&str]) -> Option<Weakness> {
    let letters: Vec<char> = password.chars().flat_map(char::to_lowercase).collect();
    if is_repeated(&letters) {
        return Some(Weakness::Repeated);
    }
    let letters: Vec<char> = letters.into_iter().filter(|letter| !is_between(*letter)).collect();
    let names: Vec<Vec<char>> = names
        .iter()
        .map(|name| name.chars().flat_map(char::to_lowercase).filter(|letter| !is_between(*letter)).collect())
        .filter(|name: &Vec<char>| name.len() >= SHORTEST_NAME)
        .collect();
    let (left, has_name) = left_to_guess(&letters, &names);
    (left < LEAST).then_some(if has_name { Weakness::Named } else { Weakness::Common })
}

/// Whether it is a sequence that comes again to the end.
fn is_repeated(letters: &[char]) -> bool {
    let longest = (letters.len() / 2).min(LONGEST_REPEATED - 1);
    (1..=longest).any(|length| letters.iter().zip(&letters[length..]).all(|(one, next)| one == next))
}

/// What stands between words and makes none of them harder to guess.
fn is_between(letter: char) -> bool {
    letter.is_whitespace() || "-_.,:;/+".contains(letter)
}

/// How much is left to be guessed by somebody who knows the common parts and the names, and whether a name is in it.
fn left_to_guess(letters: &[char], names: &[Vec<char>]) -> (usize, bool) {
    let digits = letters.iter().rev().take_while(|letter| letter.is_ascii_digit()).count();
    let end = letters.len() - digits.min(DIGITS_AT_THE_END);
    let (mut at, mut left, mut has_name) = (0, 0, false);
    let mut seen = BTreeSet::new();
    while at < end {
        let rest = &letters[at..];
        let name = names.iter().filter(|name| begins(rest, name.iter().copied())).map(Vec::len).max();
        let word = COMMON.iter().filter(|word| begins(rest, word.chars())).map(|word| word.len()).max();
        let run = Some(run(rest)).filter(|run| *run >= SHORTEST_RUN);
        match name.max(word).max(run) {
            Some(length) => {
                has_name |= name == Some(length);
                left += if seen.insert(&rest[..length]) { PART } else { 0 };
                at += length;
            }
            None => {
                left += 1;
                at += 1;
            }
        }
    }
    (left, has_name)
}

/// Whether a word stands at the beginning, also as `p4$$w0rd`.
fn begins(letters: &[char], word: impl Iterator<Item = char>) -> bool {
    let mut letters = letters.iter();
    word.into_iter().all(|expected| letters.next().is_some_and(|letter| stands_for(*letter, expected)))
}

fn stands_for(letter: char, expected: char) -> bool {
    let meant = match letter {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    letter == expected || meant == expected
}

/// How many characters at the beginning are the same, follow each other (`abc`, `321`), or stand beside each other on a keyboard.
fn run(letters: &[char]) -> usize {
    let steps = [0, 1, -1].map(|step| {
        let follows = |pair: &&[char]| i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0])) == step;
        1 + letters.windows(2).take_while(follows).count()
    });
    let rows = ROWS.iter().flat_map(|row| [(*row).to_owned(), row.chars().rev().collect()]).map(|row| {
        let beside = |pair: &&[char]| row.contains(&pair.iter().collect::<String>());
        1 + letters.windows(2).take_while(beside).count()
    });
    steps.into_iter().chain(rows).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `passwordpassword` was taken: it has its fifteen characters.
    #[test]
    fn what_is_tried_first_is_no_password_however_long_it_is() {
        let names = ["ada.lovelace", "certs", "walk"];
        for (password, why) in [
            ("passwordpassword", Weakness::Repeated),
            ("aaaaaaaaaaaaaaa", Weakness::Repeated),
            ("abcabcabcabcabca", Weakness::Repeated),
            ("k3#xQ9k3#xQ9k3#x", Weakness::Repeated),
            ("Password12345678", Weakness::Common),
            ("P@ssw0rdP4$$word!", Weakness::Common),
            ("adminadminadmin1", Weakness::Common),
            ("qwertyuiopasdfghjkl", Weakness::Common),
            ("Summer2026summer2026", Weakness::Repeated),
            ("Summer2026!Summer", Weakness::Common),
            ("welcome to notafter", Weakness::Common),
            ("123456789012345", Weakness::Common),
            ("987654321 987654", Weakness::Common),
            ("correct-horse-battery-staple", Weakness::Common),
            ("Ada Lovelace 2026", Weakness::Named),
            ("ada.lovelace.certs", Weakness::Named),
            ("certs.walk.password", Weakness::Named),
        ] {
            assert_eq!(weakness(password, &names), Some(why), "{password}");
        }
    }

    #[test]
    fn what_nobody_tries_first_is_taken() {
        for password in [
            "correct horse battery",
            "another horse battery",
            "fünfzehn züge..",
            "384756102938475",
            "x7#kQ!92mzL0pWv",
            "password of my grandmother's cellar",
            "ada knows a lighthouse",
            "密碼由很多不同的字組成而且很長",
        ] {
            assert_eq!(weakness(password, &["ada", "notafter"]), None, "{password}");
        }
    }

    #[test]
    fn the_list_is_written_as_it_is_compared() {
        for word in COMMON {
            assert!(word.bytes().all(|byte| byte.is_ascii_lowercase()), "{word}");
        }
    }
}

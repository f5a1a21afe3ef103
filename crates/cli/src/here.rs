//! Commands to type next, for the installation that this run was told of.

use std::path::Path;

use crate::command;
use crate::settings::Global;

/// The options of this run that say which installation is meant, as they stand behind `notafter`; nothing where they were
/// left out, and every further command finds the same installation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Here(String);

impl Here {
    pub(crate) fn of(global: &Global) -> Self {
        let options = [("--data", &global.data), ("--config", &global.config)];
        let said = options.into_iter().filter_map(|(name, path)| Some((name, path.as_deref()?)));
        Self(said.map(|(name, path)| format!(" {name} {}", quoted(path))).collect())
    }

    /// The words, with the options in every command of notafter that they name.
    pub(crate) fn in_words(&self, words: &str) -> String {
        const PROGRAM: &str = "notafter";
        if self.0.is_empty() {
            return words.to_owned();
        }
        let mut said = String::with_capacity(words.len() + self.0.len());
        let mut rest = words;
        while let Some(at) = rest.find(PROGRAM) {
            let (before, after) = rest.split_at(at + PROGRAM.len());
            said.push_str(before);
            if is_a_word(&before[..at]) && begins_with_a_command(after) {
                said.push_str(&self.0);
            }
            rest = after;
        }
        said + rest
    }
}

/// Whether a word may begin behind it.
fn is_a_word(before: &str) -> bool {
    before.chars().next_back().is_none_or(|letter| letter == ' ' || letter == '`')
}

fn begins_with_a_command(after: &str) -> bool {
    let Some(words) = after.strip_prefix(' ') else { return false };
    let end =
        words.find(|letter: char| !(letter.is_ascii_lowercase() || letter == '-')).unwrap_or(words.len());
    command::is_one(&words[..end])
}

/// As a shell reads it as one word.
fn quoted(path: &Path) -> String {
    let path = path.to_string_lossy();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+:,@=%".contains(letter);
    if !path.is_empty() && path.chars().all(is_plain) {
        path.into_owned()
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `adopt --data X` ended with "next: notafter serve", which would have served another installation.
    #[test]
    fn a_command_to_type_next_means_the_installation_that_was_named() {
        let here = Here::of(&Global { data: Some("/srv/it's".into()), config: Some("./n.toml".into()) });
        let said = [
            "notafter serve",
            "sudo notafter adopt",
            "notafter check /etc/notafter/shop.pem",
            "notafter renews it already, and `notafter adopt --undo shop` gives it back",
            "no server of notafter runs; notafter serves nothing",
            "nginx -s reload",
        ]
        .map(|words| here.in_words(words));
        insta::assert_snapshot!(said.join("\n"));
        assert_eq!(Here::of(&Global::default()).in_words("notafter serve"), "notafter serve");
    }
}

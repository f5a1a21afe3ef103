//! Commands to type next, for the installation that this run was told of.

use std::path::Path;

use crate::command;
use crate::settings::Global;

/// The options of this run that say which installation is meant, as they stand behind `notafter`; nothing where they were
/// left out, and every further command finds the same installation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Here {
    global: String,
    /// A command that finds the same things only with these options, which stand behind it.
    own: Option<(&'static str, String)>,
}

impl Here {
    pub(crate) fn of(global: &Global) -> Self {
        let options = [("--data", &global.data), ("--config", &global.config)];
        let said = options.into_iter().filter_map(|(name, path)| Some((name, path.as_deref()?)));
        Self { global: said.map(|(name, path)| format!(" {name} {}", quoted(path))).collect(), own: None }
    }

    /// With options of this run that the command must have again to find the same things.
    pub(crate) fn with<'a>(
        self,
        command: &'static str,
        options: impl Iterator<Item = (&'static str, &'a Path)>,
    ) -> Self {
        let own: String = options.map(|(name, path)| format!(" {name} {}", quoted(path))).collect();
        Self { own: (!own.is_empty()).then_some((command, own)), ..self }
    }

    /// The words, with the options in every command of notafter that they name.
    pub(crate) fn in_words(&self, words: &str) -> String {
        const PROGRAM: &str = "notafter";
        if self.global.is_empty() && self.own.is_none() {
            return words.to_owned();
        }
        let mut said = String::with_capacity(words.len() + self.global.len());
        let mut rest = words;
        while let Some(at) = rest.find(PROGRAM) {
            let (before, after) = rest.split_at(at + PROGRAM.len());
            said.push_str(before);
            if is_a_word(&before[..at]) && begins_with_a_command(after) {
                said.push_str(&self.global);
            }
            rest = after;
            if let Some((command, options)) = &self.own
                && is_a_word(&before[..at])
                && let Some(further) = after.strip_prefix(&format!(" {command}"))
                && !further.starts_with(|letter: char| letter.is_ascii_alphanumeric())
            {
                said.push_str(&format!(" {command}{options}"));
                rest = further;
            }
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

    /// `adopt --look-in DIR` ended with "next: notafter adopt --take-over shop.example", which found nobody who renews it.
    #[test]
    fn a_command_to_type_next_looks_where_this_run_looked() {
        let looked = [("--look-in", Path::new("/srv/le 3")), ("--look-in", Path::new("lego"))];
        let options = " --look-in '/srv/le 3' --look-in lego";
        let here = |global: &Global| Here::of(global).with("adopt", looked.into_iter());
        let nowhere = here(&Global::default());
        assert_eq!(
            nowhere.in_words("sudo notafter adopt, or `notafter adopt --take-over shop`: notafter adopts nothing; notafter serve"),
            format!("sudo notafter adopt{options}, or `notafter adopt{options} --take-over shop`: notafter adopts nothing; notafter serve"),
        );
        let there = here(&Global { data: Some("/srv/na".into()), config: None });
        assert_eq!(
            there.in_words("notafter adopt --watch"),
            format!("notafter --data /srv/na adopt{options} --watch")
        );
        assert_eq!(
            Here::default().with("adopt", [].into_iter()).in_words("notafter adopt"),
            "notafter adopt"
        );
    }
}

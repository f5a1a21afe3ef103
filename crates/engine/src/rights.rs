//! With whose rights the server works: the process that faces the network should not be root (docs/processes.md).

use crate::settings::Settings;

/// The hint of every warning.
const SPLIT: &str =
    "run notafter serve as a user of its own, and notafter hands as root: docs/processes.md shows how";

/// Whose rights the process that faces the network has, and who writes keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    user: u32,
    has_helper: bool,
}

impl Rights {
    /// Of this process with these settings.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        Self::of_user(rustix::process::geteuid().as_raw(), settings)
    }

    /// Of a server that this user runs.
    #[must_use]
    pub const fn of_user(user: u32, settings: &Settings) -> Self {
        Self { user, has_helper: settings.hands.is_some() }
    }

    /// Who does what.
    #[must_use]
    pub fn words(self) -> String {
        match (self.user, self.has_helper) {
            (0, false) => {
                "root faces the network, writes keys and reloads products in one process".to_owned()
            }
            (0, true) => {
                "root faces the network, although a helper writes keys and reloads products".to_owned()
            }
            (user, false) => {
                format!("user {user} faces the network, writes keys and reloads products in one process")
            }
            (user, true) => {
                format!("user {user} faces the network, and a helper writes keys and reloads products")
            }
        }
    }

    /// What to do where root faces the network.
    #[must_use]
    pub const fn hint(self) -> Option<&'static str> {
        if self.user == 0 { Some(SPLIT) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_at_the_network_is_warned_of_with_and_without_a_helper() {
        let alone = Settings::default();
        let helped = Settings { hands: Some("/run/notafter/hands.sock".into()), ..Settings::default() };
        let shown: Vec<String> = [(0, &alone), (0, &helped), (990, &alone), (990, &helped)]
            .map(|(user, settings)| Rights::of_user(user, settings))
            .map(|rights| format!("{} [{}]", rights.words(), rights.hint().unwrap_or("well")))
            .into();
        insta::assert_snapshot!(shown.join("\n"));
    }
}

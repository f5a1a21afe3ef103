//! Accounts: who may sign in to the pages and the API, and what for.

use std::fmt;

use notafter_cert::{Span, Time};
use serde::{Deserialize, Serialize};

use super::{Actor, Bond, Identity, OwnerId, SessionId, TokenId, UserId};

/// What somebody may do. Each may what the one before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Read the calendar, which programs fetch that keep a secret badly, and nothing else. No person's.
    Calendar,
    /// Look at everything within reach.
    Viewer,
    /// Act on what is there: renew, deploy, roll back, acknowledge, silence.
    Operator,
    /// Change what is there: the inventory, secrets, accounts.
    Admin,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 4] = [Self::Calendar, Self::Viewer, Self::Operator, Self::Admin];

    /// Whether an account may have it. Who signs in sees pages, which takes a viewer at least.
    #[must_use]
    pub fn is_for_people(self) -> bool {
        self >= Self::Viewer
    }

    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calendar => "calendar",
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Role {
    type Err = NoSuchRole;

    fn from_str(text: &str) -> Result<Self, NoSuchRole> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or_else(|| NoSuchRole(text.to_owned()))
    }
}

/// A word that names no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no role: viewer, operator, admin, or calendar for a token")]
pub struct NoSuchRole(String);

/// A role, and how far it reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// What may be done.
    pub role: Role,
    /// With the subjects of this owner alone; with everything where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerId>,
}

impl Grant {
    /// Everything, with everything.
    pub const EVERYTHING: Self = Self { role: Role::Admin, owner: None };

    /// Whether it is enough where `needed` is. What belongs to the whole installation takes a grant that does too.
    #[must_use]
    pub fn allows(self, needed: Needed) -> bool {
        self.role >= needed.role && (self.owner.is_none() || !needed.whole)
    }
}

/// What a request asks of whoever makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needed {
    /// The least role.
    pub role: Role,
    /// Whether it is about the whole installation, so that no grant within one owner is enough.
    pub whole: bool,
}

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Identity.
    pub id: UserId,
    /// Unique name to sign in with.
    pub name: String,
    /// What for.
    pub grant: Grant,
    /// The password, hashed as PHC string (argon2id); nothing where only a sign-in link leads in.
    pub password: Option<String>,
    /// Since when the account exists.
    pub made_at: Time,
    /// Where its rights come from; nothing for an account that is older than this was written of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rights_from: Option<RightsFrom>,
    /// Whom an administrator disconnected from it: only an administrator connects anybody with it again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disconnected: Vec<Disconnected>,
    /// Last time somebody signed in with it; written apart from the rest.
    #[serde(skip)]
    pub signed_in_at: Option<Time>,
}

impl User {
    /// Whether its rights are what a provider says of whoever it is there, among these.
    #[must_use]
    pub fn follows_claim(&self, identities: &[Identity]) -> bool {
        match self.rights_from {
            Some(from) => from == RightsFrom::Claim,
            None => identities.iter().any(|one| one.user_id == self.id && one.by == Bond::Claim),
        }
    }
}

/// Where the rights of an account come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RightsFrom {
    /// An administrator gave them: they stay.
    Hand,
    /// A claim of a provider: they are what it said last, and end with the connection.
    Claim,
}

/// Somebody at a provider who was an account here until an administrator ended that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disconnected {
    /// The provider.
    pub issuer: String,
    /// Who, at that provider.
    pub subject: String,
    /// Since when.
    pub at: Time,
}

/// One signed-in browser. Its secret is known to the browser alone: the store keeps a hash of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Identity, to list and end it by.
    pub id: SessionId,
    /// Whose.
    pub user_id: UserId,
    /// Since when.
    pub from: Time,
    /// Ends then at the latest.
    pub until: Time,
    /// What the browser calls itself.
    pub agent: String,
    /// Where it signed in from.
    pub address: String,
    /// What it began with; nothing for a session that is older than this was written of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_with: Option<BeganWith>,
}

/// What a session began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BeganWith {
    /// Name and password.
    Password,
    /// A passkey.
    Passkey,
    /// A provider that people sign in through.
    Provider,
    /// A link that leads in once, which an administrator made.
    Link,
}

impl Session {
    /// Who came in by a link has so long to choose another password or add a passkey without the present password: that is
    /// what the link was made for.
    pub const LINK_COUNTS: Span = Span::minutes(15);

    /// Whether it began with a link a short while before `now`.
    #[must_use]
    pub fn is_fresh_from_a_link(&self, now: Time) -> bool {
        self.began_with == Some(BeganWith::Link) && self.from <= now && now < self.from + Self::LINK_COUNTS
    }
}

/// A key to the API for a program. The store keeps a hash of its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Identity.
    pub id: TokenId,
    /// Unique name: what it is for.
    pub name: String,
    /// What may be done with it.
    pub grant: Grant,
    /// Since when.
    pub from: Time,
    /// Worth nothing from then on.
    pub until: Time,
    /// Who made it.
    pub by: Actor,
    /// The account that it belongs to: it reaches as far as that one does, and ends with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<UserId>,
}

/// What a secret of a session, a token or a sign-in link is known by: its SHA-256. The secrets are 32 random bytes, so
/// that nobody finds them by trying.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SecretHash(pub [u8; 32]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_within_one_owner_is_never_enough_for_the_whole_installation() {
        let owner = Some(OwnerId::new(Time::from_unix_seconds(1), [1; 10]));
        for role in Role::ALL {
            for needed in Role::ALL {
                let asks = |whole| Needed { role: needed, whole };
                assert_eq!(Grant { role, owner: None }.allows(asks(true)), role >= needed);
                assert_eq!(Grant { role, owner }.allows(asks(false)), role >= needed);
                assert!(!Grant { role, owner }.allows(asks(true)));
            }
        }
    }

    #[test]
    fn every_role_reads_back_and_no_other_word_does() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        assert_eq!(
            "root".parse::<Role>().unwrap_err().to_string(),
            "\"root\" is no role: viewer, operator, admin, or calendar for a token"
        );
    }
}

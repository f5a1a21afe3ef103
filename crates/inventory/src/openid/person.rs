//! Whom a provider speaks of, and what that person may do by what it says.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use super::Claims;
use crate::model::Role;

/// Somebody, as far as a provider is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who it is, for this provider and for ever.
    pub subject: String,
    /// The e-mail address, in lower case, if the provider says that it has verified it. One that anybody can write into a
    /// profile is nobody's.
    pub email: Option<String>,
    /// What people call it; it may change, and be anybody's choice.
    pub called: Option<String>,
    /// What the claim says that rights follow from.
    pub values: Vec<String>,
}

impl Person {
    /// By what a provider says; rights follow from this claim.
    #[must_use]
    pub fn of(claims: &Claims, claim: Option<&str>) -> Self {
        let text = |name: &str| claims.find(name).and_then(Value::as_str);
        let is_verified = match claims.find("email_verified") {
            Some(Value::Bool(verified)) => *verified,
            // Some providers write it as text.
            Some(Value::String(verified)) => verified == "true",
            _ => false,
        };
        let values = claim.and_then(|claim| claims.find(claim)).map(texts).unwrap_or_default();
        Self {
            subject: claims.subject().to_owned(),
            email: text("email").filter(|_| is_verified).map(str::to_ascii_lowercase),
            called: text("preferred_username").map(str::to_owned),
            values,
        }
    }

    /// What an account of this person is to be called: by what nobody else can be called. A name that looks like an address
    /// and was not verified is somebody else's.
    #[must_use]
    pub fn name(&self) -> &str {
        let called = self.called.as_deref().filter(|called| !called.contains('@'));
        self.email.as_deref().or(called).unwrap_or(&self.subject)
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(many) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// What somebody may do: a role, and the owner it is kept to, by name. Written `admin`, or `operator:payments`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entitlement {
    /// The role.
    pub role: Role,
    /// The owner; everything where it is left out.
    pub owner: Option<String>,
}

/// A text that entitles to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a role (viewer, operator, admin) nor one with an owner, such as operator:payments")]
pub struct NoEntitlement(String);

impl FromStr for Entitlement {
    type Err = NoEntitlement;

    fn from_str(text: &str) -> Result<Self, NoEntitlement> {
        let wrong = || NoEntitlement(text.to_owned());
        let (role, owner) = match text.split_once(':') {
            Some((role, owner)) => (role, Some(owner.to_owned())),
            None => (text, None),
        };
        let role: Role = role.parse().map_err(|_| wrong())?;
        let is_sound = role.is_for_people() && owner.as_ref().is_none_or(|owner| !owner.is_empty());
        is_sound.then_some(Self { role, owner }).ok_or_else(wrong)
    }
}

impl fmt::Display for Entitlement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.owner {
            None => write!(f, "{}", self.role),
            Some(owner) => write!(f, "{}:{owner}", self.role),
        }
    }
}

/// Several values entitle to one role for several owners, and an account is kept to one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is entitled to {0} and to {1}, and an account is kept to one owner")]
pub struct Ambiguous(Entitlement, Entitlement);

/// What the values of somebody entitle to by this map: to the greatest role, over everything before kept to an owner; nothing where
/// no value is in the map.
///
/// # Errors
/// It is not one thing.
pub fn entitled(
    values: &[String],
    map: &BTreeMap<String, Entitlement>,
) -> Result<Option<Entitlement>, Ambiguous> {
    let rank = |one: &Entitlement| (one.role, one.owner.is_none());
    let held: Vec<&Entitlement> = values.iter().filter_map(|value| map.get(value)).collect();
    let greatest = held.iter().map(|one| rank(one)).max();
    let mut best = held.into_iter().filter(|one| Some(rank(one)) == greatest);
    let Some(first) = best.next() else { return Ok(None) };
    match best.find(|other| *other != first) {
        None => Ok(Some(first.clone())),
        Some(other) => Err(Ambiguous(first.clone(), other.clone())),
    }
}

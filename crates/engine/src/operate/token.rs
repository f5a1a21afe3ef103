//! API tokens: how programs come in.

use notafter_cert::{Span, Time};
use notafter_inventory::model::{Actor, Grant, Role, Token, TokenId};
use notafter_store::{Access, Change};
use serde::{Deserialize, Serialize};

use super::user::{All, Named, owner_name, owner_of};
use super::{Fault, Operation, operation};
use crate::access::{self, Secret};
use crate::context::Context;

/// The operations of this file.
pub const OPERATIONS: &[Operation] =
    &[operation!("token.list", list), operation!("token.make", make), operation!("token.remove", remove)];

/// Longer than this nobody remembers that there is one.
pub(super) const LONGEST: Span = Span::days(400);

/// A new token.
#[derive(Debug, Serialize, Deserialize)]
pub struct Make {
    /// Its name: what it is for.
    pub name: String,
    /// What may be done with it.
    pub role: Role,
    /// The owner it is kept to, by name.
    pub owner: Option<String>,
    /// How long it is worth anything.
    pub lasts: Span,
}

/// A token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRow {
    /// Identity.
    pub id: TokenId,
    /// Its name.
    pub name: String,
    /// What may be done with it.
    pub role: Role,
    /// The name of the owner it is kept to; nothing where it reaches everything.
    pub owner: Option<String>,
    /// Since when.
    pub from: Time,
    /// Worth nothing from then on.
    pub until: Time,
    /// Who made it.
    pub by: Actor,
}

/// A token that was made just now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The token.
    pub token: TokenRow,
    /// Its secret, which is told here and never again.
    pub secret: String,
    /// Where a program fetches the calendar that cannot send a header, of a token that is for the calendar alone. It has the
    /// secret in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<String>,
}

async fn row(context: &Context, token: Token) -> Result<TokenRow, Fault> {
    let owner = owner_name(context, token.grant).await?;
    let Token { id, name, grant, from, until, by, of: _ } = token;
    Ok(TokenRow { id, name, role: grant.role, owner, from, until, by })
}

async fn list(context: &Context, _: &Actor, _: All) -> Result<Vec<TokenRow>, Fault> {
    let mut rows = Vec::new();
    for token in context.store.tokens(&context.scope).await? {
        rows.push(row(context, token).await?);
    }
    Ok(rows)
}

async fn make(context: &Context, actor: &Actor, make: Make) -> Result<Made, Fault> {
    access::check_name("a token", &make.name)?;
    if make.lasts <= Span::ZERO || make.lasts > LONGEST {
        return Err(Fault::new(
            "access.bad-lifetime",
            "a token lasts for some time, and for 400 days at most",
            "choose a shorter time, such as 90d; a program can be given the next token before this one ends",
        ));
    }
    let tokens = context.store.tokens(&context.scope).await?;
    if tokens.iter().any(|token| token.name == make.name) {
        return Err(Fault::new(
            "access.name-taken",
            format!("there is a token {:?} already", make.name),
            format!("choose another name, or remove it: notafter token remove {}", make.name),
        ));
    }
    let owner = match &make.owner {
        Some(name) => Some(owner_of(context, name).await?),
        None => None,
    };
    let now = context.clock.now();
    let token = Token {
        id: context.new_id(),
        name: make.name,
        grant: Grant { role: make.role, owner },
        from: now,
        until: now + make.lasts,
        by: actor.clone(),
        of: None,
    };
    let secret = Secret::new(context.random());
    let put = Access::PutToken(secret.hash(), token.clone());
    context.apply(None, actor, &[Change::Access(put)]).await?;
    let calendar = (token.grant.role == Role::Calendar)
        .then(|| format!("{}{}", context.site(), super::calendar::path(&secret)));
    Ok(Made { token: row(context, token).await?, secret: secret.written(), calendar })
}

/// By its identity, or by its name.
async fn remove(context: &Context, actor: &Actor, Named { name }: Named) -> Result<Named, Fault> {
    let tokens = context.store.tokens(&context.scope).await?;
    let is_it = |token: &&Token| token.id.to_string() == name;
    let Some(token) = tokens.iter().find(is_it).or_else(|| tokens.iter().find(|token| token.name == name))
    else {
        return Err(Fault::new(
            "access.no-such-token",
            format!("there is no token {name:?}"),
            "list them with: notafter token list",
        ));
    };
    context.apply(None, actor, &[Change::Access(Access::RemoveToken(token.id))]).await?;
    Ok(Named { name: token.name.clone() })
}

//! Whose account somebody at a provider has here.

use notafter_inventory::model::{Bond, Grant, Identity, User};
use notafter_inventory::openid::{self, Entitlement, Person};
use notafter_store::{Access, Scope};

use super::super::check_name;
use super::{Configured, told};
use crate::context::Context;
use crate::operate::user::keeps_an_administrator;
use crate::operate::{Fault, owner_of};

/// Whose account it is, and what is to be stored for it.
pub(super) async fn admitted(
    context: &Context,
    configured: &Configured<'_>,
    person: &Person,
) -> Result<(User, Vec<Access>), Fault> {
    let (store, scope) = (&context.store, &Scope::EVERYTHING);
    if let Some((identity, user)) = store.identity(scope, configured.issuer, &person.subject).await? {
        // Rights that an administrator gave stand, whatever the claim says; those that followed from it follow it.
        return match identity.by == Bond::Claim && !configured.rights.is_empty() {
            true => following(context, configured, person, user).await,
            false => Ok((user, Vec::new())),
        };
    }
    let identity = |user: &User, by| {
        let (issuer, subject) = (configured.issuer.to_owned(), person.subject.clone());
        Access::PutIdentity(Identity { issuer, subject, user_id: user.id, from: context.clock.now(), by })
    };
    if let Some(email) = &person.email
        && let Some(user) = store.user_named(scope, email).await?
    {
        let known = store.identities(scope, Some(user.id)).await?;
        if known.iter().any(|known| known.issuer == configured.issuer) {
            return Err(somebody_elses(configured, &user.name));
        }
        let put = identity(&user, Bond::Email);
        return Ok((user, vec![put]));
    }
    let grant = entitled(context, configured, person).await?.ok_or_else(|| nobody(configured, person))?;
    let user = made(context, configured, person, grant).await?;
    let changes = vec![Access::PutUser(user.clone()), identity(&user, Bond::Claim)];
    Ok((user, changes))
}

/// An account with what the claim says of it now.
async fn following(
    context: &Context,
    configured: &Configured<'_>,
    person: &Person,
    user: User,
) -> Result<(User, Vec<Access>), Fault> {
    let grant = entitled(context, configured, person).await?.ok_or_else(|| not_entitled(configured))?;
    if grant == user.grant {
        return Ok((user, Vec::new()));
    }
    if user.grant == Grant::EVERYTHING {
        keeps_an_administrator(context, &user).await.map_err(|fault| {
            let why = format!("what {} says now makes it {}", configured.name, reduced_to(grant));
            fault.because(why)
        })?;
    }
    let user = User { grant, ..user };
    Ok((user.clone(), vec![Access::PutUser(user)]))
}

/// An account for somebody who had none, and may come in by what the provider says.
async fn made(
    context: &Context,
    configured: &Configured<'_>,
    person: &Person,
    grant: Grant,
) -> Result<User, Fault> {
    let name = person.name();
    check_name("an account", name)?;
    // Whoever is called like that may be somebody else.
    if context.store.user_named(&Scope::EVERYTHING, name).await?.is_some() {
        return Err(somebody_elses(configured, name));
    }
    Ok(User {
        id: context.new_id(),
        name: name.to_owned(),
        grant,
        password: None,
        made_at: context.clock.now(),
        signed_in_at: None,
    })
}

/// What somebody may do by what the provider says; nothing where that says nothing of it.
async fn entitled(
    context: &Context,
    configured: &Configured<'_>,
    person: &Person,
) -> Result<Option<Grant>, Fault> {
    let chosen = openid::entitled(&person.values, &configured.rights)
        .map_err(|ambiguous| not_entitled(configured).because(ambiguous.to_string()))?;
    let Some(Entitlement { role, owner }) = chosen else { return Ok(None) };
    let owner = match owner {
        Some(name) => Some(owner_of(context, &name).await?),
        None => None,
    };
    Ok(Some(Grant { role, owner }))
}

fn reduced_to(grant: Grant) -> String {
    match grant.owner {
        None => grant.role.to_string(),
        Some(_) => format!("{}, kept to one owner", grant.role),
    }
}

fn nobody(configured: &Configured<'_>, person: &Person) -> Fault {
    let subject = told(&person.subject);
    let known_as = match &person.email {
        Some(email) => format!("with the verified address {}", told(email)),
        None => "without a verified address".to_owned(),
    };
    Fault::new(
        "access.nobody-here",
        format!("{} says that you are {subject}, {known_as}, and no account here is yours", configured.name),
        format!("ask an administrator: notafter user connect NAME --subject {subject:?}"),
    )
}

fn somebody_elses(configured: &Configured<'_>, name: &str) -> Fault {
    Fault::new(
        "access.identity-taken",
        format!("the account {name} is there already, and is not known to be yours at {}", configured.name),
        format!("ask an administrator: notafter user connect {name} --subject SUBJECT"),
    )
}

fn not_entitled(configured: &Configured<'_>) -> Fault {
    Fault::new(
        "access.not-entitled",
        format!("what {} says of you entitles to nothing here", configured.name),
        "ask whoever looks after the provider, or an administrator: openid_rights says what entitles to what",
    )
}

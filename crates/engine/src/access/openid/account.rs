//! Whose account somebody at a provider has here.

use notafter_inventory::model::{Bond, Grant, Identity, RightsFrom, User};
use notafter_inventory::openid::{self, Entitlement, Person};
use notafter_store::{Access, Scope, Written};

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
        return match user.follows_claim(&[identity]) {
            true => following(context, configured, person, user).await,
            false => Ok((user, Vec::new())),
        };
    }
    if let Some(user) = disconnected_from(context, configured, person).await? {
        return Err(was_disconnected(configured, person, &user));
    }
    let identity = |user: &User, by| {
        let (issuer, subject) = (configured.issuer.to_owned(), person.subject.clone());
        Access::PutIdentity(Identity { issuer, subject, user_id: user.id, from: context.clock.now(), by })
    };
    if let Some(user) = called_by_address(context, configured, person).await? {
        let put = identity(&user, Bond::Email);
        return Ok((user, vec![put]));
    }
    let grant = entitled(context, configured, person).await?.ok_or_else(|| nobody(configured, person))?;
    let user = made(context, configured, person, grant).await?;
    let changes = vec![Access::PutUser(user.clone(), Written::Made), identity(&user, Bond::Claim)];
    Ok((user, changes))
}

/// The account that an administrator disconnected somebody from, if there is one.
async fn disconnected_from(
    context: &Context,
    configured: &Configured<'_>,
    person: &Person,
) -> Result<Option<User>, Fault> {
    let users = context.store.users(&Scope::EVERYTHING).await?;
    Ok(users.into_iter().find(|user| {
        let mut ended = user.disconnected.iter();
        ended.any(|one| one.issuer == configured.issuer && one.subject == person.subject)
    }))
}

/// The account that is called by somebody's address, where nothing but that is known of whose it is.
async fn called_by_address(
    context: &Context,
    configured: &Configured<'_>,
    person: &Person,
) -> Result<Option<User>, Fault> {
    let (store, scope) = (&context.store, &Scope::EVERYTHING);
    let Some(email) = &person.email else { return Ok(None) };
    let Some(user) = store.user_named(scope, email).await? else { return Ok(None) };
    if !user.disconnected.is_empty() {
        return Err(was_disconnected(configured, person, &user));
    }
    // Who it is at another provider counts, too: that both are one person, an administrator says.
    if !store.identities(scope, Some(user.id)).await?.is_empty() {
        return Err(somebody_elses(configured, &user.name));
    }
    Ok(Some(user))
}

/// An account with what the claim says of it now.
async fn following(
    context: &Context,
    configured: &Configured<'_>,
    person: &Person,
    user: User,
) -> Result<(User, Vec<Access>), Fault> {
    let by_hand = |fault: Fault| Fault {
        hint: format!(
            "{}, or have rights given by hand: notafter user change {} --role ROLE",
            fault.hint, user.name
        ),
        ..fault
    };
    let grant = entitled(context, configured, person).await.map_err(by_hand)?;
    let grant = grant.ok_or_else(|| by_hand(not_entitled(configured)))?;
    if grant == user.grant {
        return Ok((user, Vec::new()));
    }
    if user.grant == Grant::EVERYTHING {
        keeps_an_administrator(context, &user).await.map_err(|fault| {
            let why = format!("what {} says now makes it {}", configured.name, reduced_to(grant));
            fault.because(why)
        })?;
    }
    let user = User { grant, rights_from: Some(RightsFrom::Claim), ..user };
    Ok((user.clone(), vec![Access::PutUser(user, Written::Rights)]))
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
        rights_from: Some(RightsFrom::Claim),
        disconnected: Vec::new(),
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

fn was_disconnected(configured: &Configured<'_>, person: &Person, user: &User) -> Fault {
    let (name, subject) = (&user.name, told(&person.subject));
    Fault::new(
        "access.disconnected",
        format!("an administrator disconnected {name} from whom it was at {}", configured.name),
        format!("ask an administrator: notafter user connect {name} --subject {subject:?}"),
    )
}

fn not_entitled(configured: &Configured<'_>) -> Fault {
    Fault::new(
        "access.not-entitled",
        format!("what {} says of you entitles to nothing here", configured.name),
        "ask whoever looks after the provider, or an administrator: openid_rights says what entitles to what",
    )
}

//! The built-in private CA: root and intermediate are made before anything is signed below them, and the intermediate is
//! followed by another in good time.
//!
//! A CA that signs without asking is safe as far as whoever writes the inventory is: only what a lineage of it names, and what
//! the issuer permits, is signed.

use notafter_cert::{Fingerprint, Identifier, Time, Validity, hex, pem};
use notafter_inventory::model::{
    Actor, Authority, Certified, Issuer, IssuerId, KeyId, PrivateIssuer, Signing, Subject,
};
use notafter_inventory::plan::sign;
use notafter_keys::PrivateKey;
use notafter_keys::authority::{self, AuthorityKey, Dated, Signer};
use notafter_store::{Change, Holds, Lease, StoreError};
use serde_json::json;

use crate::context::Context;
use crate::operate::Fault;

/// A private CA that can sign.
pub struct House {
    /// What it signs by.
    pub issuer: PrivateIssuer,
    /// Its certificates.
    pub authority: Authority,
    /// The intermediate's.
    key: AuthorityKey,
}

impl House {
    /// Signs a certificate for this key and these names; answers its chain in PEM, without the root. The entry in the log that
    /// tells of it is stored by now ([`told`]).
    ///
    /// # Errors
    /// A name cannot stand in a certificate, or the cryptographic library refuses.
    pub fn sign(
        &self,
        key: &PrivateKey,
        names: &[Identifier],
        Signing { serial, validity }: &Signing,
    ) -> Result<String, Fault> {
        let signer = Signer { common_name: &self.authority.intermediate.common_name, key: &self.key };
        let leaf = authority::leaf(key, names, signer, Dated { serial, validity: *validity })?;
        Ok(format!("{}{}", pem::chain_to(&[leaf]), self.authority.intermediate.pem))
    }
}

/// Makes the CA ready: root and intermediate are there, and the intermediate lasts long enough.
///
/// # Errors
/// The issuer is gone or no private CA; the store failed; the vault cannot be opened.
pub async fn ready(
    context: &Context,
    lease: Option<&Lease>,
    actor: &Actor,
    id: IssuerId,
) -> Result<House, Fault> {
    loop {
        let issuer = load(context, id).await?;
        let now = context.clock.now();
        let changes = match issuer.authority.as_deref() {
            Some(authority) if !sign::needs_intermediate(authority, now) => {
                let authority = authority.clone();
                let key = context.open_authority_key(authority.intermediate.key_id).await?;
                return Ok(House { issuer, authority, key });
            }
            Some(authority) => follow(context, &issuer, authority, now).await?,
            None => found(context, &issuer, now).await?,
        };
        match context.apply(lease, actor, &changes).await {
            // Somebody else was sooner: what they made is the issuer's.
            Ok(()) | Err(StoreError::Overtaken(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Makes the roots that were not made yet: of CAs that were just written, and of those where something came between. Answers the
/// CAs that still have none, with why.
///
/// # Errors
/// The store failed.
pub async fn make_roots(context: &Context, actor: &Actor) -> Result<Vec<(PrivateIssuer, Fault)>, StoreError> {
    let mut failed = Vec::new();
    for issuer in context.store.issuers(&context.scope).await? {
        let Issuer::Private(issuer) = issuer else { continue };
        if issuer.authority.is_some() {
            continue;
        }
        if let Err(fault) = ready(context, None, actor, issuer.id).await {
            failed.push((issuer, fault));
        }
    }
    Ok(failed)
}

/// The same when a server begins: what a crash interrupted is made up for.
///
/// # Errors
/// The store failed.
pub async fn ensure(context: &Context) -> Result<(), Fault> {
    for (issuer, Fault { code, what, why, hint, .. }) in make_roots(context, &Actor::Engine).await? {
        let why = why.unwrap_or_default();
        tracing::warn!(issuer = issuer.name, %code, why, hint, "no root of the private CA yet: {what}");
    }
    Ok(())
}

async fn load(context: &Context, id: IssuerId) -> Result<PrivateIssuer, Fault> {
    match context.store.issuer(&context.scope, id).await? {
        Some(Issuer::Private(issuer)) => Ok(issuer),
        Some(Issuer::Acme(_)) | None => Err(Fault::new(
            "issuer.unknown",
            format!("there is no private CA {id}"),
            "list them with: notafter get issuers",
        )),
    }
}

/// A key that was made, with what it is about.
struct Made {
    id: KeyId,
    key: AuthorityKey,
    common_name: String,
    serial: Vec<u8>,
    validity: Validity,
}

impl Made {
    fn new(context: &Context, issuer: &PrivateIssuer, what: &str, validity: Validity) -> Result<Self, Fault> {
        let practice = &issuer.practice;
        let common_name = called(&practice.common_name, what);
        let key = AuthorityKey::generate(practice.key)?;
        let serial = authority::serial(context.random());
        Ok(Self { id: context.new_id(), key, common_name, serial, validity })
    }

    fn signer(&self) -> Signer<'_> {
        Signer { common_name: &self.common_name, key: &self.key }
    }

    fn dated(&self) -> Dated<'_> {
        Dated { serial: &self.serial, validity: self.validity }
    }

    fn certified(&self, der: Vec<u8>) -> Certified {
        let Validity { not_before, not_after } = self.validity;
        let (common_name, fingerprint) = (self.common_name.clone(), Fingerprint::of(&der));
        Certified {
            common_name,
            key_id: self.id,
            pem: pem::chain_to(&[der]),
            fingerprint,
            not_before,
            not_after,
        }
    }

    /// Its key, sealed, and the entry in the log.
    async fn stored(&self, context: &Context, issuer: IssuerId) -> Result<[Change; 2], Fault> {
        let sealed = context.keyring.read().await.seal_authority(self.id.as_bytes(), &self.key)?;
        let put = Change::PutKey {
            id: self.id,
            holds: Holds::AuthorityKey,
            kek_id: sealed.kek_id(),
            sealed: sealed.as_bytes().to_vec(),
        };
        let told = Change::Event {
            kind: "notafter.issuer.signed.v1".to_owned(),
            subject: Subject::Issuer(issuer),
            data: json!({
                "serial": hex(&self.serial), "subject": self.common_name, "not_after": self.validity.not_after,
            }),
        };
        Ok([put, told])
    }
}

/// What a certificate of the CA is called: after the CA, and what it is. Where the CA is called "... root" itself, its root is not
/// called so twice.
fn called(ca: &str, what: &str) -> String {
    let last = ca.split_whitespace().last();
    match last.is_some_and(|last| last.eq_ignore_ascii_case(what)) {
        true => ca.to_owned(),
        false => format!("{ca} {what}"),
    }
}

/// What makes root and first intermediate, in one step: nothing that they signed is anywhere before their keys are sealed and
/// stored.
async fn found(context: &Context, issuer: &PrivateIssuer, now: Time) -> Result<Vec<Change>, Fault> {
    let permitted = &issuer.practice.permitted;
    let top = Made::new(context, issuer, "root", sign::root(&issuer.practice, now))?;
    let root = top.certified(authority::root(top.signer(), permitted, top.dated())?);
    let below = Made::new(context, issuer, "intermediate 1", sign::intermediate(top.validity, now))?;
    let der = authority::intermediate(below.signer(), top.signer(), permitted, below.dated())?;
    let after = Authority { root, intermediate: below.certified(der), intermediates: 1 };
    let mut changes = top.stored(context, issuer.id).await?.to_vec();
    changes.extend(below.stored(context, issuer.id).await?);
    changes.push(Change::PutAuthority { issuer: issuer.id, before: None, after });
    Ok(changes)
}

/// What makes another intermediate below the same root. The one before has signed all that it will: its key goes.
async fn follow(
    context: &Context,
    issuer: &PrivateIssuer,
    before: &Authority,
    now: Time,
) -> Result<Vec<Change>, Fault> {
    let Authority { root, intermediate, intermediates } = before;
    let top = context.open_authority_key(root.key_id).await?;
    let top = Signer { common_name: &root.common_name, key: &top };
    let number = intermediates + 1;
    let dates = Validity { not_before: root.not_before, not_after: root.not_after };
    let below =
        Made::new(context, issuer, &format!("intermediate {number}"), sign::intermediate(dates, now))?;
    let der = authority::intermediate(below.signer(), top, &issuer.practice.permitted, below.dated())?;
    let after = Authority { root: root.clone(), intermediate: below.certified(der), intermediates: number };
    let mut changes = below.stored(context, issuer.id).await?.to_vec();
    changes.push(Change::PutAuthority { issuer: issuer.id, before: Some(before.clone()), after });
    changes.push(Change::DestroyKey(intermediate.key_id));
    Ok(changes)
}

/// The entry in the log of a certificate that is about to be signed.
#[must_use]
pub fn told(house: &House, names: &[Identifier], lineage: Subject, signing: &Signing) -> Change {
    Change::Event {
        kind: "notafter.issuer.signed.v1".to_owned(),
        subject: Subject::Issuer(house.issuer.id),
        data: json!({
            "serial": hex(&signing.serial),
            "names": names,
            "lineage": lineage.to_string(),
            "not_after": signing.validity.not_after,
            "by": house.authority.intermediate.common_name,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The root of "Example Shop internal root" was called "Example Shop internal root root".
    #[test]
    fn a_root_is_not_called_so_twice() {
        for (ca, what, name) in [
            ("House", "root", "House root"),
            ("Example Shop internal root", "root", "Example Shop internal root"),
            ("Example Root", "root", "Example Root"),
            ("Taproot", "root", "Taproot root"),
            ("Example Shop internal root", "intermediate 1", "Example Shop internal root intermediate 1"),
        ] {
            assert_eq!(called(ca, what), name);
        }
    }
}

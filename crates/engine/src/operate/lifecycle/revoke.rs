//! Revokes the present version of a lineage at its CA, and lets the plan replace it. The private CA publishes no list of what it
//! revoked: there it is only replaced, which is said.

use notafter_acme::Code;
use notafter_acme::client::SignWith;
use notafter_acme::client::revoke::{Reason, call, read};
use notafter_cert::{Certificate, pem};
use notafter_inventory::model::{
    AcmeIssuer, Actor, Issuer, KeyId, Lineage, Mode, Origin, Subject, Version, VersionId, VersionState,
};
use notafter_store::Change;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::Fault;
use super::{Outcome, block, current, key_of, managed, now_due, outcome, unknown};
use crate::ca::{self, NotReady};
use crate::context::Context;
use crate::draft::amend;
use crate::tasks::renew::Case;

/// Which lineage, why, and by which key.
#[derive(Debug, Serialize, Deserialize)]
pub struct Revoke {
    /// The lineage's name.
    pub lineage: String,
    /// Name of a reason (RFC 5280 section 5.3.1).
    pub reason: String,
    /// Prove the right to revoke by the certificate's own key instead of the account.
    pub with_certificate_key: bool,
    /// The version that is meant: where it is not the present one any more, nothing is revoked.
    #[serde(default)]
    pub version: Option<VersionId>,
}

pub(super) async fn revoke(context: &Context, actor: &Actor, args: Revoke) -> Result<Outcome, Fault> {
    let begun = context.clock.now();
    let reason = Reason::ALL.into_iter().find(|reason| reason.name() == args.reason).ok_or_else(|| {
        let names: Vec<&str> = Reason::ALL.iter().map(|reason| reason.name()).collect();
        Fault::new(
            "revoke.unknown-reason",
            format!("{:?} is no reason", args.reason),
            format!("one of: {}", names.join(", ")),
        )
    })?;
    let lineage = managed(context, &args.lineage).await?;
    let version = current(context, &lineage).await?;
    if args.version.is_some_and(|meant| meant != version.id) {
        return Err(another(&lineage, &version));
    }
    let leaf = leaf(&version)?;
    let (short, serial, why) = (version.fingerprint.short(), leaf.serial_hex(), reason.name());
    let certificate = format!("certificate {short} (serial {serial}), reason {why}");
    let said = match signer_of(context, &lineage, &version).await? {
        Signer::Elsewhere(issuer) => {
            at_the_ca(context, &issuer, (&lineage, &version, &leaf), (reason, args.with_certificate_key))
                .await?;
            format!("revoked at {}: {certificate}", issuer.name)
        }
        Signer::Here => format!(
            "replaced, and kept as revoked here: {certificate}; the private CA publishes no list of that: whoever has the \
             key can use it until {}",
            version.not_after.for_people()
        ),
    };
    let compromised = match reason {
        Reason::KeyCompromise => Some(key_of(&version)?),
        _ => None,
    };
    let event = Change::Event {
        kind: outcome::REVOKED.to_owned(),
        subject: Subject::Lineage(lineage.id),
        data: json!({
            "version": version.id, "fingerprint": version.fingerprint, "reason": reason.name(), "said": said,
        }),
    };
    let revoked = Version { state: VersionState::Revoked, ..version };
    let changes = vec![Change::PutVersion(revoked), event];
    let blocked = amend(context, None, actor, lineage.id, |lineage| {
        compromised.iter().for_each(|key| block(&mut lineage.renewal, key));
        Some(changes.clone())
    });
    if blocked.await?.is_none() {
        context.apply(None, actor, &changes).await?;
        return Err(unknown(&lineage.name));
    }
    // A revoked certificate must not stay served: the plan renews at once.
    now_due(context, actor, &lineage).await?;
    crate::settle::settle(context, lineage.id, super::PATIENCE).await?;
    outcome::of(context, &lineage.name, begun).await
}

/// Whoever saw another version may not know that it was replaced meanwhile, and must not revoke what replaced it.
fn another(lineage: &Lineage, present: &Version) -> Fault {
    Fault::new(
        "revoke.another-version",
        format!("{} has another version now, obtained {}", lineage.name, present.obtained_at.for_people()),
        "nothing was revoked: look at the lineage again, and say whether that one is meant",
    )
}

pub(super) fn leaf(version: &Version) -> Result<Certificate, Fault> {
    let chain = pem::chain_from(version.chain_pem.as_bytes()).unwrap_or_default();
    let leaf = chain.first().and_then(|leaf| Certificate::parse(leaf).ok());
    leaf.ok_or_else(|| {
        Fault::new("store.unreadable", "the stored certificate cannot be read", "restore a backup")
    })
}

async fn at_the_ca(
    context: &Context,
    issuer: &AcmeIssuer,
    (lineage, version, leaf): (&Lineage, &Version, &Certificate),
    (reason, with_certificate_key): (Reason, bool),
) -> Result<(), Fault> {
    match version.key_id.filter(|_| with_certificate_key) {
        Some(key) => by_certificate_key(context, issuer, leaf, reason, key).await,
        None if with_certificate_key => Err(no_key(lineage)),
        None => {
            let refused = by_account(context, issuer, leaf, reason).await;
            refused.map_err(|fault| or_by_the_key(fault, lineage, version))
        }
    }
}

/// Who signed a certificate.
enum Signer {
    /// A CA elsewhere, which can be asked to revoke it.
    Elsewhere(Box<AcmeIssuer>),
    /// The private CA.
    Here,
}

/// The CA that issued it, which need not be the one that the lineage orders from now.
async fn signer_of(context: &Context, lineage: &Lineage, version: &Version) -> Result<Signer, Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let Origin::Order { order } = version.origin else { return present_issuer(context, lineage).await };
    let order = store.order(scope, order).await?;
    let Some(order) = order else { return present_issuer(context, lineage).await };
    if order.signing.is_some() {
        return Ok(Signer::Here);
    }
    let origin = Case::flow(&order)?.origin().clone();
    let same = |issuer: Issuer| match issuer {
        Issuer::Acme(issuer) => origin.pin(&issuer.directory).is_ok().then_some(issuer),
        Issuer::Private(_) => None,
    };
    if let Some(issuer) = store.issuer(scope, order.issuer_id).await?.and_then(same) {
        return Ok(Signer::Elsewhere(Box::new(issuer)));
    }
    // The issuer was taken out of the inventory, or moved to another CA under its name; another entry for the same CA
    // serves as well.
    store.issuers(scope).await?.into_iter().find_map(same).map(Box::new).map(Signer::Elsewhere).ok_or_else(
        || {
            Fault::new(
                "revoke.issuer-gone",
                format!(
                    "the certificate of {} was issued at {origin}, which is no issuer any more",
                    lineage.name
                ),
                "write an issuer with that CA's directory into the inventory file, apply it, and revoke with \
             --with-certificate-key",
            )
        },
    )
}

/// For a certificate that was imported: the CA that the lineage names is the best guess.
async fn present_issuer(context: &Context, lineage: &Lineage) -> Result<Signer, Fault> {
    let Mode::Managed(spec) = &lineage.mode else { return Err(unknown_issuer(lineage)) };
    match context.store.issuer_named(&context.scope, &spec.issuer).await? {
        Some(Issuer::Acme(issuer)) => Ok(Signer::Elsewhere(Box::new(issuer))),
        Some(Issuer::Private(private)) => Err(Fault::new(
            "revoke.issuer-gone",
            format!(
                "the certificate of {} was imported, and {}, which its lineage names, did not sign it",
                lineage.name, private.name
            ),
            format!(
                "revoke it at the CA that issued it, and replace it here: notafter renew {} --force",
                lineage.name
            ),
        )),
        None => Err(unknown_issuer(lineage)),
    }
}

fn unknown_issuer(lineage: &Lineage) -> Fault {
    Fault::new(
        "issuer.unknown",
        format!("lineage {} names an issuer that does not exist", lineage.name),
        "write the issuer into the inventory file, or name another: notafter get issuers",
    )
}

/// An account that did not issue the certificate, or that the CA does not know, has no right to revoke it; the
/// certificate's own key has (RFC 8555 section 7.6).
fn or_by_the_key(fault: Fault, lineage: &Lineage, version: &Version) -> Fault {
    let without_right = [Code::AccountUnknown, Code::Unauthorized].map(Code::name);
    if version.key_id.is_none() || !without_right.contains(&fault.code.as_str()) {
        return fault;
    }
    let name = &lineage.name;
    let hint = format!("revoke by the certificate's own key: notafter revoke {name} --with-certificate-key");
    Fault { hint, ..fault }
}

fn no_key(lineage: &Lineage) -> Fault {
    Fault::new(
        "revoke.no-key",
        format!("the key of the certificate of {} is not in the vault", lineage.name),
        "revoke by the account: leave --with-certificate-key out",
    )
}

async fn by_account(
    context: &Context,
    issuer: &AcmeIssuer,
    leaf: &Certificate,
    reason: Reason,
) -> Result<(), Fault> {
    let mut ca = ca::ready(context, None, issuer.id).await.map_err(NotReady::into_fault)?;
    let sign_with = SignWith::AccountKid(ca.account.url.clone());
    let call = call(&ca.directory, leaf.der(), reason, sign_with)?;
    let answer = ca.send(&call).await.map_err(|miss| miss.failure)?;
    let read = read(&answer);
    if let Err(failure) = &read {
        ca::forget_unknown(context, None, (ca.issuer.id, &ca.account.url), failure).await?;
    }
    Ok(read?)
}

async fn by_certificate_key(
    context: &Context,
    issuer: &AcmeIssuer,
    leaf: &Certificate,
    reason: Reason,
    key: KeyId,
) -> Result<(), Fault> {
    let key = context.open_key(key).await?;
    let (directory, mut courier) =
        ca::by_certificate_key(context, issuer, key).await.map_err(NotReady::into_fault)?;
    let call = call(&directory, leaf.der(), reason, SignWith::CertificateKey)?;
    let answer = courier.send(&call).await.map_err(|miss| miss.failure)?;
    Ok(read(&answer)?)
}

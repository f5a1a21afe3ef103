//! Revokes the present version of a lineage at its CA, and lets the plan replace it.

use notafter_acme::client::SignWith;
use notafter_acme::client::revoke::{Reason, call, read};
use notafter_cert::Certificate;
use notafter_inventory::model::{Actor, Subject, Version, VersionState};
use notafter_store::Change;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::Fault;
use super::{Outcome, block_key, current, managed, now_due, outcome};
use crate::ca::{self, Ca, NotReady};
use crate::context::Context;
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
    let mut lineage = managed(context, &args.lineage).await?;
    let version = current(context, &lineage).await?;
    let case = Case::load(context, lineage.id).await?;
    let leaf = case.as_ref().and_then(Case::leaf);
    let (Some(case), Some(leaf)) = (case, leaf) else {
        return Err(Fault::new(
            "store.unreadable",
            "the stored certificate cannot be read",
            "restore a backup",
        ));
    };
    let mut ca = match (args.with_certificate_key, version.key_id) {
        (true, Some(key)) => ca::ready_with_key(context, case.issuer.id, context.open_key(key).await?).await,
        _ => ca::ready(context, None, case.issuer.id).await,
    }
    .map_err(NotReady::into_fault)?;
    send(&mut ca, &leaf, reason, args.with_certificate_key).await?;
    if reason == Reason::KeyCompromise {
        block_key(context, &mut lineage).await?;
    }
    let event = Change::Event {
        kind: "notafter.version.revoked.v1".to_owned(),
        subject: Subject::Lineage(lineage.id),
        data: json!({ "version": version.id, "fingerprint": version.fingerprint, "reason": reason.name() }),
    };
    let revoked = Version { state: VersionState::Revoked, ..version };
    context
        .apply(None, actor, &[Change::PutVersion(revoked), Change::PutLineage(lineage.clone()), event])
        .await?;
    // A revoked certificate must not stay served: the plan renews at once.
    now_due(context, actor, &lineage).await?;
    crate::settle::settle(context, lineage.id, super::PATIENCE).await?;
    outcome::of(context, &lineage.name, begun).await
}

async fn send(
    ca: &mut Ca,
    leaf: &Certificate,
    reason: Reason,
    with_certificate_key: bool,
) -> Result<(), Fault> {
    let sign_with = if with_certificate_key {
        SignWith::CertificateKey
    } else {
        SignWith::AccountKid(ca.account.url.clone())
    };
    let call = call(&ca.directory, leaf.der(), reason, sign_with)?;
    let answer = ca.send(&call).await.map_err(|miss| miss.failure)?;
    Ok(read(&answer)?)
}

//! Brings a certificate that was obtained elsewhere into a lineage, as its present version.

use notafter_cert::{Certificate, pem};
use notafter_inventory::model::{Actor, Origin, Version, VersionState};
use notafter_keys::PrivateKey;
use notafter_store::{Change, Holds};
use serde::{Deserialize, Serialize};

use super::super::Fault;
use super::{Outcome, managed, now_due, outcome, unknown};
use crate::context::Context;
use crate::draft::{Draft, Stored};
use crate::settle::settle;
use crate::tasks::renew::adopt;

/// A pair, as the files hold it.
#[derive(Serialize, Deserialize)]
pub struct Import {
    /// The lineage's name; it exists.
    pub lineage: String,
    /// PEM chain, leaf first.
    pub chain: String,
    /// PEM key.
    pub key: String,
    /// Where the chain came from, for the record.
    pub path: String,
}

pub(super) async fn import(context: &Context, actor: &Actor, args: Import) -> Result<Outcome, Fault> {
    let begun = context.clock.now();
    let lineage = managed(context, &args.lineage).await?;
    let key = PrivateKey::from_pem(args.key.as_bytes())?;
    let chain = pem::chain_from(args.chain.as_bytes()).map_err(|error| {
        Fault::new(
            "import.no-chain",
            format!("{} holds no certificate chain", args.path),
            "give a PEM file, leaf first",
        )
        .because(error.to_string())
    })?;
    let leaf = Certificate::parse(chain.first().map_or(&[][..], Vec::as_slice)).map_err(|error| {
        Fault::new(
            "import.unreadable",
            format!("the first certificate in {} cannot be read", args.path),
            "check the file",
        )
        .because(error.to_string())
    })?;
    key.check_spki(&leaf.key().spki_der)?;
    let key_id = context.new_id();
    let sealed = context.keyring.read().await.seal_key(key_id.as_bytes(), &key)?;
    let version = Version {
        id: context.new_id(),
        lineage_id: lineage.id,
        key_id: Some(key_id),
        fingerprint: leaf.fingerprint(),
        chain_pem: pem::chain_to(&chain),
        not_before: leaf.not_before(),
        not_after: leaf.not_after(),
        obtained_at: begun,
        origin: Origin::Files { path: args.path },
        state: VersionState::Current,
    };
    let put_key = Change::PutKey {
        id: key_id,
        holds: Holds::CertificateKey,
        kek_id: sealed.kek_id(),
        sealed: sealed.as_bytes().to_vec(),
    };
    loop {
        let draft = Draft::load(context, lineage.id).await?;
        let mut draft = draft.ok_or_else(|| unknown(&lineage.name))?;
        let mut changes = vec![put_key.clone()];
        changes.extend(adopt(context, &mut draft.lineage, version.clone()).await?);
        if draft.store(context, None, actor, changes).await? == Stored::Done {
            break;
        }
    }
    now_due(context, actor, &lineage).await?;
    settle(context, lineage.id, super::PATIENCE).await?;
    outcome::of(context, &lineage.name, begun).await
}

//! The private CAs of this installation: what they may sign, and the roots that people give to clients.

use notafter_cert::{Fingerprint, Span, Time, pem};
use notafter_inventory::code::Kind;
use notafter_inventory::model::{Actor, Certified, Issuer, Mode, PrivateIssuer};
use serde::{Deserialize, Serialize};

use super::{Fault, Operation, near, operation};
use crate::context::Context;

/// The operations of this file.
pub const OPERATIONS: &[Operation] = &[operation!("ca.show", show)];

/// One issuer, or all.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Which {
    /// Its name in the inventory.
    pub issuer: Option<String>,
}

/// A private CA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The issuer's name.
    pub issuer: String,
    /// What it may sign: domains and ranges of addresses; anything where there is none.
    pub permitted: Vec<String>,
    /// How long what it signs is valid, in seconds.
    pub lifetime_seconds: i64,
    /// What clients trust; nothing before it was made.
    pub root: Option<Shared>,
    /// What signs below it; clients need not know it.
    pub intermediate: Option<Shared>,
    /// Managed lineages that it signs for, as far as whoever asks may see them.
    pub lineages: Vec<String>,
}

impl Shown {
    /// How long what it signs is valid.
    #[must_use]
    pub const fn lifetime(&self) -> Span {
        Span::seconds(self.lifetime_seconds)
    }
}

/// A CA's certificate, as everybody may have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared {
    /// What it is called.
    pub common_name: String,
    /// SHA-256 of the certificate.
    pub fingerprint: Fingerprint,
    /// Its first instant.
    pub not_before: Time,
    /// Its last instant.
    pub not_after: Time,
    /// The certificate in PEM.
    pub pem: String,
}

impl Shared {
    /// The certificate in DER; nothing where what is stored is none.
    #[must_use]
    pub fn der(&self) -> Option<Vec<u8>> {
        pem::chain_from(self.pem.as_bytes()).ok()?.into_iter().next()
    }
}

impl From<&Certified> for Shared {
    fn from(Certified { common_name, fingerprint, not_before, not_after, pem, .. }: &Certified) -> Self {
        Self {
            common_name: common_name.clone(),
            fingerprint: *fingerprint,
            not_before: *not_before,
            not_after: *not_after,
            pem: pem.clone(),
        }
    }
}

fn shown(private: PrivateIssuer, lineages: Vec<String>) -> Shown {
    let PrivateIssuer { name, practice, authority, .. } = private;
    Shown {
        issuer: name,
        permitted: practice.permitted.iter().map(ToString::to_string).collect(),
        lifetime_seconds: practice.lifetime.as_seconds(),
        root: authority.as_ref().map(|authority| Shared::from(&authority.root)),
        intermediate: authority.as_ref().map(|authority| Shared::from(&authority.intermediate)),
        lineages,
    }
}

/// Every private CA by name, without its lineages: what everybody may see.
///
/// # Errors
/// The store failed.
pub async fn public(context: &Context) -> Result<Vec<Shown>, Fault> {
    let issuers = context.store.issuers(&context.scope).await?;
    let private = issuers.into_iter().filter_map(|issuer| match issuer {
        Issuer::Private(private) => Some(private),
        Issuer::Acme(_) => None,
    });
    Ok(private.map(|private| shown(private, Vec::new())).collect())
}

async fn show(context: &Context, _: &Actor, Which { issuer }: Which) -> Result<Vec<Shown>, Fault> {
    let lineages = context.store.lineages(&context.scope).await?;
    let mut all = public(context).await?;
    for shown in &mut all {
        let signs = |mode: &Mode| matches!(mode, Mode::Managed(spec) if spec.issuer == shown.issuer);
        let signed = lineages.iter().filter(|lineage| signs(&lineage.mode));
        shown.lineages = signed.map(|lineage| lineage.name.clone()).collect();
    }
    let Some(name) = issuer else { return Ok(all) };
    all.retain(|shown| shown.issuer == name);
    if !all.is_empty() {
        return Ok(all);
    }
    if context.store.issuer_named(&context.scope, &name).await?.is_some() {
        return Err(Fault::new(
            "issuer.elsewhere",
            format!("{name} is a CA elsewhere, which keeps its own certificates"),
            format!("see our account there: notafter account show {name}"),
        ));
    }
    let hint = near::hint(context, Kind::Issuer, &name).await;
    Err(Fault::new("issuer.unknown", format!("there is no issuer {name:?}"), hint))
}

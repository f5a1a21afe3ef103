//! Our accounts at CAs: see one, change its key, close it.

use notafter_acme::Failure;
use notafter_acme::client::Call;
use notafter_acme::client::account as protocol;
use notafter_acme::message::AccountStatus;
use notafter_inventory::code::Kind;
use notafter_inventory::model::{AcmeIssuer, Actor, Issuer, Mode};
use serde::{Deserialize, Serialize};

use super::{Fault, Operation, near, operation};
use crate::ca::{self, NotReady};
use crate::context::Context;

/// The operations of this file.
pub const OPERATIONS: &[Operation] = &[
    operation!("account.show", show),
    operation!("account.rollover", roll_over),
    operation!("account.deactivate", deactivate),
];

/// An issuer by name.
#[derive(Debug, Serialize, Deserialize)]
pub struct At {
    /// Its name in the inventory.
    pub issuer: String,
}

/// An account, as we know it and as the CA tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The issuer's name.
    pub issuer: String,
    /// The CA's directory.
    pub directory: String,
    /// The account's URL; nothing before the first renewal.
    pub account: Option<String>,
    /// The contacts that the inventory names.
    pub contact: Vec<String>,
    /// SHA-256 thumbprint of the account key (RFC 7638).
    pub thumbprint: Option<String>,
    /// A change of the account key was begun and has not ended.
    pub rolling_over: bool,
    /// What the CA says.
    pub at_ca: AtCa,
    /// Managed lineages that order with this account.
    pub lineages: Vec<String>,
}

/// What a CA says about an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AtCa {
    /// It was not asked: there is no account yet.
    NoAccount,
    /// It answered.
    Answered {
        /// Whether the account may order.
        status: AccountStatus,
        /// The contacts it has.
        contact: Vec<String>,
    },
    /// It could not be asked, or refused to say.
    Silent {
        /// Why.
        why: String,
    },
}

async fn find(context: &Context, name: &str) -> Result<AcmeIssuer, Fault> {
    match context.store.issuer_named(&context.scope, name).await? {
        Some(Issuer::Acme(issuer)) => Ok(issuer),
        Some(Issuer::Private(private)) => Err(ca::signs_itself(&private.name)),
        None => {
            let hint = near::hint(context, Kind::Issuer, name).await;
            Err(Fault::new("issuer.unknown", format!("there is no issuer {name:?}"), hint))
        }
    }
}

async fn show(context: &Context, _: &Actor, At { issuer: name }: At) -> Result<Shown, Fault> {
    let issuer = find(context, &name).await?;
    let thumbprint = match issuer.account_key {
        Some(id) => Some(context.open_account_key(id).await?.thumbprint()),
        None => None,
    };
    let at_ca = match &issuer.account_url {
        None => AtCa::NoAccount,
        Some(url) => match ask(context, &issuer, url).await {
            Ok(account) => AtCa::Answered { status: account.status, contact: account.contact },
            Err(fault) => AtCa::Silent { why: fault.what },
        },
    };
    let lineages = context.store.lineages(&context.scope).await?.into_iter();
    let orders = |mode: &Mode| matches!(mode, Mode::Managed(spec) if spec.issuer == name);
    let lineages = lineages.filter(|lineage| orders(&lineage.mode)).map(|lineage| lineage.name).collect();
    Ok(Shown {
        issuer: issuer.name,
        directory: issuer.directory,
        account: issuer.account_url,
        contact: issuer.contact,
        thumbprint,
        rolling_over: issuer.rollover.is_some(),
        at_ca,
        lineages,
    })
}

async fn ask(
    context: &Context,
    issuer: &AcmeIssuer,
    url: &str,
) -> Result<notafter_acme::message::Account, Fault> {
    let mut ca = ca::ready(context, None, issuer.id).await.map_err(NotReady::into_fault)?;
    let answer = ca.send(&Call::read("read the account", url, url)).await;
    let answer = answer.map_err(|miss| -> Failure { miss.failure })?;
    Ok(protocol::read(&answer)?)
}

async fn roll_over(context: &Context, actor: &Actor, at: At) -> Result<Shown, Fault> {
    let issuer = find(context, &at.issuer).await?;
    ca::roll_over(context, actor, issuer.id).await?;
    show(context, actor, at).await
}

async fn deactivate(context: &Context, actor: &Actor, at: At) -> Result<Shown, Fault> {
    let issuer = find(context, &at.issuer).await?;
    if issuer.account_url.is_none() {
        return Err(Fault::new(
            "issuer.no-account",
            format!("there is no account at {}", issuer.name),
            "nothing to do",
        ));
    }
    ca::deactivate(context, actor, &issuer).await?;
    show(context, actor, at).await
}

//! Another key for an account (RFC 8555 section 7.3.5): the new key and the protocol's state are stored before the CA is
//! told, and whoever needs the account next brings an interrupted change to its end first.

use notafter_acme::client::Do;
use notafter_acme::client::rollover::{self, RolloverFlow};
use notafter_acme::jose::Jwk;
use notafter_acme::message::Directory;
use notafter_acme::{Code, Failure};
use notafter_inventory::model::{AcmeIssuer, Actor, IssuerId, Subject};
use notafter_keys::account::AccountKey;
use notafter_net::acme::{Courier, Signers};
use notafter_net::http::Client;
use notafter_store::{Change, Holds, Lease};
use serde_json::json;

use super::{NotReady, PATIENCE, account_key, load, lost, read_directory, register};
use crate::context::Context;
use crate::operate::Fault;

/// How a change of the account's key ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rolled {
    /// A change that was interrupted earlier was brought to its end; no second one was begun.
    pub resumed: bool,
}

/// Gives the account another key, or ends a change that was interrupted.
///
/// # Errors
/// There is no account; the CA refuses, and the old key stays; or it is not certain yet which key the CA knows, and the
/// change goes on with the next call or renewal.
pub async fn roll_over(context: &Context, actor: &Actor, id: IssuerId) -> Result<Rolled, Fault> {
    let entry = context.cas.entry(id);
    let issuer = load(context, id).await?;
    let (client, directory) = read_directory(context, &issuer).await.map_err(NotReady::into_fault)?;
    let _alone = entry.account.lock().await;
    let mut issuer = load(context, id).await?;
    let resumed = issuer.rollover.is_some();
    if !resumed {
        if issuer.account_url.is_none() && issuer.account_key.is_some() {
            // The CA lost the account: its key is registered anew before it is changed.
            let registered = register(context, None, issuer, &client, &directory).await;
            (issuer, _) = registered.map_err(NotReady::into_fault)?;
        }
        refuse_while_ordering(context, &issuer).await?;
        issuer = begin(context, actor, issuer, &directory).await?;
    }
    match finish(context, None, issuer, (&client, &directory)).await.map_err(NotReady::into_fault)? {
        (_, None) => Ok(Rolled { resumed }),
        (issuer, Some(refused)) => Err(told(&issuer.name, refused)),
    }
}

/// The refusal of a change, with what gets on from there. The old key is the account's as before.
fn told(issuer: &str, refused: Failure) -> Fault {
    let hint = match refused.code {
        Code::AccountUnknown => format!(
            "the CA has lost the account; say it again, which registers the present key anew and changes it: \
             notafter account rollover {issuer}"
        ),
        Code::Unauthorized => format!(
            "see whether the account is closed: notafter account show {issuer}; then let it go, and the next renewal \
             registers another one, with another key: notafter account deactivate {issuer} --yes"
        ),
        _ => return refused.into(),
    };
    Fault { hint, ..refused.into() }
}

/// The answers to challenges under way carry the old key's thumbprint: with another key they would be wrong.
async fn refuse_while_ordering(context: &Context, issuer: &AcmeIssuer) -> Result<(), Fault> {
    let open = context.store.orders_open(&context.scope).await?;
    let count = open.iter().filter(|order| order.issuer_id == issuer.id).count();
    if count == 0 {
        return Ok(());
    }
    Err(Fault::new(
        "issuer.orders-open",
        format!("{count} orders at {} are under way, bound to the present account key", issuer.name),
        "wait until they have ended (notafter status), then try again",
    ))
}

/// The new key and the flow are in the store when this returns; the CA knows nothing yet.
async fn begin(
    context: &Context,
    actor: &Actor,
    mut issuer: AcmeIssuer,
    directory: &Directory,
) -> Result<AcmeIssuer, Fault> {
    let account = issuer.account_url.clone().ok_or_else(|| {
        Fault::new(
            "issuer.no-account",
            format!("there is no account at {} yet", issuer.name),
            "nothing to do: the first renewal makes one, with a new key",
        )
    })?;
    let old = account_key(context, &issuer).await?;
    let new = AccountKey::generate()?;
    let input = rollover::inner(directory, &account, &public(&old)?, &public(&new)?)?;
    let inner = input.assemble(&new.sign_jws(&input.bytes())?);
    let flow = RolloverFlow::begin(directory, &account, inner)?;
    let id = context.new_id();
    let sealed = context.keyring.read().await.seal_account(id.as_bytes(), &new)?;
    let key = Change::PutKey {
        id,
        holds: Holds::AccountKey,
        kek_id: sealed.kek_id(),
        sealed: sealed.as_bytes().to_vec(),
    };
    issuer.rollover_key = Some(id);
    issuer.rollover = Some(serde_json::to_value(&flow).map_err(unreadable)?);
    context.apply(None, actor, &[key, Change::PutAccount(issuer.id, issuer.account())]).await?;
    Ok(issuer)
}

/// Brings a change that was begun to its end; answers at once where none was. With the issuer comes the CA's refusal,
/// after which the old key is the account's as before.
pub(super) async fn finish(
    context: &Context,
    lease: Option<&Lease>,
    mut issuer: AcmeIssuer,
    (client, directory): (&Client, &Directory),
) -> Result<(AcmeIssuer, Option<Failure>), NotReady> {
    let (Some(stored), Some(next)) = (issuer.rollover.clone(), issuer.rollover_key) else {
        return Ok((issuer, None));
    };
    let mut flow: RolloverFlow = serde_json::from_value(stored).map_err(unreadable)?;
    let signers = Signers {
        account: Some(account_key(context, &issuer).await?),
        next_account: Some(context.open_account_key(next).await?),
        certificate: None,
    };
    let mut courier = Courier::new(client.clone(), context.clock.clone(), directory, signers);
    loop {
        match flow.next(context.clock.now()) {
            Do::Send(call) => {
                keep(context, lease, &mut issuer, &flow).await?;
                let reply = courier.send(&call).await;
                flow.take(reply, context.clock.now());
                keep(context, lease, &mut issuer, &flow).await?;
            }
            Do::Wait(wait) => {
                let now = context.clock.now();
                if context.clock.is_staged() || wait.until.since(now) > PATIENCE {
                    return Err(uncertain(&issuer, &wait.why, wait.setback.as_ref()).into());
                }
                context.clock.sleep_until(wait.until).await;
            }
            Do::Done(()) => return Ok((end(context, lease, issuer, None).await?, None)),
            Do::Failed(failure) => {
                return Ok((end(context, lease, issuer, Some(&failure)).await?, Some(failure)));
            }
        }
    }
}

async fn keep(
    context: &Context,
    lease: Option<&Lease>,
    issuer: &mut AcmeIssuer,
    flow: &RolloverFlow,
) -> Result<(), Fault> {
    issuer.rollover = Some(serde_json::to_value(flow).map_err(unreadable)?);
    Ok(context.apply(lease, &Actor::Engine, &[Change::PutAccount(issuer.id, issuer.account())]).await?)
}

/// The key that the CA does not know is destroyed, the other one is the account's.
async fn end(
    context: &Context,
    lease: Option<&Lease>,
    mut issuer: AcmeIssuer,
    refused: Option<&Failure>,
) -> Result<AcmeIssuer, Fault> {
    let next = issuer.rollover_key.take();
    issuer.rollover = None;
    let unused = match refused {
        None => std::mem::replace(&mut issuer.account_key, next),
        Some(_) => next,
    };
    let event = Change::Event {
        kind: match refused {
            None => "notafter.issuer.account-key-changed.v1",
            Some(_) => "notafter.issuer.account-key-refused.v1",
        }
        .to_owned(),
        subject: Subject::Issuer(issuer.id),
        data: json!({ "account": issuer.account_url, "why": refused.map(ToString::to_string) }),
    };
    let mut changes = vec![Change::PutAccount(issuer.id, issuer.account()), event];
    changes.extend(unused.map(Change::DestroyKey));
    if refused.is_some_and(|failure| failure.code == Code::AccountUnknown)
        && let Some(account) = issuer.account_url.take()
    {
        issuer.account_orders = None;
        changes.extend(lost(issuer.clone(), &account));
    }
    context.apply(lease, &Actor::Engine, &changes).await?;
    Ok(issuer)
}

fn public(key: &AccountKey) -> Result<Jwk, Fault> {
    Jwk::from_json(&key.jwk()).map_err(|error| {
        Fault::new("keys.unusable", "the account key cannot be written as JWK", "report this")
            .because(error.to_string())
    })
}

fn uncertain(issuer: &AcmeIssuer, waits: &str, setback: Option<&Failure>) -> Fault {
    let fault = Fault {
        retry: true,
        ..Fault::new(
            "issuer.rollover-open",
            format!("it is not certain yet which account key {} knows; both are kept", issuer.name),
            format!("nothing is lost; ask again with: notafter account rollover {}", issuer.name),
        )
    };
    fault.because(setback.map_or_else(|| waits.to_owned(), ToString::to_string))
}

fn unreadable(error: serde_json::Error) -> Fault {
    Fault::new(
        "issuer.rollover-unreadable",
        "the stored state of a change of the account key cannot be read",
        "run the notafter that wrote it, or restore a backup",
    )
    .because(error.to_string())
}

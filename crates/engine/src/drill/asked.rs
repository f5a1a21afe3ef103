//! Who is asked for the certificate of a drill, and whether the lineage can be rehearsed at all.

use notafter_cert::Identifier;
use notafter_inventory::model::{
    AcmeIssuer, DrillFault, Issuer, Lineage, LineageSpec, Mode, PrivateIssuer, Script,
};

use crate::context::Context;
use crate::operate::Fault;

/// Who is asked.
pub(super) enum Asked {
    /// The CA of the stage, as every CA that asks for challenges.
    Stage,
    /// A staging CA's issuer of the inventory, which lives in the world's time.
    Staging(Box<AcmeIssuer>),
    /// Nobody: a private CA like the lineage's own signs on the stage, with a root of the stage's.
    Private(PrivateIssuer),
}

/// Whom a drill of this lineage asks.
///
/// # Errors
/// It cannot be rehearsed, or not like this.
pub(super) async fn of(context: &Context, lineage: &Lineage, script: &Script) -> Result<Asked, Fault> {
    let spec = managed(lineage)?;
    name(spec)?;
    let issuers = context.store.issuers(&context.scope).await?;
    let named = |name: &str| issuers.iter().find(|issuer| issuer.name() == name);
    let fault = script.fault.filter(|fault| fault.is_on_stage());
    if script.without_alarm && script.fault == Some(DrillFault::AlertPathSilent) {
        return Err(refused(
            "without an alarm there is no path that could be silent".to_owned(),
            "leave out --no-alarm, or the fault",
        ));
    }
    match (&script.issuer, named(&spec.issuer)) {
        (Some(name), _) => match fault {
            Some(fault) => Err(refused(
                format!("{fault} is played with the CA of the stage alone"),
                "leave out the issuer, or the fault",
            )),
            None => staging(name, spec, named(name)),
        },
        (None, Some(Issuer::Private(_))) if fault == Some(DrillFault::CaDown) => Err(refused(
            format!("{} signs here, and is no CA that could be away", spec.issuer),
            "play another fault",
        )),
        (None, Some(Issuer::Private(private))) => {
            Ok(Asked::Private(PrivateIssuer { authority: None, ..private.clone() }))
        }
        (None, _) => Ok(Asked::Stage),
    }
}

fn staging(name: &str, spec: &LineageSpec, found: Option<&Issuer>) -> Result<Asked, Fault> {
    const LEAVE_OUT: &str = "name a staging CA's, or leave it out: the stage has a CA of its own";
    let why = match found {
        None => {
            return Err(refused(
                format!("there is no issuer {name:?}"),
                "see what there is: notafter get issuer",
            ));
        }
        Some(_) if name == spec.issuer => {
            format!("{name} is the CA that the lineage's own certificates come from")
        }
        Some(Issuer::Private(_)) => format!("{name} is a private CA, and asks for no challenge"),
        Some(Issuer::Acme(acme)) if acme.external_account.is_some() => {
            format!("accounts at {name} are bound to an external one, and a drill makes its own")
        }
        Some(Issuer::Acme(acme)) => return Ok(Asked::Staging(Box::new(acme.clone()))),
    };
    Err(refused(why, LEAVE_OUT))
}

fn refused(what: String, hint: &str) -> Fault {
    Fault::new("drill.issuer", what, hint)
}

/// What notafter renews.
pub(super) fn managed(lineage: &Lineage) -> Result<&LineageSpec, Fault> {
    match &lineage.mode {
        Mode::Managed(spec) => Ok(spec),
        Mode::WatchOnly(_) => Err(gone(&lineage.name)),
    }
}

/// A lineage that cannot be rehearsed, or not any more.
pub(super) fn gone(lineage: &str) -> Fault {
    let what = format!("lineage {lineage} is gone, or renewed by somebody else");
    Fault::new("drill.not-managed", what, "rehearse a lineage that notafter renews: notafter get lineage")
}

/// The name that shadow listeners are asked for: one that a browser could ask for, where the certificate has a wildcard alone.
pub(super) fn name(spec: &LineageSpec) -> Result<Identifier, Fault> {
    let names = || spec.identifiers.iter().filter(|one| matches!(one, Identifier::Dns(_)));
    let plain = names().find(|name| !name.is_wildcard()).cloned();
    let below = |wildcard: &Identifier| format!("drill{}", wildcard.to_string().trim_start_matches('*'));
    let found = plain.or_else(|| names().next().map(|wildcard| Identifier::Dns(below(wildcard))));
    found.ok_or_else(|| {
        Fault::new(
            "drill.no-name",
            "a certificate of addresses alone cannot be rehearsed",
            "shadow listeners are on loopback, and stand for names; rehearse a lineage with a name",
        )
    })
}

//! Makes challenges answerable, and sees for itself that they are before the CA looks.

use notafter_acme::challenge::{Challenge, Kind};
use notafter_cert::{Identifier, Trouble, hex};
use notafter_inventory::model::{AttemptFailure, FailureClass, Http01, LineageSpec};
use notafter_net::limits::AddressPolicy;
use notafter_providers::solve::{Fetches, Solver, Unseen, Wire};

use crate::context::Context;
use crate::operate::Fault;

/// Presents an answer of our own making for every identifier, and asks for it as the CA will: the ones that fail, each
/// with the reason. Costs the CA nothing.
pub(super) async fn rehearse(
    context: &Context,
    spec: &LineageSpec,
    identifiers: &[Identifier],
) -> Result<Vec<Unseen>, Fault> {
    let solver = context.solvers.http01(&spec.http01)?;
    let challenges: Vec<Challenge> = identifiers
        .iter()
        .filter(|identifier| Kind::Http01.fits(identifier))
        .filter_map(|identifier| {
            let token = hex(&context.random::<16>());
            Challenge::new(identifier.clone(), Kind::Http01, &token, "self-check")
        })
        .collect();
    let mut unseen = show(context, solver.as_ref(), &challenges).await?;
    if let Err(error) = solver.clear(&challenges).await {
        tracing::warn!(%error, "an answer of the self-check could not be taken back");
    }
    let unfit = identifiers.iter().filter(|identifier| !Kind::Http01.fits(identifier));
    unseen.extend(unfit.map(|identifier| Unseen {
        identifier: identifier.clone(),
        why: "a wildcard needs a DNS challenge, which this version does not offer".to_owned(),
    }));
    Ok(unseen)
}

/// Presents the CA's challenges; the inner error says which identifiers the CA would not see.
pub(super) async fn present(
    context: &Context,
    spec: &LineageSpec,
    challenges: &[Challenge],
) -> Result<Result<(), AttemptFailure>, Fault> {
    let outcome = match context.solvers.http01(&spec.http01) {
        Ok(solver) => show(context, solver.as_ref(), challenges).await,
        Err(error) => Err(error.into()),
    };
    let (class, code, message, identifiers) = match outcome {
        Ok(unseen) if unseen.is_empty() => return Ok(Ok(())),
        Ok(unseen) => {
            let words: Vec<String> =
                unseen.iter().map(|one| format!("{}: {}", one.identifier, one.why)).collect();
            let names = unseen.into_iter().map(|one| one.identifier).collect();
            (FailureClass::Domain, "challenge.not-visible".to_owned(), words.join("; "), names)
        }
        Err(fault) => (FailureClass::Ours, fault.code.clone(), in_words(&fault), Vec::new()),
    };
    let at = context.clock.now();
    Ok(Err(AttemptFailure { at, class, code, message, identifiers, retry_after: None }))
}

/// What the CA fetches of them from now on, where that can be known.
pub(super) async fn fetches(context: &Context, http01: &Http01, challenges: &[Challenge]) -> Option<Fetches> {
    context.solvers.http01(http01).ok()?.fetches(challenges).await
}

/// Answers them no more; what cannot be taken back is logged, for the order is over either way.
pub(super) async fn clear(context: &Context, http01: &Http01, challenges: &[Challenge]) {
    if challenges.is_empty() {
        return;
    }
    let outcome = match context.solvers.http01(http01) {
        Ok(solver) => solver.clear(challenges).await,
        Err(error) => Err(error),
    };
    if let Err(error) = outcome {
        tracing::warn!(code = error.code(), %error, "answers to challenges could not be taken back");
    }
}

async fn show(
    context: &Context,
    solver: &dyn Solver,
    challenges: &[Challenge],
) -> Result<Vec<Unseen>, Fault> {
    solver.present(challenges).await?;
    // The names are those of the inventory, which an administrator wrote (law 10).
    let policy = AddressPolicy::Server { private_allowed: true };
    let wire = Wire { resolver: context.resolver.clone(), policy, port: context.solvers.port() };
    Ok(solver.visible(&wire, challenges).await)
}

fn in_words(fault: &Fault) -> String {
    match &fault.why {
        Some(why) => format!("{}: {why}", fault.what),
        None => fault.what.clone(),
    }
}

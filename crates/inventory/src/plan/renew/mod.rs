//! When a managed lineage is renewed, and why.
//!
//! A chain of pure rules (`reason::CHAIN`) says since or from when a renewal is due; holds (`backoff`, the
//! [`ledger`](crate::ledger)) say how long an attempt must wait; and two instants by lifetime cut every wait short, so
//! that no plan ever waits past the certificate's end.

mod ari;
mod backoff;
mod corrected;
mod explain;
mod held;
mod nets;
mod reason;
mod runway;
mod shed;
#[cfg(test)]
mod simulation;
#[cfg(test)]
pub(crate) mod stage;
#[cfg(test)]
mod tests;

use notafter_cert::{Identifier, Span, Time};
use serde::Serialize;

pub use ari::{Window, ask_again, draw};
pub use backoff::{Hold, note_attempt, note_failure, note_success};
pub(crate) use backoff::{KEPT, asked_to_wait};
pub use corrected::{Corrected, corrected};
pub use explain::{FailedCause, failed_causes, known_below};
pub use held::{Held, HeldError};
pub use nets::{Net, Nets};
pub use reason::{Reason, kept_until};
pub use runway::{Runway, attempts_fit};
pub use shed::{SHED_FROM, Shed, free_name, shed};

use super::Action;
use super::ahead::{is_ahead, within};
use crate::ledger::{Ledger, Limit, Prediction, Request};
use crate::model::{
    AriChoice, AttemptFailure, Authority, Exemption, Issuer, IssuerId, Lineage, LineageSpec, Mode, OrderId,
    Place, VersionId,
};
use crate::threshold::Thresholds;

/// All that a renewal is decided from.
#[derive(Clone, Copy, Debug)]
pub struct State<'a> {
    /// The lineage.
    pub lineage: &'a Lineage,
    /// What it shall be.
    pub spec: &'a LineageSpec,
    /// Its current version, if it has one.
    pub held: Option<&'a Held>,
    /// The order under way, if one is.
    pub order: Option<UnderWay<'a>>,
    /// The issuer that is to issue.
    pub issuer: IssuerId,
    /// How the inventory describes it; `None` when nobody looked.
    pub ca: Option<&'a Issuer>,
    /// The CA's limits ([`crate::ledger::limits_of`]).
    pub limits: &'a [Limit],
    /// What was asked of the CA before.
    pub ledger: &'a Ledger,
    /// Where its versions are installed; `None` when nobody looked.
    pub places: Option<&'a [Place]>,
    /// When time that is left becomes too little.
    pub thresholds: Thresholds,
    /// Where CAs ask for the answers to `http-01` challenges.
    pub http01_port: u16,
    /// The instant of the decision.
    pub now: Time,
}

/// An order under way.
#[derive(Clone, Copy, Debug)]
pub struct UnderWay<'a> {
    /// Which.
    pub id: OrderId,
    /// What was ordered.
    pub identifiers: &'a [Identifier],
    /// The account that ordered.
    pub issuer: IssuerId,
}

impl<'a> State<'a> {
    /// The state of a managed lineage, without an order, limits of the CA or history; `None` for a watch-only one.
    #[must_use]
    pub fn of(lineage: &'a Lineage, held: Option<&'a Held>, ledger: &'a Ledger, now: Time) -> Option<Self> {
        let Mode::Managed(spec) = &lineage.mode else { return None };
        let issuer = IssuerId::from_bytes([0; 16]);
        let thresholds = Thresholds::default();
        Some(Self {
            lineage,
            spec,
            held,
            order: None,
            issuer,
            ca: None,
            limits: &[],
            ledger,
            places: None,
            thresholds,
            http01_port: 80,
            now,
        })
    }

    /// With its places.
    #[must_use]
    pub const fn with_places(self, places: &'a [Place]) -> Self {
        Self { places: Some(places), ..self }
    }

    /// With the account that orders and the limits of its CA.
    #[must_use]
    pub const fn from_issuer(self, issuer: IssuerId, limits: &'a [Limit]) -> Self {
        Self { issuer, limits, ..self }
    }

    /// With what the inventory says of the issuer.
    #[must_use]
    pub const fn with_ca(self, ca: &'a Issuer) -> Self {
        Self { ca: Some(ca), ..self }
    }

    /// With the order under way, at the account that orders.
    #[must_use]
    pub const fn with_order(self, id: OrderId, identifiers: &'a [Identifier]) -> Self {
        Self { order: Some(UnderWay { id, identifiers, issuer: self.issuer }), ..self }
    }

    /// Whether an order is for what is wanted now, and from whom.
    fn fits(&self, order: &UnderWay<'_>) -> bool {
        order.issuer == self.issuer && reason::same_set(order.identifiers, &self.wanted())
    }

    /// The same state at another instant.
    #[must_use]
    pub const fn at(self, now: Time) -> Self {
        Self { now, ..self }
    }

    /// What the next certificate must carry: everything that is wanted, less what was shed.
    #[must_use]
    pub fn wanted(&self) -> Vec<Identifier> {
        let shed = &self.lineage.renewal.shed;
        self.spec.identifiers.iter().filter(|one| !shed.contains(one)).cloned().collect()
    }

    /// The window drawn for the current version; one of an earlier version, or one that lies before the version began,
    /// is stale and ignored.
    #[must_use]
    pub fn window(&self) -> Option<&'a AriChoice> {
        let held = self.held?;
        self.lineage
            .renewal
            .ari
            .as_ref()
            .filter(|choice| choice.version == held.version && choice.end > held.not_before)
    }

    /// When this version was obtained. A clock that was ahead dated it into the future: then not before it begins.
    pub(crate) fn obtained_at(&self, held: &Held) -> Time {
        if is_ahead(held.obtained_at, self.now) { held.not_before } else { held.obtained_at }
    }

    /// The failures since the last success that say something about what is wanted now: one for a name that was
    /// dropped since does not.
    #[must_use]
    pub fn failures(&self) -> Vec<&'a AttemptFailure> {
        backoff::relevant(self)
    }

    /// The next instant at which time alone makes the judgement on this lineage worse: too little is left, or nothing.
    #[must_use]
    pub fn turning_point(&self) -> Option<Time> {
        let held = self.held?;
        let limits = self.thresholds.leaf(held.lifetime());
        let of_leaf = limits.turning_points(held.not_after).into_iter();
        of_leaf.chain(self.turning_points_of_the_root()).filter(|turn| *turn > self.now).min()
    }

    /// Where the private CA signs, its root ends one day.
    fn turning_points_of_the_root(&self) -> impl Iterator<Item = Time> + use<> {
        let authority = self.ca.and_then(Issuer::private).and_then(|private| private.authority.as_deref());
        let turns = authority.map(|Authority { root, .. }| {
            let (early, late) = super::sign::root_limits(root);
            [root.not_after - early, root.not_after - late, root.not_after]
        });
        turns.into_iter().flatten()
    }

    /// The instants by lifetime; nothing without a certificate.
    #[must_use]
    pub fn nets(&self) -> Option<Nets> {
        self.held.map(|held| Nets::of(held.not_before, held.not_after))
    }
}

/// What the executor does for a renewal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Renew {
    /// Go on with the order that is under way.
    Resume {
        /// Which.
        order: OrderId,
    },
    /// Place a new order.
    Order {
        /// What to order.
        identifiers: Vec<Identifier>,
        /// An order under way that does not fit what is wanted any more: close it first.
        abandon: Option<OrderId>,
        /// The version to name in `replaces`, if the CA offers renewal information and the version came from this
        /// account.
        replaces: Option<VersionId>,
        /// Whether a new key is made.
        new_key: bool,
    },
}

/// The decision: what, when, why, and how much room is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RenewPlan {
    /// What to do, and not before which instant.
    pub action: Action<Renew>,
    /// Since or from when the renewal is due, before any wait.
    pub due_at: Time,
    /// Every rule that asks for a renewal, in the order in which they are told.
    pub reasons: Vec<Reason>,
    /// Why an attempt that is due still waits.
    pub holds: Vec<Hold>,
    /// Instants by lifetime that do not depend on what the CA says; nothing without a certificate.
    pub nets: Option<Nets>,
    /// When to ask the CA for a renewal window, if it offers that; nothing without a certificate.
    pub ask_window_at: Option<Time>,
    /// Attempts that still fit.
    pub runway: Option<Runway>,
    /// How long until the renewal is due; negative when it is late.
    pub margin: Span,
    /// How the CA's buckets stand.
    pub limits: Vec<Prediction>,
}

impl RenewPlan {
    /// Whether to act at `now`.
    #[must_use]
    pub fn is_due(&self, now: Time) -> bool {
        self.action.not_before <= now
    }

    /// When this plan is to be made again.
    #[must_use]
    pub fn wake_at(&self, ca_offers_windows: bool) -> Time {
        match self.ask_window_at {
            Some(ask) if ca_offers_windows => ask.min(self.action.not_before),
            _ => self.action.not_before,
        }
    }
}

/// Decides.
#[must_use]
pub fn plan(state: &State<'_>) -> RenewPlan {
    let reasons = reason::all(state);
    let due_at = reasons.iter().map(|reason| reason.at).min().unwrap_or(state.now);
    let urgent = reasons.iter().any(|reason| reason.urgent && reason.at <= state.now);
    let told = reasons.iter().find(|reason| reason.at <= state.now.max(due_at));
    let why = told.map_or_else(String::new, |reason| reason.text.clone());
    let what = what(state);
    let mut holds = backoff::holds(state, urgent);
    let earliest = holds.iter().map(|hold| hold.until).fold(due_at.max(state.now), Time::max);
    let limits = match what {
        Renew::Resume { .. } => Vec::new(),
        Renew::Order { .. } => {
            state.ledger.predict(state.limits, request(state, earliest, urgent), state.now)
        }
    };
    holds.extend(limits.iter().filter(|one| one.safe_at > earliest).map(|one| backoff::of_limit(state, one)));
    holds.retain(|hold| hold.until > due_at.max(state.now));
    holds.sort_by_key(|hold| hold.until);
    let not_before = holds.last().map_or(due_at, |hold| hold.until);
    RenewPlan {
        action: Action { what, why, not_before },
        due_at,
        reasons,
        holds,
        nets: state.nets(),
        ask_window_at: ask_window_at(state),
        runway: runway::runway(state, not_before),
        margin: due_at.since(state.now),
        limits,
    }
}

fn what(state: &State<'_>) -> Renew {
    match state.order {
        Some(order) if state.fits(&order) => Renew::Resume { order: order.id },
        unfit => Renew::Order {
            identifiers: state.wanted(),
            abandon: unfit.map(|order| order.id),
            replaces: state.held.filter(|held| held.ours && !held.revoked).map(|held| held.version),
            new_key: !state.spec.reuse_key || reason::key_must_go(state),
        },
    }
}

fn request<'a>(state: &State<'a>, at: Time, urgent: bool) -> Request<'a> {
    // What was shed is not ordered, but its failures are counted on names of their own anyway.
    let identifiers = &state.spec.identifiers;
    let Exemption { same_set, in_window, .. } = claims(state, identifiers, at);
    Request { issuer: state.issuer, identifiers, renewal: same_set, in_window, urgent }
}

/// What an order of these identifiers at this instant may be exempt for at the CA; it has yet to accept `replaces`.
#[must_use]
pub fn claims(state: &State<'_>, identifiers: &[Identifier], at: Time) -> Exemption {
    let Some(held) = state.held.filter(|held| held.ours) else { return Exemption::default() };
    let in_window = state.window().is_some_and(|window| window.start <= at && at < window.end);
    Exemption {
        same_set: reason::same_set(&held.ordered, identifiers),
        in_window: in_window && !held.revoked,
        replaces_accepted: false,
    }
}

fn ask_window_at(state: &State<'_>) -> Option<Time> {
    // What has ended is renewed at once, and an order under way is driven on: no window says when. The private CA has nobody
    // to spare, and offers none.
    if state.order.is_some() || state.ca.is_some_and(|ca| ca.private().is_some()) {
        return None;
    }
    let held = state.held.filter(|held| held.ours && !held.revoked && state.now < held.not_after)?;
    let asked =
        state.window().map(|window| within(window.ask_again, ari::longest_wait(held.lifetime()), state.now));
    let hold = state
        .lineage
        .renewal
        .ask_window_at
        .map(|hold| within(hold, notafter_acme::ari::LONGEST_PAUSE, state.now));
    Some(asked.max(hold).unwrap_or_else(|| state.obtained_at(held)).min(held.not_after))
}

//! All that a renewal is decided from, loaded from the store.

use notafter_acme::client::order::OrderFlow;
use notafter_cert::{Certificate, Identifier, Time, pem};
use notafter_inventory::ledger::{self, Ledger, limits_of};
use notafter_inventory::model::{
    Issuer, Lineage, LineageId, LineageSpec, Mode, Order, Origin, Place, Renewal, Shedding, Version,
};
use notafter_inventory::plan::renew::{Held, RenewPlan, SHED_FROM, State, plan};
use notafter_inventory::threshold::Thresholds;

use crate::context::Context;
use crate::operate::Fault;

/// A managed lineage with everything around it.
pub struct Case {
    /// The lineage.
    pub lineage: Lineage,
    /// What it shall be.
    pub spec: LineageSpec,
    /// The account that orders.
    pub issuer: Issuer,
    /// Its current version.
    pub version: Option<Version>,
    /// Where its versions go.
    pub places: Vec<Place>,
    held: Option<Held>,
    order: Option<Order>,
    ledger: Ledger,
}

impl Case {
    /// Loads it; `None` when the lineage is gone or somebody else renews it.
    ///
    /// # Errors
    /// The store failed, or the lineage names an issuer that does not exist.
    pub async fn load(context: &Context, id: LineageId) -> Result<Option<Self>, Fault> {
        let (store, scope) = (&context.store, &context.scope);
        let Some(lineage) = store.lineage(scope, id).await? else { return Ok(None) };
        let Mode::Managed(spec) = lineage.mode.clone() else { return Ok(None) };
        let issuer = store.issuer_named(scope, &spec.issuer).await?.ok_or_else(|| {
            Fault::new(
                "issuer.unknown",
                format!("lineage {} names issuer {:?}, which does not exist", lineage.name, spec.issuer),
                "write the issuer into the inventory file, or name another: notafter get issuers",
            )
        })?;
        let version = match lineage.current {
            Some(current) => store.version(scope, current).await?,
            None => None,
        };
        let origin = match version.as_ref().map(|version| &version.origin) {
            Some(Origin::Order { order }) => store.order(scope, *order).await?,
            _ => None,
        };
        let held = version.as_ref().map(|version| Held::read(version, origin.as_ref())).transpose()?;
        let order = match lineage.renewal.order {
            Some(order) => store.order(scope, order).await?.filter(|order| order.closed_at.is_none()),
            None => None,
        };
        let places = store.places_of(scope, id).await?;
        let ledger = replay(context, &issuer).await?;
        Ok(Some(Self { lineage, spec, issuer, version, places, held, order, ledger }))
    }

    /// The state at an instant.
    #[must_use]
    pub fn state(&self, now: Time) -> State<'_> {
        let order = self.order.as_ref().map(|order| (order.id, order.identifiers.as_slice()));
        State {
            lineage: &self.lineage,
            spec: &self.spec,
            held: self.held.as_ref(),
            order,
            issuer: self.issuer.id,
            limits: limits_of(&self.issuer.directory),
            ledger: &self.ledger,
            places: Some(&self.places),
            thresholds: Thresholds::default(),
            now,
        }
    }

    /// The decision at an instant.
    #[must_use]
    pub fn plan(&self, now: Time) -> RenewPlan {
        plan(&self.state(now))
    }

    /// The facts of the current version.
    #[must_use]
    pub const fn held(&self) -> Option<&Held> {
        self.held.as_ref()
    }

    /// The current version's leaf.
    #[must_use]
    pub fn leaf(&self) -> Option<Certificate> {
        let chain = pem::chain_from(self.version.as_ref()?.chain_pem.as_bytes()).ok()?;
        Certificate::parse(chain.first()?).ok()
    }

    /// The order under way.
    #[must_use]
    pub const fn order(&self) -> Option<&Order> {
        self.order.as_ref()
    }

    /// A lineage of its own for identifiers that were left out of this one: same account, key and solver, no places.
    #[must_use]
    pub fn apart(&self, name: String, identifiers: Vec<Identifier>, id: LineageId) -> Lineage {
        let spec = LineageSpec { identifiers, shedding: Shedding::Wait, ..self.spec.clone() };
        let labels = [(SHED_FROM.to_owned(), self.lineage.name.clone())].into();
        Lineage {
            id,
            owner_id: self.lineage.owner_id,
            name,
            labels,
            mode: Mode::Managed(spec),
            current: None,
            renewal: Renewal::default(),
        }
    }

    /// The protocol's state of the order under way.
    ///
    /// # Errors
    /// It was written by a version that cannot be read.
    pub fn flow(order: &Order) -> Result<OrderFlow, Fault> {
        serde_json::from_value(order.flow.clone()).map_err(|error| {
            Fault::new(
                "store.unreadable",
                format!("the stored state of order {} cannot be read", order.id),
                "close it and order anew with: notafter renew LINEAGE --force",
            )
            .because(error.to_string())
        })
    }
}

/// Our history with this CA, as far back as its limits look; a CA without known limits needs none.
async fn replay(context: &Context, issuer: &Issuer) -> Result<Ledger, Fault> {
    let limits = limits_of(&issuer.directory);
    if limits.is_empty() {
        return Ok(Ledger::default());
    }
    let since = context.clock.now() - ledger::horizon(limits);
    let orders = context.store.orders_since(&context.scope, since).await?;
    let lineages = context.store.lineages(&context.scope).await?;
    let from_here = lineages.iter().filter(|lineage| match &lineage.mode {
        Mode::Managed(spec) => spec.issuer == issuer.name,
        Mode::WatchOnly(_) => false,
    });
    let failures =
        from_here.flat_map(|lineage| &lineage.renewal.failures).map(|failure| (issuer.id, failure));
    Ok(Ledger::replay(orders.iter().filter(|order| order.issuer_id == issuer.id), failures))
}

//! All that a renewal is decided from, loaded from the store.

use std::collections::HashMap;
use std::sync::Arc;

use notafter_acme::client::order::{OrderFlow, Remark};
use notafter_cert::{Certificate, Identifier, Time, pem};
use notafter_inventory::ledger::{Ledger, Limit, NONE, Question, limits_of, questions};
use notafter_inventory::model::{
    Exemption, Issuer, IssuerId, Lineage, LineageId, LineageSpec, Mode, Order, OrderId, Origin, Place,
    Renewal, Shedding, Version, VersionId,
};
use notafter_inventory::plan::renew::{Held, RenewPlan, SHED_FROM, State, UnderWay, claims, plan};
use notafter_inventory::threshold::Thresholds;
use notafter_store::{Scope, Store};

use crate::context::Context;
use crate::operate::Fault;

/// Where cases are read.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The database, which may be open to readers alone.
    pub store: &'a Store,
    /// Whose.
    pub scope: &'a Scope,
    /// The history with a CA is read as far back from this instant as its limits look.
    pub now: Time,
    /// The port at which CAs ask.
    pub http01_port: u16,
}

impl<'a> Source<'a> {
    /// Of an installation that is open.
    #[must_use]
    pub fn of(context: &'a Context) -> Self {
        let (store, scope) = (&context.store, &context.scope);
        Self { store, scope, now: context.clock.now(), http01_port: context.solvers.port() }
    }
}

/// A managed lineage with everything around it.
pub struct Case {
    /// The lineage.
    pub lineage: Lineage,
    /// What it shall be.
    pub spec: LineageSpec,
    /// The issuer that is to issue.
    pub issuer: Issuer,
    /// Its current version.
    pub version: Option<Version>,
    /// Where its versions go.
    pub places: Vec<Place>,
    held: Option<Held>,
    order: Option<Order>,
    ledger: Arc<Ledger>,
    http01_port: u16,
}

/// A lineage of several that were loaded together.
pub struct Loaded {
    /// The lineage.
    pub lineage: Lineage,
    /// Its current version.
    pub version: Option<Version>,
    /// What its renewal is decided from; nothing where somebody else renews it. One lineage that cannot be decided does
    /// not hide the others.
    pub case: Result<Option<Case>, Fault>,
}

impl Case {
    /// Loads it; `None` when the lineage is gone or somebody else renews it.
    ///
    /// # Errors
    /// The store failed, or the lineage names an issuer that does not exist.
    pub async fn load(context: &Context, id: LineageId) -> Result<Option<Self>, Fault> {
        match context.store.lineage(&context.scope, id).await? {
            Some(lineage) => Self::load_one(context, lineage).await?.case,
            None => Ok(None),
        }
    }

    /// Loads what is around a lineage that was just read.
    ///
    /// # Errors
    /// The store failed.
    pub async fn load_one(context: &Context, lineage: Lineage) -> Result<Loaded, Fault> {
        let around = Around::load(&Source::of(context), std::slice::from_ref(&lineage)).await?;
        Ok(around.loaded(lineage))
    }

    /// Loads many, with as many questions to the store as one takes: the history with a CA is read once for all.
    ///
    /// # Errors
    /// The store failed.
    pub async fn load_all(source: &Source<'_>, lineages: Vec<Lineage>) -> Result<Vec<Loaded>, Fault> {
        let around = Around::load(source, &lineages).await?;
        Ok(lineages.into_iter().map(|lineage| around.loaded(lineage)).collect())
    }

    /// The state at an instant.
    #[must_use]
    pub fn state(&self, now: Time) -> State<'_> {
        let order = self.order.as_ref().map(|order| UnderWay {
            id: order.id,
            identifiers: &order.identifiers,
            issuer: order.issuer_id,
        });
        State {
            lineage: &self.lineage,
            spec: &self.spec,
            held: self.held.as_ref(),
            order,
            issuer: self.issuer.id(),
            ca: Some(&self.issuer),
            limits: limits(&self.issuer),
            ledger: &self.ledger,
            places: Some(&self.places),
            thresholds: Thresholds::default(),
            http01_port: self.http01_port,
            now,
        }
    }

    /// The decision at an instant.
    #[must_use]
    pub fn plan(&self, now: Time) -> RenewPlan {
        plan(&self.state(now))
    }

    /// What an order of these identifiers may be exempt for at the CA.
    #[must_use]
    pub fn claims(&self, identifiers: &[Identifier], replaces: bool, now: Time) -> Exemption {
        let claims = claims(&self.state(now), identifiers, now);
        Exemption { in_window: claims.in_window && replaces, ..claims }
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

    /// A lineage of its own for identifiers that were left out of this one: same account, key and solver, no places. Its
    /// identity and its name are the caller's to give.
    #[must_use]
    pub fn apart(&self, identifiers: &[Identifier]) -> Lineage {
        let identifiers = identifiers.to_vec();
        let spec = LineageSpec { identifiers, shedding: Shedding::Wait, ..self.spec.clone() };
        let labels = [(SHED_FROM.to_owned(), self.lineage.name.clone())].into();
        Lineage {
            id: self.lineage.id,
            owner_id: self.lineage.owner_id,
            name: self.lineage.name.clone(),
            labels,
            mode: Mode::Managed(spec),
            current: None,
            renewal: Renewal::default(),
            rehearsed: None,
        }
    }

    /// What happened on an order's way that did not stop it, oldest first.
    #[must_use]
    pub fn remarks(order: &Order) -> Vec<Remark> {
        let stored = order.flow.get("remarks").cloned();
        stored.and_then(|stored| serde_json::from_value(stored).ok()).unwrap_or_default()
    }

    /// Whether an order was placed at the CA that this issuer names now: it may have been moved to another one since.
    #[must_use]
    pub fn is_at(order: &Order, issuer: &Issuer) -> bool {
        let Issuer::Acme(issuer) = issuer else { return order.signing.is_some() };
        let origin = order.flow.get("origin").cloned();
        let origin: Option<notafter_acme::Origin> =
            origin.and_then(|origin| serde_json::from_value(origin).ok());
        origin.is_some_and(|origin| origin.pin(&issuer.directory).is_ok())
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

/// Everything around some lineages.
struct Around {
    issuers: Vec<Issuer>,
    versions: HashMap<VersionId, Version>,
    orders: HashMap<OrderId, Order>,
    places: HashMap<LineageId, Vec<Place>>,
    ledgers: HashMap<IssuerId, Arc<Ledger>>,
    http01_port: u16,
}

impl Around {
    async fn load(source: &Source<'_>, lineages: &[Lineage]) -> Result<Self, Fault> {
        let Source { store, scope, now, http01_port } = *source;
        let current: Vec<VersionId> = lineages.iter().filter_map(|lineage| lineage.current).collect();
        let open: Vec<OrderId> = lineages.iter().filter_map(|lineage| lineage.renewal.order).collect();
        let ids: Vec<LineageId> = lineages.iter().map(|lineage| lineage.id).collect();
        let notafter_store::Around { issuers, versions, mut orders, places: all } =
            store.around(scope, &current, &open, &ids).await?;
        let origins = versions.iter().filter_map(|version| match version.origin {
            Origin::Order { order } => Some(order),
            Origin::Files { .. } => None,
        });
        orders.extend(store.orders_among(scope, &origins.collect::<Vec<_>>()).await?);
        let mut places: HashMap<LineageId, Vec<Place>> = HashMap::new();
        for place in all {
            places.entry(place.lineage_id).or_default().push(place);
        }
        let mut ledgers = HashMap::new();
        for issuer in &issuers {
            let questions = ledger_questions(issuer, lineages, now);
            ledgers.insert(issuer.id(), Arc::new(ledger(store, scope, &questions).await?));
        }
        Ok(Self {
            issuers,
            versions: versions.into_iter().map(|version| (version.id, version)).collect(),
            orders: orders.into_iter().map(|order| (order.id, order)).collect(),
            places,
            ledgers,
            http01_port,
        })
    }

    fn loaded(&self, lineage: Lineage) -> Loaded {
        let version = lineage.current.and_then(|current| self.versions.get(&current)).cloned();
        let case = match &lineage.mode {
            Mode::Managed(spec) => self.case(&lineage, spec, version.clone()).map(Some),
            Mode::WatchOnly(_) => Ok(None),
        };
        Loaded { lineage, version, case }
    }

    fn case(&self, lineage: &Lineage, spec: &LineageSpec, version: Option<Version>) -> Result<Case, Fault> {
        let issuer = self.issuers.iter().find(|issuer| issuer.name() == spec.issuer).ok_or_else(|| {
            Fault::new(
                "issuer.unknown",
                format!("lineage {} names issuer {:?}, which does not exist", lineage.name, spec.issuer),
                "write the issuer into the inventory file, or name another: notafter get issuers",
            )
        })?;
        let origin = match version.as_ref().map(|version| &version.origin) {
            Some(Origin::Order { order }) => self.orders.get(order),
            _ => None,
        };
        let mut held =
            version.as_ref().map(|version| Held::read(version, origin, issuer.id())).transpose()?;
        if let Some(held) = &mut held {
            held.ours &= origin.is_some_and(|order| Case::is_at(order, issuer));
        }
        let order = lineage.renewal.order.and_then(|order| self.orders.get(&order));
        Ok(Case {
            lineage: lineage.clone(),
            spec: spec.clone(),
            issuer: issuer.clone(),
            version,
            places: self.places.get(&lineage.id).cloned().unwrap_or_default(),
            held,
            order: order.filter(|order| order.closed_at.is_none()).cloned(),
            ledger: self.ledgers.get(&issuer.id()).cloned().unwrap_or_default(),
            http01_port: self.http01_port,
        })
    }
}

/// What to ask of our history with this CA, as far as its limits concern these lineages; a CA without known limits needs
/// none of it.
fn ledger_questions(issuer: &Issuer, lineages: &[Lineage], now: Time) -> Vec<Question> {
    let sets = lineages.iter().filter_map(|lineage| match &lineage.mode {
        Mode::Managed(spec) if spec.issuer == issuer.name() => Some(spec.identifiers.as_slice()),
        _ => None,
    });
    if sets.clone().next().is_none() {
        return Vec::new();
    }
    questions(limits(issuer), issuer.id(), sets, now)
}

/// The private CA limits nobody.
fn limits(issuer: &Issuer) -> &'static [Limit] {
    issuer.acme().map_or(NONE, |acme| limits_of(&acme.directory))
}

async fn ledger(store: &Store, scope: &Scope, questions: &[Question]) -> Result<Ledger, Fault> {
    let mut charges = Vec::new();
    for question in questions {
        charges.extend(store.charges(scope, question).await?);
    }
    Ok(Ledger::of(charges))
}

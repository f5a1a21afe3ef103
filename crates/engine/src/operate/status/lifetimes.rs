//! Every certificate that is in force, of lineages and of endpoints: what the picture of all lifetimes is drawn from.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use notafter_cert::{Certificate, Fingerprint, Time, pem};
use notafter_inventory::code::endpoint_name;
use notafter_inventory::lifetimes::{Keeper, Lifetime, Of, Picture, View, keeper, picture, renewal};
use notafter_inventory::model::{EndpointId, Labels, OwnerId, Severity, Subject, Version};
use notafter_inventory::plan::renew::RenewPlan;
use notafter_store::{ShownLeaf, StoreError};

use crate::context::Context;
use crate::tasks::renew::Loaded;

/// Endpoints read at once.
const PAGE: u32 = 2000;
/// So many keys of labels are offered to group by.
const KEYS: usize = 8;

/// Every certificate that is in force, each once however many endpoints serve it.
#[derive(Debug)]
pub struct Lifetimes {
    /// One each.
    pub all: Vec<Lifetime>,
    /// Endpoints that show no certificate that could be read, or that nobody has looked at yet.
    pub without: usize,
    /// Keys of labels, those that most have.
    pub label_keys: Vec<String>,
    /// What is drawn for whoever wishes nothing in particular.
    pub usual: Picture,
}

impl Lifetimes {
    /// With what follows from them.
    #[must_use]
    pub fn of(all: Vec<Lifetime>, without: usize, now: Time) -> Self {
        let mut keys: BTreeMap<&str, usize> = BTreeMap::new();
        for key in all.iter().flat_map(|one| one.labels.keys()) {
            *keys.entry(key).or_default() += 1;
        }
        let mut keys: Vec<(usize, &str)> = keys.into_iter().map(|(key, number)| (number, key)).collect();
        keys.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(other.1)));
        let label_keys = keys.into_iter().take(KEYS).map(|(_, key)| key.to_owned()).collect();
        let usual = picture(&all, now, &View::default());
        Self { all, without, label_keys, usual }
    }
}

/// What a certificate says, read once for as long as it is in force somewhere.
#[derive(Clone, Debug)]
struct Facts {
    not_before: Time,
    not_after: Time,
    issuer: Arc<str>,
}

/// They are gathered lineage by lineage, then endpoint by endpoint.
pub(super) struct Gathering {
    owners: HashMap<OwnerId, Arc<str>>,
    amiss: HashSet<String>,
    facts: HashMap<Fingerprint, Option<Facts>>,
    issuers: HashMap<String, Arc<str>>,
    labels: HashMap<Labels, Arc<Labels>>,
    held: HashSet<Fingerprint>,
    /// Those of `held` with which something is amiss where they are served.
    held_amiss: HashSet<Fingerprint>,
    served: HashMap<Fingerprint, usize>,
    all: Vec<Lifetime>,
    without: usize,
}

impl Gathering {
    /// With what was read of the certificates before.
    pub(super) async fn begin(context: &Context, before: Option<&Lifetimes>) -> Result<Self, StoreError> {
        let (store, scope) = (&context.store, &context.scope);
        let owners = store.owners(scope).await?;
        let known = before.map_or(&[][..], |before| &before.all);
        let facts = known.iter().map(|one| {
            let Lifetime { not_before, not_after, issuer, .. } = one;
            let facts = Facts { not_before: *not_before, not_after: *not_after, issuer: Arc::clone(issuer) };
            (one.fingerprint, Some(facts))
        });
        Ok(Self {
            owners: owners.into_iter().map(|owner| (owner.id, Arc::from(owner.name))).collect(),
            amiss: store.lineages_and_places_amiss(scope).await?,
            facts: facts.collect(),
            issuers: known.iter().map(|one| (one.issuer.to_string(), Arc::clone(&one.issuer))).collect(),
            labels: HashMap::new(),
            held: HashSet::new(),
            held_amiss: HashSet::new(),
            served: HashMap::new(),
            all: Vec::with_capacity(known.len()),
            without: 0,
        })
    }

    /// The certificate of a lineage, where it has one.
    pub(super) fn lineage(&mut self, loaded: &Loaded, plan: Option<&RenewPlan>) {
        let Loaded { lineage, version: Some(version), case } = loaded else { return };
        let places = case.as_ref().ok().and_then(Option::as_ref).map_or(&[][..], |case| &case.places);
        let mut subjects: Vec<Subject> = vec![Subject::Lineage(lineage.id)];
        subjects.extend(places.iter().map(|place| Subject::Place(place.id)));
        let issuer = self.issuer_of(version);
        self.held.insert(version.fingerprint);
        let lifetime = Lifetime {
            fingerprint: version.fingerprint,
            name: lineage.name.as_str().into(),
            of: Of::Lineage,
            more: 0,
            owner: self.owner(lineage.owner_id),
            issuer,
            labels: self.labels(lineage.labels.clone()),
            not_before: version.not_before,
            not_after: version.not_after,
            renewal: renewal(lineage, version, plan),
            keeper: keeper(&lineage.mode),
            needs_person: case.is_err()
                || subjects.iter().any(|subject| self.amiss.contains(&subject.to_string())),
        };
        self.all.push(lifetime);
    }

    /// What endpoints show that no lineage holds.
    pub(super) async fn endpoints(&mut self, context: &Context) -> Result<(), StoreError> {
        let (store, scope) = (&context.store, &context.scope);
        let mut after: Option<EndpointId> = None;
        loop {
            let page = store.shown_leaves_after(scope, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.endpoint_id);
            let unknown: HashSet<Fingerprint> = page
                .iter()
                .filter_map(|shown| shown.leaf)
                .filter(|leaf| !self.held.contains(leaf) && !self.facts.contains_key(leaf))
                .collect();
            let unknown: Vec<Fingerprint> = unknown.into_iter().collect();
            for der in store.certificates(scope, &unknown).await? {
                let facts = Certificate::parse(&der).ok().map(|leaf| self.read(&leaf));
                self.facts.insert(Fingerprint::of(&der), facts);
            }
            for shown in page.chunk_by(|one, next| one.endpoint_id == next.endpoint_id) {
                self.endpoint(shown);
            }
        }
    }

    /// One endpoint with all that it shows.
    fn endpoint(&mut self, shown: &[ShownLeaf]) {
        let mut shows_one = false;
        for one in shown {
            let Some(leaf) = one.leaf else { continue };
            if self.held.contains(&leaf) {
                shows_one = true;
                if one.severity != Severity::Ok {
                    self.held_amiss.insert(leaf);
                }
                continue;
            }
            if let Some(facts) = self.facts.get(&leaf).cloned().flatten() {
                shows_one = true;
                self.serves(one, leaf, facts);
            }
        }
        self.without += usize::from(!shows_one);
    }

    fn serves(&mut self, shown: &ShownLeaf, leaf: Fingerprint, facts: Facts) {
        let needs_person = shown.severity != Severity::Ok;
        if let Some(place) = self.served.get(&leaf) {
            let known = &mut self.all[*place];
            known.more += 1;
            known.needs_person |= needs_person;
            return;
        }
        self.served.insert(leaf, self.all.len());
        let lifetime = Lifetime {
            fingerprint: leaf,
            name: endpoint_name(&shown.target).into(),
            of: Of::Endpoint(shown.endpoint_id),
            more: 0,
            owner: self.owner(shown.owner_id),
            issuer: facts.issuer,
            labels: self.labels(shown.labels.clone()),
            not_before: facts.not_before,
            not_after: facts.not_after,
            renewal: None,
            keeper: Keeper::Nobody,
            needs_person,
        };
        self.all.push(lifetime);
    }

    /// All of it.
    pub(super) fn end(mut self, now: Time) -> Lifetimes {
        for one in &mut self.all {
            one.needs_person |= one.of == Of::Lineage && self.held_amiss.contains(&one.fingerprint);
        }
        Lifetimes::of(self.all, self.without, now)
    }

    fn owner(&self, id: OwnerId) -> Arc<str> {
        self.owners.get(&id).map_or_else(|| Arc::from(id.to_string()), Arc::clone)
    }

    fn labels(&mut self, labels: Labels) -> Arc<Labels> {
        let known = self.labels.entry(labels);
        Arc::clone(known.or_insert_with_key(|labels| Arc::new(labels.clone())))
    }

    fn issuer_of(&mut self, version: &Version) -> Arc<str> {
        if let Some(Some(facts)) = self.facts.get(&version.fingerprint) {
            return Arc::clone(&facts.issuer);
        }
        let chain = pem::chain_from(version.chain_pem.as_bytes()).unwrap_or_default();
        let leaf = chain.first().and_then(|der| Certificate::parse(der).ok());
        leaf.map_or_else(|| Arc::from("unknown"), |leaf| self.read(&leaf).issuer)
    }

    /// Certificates of one CA come from several of its intermediates: what these have in common is its organisation.
    fn read(&mut self, leaf: &Certificate) -> Facts {
        let issuer = leaf.issuer_organization().unwrap_or_else(|| leaf.issuer_name());
        let issuer = match self.issuers.get(issuer) {
            Some(known) => Arc::clone(known),
            None => Arc::clone(self.issuers.entry(issuer.to_owned()).or_insert_with(|| Arc::from(issuer))),
        };
        Facts { not_before: leaf.not_before(), not_after: leaf.not_after(), issuer }
    }
}

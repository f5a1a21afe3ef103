//! One installation in a temporary directory, and a CA that it can reach.

use std::path::PathBuf;
use std::sync::Arc;

use notafter_cert::{KeySpec, Time};
use notafter_engine::context::Context;
use notafter_engine::open::{self, Installation};
use notafter_engine::settings::Settings;
use notafter_inventory::model::{
    AcmeIssuer, Actor, Http01, Lineage, LineageId, LineageSpec, Mode, Renewal, Shedding,
};
use notafter_lab::acme_ca::{AcmeCa, Options};
use notafter_lab::port;
use notafter_net::Clock;
use notafter_store::{Change, TaskSubject};
use tempfile::TempDir;

/// An account at a CA, as it is stored.
pub(crate) async fn acme(context: &Context, name: &str) -> AcmeIssuer {
    let issuer = context.store.issuer_named(&context.scope, name).await.unwrap().unwrap();
    issuer.acme().unwrap().clone()
}

/// The stage: CA, directories, settings.
pub(crate) struct Stage {
    pub(crate) ca: AcmeCa,
    pub(crate) clock: Clock,
    pub(crate) settings: Settings,
    folder: TempDir,
}

impl Stage {
    /// On the system's clock.
    pub(crate) async fn new() -> Self {
        Self::at(Clock::system()).await
    }

    pub(crate) async fn at(clock: Clock) -> Self {
        Self::with(clock, |_| ()).await
    }

    /// With another CA than the usual one.
    pub(crate) async fn with(clock: Clock, change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = port::free().unwrap();
        let mut options = Options::loopback(clock.clone(), port);
        change(&mut options);
        let ca = AcmeCa::start(options).await.unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("roots.pem"), ca.roots_pem()).unwrap();
        let settings = Settings {
            data: Some(path("data")),
            key_encryption_key: Some(path("kek")),
            trust: path("roots.pem").display().to_string(),
            http01_port: port,
            resolve: ["shop.example", "www.shop.example", "dead.shop.example"]
                .iter()
                .map(|name| format!("{name}:{port}:127.0.0.1"))
                .collect(),
            ..Settings::default()
        };
        Self { ca, clock, settings, folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Opens the installation, as a process that starts does.
    pub(crate) async fn open(&self) -> Installation {
        open::open(&self.settings, self.clock.clone()).await.unwrap()
    }

    /// Registers the CA and a lineage for these names, due now.
    pub(crate) async fn lineage(&self, context: &Arc<Context>, names: &[&str]) -> LineageId {
        let owner = context.store.owner_named(&context.scope, "default").await.unwrap().unwrap();
        let issuer = AcmeIssuer {
            id: context.new_id(),
            name: "lab".to_owned(),
            directory: self.ca.directory_url(),
            contact: Vec::new(),
            trust: Some(self.path("roots.pem").display().to_string()),
            external_account: None,
            terms_agreed: true,
            account_key: None,
            account_url: None,
            account_orders: None,
            rollover_key: None,
            rollover: None,
        };
        let spec = LineageSpec {
            identifiers: names.iter().map(|name| name.parse().unwrap()).collect(),
            issuer: issuer.name.clone(),
            key: KeySpec::EcdsaP256,
            reuse_key: false,
            profile: None,
            preferred_chain: None,
            http01: Http01::Listener { listen: format!("127.0.0.1:{}", self.settings.http01_port) },
            shedding: Shedding::Wait,
            keep_versions: 3,
        };
        let lineage = Lineage {
            id: context.new_id(),
            owner_id: owner.id,
            name: "shop".to_owned(),
            labels: Default::default(),
            mode: Mode::Managed(spec),
            current: None,
            renewal: Renewal::default(),
            rehearsed: None,
        };
        let id = lineage.id;
        let due_at: Time = context.clock.now();
        let schedule = Change::Schedule { task: "renew", subject: TaskSubject::of(id), due_at };
        let changes = [Change::PutIssuer(issuer.into()), Change::PutLineage(lineage), schedule];
        context.apply(None, &Actor::Engine, &changes).await.unwrap();
        id
    }
}

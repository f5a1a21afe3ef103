//! Which files are known, and what is in them.

use notafter_cert::{Certificate, Span, pem};
use notafter_engine::certificate_files::{CertificateFile, known};
use notafter_inventory::model::{
    Actor, Automation, Lineage, Mode, Origin, Progress, Renewer, Version, VersionState,
};
use notafter_lab::authority::{Authority, Validity};
use notafter_net::Clock;
use notafter_store::Change;

use crate::stage::Stage;

/// A watch-only lineage's file is told with what it held when it was last read.
#[tokio::test]
async fn what_another_program_keeps_is_known_by_its_chain_file() {
    let stage = Stage::at(Clock::staged(Clock::system().now())).await;
    let installation = stage.open().await;
    let context = &installation.context;
    let shop = stage.lineage(context, &["shop.example"]).await;
    assert_eq!(known(context).await.unwrap(), [], "there is no version, and no place");

    let now = stage.clock.now();
    let validity = Validity { from: now - Span::days(1), to: now + Span::days(89) };
    let authority = Authority::new("Shop CA", validity).unwrap();
    let pair = authority.issue(&["shop.example".parse().unwrap()], validity).unwrap();
    let chain = pem::chain_from(pair.chain_pem().as_bytes()).unwrap();
    let leaf = Certificate::parse(&chain[0]).unwrap();
    let version = Version {
        id: context.new_id(),
        lineage_id: shop,
        key_id: None,
        fingerprint: leaf.fingerprint(),
        chain_pem: pem::chain_to(&chain[..1]),
        not_before: leaf.not_before(),
        not_after: leaf.not_after(),
        obtained_at: now,
        origin: Origin::Files { path: "/etc/ssl/shop.pem".to_owned(), insisted: false },
        state: VersionState::Current,
    };
    let before = context.store.lineage(&context.scope, shop).await.unwrap().unwrap();
    let automation = Automation {
        renewer: Renewer::Unknown,
        identifiers: leaf.names().to_vec(),
        chain_file: "/etc/ssl/shop.pem".to_owned(),
        key_file: None,
        config_file: None,
        trigger: None,
        habit_permille: None,
        ping: None,
    };
    let after = Progress { current: Some(version.id), renewal: before.renewal.clone() };
    let changes = [
        Change::PutVersion(version),
        Change::PutLineage(Lineage { mode: Mode::WatchOnly(automation), ..before.clone() }),
        Change::Advance { lineage: shop, before: before.progress(), after },
    ];
    context.apply(None, &Actor::Engine, &changes).await.unwrap();
    let file = CertificateFile { path: "/etc/ssl/shop.pem".to_owned(), certificates: vec![leaf] };
    assert_eq!(known(context).await.unwrap(), [file]);
}

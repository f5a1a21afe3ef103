//! The stage of drills: a CA that looks for real challenges, and shadow listeners, all on loopback.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notafter_acme::server::fault::{Fault as CaFault, Planned};
use notafter_acme::server::{Profile, RequestKind};
use notafter_cert::Span;
use notafter_engine::drill::stage::{Prop, Shadow, Stage, Wanted};
use notafter_engine::operate::Fault;
use notafter_lab::acme_ca::{AcmeCa, Options};
use notafter_lab::authority::{Authority, Identity, StageError, Validity};
use notafter_lab::tls_server::{Files, TlsServer};

use crate::command::demo::write_pair;

/// What is asked of a CA for a new certificate.
const ASKED: [RequestKind; 5] = [
    RequestKind::Directory,
    RequestKind::NewNonce,
    RequestKind::NewAccount,
    RequestKind::NewOrder,
    RequestKind::RenewalInfo,
];

/// Sets a stage.
pub(crate) fn set(wanted: Wanted) -> BoxFuture<'static, Result<Stage, Fault>> {
    async move {
        stage(&wanted).await.map_err(|error| {
            let hint = "is the loopback interface up, and is there space below the data directory?";
            Fault::new("drill.stage", "the stage of the drill cannot be set", hint).because(error.to_string())
        })
    }
    .boxed()
}

async fn stage(wanted: &Wanted) -> Result<Stage, StageError> {
    let (from, to) = wanted.dying;
    let lifetime = to.since(from);
    let authority =
        Authority::new("Drill", Validity { from: from - Span::days(1), to: to + Span::days(3650) })?;
    let dying = authority.issue(&wanted.names, Validity { from, to })?;
    let ca = Arc::new(ca(wanted, lifetime).await?);
    let mut servers = Vec::new();
    let mut shadows = Vec::new();
    for number in 0..wanted.shadows {
        let (server, shadow) = shadow(wanted, number, &dying).await?;
        servers.push(server);
        shadows.push(shadow);
    }
    let (switched, quiet) = (Arc::clone(&ca), Arc::clone(&ca));
    Ok(Stage {
        directory: ca.directory_url(),
        ca_roots: ca.roots_pem(),
        dying_root: authority.root_pem(),
        dying: (dying.chain_pem(), dying.key_pem()),
        shadows,
        switch: Box::new(move |prop, on| match (prop, on) {
            (Prop::Ca, true) => switched.behave(),
            (Prop::Ca, false) => ASKED.map(|kind| Planned::always(kind, CaFault::NoAnswer)).into_iter().for_each(|fault| switched.plan(fault)),
            (Prop::Reloads, on) => servers.iter().for_each(|server| server.ignore_reloads(!on)),
        }),
        quiet: Box::new(move || quiet_of(Arc::clone(&quiet)).boxed()),
    })
}

async fn quiet_of(ca: Arc<AcmeCa>) {
    // The sender lives as long as the CA: the wait cannot end early.
    drop(ca.validations().wait_for(|under_way| *under_way == 0).await);
}

async fn ca(wanted: &Wanted, lifetime: Span) -> Result<AcmeCa, StageError> {
    let options = Options {
        hosts: wanted.hosts.clone(),
        otherwise: None,
        hierarchies: vec!["Drill CA".to_owned()],
        ..Options::loopback(wanted.clock.clone(), wanted.http01_port)
    };
    let ca = AcmeCa::start(options).await?;
    ca.settings(|settings| {
        settings.lifetime = lifetime;
        if let Some(profile) = &wanted.profile {
            let description = "as the lineage asks for".to_owned();
            settings.profiles.insert(profile.clone(), Profile { description, lifetime });
        }
    });
    Ok(ca)
}

/// One that serves what is running out, until it is told to reload.
async fn shadow(wanted: &Wanted, number: usize, dying: &Identity) -> Result<(TlsServer, Shadow), StageError> {
    let folder = wanted.folder.join(format!("place-{number}"));
    std::fs::create_dir(&folder)?;
    let files = Files { chain: folder.join("fullchain.pem"), key: folder.join("privkey.pem") };
    write_pair(&files, dying)?;
    let server = TlsServer::from_files(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), files.clone()).await?;
    let program = std::env::current_exe()?.display().to_string();
    let reload = [program, "demo".to_owned(), "--reload".to_owned(), server.control().to_string()];
    let shadow = Shadow {
        address: server.address(),
        chain: files.chain,
        key: files.key,
        reload: reload.to_vec(),
    };
    Ok((server, shadow))
}

//! What an endpoint serves, address by address.

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::join_all;
use notafter_cert::inspect::{Kind, Object};
use notafter_cert::path::{Anchors, Chain, Note, judge};
use notafter_engine::open;
use notafter_net::Eye;
use notafter_net::dns::{Override, Resolver};
use notafter_net::limits::AddressPolicy;
use notafter_net::observe::{Network, Options};
use notafter_net::trust::{Choice, Trust};
use notafter_tls::Target;
use notafter_tls::observation::{Observation, Outcome};

use super::input::Gathered;
use super::{Args, Found};
use crate::failure::Failure;
use crate::session::Session;

/// Looks at every address. Where they serve the same, it is told once.
pub(super) async fn at(target: Target, args: &Args, session: &Session) -> Result<Gathered, Failure> {
    let of_settings = open::overrides(&session.settings).map_err(Failure::of)?;
    let overrides: Vec<Override> = args.resolve.iter().cloned().chain(of_settings).collect();
    let eye = Network::new(Options {
        resolver: Resolver::system(args.timeout).with_overrides(overrides),
        policy: AddressPolicy::Anywhere,
        clock: session.clock.clone(),
        within: args.timeout,
        vantage: "local".to_owned(),
    });
    let name = target.to_string();
    let resolved = eye.resolve(&target).await.map_err(|error| {
        let hint = "check the name; a file that is not there is taken for an endpoint";
        Failure::new(format!("{name} has no address"), hint).because(error)
    })?;
    let looks = resolved.addresses.iter().map(|address| eye.look(&target, *address));
    let seen: Vec<Observation> = join_all(looks).await;
    let gathered = gathered(&name, &seen);
    if gathered.found.is_empty() {
        let why = gathered.remarks.join("; ");
        let hint = format!("see what is wrong with it: notafter check {name}");
        return Err(Failure::new(format!("{name} shows no certificate"), hint).because(why));
    }
    Ok(Gathered { remarks: [gathered.remarks, notes(&seen, args, session)?].concat(), ..gathered })
}

type Chains = Vec<(Arc<[Vec<u8>]>, Vec<SocketAddr>)>;

/// The chains that are served, each with the addresses that do.
fn chains(seen: &[Observation]) -> Chains {
    let mut chains: Chains = Vec::new();
    for one in seen {
        let Outcome::Served(served) = &one.outcome else { continue };
        match chains.iter_mut().find(|(chain, _)| *chain == served.chain) {
            Some((_, addresses)) => addresses.push(one.address),
            None => chains.push((served.chain.clone(), vec![one.address])),
        }
    }
    chains
}

fn gathered(name: &str, seen: &[Observation]) -> Gathered {
    let mut gathered = Gathered::default();
    let chains = chains(seen);
    for (chain, addresses) in &chains {
        let source = if chains.len() > 1 { format!("{name} at {}", listed(addresses)) } else { name.to_owned() };
        let found = chain.iter().map(|der| Found {
            source: source.clone(),
            object: Object::alone(Kind::Certificate, der, None),
            spki: None,
        });
        gathered.found.extend(found);
    }
    for one in seen {
        if let Outcome::Failed(failure) = &one.outcome {
            gathered.remarks.push(format!("{name} at {}: {}", one.address, failure.detail));
        }
    }
    gathered
}

fn listed(addresses: &[SocketAddr]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What is odd about chains as they are sent.
fn notes(seen: &[Observation], args: &Args, session: &Session) -> Result<Vec<String>, Failure> {
    let Ok(setting) = session.settings.trust.parse::<Choice>();
    let trust = Trust::load(args.trust.as_ref().unwrap_or(&setting))?;
    let at = args.at.unwrap_or_else(|| session.clock.now());
    let told = chains(seen).into_iter().flat_map(|(chain, addresses)| {
        let anchors: &Anchors = trust.anchors();
        let notes = Chain::read(&chain).map(|read| judge(&read, anchors, at).notes).unwrap_or_default();
        let addresses = listed(&addresses);
        notes.into_iter().map(move |note| format!("{addresses}: {}", words(note)))
    });
    Ok(told.collect())
}

/// Positions are counted as people do: the leaf is the first.
fn words(note: Note) -> String {
    match note {
        Note::Unneeded(position) => format!("certificate {} of the chain is not needed", position + 1),
        Note::RootSent(position) => {
            format!("certificate {} of the chain is a root: clients have it, or do not trust it", position + 1)
        }
        Note::Duplicate(position) => format!("certificate {} of the chain was sent before", position + 1),
        Note::Misordered(position) => {
            format!("certificate {} of the chain comes before the one that it issued", position + 1)
        }
        Note::Unreadable(position) => format!("certificate {} of the chain cannot be read", position + 1),
    }
}

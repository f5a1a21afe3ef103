//! What a drill plays on. The stage is handed in by whoever made this process: the engine knows no scripted peers.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use futures_util::future::BoxFuture;
use notafter_cert::{Identifier, Time};
use notafter_net::Clock;

use crate::operate::Fault;

/// Sets a stage.
pub type SetStage = fn(Wanted) -> BoxFuture<'static, Result<Stage, Fault>>;

/// The stage that is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The stage's clock.
    pub clock: Clock,
    /// An empty directory of the stage's own.
    pub folder: PathBuf,
    /// The names of the certificate.
    pub names: Vec<Identifier>,
    /// Where names lead in the world; an empty list is a name that could not be resolved.
    pub hosts: BTreeMap<Identifier, Vec<IpAddr>>,
    /// The port at which CAs look for `http-01`.
    pub http01_port: u16,
    /// When the certificate began that is running out, and when it ends; the CA's live as long.
    pub dying: (Time, Time),
    /// The profile that the lineage asks for.
    pub profile: Option<String>,
    /// How many shadow listeners.
    pub shadows: usize,
}

/// Scripted peers, alive as long as this value.
pub struct Stage {
    /// Where the CA is asked. It looks for real challenges at the real addresses.
    pub directory: String,
    /// The CA's roots, in PEM.
    pub ca_roots: String,
    /// The root of the certificate that is running out, in PEM.
    pub dying_root: String,
    /// That certificate with its chain, and its key, in PEM: of the stage alone.
    pub dying: (String, String),
    /// What stands for the servers of the lineage's places.
    pub shadows: Vec<Shadow>,
    /// Turns something off or on again.
    pub switch: Box<dyn Fn(Prop, bool) + Send + Sync>,
    /// Ends when the CA looks for no challenge: until then the stage's clock stands still.
    pub quiet: Box<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>,
}

/// A listener that serves what lies in its files, as it was when it was last told to reload.
#[derive(Clone, Debug)]
pub struct Shadow {
    /// Where it serves, on loopback.
    pub address: SocketAddr,
    /// Its chain.
    pub chain: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// The command that tells it to reload.
    pub reload: Vec<String>,
}

/// What can be turned off on a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prop {
    /// The CA answers.
    Ca,
    /// Reloads have an effect.
    Reloads,
}

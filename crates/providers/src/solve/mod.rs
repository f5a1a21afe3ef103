//! Solvers: who answers a CA's challenges, one file each.

mod listener;
mod nginx;
mod webroot;

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notafter_acme::challenge::Challenge;
use notafter_cert::{Retry, Trouble};
use notafter_inventory::model::Http01;
use tokio::sync::watch;

use crate::nginx::NginxError;
pub use crate::self_check::{Unseen, Wire};

/// Every solver, in the order in which people are offered them.
pub static ALL: &[&Meta] = &[&listener::META, &webroot::META, &nginx::META];

/// What a solver is, for documentation and hints.
#[derive(Debug)]
pub struct Meta {
    /// Its name in inventory files.
    pub name: &'static str,
    /// What it does, in one line.
    pub title: &'static str,
}

/// Answers challenges.
///
/// Contract: `present` and `clear` may be called again with the same challenges after a crash, and by several orders at
/// once; what one order presents, another's `clear` leaves alone. What `present` changed, the last `clear` takes back.
pub trait Solver: Send + Sync {
    /// What it is.
    fn meta(&self) -> &'static Meta;

    /// Whether challenges could be answered now, in words; changes nothing.
    fn ready(&self) -> BoxFuture<'_, Result<String, SolveError>>;

    /// Answers these challenges from now on.
    fn present<'a>(&'a self, challenges: &'a [Challenge]) -> BoxFuture<'a, Result<(), SolveError>>;

    /// The identifiers whose answers a CA would not see; empty when it may be asked.
    fn visible<'a>(&'a self, wire: &'a Wire, challenges: &'a [Challenge]) -> BoxFuture<'a, Vec<Unseen>> {
        crate::self_check::unseen(wire, challenges).boxed()
    }

    /// What is fetched of these from now on; `None` where somebody else answers, who does not tell.
    fn fetches<'a>(&'a self, _challenges: &'a [Challenge]) -> BoxFuture<'a, Option<Fetches>> {
        async { None }.boxed()
    }

    /// Answers them no more.
    fn clear<'a>(&'a self, challenges: &'a [Challenge]) -> BoxFuture<'a, Result<(), SolveError>>;
}

/// Waits until answers were fetched; the wait may be left and taken up again.
pub struct Fetches(Vec<watch::Receiver<()>>);

impl Fetches {
    /// Ends once each was fetched at least once; never, when they are answered no more before that.
    pub async fn all(&mut self) {
        while let Some(answer) = self.0.last_mut() {
            if answer.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            self.0.pop();
        }
    }
}

/// The solvers of one process: orders that use the same listener or the same nginx share it.
#[derive(Clone)]
pub struct Solvers {
    listeners: Arc<listener::Listeners>,
    nginx: Arc<nginx::Shared>,
    port: u16,
}

impl Solvers {
    /// For CAs that ask at this port: 80, but in tests.
    #[must_use]
    pub fn new(port: u16) -> Self {
        Self { listeners: Arc::default(), nginx: Arc::default(), port }
    }

    /// The port at which CAs ask.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The solver that a lineage is set to.
    ///
    /// # Errors
    /// When its settings make no sense.
    pub fn http01(&self, settings: &Http01) -> Result<Box<dyn Solver>, SolveError> {
        Ok(match settings {
            Http01::Listener { listen } => {
                let address = listen.parse().map_err(|_| SolveError::Listen(listen.clone()))?;
                Box::new(listener::Listener::new(address, Arc::clone(&self.listeners)))
            }
            Http01::Webroot { root } => Box::new(webroot::Webroot::new(PathBuf::from(root))?),
            Http01::Nginx { config } => {
                let config = config.as_ref().map(PathBuf::from);
                Box::new(nginx::Nginx::new(config, self.port, Arc::clone(&self.nginx)))
            }
        })
    }
}

/// Why a challenge cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum SolveError {
    /// The listener's address is none.
    #[error("{0:?} is not an address to listen on")]
    Listen(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The document root is no absolute path.
    #[error("the document root {} is not an absolute path", .0.display())]
    Relative(PathBuf),
    /// The way to the answers leads out of the document root.
    #[error("{} leads out of the document root {} through a symbolic link", .path, .root.display())]
    Escapes {
        /// The document root.
        root: PathBuf,
        /// The part that leads out.
        path: &'static str,
    },
    /// The file system refused.
    #[error("cannot {doing} {}", .path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it did not work.
        source: std::io::Error,
    },
    /// nginx cannot be asked or told, or refuses the answers: its configuration is as it was.
    #[error(transparent)]
    Nginx(#[from] NginxError),
    /// A file of nginx's configuration is changed by somebody else at the same time.
    #[error("{} is being changed by somebody else", .0.display())]
    Changed(PathBuf),
}

impl Trouble for SolveError {
    fn code(&self) -> &'static str {
        match self {
            Self::Listen(_) | Self::Relative(_) => "solve.bad-settings",
            Self::Bind { .. } => "solve.cannot-listen",
            Self::Escapes { .. } => "solve.escapes-root",
            Self::Io { .. } => "solve.io",
            Self::Nginx(error) => error.code(),
            Self::Changed(_) => "solve.config-changed",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Listen(_) => "write an address and a port, such as [::]:80".to_owned(),
            Self::Relative(_) => "write the document root as an absolute path".to_owned(),
            Self::Bind { source, address } => match source.kind() {
                std::io::ErrorKind::AddrInUse => format!(
                    "another program has port {}: let it answer (solver webroot or nginx), or forward \
                     /.well-known/acme-challenge/ to another port and listen there",
                    address.port()
                ),
                std::io::ErrorKind::PermissionDenied => {
                    "allow low ports: AmbientCapabilities=CAP_NET_BIND_SERVICE in the service".to_owned()
                }
                _ => "write an address of this machine, such as [::]:80".to_owned(),
            },
            Self::Escapes { path, .. } => format!("replace the link {path} by a directory"),
            Self::Io { path, source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                format!("create {}, or name the directory that the web server serves", path.display())
            }
            Self::Io { path, source, .. } if source.kind() == std::io::ErrorKind::NotADirectory => {
                format!("name the directory that the web server serves in the place of {}", path.display())
            }
            Self::Io { path, .. } => format!("let the user of notafter write at {}", path.display()),
            Self::Nginx(error) => error.hint(),
            Self::Changed(_) => "wait until the other change is done; it is tried again by itself".to_owned(),
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Listen(_) | Self::Relative(_) => Retry::Never,
            _ => Retry::Later,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_folder() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/solve");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|entry| Some(entry.unwrap().file_name().to_str()?.strip_suffix(".rs")?.to_owned()))
            .filter(|name| name != "mod")
            .collect();
        files.sort();
        let mut names: Vec<&str> = ALL.iter().map(|meta| meta.name).collect();
        names.sort_unstable();
        assert_eq!(names, files);
    }
}

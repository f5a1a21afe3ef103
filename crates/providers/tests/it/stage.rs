//! What the tests of deployers and solvers share: a directory, nginx in it, identities, and looks.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use crate::left_out::{Need, left_out};
use notafter_cert::{Certificate, Fingerprint, Identifier, Span, Time, pem};
use notafter_keys::PrivateKey;
use notafter_lab::authority::{Authority, Identity, Validity};
use notafter_lab::nginx::Nginx;
use notafter_net::dns::Resolver;
use notafter_net::limits::AddressPolicy;
use notafter_net::observe::{Network, Options};
use notafter_net::{Clock, Eye};
use notafter_providers::deploy::Material;
use notafter_tls::observation::{Outcome, Possession};
use notafter_tls::{Offer, Target};

pub(crate) const NAME: &str = "shop.example";

pub(crate) struct Stage {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) authority: Authority,
    eye: Network,
}

pub(crate) fn validity() -> Validity {
    let now = Clock::system().now();
    Validity { from: now - Span::days(1), to: now + Span::days(30) }
}

pub(crate) fn resolver() -> Resolver {
    Resolver::system(Span::seconds(5))
}

impl Stage {
    pub(crate) fn new() -> Self {
        let eye = Network::new(Options {
            resolver: resolver(),
            policy: AddressPolicy::Anywhere,
            clock: Clock::system(),
            within: Span::seconds(10),
            vantage: "local".to_owned(),
        });
        Self {
            directory: tempfile::tempdir().unwrap(),
            authority: Authority::new("stage", validity()).unwrap(),
            eye,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn issue(&self) -> Identity {
        self.authority.issue(&[NAME.parse::<Identifier>().unwrap()], validity()).unwrap()
    }

    /// Writes a pair as an administrator would.
    pub(crate) fn write_pair(&self, name: &str, identity: &Identity) {
        fs::write(self.path(&format!("{name}.key")), identity.key_pem()).unwrap();
        fs::write(self.path(&format!("{name}.pem")), identity.chain_pem()).unwrap();
    }

    /// nginx with this `http` block; `None` (and a line that says so) when it is not installed.
    pub(crate) fn nginx(&self, test: &str, http: impl Fn(u16) -> String) -> Option<Nginx> {
        let nginx = Nginx::start(self.directory.path(), http).unwrap();
        if nginx.is_none() {
            left_out(test, Need::Package("nginx"));
        }
        nginx
    }

    /// The leaf that is served with possession proven.
    pub(crate) async fn served(&self, port: u16, offer: Offer) -> Result<Fingerprint, String> {
        let mut target = Target::tls(NAME.parse().unwrap(), port);
        target.sni = Some(NAME.to_owned());
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        match self.eye.look_for(&target, address, offer).await.outcome {
            Outcome::Served(served) if served.possession == Possession::Proven => Ok(served.leaf().unwrap()),
            Outcome::Served(served) => Err(format!("possession {:?}", served.possession)),
            Outcome::Failed(failure) => Err(failure.detail),
        }
    }

    /// Looks until this leaf is served: nginx takes its new configuration in its own time.
    pub(crate) async fn wait_until_served(&self, port: u16, leaf: Fingerprint) {
        let looks = async {
            while self.served(port, Offer::Any).await != Ok(leaf) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), looks).await.unwrap();
    }
}

pub(crate) fn leaf_of(identity: &Identity) -> Fingerprint {
    Fingerprint::of(&identity.chain[0])
}

pub(crate) fn material(identity: &Identity) -> Material {
    Material {
        key: PrivateKey::from_pkcs8(&identity.key).unwrap(),
        chain: identity.chain.clone(),
        password: Some("secret".to_owned().into()),
    }
}

/// The leaf in a PEM file.
pub(crate) fn leaf_in(path: &Path) -> Fingerprint {
    let chain = pem::chain_from(&fs::read(path).unwrap()).unwrap();
    Certificate::parse(&chain[0]).unwrap().fingerprint()
}

pub(crate) const EC: Offer = Offer::Ecdsa;

pub(crate) fn at(seconds: i64) -> Time {
    Time::from_unix_seconds(1_800_000_000 + seconds)
}

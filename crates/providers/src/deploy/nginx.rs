//! nginx: the files that its running configuration names, its own test before the reload.

use std::path::{Path, PathBuf};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notafter_cert::{Certificate, Span, pem};
use notafter_tls::Offer;
use serde_json::Value;

use super::{DeployError, Deployer, Job, Material, Meta, Named};
use crate::hands::Bounds;
use crate::installation::{Installation, Ownership, Role};
use crate::nginx;
use crate::nginx::config::{Pair, Server};
use crate::reload::Reload;
use crate::settings::SettingsReader;

static META: Meta = Meta {
    name: "nginx",
    title: "the certificate of a server in nginx: its files are found in the configuration, tested with it, and reloaded",
    settings: &[
        ("server_name", "the server whose ssl_certificate and ssl_certificate_key are replaced"),
        ("key", "path of the private key, instead of server_name"),
        ("full_chain", "path of leaf and intermediates, instead of server_name"),
        ("certificate", "path of the leaf alone, for whoever else reads it; else it is not written"),
        (
            "chain",
            "path of the intermediates alone, such as that of ssl_trusted_certificate; else it is not written",
        ),
        ("config", "nginx's main configuration file, where it is not the usual one"),
        ("program", "nginx's program, where it is not in the path"),
        ("timeout", "how long nginx's test and its reload may take each; else 30s"),
        ("owner", "user of the files; else that of the files that are replaced"),
        ("group", "group of the files; else that of the files that are replaced"),
        (
            "mode",
            "permission bits of the key file, in octal (`\"0640\"`); else those of the file that is replaced, without access for everybody, else 0600",
        ),
        (
            "reload",
            "command (a list, no shell) with timeout, or pid_file with signal; else `nginx -s reload`",
        ),
    ],
};

/// The deployer.
pub(super) struct Nginx;

#[derive(Debug)]
struct Settings {
    place: Where,
    /// What is written besides the pair.
    besides: Vec<(Role, PathBuf)>,
    config: Option<PathBuf>,
    program: Option<String>,
    timeout: Option<Span>,
    ownership: Ownership,
    reload: Option<Reload>,
}

/// Which files nginx reads for the place.
#[derive(Debug)]
enum Where {
    Named(String),
    At { certificate: PathBuf, key: PathBuf },
}

impl Settings {
    fn read(settings: &Value) -> Result<Self, DeployError> {
        let mut reader = SettingsReader::new(&META, settings);
        let place = place(&mut reader);
        let besides = [("certificate", Role::Certificate), ("chain", Role::Chain)];
        let besides = besides.into_iter().filter_map(|(key, role)| Some((role, reader.file(key)?))).collect();
        let (config, program) = (reader.optional("config"), reader.optional("program"));
        let timeout = reader.parsed("timeout");
        let ownership = Ownership::read(&mut reader);
        let reload = reader.table("reload", Reload::read);
        reader.end(place.map(|place| Self { place, besides, config, program, timeout, ownership, reload }))
    }

    fn nginx(&self, bounds: Bounds) -> nginx::Nginx {
        let usual = nginx::Nginx::new(self.config.clone());
        let (program, limit) = (self.program.clone(), self.timeout);
        nginx::Nginx {
            program: program.unwrap_or(usual.program),
            limit: limit.unwrap_or(usual.limit),
            bounds,
            ..usual
        }
    }

    /// Whether nginx may be asked, and told if nobody else is: looked at before a file is touched. A pair that was swapped
    /// and cannot be told of serves nobody.
    fn within(&self, bounds: &Bounds) -> Result<(), DeployError> {
        let nginx = self.nginx(bounds.clone());
        Ok(if self.reload.is_some() { nginx.may_be_asked() } else { nginx.may_be_told() }?)
    }

    async fn tell(&self, job: &Job) -> Result<(), DeployError> {
        match &self.reload {
            Some(reload) => reload.tell(&job.bounds).await.map_err(DeployError::Reload),
            None => Ok(self.nginx(job.bounds.clone()).reload().await?),
        }
    }
}

fn place(reader: &mut SettingsReader) -> Option<Where> {
    let said = ["server_name", "key", "full_chain"].map(|key| reader.says(key));
    let (name, key, certificate) =
        (reader.optional("server_name"), reader.file("key"), reader.file("full_chain"));
    match said {
        [true, false, false] => name.map(Where::Named),
        [false, true, true] => Some(Where::At { certificate: certificate?, key: key? }),
        _ => {
            let hint = "server_name, where the files of that server are to be found in nginx's configuration";
            reader.amiss("either server_name must be written, or key and full_chain", hint);
            None
        }
    }
}

/// The pair of the server with this name; of two pairs, the one whose certificate has the version's type of key.
fn pair_of(servers: &[Server], name: &str, slot: Offer) -> Result<Pair, DeployError> {
    let with_tls =
        |server: &&Server| server.listens.iter().any(|listen| listen.tls) && !server.pairs.is_empty();
    let server = servers
        .iter()
        .filter(with_tls)
        .find(|server| server.answers_for(name))
        .ok_or_else(|| DeployError::NoServer(name.to_owned()))?;
    if let [only] = server.pairs.as_slice() {
        return Ok(only.clone());
    }
    let fitting: Vec<&Pair> =
        server.pairs.iter().filter(|pair| kind_of(&pair.certificate) == Some(slot)).collect();
    match fitting.as_slice() {
        [pair] => Ok((*pair).clone()),
        _ => Err(DeployError::Ambiguous { name: name.to_owned(), count: server.pairs.len(), slot }),
    }
}

fn kind_of(certificate: &Path) -> Option<Offer> {
    let text = std::fs::read(certificate).ok()?;
    let leaf = pem::chain_from(&text).ok()?.into_iter().next()?;
    Certificate::parse(&leaf).ok().map(|leaf| Offer::answered_by(&leaf))
}

impl Deployer for Nginx {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, settings: &Value) -> Result<(), DeployError> {
        Settings::read(settings).map(drop)
    }

    fn named(&self, settings: &Value) -> Named {
        let Ok(Settings { place, besides, ownership, .. }) = Settings::read(settings) else {
            return Named::default();
        };
        let mut files: Vec<PathBuf> = besides.into_iter().map(|(_, path)| path).collect();
        if let Where::At { certificate, key } = place {
            files.extend([key, certificate]);
        }
        Named { files, accounts: ownership.accounts() }
    }

    /// Reads the configuration, which nginx tests first: one that is broken already is told before anything is touched.
    fn snapshot<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Value, DeployError>> {
        async {
            let settings = Settings::read(&job.settings)?;
            settings.within(&job.bounds)?;
            let config = settings.nginx(job.bounds.clone()).read().await?;
            let (key, certificate) = match settings.place {
                Where::At { certificate, key } => (key, certificate),
                Where::Named(name) => {
                    let servers = config.servers().map_err(nginx::NginxError::from)?;
                    let pair = pair_of(&servers, &name, job.slot)?;
                    (pair.key, pair.certificate)
                }
            };
            let mut wanted = vec![(Role::Key, key), (Role::FullChain, certificate)];
            wanted.extend(settings.besides.clone());
            Installation::plan(job, wanted, &settings.ownership).await?.to_snapshot()
        }
        .boxed()
    }

    fn stage<'a>(
        &'a self,
        job: &'a Job,
        snapshot: &'a Value,
        material: &'a Material,
    ) -> BoxFuture<'a, Result<(), DeployError>> {
        async { Installation::of(job, snapshot)?.stage(job, material).await }.boxed()
    }

    /// Swaps, lets nginx test, and turns back at once when it refuses: a restart would find no working configuration.
    fn activate<'a>(&'a self, job: &'a Job, snapshot: &'a Value) -> BoxFuture<'a, Result<(), DeployError>> {
        async {
            let settings = Settings::read(&job.settings)?;
            settings.within(&job.bounds)?;
            let installation = Installation::of(job, snapshot)?;
            installation.activate().await?;
            if let Err(refused) = settings.nginx(job.bounds.clone()).test().await {
                installation.turn_back().await?;
                return Err(refused.into());
            }
            settings.tell(job).await
        }
        .boxed()
    }

    fn restore<'a>(&'a self, job: &'a Job, snapshot: &'a Value) -> BoxFuture<'a, Result<(), DeployError>> {
        async {
            let settings = Settings::read(&job.settings)?;
            settings.within(&job.bounds)?;
            let installation = Installation::of(job, snapshot)?;
            installation.restore().await?;
            settings.tell(job).await?;
            installation.tidy().await
        }
        .boxed()
    }

    /// Also whether nginx runs, where it is told by its own signal: a pair that nobody reads proves nothing.
    fn ready<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<(), DeployError>> {
        async {
            let settings = Settings::read(&job.settings)?;
            let snapshot = self.snapshot(job).await?;
            Installation::of(job, &snapshot)?.writable()?;
            if settings.reload.is_none() {
                let nginx = settings.nginx(job.bounds.clone());
                nginx.runs(&nginx.read().await?)?;
            }
            Ok(())
        }
        .boxed()
    }
}

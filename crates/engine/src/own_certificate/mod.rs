//! What the TLS listener of this process serves: a version of a lineage, or a pair in files; and a self-signed stand-in while
//! neither can be had, so that the listener stays up and whoever comes is told the truth.

mod told;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use notafter_cert::{Identifier, Span, Time, pem};
use notafter_inventory::model::{Step, Version, VersionId};
use notafter_keys::KeyError;
use notafter_keys::serving::{Pair, PairError, Slot};
use notafter_providers::deploy::Own;

pub use told::{ensure, judge};

use crate::context::Context;
use crate::operate::Fault;

/// How often is looked whether there is something newer to serve.
const LOOKS_EVERY: Span = Span::seconds(5);
/// How often what is presented is judged.
const JUDGED_EVERY: Span = Span::seconds(30);
/// How long a stand-in lasts, and how long before its end the next one is made.
const STAND_IN_LASTS: Span = Span::days(30);
const STAND_IN_LEFT: Span = Span::days(1);
/// Clocks of visitors differ.
const SKEW: Span = Span::hours(1);
/// Deployments that are looked through for the one that was activated last.
const RECENT: u32 = 50;

/// What is served, and what stands in the way of what should be.
#[derive(Debug, Default)]
pub struct OwnCertificate {
    slot: Slot,
    state: Mutex<State>,
}

#[derive(Clone, Debug, Default)]
struct State {
    seen: Option<Seen>,
    trouble: Option<Trouble>,
}

/// What stands in the way of what should be presented.
#[derive(Clone, Debug)]
struct Trouble {
    fault: Fault,
    /// Since when something does, whatever it was before.
    since: Time,
}

/// What was loaded last, or was tried to be.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Version(VersionId),
    Files([Stamp; 2]),
}

/// Which file lies at a path, and since when it is what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    length: u64,
    changed: (i64, i64),
}

/// Where what is to be served comes from, by the settings.
#[derive(Clone, Copy)]
enum Source<'a> {
    Lineage(&'a str),
    Files { certificate: &'a PathBuf, key: &'a PathBuf },
}

impl<'a> Source<'a> {
    fn of(context: &'a Context) -> Option<Self> {
        let settings = &context.settings;
        match (&settings.tls_lineage, &settings.tls_certificate, &settings.tls_key) {
            (Some(name), ..) => Some(Self::Lineage(name)),
            (None, Some(certificate), Some(key)) => Some(Self::Files { certificate, key }),
            _ => None,
        }
    }
}

impl OwnCertificate {
    /// What the listener presents.
    #[must_use]
    pub const fn slot(&self) -> &Slot {
        &self.slot
    }

    /// Why it is not what it should be; nothing where all is well.
    #[must_use]
    pub fn trouble(&self) -> Option<Fault> {
        self.state().trouble.map(|trouble| trouble.fault)
    }

    fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn seen(&self) -> Option<Seen> {
        self.state().seen
    }

    /// Said once, not at every look.
    fn keep(&self, seen: Option<Seen>, trouble: Option<Fault>, now: Time) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &trouble {
            Some(fault) if state.trouble.as_ref().is_none_or(|known| known.fault != *fault) => {
                let why = fault.why.as_deref().unwrap_or_default();
                tracing::error!(
                    code = fault.code,
                    why,
                    hint = fault.hint,
                    "our own certificate: {}",
                    fault.what
                );
            }
            None if state.trouble.is_some() => tracing::info!("our own certificate is served again"),
            _ => {}
        }
        let since = state.trouble.as_ref().map_or(now, |known| known.since);
        *state = State { seen, trouble: trouble.map(|fault| Trouble { fault, since }) };
    }

    fn is_stand_in(&self) -> bool {
        self.slot.presented().is_none_or(|pair| pair.is_stand_in())
    }
}

/// Fills the slot before the first visitor comes: from the lineage or the files, else with a stand-in.
///
/// # Errors
/// Files hold a certificate and the key of another one: that was written wrongly, and nothing else would heal it.
pub async fn begin(context: &Context) -> Result<(), Fault> {
    if let Some(Source::Files { certificate, key }) = Source::of(context)
        && let Err(error @ PairError::Pair(KeyError::Mismatch { .. })) = Pair::from_files(certificate, key)
    {
        return Err(unservable(&error, certificate, key));
    }
    look(context).await;
    Ok(())
}

/// Looks for something newer, and judges what is presented, until the future is dropped.
pub async fn keep(context: &Context) {
    let mut judged_at: Option<Time> = None;
    while Source::of(context).is_some() {
        let now = context.clock.now();
        // A clock that was set back has judged in the future.
        if judged_at.is_none_or(|at| now.since(at).abs() >= JUDGED_EVERY) {
            judged_at = Some(now);
            if let Err(fault) = judge(context).await {
                tracing::warn!(code = fault.code, "our own certificate cannot be judged: {}", fault.what);
            }
        }
        context.clock.sleep(LOOKS_EVERY).await;
        look(context).await;
    }
    std::future::pending::<()>().await;
}

/// Serves what there is, and says so where that is not what it should be.
pub async fn look(context: &Context) {
    let (own, now) = (&context.own, context.clock.now());
    let outcome = match Source::of(context) {
        Some(Source::Lineage(name)) => of_lineage(context, name).await,
        Some(Source::Files { certificate, key }) => Ok(of_files(context, certificate, key)),
        None => return,
    };
    match outcome {
        Ok(None) => {}
        Ok(Some((seen, Ok(pair)))) => {
            let (certificate, until) = (pair.leaf().fingerprint(), pair.leaf().not_after());
            if pair.leaf().is_expired(now) {
                let hint = renewed_by(context);
                tracing::error!(%certificate, ended = %until, hint, "our own certificate has ended");
            } else {
                tracing::info!(%certificate, %until, "our own certificate");
            }
            own.slot.put(pair);
            own.keep(Some(seen), None, now);
        }
        Ok(Some((seen, Err(fault)))) => own.keep(Some(seen), Some(fault), now),
        Err(fault) => own.keep(None, Some(fault), now),
    }
    stand_in(context);
}

/// What gives the listener another certificate.
#[must_use]
pub fn renewed_by(context: &Context) -> String {
    match Source::of(context) {
        Some(Source::Files { certificate, .. }) => {
            format!("write a new one to {}: it is loaded within seconds", certificate.display())
        }
        Some(Source::Lineage(name)) => format!("notafter renew {name}"),
        None => "set tls_lineage, or tls_certificate and tls_key".to_owned(),
    }
}

/// Something that was not tried before, and what came of it.
type News = Option<(Seen, Result<Pair, Fault>)>;

/// A version that is to be served and is not. Where the listener is a place of the lineage, the deployment to it decides when a
/// version is served; this only begins, and replaces a stand-in.
async fn of_lineage(context: &Context, name: &str) -> Result<News, Fault> {
    let (version, is_deployed) = wanted(context, name).await?;
    let seen = Seen::Version(version.id);
    let own = &context.own;
    let is_well = own.trouble().is_none() && !own.is_stand_in();
    let is_served = is_well && (is_deployed || own.seen().as_ref() == Some(&seen));
    if is_served {
        return Ok(None);
    }
    let pair = open(context, &version).await;
    Ok(Some((seen, pair)))
}

/// The version that is to be served, and whether deployments bring it.
async fn wanted(context: &Context, name: &str) -> Result<(Version, bool), Fault> {
    let (store, scope) = (&context.store, &context.scope);
    let absent = |what: String| {
        Fault::new(
            "server.no-certificate",
            what,
            "issue it: notafter issue NAME, or apply an inventory file with this lineage; it is served as soon as it is there",
        )
    };
    let lineage = store.lineage_named(scope, name).await?;
    let lineage = lineage.ok_or_else(|| absent(format!("there is no lineage {name:?} to serve")))?;
    let places = store.places_of(scope, lineage.id).await?;
    let place = places.iter().find(|place| place.deployer == Own::NAME);
    let mut installed = None;
    if let Some(place) = place {
        let deployments = store.deployments_to(scope, place.id, RECENT).await?;
        let is_installed = |step| matches!(step, Step::Activated | Step::Proven | Step::Retired);
        let last = deployments.into_iter().find(|deployment| is_installed(deployment.step));
        if let Some(last) = last.filter(|last| last.lineage_id == lineage.id) {
            installed = store.version(scope, last.version_id).await?;
        }
    }
    let now = context.clock.now();
    if let Some(version) = installed.filter(|version| version.not_after >= now) {
        return Ok((version, true));
    }
    let none = || absent(format!("lineage {name} has no certificate yet"));
    let version = store.version(scope, lineage.current.ok_or_else(none)?).await?.ok_or_else(none)?;
    Ok((version, place.is_some()))
}

async fn open(context: &Context, version: &Version) -> Result<Pair, Fault> {
    let hint = "renew the lineage: notafter renew LINEAGE --force";
    let unservable =
        |why: String| Fault::new("deploy.unservable", "the version cannot be served", hint).because(why);
    let id = version.key_id.ok_or_else(|| unservable("its key is not ours".to_owned()))?;
    let key = context.open_key(id).await?;
    let chain =
        pem::chain_from(version.chain_pem.as_bytes()).map_err(|error| unservable(error.to_string()))?;
    Pair::new(&key, &chain).map_err(|error| unservable(error.to_string()))
}

/// Files are read again when one of them is another one than before.
fn of_files(context: &Context, certificate: &Path, key: &Path) -> News {
    let seen = Seen::Files([certificate, key].map(stamp));
    if context.own.seen().as_ref() == Some(&seen) {
        return None;
    }
    let pair = Pair::from_files(certificate, key).map_err(|error| unservable(&error, certificate, key));
    Some((seen, pair))
}

fn unservable(error: &PairError, certificate: &Path, key: &Path) -> Fault {
    let what = format!("{} and {} hold nothing that can be served", certificate.display(), key.display());
    let hint = "name the files of one pair in tls_certificate and tls_key, readable for the user of notafter";
    Fault::new("server.unservable-files", what, hint).because(error.to_string())
}

fn stamp(path: &Path) -> Stamp {
    std::fs::metadata(path).map_or(Stamp { inode: 0, length: 0, changed: (0, 0) }, |about| Stamp {
        inode: about.ino(),
        length: about.len(),
        changed: (about.mtime(), about.mtime_nsec()),
    })
}

/// Where nothing else is presented, or a stand-in that is about to end.
fn stand_in(context: &Context) {
    let now = context.clock.now();
    let lasts = |pair: &Pair| !pair.is_stand_in() || pair.leaf().not_after() > now + STAND_IN_LEFT;
    if context.own.slot.presented().is_some_and(|pair| lasts(&pair)) {
        return;
    }
    match Pair::stand_in(&names(context), now - SKEW, now + STAND_IN_LASTS) {
        Ok(pair) => {
            tracing::warn!(
                certificate = %pair.leaf().fingerprint(),
                "a self-signed stand-in is served: compare this fingerprint before you trust it"
            );
            context.own.slot.put(pair);
        }
        Err(error) => tracing::error!(%error, "no stand-in for our own certificate could be made"),
    }
}

/// This machine, and the name under which people come.
fn names(context: &Context) -> Vec<Identifier> {
    let site = context.settings.base_url.as_deref().and_then(|site| url::Url::parse(site).ok());
    let host = site.as_ref().and_then(site_host);
    let mut names: Vec<Identifier> = Vec::new();
    for name in ["localhost", "127.0.0.1", "::1"].into_iter().chain(host) {
        if let Ok(name) = name.parse()
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

/// The host of an address, as a certificate has it.
fn site_host(site: &url::Url) -> Option<&str> {
    site.host_str().map(|host| host.trim_matches(['[', ']']))
}

/// What should be presented now, to be compared with the wire; nothing where nothing is wanted.
///
/// # Errors
/// Why it cannot be told, or is not presented.
pub async fn expected(context: &Context) -> Result<Option<Expected>, Fault> {
    let expected = match Source::of(context) {
        Some(Source::Lineage(name)) => {
            let (version, _) = wanted(context, name).await?;
            let (fingerprint, until) = (version.fingerprint, version.not_after);
            Expected { what: format!("lineage {name}"), fingerprint, until }
        }
        Some(Source::Files { certificate, key }) => {
            let pair =
                Pair::from_files(certificate, key).map_err(|error| unservable(&error, certificate, key))?;
            let (fingerprint, until) = (pair.leaf().fingerprint(), pair.leaf().not_after());
            Expected { what: certificate.display().to_string(), fingerprint, until }
        }
        None => return Ok(None),
    };
    // What stood in its way the last time is over where it is presented now.
    let presented = context.own.slot.presented().map(|pair| pair.leaf().fingerprint());
    match context.own.trouble() {
        Some(trouble) if presented != Some(expected.fingerprint) => Err(trouble),
        _ => Ok(Some(expected)),
    }
}

/// See [`expected`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Where it comes from, in words.
    pub what: String,
    /// Which certificate.
    pub fingerprint: notafter_cert::Fingerprint,
    /// Its last instant.
    pub until: Time,
}

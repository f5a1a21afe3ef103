//! Plays a lineage's near-expiry on a stage, by a clock that runs from one event to the next, and takes down what happened.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use notafter_cert::{KeySpec, Span, Time};
use notafter_inventory::drill::{mended_at, prelude};
use notafter_inventory::model::{
    Act, Drill, DrillFault, Lineage, LineageSpec, Owner, Place, Played, PlayedPlace, PlayedTold, Purpose,
    Setback, Subject,
};
use notafter_net::Clock;
use notafter_providers::deploy::Job;
use notafter_providers::hands::Bounds;
use notafter_tls::Offer;

use super::asked::{self, Asked};
use super::no_folder;
use super::stage::{SetStage, Wanted};
use super::world::{self, World};
use crate::context::Context;
use crate::driver::Driver;
use crate::operate::Fault;
use crate::tasks;
use crate::tasks::alert::DEFAULT_OWNER;
use crate::tasks::renew::{self, Case};

/// The lifetime of a certificate where the lineage has none yet.
const USUAL_LIFETIME: Span = Span::days(90);
/// It is not played longer, by the world's clock.
const LONGEST: Span = Span::minutes(4);
/// What fails so often although nothing is played to go wrong, or no longer, would not go well later.
const ENOUGH: usize = 3;
/// Another CA than the stage's lives in the world's time: waits up to this are waited for.
const WORTH_WAITING: Span = Span::minutes(2);

/// Everything that is read of the world before the play.
struct Cast {
    lineage: Lineage,
    spec: LineageSpec,
    places: Vec<Place>,
    owner: Owner,
    fallback: Owner,
    asked: Asked,
    lifetime: Span,
}

/// Plays it.
///
/// # Errors
/// The stage cannot be set, or the lineage cannot be rehearsed.
pub(super) async fn play(
    context: &Context,
    drill: &Drill,
    set: SetStage,
    folder: &Path,
) -> Result<Played, Fault> {
    let cast = Cast::read(context, drill).await?;
    let obstacles = obstacles(context, &cast).await;
    let at = context.clock.now();
    let clock = Clock::staged(at);
    // Almost as old as a certificate is when it is due for renewal: it falls due when everything is in its place.
    // Another CA compares its clock with the stage's: there it is due at once, and the stage's time is the world's.
    let due_in = match cast.asked {
        Asked::Stage | Asked::Private(_) => prelude(cast.lifetime),
        Asked::Staging(_) => Span::ZERO - cast.lifetime.share(1, 100),
    };
    let began = at - cast.lifetime.share(2, 3) + due_in;
    let dying = (began, began + cast.lifetime);
    let wanted = Wanted {
        clock: clock.clone(),
        folder: folder.to_owned(),
        names: cast.spec.identifiers.clone(),
        hosts: hosts(context, &cast.spec).await,
        http01_port: context.solvers.port(),
        dying,
        profile: cast.spec.profile.clone(),
        shadows: cast.places.len(),
    };
    let stage = set(wanted).await?;
    let played = world::Played {
        lineage: &cast.lineage,
        spec: &cast.spec,
        places: &cast.places,
        owner: &cast.owner,
        fallback: &cast.fallback,
        asked: &cast.asked,
    };
    let world = World::open(context, (stage, clock), folder, &played).await?;
    let fault = drill.script.fault.filter(|fault| fault.is_on_stage());
    let mut run = Run::begin(context, &world, dying.1, fault, &cast.asked).await?;
    run.play_out().await?;
    run.taken_down(at, cast.lifetime, &cast.places, obstacles).await
}

impl Cast {
    async fn read(context: &Context, drill: &Drill) -> Result<Self, Fault> {
        let (store, scope) = (&context.store, &context.scope);
        let gone = || asked::gone(&drill.lineage);
        let lineage = store.lineage(scope, drill.lineage_id).await?.ok_or_else(gone)?;
        let spec = asked::managed(&lineage)?.clone();
        let places = store.places_of(scope, lineage.id).await?;
        let owner = store.owner(scope, lineage.owner_id).await?.ok_or_else(gone)?;
        let fallback = store.owner_named(scope, DEFAULT_OWNER).await?.unwrap_or_else(|| owner.clone());
        let version = match lineage.current {
            Some(id) => store.version(scope, id).await?,
            None => None,
        };
        let lifetime = version.map(|version| version.not_after.since(version.not_before));
        let lifetime = lifetime.filter(|lifetime| *lifetime > Span::hours(1)).unwrap_or(USUAL_LIFETIME);
        let asked = asked::of(context, &lineage, &drill.script).await?;
        Ok(Self { lineage, spec, places, owner, fallback, asked, lifetime })
    }
}

/// What keeps the real places from taking a new pair, by place. Nothing is touched.
async fn obstacles(context: &Context, cast: &Cast) -> BTreeMap<String, Setback> {
    let mut obstacles = BTreeMap::new();
    for place in &cast.places {
        if let Err(fault) = ready(context, cast.spec.key, place).await {
            let why = fault.why.map_or_else(String::new, |why| format!(": {why}"));
            let setback = Setback {
                at: context.clock.now(),
                code: fault.code,
                what: format!("{}{why}", fault.what),
                hint: fault.hint,
            };
            obstacles.insert(place.name.clone(), setback);
        }
    }
    obstacles
}

async fn ready(context: &Context, key: KeySpec, place: &Place) -> Result<(), Fault> {
    let job = Job {
        place: place.id,
        operation: context.new_id(),
        settings: place.settings.clone(),
        slot: Offer::only(key),
        bounds: Bounds::own(),
    };
    Ok(context.deployers.find(&place.deployer)?.ready(&job).await?)
}

/// Where the names lead, as far as this machine knows.
async fn hosts(
    context: &Context,
    spec: &LineageSpec,
) -> BTreeMap<notafter_cert::Identifier, Vec<std::net::IpAddr>> {
    let mut hosts = BTreeMap::new();
    for name in &spec.identifiers {
        let found = context.resolver.resolve(name, context.solvers.port()).await;
        let addresses = found.map(|found| found.addresses.iter().map(std::net::SocketAddr::ip).collect());
        hosts.insert(name.clone(), addresses.unwrap_or_default());
    }
    hosts
}

/// A play under way.
struct Run<'a> {
    real: &'a Context,
    world: &'a World,
    driver: Driver,
    began_at: Time,
    ends_at: Time,
    fault: Option<DrillFault>,
    /// Whether the fault has begun.
    is_amiss: bool,
    mended_at: Option<Time>,
    failures: Vec<Setback>,
    stopped: Option<String>,
    /// Whether the CA lives in the world's time.
    in_real_time: bool,
    /// When the CA was asked last: in the world's time, and in the stage's.
    asked_ca: Option<(Time, Time)>,
    /// Whether it is signed on the stage, and no challenge is asked for.
    signed_here: bool,
}

impl<'a> Run<'a> {
    async fn begin(
        real: &'a Context,
        world: &'a World,
        ends_at: Time,
        fault: Option<DrillFault>,
        asked: &Asked,
    ) -> Result<Self, Fault> {
        let context = world.context();
        let now = context.clock.now();
        let case = Case::load(context, world.lineage).await?;
        let began_at = case.map_or(now, |case| case.plan(now).due_at.max(now));
        let driver = Driver::new(Arc::clone(context));
        let (mended_at, failures, stopped) = (None, Vec::new(), None);
        let (in_real_time, signed_here) =
            (matches!(asked, Asked::Staging(_)), matches!(asked, Asked::Private(_)));
        Ok(Self {
            real,
            world,
            driver,
            began_at,
            ends_at,
            fault,
            is_amiss: false,
            mended_at,
            failures,
            stopped,
            in_real_time,
            asked_ca: None,
            signed_here,
        })
    }

    /// Runs what is due in the order of time, until the new certificate is proved or it is too late.
    async fn play_out(&mut self) -> Result<(), Fault> {
        let context = self.world.context();
        let latest = self.real.clock.now() + LONGEST;
        self.turn_fault(context.clock.now());
        loop {
            let (mut ran, mut next) = (0, None);
            for task in tasks::ALL {
                let due = context.store.next_due(task.kind).await?;
                if due.is_none_or(|due| due > context.clock.now()) {
                    next = [next, due.map(|due| (due, task.kind))].into_iter().flatten().min();
                    continue;
                }
                let turns = self.driver.turn(task).await?;
                if turns > 0 && task.kind == renew::KIND {
                    self.asked_ca = Some((self.real.clock.now(), context.clock.now()));
                }
                ran += turns;
            }
            self.note_failures().await?;
            if self.is_over().await? {
                return Ok(());
            }
            if self.real.clock.now() >= latest {
                let gone_by = context.clock.now().since(self.began_at);
                let what = format!("it went on after {gone_by} on the stage, where the play was broken off");
                self.stopped = Some(what);
                return Ok(());
            }
            if ran > 0 {
                continue;
            }
            (self.world.stage.quiet)().await;
            let (next, kind) = next.unwrap_or((self.ends_at + Span::hours(1), ""));
            if self.turn_fault(next) {
                continue;
            }
            if kind == renew::KIND {
                self.wait_for_ca(next).await;
            }
            context.clock.advance_to(next);
        }
    }

    /// Lets the fault begin as the renewal falls due, and takes it away again, where that comes no later than what is due next.
    fn turn_fault(&mut self, next: Time) -> bool {
        let clock = &self.world.context().clock;
        let at = if self.is_amiss { mended_at(self.began_at, self.ends_at) } else { self.began_at };
        let Some(fault) = self.fault.filter(|_| self.mended_at.is_none() && next >= at) else { return false };
        clock.advance_to(at);
        self.world.play(fault, !self.is_amiss);
        if self.is_amiss {
            self.mended_at = Some(clock.now());
        }
        self.is_amiss = true;
        true
    }

    /// A CA in the world's time is not asked sooner than it said, whatever else is played meanwhile.
    async fn wait_for_ca(&self, next: Time) {
        let Some((asked, staged)) = self.asked_ca.filter(|_| self.in_real_time) else { return };
        let pause = next.since(staged);
        if pause <= WORTH_WAITING {
            self.real.clock.sleep(pause - self.real.clock.now().since(asked)).await;
        }
    }

    async fn is_over(&mut self) -> Result<bool, Fault> {
        let context = self.world.context();
        if context.clock.now() > self.ends_at {
            self.stopped = Some("the old certificate ended before".to_owned());
            return Ok(true);
        }
        if self.fault.is_some() && self.mended_at.is_none() {
            return Ok(false);
        }
        let failed =
            self.failures.iter().filter(|failure| self.mended_at.is_none_or(|mended| failure.at >= mended));
        if failed.count() >= ENOUGH {
            let gone = if self.fault.is_some() { ", once the fault was gone" } else { "" };
            self.stopped = Some(format!("it failed {ENOUGH} times in a row{gone}"));
            return Ok(true);
        }
        let versions = context.store.versions_of(&context.scope, self.world.lineage).await?;
        if versions.len() < 2 {
            return Ok(false);
        }
        let deployments = context.store.deployments_of(&context.scope, self.world.lineage, 100).await?;
        let newest = versions.iter().max_by_key(|version| version.obtained_at).map(|version| version.id);
        let mut of_newest = deployments.iter().filter(|deployment| Some(deployment.version_id) == newest);
        Ok(of_newest.all(|deployment| deployment.proven_at.is_some()))
    }

    /// Attempts that failed since the last time; a success forgets them.
    async fn note_failures(&mut self) -> Result<(), Fault> {
        let context = self.world.context();
        let Some(lineage) = context.store.lineage(&context.scope, self.world.lineage).await? else {
            return Ok(());
        };
        let last = self.failures.last().map(|failure| failure.at);
        let new = lineage.renewal.failures.iter().filter(|failure| last.is_none_or(|last| failure.at > last));
        self.failures.extend(new.map(|failure| Setback {
            at: failure.at,
            code: failure.code.clone(),
            what: failure.message.clone(),
            hint: failure.hint(&lineage, context.solvers.port()),
        }));
        Ok(())
    }

    async fn taken_down(
        self,
        at: Time,
        lifetime: Span,
        real: &[Place],
        mut obstacles: BTreeMap<String, Setback>,
    ) -> Result<Played, Fault> {
        let context = self.world.context();
        let mut versions = context.store.versions_of(&context.scope, self.world.lineage).await?;
        versions.sort_by_key(|version| version.obtained_at);
        let new = versions.last().filter(|_| versions.len() > 1);
        let deployments = context.store.deployments_of(&context.scope, self.world.lineage, 100).await?;
        let stages = context.store.places_of(&context.scope, self.world.lineage).await?;
        let mut places = Vec::new();
        for place in real {
            let staged = stages.iter().find(|staged| staged.name == place.name);
            let deployment = deployments.iter().find(|deployment| {
                Some(deployment.place_id) == staged.map(|staged| staged.id)
                    && Some(deployment.version_id) == new.map(|version| version.id)
            });
            let swapped = deployment.and_then(|deployment| {
                let swap =
                    |record: &&notafter_inventory::model::StepRecord| record.act == Act::Swapped && record.ok;
                deployment.log.iter().find(swap).map(|record| record.at)
            });
            places.push(PlayedPlace {
                name: place.name.clone(),
                deployer: place.deployer.clone(),
                obstacle: obstacles.remove(&place.name),
                installed_at: swapped,
                proved_at: deployment.and_then(|deployment| deployment.proven_at),
                stands: deployment.map_or_else(|| "nothing to install".to_owned(), stands),
            });
        }
        Ok(Played {
            at,
            began_at: self.began_at,
            ends_at: self.ends_at,
            lifetime,
            mended_at: self.mended_at,
            issued_at: new.map(|version| version.obtained_at),
            places,
            told: told(context).await?,
            failures: self.failures,
            stopped: self.stopped,
            signed_here: self.signed_here,
        })
    }
}

/// How far it came, and what was last done about it.
fn stands(deployment: &notafter_inventory::model::Deployment) -> String {
    let last = deployment.log.last().map_or_else(String::new, |last| format!(": {}", last.what));
    format!("{}{last}", deployment.step.words())
}

/// What people would have been told of the lineage, and of what is behind it.
async fn told(context: &Context) -> Result<Vec<PlayedTold>, Fault> {
    let is_of_stage =
        |root: &Subject| matches!(root, Subject::Owner(_) | Subject::Channel(_) | Subject::Installation);
    let mut told = Vec::new();
    for alert in context.store.alerts(&context.scope, 100).await? {
        if is_of_stage(&alert.root) {
            continue;
        }
        for one in alert.told.iter().filter(|one| is_bad_news(one.purpose)) {
            let delivery = context.store.delivery(&context.scope, one.delivery_id).await?;
            told.push(PlayedTold {
                at: one.at,
                contact: one.contact.clone(),
                severity: one.severity,
                subject: delivery.map(|delivery| delivery.message.subject).unwrap_or_default(),
            });
        }
    }
    told.sort_by_key(|one| one.at);
    Ok(told)
}

const fn is_bad_news(purpose: Purpose) -> bool {
    !matches!(
        purpose,
        Purpose::Recovered | Purpose::Acknowledged | Purpose::Digest | Purpose::Test | Purpose::Ownership
    )
}

/// A directory of the drill's own, which nobody else may look into: it holds keys of the stage.
pub(super) fn folder(context: &Context, drill: &Drill) -> Result<std::path::PathBuf, Fault> {
    use std::os::unix::fs::DirBuilderExt;
    let folder = context.data.join("drills").join(drill.id.to_string());
    // One that was broken off left it.
    remove(&folder)?;
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(&folder).map_err(|error| no_folder(&folder, &error))?;
    Ok(folder)
}

/// Strikes the stage.
pub(super) fn remove(folder: &Path) -> Result<(), Fault> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(no_folder(folder, &error)),
        _ => Ok(()),
    }
}

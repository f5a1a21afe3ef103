//! The installation on the stage: the lineage with its names, key and challenges as they are, with throw-away places.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use notafter_cert::{Identifier, Span};
use notafter_inventory::model::{
    AcmeIssuer, Actor, Channel, ChannelSettings, Contact, DrillFault, Endpoint, Issuer, Lineage, LineageId,
    LineageSpec, Mode, Owner, Place, PrivateIssuer, Renewal, Rung,
};
use notafter_net::Clock;
use notafter_net::dns::{Override, Resolver};
use notafter_providers::hands::Deployers;
use notafter_store::{Change, TaskSubject};
use notafter_tls::Target;
use serde_json::json;

use super::asked::{self, Asked};
use super::stage::{Prop, Shadow, Stage};
use crate::context::Context;
use crate::open::{self, Installation, Props};
use crate::operate::{self, Fault, lifecycle};
use crate::settings::Settings;
use crate::tasks::alert::DEFAULT_OWNER;
use crate::tasks::{self, renew, scan};

/// Who plays.
const PLAYER: Actor = Actor::Engine;
/// The channel of the stage takes every message and shows it to nobody.
const CHANNEL: &str = "stage";
const ISSUER: &str = "stage";

/// What is played, as it is in the world.
pub(super) struct Played<'a> {
    pub(super) lineage: &'a Lineage,
    pub(super) spec: &'a LineageSpec,
    pub(super) places: &'a [Place],
    pub(super) owner: &'a Owner,
    pub(super) fallback: &'a Owner,
    pub(super) asked: &'a Asked,
}

/// The installation on the stage.
pub(super) struct World {
    pub(super) installation: Installation,
    pub(super) lineage: LineageId,
    pub(super) stage: Stage,
    dns_down: Arc<AtomicBool>,
    disk_full: Arc<AtomicBool>,
}

impl World {
    /// Opens it in `folder`, with the certificate that is running out in place and served.
    pub(super) async fn open(
        real: &Context,
        (stage, clock): (Stage, Clock),
        folder: &Path,
        played: &Played<'_>,
    ) -> Result<Self, Fault> {
        let (dns_down, disk_full) = (Arc::default(), Arc::default());
        let settings = settings(real, folder, &stage, played)?;
        let resolver = resolver(real, &stage, played)?.silent_while(Arc::clone(&dns_down));
        let deployers = Deployers::full_while(&disk_full);
        let props = Props { resolver, solvers: real.solvers.clone(), deployers };
        let installation = open::on_stage(&settings, clock, props).await?;
        let context = &installation.context;
        let lineage = context.new_id();
        let changes = inventory(context, lineage, &stage, played).await?;
        context.apply(None, &PLAYER, &changes).await?;
        tasks::ensure(context).await?;
        let import = lifecycle::Import {
            lineage: played.lineage.name.clone(),
            chain: stage.dying.0.clone(),
            key: stage.dying.1.clone(),
            path: "the stage".to_owned(),
            force: matches!(played.asked, Asked::Staging(_)),
        };
        operate::call(context, &PLAYER, "lifecycle.import", json!(import)).await?;
        operate::call(context, &PLAYER, "alert.test", json!(operate::alert::TestArgs::default())).await?;
        Ok(Self { installation, lineage, stage, dns_down, disk_full })
    }

    pub(super) fn context(&self) -> &Arc<Context> {
        &self.installation.context
    }

    /// Lets a fault begin, or takes it away.
    pub(super) fn play(&self, fault: DrillFault, on: bool) {
        match fault {
            DrillFault::CaDown => (self.stage.switch)(Prop::Ca, !on),
            DrillFault::ReloadIneffective => (self.stage.switch)(Prop::Reloads, !on),
            DrillFault::DnsDown => self.dns_down.store(on, Ordering::Relaxed),
            DrillFault::DiskFull => self.disk_full.store(on, Ordering::Relaxed),
            DrillFault::AlertPathSilent => {}
        }
    }
}

fn settings(real: &Context, folder: &Path, stage: &Stage, played: &Played<'_>) -> Result<Settings, Fault> {
    // What another CA issues leads to none of these anchors. What runs out must not either: else the new one were worse.
    let roots = match played.asked {
        Asked::Stage | Asked::Private(_) => format!("{}{}", stage.ca_roots, stage.dying_root),
        Asked::Staging(_) => stage.ca_roots.clone(),
    };
    let file = folder.join("roots.pem");
    std::fs::write(&file, roots).map_err(|error| super::no_folder(&file, &error))?;
    Ok(Settings {
        data: Some(folder.join("data")),
        key_encryption_key: Some(folder.join("key-encryption-key")),
        trust: file.display().to_string(),
        http01_port: real.settings.http01_port,
        look_timeout_ms: real.settings.look_timeout_ms,
        message_timeout_ms: real.settings.message_timeout_ms,
        ..Settings::default()
    })
}

/// The world's, with the shadow listeners for the names of the lineage.
fn resolver(real: &Context, stage: &Stage, played: &Played<'_>) -> Result<Resolver, Fault> {
    let mut known = open::overrides(&real.settings)?;
    let name = asked::name(played.spec)?;
    for shadow in &stage.shadows {
        let to =
            |name: &Identifier| Override::new(name.clone(), shadow.address.port(), vec![shadow.address.ip()]);
        known.extend(played.spec.identifiers.iter().chain([&name]).map(to));
    }
    Ok(real.resolver.clone().with_overrides(known))
}

/// What an administrator would have written.
async fn inventory(
    context: &Context,
    id: LineageId,
    stage: &Stage,
    played: &Played<'_>,
) -> Result<Vec<Change>, Fault> {
    let default = context.store.owner_named(&context.scope, DEFAULT_OWNER).await?;
    let default = default.map_or_else(|| context.new_id(), |owner| owner.id);
    let mut changes = vec![Change::PutChannel(channel(context)), owner(default, played.fallback)];
    let owner_id = if played.owner.id == played.fallback.id { default } else { context.new_id() };
    if owner_id != default {
        changes.push(owner(owner_id, played.owner));
    }
    changes.push(Change::PutIssuer(issuer(context, stage, played.asked)));
    changes.push(Change::PutLineage(Lineage {
        id,
        owner_id,
        mode: Mode::Managed(spec(played)),
        current: None,
        renewal: Renewal::default(),
        rehearsed: None,
        ..played.lineage.clone()
    }));
    for (place, shadow) in played.places.iter().zip(&stage.shadows) {
        let target = Target::tls(asked::name(played.spec)?, shadow.address.port());
        let endpoint = Endpoint {
            id: context.new_id(),
            owner_id,
            target: target.clone(),
            labels: Default::default(),
            criticality: Default::default(),
            criticality_by: Default::default(),
            trust: None,
            written_by_admin: true,
        };
        let (task, subject) = (scan::KIND, scan::subject(endpoint.id));
        changes.push(Change::PutEndpoint(endpoint));
        changes.push(Change::Schedule { task, subject, due_at: context.clock.now() });
        changes.push(Change::PutPlace(throw_away(context, (id, owner_id), place, (shadow, target))));
    }
    let due_at = context.clock.now() + Span::days(1);
    // The import makes it due.
    changes.push(Change::Schedule { task: renew::KIND, subject: TaskSubject::of(id), due_at });
    Ok(changes)
}

fn channel(context: &Context) -> Channel {
    let settings = ChannelSettings::from_iter([("program".to_owned(), json!("/bin/true"))]);
    Channel { id: context.new_id(), name: CHANNEL.to_owned(), kind: "command".to_owned(), settings }
}

/// The same people on the stage's channel: whom they are and when they are on duty is kept, how they are reached is not.
fn owner(id: notafter_inventory::model::OwnerId, real: &Owner) -> Change {
    let rung = |rung: &Rung| {
        let channel = CHANNEL.to_owned();
        let shown = Contact { channel: rung.channel.clone(), to: rung.to.clone() }.shown();
        // Whoever takes turns is an address already.
        let to = rung.rotation.is_none().then_some(shown);
        Rung { channel, to, ..rung.clone() }
    };
    Change::PutOwner(Owner { id, contacts: real.contacts.iter().map(rung).collect(), ..real.clone() })
}

fn issuer(context: &Context, stage: &Stage, asked: &Asked) -> Issuer {
    let (id, name) = (context.new_id(), ISSUER.to_owned());
    let (directory, contact, trust, terms_agreed) = match asked {
        Asked::Private(private) => return Issuer::Private(PrivateIssuer { id, name, ..private.clone() }),
        Asked::Staging(acme) => {
            (acme.directory.clone(), acme.contact.clone(), acme.trust.clone(), acme.terms_agreed)
        }
        Asked::Stage => (stage.directory.clone(), Vec::new(), Some(context.settings.trust.clone()), true),
    };
    Issuer::Acme(AcmeIssuer {
        id,
        name,
        directory,
        contact,
        trust,
        external_account: None,
        terms_agreed,
        account_key: None,
        account_url: None,
        account_orders: None,
        rollover_key: None,
        rollover: None,
    })
}

/// As it is, but for what another CA does not know.
fn spec(played: &Played<'_>) -> LineageSpec {
    let mut spec = played.spec.clone();
    let profile = spec.profile.take().filter(|_| matches!(played.asked, Asked::Stage));
    LineageSpec { issuer: ISSUER.to_owned(), preferred_chain: None, profile, ..spec }
}

/// A place of files in the stage's folder, whatever the real one's product is.
fn throw_away(
    context: &Context,
    (lineage_id, owner_id): (LineageId, notafter_inventory::model::OwnerId),
    real: &Place,
    (shadow, target): (&Shadow, Target),
) -> Place {
    let settings = json!({
        "key": shadow.key, "full_chain": shadow.chain, "reload": { "command": shadow.reload },
    });
    Place {
        id: context.new_id(),
        owner_id,
        lineage_id,
        name: real.name.clone(),
        deployer: "files".to_owned(),
        settings,
        endpoints: vec![target],
    }
}

#[cfg(test)]
mod tests {
    use notafter_inventory::model::{BusinessHours, Date, OwnerId, Rotation, Turn, Zone};

    use super::*;

    #[test]
    fn people_on_the_stage_are_on_duty_as_they_are_in_the_world() {
        let rotation = Rotation {
            people: vec!["ada@example.org".to_owned(), "bob@example.org".to_owned()],
            every: Turn::Week,
            from_day: Date::read("2026-11-23").unwrap().0,
            at_minute: 9 * 60,
            zone: Zone::UTC,
        };
        let turns = Rung { channel: "mail".to_owned(), to: None, rotation: Some(rotation), duty: None };
        let pager = Rung { channel: "pager".to_owned(), rotation: None, ..turns.clone() };
        let real = Owner {
            id: OwnerId::from_bytes([1; 16]),
            name: "shop".to_owned(),
            contacts: vec![turns, pager],
            owns: Vec::new(),
            hours: BusinessHours::default(),
            acknowledge: None,
        };
        let Change::PutOwner(staged) = owner(OwnerId::from_bytes([2; 16]), &real) else { panic!() };
        for (at, person) in [("2026-11-25T12:00:00Z", "ada"), ("2026-12-02T12:00:00Z", "bob")] {
            let told: Vec<String> =
                staged.on_duty(at.parse().unwrap()).iter().map(ToString::to_string).collect();
            assert_eq!(told, [format!("{person}@example.org (stage)"), "pager (stage)".to_owned()]);
        }
    }
}

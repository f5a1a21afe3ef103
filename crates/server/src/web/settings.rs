//! What the installation is told: who hears of what on which path, channels, issuers, places; and the proof of a path.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use askama::Template;
use axum::extract::Extension;
use axum::response::{IntoResponse, Redirect, Response};
use notafter_cert::{Span, Time};
use notafter_engine::operate::alert::{Confirmed, Tested};
use notafter_engine::operate::owner::Acknowledged;
use notafter_inventory::code::endpoint_name;
use notafter_inventory::model::{
    AcmeIssuer, BusinessHours, Channel, ChannelId, Contact, DeliveryState, Issuer, LineageId, Owner,
    Ownership, Path, Place, PrivateIssuer, Rung,
};
use serde::Deserialize;
use serde_json::json;

use super::fields::{Asked, Filled};
use super::{Frame, Page, operate, written};
use crate::auth::Visit;
use crate::refusal::Refusal;

#[derive(Template)]
#[template(path = "settings.html")]
struct Settings {
    frame: Frame,
    said: Option<Said>,
    owners: Vec<OwnerView>,
    channels: Vec<String>,
    issuers: Option<Vec<IssuerView>>,
    places: Vec<PlaceView>,
    /// How many more places there are.
    more_places: usize,
    server: Vec<String>,
}

struct Said {
    class: &'static str,
    text: String,
}

struct OwnerView {
    name: String,
    hours: String,
    owns: String,
    contacts: Vec<RungView>,
    /// Whether somebody says that it still answers, where it is asked.
    answers: Option<AnswersView>,
}

struct AnswersView {
    class: &'static str,
    text: String,
}

/// A contact of an owner, which may be several people.
struct RungView {
    /// Who is on duty now and who is next, where people take turns or have hours.
    duty: Option<String>,
    people: Vec<ContactView>,
}

struct ContactView {
    channel: String,
    to: String,
    name: String,
    class: &'static str,
    state: String,
}

struct IssuerView {
    name: String,
    at: String,
    class: &'static str,
    state: String,
    /// Whether its root is to be had here.
    is_private: bool,
}

struct PlaceView {
    lineage: String,
    name: String,
    deployer: String,
    endpoints: String,
}

/// Places that are shown; each stands on its lineage's page as well.
const PLACES: usize = 50;

#[derive(Debug, Deserialize)]
pub(crate) struct Done {
    done: Option<String>,
}

/// Which owner still answers for what it owns.
#[derive(Debug, Deserialize)]
pub(crate) struct Answering {
    owner: String,
}

/// Which path is to be proved.
#[derive(Debug, Deserialize)]
pub(crate) struct Prove {
    owner: String,
    channel: String,
    #[serde(default)]
    to: String,
}

/// The code that arrived.
#[derive(Debug, Deserialize)]
pub(crate) struct Typed {
    code: String,
}

/// The page.
pub(crate) async fn page(Extension(visit): Extension<Visit>, Asked(Done { done }): Asked<Done>) -> Page {
    let text = match done.as_deref() {
        Some("confirmed") => Some("Confirmed: the path is proved."),
        Some("acknowledged") => Some("Written down: the owner still answers for what it owns."),
        _ => None,
    };
    let said = text.map(|text| Said { class: "ok", text: text.to_owned() });
    written(&settings(&visit, said).await?)
}

/// Sends a test message on one path, and says what came of it.
pub(crate) async fn prove(
    Extension(visit): Extension<Visit>,
    Filled(Prove { owner, channel, to }): Filled<Prove>,
) -> Result<Response, Refusal> {
    let to = (!to.is_empty()).then_some(to);
    let args = json!({ "owner": owner, "channel": channel, "to": to });
    let tested: Vec<Tested> = operate(&visit, "alert.test", args).await?;
    let said = tested.first().map(tested_in_words);
    Ok(written(&settings(&visit, said).await?)?.into_response())
}

/// Takes the code of a test message.
pub(crate) async fn confirm(
    Extension(visit): Extension<Visit>,
    Filled(Typed { code }): Filled<Typed>,
) -> Result<Response, Refusal> {
    let _: Confirmed = operate(&visit, "alert.confirm", json!({ "code": code })).await?;
    Ok(Redirect::to("/settings?done=confirmed").into_response())
}

/// Somebody says that an owner still answers for what it owns.
pub(crate) async fn acknowledge(
    Extension(visit): Extension<Visit>,
    Filled(Answering { owner }): Filled<Answering>,
) -> Result<Response, Refusal> {
    let _: Acknowledged = operate(&visit, "owner.acknowledge", json!({ "owner": owner })).await?;
    Ok(Redirect::to("/settings?done=acknowledged").into_response())
}

fn tested_in_words(tested: &Tested) -> Said {
    let Tested { owner, channel, to, state, said, needs_code, .. } = tested;
    let path = Contact { channel: channel.clone(), to: to.clone() };
    let (class, text) = match state {
        DeliveryState::Accepted if *needs_code => (
            "",
            format!(
                "A test message to {path} ({owner}) was taken: {said}. When it arrives, type the code that it carries below."
            ),
        ),
        DeliveryState::Accepted | DeliveryState::Confirmed => {
            ("ok", format!("{path} ({owner}) has answered that the message arrived: the path is proved."))
        }
        _ => ("critical", format!("The test message to {path} ({owner}) was not taken: {said}")),
    };
    Said { class, text }
}

async fn settings(visit: &Visit, said: Option<Said>) -> Result<Settings, Refusal> {
    let (store, scope) = (&visit.context.store, &visit.context.scope);
    let channels = store.channels(scope).await?;
    let paths = store.paths(scope).await?;
    let now = visit.context.clock.now();
    let issuers = match scope.kept_to() {
        Some(_) => None,
        None => Some(store.issuers(scope).await?.iter().map(issuer).collect()),
    };
    let mut owners = store.owners(scope).await?;
    owners.retain(|owner| scope.kept_to().is_none_or(|kept| kept == owner.id));
    let is_used = |channel: &&Channel| {
        let mut people = owners.iter().flat_map(Owner::everybody);
        scope.kept_to().is_none() || people.any(|contact| contact.channel == channel.name)
    };
    let shown = channels.iter().filter(is_used).map(|channel| format!("{}: {}", channel.name, channel.kind));
    let shown = shown.collect();
    let ownerships = store.ownerships(scope).await?;
    let view = |one: &Owner| {
        let known = ownerships.iter().find(|known| known.owner_id == one.id);
        owner(one, (&channels, &paths), answers(one, known, now), now)
    };
    let mut shown_places = store.places(scope).await?;
    let more_places = shown_places.len().saturating_sub(PLACES);
    shown_places.truncate(PLACES);
    Ok(Settings {
        places: places(visit, shown_places).await?,
        more_places,
        frame: Frame::of(visit, "/settings"),
        said,
        owners: owners.iter().map(view).collect(),
        channels: shown,
        issuers,
        server: server(visit),
    })
}

async fn places(visit: &Visit, places: Vec<Place>) -> Result<Vec<PlaceView>, Refusal> {
    let ids: BTreeSet<LineageId> = places.iter().map(|place| place.lineage_id).collect();
    let lineages = visit.context.store.lineages_among(&visit.context.scope, &ids).await?;
    let names: HashMap<LineageId, String> = lineages.into_iter().map(|one| (one.id, one.name)).collect();
    let view = |place: Place| {
        let endpoints: Vec<String> = place.endpoints.iter().map(endpoint_name).collect();
        Some(PlaceView {
            lineage: names.get(&place.lineage_id)?.clone(),
            name: place.name,
            deployer: place.deployer,
            endpoints: if endpoints.is_empty() {
                "none: nothing proves it".to_owned()
            } else {
                endpoints.join(", ")
            },
        })
    };
    let mut shown: Vec<PlaceView> = places.into_iter().filter_map(view).collect();
    shown.sort_by(|one, other| (&one.lineage, &one.name).cmp(&(&other.lineage, &other.name)));
    Ok(shown)
}

fn owner(
    owner: &Owner,
    (channels, paths): (&[Channel], &[Path]),
    answers: Option<AnswersView>,
    now: Time,
) -> OwnerView {
    let ids: BTreeMap<&str, ChannelId> =
        channels.iter().map(|channel| (channel.name.as_str(), channel.id)).collect();
    let person = |contact: Contact| {
        let id = ids.get(contact.channel.as_str());
        let path = paths.iter().find(|path| Some(&path.channel_id) == id && path.to == contact.to);
        let (class, state) = match (id, path) {
            (None, _) => ("critical", "there is no channel of this name".to_owned()),
            (Some(_), path) => path_state(path, now),
        };
        ContactView {
            name: contact.to_string(),
            channel: contact.channel,
            to: contact.to.unwrap_or_default(),
            class,
            state,
        }
    };
    let rung = |rung: &Rung| RungView {
        duty: rung.duty_for_people(now),
        people: rung.everybody().into_iter().map(person).collect(),
    };
    OwnerView {
        name: owner.name.clone(),
        hours: hours(owner.hours),
        owns: owner.owns.join(", "),
        contacts: owner.contacts.iter().map(rung).collect(),
        answers,
    }
}

/// Whether somebody says that it still answers.
fn answers(owner: &Owner, known: Option<&Ownership>, now: Time) -> Option<AnswersView> {
    let text = Ownership::for_people(owner, known, now)?;
    let is_over = owner.acknowledge.zip(known).is_some_and(|(every, known)| known.is_over(every, now));
    Some(AnswersView { class: if is_over { "warning-text" } else { "faint" }, text })
}

fn path_state(path: Option<&Path>, now: Time) -> (&'static str, String) {
    let Some(path) = path else { return ("warning", "never tried".to_owned()) };
    if let Some(since) = path.failing_since {
        let why = path.last_error.as_deref().unwrap_or("no reason was given");
        return ("critical", format!("fails since {}: {why}", since.for_people()));
    }
    match path.proved_at {
        Some(at) if path.is_proved(now) && path.asked_at.is_some() => {
            let asked = path.asked_at.map_or_else(String::new, Time::for_people);
            let until = (at + Path::PROOF_HOLDS).for_people();
            (
                "warning",
                format!(
                    "asked since {asked} whether messages arrive, no answer yet; proved {}, holds until {until}",
                    at.for_people()
                ),
            )
        }
        Some(at) if path.is_proved(now) => (
            "ok",
            format!("proved {}, holds until {}", at.for_people(), (at + Path::PROOF_HOLDS).for_people()),
        ),
        Some(at) => ("warning", format!("proved {}, which is too long ago", at.for_people())),
        None => ("warning", "not proved".to_owned()),
    }
}

fn hours(hours: BusinessHours) -> String {
    format!("works from {} to {} {}", hours.from(), hours.to(), hours.clock())
}

fn issuer(issuer: &Issuer) -> IssuerView {
    let (class, state) = match issuer {
        Issuer::Acme(acme) => account_state(acme),
        Issuer::Private(private) => root_state(private),
    };
    let is_private = issuer.private().is_some();
    IssuerView { name: issuer.name().to_owned(), at: issuer.at().to_owned(), class, state, is_private }
}

fn account_state(acme: &AcmeIssuer) -> (&'static str, String) {
    match (&acme.account_url, acme.terms_agreed) {
        (Some(url), _) => ("faint", format!("account {url}")),
        (None, true) => ("faint", "no account yet: the first order makes one".to_owned()),
        (None, false) => ("warning-text", "its terms are not agreed to: terms_agreed = true".to_owned()),
    }
}

fn root_state(private: &PrivateIssuer) -> (&'static str, String) {
    match &private.authority {
        Some(authority) => {
            let root = &authority.root;
            let until = root.not_after.for_people();
            ("faint", format!("{} {}, until {until}", root.common_name, root.fingerprint.short()))
        }
        None => ("warning-text", "its root was not made yet".to_owned()),
    }
}

fn server(visit: &Visit) -> Vec<String> {
    let (context, settings) = (&visit.context, &visit.context.settings);
    let judge = context.judge();
    let anchors = judge.anchors();
    let look = Span::millis(i64::from(settings.look_timeout_ms));
    vec![
        format!("notafter {}", env!("CARGO_PKG_VERSION")),
        format!("people reach it at {}", context.site()),
        format!(
            "trust anchors: {}, {} certificate{}",
            anchors.name(),
            anchors.len(),
            if anchors.len() == 1 { "" } else { "s" }
        ),
        format!(
            "a look waits for {look} at most; {} endpoints are looked at at once",
            settings.scan_parallel
        ),
    ]
}

#[cfg(test)]
mod tests {
    use notafter_inventory::model::OwnerId;

    use super::*;

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);

    #[test]
    fn a_path_is_told_as_it_is_known() {
        let blank = Path::unknown(ChannelId::from_bytes([1; 16]), None, OwnerId::from_bytes([2; 16]));
        let proved = Path { proved_at: Some(NOW - Span::days(3)), ..blank.clone() };
        let old = Path { proved_at: Some(NOW - Span::days(181)), ..blank.clone() };
        let failing = Path {
            failing_since: Some(NOW - Span::hours(1)),
            last_error: Some("550 no such mailbox".to_owned()),
            ..proved.clone()
        };
        let asked = Path { asked_at: Some(NOW - Span::days(1)), ..proved.clone() };
        let unanswered = Path { asked_at: asked.asked_at, ..old.clone() };
        let paths =
            [None, Some(&blank), Some(&proved), Some(&asked), Some(&old), Some(&unanswered), Some(&failing)];
        let told = paths.map(|path| {
            let (class, state) = path_state(path, NOW);
            format!("{class}: {state}")
        });
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn hours_are_told_with_their_distance_from_utc() {
        let of = |offset_minutes| hours(BusinessHours { offset_minutes, ..BusinessHours::default() });
        assert_eq!(of(0), "works from 09:00 to 17:00 UTC");
        assert_eq!(of(330), "works from 09:00 to 17:00 UTC+05:30");
        assert_eq!(of(-210), "works from 09:00 to 17:00 UTC-03:30");
        assert_eq!(of(-30), "works from 09:00 to 17:00 UTC-00:30", "less than an hour west");
    }
}

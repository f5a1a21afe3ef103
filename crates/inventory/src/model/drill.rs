//! Rehearsals of a lineage's near-expiry, and what they showed.

use std::fmt;

use notafter_cert::{Span, Time};
use serde::{Deserialize, Serialize};

use super::{Acknowledgement, Actor, AlertId, Contact, DeliveryState, DrillId, LineageId, OwnerId, Severity};

/// One rehearsal: the certificate of a lineage is played to run out on a stage, and the alarm about that is given to the
/// people who answer for it. It never touches what is served.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drill {
    /// Identity.
    pub id: DrillId,
    /// Who answers for the lineage.
    pub owner_id: OwnerId,
    /// What is rehearsed.
    pub lineage_id: LineageId,
    /// Its name when the drill began.
    pub lineage: String,
    /// When it began.
    pub begun_at: Time,
    /// Who wanted it; the engine, where it was planned.
    pub begun_by: Actor,
    /// What is played.
    pub script: Script,
    /// What the stage showed; nothing while it is played.
    pub played: Option<Played>,
    /// The alarm, once it was given.
    pub alarm: Option<Alarm>,
    /// How it ended; nothing while it goes on.
    pub ended: Option<DrillEnd>,
}

impl Drill {
    /// Whether it goes on.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.ended.is_none()
    }

    /// Whether somebody ended it before it had shown anything.
    #[must_use]
    pub const fn is_called_off(&self) -> bool {
        matches!(self.ended, Some(DrillEnd { how: DrillEnding::CalledOff { .. }, .. }))
    }

    /// How far it is, in words.
    #[must_use]
    pub fn words(&self) -> String {
        match (&self.ended, &self.alarm, &self.played) {
            (Some(DrillEnd { how: DrillEnding::Played, .. }), ..) => "over".to_owned(),
            (Some(DrillEnd { how: DrillEnding::CalledOff { by }, .. }), ..) => format!("called off by {by}"),
            (Some(DrillEnd { how: DrillEnding::BrokenOff { why }, .. }), ..) => format!("broken off: {why}"),
            (None, Some(_), _) => "the alarm waits for somebody to take it".to_owned(),
            (None, None, _) => "being played".to_owned(),
        }
    }
}

/// What is played.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// What goes wrong on the stage; nothing rehearses that all goes well.
    pub fault: Option<DrillFault>,
    /// The issuer of the inventory that is asked for the certificate; a CA of the stage, where none is named.
    pub issuer: Option<String>,
    /// Leaves the people out of it.
    pub without_alarm: bool,
}

/// What goes wrong on the stage, for half of the time that is left and four days at the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DrillFault {
    /// The CA does not answer.
    CaDown,
    /// No name can be resolved.
    DnsDown,
    /// Reloads end well and change nothing.
    ReloadIneffective,
    /// Nothing can be written where the pair should lie.
    DiskFull,
    /// The first contact's way is silent: what is sent on it arrives nowhere.
    AlertPathSilent,
}

impl DrillFault {
    /// Every fault, in the order in which people are offered them.
    pub const ALL: [Self; 5] =
        [Self::CaDown, Self::DnsDown, Self::ReloadIneffective, Self::DiskFull, Self::AlertPathSilent];

    /// As people write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CaDown => "ca-down",
            Self::DnsDown => "dns-down",
            Self::ReloadIneffective => "reload-ineffective",
            Self::DiskFull => "disk-full",
            Self::AlertPathSilent => "alert-path-silent",
        }
    }

    /// What happens.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::CaDown => "the CA does not answer",
            Self::DnsDown => "no name can be resolved",
            Self::ReloadIneffective => "reloads change nothing",
            Self::DiskFull => "the disk is full",
            Self::AlertPathSilent => "the way to the first contact is silent",
        }
    }

    /// The fault of this name.
    #[must_use]
    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }

    /// Whether it plays on the stage; else it plays with the alarm alone.
    #[must_use]
    pub const fn is_on_stage(self) -> bool {
        !matches!(self, Self::AlertPathSilent)
    }
}

impl fmt::Display for DrillFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the stage showed. Its instants are those of the stage's clock, which runs from one event to the next and begins at
/// the instant of the drill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Played {
    /// When it was played, by the world's clock.
    pub at: Time,
    /// Where the stage's clock began: the certificate is old enough to be renewed.
    pub began_at: Time,
    /// When the certificate ended that was running out.
    pub ends_at: Time,
    /// Its lifetime: that of the lineage's present one.
    pub lifetime: Span,
    /// When the fault was taken away; nothing where none was played on the stage.
    pub mended_at: Option<Time>,
    /// Attempts that failed, oldest first.
    pub failures: Vec<Setback>,
    /// When the new certificate was issued.
    pub issued_at: Option<Time>,
    /// Each place of the lineage.
    pub places: Vec<PlayedPlace>,
    /// Who would have been told what, oldest first.
    pub told: Vec<PlayedTold>,
    /// Why it was not played to its end.
    pub stopped: Option<String>,
    /// Whether a private CA signed, which asks for no challenge.
    #[serde(default)]
    pub signed_here: bool,
}

/// Something that would fail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setback {
    /// When, by the stage's clock.
    pub at: Time,
    /// The catalogue's code.
    pub code: String,
    /// What.
    pub what: String,
    /// What to do about it.
    pub hint: String,
}

/// A place of the lineage, and what stood for it on the stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayedPlace {
    /// Its name.
    pub name: String,
    /// Its deployer.
    pub deployer: String,
    /// What keeps the deployer from doing its work at the real place now, which was looked at and not touched.
    pub obstacle: Option<Setback>,
    /// When the throw-away place had the new pair, and its product was told.
    pub installed_at: Option<Time>,
    /// When every address of its shadow listener served the new certificate, as proved on the wire.
    pub proved_at: Option<Time>,
    /// How it stands at the end, in words.
    pub stands: String,
}

/// Somebody who would have been told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayedTold {
    /// When, by the stage's clock.
    pub at: Time,
    /// Who.
    pub contact: Contact,
    /// How bad it was then.
    pub severity: Severity,
    /// The line that is enough at 03:00.
    pub subject: String,
}

/// The alarm that real people got, marked as a drill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// When it was given.
    pub at: Time,
    /// The alert that tells of it; nothing before it is one.
    pub alert: Option<AlertId>,
    /// Who was told, in order.
    pub told: Vec<AlarmTold>,
    /// Who took it.
    pub taken: Option<Acknowledgement>,
}

/// One message of the alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmTold {
    /// When.
    pub at: Time,
    /// To whom.
    pub contact: Contact,
    /// How far the message came.
    pub state: DeliveryState,
    /// The other side's words: the receipt, or the refusal.
    pub said: Option<String>,
}

impl AlarmTold {
    /// How far the message came, in words: `arrived: 204 No Content`.
    #[must_use]
    pub fn words(&self) -> String {
        let state = match self.state {
            DeliveryState::Pending => "on its way",
            DeliveryState::Accepted => "taken by the server",
            DeliveryState::Confirmed => "arrived",
            DeliveryState::Failed => "not sent",
        };
        let said = self.said.as_ref().map_or_else(String::new, |said| format!(": {said}"));
        format!("{state}{said}")
    }
}

/// How a drill ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillEnd {
    /// When.
    pub at: Time,
    /// How.
    pub how: DrillEnding,
    /// Points of 100; nothing where it was not played to its end.
    pub score: Option<u8>,
}

/// How a drill ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "kebab-case")]
pub enum DrillEnding {
    /// It was played to its end.
    Played,
    /// Somebody called it off.
    CalledOff {
        /// Who.
        by: Actor,
    },
    /// The stage could not be set.
    BrokenOff {
        /// Why.
        why: String,
    },
}

/// When a lineage is rehearsed by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsed {
    /// Between two drills.
    pub every: Span,
    /// What goes wrong on the stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<DrillFault>,
}

//! Work that is announced to the public before it begins.

use std::fmt;

use notafter_cert::Time;
use serde::{Deserialize, Serialize};

use super::{Actor, MaintenanceId};

/// Work on components at a time that is known ahead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maintenance {
    /// Identity.
    pub id: MaintenanceId,
    /// What it is called.
    pub name: String,
    /// The components that it is about, by name; those that are not on the page are not shown.
    pub components: Vec<String>,
    /// From when.
    pub from: Time,
    /// Until when (exclusive).
    pub until: Time,
    /// What was told of it, oldest first; there is always one.
    pub updates: Vec<MaintenanceUpdate>,
}

/// What is told of a maintenance at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaintenanceUpdate {
    /// When it was told.
    pub at: Time,
    /// How far it is.
    pub status: MaintenanceStatus,
    /// The words.
    pub text: String,
    /// Who told it; this is never shown to the public.
    pub by: Actor,
}

/// How far a maintenance is, in Statuspage's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaintenanceStatus {
    /// It has not begun.
    Scheduled,
    /// It is under way.
    InProgress,
    /// It was done, and is looked at.
    Verifying,
    /// It is over.
    Completed,
}

impl MaintenanceStatus {
    /// Every status, in order.
    pub const ALL: [Self; 4] = [Self::Scheduled, Self::InProgress, Self::Verifying, Self::Completed];

    /// As programs write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::InProgress => "in_progress",
            Self::Verifying => "verifying",
            Self::Completed => "completed",
        }
    }

    /// Whether its components are being worked on.
    #[must_use]
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::InProgress | Self::Verifying)
    }
}

impl fmt::Display for MaintenanceStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Maintenance {
    /// How far it is at an instant: it begins and ends by itself at its times, where nobody said otherwise before.
    #[must_use]
    pub fn status(&self, now: Time) -> MaintenanceStatus {
        let said = self.updates.last().map_or(MaintenanceStatus::Scheduled, |update| update.status);
        let by_time = match now {
            _ if now >= self.until => MaintenanceStatus::Completed,
            _ if now >= self.from => MaintenanceStatus::InProgress,
            _ => MaintenanceStatus::Scheduled,
        };
        said.max(by_time)
    }

    /// When it was over, where it is: at its time, or when somebody said so before.
    #[must_use]
    pub fn completed_at(&self, now: Time) -> Option<Time> {
        let said = self.updates.iter().find(|update| update.status == MaintenanceStatus::Completed);
        let at = said.map_or(self.until, |update| update.at.min(self.until));
        (self.status(now) == MaintenanceStatus::Completed).then_some(at)
    }

    /// When something of it last changed: it was told, began or ended.
    #[must_use]
    pub fn updated_at(&self, now: Time) -> Time {
        let told = self.updates.last().map_or(self.from, |update| update.at);
        let passed = [self.from, self.until].into_iter().filter(|at| *at <= now);
        match self.completed_at(now) {
            Some(at) => at.max(told),
            None => passed.fold(told, Time::max),
        }
    }
}

#[cfg(test)]
mod tests {
    use notafter_cert::Span;

    use super::*;

    const FROM: Time = Time::from_unix_seconds(1_796_000_000);

    fn told(said: &[(i64, MaintenanceStatus)]) -> Maintenance {
        let update = |(hours, status): &(i64, MaintenanceStatus)| MaintenanceUpdate {
            at: FROM + Span::hours(*hours),
            status: *status,
            text: "a new disk".to_owned(),
            by: Actor::Person("ada".to_owned()),
        };
        Maintenance {
            id: MaintenanceId::from_bytes([1; 16]),
            name: "a new disk".to_owned(),
            components: vec!["Shop".to_owned()],
            from: FROM,
            until: FROM + Span::hours(4),
            updates: said.iter().map(update).collect(),
        }
    }

    #[test]
    fn it_begins_and_ends_by_itself_where_nobody_said_otherwise() {
        use MaintenanceStatus::{Completed, InProgress, Scheduled, Verifying};
        let by_itself: &[(i64, MaintenanceStatus)] = &[(-9, Scheduled)];
        let early: &[(i64, MaintenanceStatus)] = &[(-9, Scheduled), (-1, InProgress)];
        let over: &[(i64, MaintenanceStatus)] = &[(-9, Scheduled), (2, Verifying), (3, Completed)];
        let off: &[(i64, MaintenanceStatus)] = &[(-9, Scheduled), (-2, Completed)];
        for (said, hours, status, completed) in [
            (by_itself, -1, Scheduled, None),
            (by_itself, 0, InProgress, None),
            (by_itself, 3, InProgress, None),
            (by_itself, 4, Completed, Some(4)),
            (early, -1, InProgress, None),
            (&over[..2], 2, Verifying, None),
            (&over[..2], 4, Completed, Some(4)),
            (over, 3, Completed, Some(3)),
            (off, -1, Completed, Some(-2)),
        ] {
            let (one, now) = (told(said), FROM + Span::hours(hours));
            let completed = completed.map(|hours| FROM + Span::hours(hours));
            assert_eq!((one.status(now), one.completed_at(now)), (status, completed), "{said:?} {hours}");
        }
    }
}

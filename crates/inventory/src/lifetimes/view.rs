//! What somebody wants to see of the lifetimes.

use std::fmt;

use notafter_cert::{Span, Time};

use super::{FARTHEST, Lifetime, ROWS};

/// What somebody wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// How far it reaches; else as far as most of them end.
    pub zoom: Option<Zoom>,
    /// By what many are grouped; else by what tells them apart.
    pub group: Option<Group>,
    /// The one group that is looked into.
    pub opened: Option<String>,
    /// Words that must all be in the name, the owner or the issuer, in whatever case.
    pub words: String,
    /// Rows before the first that is drawn.
    pub from: usize,
}

impl View {
    /// Rows before the first that is drawn, where there are so many.
    pub(super) fn skipped(&self, rows: usize) -> usize {
        self.from.min(rows.saturating_sub(1) / ROWS * ROWS)
    }
}

/// How far a picture reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zoom {
    /// So many days from now.
    Days(u16),
    /// Every end.
    All,
}

impl Zoom {
    /// Those that are offered, the nearest first.
    pub const OFFERED: [Self; 5] =
        [Self::Days(7), Self::Days(30), Self::Days(90), Self::Days(365), Self::All];

    /// As an address has it: `90`, `all`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        Self::OFFERED.into_iter().find(|zoom| zoom.to_string() == text)
    }

    /// The nearest from 30 days on in which nine of ten end that have not: one that ends in 50 years makes nothing small.
    pub(super) fn fitting(chosen: &[&Lifetime], now: Time) -> Self {
        let to_come = chosen.iter().filter(|one| one.not_after >= now).count();
        let holds = |zoom: &Self| match zoom {
            Self::All => true,
            Self::Days(days) => {
                let until = now + Span::days(i64::from(*days));
                let within = chosen.iter().filter(|one| one.not_after >= now && one.not_after <= until);
                within.count() * 10 >= to_come * 9
            }
        };
        Self::OFFERED.into_iter().skip(1).find(holds).unwrap_or(Self::All)
    }

    /// The edges of the view. A fifth of it is past, so that one sees how much of a lifetime has passed.
    pub(super) fn edges(self, chosen: &[&Lifetime], now: Time) -> (Time, Time) {
        match self {
            Self::Days(days) => {
                let ahead = Span::days(i64::from(days));
                (now - ahead.share(1, 4), now + ahead)
            }
            Self::All => {
                let first = chosen.iter().map(|one| one.not_before).min().unwrap_or(now);
                let last = chosen.iter().map(|one| one.not_after).max().unwrap_or(now);
                let from = first.min(now - Span::days(1)).max(now - FARTHEST);
                (from, last.max(now + Span::days(1)).min(now + FARTHEST))
            }
        }
    }
}

impl fmt::Display for Zoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(days) => write!(f, "{days}"),
            Self::All => f.write_str("all"),
        }
    }
}

/// By what certificates are grouped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Group {
    /// Who answers for them.
    Owner,
    /// Who issued them.
    Issuer,
    /// How they stand.
    State,
    /// What a label with this key says.
    Label(String),
}

impl Group {
    /// As an address has it: `owner`, `label.service`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        match text {
            "owner" => Some(Self::Owner),
            "issuer" => Some(Self::Issuer),
            "state" => Some(Self::State),
            other => other
                .strip_prefix("label.")
                .filter(|key| !key.is_empty())
                .map(|key| Self::Label(key.to_owned())),
        }
    }

    /// By owner where there are several, else by how they stand.
    pub(super) fn fitting(chosen: &[&Lifetime]) -> Self {
        let has_several = chosen.windows(2).any(|pair| pair[0].owner != pair[1].owner);
        if has_several { Self::Owner } else { Self::State }
    }

    /// Which group one is in; none is empty but for those without the label.
    #[must_use]
    pub fn of<'a>(&self, one: &'a Lifetime, now: Time) -> &'a str {
        match self {
            Self::Owner => &one.owner,
            Self::Issuer => &one.issuer,
            Self::State => one.state(now).key(),
            Self::Label(key) => one.labels.get(key).map_or("", String::as_str),
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner => f.write_str("owner"),
            Self::Issuer => f.write_str("issuer"),
            Self::State => f.write_str("state"),
            Self::Label(key) => write!(f, "label.{key}"),
        }
    }
}

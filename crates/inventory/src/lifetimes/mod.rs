//! Every lifetime in one picture: few certificates each as a bar with its renewal window, many as groups with how densely they
//! end. Whatever is not within the view is counted.

mod group;
mod renewal;
mod view;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use notafter_cert::{Fingerprint, Span, Time};

use crate::model::{EndpointId, Labels};

pub use group::GroupRow;
pub use renewal::{keeper, renewal};
pub use view::{Group, View, Zoom};

/// So many rows are drawn at once: whoever looks reads that many.
pub const ROWS: usize = 40;

/// Into so many parts the view is divided where many are drawn in one row.
pub const BINS: usize = 60;

/// The whole width of the picture: places in it are counted in ten-thousandths.
pub const WIDTH: u16 = 10_000;

/// A certificate that is in force somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// Which.
    pub fingerprint: Fingerprint,
    /// What people call what it belongs to.
    pub name: Box<str>,
    /// What that is.
    pub of: Of,
    /// Endpoints that serve it besides, where no lineage holds it.
    pub more: u32,
    /// Who answers for it.
    pub owner: Arc<str>,
    /// Who issued it.
    pub issuer: Arc<str>,
    /// Marks of what it belongs to.
    pub labels: Arc<Labels>,
    /// Its first instant.
    pub not_before: Time,
    /// Its last instant.
    pub not_after: Time,
    /// From when until when it is renewed, as far as that is known.
    pub renewal: Option<(Time, Time)>,
    /// Who renews it.
    pub keeper: Keeper,
    /// Something is open about it that a person has to see to.
    pub needs_person: bool,
}

/// What a certificate belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// A lineage, with the name that stands beside it.
    Lineage,
    /// An endpoint that serves it, where no lineage holds it.
    Endpoint(EndpointId),
}

/// Who renews.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// notafter does.
    Notafter,
    /// Automation of others does.
    Others,
    /// Nobody is known to.
    Nobody,
}

/// How a certificate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Its last instant has passed.
    Ended,
    /// A person has to see to it.
    Person,
    /// Nobody is known to renew it.
    Nobody,
    /// Automation of others renews it.
    Others,
    /// notafter renews it.
    Kept,
}

impl State {
    /// All of them, the worst first.
    pub const ALL: [Self; 5] = [Self::Ended, Self::Person, Self::Nobody, Self::Others, Self::Kept];

    /// As an address has it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Person => "person",
            Self::Nobody => "nobody",
            Self::Others => "others",
            Self::Kept => "kept",
        }
    }

    /// As people read it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Person => "needs a person",
            Self::Nobody => "nobody is known to renew it",
            Self::Others => "renewed by others",
            Self::Kept => "renewed by notafter",
        }
    }
}

impl Lifetime {
    /// How it stands. Its last instant is within its lifetime (RFC 5280 section 4.1.2.5).
    #[must_use]
    pub fn state(&self, now: Time) -> State {
        match self.keeper {
            _ if self.not_after < now => State::Ended,
            _ if self.needs_person => State::Person,
            Keeper::Nobody => State::Nobody,
            Keeper::Others => State::Others,
            Keeper::Notafter => State::Kept,
        }
    }

    fn is_found(&self, words: &[String]) -> bool {
        let has = |text: &str, word: &str| text.to_lowercase().contains(word);
        words.iter().all(|word| has(&self.name, word) || has(&self.owner, word) || has(&self.issuer, word))
    }
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// The instant that it is about.
    pub now: Time,
    /// Its left edge.
    pub from: Time,
    /// Its right edge.
    pub to: Time,
    /// How far it reaches.
    pub zoom: Zoom,
    /// How many certificates it is about.
    pub all: usize,
    /// How many of them ended before its left edge.
    pub before: usize,
    /// How many of them end after its right edge.
    pub after: usize,
    /// How many rows there are, drawn or not.
    pub rows: usize,
    /// How many of them come before the first that is drawn.
    pub skipped: usize,
    /// The rows that are drawn.
    pub body: Body,
}

/// The rows of a picture.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// One certificate each, the one that ends first at the top.
    Certificates(Vec<Row>),
    /// Many certificates each.
    Groups(Group, Vec<GroupRow>),
}

/// One certificate.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The certificate.
    pub one: Lifetime,
    /// How it stands.
    pub state: State,
    /// Where its lifetime lies; nothing where it is outside of the view.
    pub bar: Option<Bar>,
    /// Where its renewal window lies; likewise.
    pub renewal: Option<Bar>,
}

/// From where to where, in ten-thousandths of the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Its left end.
    pub from: u16,
    /// Its right end: where it is a single instant, the left one.
    pub to: u16,
    /// Whether it begins before the view, and whether it goes on after it.
    pub is_cut: (bool, bool),
}

impl Picture {
    /// Where an instant lies, at an edge where it is outside.
    #[must_use]
    pub fn place(&self, at: Time) -> u16 {
        place(at, self.from, self.to)
    }

    /// Instants along the lower edge, with where they lie.
    #[must_use]
    pub fn ticks(&self) -> [(u16, Time); 5] {
        let whole = self.to.since(self.from);
        [0, 1, 2, 3, 4].map(|quarter| (WIDTH / 4 * quarter, self.from + whole.share(i64::from(quarter), 4)))
    }
}

fn place(at: Time, from: Time, to: Time) -> u16 {
    let whole = i128::from(to.since(from).as_micros()).max(1);
    let passed = i128::from(at.since(from).as_micros()) * i128::from(WIDTH) / whole;
    u16::try_from(passed.clamp(0, i128::from(WIDTH))).unwrap_or(WIDTH)
}

fn bar(begin: Time, end: Time, from: Time, to: Time) -> Option<Bar> {
    let is_seen = begin <= to && end >= from;
    is_seen.then(|| Bar {
        from: place(begin, from, to),
        to: place(end, from, to),
        is_cut: (begin < from, end > to),
    })
}

/// What is drawn of these certificates.
#[must_use]
pub fn picture(all: &[Lifetime], now: Time, view: &View) -> Picture {
    let words: Vec<String> = view.words.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let is_opened = |one: &&Lifetime| match (&view.group, &view.opened) {
        (Some(group), Some(opened)) => group.of(one, now) == opened,
        _ => true,
    };
    let mut chosen: Vec<&Lifetime> =
        all.iter().filter(|one| words.is_empty() || one.is_found(&words)).filter(is_opened).collect();
    let zoom = view.zoom.unwrap_or_else(|| Zoom::fitting(&chosen, now));
    let (from, to) = zoom.edges(&chosen, now);
    let before = chosen.iter().filter(|one| one.not_after < from).count();
    let after = chosen.iter().filter(|one| one.not_after > to).count();
    let blank = Picture {
        now,
        from,
        to,
        zoom,
        all: chosen.len(),
        before,
        after,
        rows: chosen.len(),
        skipped: 0,
        body: Body::Certificates(Vec::new()),
    };
    let group = view.group.clone().unwrap_or_else(|| Group::fitting(&chosen));
    let is_grouped = view.opened.is_none() && (view.group.is_some() || chosen.len() > ROWS);
    if is_grouped {
        let rows = group::rows(&chosen, &group, &blank);
        let (total, skipped) = (rows.len(), view.skipped(rows.len()));
        let drawn = rows.into_iter().skip(skipped).take(ROWS).collect();
        return Picture { rows: total, skipped, body: Body::Groups(group, drawn), ..blank };
    }
    chosen.sort_unstable_by_key(|one| (one.not_after, &one.name));
    let skipped = view.skipped(chosen.len());
    let drawn = chosen.into_iter().skip(skipped).take(ROWS).map(|one| row(one, &blank)).collect();
    Picture { skipped, body: Body::Certificates(drawn), ..blank }
}

fn row(one: &Lifetime, picture: &Picture) -> Row {
    let Picture { from, to, now, .. } = *picture;
    Row {
        state: one.state(now),
        bar: bar(one.not_before, one.not_after, from, to),
        renewal: one.renewal.and_then(|(begin, end)| bar(begin, end, from, to)),
        one: one.clone(),
    }
}

/// The longest that a view reaches, whatever a certificate says: some say the year 9999.
const FARTHEST: Span = Span::days(40 * 366);

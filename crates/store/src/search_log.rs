//! The log, searched: a bounded number of entries is looked through at once, however long it is.

use notafter_cert::Time;
use notafter_inventory::log::Chained;
use notafter_inventory::model::{Event, Subject};

use crate::dialect::Both;
use crate::event::Stored;
use crate::list::{Part, literal, pattern};
use crate::sql::{Row, Value, values};
use crate::{Scope, Store, StoreError};

/// Entries that one question looks through at most.
const LOOKED_THROUGH: i64 = 20_000;
/// Instants in the log may be out of order by a little, where clocks were wrong: so many entries around an instant are looked
/// at all the same.
const OUT_OF_ORDER: i64 = 1_000;

/// Which entries of the log are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// Words that must all be in an entry or in the name of what it is about, in whatever case; the first four count.
    pub search: String,
    /// Only of this kind, or of kinds that begin so: `notafter.alert.moved.v1`, `alert.moved`, `alert.*`.
    pub kind: Option<String>,
    /// Only by this one, or by whose name has this in it; `notafter` is the engine.
    pub actor: Option<String>,
    /// Only about this.
    pub subject: Option<Subject>,
    /// Only of this instant and later.
    pub from: Option<Time>,
    /// Only of before this instant.
    pub until: Option<Time>,
}

/// Where a part of the log begins, and which way it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Newest first, before a position; from the newest of all where there is none.
    Before(Option<i64>),
    /// Oldest first, after a position.
    After(i64),
}

/// What a search came upon.
#[derive(Clone, Debug, PartialEq)]
pub struct Found<T> {
    /// The entries that fit.
    pub entries: Vec<T>,
    /// How many entries of the log were looked through for them.
    pub looked_through: u64,
    /// The position from which to go on in the same direction; nothing where the log ends.
    pub next: Option<i64>,
}

/// `$1` scope, `$2` and `$3` positions around, `$4` a pattern of kinds, `$5` a pattern of actors, `$6` and `$7` instants, `$8` to
/// `$11` patterns of words, `$12` rows. People know a thing by its name: that is searched, too.
macro_rules! select {
    ($subject:literal, $order:literal, $before_hex:literal, $after_hex:literal) => {
        concat!(
            "SELECT e.sequence, e.at, e.actor, e.kind, e.subject, e.data, e.hash,
                coalesce((SELECT p.hash FROM events AS p WHERE p.sequence = e.sequence - 1 AND p.scope = e.scope),
                    (SELECT s.last_hash FROM event_segments AS s
                     WHERE s.scope = e.scope AND s.last_sequence = e.sequence - 1), '')
             FROM events AS e WHERE e.scope = $1 AND e.sequence > $2 AND e.sequence < $3",
            $subject,
            " AND ($4 IS NULL OR e.kind LIKE $4 ESCAPE '!') AND ($5 IS NULL OR lower(e.actor) LIKE $5 ESCAPE '!')
             AND ($6 IS NULL OR e.at >= $6) AND ($7 IS NULL OR e.at < $7) AND ($8 IS NULL OR EXISTS (
                SELECT 1 FROM (SELECT lower(e.kind || ' ' || e.subject || ' ' || e.actor || ' ' || e.data || ' '
                    || coalesce(CASE
                        WHEN e.subject LIKE 'endpoint:%' THEN
                            (SELECT t.target FROM endpoints AS t WHERE t.id = ",
            $before_hex, "substr(e.subject, 13)", $after_hex, ")
                        WHEN e.subject LIKE 'lineage:%' THEN
                            (SELECT t.name FROM lineages AS t WHERE t.id = ",
            $before_hex, "substr(e.subject, 12)", $after_hex, ")
                        WHEN e.subject LIKE 'place:%' THEN
                            (SELECT t.name FROM places AS t WHERE t.id = ",
            $before_hex, "substr(e.subject, 10)", $after_hex, ")
                        WHEN e.subject LIKE 'owner:%' THEN
                            (SELECT t.name FROM owners AS t WHERE t.id = ",
            $before_hex, "substr(e.subject, 10)", $after_hex, ")
                    END, '')) AS words) AS searched
                WHERE words LIKE $8 ESCAPE '!' AND ($9 IS NULL OR words LIKE $9 ESCAPE '!')
                AND ($10 IS NULL OR words LIKE $10 ESCAPE '!') AND ($11 IS NULL OR words LIKE $11 ESCAPE '!')))
             ORDER BY e.sequence ",
            $order,
            " LIMIT $12"
        )
    };
}

macro_rules! both {
    ($subject:literal, $order:literal) => {
        Both {
            sqlite: select!($subject, $order, "unhex(", ")"),
            postgres: select!($subject, $order, "decode(", ", 'hex')"),
        }
    };
}

const OLDER: Both = both!("", "DESC");
const NEWER: Both = both!("", "ASC");
// An index has the entries about one thing in order: what is about others is not looked at.
const OLDER_OF: Both = both!(" AND e.subject = $13", "DESC");
const NEWER_OF: Both = both!(" AND e.subject = $13", "ASC");

impl Events {
    /// Whether every entry is wanted.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        let Self { search, kind, actor, subject, from, until } = self;
        search.trim().is_empty()
            && [kind, actor].into_iter().all(|it| it.as_deref().is_none_or(|it| it.trim().is_empty()))
            && (subject, from, until) == (&None, &None, &None)
    }

    fn kinds(&self) -> Option<String> {
        let kind = self.kind.as_deref().map(str::trim).filter(|kind| !kind.is_empty())?;
        let kind = kind.to_lowercase();
        let bare = kind.strip_prefix("notafter.").unwrap_or(&kind);
        let is_whole = bare.rsplit_once(".v").is_some_and(|(_, version)| version.parse::<u32>().is_ok());
        let (bare, end) = match bare.strip_suffix('*') {
            Some(area) => (area, "%"),
            None if is_whole => (bare, ""),
            None => (bare, ".v%"),
        };
        Some(format!("notafter.{}{end}", literal(bare)))
    }

    fn actors(&self) -> Option<String> {
        let actor = self.actor.as_deref().map(str::trim).filter(|actor| !actor.is_empty())?;
        match actor.to_lowercase() {
            engine if engine == "notafter" => Some(pattern("\"engine\"")),
            other => Some(pattern(&other)),
        }
    }
}

impl Store {
    /// A part of the log: entries that fit, at most `limit`. Where few fit, it ends early, and says from where to go on.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn search_events(
        &self,
        scope: &Scope,
        wanted: &Events,
        place: Place,
        limit: u32,
    ) -> Result<Found<Event>, StoreError> {
        let found = self.search_log(scope, wanted, place, limit).await?;
        let event = |row: &Row| {
            let (entry, hash) = Stored::read(row)?;
            entry.event(hash)
        };
        found.each(event)
    }

    /// The same, with the texts that the hashes are made of.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn chained_events(
        &self,
        scope: &Scope,
        wanted: &Events,
        place: Place,
        limit: u32,
    ) -> Result<Found<Chained>, StoreError> {
        let found = self.search_log(scope, wanted, place, limit).await?;
        found.each(|row| {
            let (Stored { sequence, at, actor, kind, subject, data }, hash) = Stored::read(row)?;
            Ok(Chained { sequence, at, actor, kind, subject, data, previous: row.text(7)?, hash })
        })
    }

    async fn search_log(
        &self,
        scope: &Scope,
        wanted: &Events,
        place: Place,
        limit: u32,
    ) -> Result<Found<Row>, StoreError> {
        let (low, high) = self.bounds(scope, wanted, place).await?;
        let most = if wanted.subject.is_some() { i64::MAX - 1 } else { LOOKED_THROUGH };
        // Both bounds are outside of what is looked through.
        let (from, to) = match place {
            Place::Before(_) => (low.max(high.saturating_sub(most + 1)), high),
            Place::After(_) => (low, high.min(low.saturating_add(most).saturating_add(1))),
        };
        if to - from <= 1 {
            return Ok(Found { entries: Vec::new(), looked_through: 0, next: None });
        }
        let part = Part { search: wanted.search.clone(), from: 0, rows: limit };
        let mut values = values![scope.organisation, from, to, wanted.kinds(), wanted.actors()];
        values.extend(values![wanted.from, wanted.until]);
        values.extend(part.patterns());
        values.push(Value::from(i64::from(limit)));
        let select = match (place, &wanted.subject) {
            (Place::Before(_), None) => OLDER,
            (Place::After(_), None) => NEWER,
            (Place::Before(_), Some(_)) => OLDER_OF,
            (Place::After(_), Some(_)) => NEWER_OF,
        };
        values.extend(wanted.subject.as_ref().map(|subject| Value::from(subject.to_string())));
        let rows = self.pool.fetch(self.dialect().pick(select), values).await?;
        let is_full = u32::try_from(rows.len()).is_ok_and(|rows| rows >= limit);
        let last = rows.last().filter(|_| is_full).map(|row| row.int(0)).transpose()?;
        let (looked_through, next) = match (place, last) {
            (Place::Before(_), Some(last)) => (to - last, (last - from > 1 || from > low).then_some(last)),
            (Place::After(_), Some(last)) => (last - from, (to - last > 1 || to < high).then_some(last)),
            (Place::Before(_), None) => (to - from - 1, (from > low).then_some(from + 1)),
            (Place::After(_), None) => (to - from - 1, (to < high).then_some(to - 1)),
        };
        Ok(Found { entries: rows, looked_through: u64::try_from(looked_through).unwrap_or(0), next })
    }

    /// Between which positions entries may fit, both not among them.
    async fn bounds(&self, scope: &Scope, wanted: &Events, place: Place) -> Result<(i64, i64), StoreError> {
        let (mut low, mut high) = (self.last_cut(scope).await?.last, self.last_event(scope).await? + 1);
        let ends = (low, high);
        if let Some(from) = wanted.from {
            low = low.max(self.position(scope, from, ends).await? - OUT_OF_ORDER - 1);
        }
        if let Some(until) = wanted.until {
            high = high.min(self.position(scope, until, ends).await?.saturating_add(OUT_OF_ORDER));
        }
        match place {
            Place::Before(before) => high = high.min(before.unwrap_or(i64::MAX)),
            Place::After(after) => low = low.max(after),
        }
        Ok((low, high.max(low)))
    }

    /// The first entry of this instant or later, by halves: entries stand in the order of their instants, but for a few.
    async fn position(&self, scope: &Scope, at: Time, (low, high): (i64, i64)) -> Result<i64, StoreError> {
        let (mut before, mut after) = (low, high);
        while after - before > 1 {
            let middle = before + (after - before) / 2;
            let rows = self
                .pool
                .fetch(
                    "SELECT at FROM events WHERE scope = $1 AND sequence >= $2 ORDER BY sequence LIMIT 1",
                    values![scope.organisation, middle],
                )
                .await?;
            match rows.first().map(|row| row.time(0)).transpose()? {
                Some(there) if there < at => before = middle,
                _ => after = middle,
            }
        }
        Ok(after)
    }
}

impl Found<Row> {
    fn each<T>(self, read: impl FnMut(&Row) -> Result<T, StoreError>) -> Result<Found<T>, StoreError> {
        let Self { entries, looked_through, next } = self;
        let entries = entries.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Found { entries, looked_through, next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_meant_whole_bare_or_by_its_beginning() {
        for (written, pattern) in [
            ("notafter.alert.moved.v1", "notafter.alert.moved.v1"),
            ("alert.moved", "notafter.alert.moved.v%"),
            (" Alert.* ", "notafter.alert.%"),
            ("*", "notafter.%"),
            ("a_b", "notafter.a!_b.v%"),
        ] {
            let wanted = Events { kind: Some(written.to_owned()), ..Events::default() };
            assert_eq!(wanted.kinds().as_deref(), Some(pattern), "{written}");
        }
        assert_eq!(Events { kind: Some(" ".to_owned()), ..Events::default() }.kinds(), None);
        assert!(Events { kind: Some(" ".to_owned()), ..Events::default() }.is_everything());
    }
}

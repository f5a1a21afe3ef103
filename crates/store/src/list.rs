//! Long lists in parts: searched, the worst at the top, each part with one question however many rows there are.

use std::collections::BTreeMap;

use notafter_cert::Time;
use notafter_inventory::model::{Endpoint, Finding, Label, OwnerId, Severity};

use crate::dialect::Both;
use crate::entity::finding::rank;
use crate::sql::{Row, Value, json, values};
use crate::{Scope, Store, StoreError};

/// So many words of a search count; nobody types more to find one row.
const WORDS: usize = 4;

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Words that must all be in a row, in whatever case; the first four count.
    pub search: String,
    /// Rows before the part.
    pub from: u32,
    /// Rows of the part, at most.
    pub rows: u32,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed<T> {
    /// Its rows.
    pub rows: Vec<T>,
    /// How many rows the whole list has.
    pub all: u64,
}

/// How an endpoint stands: the worst of its open findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Nothing is amiss.
    Sound,
    /// Nobody has looked yet.
    NotLookedAt,
    /// It could not be judged.
    Unknown,
    /// Somebody should act, soon.
    Warning,
    /// Somebody must act, now.
    Critical,
}

/// An endpoint in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointRow {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// How it stands.
    pub standing: Standing,
    /// When it was last looked at.
    pub looked_at: Option<Time>,
    /// How many addresses it has, as far as they were seen.
    pub addresses: u64,
}

/// Which endpoints are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Endpoints<'a> {
    /// Only those that stand so.
    pub standing: Option<Standing>,
    /// Only those with this label.
    pub label: Option<Label<'a>>,
}

/// Which findings are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Findings<'a> {
    /// Those that have ended, newest first; else those that are open, the worst first, then the oldest.
    pub closed: bool,
    /// Only these.
    pub severity: Option<Severity>,
    /// Only of this rule.
    pub code: Option<&'a str>,
    /// Only what this owner answers for.
    pub owner: Option<OwnerId>,
    /// Only about endpoints and lineages with this label, and about places of such lineages.
    pub label: Option<Label<'a>>,
}

/// Whether a document has a label: `$label` is a pattern of it as it is written, which most rows do not fit, so that few are read
/// as JSON; then come its key and its value.
macro_rules! labelled {
    ($document:literal, $members:literal, $members_end:literal, $pattern:literal, $key:literal, $value:literal) => {
        concat!(
            $document,
            " LIKE ",
            $pattern,
            " ESCAPE '!' AND EXISTS (SELECT 1 FROM ",
            $members,
            $document,
            $members_end,
            " AS label WHERE label.key = ",
            $key,
            " AND (",
            $value,
            " IS NULL OR label.value = ",
            $value,
            "))"
        )
    };
}

/// `$1` scope, `$2` owner, `$3` to `$6` patterns, `$7` a standing, `$8` to `$10` a label.
macro_rules! endpoints_where {
    ($members:literal, $members_end:literal) => {
        concat!(
            "FROM endpoints WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2)
             AND ($7 IS NULL OR standing = $7) AND ($3 IS NULL OR (lower(target) LIKE $3 ESCAPE '!'
             AND lower(target) LIKE $4 ESCAPE '!' AND lower(target) LIKE $5 ESCAPE '!'
             AND lower(target) LIKE $6 ESCAPE '!')) AND ($8 IS NULL OR (",
            labelled!("document", $members, $members_end, "$8", "$9", "$10"),
            "))"
        )
    };
}

macro_rules! endpoints {
    ($before:literal, $after:literal) => {
        Both {
            sqlite: concat!($before, endpoints_where!("json_each(", ", '$.labels')"), $after),
            postgres: concat!(
                $before,
                endpoints_where!("jsonb_each_text((", ")::jsonb -> 'labels')"),
                $after
            ),
        }
    };
}

const ENDPOINTS: Both = endpoints!(
    "SELECT e.document, e.standing, s.looked_at, (SELECT count(*) FROM looks AS l WHERE l.endpoint_id = e.id)
     FROM (SELECT id ",
    " ORDER BY standing DESC, target LIMIT $11 OFFSET $12) AS part
     JOIN endpoints AS e ON e.id = part.id LEFT JOIN endpoint_states AS s ON s.endpoint_id = e.id
     ORDER BY e.standing DESC, e.target"
);

const ENDPOINTS_ALL: Both = endpoints!("SELECT count(*) ", "");

/// `$1` scope, `$2` owner, `$3` to `$6` patterns, `$7` open, `$8` a severity, `$9` a code, `$10` an owner again, `$11` to `$13` a
/// label. People know a finding by the name of its endpoint or lineage: that is searched, too.
macro_rules! findings_where {
    ($before_hex:literal, $after_hex:literal, $members:literal, $members_end:literal) => {
        concat!(
            "FROM findings AS f WHERE f.scope = $1 AND f.is_open = $7 AND ($2 IS NULL OR f.owner_id = $2)
             AND ($8 IS NULL OR f.severity = $8) AND ($9 IS NULL OR f.code = $9)
             AND ($10 IS NULL OR f.owner_id = $10) AND ($3 IS NULL OR EXISTS (
                SELECT 1 FROM (SELECT lower(f.document || ' ' || coalesce(
                    (SELECT e.target FROM endpoints AS e WHERE e.id =
                     CASE WHEN f.subject LIKE 'endpoint:%' THEN ",
            $before_hex, "substr(f.subject, 13)", $after_hex,
            " END), (SELECT n.name FROM lineages AS n WHERE n.id =
                     CASE WHEN f.subject LIKE 'lineage:%' THEN ",
            $before_hex, "substr(f.subject, 12)", $after_hex,
            " END), '')) AS words) AS searched
                WHERE words LIKE $3 ESCAPE '!' AND words LIKE $4 ESCAPE '!'
                AND words LIKE $5 ESCAPE '!' AND words LIKE $6 ESCAPE '!'))
             AND ($11 IS NULL OR EXISTS (SELECT 1 FROM endpoints AS e WHERE e.id =
                CASE WHEN f.subject LIKE 'endpoint:%' THEN ",
            $before_hex, "substr(f.subject, 13)", $after_hex, " END AND ",
            labelled!("e.document", $members, $members_end, "$11", "$12", "$13"),
            ") OR EXISTS (SELECT 1 FROM lineages AS n WHERE n.id = coalesce(
                CASE WHEN f.subject LIKE 'lineage:%' THEN ",
            $before_hex, "substr(f.subject, 12)", $after_hex,
            " END, (SELECT p.lineage_id FROM places AS p WHERE p.id = CASE WHEN f.subject LIKE 'place:%' THEN ",
            $before_hex, "substr(f.subject, 10)", $after_hex, " END)) AND ",
            labelled!("n.document", $members, $members_end, "$11", "$12", "$13"),
            "))"
        )
    };
}

macro_rules! findings {
    ($what:literal, $order:literal) => {
        Both {
            sqlite: concat!(
                "SELECT ",
                $what,
                " ",
                findings_where!("unhex(", ")", "json_each(", ", '$.labels')"),
                $order
            ),
            postgres: concat!(
                "SELECT ",
                $what,
                " ",
                findings_where!("decode(", ", 'hex')", "jsonb_each_text((", ")::jsonb -> 'labels')"),
                $order
            ),
        }
    };
}

const FINDINGS_OPEN: Both = findings!("f.document", " ORDER BY f.severity DESC, f.id LIMIT $14 OFFSET $15");
const FINDINGS_CLOSED: Both = findings!("f.document", " ORDER BY f.id DESC LIMIT $14 OFFSET $15");
const FINDINGS_ALL: Both = findings!("count(*)", "");

impl Standing {
    const fn of(stored: i64) -> Self {
        match stored {
            0 => Self::Sound,
            2 => Self::Unknown,
            3 => Self::Warning,
            4.. => Self::Critical,
            _ => Self::NotLookedAt,
        }
    }

    const fn stored(self) -> i64 {
        match self {
            Self::Sound => 0,
            Self::NotLookedAt => 1,
            Self::Unknown => 2,
            Self::Warning => 3,
            Self::Critical => 4,
        }
    }

    /// How bad that is.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::Sound => Severity::Ok,
            Self::NotLookedAt | Self::Unknown => Severity::Unknown,
            Self::Warning => Severity::Warning,
            Self::Critical => Severity::Critical,
        }
    }
}

impl Part {
    /// The patterns of its words; nothing where nothing is searched for.
    fn patterns(&self) -> [Value; WORDS] {
        let words = self.search.to_lowercase();
        let mut patterns = words.split_whitespace().map(pattern);
        match patterns.next() {
            None => [const { Value::Text(None) }; WORDS],
            first => std::array::from_fn(|at| match at {
                0 => Value::Text(first.clone()),
                _ => Value::Text(Some(patterns.next().unwrap_or_else(|| "%".to_owned()))),
            }),
        }
    }
}

/// A text anywhere, whatever it is made of.
fn pattern(text: &str) -> String {
    let mut pattern = "%".to_owned();
    for character in text.chars() {
        if matches!(character, '!' | '%' | '_') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern + "%"
}

/// A pattern of a label as documents have it, its key, and its value.
fn labelled(label: Option<Label<'_>>) -> Result<[Value; 3], StoreError> {
    let Some(Label { key, value }) = label else { return Ok([const { Value::Text(None) }; 3]) };
    let mut written = json("label", &key)? + ":";
    if let Some(value) = value {
        written += &json("label", &value)?;
    }
    let value = value.map(str::to_owned);
    Ok([Value::Text(Some(pattern(&written))), Value::Text(Some(key.to_owned())), Value::Text(value)])
}

impl Store {
    /// A part of the endpoints, the worst at the top, then by target.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn list_endpoints(
        &self,
        scope: &Scope,
        wanted: Endpoints<'_>,
        part: &Part,
    ) -> Result<Listed<EndpointRow>, StoreError> {
        let mut values = values![scope.organisation, scope.owner];
        values.extend(part.patterns());
        values.push(Value::from(wanted.standing.map(Standing::stored)));
        values.extend(labelled(wanted.label)?);
        let all = self.counted(self.dialect().pick(ENDPOINTS_ALL), values.clone()).await?;
        values.extend(values![i64::from(part.rows), i64::from(part.from)]);
        let rows = self.pool.fetch(self.dialect().pick(ENDPOINTS), values).await?;
        let row = |row: &Row| {
            Ok(EndpointRow {
                endpoint: row.document(0, "endpoint")?,
                standing: Standing::of(row.int(1)?),
                looked_at: row.maybe_int(2)?.map(Time::from_micros),
                addresses: u64::try_from(row.int(3)?).unwrap_or(0),
            })
        };
        Ok(Listed { rows: rows.iter().map(row).collect::<Result<_, StoreError>>()?, all })
    }

    /// How many endpoints stand how.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn standings(&self, scope: &Scope) -> Result<BTreeMap<Standing, u64>, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT standing, count(*) FROM endpoints WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2)
                 GROUP BY standing",
                values![scope.organisation, scope.owner],
            )
            .await?;
        rows.iter().map(|row| Ok((Standing::of(row.int(0)?), count(row, 1)?))).collect()
    }

    /// A part of the findings.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn list_findings(
        &self,
        scope: &Scope,
        wanted: Findings<'_>,
        part: &Part,
    ) -> Result<Listed<Finding>, StoreError> {
        let mut values = values![scope.organisation, scope.owner];
        values.extend(part.patterns());
        values.extend(values![
            !wanted.closed,
            wanted.severity.map(rank),
            wanted.code.map(str::to_owned),
            wanted.owner
        ]);
        values.extend(labelled(wanted.label)?);
        let all = self.counted(self.dialect().pick(FINDINGS_ALL), values.clone()).await?;
        values.extend(values![i64::from(part.rows), i64::from(part.from)]);
        let findings = if wanted.closed { FINDINGS_CLOSED } else { FINDINGS_OPEN };
        let rows = self.documents("finding", self.dialect().pick(findings), values).await?;
        Ok(Listed { rows, all })
    }

    /// How many findings of each severity are open.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn open_severities(&self, scope: &Scope) -> Result<BTreeMap<Severity, u64>, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT severity, count(*) FROM findings
                 WHERE scope = $1 AND is_open = 1 AND ($2 IS NULL OR owner_id = $2) GROUP BY severity",
                values![scope.organisation, scope.owner],
            )
            .await?;
        rows.iter().map(|row| Ok((Standing::of(row.int(0)?).severity(), count(row, 1)?))).collect()
    }

    async fn counted(&self, sql: &'static str, values: Vec<Value>) -> Result<u64, StoreError> {
        let rows = self.pool.fetch(sql, values).await?;
        rows.first().map_or(Ok(0), |row| count(row, 0))
    }
}

fn count(row: &Row, position: usize) -> Result<u64, StoreError> {
    Ok(u64::try_from(row.int(position)?).unwrap_or(0))
}

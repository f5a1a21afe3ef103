//! Long lists in parts: searched, the worst at the top, each part with one question however many rows there are.

use std::collections::BTreeMap;

use notafter_cert::Time;
use notafter_inventory::model::{
    Endpoint, EndpointId, Finding, FindingId, Label, OwnerId, Severity, Subject,
};

use crate::dialect::Both;
use crate::entity::finding::rank;
use crate::sql::{Row, Value, json, values};
use crate::standing::Standing;
use crate::tally::Counts;
use crate::{Scope, Store, StoreError};

/// Rows behind a part that are looked through with it.
const FOUND_ON_THE_WAY: i64 = 2_000;
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
    /// Only of this rule, or of rules that begin so: `renewal.*`.
    pub code: Option<&'a str>,
    /// Only what this owner answers for.
    pub owner: Option<OwnerId>,
    /// Only about endpoints and lineages with this label, and about places of such lineages.
    pub label: Option<Label<'a>>,
}

/// Whether a document, or a column of labels, has a label: `$pattern` is a pattern of it as it is written, which most rows do not fit, so that few are read
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

/// `$1` scope, `$2` owner, `$3` to `$6` patterns, `$7` a standing. All of it is in an index, and nothing else is read for it.
macro_rules! endpoints_where {
    ($target:literal) => {
        concat!(
            "FROM endpoints WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2) AND ($7 IS NULL OR standing = $7)
             AND ($3 IS NULL OR (",
            $target,
            " LIKE $3 ESCAPE '!' AND ($4 IS NULL OR ",
            $target,
            " LIKE $4 ESCAPE '!') AND ($5 IS NULL OR ",
            $target,
            " LIKE $5 ESCAPE '!') AND ($6 IS NULL OR ",
            $target,
            " LIKE $6 ESCAPE '!')))"
        )
    };
}

/// The same, and `$8` to `$10` a label, which is in that index as well.
macro_rules! endpoints_labelled_where {
    ($target:literal, $members:literal, $members_end:literal) => {
        concat!(
            endpoints_where!($target),
            " AND ",
            labelled!("labels", $members, $members_end, "$8", "$9", "$10")
        )
    };
}

/// The rows of a part, each with how many were found on the way: as many as `$most` at the most.
macro_rules! endpoints {
    ($where:expr, $rows:literal, $from:literal, $most:literal) => {
        concat!(
            "WITH found AS MATERIALIZED (SELECT id, standing, target ",
            $where,
            " ORDER BY standing DESC, target LIMIT ",
            $most,
            "), part AS (SELECT id FROM found ORDER BY standing DESC, target LIMIT ",
            $rows,
            " OFFSET ",
            $from,
            ")
             SELECT e.document, e.standing, s.looked_at, (SELECT count(*) FROM looks AS l WHERE l.endpoint_id = e.id),
                (SELECT count(*) FROM found)
             FROM part JOIN endpoints AS e ON e.id = part.id LEFT JOIN endpoint_states AS s ON s.endpoint_id = e.id
             ORDER BY e.standing DESC, e.target"
        )
    };
}

// SQLite's LIKE takes capital letters for small ones.
const ENDPOINTS: Both = Both {
    sqlite: endpoints!(endpoints_where!("target"), "$8", "$9", "$10"),
    postgres: endpoints!(endpoints_where!("lower(target)"), "$8", "$9", "$10"),
};
const ENDPOINTS_ALL: Both = Both {
    sqlite: concat!("SELECT CAST(0 AS BIGINT), count(*) ", endpoints_where!("target")),
    postgres: concat!("SELECT CAST(0 AS BIGINT), count(*) ", endpoints_where!("lower(target)")),
};
const ENDPOINTS_LABELLED: Both = Both {
    sqlite: endpoints!(endpoints_labelled_where!("target", "json_each(", ")"), "$11", "$12", "$13"),
    postgres: endpoints!(
        endpoints_labelled_where!("lower(target)", "jsonb_each_text((", ")::jsonb)"),
        "$11",
        "$12",
        "$13"
    ),
};
const ENDPOINTS_ALL_LABELLED: Both = Both {
    sqlite: concat!(
        "SELECT CAST(0 AS BIGINT), count(*) ",
        endpoints_labelled_where!("target", "json_each(", ")")
    ),
    postgres: concat!(
        "SELECT CAST(0 AS BIGINT), count(*) ",
        endpoints_labelled_where!("lower(target)", "jsonb_each_text((", ")::jsonb)")
    ),
};

/// Endpoints by identity: those that `$which` names, after `$after`, `$rows` at the most.
macro_rules! endpoints_after {
    ($which:expr, $from:literal, $after:literal, $rows:literal) => {
        concat!(
            $which,
            "part AS (SELECT id FROM ",
            $from,
            " AND id > ",
            $after,
            " ORDER BY id LIMIT ",
            $rows,
            ")
             SELECT e.document, e.standing, s.looked_at, (SELECT count(*) FROM looks AS l WHERE l.endpoint_id = e.id)
             FROM part JOIN endpoints AS e ON e.id = part.id LEFT JOIN endpoint_states AS s ON s.endpoint_id = e.id
             ORDER BY e.id"
        )
    };
}

/// What is searched for is found in the index that has it, and then put in order.
macro_rules! endpoints_found_after {
    ($where:expr, $after:literal, $rows:literal) => {
        endpoints_after!(
            concat!("WITH found AS MATERIALIZED (SELECT id ", $where, "), "),
            "found WHERE 1 = 1",
            $after,
            $rows
        )
    };
}

// `+scope`: by it SQLite would find all of them, and put them in order.
const ENDPOINTS_AFTER: &str =
    endpoints_after!("WITH ", "endpoints WHERE +scope = $1 AND ($2 IS NULL OR owner_id = $2)", "$3", "$4");
const ENDPOINTS_FOUND_AFTER: Both = Both {
    sqlite: endpoints_found_after!(endpoints_where!("target"), "$8", "$9"),
    postgres: endpoints_found_after!(endpoints_where!("lower(target)"), "$8", "$9"),
};
const ENDPOINTS_LABELLED_AFTER: Both = Both {
    sqlite: endpoints_found_after!(endpoints_labelled_where!("target", "json_each(", ")"), "$11", "$12"),
    postgres: endpoints_found_after!(
        endpoints_labelled_where!("lower(target)", "jsonb_each_text((", ")::jsonb)"),
        "$11",
        "$12"
    ),
};

/// `$1` scope, `$2` owner, `$3` to `$6` patterns, `$7` a severity, `$8` a pattern of codes, `$9` an owner again, `$10` to `$12` a label.
/// Whether they are open is written out, or the index of those that are would not be used. People know a finding by the name of
/// its endpoint or lineage: that is searched, too.
macro_rules! findings_where {
    ($is_open:literal, $before_hex:literal, $after_hex:literal, $members:literal, $members_end:literal) => {
        concat!(
            "FROM findings AS f WHERE f.scope = $1 AND f.is_open = ",
            $is_open,
            " AND ($2 IS NULL OR f.owner_id = $2)
             AND ($7 IS NULL OR f.severity = $7) AND ($8 IS NULL OR f.code LIKE $8 ESCAPE '!')
             AND ($9 IS NULL OR f.owner_id = $9) AND ($3 IS NULL OR EXISTS (
                SELECT 1 FROM (SELECT lower(f.document || ' ' || coalesce(
                    (SELECT e.target FROM endpoints AS e WHERE e.id =
                     CASE WHEN f.subject LIKE 'endpoint:%' THEN ",
            $before_hex, "substr(f.subject, 13)", $after_hex,
            " END), (SELECT n.name FROM lineages AS n WHERE n.id =
                     CASE WHEN f.subject LIKE 'lineage:%' THEN ",
            $before_hex, "substr(f.subject, 12)", $after_hex,
            " END), '')) AS words) AS searched
                WHERE words LIKE $3 ESCAPE '!' AND ($4 IS NULL OR words LIKE $4 ESCAPE '!')
                AND ($5 IS NULL OR words LIKE $5 ESCAPE '!') AND ($6 IS NULL OR words LIKE $6 ESCAPE '!')))
             AND ($10 IS NULL OR EXISTS (SELECT 1 FROM endpoints AS e WHERE e.id =
                CASE WHEN f.subject LIKE 'endpoint:%' THEN ",
            $before_hex, "substr(f.subject, 13)", $after_hex, " END AND ",
            labelled!("e.document", $members, $members_end, "$10", "$11", "$12"),
            ") OR EXISTS (SELECT 1 FROM lineages AS n WHERE n.id = coalesce(
                CASE WHEN f.subject LIKE 'lineage:%' THEN ",
            $before_hex, "substr(f.subject, 12)", $after_hex,
            " END, (SELECT p.lineage_id FROM places AS p WHERE p.id = CASE WHEN f.subject LIKE 'place:%' THEN ",
            $before_hex, "substr(f.subject, 10)", $after_hex, " END)) AND ",
            labelled!("n.document", $members, $members_end, "$10", "$11", "$12"),
            "))"
        )
    };
}

macro_rules! findings {
    ($is_open:literal, $what:literal, $order:literal) => {
        Both {
            sqlite: concat!(
                "SELECT ",
                $what,
                " ",
                findings_where!($is_open, "unhex(", ")", "json_each(", ", '$.labels')"),
                $order
            ),
            postgres: concat!(
                "SELECT ",
                $what,
                " ",
                findings_where!(
                    $is_open,
                    "decode(",
                    ", 'hex')",
                    "jsonb_each_text((",
                    ")::jsonb -> 'labels')"
                ),
                $order
            ),
        }
    };
}

const FINDINGS_OPEN: Both =
    findings!("1", "f.document", " ORDER BY f.severity DESC, f.id LIMIT $13 OFFSET $14");
const FINDINGS_CLOSED: Both = findings!("0", "f.document", " ORDER BY f.id DESC LIMIT $13 OFFSET $14");
const FINDINGS_OPEN_AFTER: Both = findings!(
    "1",
    "f.document",
    " AND ($13 IS NULL OR f.id > $13) AND ($14 IS NULL OR f.subject = $14) ORDER BY f.id LIMIT $15"
);
const FINDINGS_CLOSED_AFTER: Both = findings!(
    "0",
    "f.document",
    " AND ($13 IS NULL OR f.id > $13) AND ($14 IS NULL OR f.subject = $14) ORDER BY f.id LIMIT $15"
);
const FINDINGS_ANY_AFTER: Both = findings!(
    "f.is_open",
    "f.document",
    " AND ($13 IS NULL OR f.id > $13) AND ($14 IS NULL OR f.subject = $14) ORDER BY f.id LIMIT $15"
);
const FINDINGS_ALL_OPEN: Both = findings!("1", "count(*)", "");
const FINDINGS_ALL_CLOSED: Both = findings!("0", "count(*)", "");

impl Part {
    /// The patterns of its words; nothing where nothing is searched for.
    pub(crate) fn patterns(&self) -> [Value; WORDS] {
        let words = self.search.to_lowercase();
        let mut patterns = words.split_whitespace().map(pattern);
        match patterns.next() {
            None => [const { Value::Text(None) }; WORDS],
            first => std::array::from_fn(|at| match at {
                0 => Value::Text(first.clone()),
                _ => Value::Text(patterns.next()),
            }),
        }
    }
}

/// A text anywhere, whatever it is made of.
pub(crate) fn pattern(text: &str) -> String {
    format!("%{}%", literal(text))
}

/// A text as a pattern that only it fits.
pub(crate) fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '!' | '%' | '_') {
            literal.push('!');
        }
        literal.push(character);
    }
    literal
}

/// A code, or those that begin so.
fn codes(code: &str) -> String {
    match code.strip_suffix('*') {
        Some(area) => literal(area) + "%",
        None => literal(code),
    }
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
        let (count, select) = match wanted.label {
            None => (ENDPOINTS_ALL, ENDPOINTS),
            Some(label) => {
                values.extend(labelled(Some(label))?);
                (ENDPOINTS_ALL_LABELLED, ENDPOINTS_LABELLED)
            }
        };
        let which = values.clone();
        // What is searched for is mostly among few: they are counted with the part, and not by looking at all once more.
        let most = i64::from(part.from) + i64::from(part.rows) + FOUND_ON_THE_WAY;
        values.extend(values![i64::from(part.rows), i64::from(part.from), most]);
        let rows = self.pool.fetch(self.dialect().pick(select), values).await?;
        let found = rows.first().map(|row| row.int(4)).transpose()?.filter(|found| *found < most);
        let all = match found {
            Some(found) => u64::try_from(found).unwrap_or(0),
            None => self.tally(self.dialect().pick(count), which).await?.iter().map(|(_, many)| many).sum(),
        };
        Ok(Listed { rows: endpoint_rows(&rows)?, all })
    }

    /// Endpoints by identity after one, of those that are wanted and have every word of the search: a page of a list that may be
    /// a million long.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn search_endpoints(
        &self,
        scope: &Scope,
        wanted: Endpoints<'_>,
        search: &str,
        (after, limit): (Option<EndpointId>, u32),
    ) -> Result<Vec<EndpointRow>, StoreError> {
        let mut values = values![scope.organisation, scope.owner];
        let select = if search.trim().is_empty() && wanted == Endpoints::default() {
            ENDPOINTS_AFTER
        } else {
            values.extend(Part { search: search.to_owned(), from: 0, rows: limit }.patterns());
            values.push(Value::from(wanted.standing.map(Standing::stored)));
            self.dialect().pick(match wanted.label {
                None => ENDPOINTS_FOUND_AFTER,
                Some(label) => {
                    values.extend(labelled(Some(label))?);
                    ENDPOINTS_LABELLED_AFTER
                }
            })
        };
        let after = after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
        values.extend(values![after, i64::from(limit)]);
        endpoint_rows(&self.pool.fetch(select, values).await?)
    }

    /// How many endpoints stand how.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn standings(&self, scope: &Scope) -> Result<BTreeMap<Standing, u64>, StoreError> {
        let sql =
            "SELECT standing, count(*) FROM endpoints WHERE scope = $1 AND ($2 IS NULL OR owner_id = $2)
                   GROUP BY standing";
        let counts = self.tally(sql, values![scope.organisation, scope.owner]).await?;
        Ok(counts.into_iter().map(|(standing, many)| (Standing::of(standing), many)).collect())
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
        values.extend(values![wanted.severity.map(rank), wanted.code.map(codes), wanted.owner]);
        values.extend(labelled(wanted.label)?);
        let (count, select) = match wanted.closed {
            false => (FINDINGS_ALL_OPEN, FINDINGS_OPEN),
            true => (FINDINGS_ALL_CLOSED, FINDINGS_CLOSED),
        };
        let all = self.counted(self.dialect().pick(count), values.clone()).await?;
        values.extend(values![i64::from(part.rows), i64::from(part.from)]);
        let rows = self.documents("finding", self.dialect().pick(select), values).await?;
        Ok(Listed { rows, all })
    }

    /// Findings after one, oldest first: open ones, closed ones, or both where it is not said; in whatever order `wanted` is
    /// listed.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn search_findings(
        &self,
        scope: &Scope,
        (is_open, wanted): (Option<bool>, Findings<'_>),
        (search, subject): (&str, Option<&Subject>),
        (after, limit): (Option<FindingId>, u32),
    ) -> Result<Vec<Finding>, StoreError> {
        let part = Part { search: search.to_owned(), from: 0, rows: limit };
        let mut values = values![scope.organisation, scope.owner];
        values.extend(part.patterns());
        values.extend(values![wanted.severity.map(rank), wanted.code.map(codes), wanted.owner]);
        values.extend(labelled(wanted.label)?);
        values.extend(values![after, subject.map(Subject::to_string), i64::from(limit)]);
        let select = match is_open {
            Some(true) => FINDINGS_OPEN_AFTER,
            Some(false) => FINDINGS_CLOSED_AFTER,
            None => FINDINGS_ANY_AFTER,
        };
        self.documents("finding", self.dialect().pick(select), values).await
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

    /// Numbers with how many rows there are of each: of very many rows, as they were a moment ago at the earliest.
    async fn tally(&self, sql: &'static str, values: Vec<Value>) -> Result<Counts, StoreError> {
        let question = format!("{sql} {values:?}");
        let counted = async {
            let rows = self.pool.fetch(sql, values).await?;
            rows.iter().map(|row| Ok((row.int(0)?, count(row, 1)?))).collect()
        };
        self.tallies.answer(question, std::time::Instant::now, counted).await
    }

    async fn counted(&self, sql: &'static str, values: Vec<Value>) -> Result<u64, StoreError> {
        let rows = self.pool.fetch(sql, values).await?;
        rows.first().map_or(Ok(0), |row| count(row, 0))
    }
}

fn endpoint_rows(rows: &[Row]) -> Result<Vec<EndpointRow>, StoreError> {
    let row = |row: &Row| {
        Ok(EndpointRow {
            endpoint: row.document(0, "endpoint")?,
            standing: Standing::of(row.int(1)?),
            looked_at: row.maybe_int(2)?.map(Time::from_micros),
            addresses: count(row, 3)?,
        })
    };
    rows.iter().map(row).collect()
}

fn count(row: &Row, position: usize) -> Result<u64, StoreError> {
    Ok(u64::try_from(row.int(position)?).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Location;

    #[test]
    fn a_pattern_of_codes_found_nothing() {
        for (code, pattern) in [
            ("renewal.failing", "renewal.failing"),
            ("renewal.*", "renewal.%"),
            ("*", "%"),
            ("a_b%", "a!_b!%"),
        ] {
            assert_eq!(codes(code), pattern, "{code}");
        }
    }

    /// Since lists could be kept to a label, every document was read for each, with a label or without.
    #[tokio::test]
    async fn lists_read_an_index_in_its_order_and_no_documents() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::File(folder.path().join("database"));
        let store = Store::open(&location, Time::from_unix_seconds(0)).await.unwrap();
        let plan = async |statement: Both, parameters: usize| {
            let explained: &'static str = format!("EXPLAIN QUERY PLAN {}", statement.sqlite).leak();
            let rows = store.pool.fetch(explained, vec![Value::Text(None); parameters]).await.unwrap();
            let steps: Vec<String> = rows.iter().map(|row| row.text(3).unwrap()).collect();
            steps.join("\n")
        };
        let counted = plan(ENDPOINTS_ALL, 7).await;
        assert_eq!(counted, "SEARCH endpoints USING COVERING INDEX endpoints_order (scope=?)");
        let read = plan(ENDPOINTS, 10).await;
        let (_, found) = read.split_once("MATERIALIZE found\n").unwrap();
        let found: Vec<&str> = found.lines().take(2).collect();
        assert_eq!(found[0], "SEARCH endpoints USING COVERING INDEX endpoints_order (scope=?)", "{read}");
        assert!(!found[1].contains("ORDER BY"), "it is not sorted: {read}");
        assert!(plan(FINDINGS_OPEN, 14).await.contains("USING INDEX findings_severity (scope=?)"));
        for (labelled, parameters) in [(ENDPOINTS_ALL_LABELLED, 10), (ENDPOINTS_LABELLED, 13)] {
            let read = plan(labelled, parameters).await;
            assert!(
                read.contains("SEARCH endpoints USING COVERING INDEX endpoints_order (scope=?)"),
                "{read}"
            );
        }
        let api = Both { sqlite: ENDPOINTS_AFTER, postgres: ENDPOINTS_AFTER };
        let read = plan(api, 4).await;
        assert!(read.contains("SEARCH endpoints USING PRIMARY KEY (id>?)"), "{read}");
        let (part, _) = read.split_once("SCAN part").unwrap();
        assert!(!part.contains("ORDER BY"), "it is not sorted: {read}");
        for (found, parameters) in [(ENDPOINTS_FOUND_AFTER, 9), (ENDPOINTS_LABELLED_AFTER, 12)] {
            let read = plan(found, parameters).await;
            assert!(
                read.contains("SEARCH endpoints USING COVERING INDEX endpoints_order (scope=?)"),
                "{read}"
            );
        }
        store.close().await;
    }
}

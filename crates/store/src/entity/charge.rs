//! What CAs count against us.

use notafter_cert::{Time, hex};
use notafter_inventory::ledger::{Charge, Counted, Question, charges};
use notafter_inventory::model::{Order, OrderId};

use crate::dialect::Both;
use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

/// Orders that were begun longer ago fill no bucket any more.
const KNOWN_BEFORE: notafter_cert::Span = notafter_cert::Span::days(30);

const CHARGES: Both = Both {
    sqlite: "SELECT subject, at, source, exemption FROM charges
             WHERE issuer_id = $1 AND counted = $2 AND at >= $4 AND (exemption & $5) = 0 AND scope = $6
             AND subject IN (SELECT value FROM json_each($3))",
    postgres: "SELECT subject, at, source, exemption FROM charges
             WHERE issuer_id = $1 AND counted = $2 AND at >= $4 AND (exemption & $5) = 0 AND scope = $6
             AND subject IN (SELECT value FROM jsonb_array_elements_text($3::jsonb) AS value)",
};

/// `$1` is a JSON array of `[issuer, counted, subject, at, source, exemption]`, `$2` the scope. Whatever was known of a
/// charge, what it is exempt from may be known only now.
const PUT: Both = Both {
    sqlite: "INSERT INTO charges (issuer_id, counted, subject, at, source, scope, exemption)
             SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, unhex(value ->> 4), $2, value ->> 5
             FROM json_each($1) WHERE true
             ON CONFLICT (issuer_id, counted, subject, at, source) DO UPDATE SET exemption = excluded.exemption",
    postgres: "INSERT INTO charges (issuer_id, counted, subject, at, source, scope, exemption)
             SELECT decode(value ->> 0, 'hex'), value ->> 1, value ->> 2, (value ->> 3)::bigint,
                    decode(value ->> 4, 'hex'), $2, (value ->> 5)::bigint
             FROM jsonb_array_elements($1::jsonb) AS value
             ON CONFLICT (issuer_id, counted, subject, at, source) DO UPDATE SET exemption = excluded.exemption",
};

pub(crate) async fn put(tx: &mut Tx, scope: &Scope, charges: &[Charge]) -> Result<(), StoreError> {
    if charges.is_empty() {
        return Ok(());
    }
    let entry = |charge: &Charge| {
        serde_json::json!([
            hex(charge.issuer.as_bytes()),
            charge.counted.name(),
            charge.subject,
            charge.at.as_micros(),
            hex(&charge.source),
            charge.exemption
        ])
    };
    let entries: Vec<serde_json::Value> = charges.iter().map(entry).collect();
    tx.execute(tx.dialect().pick(PUT), values![json("charges", &entries)?, scope.organisation]).await?;
    Ok(())
}

const ACQUIT: Both = Both {
    sqlite: "DELETE FROM charges WHERE issuer_id = $1 AND counted = $2 AND at <= $4 AND scope = $5
             AND subject IN (SELECT value FROM json_each($3))",
    postgres: "DELETE FROM charges WHERE issuer_id = $1 AND counted = $2 AND at <= $4 AND scope = $5
             AND subject IN (SELECT value FROM jsonb_array_elements_text($3::jsonb) AS value)",
};

/// A success ends a name's row of failures, at the CA and here.
pub(crate) async fn acquit(tx: &mut Tx, scope: &Scope, order: &Order) -> Result<(), StoreError> {
    let (Some(at), Some("issued")) = (order.closed_at, order.ended.as_deref()) else { return Ok(()) };
    let names = json("identifiers", &order.identifiers)?;
    let kind = Counted::ConsecutiveFailure.name();
    tx.execute(tx.dialect().pick(ACQUIT), values![order.issuer_id, kind, names, at, scope.organisation])
        .await?;
    Ok(())
}

/// Charges for the orders of a database that kept none.
pub(crate) async fn of_known_orders(tx: &mut Tx, now: Time) -> Result<(), StoreError> {
    let first = OrderId::new(now - KNOWN_BEFORE, [0; 10]);
    let rows = tx
        .fetch(
            "SELECT scope, document FROM orders WHERE id >= $1 ORDER BY id",
            values![first.as_bytes()[..6].to_vec()],
        )
        .await?;
    for row in &rows {
        let scope = Scope { organisation: row.int(0)?, ..Scope::EVERYTHING };
        let order: Order = row.document(1, "order")?;
        put(tx, &scope, &charges(&order)).await?;
    }
    Ok(())
}

impl Store {
    /// The charges that a prediction of limits needs, in no particular order.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn charges(&self, scope: &Scope, question: &Question) -> Result<Vec<Charge>, StoreError> {
        let Question { issuer, counted, .. } = *question;
        let rows = self
            .pool
            .fetch(
                self.dialect().pick(CHARGES),
                values![
                    issuer,
                    counted.name(),
                    json("subjects", &question.subjects)?,
                    question.since,
                    i64::from(question.without),
                    scope.organisation
                ],
            )
            .await?;
        rows.iter()
            .map(|row| {
                let source = row.blob(2)?.try_into();
                Ok(Charge {
                    issuer,
                    counted,
                    subject: row.text(0)?,
                    at: row.time(1)?,
                    source: source
                        .map_err(|_| StoreError::Damaged("an identifier has not 16 bytes".to_owned()))?,
                    exemption: u8::try_from(row.int(3)?).unwrap_or(0),
                })
            })
            .collect()
    }
}

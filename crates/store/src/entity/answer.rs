//! What was answered to calls that carry a key: asked once more, the same is answered and nothing is done again.

use notafter_cert::{Fingerprint, Span, Time};
use serde_json::Value;

use crate::sql::{Tx, json, values};
use crate::{Scope, Store, StoreError};

/// A call is remembered so long.
pub const ANSWERS_KEPT: Span = Span::hours(24);

/// A call, by who makes it and the key that it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Who, and with which rights.
    pub caller: String,
    /// The key, which the caller chose.
    pub key: String,
}

/// A write to what is remembered of calls.
#[derive(Clone, Debug)]
pub enum Answering {
    /// The call begins; with what it asks for. Everything fails with [`StoreError::Overtaken`] where one with this key was begun
    /// within [`ANSWERS_KEPT`].
    Begin(Call, Fingerprint),
    /// What was answered.
    End(Call, Value),
    /// Nothing was done: the key is free again.
    Forget(Call),
}

/// A call that was begun.
#[derive(Clone, Debug, PartialEq)]
pub struct Begun {
    /// What it asks for.
    pub asked: Fingerprint,
    /// What was answered; nothing while it is under way, or where the server ended before its answer.
    pub answer: Option<Value>,
}

pub(crate) async fn write(
    tx: &mut Tx,
    scope: &Scope,
    at: Time,
    answering: &Answering,
) -> Result<(), StoreError> {
    match answering {
        Answering::Begin(Call { caller, key }, asked) => {
            let sql = "INSERT INTO answers (scope, caller, key, asked, at) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (scope, caller, key) DO UPDATE SET asked = excluded.asked, at = excluded.at, document = NULL
                 WHERE answers.at <= $6";
            let over = at - ANSWERS_KEPT;
            let values = values![scope.organisation, caller.as_str(), key.as_str(), *asked, at, over];
            match tx.execute(sql, values).await? {
                0 => Err(StoreError::Overtaken(format!("the call with the key {key:?}"))),
                _ => Ok(()),
            }
        }
        Answering::End(Call { caller, key }, answer) => {
            let sql = "UPDATE answers SET document = $4 WHERE scope = $1 AND caller = $2 AND key = $3";
            let answer = json("answer", answer)?;
            tx.execute(sql, values![scope.organisation, caller.as_str(), key.as_str(), answer]).await?;
            Ok(())
        }
        Answering::Forget(Call { caller, key }) => {
            let sql = "DELETE FROM answers WHERE scope = $1 AND caller = $2 AND key = $3";
            tx.execute(sql, values![scope.organisation, caller.as_str(), key.as_str()]).await?;
            Ok(())
        }
    }
}

impl Store {
    /// A call that was begun within [`ANSWERS_KEPT`] before `now`.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn begun(&self, scope: &Scope, call: &Call, now: Time) -> Result<Option<Begun>, StoreError> {
        let sql =
            "SELECT asked, document FROM answers WHERE scope = $1 AND caller = $2 AND key = $3 AND at > $4";
        let Call { caller, key } = call;
        let values = values![scope.organisation, caller.as_str(), key.as_str(), now - ANSWERS_KEPT];
        let rows = self.pool.fetch(sql, values).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let asked = row.blob(0)?.try_into().map(Fingerprint::from_bytes);
        let asked = asked.map_err(|_| StoreError::Damaged("a hash has not 32 bytes".to_owned()))?;
        let answer = match row.maybe_text(1)? {
            Some(_) => Some(row.document(1, "answer")?),
            None => None,
        };
        Ok(Some(Begun { asked, answer }))
    }
}

//! Who is told by mail what the status page tells, what was told, and the mails on their way.

use std::collections::BTreeSet;

use notafter_cert::Time;
use notafter_inventory::model::{StatusMail, Subscriber, SubscriberId, Subscribers, address_hash};
use notafter_inventory::status_page::News;

use crate::sql::{Row, Tx, json, values};
use crate::{Scope, Store, StoreError};

/// What is written of who is told by mail what the status page tells.
#[derive(Clone, Debug)]
pub enum Subscription {
    /// Somebody who is new, or asked again.
    Put(Subscriber),
    /// Somebody as they are now; nothing where they left meanwhile.
    Update(Subscriber),
    /// Somebody is told no more, and the mails to them are not sent.
    Remove(SubscriberId),
    /// Whoever was asked before this instant and did not confirm is forgotten.
    ForgetUnconfirmed(Time),
    /// Something is told by mail. Everything fails with [`StoreError::Overtaken`] where it was told before.
    Tell {
        /// What.
        news: News,
        /// To whom.
        to: Vec<SubscriberId>,
        /// From when on.
        due_at: Time,
    },
    /// A mail that is to go out.
    PutMail(StatusMail),
    /// A mail as it is now; nothing where whom it is for left meanwhile.
    UpdateMail(StatusMail),
    /// A mail is done with.
    RemoveMail(StatusMail),
}

pub(crate) async fn write(tx: &mut Tx, scope: &Scope, change: &Subscription) -> Result<(), StoreError> {
    match change {
        Subscription::Put(subscriber) => put(tx, scope, subscriber).await,
        Subscription::Update(subscriber) => update(tx, scope, subscriber).await,
        Subscription::Remove(id) => remove(tx, scope, *id).await,
        Subscription::ForgetUnconfirmed(before) => forget(tx, scope, *before).await,
        Subscription::Tell { news, to, due_at } => tell(tx, scope, news, (to, *due_at)).await,
        Subscription::PutMail(mail) => put_mail(tx, scope, mail).await,
        Subscription::UpdateMail(mail) => update_mail(tx, scope, mail).await,
        Subscription::RemoveMail(mail) => remove_mail(tx, scope, mail).await,
    }
}

/// Puts somebody; of two that ask with the same address at the same moment, one is not there.
async fn put(tx: &mut Tx, scope: &Scope, subscriber: &Subscriber) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO subscribers (id, scope, address_hash, is_confirmed, asked_at, document)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET is_confirmed = excluded.is_confirmed, asked_at = excluded.asked_at,
            document = excluded.document",
        values![
            subscriber.id,
            scope.organisation,
            address_hash(&subscriber.address),
            subscriber.confirmed_at.is_some(),
            subscriber.asked_at,
            json("subscriber", subscriber)?
        ],
    )
    .await?;
    Ok(())
}

async fn update(tx: &mut Tx, scope: &Scope, subscriber: &Subscriber) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE subscribers SET is_confirmed = $3, asked_at = $4, document = $5 WHERE id = $1 AND scope = $2",
        values![
            subscriber.id,
            scope.organisation,
            subscriber.confirmed_at.is_some(),
            subscriber.asked_at,
            json("subscriber", subscriber)?
        ],
    )
    .await?;
    Ok(())
}

async fn remove(tx: &mut Tx, scope: &Scope, id: SubscriberId) -> Result<(), StoreError> {
    let of = || values![id, scope.organisation];
    tx.execute("DELETE FROM status_mails WHERE subscriber_id = $1 AND scope = $2", of()).await?;
    tx.execute("DELETE FROM subscribers WHERE id = $1 AND scope = $2", of()).await?;
    Ok(())
}

/// Forgets whoever was asked before an instant and did not confirm, with the mails to them.
async fn forget(tx: &mut Tx, scope: &Scope, before: Time) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM status_mails WHERE scope = $1 AND subscriber_id IN
            (SELECT id FROM subscribers WHERE scope = $1 AND is_confirmed = 0 AND asked_at < $2)",
        values![scope.organisation, before],
    )
    .await?;
    tx.execute(
        "DELETE FROM subscribers WHERE scope = $1 AND is_confirmed = 0 AND asked_at < $2",
        values![scope.organisation, before],
    )
    .await?;
    Ok(())
}

/// Remembers that something is told, with the mails that tell it.
async fn tell(
    tx: &mut Tx,
    scope: &Scope,
    news: &News,
    to: (&[SubscriberId], Time),
) -> Result<(), StoreError> {
    let put = tx
        .execute(
            "INSERT INTO status_news (id, scope, at, document) VALUES ($1, $2, $3, $4)
             ON CONFLICT (scope, id) DO NOTHING",
            values![news.id.clone(), scope.organisation, news.at, json("news", news)?],
        )
        .await?;
    if put == 0 {
        return Err(StoreError::Overtaken("what the status page tells".to_owned()));
    }
    let (to, due_at) = to;
    for id in to {
        let news = Some(news.id.clone());
        put_mail(tx, scope, &StatusMail { to: *id, news, is_begun: false, due_at, tries: 0 }).await?;
    }
    Ok(())
}

async fn put_mail(tx: &mut Tx, scope: &Scope, mail: &StatusMail) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO status_mails (subscriber_id, news_id, scope, is_begun, due_at, tries)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (subscriber_id, news_id) DO UPDATE SET is_begun = excluded.is_begun,
            due_at = excluded.due_at, tries = excluded.tries",
        values![
            mail.to,
            mail.news.clone().unwrap_or_default(),
            scope.organisation,
            mail.is_begun,
            mail.due_at,
            i64::from(mail.tries)
        ],
    )
    .await?;
    Ok(())
}

async fn update_mail(tx: &mut Tx, scope: &Scope, mail: &StatusMail) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE status_mails SET is_begun = $4, due_at = $5, tries = $6
         WHERE subscriber_id = $1 AND news_id = $2 AND scope = $3",
        values![
            mail.to,
            mail.news.clone().unwrap_or_default(),
            scope.organisation,
            mail.is_begun,
            mail.due_at,
            i64::from(mail.tries)
        ],
    )
    .await?;
    Ok(())
}

async fn remove_mail(tx: &mut Tx, scope: &Scope, mail: &StatusMail) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM status_mails WHERE subscriber_id = $1 AND news_id = $2 AND scope = $3",
        values![mail.to, mail.news.clone().unwrap_or_default(), scope.organisation],
    )
    .await?;
    Ok(())
}

impl Store {
    /// Somebody by identity.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn subscriber(
        &self,
        scope: &Scope,
        id: SubscriberId,
    ) -> Result<Option<Subscriber>, StoreError> {
        self.document(
            "subscriber",
            "SELECT document FROM subscribers WHERE id = $1 AND scope = $2",
            values![id, scope.organisation],
        )
        .await
    }

    /// Somebody by address, whatever the case of its letters.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn subscriber_at(
        &self,
        scope: &Scope,
        address: &str,
    ) -> Result<Option<Subscriber>, StoreError> {
        self.document(
            "subscriber",
            "SELECT document FROM subscribers WHERE address_hash = $1 AND scope = $2",
            values![address_hash(address), scope.organisation],
        )
        .await
    }

    /// Everybody, in the order in which they came.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn subscribers(&self, scope: &Scope) -> Result<Vec<Subscriber>, StoreError> {
        self.documents(
            "subscriber",
            "SELECT document FROM subscribers WHERE scope = $1 ORDER BY id",
            values![scope.organisation],
        )
        .await
    }

    /// How many there are.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn count_subscribers(&self, scope: &Scope) -> Result<Subscribers, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT is_confirmed, count(*) FROM subscribers WHERE scope = $1 GROUP BY is_confirmed",
                values![scope.organisation],
            )
            .await?;
        let mut count = Subscribers::default();
        for row in &rows {
            let many = u64::try_from(row.int(1)?).unwrap_or_default();
            if row.int(0)? == 0 { count.unconfirmed = many } else { count.confirmed = many }
        }
        Ok(count)
    }

    /// What was told, by identity.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn status_news(&self, scope: &Scope, id: &str) -> Result<Option<News>, StoreError> {
        self.document(
            "news",
            "SELECT document FROM status_news WHERE scope = $1 AND id = $2",
            values![scope.organisation, id],
        )
        .await
    }

    /// The identities of what was told.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn status_news_known(&self, scope: &Scope) -> Result<BTreeSet<String>, StoreError> {
        let sql = "SELECT id FROM status_news WHERE scope = $1";
        let rows = self.pool.fetch(sql, values![scope.organisation]).await?;
        rows.iter().map(|row| row.text(0)).collect()
    }

    /// Mails that are due and were not begun: those that ask to confirm first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn status_mails_due(
        &self,
        scope: &Scope,
        now: Time,
        most: u32,
    ) -> Result<Vec<StatusMail>, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT subscriber_id, news_id, is_begun, due_at, tries FROM status_mails
                 WHERE scope = $1 AND is_begun = 0 AND due_at <= $2
                 ORDER BY CASE news_id WHEN '' THEN 0 ELSE 1 END, due_at, subscriber_id LIMIT $3",
                values![scope.organisation, now, i64::from(most)],
            )
            .await?;
        rows.iter().map(mail).collect()
    }

    /// Mails that were begun, of which nobody knows whether they arrived.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn status_mails_begun(&self, scope: &Scope) -> Result<Vec<StatusMail>, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT subscriber_id, news_id, is_begun, due_at, tries FROM status_mails
                 WHERE scope = $1 AND is_begun = 1",
                values![scope.organisation],
            )
            .await?;
        rows.iter().map(mail).collect()
    }

    /// When the next mail is due.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn next_status_mail(&self, scope: &Scope) -> Result<Option<Time>, StoreError> {
        let sql = "SELECT min(due_at) FROM status_mails WHERE scope = $1 AND is_begun = 0";
        let rows = self.pool.fetch(sql, values![scope.organisation]).await?;
        Ok(rows.first().map(|row| row.maybe_int(0)).transpose()?.flatten().map(Time::from_micros))
    }

    /// Forgets what was told before an instant.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn cut_status_news(&self, scope: &Scope, before: Time) -> Result<u64, StoreError> {
        let mut tx = self.pool.begin().await?;
        let gone = tx
            .execute(
                "DELETE FROM status_news WHERE scope = $1 AND at < $2
                    AND id NOT IN (SELECT news_id FROM status_mails WHERE scope = $1)",
                values![scope.organisation, before],
            )
            .await?;
        tx.commit().await?;
        Ok(gone)
    }
}

fn mail(row: &Row) -> Result<StatusMail, StoreError> {
    Ok(StatusMail {
        to: row.id(0)?,
        news: Some(row.text(1)?).filter(|news| !news.is_empty()),
        is_begun: row.int(2)? != 0,
        due_at: row.time(3)?,
        tries: u32::try_from(row.int(4)?).unwrap_or(u32::MAX),
    })
}

//! Accounts, sessions, API tokens, passkeys, identities elsewhere and sign-in links.

use notafter_cert::Time;
use notafter_inventory::model::{
    Identity, Passkey, PasskeyId, SecretHash, Session, SessionId, Subject, Token, TokenId, User, UserId,
};
use serde_json::json;

use crate::change::Audit;
use crate::sql::{Row, Tx, json, values};
use crate::{Scope, Store, StoreError};

/// A write to who may come in.
#[derive(Clone, Debug)]
pub enum Access {
    /// An account; when somebody last signed in with it stays as it is.
    PutUser(User, Written),
    /// Somebody signs in with an account as it was read. Everything fails with [`StoreError::Overtaken`] where it is another
    /// one by now: removed, with other rights, with another password.
    SignIn(User, Time),
    /// Removes an account with its sessions, links, passkeys and identities.
    RemoveUser(UserId),
    /// A session, under the hash of its secret.
    PutSession(SecretHash, Session),
    /// Ends a session.
    RemoveSession(SessionId),
    /// Ends every session and link of an account: its password was changed.
    RemoveSessionsOf(UserId),
    /// A token, under the hash of its secret.
    PutToken(SecretHash, Token),
    /// Removes a token.
    RemoveToken(TokenId),
    /// A sign-in link that leads in once, until an instant.
    PutLink(SecretHash, UserId, Time),
    /// Uses a link up. Everything fails with [`StoreError::Overtaken`] where it was used meanwhile, or is over.
    TakeLink(SecretHash),
    /// A passkey that was made just now. Everything fails with [`StoreError::Duplicate`] where its credential is known.
    PutPasskey(Passkey),
    /// Somebody signs in with a passkey as it was read, and its authenticator has counted so far now. Everything fails with
    /// [`StoreError::Overtaken`] where it was removed meanwhile, or counted on.
    UsePasskey(Passkey, u32, Time),
    /// Removes a passkey.
    RemovePasskey(PasskeyId, UserId),
    /// Who an account is at a provider. Everything fails with [`StoreError::Duplicate`] where either of both is somebody else
    /// there.
    PutIdentity(Identity),
    /// Whatever an account is at a provider, it is no more.
    RemoveIdentity(UserId, String),
    /// A challenge was answered, which is worth nothing after an instant anyway. Everything fails with
    /// [`StoreError::Overtaken`] where it was answered before.
    SpendChallenge(SecretHash, Time),
    /// Removes sessions, tokens, links and answered challenges that were over before an instant.
    RemoveOver(Time),
}

/// What of an account was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// All of it: it is a new one.
    Made,
    /// Its role or its reach, or where they come from.
    Rights,
    /// Its password.
    Password,
    /// Who it is no more, or again, at a provider.
    Connection,
}

impl Written {
    const fn name(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Rights => "rights",
            Self::Password => "password",
            Self::Connection => "connection",
        }
    }
}

impl Access {
    pub(crate) fn audit(&self) -> Option<Audit> {
        let (kind, data) = match self {
            Self::PutUser(user, written) => {
                let User { id, name, grant, .. } = user;
                let (role, owner, written) = (grant.role, grant.owner, written.name());
                let data =
                    json!({ "user": id, "name": name, "role": role, "owner": owner, "written": written });
                ("user.put", data)
            }
            Self::RemoveUser(id) => ("user.removed", json!({ "user": id })),
            Self::PutSession(_, session) => {
                let Session { id, user_id, address, agent, .. } = session;
                ("session.put", json!({ "session": id, "user": user_id, "address": address, "agent": agent }))
            }
            Self::RemoveSession(id) => ("session.removed", json!({ "session": id })),
            Self::RemoveSessionsOf(id) => ("session.removed", json!({ "user": id })),
            Self::PutToken(_, token) => {
                let Token { id, name, grant, until, of, .. } = token;
                let (role, owner) = (grant.role, grant.owner);
                let data = json!({ "token": id, "name": name, "role": role, "owner": owner, "until": until, "user": of });
                ("token.put", data)
            }
            Self::RemoveToken(id) => ("token.removed", json!({ "token": id })),
            Self::PutLink(_, user, until) => ("sign-in-link.put", json!({ "user": user, "until": until })),
            Self::TakeLink(_) => ("sign-in-link.taken", json!({})),
            Self::PutPasskey(passkey) => {
                let Passkey { id, user_id, name, .. } = passkey;
                ("passkey.put", json!({ "passkey": id, "user": user_id, "name": name }))
            }
            Self::UsePasskey(passkey, ..) => {
                ("passkey.used", json!({ "passkey": passkey.id, "user": passkey.user_id }))
            }
            Self::RemovePasskey(id, user) => ("passkey.removed", json!({ "passkey": id, "user": user })),
            Self::PutIdentity(identity) => {
                let Identity { issuer, subject, user_id, by, .. } = identity;
                ("identity.put", json!({ "user": user_id, "issuer": issuer, "subject": subject, "by": by }))
            }
            Self::RemoveIdentity(user, issuer) => {
                ("identity.removed", json!({ "user": user, "issuer": issuer }))
            }
            Self::SignIn(..) | Self::SpendChallenge(..) | Self::RemoveOver(_) => return None,
        };
        Some((format!("notafter.{kind}.v1"), Subject::Installation, data))
    }
}

pub(crate) async fn write(tx: &mut Tx, scope: &Scope, at: Time, access: &Access) -> Result<(), StoreError> {
    match access {
        Access::PutUser(user, _) => put_user(tx, scope, user).await,
        Access::SignIn(user, at) => sign_in(tx, scope, user, *at).await,
        Access::RemoveUser(id) => {
            // The account first: whoever signs in at the same time has its row until the session is written.
            tx.execute("DELETE FROM users WHERE id = $1 AND scope = $2", values![*id, scope.organisation])
                .await?;
            tx.execute("DELETE FROM passkeys WHERE user_id = $1", values![*id]).await?;
            tx.execute("DELETE FROM identities WHERE user_id = $1", values![*id]).await?;
            remove_sessions_of(tx, *id).await
        }
        Access::PutSession(secret, session) => put_session(tx, scope, *secret, session).await,
        Access::RemoveSession(id) => {
            tx.execute("DELETE FROM sessions WHERE id = $1 AND scope = $2", values![*id, scope.organisation])
                .await?;
            Ok(())
        }
        Access::RemoveSessionsOf(id) => remove_sessions_of(tx, *id).await,
        Access::PutToken(secret, token) => put_token(tx, scope, *secret, token).await,
        Access::RemoveToken(id) => {
            tx.execute("DELETE FROM tokens WHERE id = $1 AND scope = $2", values![*id, scope.organisation])
                .await?;
            Ok(())
        }
        Access::PutLink(secret, user, until) => {
            tx.execute(
                "INSERT INTO sign_in_links (secret, scope, user_id, until_at) VALUES ($1, $2, $3, $4)",
                values![&secret.0[..], scope.organisation, *user, *until],
            )
            .await?;
            Ok(())
        }
        Access::TakeLink(secret) => take_link(tx, scope, at, *secret).await,
        Access::PutPasskey(passkey) => put_passkey(tx, scope, passkey).await,
        Access::UsePasskey(passkey, counter, at) => use_passkey(tx, scope, passkey, (*counter, *at)).await,
        Access::RemovePasskey(id, _) => {
            tx.execute("DELETE FROM passkeys WHERE id = $1 AND scope = $2", values![*id, scope.organisation])
                .await?;
            Ok(())
        }
        Access::PutIdentity(identity) => put_identity(tx, scope, identity).await,
        Access::RemoveIdentity(user, issuer) => {
            let sql = "DELETE FROM identities WHERE user_id = $1 AND scope = $2 AND issuer = $3";
            tx.execute(sql, values![*user, scope.organisation, issuer.as_str()]).await?;
            Ok(())
        }
        Access::SpendChallenge(hash, until) => spend_challenge(tx, scope, *hash, *until).await,
        Access::RemoveOver(before) => remove_over(tx, scope, *before).await,
    }
}

async fn put_user(tx: &mut Tx, scope: &Scope, user: &User) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO users (id, scope, name, document) VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, document = excluded.document",
        values![user.id, scope.organisation, user.name.as_str(), json("user", user)?],
    )
    .await?;
    Ok(())
}

async fn sign_in(tx: &mut Tx, scope: &Scope, user: &User, at: Time) -> Result<(), StoreError> {
    let rows = tx
        .fetch(
            "UPDATE users SET signed_in_at = $3 WHERE id = $1 AND scope = $2 RETURNING document",
            values![user.id, scope.organisation, at],
        )
        .await?;
    let stored: Option<User> = rows.first().map(|row| row.document(0, "user")).transpose()?;
    let as_read = stored.is_some_and(|stored| User { signed_in_at: user.signed_in_at, ..stored } == *user);
    if as_read { Ok(()) } else { Err(StoreError::Overtaken(format!("the account {}", user.name))) }
}

async fn put_session(
    tx: &mut Tx,
    scope: &Scope,
    secret: SecretHash,
    session: &Session,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO sessions (secret, id, scope, user_id, until_at, document) VALUES ($1, $2, $3, $4, $5, $6)",
        values![
            &secret.0[..],
            session.id,
            scope.organisation,
            session.user_id,
            session.until,
            json("session", session)?
        ],
    )
    .await?;
    Ok(())
}

async fn remove_sessions_of(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM sessions WHERE user_id = $1", values![user]).await?;
    tx.execute("DELETE FROM sign_in_links WHERE user_id = $1", values![user]).await?;
    Ok(())
}

async fn put_token(tx: &mut Tx, scope: &Scope, secret: SecretHash, token: &Token) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO tokens (secret, id, scope, name, until_at, document) VALUES ($1, $2, $3, $4, $5, $6)",
        values![
            &secret.0[..],
            token.id,
            scope.organisation,
            token.name.as_str(),
            token.until,
            json("token", token)?
        ],
    )
    .await?;
    Ok(())
}

async fn take_link(tx: &mut Tx, scope: &Scope, at: Time, secret: SecretHash) -> Result<(), StoreError> {
    let taken = tx
        .execute(
            "DELETE FROM sign_in_links WHERE secret = $1 AND scope = $2 AND until_at > $3",
            values![&secret.0[..], scope.organisation, at],
        )
        .await?;
    if taken == 0 { Err(StoreError::Overtaken("the sign-in link".to_owned())) } else { Ok(()) }
}

async fn put_passkey(tx: &mut Tx, scope: &Scope, passkey: &Passkey) -> Result<(), StoreError> {
    let put = tx
        .execute(
            "INSERT INTO passkeys (id, scope, user_id, credential, counter, document)
             SELECT $1, $2, u.id, $4, $5, $6 FROM users u WHERE u.id = $3 AND u.scope = $2",
            values![
                passkey.id,
                scope.organisation,
                passkey.user_id,
                passkey.credential.as_slice(),
                i64::from(passkey.counter),
                json("passkey", passkey)?
            ],
        )
        .await?;
    // Whoever was removed while the authenticator asked gets none.
    if put == 0 { Err(StoreError::Overtaken("the account of the passkey".to_owned())) } else { Ok(()) }
}

async fn use_passkey(
    tx: &mut Tx,
    scope: &Scope,
    passkey: &Passkey,
    (counter, at): (u32, Time),
) -> Result<(), StoreError> {
    let used = tx
        .execute(
            "UPDATE passkeys SET counter = $3, used_at = $4 WHERE id = $1 AND scope = $2 AND counter = $5",
            values![passkey.id, scope.organisation, i64::from(counter), at, i64::from(passkey.counter)],
        )
        .await?;
    if used == 0 { Err(StoreError::Overtaken(format!("the passkey {}", passkey.id))) } else { Ok(()) }
}

async fn put_identity(tx: &mut Tx, scope: &Scope, identity: &Identity) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO identities (issuer, subject, scope, user_id, document) VALUES ($1, $2, $3, $4, $5)",
        values![
            identity.issuer.as_str(),
            identity.subject.as_str(),
            scope.organisation,
            identity.user_id,
            json("identity", identity)?
        ],
    )
    .await?;
    Ok(())
}

async fn spend_challenge(
    tx: &mut Tx,
    scope: &Scope,
    hash: SecretHash,
    until: Time,
) -> Result<(), StoreError> {
    let spent = tx
        .execute(
            "INSERT INTO spent_challenges (hash, scope, until_at) VALUES ($1, $2, $3)
             ON CONFLICT (hash) DO NOTHING",
            values![&hash.0[..], scope.organisation, until],
        )
        .await?;
    if spent == 0 { Err(StoreError::Overtaken("the challenge".to_owned())) } else { Ok(()) }
}

async fn remove_over(tx: &mut Tx, scope: &Scope, before: Time) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM sessions WHERE scope = $1 AND until_at <= $2",
        "DELETE FROM tokens WHERE scope = $1 AND until_at <= $2",
        "DELETE FROM sign_in_links WHERE scope = $1 AND until_at <= $2",
        "DELETE FROM spent_challenges WHERE scope = $1 AND until_at <= $2",
    ] {
        tx.execute(sql, values![scope.organisation, before]).await?;
    }
    Ok(())
}

/// An account, whose document and last sign-in stand from this column on.
fn user(row: &Row, first: usize) -> Result<User, StoreError> {
    let signed_in_at = row.maybe_int(first + 1)?.map(Time::from_micros);
    Ok(User { signed_in_at, ..row.document(first, "user")? })
}

/// A passkey, whose credential, counter, last use and document stand in this order.
fn passkey(row: &Row) -> Result<Passkey, StoreError> {
    let counter = row.int(1)?;
    let counter = u32::try_from(counter)
        .map_err(|_| StoreError::Damaged(format!("{counter} is no count of an authenticator")))?;
    let used_at = row.maybe_int(2)?.map(Time::from_micros);
    Ok(Passkey { credential: row.blob(0)?, counter, used_at, ..row.document(3, "passkey")? })
}

impl Store {
    /// Every account, by name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn users(&self, scope: &Scope) -> Result<Vec<User>, StoreError> {
        let sql = "SELECT document, signed_in_at FROM users WHERE scope = $1 ORDER BY name";
        self.pool.fetch(sql, values![scope.organisation]).await?.iter().map(|row| user(row, 0)).collect()
    }

    /// The account of this identity.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn user(&self, scope: &Scope, id: UserId) -> Result<Option<User>, StoreError> {
        let sql = "SELECT document, signed_in_at FROM users WHERE scope = $1 AND id = $2";
        let rows = self.pool.fetch(sql, values![scope.organisation, id]).await?;
        rows.first().map(|row| user(row, 0)).transpose()
    }

    /// The account of this name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn user_named(&self, scope: &Scope, name: &str) -> Result<Option<User>, StoreError> {
        let sql = "SELECT document, signed_in_at FROM users WHERE scope = $1 AND name = $2";
        let rows = self.pool.fetch(sql, values![scope.organisation, name]).await?;
        rows.first().map(|row| user(row, 0)).transpose()
    }

    /// The session with this secret, and whose it is, unless it is over at `now`.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn session(
        &self,
        scope: &Scope,
        secret: SecretHash,
        now: Time,
    ) -> Result<Option<(Session, User)>, StoreError> {
        let rows = self
            .pool
            .fetch(
                "SELECT s.document, u.document, u.signed_in_at FROM sessions s JOIN users u ON u.id = s.user_id
                 WHERE s.secret = $1 AND s.scope = $2 AND s.until_at > $3",
                values![&secret.0[..], scope.organisation, now],
            )
            .await?;
        rows.first().map(|row| Ok((row.document(0, "session")?, user(row, 1)?))).transpose()
    }

    /// The sessions that are not over at `now`, oldest first; of one account where it is named.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn sessions(
        &self,
        scope: &Scope,
        user: Option<UserId>,
        now: Time,
    ) -> Result<Vec<Session>, StoreError> {
        self.documents(
            "session",
            "SELECT document FROM sessions WHERE scope = $1 AND until_at > $2 AND ($3 IS NULL OR user_id = $3)
             ORDER BY id",
            values![scope.organisation, now, user],
        )
        .await
    }

    /// The token with this secret, unless it is over at `now`.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn token(
        &self,
        scope: &Scope,
        secret: SecretHash,
        now: Time,
    ) -> Result<Option<Token>, StoreError> {
        self.document(
            "token",
            "SELECT document FROM tokens WHERE secret = $1 AND scope = $2 AND until_at > $3",
            values![&secret.0[..], scope.organisation, now],
        )
        .await
    }

    /// Every token, by name.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn tokens(&self, scope: &Scope) -> Result<Vec<Token>, StoreError> {
        self.documents(
            "token",
            "SELECT document FROM tokens WHERE scope = $1 ORDER BY name",
            values![scope.organisation],
        )
        .await
    }

    /// Whose a sign-in link is, unless it was used or is over at `now`.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn link(
        &self,
        scope: &Scope,
        secret: SecretHash,
        now: Time,
    ) -> Result<Option<User>, StoreError> {
        let sql = "SELECT u.document, u.signed_in_at FROM sign_in_links l JOIN users u ON u.id = l.user_id
             WHERE l.secret = $1 AND l.scope = $2 AND l.until_at > $3";
        let rows = self.pool.fetch(sql, values![&secret.0[..], scope.organisation, now]).await?;
        rows.first().map(|row| user(row, 0)).transpose()
    }

    /// The passkeys of an account, or of all, oldest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn passkeys(&self, scope: &Scope, user: Option<UserId>) -> Result<Vec<Passkey>, StoreError> {
        let sql = "SELECT credential, counter, used_at, document FROM passkeys
             WHERE scope = $1 AND ($2 IS NULL OR user_id = $2) ORDER BY id";
        self.pool.fetch(sql, values![scope.organisation, user]).await?.iter().map(passkey).collect()
    }

    /// The passkey with this credential, and whose it is.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn passkey(
        &self,
        scope: &Scope,
        credential: &[u8],
    ) -> Result<Option<(Passkey, User)>, StoreError> {
        let sql = "SELECT p.credential, p.counter, p.used_at, p.document, u.document, u.signed_in_at
             FROM passkeys p JOIN users u ON u.id = p.user_id WHERE p.scope = $1 AND p.credential = $2";
        let rows = self.pool.fetch(sql, values![scope.organisation, credential]).await?;
        rows.first().map(|row| Ok((passkey(row)?, user(row, 4)?))).transpose()
    }

    /// Who accounts are at providers, by issuer and subject; of one account where it is named.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn identities(&self, scope: &Scope, user: Option<UserId>) -> Result<Vec<Identity>, StoreError> {
        self.documents(
            "identity",
            "SELECT document FROM identities WHERE scope = $1 AND ($2 IS NULL OR user_id = $2)
             ORDER BY issuer, subject",
            values![scope.organisation, user],
        )
        .await
    }

    /// The account of somebody at a provider, and since when.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn identity(
        &self,
        scope: &Scope,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<(Identity, User)>, StoreError> {
        let sql =
            "SELECT i.document, u.document, u.signed_in_at FROM identities i JOIN users u ON u.id = i.user_id
             WHERE i.scope = $1 AND i.issuer = $2 AND i.subject = $3";
        let rows = self.pool.fetch(sql, values![scope.organisation, issuer, subject]).await?;
        rows.first().map(|row| Ok((row.document(0, "identity")?, user(row, 1)?))).transpose()
    }
}

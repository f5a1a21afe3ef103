//! Accounts, sessions, tokens and sign-in links.

use notafter_cert::{Span, Time, Trouble};
use notafter_inventory::model::{
    Bond, Grant, Identity, OwnerId, Passkey, PasskeyId, Role, SecretHash, Session, SessionId, Token, TokenId,
    User, UserId,
};
use notafter_inventory::webauthn::CredentialKey;
use notafter_store::{Access, Change, Scope, Store, StoreError, Written};

use crate::sample;
use crate::stage::{NOW, on_both};

const ALL: Scope = Scope::EVERYTHING;

async fn apply_at(store: &Store, at: Time, access: Vec<Access>) -> Result<(), StoreError> {
    let changes: Vec<Change> = access.into_iter().map(Change::Access).collect();
    store.apply(&ALL, None, at, &sample::person(), &changes).await
}

async fn apply(store: &Store, access: Vec<Access>) {
    apply_at(store, NOW, access).await.unwrap();
}

fn user(number: u8) -> User {
    User {
        id: UserId::new(NOW, sample::random(number)),
        name: format!("user{number}"),
        grant: Grant { role: Role::Operator, owner: Some(OwnerId::new(NOW, sample::random(7))) },
        password: Some("$argon2id$hash".to_owned()),
        made_at: NOW,
        rights_from: None,
        disconnected: Vec::new(),
        signed_in_at: None,
    }
}

fn session(number: u8, user: &User) -> Session {
    Session {
        id: SessionId::new(NOW, sample::random(number)),
        user_id: user.id,
        from: NOW,
        until: NOW + Span::hours(1),
        agent: "Firefox".to_owned(),
        address: "127.0.0.1".to_owned(),
        began_with: None,
    }
}

const fn secret(number: u8) -> SecretHash {
    SecretHash([number; 32])
}

#[test]
fn accounts_sessions_and_tokens_come_back_until_they_are_over() {
    on_both("accounts_sessions_and_tokens_come_back_until_they_are_over", |store| async move {
        let user = user(1);
        let session = session(1, &user);
        let token = Token {
            id: TokenId::new(NOW, sample::random(1)),
            name: "deploy".to_owned(),
            grant: Grant::EVERYTHING,
            from: NOW,
            until: NOW + Span::hours(1),
            by: sample::person(),
            of: None,
        };
        apply(
            &store,
            vec![
                Access::PutUser(user.clone(), Written::Made),
                Access::PutSession(secret(1), session.clone()),
                Access::PutToken(secret(2), token.clone()),
            ],
        )
        .await;
        assert_eq!(store.users(&ALL).await.unwrap(), std::slice::from_ref(&user));
        assert_eq!(store.user_named(&ALL, "user1").await.unwrap(), Some(user.clone()));
        let found = store.session(&ALL, secret(1), NOW).await.unwrap();
        assert_eq!(found, Some((session.clone(), user.clone())));
        assert_eq!(
            store.session(&ALL, secret(2), NOW).await.unwrap(),
            None,
            "a token's secret is no session"
        );
        assert_eq!(store.session(&ALL, secret(1), session.until).await.unwrap(), None);
        assert_eq!(store.token(&ALL, secret(2), NOW).await.unwrap(), Some(token.clone()));
        assert_eq!(store.token(&ALL, secret(2), token.until).await.unwrap(), None);
        assert_eq!(store.sessions(&ALL, None, NOW).await.unwrap(), std::slice::from_ref(&session));
        assert_eq!(store.sessions(&ALL, Some(user.id), NOW).await.unwrap(), [session]);
        assert_eq!(store.tokens(&ALL).await.unwrap(), [token]);

        apply(&store, vec![Access::RemoveOver(NOW + Span::hours(2))]).await;
        assert_eq!(store.sessions(&ALL, None, NOW).await.unwrap(), []);
        assert_eq!(store.tokens(&ALL).await.unwrap(), []);
    });
}

#[test]
fn a_sign_in_link_leads_in_once_and_in_its_time() {
    on_both("a_sign_in_link_leads_in_once_and_in_its_time", |store| async move {
        let user = user(1);
        let until = NOW + Span::hours(1);
        let links = vec![
            Access::PutUser(user.clone(), Written::Made),
            Access::PutLink(secret(1), user.id, until),
            Access::PutLink(secret(2), user.id, until),
        ];
        apply(&store, links).await;
        assert_eq!(store.link(&ALL, secret(1), NOW).await.unwrap(), Some(user.clone()));
        let come_in = |number| {
            vec![Access::TakeLink(secret(number)), Access::PutSession(secret(number), session(number, &user))]
        };
        apply(&store, come_in(1)).await;
        assert_eq!(store.link(&ALL, secret(1), NOW).await.unwrap(), None);
        for (at, number) in [(NOW, 1), (until, 2), (NOW, 3)] {
            let error = apply_at(&store, at, come_in(number)).await.unwrap_err();
            assert_eq!(error.code(), "store.overtaken");
        }
        assert_eq!(store.sessions(&ALL, None, NOW).await.unwrap().len(), 1, "nothing of it was written");
    });
}

#[test]
fn whoever_is_removed_or_gets_another_password_is_out() {
    on_both("whoever_is_removed_or_gets_another_password_is_out", |store| async move {
        let (first, second) = (user(1), user(2));
        let mut access = Vec::new();
        for (number, user) in [(1, &first), (2, &second)] {
            access.push(Access::PutUser(user.clone(), Written::Made));
            access.push(Access::PutSession(secret(number), session(number, user)));
            access.push(Access::PutLink(secret(10 + number), user.id, NOW + Span::hours(1)));
        }
        apply(&store, access).await;
        apply(&store, vec![Access::RemoveUser(first.id), Access::RemoveSessionsOf(second.id)]).await;
        assert_eq!(store.sessions(&ALL, None, NOW).await.unwrap(), []);
        assert_eq!(store.link(&ALL, secret(11), NOW).await.unwrap(), None);
        assert_eq!(store.link(&ALL, secret(12), NOW).await.unwrap(), None);
        assert_eq!(store.users(&ALL).await.unwrap(), [second]);
    });
}

/// Whoever signed in wrote the account back as it had been read before the password was compared: a role that was taken away
/// meanwhile came back, and so did an account that was removed.
#[test]
fn whoever_signs_in_with_an_account_that_is_another_one_by_now_is_not_let_in() {
    on_both(
        "whoever_signs_in_with_an_account_that_is_another_one_by_now_is_not_let_in",
        |store| async move {
            let read = user(1);
            apply(&store, vec![Access::PutUser(read.clone(), Written::Made)]).await;
            let signs_in =
                || vec![Access::SignIn(read.clone(), NOW), Access::PutSession(secret(1), session(1, &read))];
            let lesser = User { grant: Grant { role: Role::Viewer, ..read.grant }, ..read.clone() };
            let reset = User { password: Some("$argon2id$other".to_owned()), ..read.clone() };
            for now in [
                Access::PutUser(lesser, Written::Made),
                Access::PutUser(reset, Written::Made),
                Access::RemoveUser(read.id),
            ] {
                apply(&store, vec![now]).await;
                let before = store.users(&ALL).await.unwrap();
                let error = apply_at(&store, NOW, signs_in()).await.unwrap_err();
                assert_eq!(error.code(), "store.overtaken");
                assert_eq!(store.users(&ALL).await.unwrap(), before);
                assert_eq!(store.sessions(&ALL, None, NOW).await.unwrap(), []);
            }
            apply(&store, vec![Access::PutUser(read.clone(), Written::Made)]).await;
            apply_at(&store, NOW, signs_in()).await.unwrap();
            let known = store.user_named(&ALL, "user1").await.unwrap().unwrap();
            assert_eq!(known, User { signed_in_at: Some(NOW), ..read.clone() });
            apply(&store, vec![Access::PutUser(read, Written::Made)]).await;
            assert_eq!(store.users(&ALL).await.unwrap()[0].signed_in_at, Some(NOW), "that stays as it is");
        },
    );
}

#[test]
fn a_name_belongs_to_one_account() {
    on_both("a_name_belongs_to_one_account", |store| async move {
        let (first, mut second) = (user(1), user(2));
        second.name.clone_from(&first.name);
        apply(&store, vec![Access::PutUser(first, Written::Made)]).await;
        let error = apply_at(&store, NOW, vec![Access::PutUser(second, Written::Made)]).await.unwrap_err();
        assert_eq!(error.code(), "store.duplicate");
    });
}

#[test]
fn the_log_tells_who_came_in_and_never_a_secret() {
    on_both("the_log_tells_who_came_in_and_never_a_secret", |store| async move {
        let user = user(1);
        apply(
            &store,
            vec![
                Access::PutUser(user.clone(), Written::Made),
                Access::PutLink(secret(0xAB), user.id, NOW + Span::hours(1)),
                Access::PutSession(secret(0xCD), session(1, &user)),
            ],
        )
        .await;
        let events = store.events_after(&ALL, 0, 100).await.unwrap();
        let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
        assert!(kinds.ends_with(&[
            "notafter.user.put.v1",
            "notafter.sign-in-link.put.v1",
            "notafter.session.put.v1"
        ]));
        let all = serde_json::to_string(&events).unwrap();
        for hidden in ["argon2id", "abab", "cdcd", "171,171", "205,205"] {
            assert!(!all.to_lowercase().contains(hidden), "{hidden} in {all}");
        }
    });
}

/// `user.put` said neither how far an account reaches, nor whether it had another password or another role.
#[test]
fn the_log_says_how_far_an_account_or_token_reaches_and_what_was_written() {
    on_both("the_log_says_how_far_an_account_or_token_reaches", |store| async move {
        let user = user(1);
        let token = Token {
            id: TokenId::new(NOW, sample::random(1)),
            name: "deploy".to_owned(),
            grant: user.grant,
            from: NOW,
            until: NOW + Span::hours(1),
            by: sample::person(),
            of: None,
        };
        apply(
            &store,
            vec![
                Access::PutUser(user.clone(), Written::Made),
                Access::PutUser(user.clone(), Written::Password),
                Access::PutUser(user.clone(), Written::Rights),
                Access::PutToken(secret(2), token),
            ],
        )
        .await;
        let events = store.events_after(&ALL, 0, 100).await.unwrap();
        let told: Vec<_> = events.iter().rev().take(4).rev().map(|event| &event.data).collect();
        let owner = serde_json::to_value(user.grant.owner).unwrap();
        for data in &told {
            assert_eq!((&data["role"], &data["owner"]), (&"operator".into(), &owner), "{data}");
        }
        let written: Vec<_> = told.iter().map(|data| data["written"].as_str()).collect();
        assert_eq!(written, [Some("made"), Some("password"), Some("rights"), None]);
    });
}

fn passkey(number: u8, user: &User) -> Passkey {
    // Ed25519: {1: 1, 3: -8, -1: 6, -2: h'..'}.
    let cose = [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 0x20], &[number; 32][..]].concat();
    Passkey {
        id: PasskeyId::new(NOW, sample::random(number)),
        user_id: user.id,
        name: format!("key {number}"),
        key: CredentialKey::from_cose(&cose).unwrap(),
        made_at: NOW,
        credential: vec![number; 16],
        counter: 0,
        used_at: None,
    }
}

#[test]
fn a_passkey_leads_in_until_it_or_its_account_is_removed() {
    on_both("a_passkey_leads_in_until_it_or_its_account_is_removed", |store| async move {
        let (first, second) = (user(1), user(2));
        let keys = [passkey(1, &first), passkey(2, &first), passkey(3, &second)];
        let users = [&first, &second].map(|user| Access::PutUser(user.clone(), Written::Made));
        let put = keys.iter().cloned().map(Access::PutPasskey);
        apply(&store, users.into_iter().chain(put).collect()).await;
        assert_eq!(store.passkeys(&ALL, None).await.unwrap(), keys);
        assert_eq!(store.passkeys(&ALL, Some(first.id)).await.unwrap(), keys[..2]);
        let found = store.passkey(&ALL, &keys[2].credential).await.unwrap();
        assert_eq!(found, Some((keys[2].clone(), second.clone())));
        assert_eq!(store.passkey(&ALL, b"other").await.unwrap(), None);

        let again = Passkey { credential: keys[0].credential.clone(), ..passkey(9, &second) };
        let error = apply_at(&store, NOW, vec![Access::PutPasskey(again)]).await.unwrap_err();
        assert_eq!(error.code(), "store.duplicate", "a credential is of one account");
        let nobodys = vec![Access::PutPasskey(passkey(9, &user(9)))];
        assert_eq!(apply_at(&store, NOW, nobodys).await.unwrap_err().code(), "store.overtaken");

        apply(&store, vec![Access::RemovePasskey(keys[0].id, first.id)]).await;
        assert_eq!(store.passkeys(&ALL, Some(first.id)).await.unwrap(), keys[1..2]);
        apply(&store, vec![Access::RemoveUser(first.id)]).await;
        assert_eq!(store.passkeys(&ALL, None).await.unwrap(), keys[2..]);
    });
}

/// Of two answers with one count, or to one challenge, one is a copy.
#[test]
fn a_passkey_counts_on_and_a_challenge_is_answered_once() {
    on_both("a_passkey_counts_on_and_a_challenge_is_answered_once", |store| async move {
        let user = user(1);
        let read = passkey(1, &user);
        apply(&store, vec![Access::PutUser(user, Written::Made), Access::PutPasskey(read.clone())]).await;
        let until = NOW + Span::minutes(5);
        let answer = |read: &Passkey, counter, number| {
            let used = Access::UsePasskey(read.clone(), counter, NOW);
            vec![Access::SpendChallenge(secret(number), until), used]
        };
        apply(&store, answer(&read, 5, 1)).await;
        let counted = store.passkeys(&ALL, None).await.unwrap().remove(0);
        assert_eq!(counted, Passkey { counter: 5, used_at: Some(NOW), ..read.clone() });
        for twice in [answer(&counted, 6, 1), answer(&read, 5, 2)] {
            assert_eq!(apply_at(&store, NOW, twice).await.unwrap_err().code(), "store.overtaken");
        }
        let stored = store.passkeys(&ALL, None).await.unwrap();
        assert_eq!(stored, std::slice::from_ref(&counted), "nothing of it was written");
        apply(&store, answer(&counted, 6, 2)).await;
        apply(&store, vec![Access::RemoveOver(until)]).await;
        apply(&store, vec![Access::SpendChallenge(secret(1), until)]).await;
    });
}

#[test]
fn somebody_elsewhere_is_one_account_here() {
    on_both("somebody_elsewhere_is_one_account_here", |store| async move {
        let (first, second) = (user(1), user(2));
        let identity = |user: &User, issuer: &str, subject: &str| Identity {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            user_id: user.id,
            from: NOW,
            by: Bond::Given,
        };
        let (here, there) = ("https://id.example", "https://id.other.example");
        let hers = identity(&first, here, "ada-1");
        let users = [&first, &second].map(|user| Access::PutUser(user.clone(), Written::Made));
        apply(&store, users.into_iter().chain([Access::PutIdentity(hers.clone())]).collect()).await;
        let found = store.identity(&ALL, here, "ada-1").await.unwrap();
        assert_eq!(found, Some((hers.clone(), first.clone())));
        for (issuer, subject) in [(there, "ada-1"), (here, "ADA-1"), (here, "")] {
            assert_eq!(store.identity(&ALL, issuer, subject).await.unwrap(), None, "{issuer} {subject}");
        }
        for taken in [identity(&second, here, "ada-1"), identity(&first, here, "ada-2")] {
            let error = apply_at(&store, NOW, vec![Access::PutIdentity(taken)]).await.unwrap_err();
            assert_eq!(error.code(), "store.duplicate");
        }
        let elsewhere = identity(&first, there, "ada-1");
        apply(&store, vec![Access::PutIdentity(elsewhere.clone())]).await;
        assert_eq!(store.identities(&ALL, Some(first.id)).await.unwrap(), [hers, elsewhere.clone()]);
        apply(&store, vec![Access::RemoveIdentity(first.id, here.to_owned())]).await;
        assert_eq!(store.identities(&ALL, None).await.unwrap(), [elsewhere]);
        apply(&store, vec![Access::RemoveUser(first.id)]).await;
        assert_eq!(store.identities(&ALL, None).await.unwrap(), []);
    });
}

//! Any requests to our own half of a CA, most of them signed as they should be: no panic, and an answer to each.

use notafter_acme::jose::{Header, Jwk, KeyRef, signing_input};
use notafter_acme::server::{Ca, Effect, Request, Settings};
use notafter_cert::Time;
use notafter_keys::account::AccountKey;

use super::pieces;

const BASE: &str = "https://ca.example";
const KEY: &[u8] = include_bytes!("../seeds/key/account.pem");
/// What is issued, whatever was asked for.
const LEAF: &[u8] = include_bytes!("../seeds/certificate/shop.der");
const NOW: Time = Time::from_unix_seconds(1_795_000_000);

pub(super) fn run(bytes: &[u8]) {
    let Some((key, public)) = key() else { panic!("the account's key cannot be read") };
    let mut ca = Ca::new(Settings::at(BASE), [7; 16]);
    let mut nonce = String::new();
    for (kind, piece) in pieces::of(bytes) {
        let end = piece.iter().position(|byte| *byte == b'\n').unwrap_or(piece.len());
        let (line, payload) = piece.split_at(end);
        let line = String::from_utf8_lossy(line);
        let (method, path) = line.split_once(' ').unwrap_or(("POST", &line));
        let payload = payload.get(1..).unwrap_or_default();
        let body = match key_named(kind, &public) {
            Some(named) => {
                let (algorithm, url) = (public.algorithm(), format!("{BASE}{path}"));
                signed(&key, &Header { algorithm, key: named, nonce: Some(nonce.clone()), url }, payload)
            }
            None => payload.to_vec(),
        };
        let content_type = Some("application/jose+json".to_owned());
        let request = Request { method: method.to_owned(), path: path.to_owned(), content_type, body };
        let handled = ca.handle(&request, NOW, [1; 16]);
        assert!((200..600).contains(&handled.response.status));
        let found = handled.response.headers.iter().find(|(name, _)| name == "replay-nonce");
        nonce = found.map_or(nonce, |(_, value)| value.clone());
        for effect in handled.effects {
            match effect {
                Effect::Validate(asked) => ca.validated(asked.authorization, asked.index, None, NOW),
                Effect::Issue(asked) => ca.issued(asked.order, vec![vec![LEAF.to_vec()]]),
            }
        }
    }
}

fn key() -> Option<(AccountKey, Jwk)> {
    let key = AccountKey::from_file_content(KEY).ok()?;
    let public = Jwk::from_json(&key.jwk()).ok()?;
    Some((key, public))
}

/// By the first account, by a key that the request carries, or not at all.
fn key_named(kind: u8, public: &Jwk) -> Option<KeyRef> {
    match kind {
        b'r' => None,
        b'k' => Some(KeyRef::Jwk(public.clone())),
        _ => Some(KeyRef::Kid(format!("{BASE}/account/0"))),
    }
}

fn signed(key: &AccountKey, header: &Header, payload: &[u8]) -> Vec<u8> {
    let input = signing_input(header, payload);
    let signature = key.sign_jws(&input.bytes()).unwrap_or_default();
    input.assemble(&signature).to_string().into_bytes()
}

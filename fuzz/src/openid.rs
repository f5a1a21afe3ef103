//! Anything that a provider may say, of itself and of people: no panic, and nobody is believed who did not sign.

use notafter_cert::Time;
use notafter_inventory::openid::{Expected, Keys, Person, Provider, claims};

const ISSUER: &str = "https://id.example";
/// A set with a key, whose private half nobody has.
const KEYS: &[u8] = include_bytes!("../seeds/openid/keys.json");
const NOW: Time = Time::from_unix_seconds(1_796_000_000);

pub(super) fn run(bytes: &[u8]) {
    if let Ok(provider) = Provider::read(ISSUER, bytes) {
        assert!(provider.issuer() == ISSUER && provider.token().starts_with("https://"));
        assert!(provider.keys().starts_with("https://"));
    }
    let expected = Expected { issuer: ISSUER, client: "notafter", nonce: "n-1", now: NOW };
    let text = String::from_utf8_lossy(bytes);
    let Ok(keys) = Keys::read(KEYS) else { panic!("the seed is a set of keys") };
    assert!(claims(&text, &keys, expected).is_err());
    // With keys of its own, anybody may sign.
    let (set, token) = text.split_once('\n').unwrap_or((&text, ""));
    if let Ok(own) = Keys::read(set.as_bytes())
        && let Ok(said) = claims(token, &own, expected)
    {
        assert!(!Person::of(&said, Some("groups")).subject.is_empty());
    }
}

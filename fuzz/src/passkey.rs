//! Any answer of a browser about a passkey: no panic, what is no answer to the question signs nobody in, and a key reads back.

use notafter_inventory::webauthn::{Assertion, CredentialKey, Expected, RelyingParty, asserted, registered};

/// The question of the seed `client_data.json`, which nobody but the vectors of the specification was ever asked.
const CHALLENGE: [u8; 32] = [7; 32];
/// An Ed25519 key.
const KEY: &[u8] = include_bytes!("../seeds/passkey/eddsa.cose");
const SAID: &[u8] = br#"{"type":"webauthn.create","challenge":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc","origin":"https://example.org"}"#;

pub(super) fn run(bytes: &[u8]) {
    let Ok(party) = RelyingParty::of("https://example.org") else { panic!("a site of everybody's") };
    let expected = Expected { party: &party, challenge: &CHALLENGE };
    if let Ok(made) = registered(expected, SAID, bytes) {
        is_read_back(&made.key);
        assert!((1..=1023).contains(&made.credential.len()));
    }
    if let Ok(key) = CredentialKey::from_cose(bytes) {
        is_read_back(&key);
    }
    let Ok(key) = CredentialKey::from_cose(KEY) else { panic!("the seed is a key") };
    let asserted_by = |client_data: &[u8], authenticator_data: &[u8]| {
        let (client_data, authenticator_data) = (client_data.to_vec(), authenticator_data.to_vec());
        let assertion = Assertion { client_data, authenticator_data, signature: bytes.to_vec() };
        asserted(expected, &assertion, (&key, 0))
    };
    let said = String::from_utf8_lossy(SAID).replace("create", "get");
    // Nobody has the key.
    assert!(asserted_by(bytes, bytes).is_err() && asserted_by(said.as_bytes(), bytes).is_err());
}

fn is_read_back(key: &CredentialKey) {
    let written = serde_json::to_string(key).unwrap_or_default();
    assert_eq!(serde_json::from_str::<CredentialKey>(&written).ok().as_ref(), Some(key));
}

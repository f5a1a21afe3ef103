//! An authenticator and the browser around it (Web Authentication Level 3), which may say otherwise than they should.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use notafter_acme::jose::{base64url, from_base64url};
use serde_json::{Value, json};

/// Somebody is there, and was verified.
const PRESENT_AND_VERIFIED: u8 = 0b101;
const HAS_CREDENTIAL: u8 = 0b100_0000;

/// An authenticator with one credential.
pub struct Authenticator {
    pair: Ed25519KeyPair,
    credential: Vec<u8>,
    account: Vec<u8>,
    /// What it counts on from; nothing where it does not count.
    pub counter: Option<u32>,
    /// Whether it verifies who uses it.
    pub verifies: bool,
}

impl Authenticator {
    /// One whose key follows from a number.
    ///
    /// # Panics
    /// The key cannot be made.
    #[must_use]
    pub fn new(number: u8) -> Self {
        #[expect(clippy::expect_used, reason = "32 bytes are a seed of Ed25519")]
        let pair = Ed25519KeyPair::from_seed_unchecked(&[number; 32]).expect("a seed");
        Self { pair, credential: vec![number; 16], account: Vec::new(), counter: Some(0), verifies: true }
    }

    /// Answers the options of a page of this origin for making a credential: the fields of the form that takes it.
    pub fn create(&mut self, options: &Value, origin: &str) -> Vec<(&'static str, String)> {
        self.account = options["user"]["id"].as_str().and_then(from_base64url).unwrap_or_default();
        let data = self.data(options["rp"]["id"].as_str().unwrap_or_default(), true);
        let length = u8::try_from(data.len()).unwrap_or(u8::MAX);
        // {"fmt": "none", "attStmt": {}, "authData": h'...'}
        let attestation =
            [&b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58"[..], &[length], &data].concat();
        vec![
            ("client_data", base64url(&client_data("webauthn.create", options, origin))),
            ("attestation", base64url(&attestation)),
        ]
    }

    /// Answers the options of a page of this origin for signing in: the fields of the form that takes it.
    pub fn sign(&mut self, options: &Value, origin: &str) -> Vec<(&'static str, String)> {
        self.counter = self.counter.map(|counter| counter + 1);
        let data = self.data(options["rpId"].as_str().unwrap_or_default(), false);
        let client_data = client_data("webauthn.get", options, origin);
        let signed = [&data, digest(&SHA256, &client_data).as_ref()].concat();
        vec![
            ("credential", base64url(&self.credential)),
            ("account", base64url(&self.account)),
            ("client_data", base64url(&client_data)),
            ("authenticator_data", base64url(&data)),
            ("signature", base64url(self.pair.sign(&signed).as_ref())),
        ]
    }

    /// Authenticator data (section 6.1).
    fn data(&self, party: &str, makes: bool) -> Vec<u8> {
        let verified = if self.verifies { PRESENT_AND_VERIFIED } else { 1 };
        let flags = if makes { verified | HAS_CREDENTIAL } else { verified };
        let mut data = digest(&SHA256, party.as_bytes()).as_ref().to_vec();
        data.push(flags);
        data.extend_from_slice(&self.counter.unwrap_or(0).to_be_bytes());
        if makes {
            data.extend_from_slice(&[0; 16]);
            data.extend_from_slice(&[0, 16]);
            data.extend_from_slice(&self.credential);
            // {1: 1 (OKP), 3: -8 (EdDSA), -1: 6 (Ed25519), -2: h'...'}
            data.extend_from_slice(&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 0x20]);
            data.extend_from_slice(self.pair.public_key().as_ref());
        }
        data
    }
}

/// What the browser says of the ceremony.
fn client_data(ceremony: &str, options: &Value, origin: &str) -> Vec<u8> {
    let said = json!({
        "type": ceremony, "challenge": options["challenge"], "origin": origin, "crossOrigin": false
    });
    said.to_string().into_bytes()
}

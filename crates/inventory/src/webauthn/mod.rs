//! Passkeys (Web Authentication Level 3): what a browser is asked for, and whether what it answers proves anything.
//!
//! Only what is asked for is read: discoverable credentials with ES256, EdDSA and RS256, the person verified by the
//! authenticator, and no attestation. Whose product an authenticator is proves nothing that is of use here, so that nothing
//! is believed of a statement about it.

mod authenticator_data;
mod client_data;
mod key;
mod relying_party;

use aws_lc_rs::digest::{SHA256, digest};
use minicbor::Decoder;
use notafter_acme::jose::base64url;
use serde_json::{Value, json};

use authenticator_data::AuthenticatorData;
use client_data::Ceremony;
pub use key::CredentialKey;
pub use relying_party::{RelyingParty, Unusable};

/// As long as a browser waits for a person, in milliseconds: as long as a challenge lasts.
const PATIENCE_MS: u32 = 300_000;

/// No identity of a credential is longer (section 7.1, step 25).
pub const LONGEST_CREDENTIAL: usize = 1023;

/// More is refused before it is read: a statement with a chain of certificates, which nobody asked for, has some kilobytes.
const LONGEST: usize = 32 * 1024;

/// Why an answer proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is not what the specification says, or longer than anything that was asked for.
    #[error("the browser's answer cannot be read: {0}")]
    Unreadable(&'static str),
    /// It answers another question: registrations prove nothing at a sign-in, and the other way round.
    #[error("the answer is of another ceremony")]
    Ceremony,
    /// It answers another challenge.
    #[error("the answer is to another challenge")]
    Challenge,
    /// A page of another site asked, or one within a frame of another site.
    #[error("the answer was given to a page of another site")]
    Origin,
    /// The credential is another site's.
    #[error("the passkey is another site's")]
    RelyingParty,
    /// Nobody touched the authenticator.
    #[error("nobody was present at the authenticator")]
    NotPresent,
    /// The authenticator did not ask for a PIN, a fingerprint or a face.
    #[error("the authenticator did not verify who used it (PIN, fingerprint or face)")]
    NotVerified,
    /// An algorithm that was not asked for, or a key that is none.
    #[error("the passkey's key is of a kind that was not asked for")]
    Key,
    /// The signature is not of the key that is known.
    #[error("the signature is not the passkey's")]
    Signature,
    /// The authenticator counted no further than before: there is a second one with the same key (section 6.1.1).
    #[error("the passkey counted backwards: a copy of it was used")]
    Counter,
}

/// What an answer must belong to.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Whose pages asked.
    pub party: &'a RelyingParty,
    /// What they asked for.
    pub challenge: &'a [u8],
}

/// A credential that was made just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its identity.
    pub credential: Vec<u8>,
    /// Its public key.
    pub key: CredentialKey,
    /// What its authenticator has counted to; 0 where it does not count.
    pub counter: u32,
}

/// What an authenticator signed at a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// What the browser says of the ceremony, as it was signed (JSON).
    pub client_data: Vec<u8>,
    /// What the authenticator says of itself.
    pub authenticator_data: Vec<u8>,
    /// Over both.
    pub signature: Vec<u8>,
}

/// What is asked of a browser that is to make a credential for an account (section 5.4, as JSON of section 5.1.8).
#[must_use]
pub fn creation_options(expected: Expected<'_>, account: &[u8], name: &str, known: &[Vec<u8>]) -> Value {
    let algorithms = CredentialKey::ALGORITHMS.map(|number| json!({ "type": "public-key", "alg": number }));
    let exclude: Vec<Value> =
        known.iter().map(|id| json!({ "type": "public-key", "id": base64url(id) })).collect();
    json!({
        "challenge": base64url(expected.challenge),
        "rp": { "id": expected.party.id(), "name": "notafter" },
        "user": { "id": base64url(account), "name": name, "displayName": name },
        "pubKeyCredParams": algorithms,
        "timeout": PATIENCE_MS,
        "excludeCredentials": exclude,
        "authenticatorSelection": {
            "residentKey": "required", "requireResidentKey": true, "userVerification": "required"
        },
        "attestation": "none",
    })
}

/// What is asked of a browser that is to sign in with whichever credential it has for these pages (section 5.5, as JSON).
#[must_use]
pub fn request_options(expected: Expected<'_>) -> Value {
    json!({
        "challenge": base64url(expected.challenge),
        "rpId": expected.party.id(),
        "timeout": PATIENCE_MS,
        "allowCredentials": [],
        "userVerification": "required",
    })
}

/// Judges what came of making a credential (section 7.1).
///
/// # Errors
/// It is not what was asked for.
pub fn registered(
    expected: Expected<'_>,
    client_data: &[u8],
    attestation: &[u8],
) -> Result<Registered, Refused> {
    client_data::check(client_data, Ceremony::Create, expected)?;
    let data = authenticator_data_of(attestation)?;
    let data = AuthenticatorData::read(data)?;
    data.check(expected.party)?;
    let made = data.made.ok_or(Refused::Unreadable("there is no credential in it"))?;
    Ok(Registered { credential: made.credential.to_vec(), key: made.key, counter: data.counter })
}

/// Judges what an authenticator signed (section 7.2) with a credential of this key that had counted so far. Answers what it
/// has counted to now.
///
/// # Errors
/// It proves nothing.
pub fn asserted(
    expected: Expected<'_>,
    assertion: &Assertion,
    (key, counted): (&CredentialKey, u32),
) -> Result<u32, Refused> {
    client_data::check(&assertion.client_data, Ceremony::Get, expected)?;
    let data = AuthenticatorData::read(&assertion.authenticator_data)?;
    data.check(expected.party)?;
    if !key.verifies(&signed(&assertion.authenticator_data, &assertion.client_data), &assertion.signature) {
        return Err(Refused::Signature);
    }
    let does_count = counted != 0 || data.counter != 0;
    if does_count && data.counter <= counted {
        return Err(Refused::Counter);
    }
    Ok(data.counter)
}

/// What the signature is over (section 6.3.3, step 11).
fn signed(authenticator_data: &[u8], client_data: &[u8]) -> Vec<u8> {
    [authenticator_data, digest(&SHA256, client_data).as_ref()].concat()
}

/// The one part of an attestation object (section 6.5.4) that anything is believed of.
fn authenticator_data_of(attestation: &[u8]) -> Result<&[u8], Refused> {
    const NO_CBOR: Refused = Refused::Unreadable("the attestation object is not CBOR");
    if attestation.len() > LONGEST {
        return Err(Refused::Unreadable("the attestation object is too long"));
    }
    let mut decoder = Decoder::new(attestation);
    let members = decoder.map().ok().flatten().ok_or(NO_CBOR)?;
    let mut found = None;
    for _ in 0..members {
        match decoder.str().map_err(|_| NO_CBOR)? {
            "authData" if found.is_none() => found = Some(decoder.bytes().map_err(|_| NO_CBOR)?),
            "authData" => return Err(NO_CBOR),
            _ => decoder.skip().map_err(|_| NO_CBOR)?,
        }
    }
    if decoder.position() != attestation.len() {
        return Err(NO_CBOR);
    }
    found.ok_or(Refused::Unreadable("there is no authenticator data in the attestation object"))
}

#[cfg(test)]
mod tests;

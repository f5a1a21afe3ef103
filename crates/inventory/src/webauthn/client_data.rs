//! What a browser says of a ceremony (section 5.8.1): it is the browser that knows which page asked.

use notafter_acme::jose::from_base64url;
use serde::Deserialize;

use super::{Expected, Refused};

/// More is refused before it is read.
const LONGEST: usize = 8 * 1024;

const CREATE: &str = "webauthn.create";
const GET: &str = "webauthn.get";

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ceremony {
    Create,
    Get,
}

impl Ceremony {
    const fn name(self) -> &'static str {
        match self {
            Self::Create => CREATE,
            Self::Get => GET,
        }
    }
}

/// A member that is there twice is refused: who signed and who reads must not take different ones.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    #[serde(rename = "type")]
    ceremony: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: Option<bool>,
    #[serde(default)]
    top_origin: Option<String>,
}

/// Whether it is of this ceremony, of this challenge, and of a page of ours that was in no frame.
pub(super) fn check(bytes: &[u8], ceremony: Ceremony, expected: Expected<'_>) -> Result<(), Refused> {
    const UNREADABLE: Refused = Refused::Unreadable("the client data is not what a browser writes");
    if bytes.len() > LONGEST {
        return Err(UNREADABLE);
    }
    let said: ClientData = serde_json::from_slice(bytes).map_err(|_| UNREADABLE)?;
    if said.ceremony != ceremony.name() {
        return Err(Refused::Ceremony);
    }
    if from_base64url(&said.challenge).is_none_or(|challenge| challenge != expected.challenge) {
        return Err(Refused::Challenge);
    }
    let is_framed = said.cross_origin == Some(true) || said.top_origin.is_some();
    if is_framed || said.origin != expected.party.origin() {
        return Err(Refused::Origin);
    }
    Ok(())
}

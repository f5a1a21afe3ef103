//! ID tokens (OpenID Connect Core 1.0 sections 2 and 3.1.3.7): a JWS (RFC 7515) whose signature is checked before anything else of
//! it is believed.

use notafter_acme::jose::from_base64url;
use notafter_cert::{Span, Time};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Keys;

/// The algorithms that a token may be signed with. Each belongs to one kind of key, so that no token chooses how a key is used;
/// `none` and those with a shared secret are not among them (RFC 8725 section 3.1).
pub const ALGORITHMS: [&str; 3] = ["RS256", "ES256", "ES384"];

/// Clocks may differ by so much.
pub const LEEWAY: Span = Span::minutes(1);

/// More is refused before it is read.
const LONGEST: usize = 64 * 1024;

/// No identity of a person is longer (section 2).
const LONGEST_SUBJECT: usize = 255;

/// The end of the year 9999: a number beyond it is no date.
const LAST: i64 = 253_402_300_799;

/// What is said of an address (section 5.1): the one means nothing without the other.
const ADDRESS: [&str; 2] = ["email", "email_verified"];

/// Why a token says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is not what the specification says.
    #[error("the ID token cannot be read: {0}")]
    Unreadable(&'static str),
    /// It is signed in a way that nobody else checks, or not at all.
    #[error("the ID token is signed with {0:?}, which is not RS256, ES256 or ES384")]
    Algorithm(String),
    /// Its key is none of the provider's.
    #[error("the ID token is signed with a key that the provider does not publish")]
    UnknownKey,
    /// Its signature is not the key's.
    #[error("the signature of the ID token does not hold")]
    Signature,
    /// It is another provider's.
    #[error("the ID token is of {0:?}")]
    Issuer(String),
    /// It is for somebody else.
    #[error("the ID token is for another client")]
    Audience,
    /// It is over.
    #[error("the ID token ended at {}, and it is {}", .end.for_people(), .now.for_people())]
    Expired {
        /// When it ended.
        end: Time,
        /// The time of judgement.
        now: Time,
    },
    /// It is of later.
    #[error("the ID token begins at {}, and it is {}", .begin.for_people(), .now.for_people())]
    NotYet {
        /// When it begins.
        begin: Time,
        /// The time of judgement.
        now: Time,
    },
    /// It answers another question.
    #[error("the ID token answers another sign-in")]
    Nonce,
    /// It says of nobody who that is.
    #[error("the ID token names nobody")]
    Subject,
}

/// What a token must belong to.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The provider.
    pub issuer: &'a str,
    /// Who asked.
    pub client: &'a str,
    /// What was sent along.
    pub nonce: &'a str,
    /// The time of judgement.
    pub now: Time,
}

/// What a provider says of somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    pub(super) subject: String,
    pub(super) said: Map<String, Value>,
}

impl Claims {
    /// Who it is, for this provider and for ever.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Whether the provider said anything of this name, or below these names with dots between them.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// What it said of it.
    pub(super) fn find(&self, name: &str) -> Option<&Value> {
        self.said.get(name).or_else(|| {
            let mut parts = name.split('.');
            let first = self.said.get(parts.next()?)?;
            parts.try_fold(first, |within, part| within.get(part))
        })
    }

    /// Whether it is said which address a person has, and whether that was verified.
    #[must_use]
    pub fn has_address(&self) -> bool {
        ADDRESS.iter().all(|name| self.said.contains_key(*name))
    }

    /// With what the provider says of the same person where it is asked for more (section 5.3.2); nothing where that is of
    /// another one. What the signed token says stands. An address and whether it was verified are of one document: of the token
    /// where it says both, else of the other where that has an address.
    #[must_use]
    pub fn with_user_info(mut self, document: &[u8]) -> Option<Self> {
        let mut said: Map<String, Value> = serde_json::from_slice(document).ok()?;
        if said.get("sub").and_then(Value::as_str) != Some(&self.subject) {
            return None;
        }
        let is_told = !self.has_address() && said.contains_key("email");
        if is_told {
            ADDRESS.iter().for_each(|name| drop(self.said.remove(*name)));
        } else {
            ADDRESS.iter().for_each(|name| drop(said.remove(*name)));
        }
        for (name, value) in said {
            self.said.entry(name).or_insert(value);
        }
        Some(self)
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// Extensions that must be understood: none is (RFC 7515 section 4.1.11).
    crit: Option<Value>,
}

/// What a token says, if it is the provider's, for this client, of now, and answers this question.
///
/// # Errors
/// It is not; [`Refused::UnknownKey`] may be mended by reading the provider's keys anew.
pub fn claims(token: &str, keys: &Keys, expected: Expected<'_>) -> Result<Claims, Refused> {
    let payload = verified(token, keys)?;
    let said: Map<String, Value> =
        serde_json::from_slice(&payload).map_err(|_| Refused::Unreadable("its claims are not JSON"))?;
    let text = |name: &str| said.get(name).and_then(Value::as_str);
    if text("iss") != Some(expected.issuer) {
        return Err(Refused::Issuer(text("iss").unwrap_or_default().chars().take(200).collect()));
    }
    is_for(&said, expected.client)?;
    is_of_now(&said, expected.now)?;
    if text("nonce") != Some(expected.nonce) {
        return Err(Refused::Nonce);
    }
    let subject = text("sub").filter(|subject| (1..=LONGEST_SUBJECT).contains(&subject.len()));
    let subject = subject.ok_or(Refused::Subject)?.to_owned();
    Ok(Claims { subject, said })
}

/// The payload of a token whose signature holds.
fn verified(token: &str, keys: &Keys) -> Result<Vec<u8>, Refused> {
    const NOT_A_JWS: Refused = Refused::Unreadable("it has not three parts of base64url");
    if token.len() > LONGEST {
        return Err(Refused::Unreadable("it is too long"));
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(NOT_A_JWS)?;
    let (header, payload) = signed.split_once('.').ok_or(NOT_A_JWS)?;
    let part = |text| from_base64url(text).ok_or(NOT_A_JWS);
    let (header, payload, signature) = (part(header)?, part(payload)?, part(signature)?);
    let header: Header =
        serde_json::from_slice(&header).map_err(|_| Refused::Unreadable("its header is not JSON"))?;
    if header.crit.is_some() {
        return Err(Refused::Unreadable("it has extensions that must be understood"));
    }
    if !ALGORITHMS.contains(&header.alg.as_str()) {
        return Err(Refused::Algorithm(header.alg.chars().take(20).collect()));
    }
    let mut fitting = keys.named(header.kid.as_deref()).peekable();
    if fitting.peek().is_none() {
        return Err(Refused::UnknownKey);
    }
    // The key says how it is used, and the header must say the same.
    let holds = fitting
        .any(|key| key.algorithm().name() == header.alg && key.verifies(signed.as_bytes(), &signature));
    match (holds, header.kid.is_some()) {
        (true, _) => Ok(payload),
        (false, true) => Err(Refused::Signature),
        // It may be signed with a newer key that is not named either.
        (false, false) => Err(Refused::UnknownKey),
    }
}

/// Section 3.1.3.7, steps 3 to 5: for this client, and where it is for others too, asked for by this one.
fn is_for(said: &Map<String, Value>, client: &str) -> Result<(), Refused> {
    let others = match said.get("aud") {
        Some(Value::String(one)) if one == client => false,
        Some(Value::Array(many)) if many.iter().any(|one| one == client) => many.len() > 1,
        _ => return Err(Refused::Audience),
    };
    match said.get("azp") {
        Some(party) if party == client => Ok(()),
        None if !others => Ok(()),
        _ => Err(Refused::Audience),
    }
}

/// Steps 9 and 10: `exp` and `iat` must be there, `nbf` may (RFC 7519 section 4.1.5).
fn is_of_now(said: &Map<String, Value>, now: Time) -> Result<(), Refused> {
    let instant = |name| instant(said.get(name));
    let end = instant("exp").ok_or(Refused::Unreadable("it says no end"))?;
    let begin = instant("iat").ok_or(Refused::Unreadable("it does not say when it was made"))?;
    if now >= end + LEEWAY {
        return Err(Refused::Expired { end, now });
    }
    let begin = begin.max(instant("nbf").unwrap_or(begin));
    if begin > now + LEEWAY {
        return Err(Refused::NotYet { begin, now });
    }
    Ok(())
}

/// Seconds since 1970, which may have a fraction (RFC 7519 section 2).
fn instant(value: Option<&Value>) -> Option<Time> {
    let number = value?;
    #[expect(clippy::cast_possible_truncation, reason = "a cast saturates, and the range is looked at next")]
    let seconds = number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds as i64))?;
    (0..=LAST).contains(&seconds).then(|| Time::from_unix_seconds(seconds))
}

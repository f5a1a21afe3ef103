//! Questions that are asked of a browser before it is known who it is: given out signed, and answered once.
//!
//! What is given out is not kept, so that nobody fills the store by asking. The browser brings it back; it says what for, in
//! whose session, and until when. What is kept is which were answered.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use notafter_cert::{Span, Time};
use notafter_inventory::model::{SecretHash, SessionId};
use notafter_keys::{hmac_sha256_128, hmac_sha256_128_is};
use notafter_store::{Access, Change};

use crate::context::Context;
use crate::operate::Fault;
use crate::signing_key;

/// The key's name in the vault. No inventory file can name it.
const SECRET: &str = "sign-in-challenges";

/// A person finds an authenticator, or signs in elsewhere, within this time.
pub const CHALLENGE_LASTS: Span = Span::minutes(5);

/// What a challenge is good for, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Signing in with a passkey.
    PasskeySignIn,
    /// Adding a passkey, in this session.
    PasskeyAdd(SessionId),
    /// Signing in through a provider.
    OpenId,
}

impl Purpose {
    fn bytes(self) -> Vec<u8> {
        match self {
            Self::PasskeySignIn => b"passkey sign-in\0".to_vec(),
            Self::OpenId => b"openid\0".to_vec(),
            Self::PasskeyAdd(session) => [&b"passkey add\0"[..], session.as_bytes()].concat(),
        }
    }
}

/// 32 bytes that nobody knew before, and nobody answers twice.
pub(super) struct Challenge {
    pub(super) bytes: [u8; 32],
    until: Time,
}

impl Challenge {
    /// A new one, and the text that the browser brings back with the answer.
    pub(super) async fn new(context: &Context, purpose: Purpose) -> Result<(Self, String), Fault> {
        let key = signing_key::made(context, SECRET).await?;
        let made = Self { bytes: context.random(), until: context.clock.now() + CHALLENGE_LASTS };
        let text = made.written(purpose, &key);
        Ok((made, text))
    }

    /// The one that a browser brought back, if it is ours, for this, and not over.
    pub(super) async fn brought(context: &Context, purpose: Purpose, text: &str) -> Result<Self, Fault> {
        let key = signing_key::known(context, SECRET).await?.ok_or_else(is_over)?;
        Self::read(purpose, text, &key, context.clock.now()).ok_or_else(is_over)
    }

    /// Uses it up; the change fails where somebody did before.
    pub(super) fn spend(&self) -> Change {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, &self.bytes).as_ref());
        Change::Access(Access::SpendChallenge(SecretHash(hash), self.until))
    }

    fn written(&self, purpose: Purpose, key: &[u8]) -> String {
        let code = hmac_sha256_128(key, &self.signed(purpose));
        let until = self.until.as_micros().to_be_bytes();
        URL_SAFE_NO_PAD.encode([&self.bytes[..], &until, &code].concat())
    }

    fn read(purpose: Purpose, text: &str, key: &[u8], now: Time) -> Option<Self> {
        let bytes: [u8; 56] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (challenge, rest) = bytes.split_first_chunk::<32>()?;
        let (until, code) = rest.split_first_chunk::<8>()?;
        let read = Self { bytes: *challenge, until: Time::from_micros(i64::from_be_bytes(*until)) };
        (hmac_sha256_128_is(key, &read.signed(purpose), code) && now < read.until).then_some(read)
    }

    fn signed(&self, purpose: Purpose) -> Vec<u8> {
        let mut bytes = purpose.bytes();
        bytes.extend_from_slice(&self.bytes);
        bytes.extend_from_slice(&self.until.as_micros().to_be_bytes());
        bytes
    }
}

/// It was answered before, took too long, or never was.
pub(super) fn is_over() -> Fault {
    Fault::new(
        "access.challenge-is-over",
        "this attempt was made before, or took longer than five minutes, and nothing was done",
        "load the page anew, and do it again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);

    #[test]
    fn a_challenge_is_good_for_its_purpose_in_its_session_and_its_five_minutes() {
        let session = |number| SessionId::new(NOW, [number; 10]);
        let purpose = Purpose::PasskeyAdd(session(1));
        let made = Challenge { bytes: [7; 32], until: NOW + CHALLENGE_LASTS };
        let text = made.written(purpose, b"key");
        let read = |purpose, text: &str, now| {
            Challenge::read(purpose, text, b"key", now).map(|challenge| challenge.bytes)
        };
        assert_eq!(read(purpose, &text, NOW + Span::seconds(299)), Some([7; 32]));
        assert_eq!(read(purpose, &text, NOW + CHALLENGE_LASTS), None);
        assert_eq!(read(Purpose::PasskeyAdd(session(2)), &text, NOW), None);
        assert_eq!(read(Purpose::PasskeySignIn, &text, NOW), None);
        assert!(Challenge::read(purpose, &text, b"another key", NOW).is_none());
        for place in 0..text.len() {
            let mut forged = text.clone().into_bytes();
            forged[place] = if forged[place] == b'B' { b'C' } else { b'B' };
            assert_eq!(read(purpose, std::str::from_utf8(&forged).unwrap(), NOW), None, "{place}");
        }
        for text in ["", "AAAA", &text[1..], &format!("{text}AAAA")] {
            assert_eq!(read(purpose, text, NOW), None, "{text:?}");
        }
    }
}

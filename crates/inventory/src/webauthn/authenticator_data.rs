//! What an authenticator says of itself (section 6.1): for whom, whether somebody was there, how far it counted.

use aws_lc_rs::digest::{SHA256, digest};
use minicbor::Decoder;

use super::{CredentialKey, LONGEST_CREDENTIAL, Refused, RelyingParty};

const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const HAS_CREDENTIAL: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;

/// Read to its last byte.
#[derive(Debug)]
pub(super) struct AuthenticatorData<'a> {
    party: &'a [u8],
    flags: u8,
    pub(super) counter: u32,
    /// The credential that was made; there is none at a sign-in.
    pub(super) made: Option<Made<'a>>,
}

/// A credential that was made.
#[derive(Debug)]
pub(super) struct Made<'a> {
    pub(super) credential: &'a [u8],
    pub(super) key: CredentialKey,
}

impl<'a> AuthenticatorData<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Refused> {
        const SHORT: Refused = Refused::Unreadable("the authenticator data is too short");
        let (party, rest) = bytes.split_first_chunk::<32>().ok_or(SHORT)?;
        let (flags, rest) = rest.split_first().ok_or(SHORT)?;
        let (counter, mut rest) = rest.split_first_chunk::<4>().ok_or(SHORT)?;
        let mut made = None;
        if flags & HAS_CREDENTIAL != 0 {
            let (credential, after) = credential(rest)?;
            (made, rest) = (Some(credential), after);
        }
        if flags & HAS_EXTENSIONS != 0 {
            rest = after_extensions(rest)?;
        }
        if !rest.is_empty() {
            return Err(Refused::Unreadable("something stands behind the authenticator data"));
        }
        Ok(Self { party, flags: *flags, counter: u32::from_be_bytes(*counter), made })
    }

    /// Whether it is for these pages, and somebody was there who was verified.
    pub(super) fn check(&self, party: &RelyingParty) -> Result<(), Refused> {
        if self.party != digest(&SHA256, party.id().as_bytes()).as_ref() {
            return Err(Refused::RelyingParty);
        }
        let is = |flag| self.flags & flag != 0;
        if !is(PRESENT) {
            return Err(Refused::NotPresent);
        }
        if !is(VERIFIED) {
            return Err(Refused::NotVerified);
        }
        // Section 6.1.3: what cannot be backed up is not.
        if is(BACKED_UP) && !is(BACKUP_ELIGIBLE) {
            return Err(Refused::Unreadable("it says that it is backed up and cannot be"));
        }
        Ok(())
    }
}

/// Attested credential data (section 6.5.1), and what stands behind it. Which model of authenticator it was is passed over.
fn credential(bytes: &[u8]) -> Result<(Made<'_>, &[u8]), Refused> {
    const SHORT: Refused = Refused::Unreadable("the credential is cut off");
    let (_model, rest) = bytes.split_first_chunk::<16>().ok_or(SHORT)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(SHORT)?;
    let length = usize::from(u16::from_be_bytes(*length));
    if !(1..=LONGEST_CREDENTIAL).contains(&length) {
        return Err(Refused::Unreadable("the credential's identity is too long, or empty"));
    }
    let (credential, rest) = rest.split_at_checked(length).ok_or(SHORT)?;
    let (key, after) = CredentialKey::read_first(rest)?;
    Ok((Made { credential, key }, after))
}

/// Nothing was asked of an extension: what one says is passed over, if it is one map of CBOR.
fn after_extensions(bytes: &[u8]) -> Result<&[u8], Refused> {
    const NO_CBOR: Refused = Refused::Unreadable("the extensions are not CBOR");
    let mut decoder = Decoder::new(bytes);
    if decoder.probe().map().is_err() {
        return Err(NO_CBOR);
    }
    decoder.skip().map_err(|_| NO_CBOR)?;
    bytes.get(decoder.position()..).ok_or(NO_CBOR)
}

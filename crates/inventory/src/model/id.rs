//! Identifiers: UUIDv7, shown with a prefix that names the kind.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use notafter_cert::{Span, Time};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// Ten random bytes, from the caller (law 1).
pub type Random = [u8; 10];

/// A kind of subject.
pub trait Kind: 'static {
    /// Two letters.
    const PREFIX: &'static str;
}

/// A UUIDv7 that knows what it names: `ep_0192...`.
pub struct Id<K>(Uuid, PhantomData<fn() -> K>);

impl<K: Kind> Id<K> {
    /// A new identifier for something that came into being at `now`.
    #[must_use]
    pub fn new(now: Time, random: Random) -> Self {
        let millis = u64::try_from(now.as_micros() / 1000).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid(), PhantomData)
    }

    /// From the 16 bytes the store keeps.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes), PhantomData)
    }

    /// When it was made, to the millisecond (RFC 9562 section 5.7).
    #[must_use]
    pub const fn made_at(&self) -> Time {
        let [a, b, c, d, e, f, ..] = *self.as_bytes();
        let millis = i64::from_be_bytes([0, 0, a, b, c, d, e, f]);
        Time::from_micros(millis * 1000)
    }

    /// The 16 bytes the store keeps.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

/// Makes identifiers that sort in the order in which they were asked for, also within one millisecond (RFC 9562 section
/// 6.2, method 2): what is counted there are the 74 bits that are random else.
#[derive(Debug, Default)]
pub struct Sequence(Option<u128>);

/// A clock that is put back by less than this goes on where it was; the identifiers of more are those of its own time.
const PUT_BACK: Span = Span::seconds(10);
/// Where version and variant stand between the bits that count (RFC 9562 section 5.7).
const VARIANT: u32 = 62;
const VERSION: u32 = 76;

impl Sequence {
    /// The next identifier, for something that came into being at `now`.
    pub fn id<K: Kind>(&mut self, now: Time, random: Random) -> Id<K> {
        let fresh = counted(Id::<K>::new(now, random).0.as_u128());
        let within = u128::try_from(PUT_BACK.as_micros() / 1000).unwrap_or(0) << (VERSION - 2);
        let next = match self.0 {
            // A random step keeps the next one from being guessed.
            Some(last) if fresh <= last && last - fresh < within => last + 1 + step(random),
            _ => fresh,
        };
        self.0 = Some(next);
        Id(Uuid::from_u128(written(next)), PhantomData)
    }
}

/// The bits that count, without version and variant.
const fn counted(uuid: u128) -> u128 {
    let low = uuid & ((1 << VARIANT) - 1);
    let middle = (uuid >> 64) & 0xfff;
    (uuid >> 80) << (VERSION - 2) | middle << VARIANT | low
}

/// The same with version 7 and the variant of RFC 9562.
const fn written(counted: u128) -> u128 {
    let low = counted & ((1 << VARIANT) - 1);
    let middle = (counted >> VARIANT) & 0xfff;
    (counted >> (VERSION - 2)) << 80 | 7 << VERSION | middle << 64 | 0b10 << VARIANT | low
}

fn step(random: Random) -> u128 {
    let [first, second, third, fourth, ..] = random;
    u32::from_be_bytes([first, second, third, fourth]).into()
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", K::PREFIX, self.0.simple())
    }
}
impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier of the form {prefix}_<32 hexadecimal digits>: {text:?}")]
pub struct ParseIdError {
    prefix: &'static str,
    text: String,
}

impl<K: Kind> FromStr for Id<K> {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseIdError { prefix: K::PREFIX, text: text.to_owned() };
        let digits =
            text.strip_prefix(K::PREFIX).and_then(|rest| rest.strip_prefix('_')).ok_or_else(wrong)?;
        Uuid::try_parse(digits).map(|uuid| Self(uuid, PhantomData)).map_err(|_| wrong())
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $alias:ident = $kind:ident $prefix:literal;)*) => {$(
        #[doc = concat!("The kind behind [`", stringify!($alias), "`].")]
        pub struct $kind;
        impl Kind for $kind {
            const PREFIX: &'static str = $prefix;
        }
        $(#[$doc])*
        pub type $alias = Id<$kind>;
    )*};
}

kinds! {
    /// An endpoint.
    EndpointId = EndpointKind "ep";
    /// A lineage.
    LineageId = LineageKind "ln";
    /// A version of a lineage.
    VersionId = VersionKind "vr";
    /// A place.
    PlaceId = PlaceKind "pl";
    /// A finding.
    FindingId = FindingKind "fd";
    /// An owner.
    OwnerId = OwnerKind "ow";
    /// An issuer.
    IssuerId = IssuerKind "is";
    /// A private key in the vault.
    KeyId = KeyKind "ky";
    /// An ACME order.
    OrderId = OrderKind "or";
    /// A deployment of one version to one place.
    DeploymentId = DeploymentKind "dp";
    /// An alert.
    AlertId = AlertKind "al";
    /// A notification channel.
    ChannelId = ChannelKindMarker "ch";
    /// One message to one contact.
    DeliveryId = DeliveryKind "dl";
    /// A silence.
    SilenceId = SilenceKind "si";
    /// An account.
    UserId = UserKind "us";
    /// A signed-in browser.
    SessionId = SessionKind "se";
    /// An API token.
    TokenId = TokenKind "tk";
    /// A passkey of an account.
    PasskeyId = PasskeyKind "pk";
    /// An incident that a person tells the public of.
    IncidentId = IncidentKind "in";
    /// A maintenance that is announced to the public.
    MaintenanceId = MaintenanceKind "mt";
    /// A drill.
    DrillId = DrillKind "dr";
    /// An address that is told by mail what the status page tells.
    SubscriberId = SubscriberKind "sb";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two deployments of one millisecond were in the order of their random bits: the older one was taken for the newest.
    #[test]
    fn identifiers_of_one_instant_sort_in_the_order_in_which_they_were_made() {
        let (now, mut sequence) = (Time::from_unix_seconds(1_796_000_000), Sequence::default());
        let mut made: Vec<EndpointId> = Vec::new();
        for round in 0..1_000_u32 {
            // From all ones downwards: by these alone each would sort before the one before it.
            let random = [u8::MAX - u8::try_from(round % 256).unwrap(); 10];
            made.push(sequence.id(now, random));
        }
        assert!(made.is_sorted_by(|one, next| one < next));
        let uuids = made.iter().map(|id| Uuid::from_bytes(*id.as_bytes()));
        for uuid in uuids {
            assert_eq!((uuid.get_version_num(), uuid.get_variant()), (7, uuid::Variant::RFC4122));
        }
        assert_eq!(made[0], Id::new(now, [u8::MAX; 10]), "the first is as it would be alone");
        let later = sequence.id(now + Span::seconds(1), [0; 10]);
        assert_eq!(later, EndpointId::new(now + Span::seconds(1), [0; 10]), "time goes on by itself");
    }

    #[test]
    fn a_clock_that_is_put_back_a_little_does_not_put_identifiers_back() {
        let (now, mut sequence) = (Time::from_unix_seconds(1_796_000_000), Sequence::default());
        let first: EndpointId = sequence.id(now, [1; 10]);
        let second: EndpointId = sequence.id(now - Span::seconds(9), [1; 10]);
        assert!(second > first);
        let long_before: EndpointId = sequence.id(now - Span::hours(1), [1; 10]);
        assert_eq!(long_before, Id::new(now - Span::hours(1), [1; 10]));
    }

    #[test]
    fn identifiers_sort_by_their_time_and_read_back() {
        let early = EndpointId::new(Time::from_unix_seconds(1_000), [9; 10]);
        let late = EndpointId::new(Time::from_unix_seconds(2_000), [0; 10]);
        assert!(early < late);
        assert_eq!(early.to_string().parse::<EndpointId>().unwrap(), early);
        assert!(early.to_string().parse::<LineageId>().is_err());
    }
}

//! Safety nets: instants by lifetime that hold whatever the CA, its renewal windows and its limits say.
//!
//! "Always give heed to actual validity": an ARI window may be wrong, stale or missing.

use notafter_cert::{Span, Time};
use serde::Serialize;

/// A certificate that lives shorter than this is renewed at half of its life instead of at two thirds.
pub(super) const SHORT: Span = Span::days(10);

/// One instant and what it means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Net {
    /// In words: `1/3 of lifetime`.
    pub name: &'static str,
    /// When.
    pub at: Time,
}

/// The instants of one certificate, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Nets {
    /// A third of the lifetime is left (half, if that is under ten days): due without any window.
    pub regular: Net,
    /// A twentieth is left (an hour at least, half of the lifetime at most): pauses shrink, and last tokens may be used.
    pub emergency: Net,
    /// A fiftieth is left: whatever says to wait is ignored once.
    pub last_call: Net,
    /// The end.
    pub end: Time,
    /// From first to last instant.
    pub lifetime: Span,
}

impl Nets {
    /// The nets of a certificate that is valid between these instants (both inclusive).
    #[must_use]
    pub fn of(not_before: Time, not_after: Time) -> Self {
        let lifetime = (not_after.since(not_before) + Span::seconds(1)).max(Span::ZERO);
        let end = not_after;
        let (name, left) = if lifetime < SHORT {
            ("1/2 of lifetime", lifetime.share(1, 2))
        } else {
            ("1/3 of lifetime", lifetime.share(1, 3))
        };
        let emergency = lifetime.share(1, 20).max(Span::hours(1).min(lifetime.share(1, 2)));
        Self {
            regular: Net { name, at: end - left },
            emergency: Net { name: "1/20 of lifetime", at: end - emergency },
            last_call: Net { name: "1/50 of lifetime", at: end - lifetime.share(1, 50) },
            end,
            lifetime,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nets_are_shares_of_every_lifetime() {
        let start = Time::from_unix_seconds(1_796_000_000);
        let table = [
            (Span::minutes(2), "1 min", "1 min", "2 s"),
            (Span::hours(12), "6 h", "1 h", "14 min 24 s"),
            (Span::hours(160), "3 d 8 h", "8 h", "3 h 12 min"),
            (Span::days(47), "15 d 16 h", "2 d 8 h", "22 h 33 min"),
            (Span::days(90), "30 d", "4 d 12 h", "1 d 19 h"),
            (Span::days(200), "66 d 16 h", "10 d", "4 d"),
            (Span::days(398), "132 d 16 h", "19 d 21 h", "7 d 23 h"),
        ];
        for (lifetime, regular, emergency, last_call) in table {
            let end = start + lifetime - Span::seconds(1);
            let nets = Nets::of(start, end);
            let left = |net: &Net| end.since(net.at).to_string();
            assert_eq!(
                [left(&nets.regular), left(&nets.emergency), left(&nets.last_call)],
                [regular, emergency, last_call],
                "{lifetime}"
            );
        }
    }

    #[test]
    fn a_certificate_that_ends_before_it_begins_has_its_nets_at_its_end() {
        let start = Time::from_unix_seconds(1_796_000_000);
        let nets = Nets::of(start, start - Span::days(3));
        assert_eq!(nets.regular.at, nets.end);
        assert_eq!(nets.lifetime, Span::ZERO);
    }
}

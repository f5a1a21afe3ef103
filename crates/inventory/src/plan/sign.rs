//! What the private CA signs: whether, and for how long.

use notafter_cert::{Identifier, Span, Subtree, Time, Validity};

use crate::model::{Authority, Certified, Practice};

/// An intermediate lasts so long, where the root does.
const INTERMEDIATE_LASTS: Span = Span::days(365);

/// Clocks of visitors differ: certificates begin so long before they are signed.
const BACKDATED: Span = Span::hours(1);

/// What would end sooner than this is not signed: it would have to be renewed again and again until the CA has ended.
const SHORTEST: Span = Span::hours(1);

/// What a root lasts, what a leaf lasts, and within which bounds people may say otherwise. A leaf cannot be called back, so
/// that it is short; no browser accepts a longer one from 2027-03-15 on (CA/Browser Forum ballot SC-081v3).
pub const ROOT_LASTS: Span = Span::days(3650);
/// See [`ROOT_LASTS`].
pub const ROOT_BOUNDS: (Span, Span) = (Span::days(365), Span::days(9125));
/// See [`ROOT_LASTS`].
pub const LEAF_LASTS: Span = Span::days(30);
/// See [`ROOT_LASTS`].
pub const LEAF_BOUNDS: (Span, Span) = (Span::hours(1), Span::days(100));

/// The identifiers that this CA may not sign: those that lie in nothing that is permitted.
#[must_use]
pub fn outside<'a>(permitted: &[Subtree], identifiers: &'a [Identifier]) -> Vec<&'a Identifier> {
    if permitted.is_empty() {
        return Vec::new();
    }
    let lies_in_none = |identifier: &&Identifier| !permitted.iter().any(|subtree| subtree.holds(identifier));
    identifiers.iter().filter(lies_in_none).collect()
}

/// The dates of a root that is made now.
#[must_use]
pub fn root(practice: &Practice, now: Time) -> Validity {
    Validity { not_before: seconds(now - BACKDATED), not_after: seconds(now + practice.root_lifetime) }
}

/// The dates of an intermediate that is made now below this root.
#[must_use]
pub fn intermediate(root: Validity, now: Time) -> Validity {
    Validity {
        not_before: seconds((now - BACKDATED).max(root.not_before)),
        not_after: seconds((now + INTERMEDIATE_LASTS).min(root.not_after)),
    }
}

/// Whether another intermediate is made before anything more is signed: less than a third of this one is left, and another
/// one would last longer.
#[must_use]
pub fn needs_intermediate(authority: &Authority, now: Time) -> bool {
    let Authority { root, intermediate, .. } = authority;
    let lasts = intermediate.not_after.since(intermediate.not_before);
    let left = intermediate.not_after.since(now);
    left < lasts.share(1, 3) && intermediate.not_after < root.not_after
}

/// The dates of a leaf that is signed now, which never outlasts the CA; `None` where too little is left of that.
#[must_use]
pub fn leaf(practice: &Practice, authority: &Authority, now: Time) -> Option<Validity> {
    let signer = &authority.intermediate;
    let not_after = (now + practice.lifetime).min(signer.not_after);
    let backdated = practice.lifetime.share(1, 10).min(BACKDATED);
    (not_after.since(now) >= SHORTEST).then(|| Validity {
        not_before: seconds((now - backdated).max(signer.not_before)),
        not_after: seconds(not_after),
    })
}

/// How much of a root is left when people begin to hear that it ends, and when it is grave: it has to be replaced by hand
/// wherever it is trusted.
#[must_use]
pub fn root_limits(root: &Certified) -> (Span, Span) {
    let lasts = root.not_after.since(root.not_before);
    (lasts.share(1, 10).max(Span::days(30)), lasts.share(1, 40).max(Span::days(14)))
}

/// X.509 knows whole seconds.
const fn seconds(at: Time) -> Time {
    Time::from_unix_seconds(at.unix_seconds())
}

#[cfg(test)]
mod tests {
    use notafter_cert::{Fingerprint, KeySpec};

    use super::*;
    use crate::model::KeyId;

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);

    fn practice(lifetime: Span) -> Practice {
        Practice {
            common_name: "House".to_owned(),
            key: KeySpec::EcdsaP384,
            permitted: Vec::new(),
            lifetime,
            root_lifetime: ROOT_LASTS,
        }
    }

    fn certified(Validity { not_before, not_after }: Validity) -> Certified {
        Certified {
            common_name: "House root".to_owned(),
            key_id: KeyId::from_bytes([1; 16]),
            pem: String::new(),
            fingerprint: Fingerprint::of(&[]),
            not_before,
            not_after,
        }
    }

    fn authority(made_at: Time) -> Authority {
        let root_dates = root(&practice(LEAF_LASTS), made_at);
        let below = intermediate(root_dates, made_at);
        Authority { root: certified(root_dates), intermediate: certified(below), intermediates: 1 }
    }

    #[test]
    fn only_what_lies_in_a_permitted_subtree_is_signed() {
        let names: Vec<Identifier> = ["a.internal.example", "shop.example", "10.1.2.3", "192.0.2.1"]
            .map(|name| name.parse().unwrap())
            .into();
        let permitted: Vec<Subtree> =
            ["internal.example", "10.0.0.0/8"].map(|one| one.parse().unwrap()).into();
        assert_eq!(outside(&permitted, &names), [&names[1], &names[3]]);
        assert_eq!(
            outside(&permitted[..1], &names[2..3]),
            [&names[2]],
            "no address where only domains are permitted"
        );
        assert!(outside(&[], &names).is_empty(), "anything");
    }

    #[test]
    fn nothing_outlasts_what_signed_it() {
        let house = authority(NOW);
        let (root, signer) = (&house.root, &house.intermediate);
        assert_eq!(root.not_after, NOW + Span::days(3650));
        assert_eq!(signer.not_after, NOW + Span::days(365));
        let of = |lifetime, at| leaf(&practice(lifetime), &house, at);
        let month = of(Span::days(30), NOW).unwrap();
        assert_eq!((month.not_before, month.not_after), (NOW - Span::hours(1), NOW + Span::days(30)));
        let hour = of(Span::hours(1), NOW).unwrap();
        assert_eq!((hour.not_before, hour.not_after), (NOW - Span::minutes(6), NOW + Span::hours(1)));
        let late = signer.not_after - Span::days(3);
        assert_eq!(of(Span::days(30), late).unwrap().not_after, signer.not_after);
        assert_eq!(of(Span::days(30), signer.not_after - Span::minutes(59)), None);
        assert_eq!(of(Span::days(30), signer.not_after + Span::days(1)), None);
    }

    #[test]
    fn an_intermediate_is_followed_by_another_in_good_time_as_long_as_the_root_lasts() {
        let house = authority(NOW);
        let end = house.intermediate.not_after;
        for (left, due) in [(Span::days(300), false), (Span::days(122), false), (Span::days(121), true)] {
            assert_eq!(needs_intermediate(&house, end - left), due, "{left} left");
        }
        assert!(needs_intermediate(&house, end + Span::days(9)), "it has ended");
        let last = Authority { intermediate: house.root.clone(), ..house };
        assert!(
            !needs_intermediate(&last, last.root.not_after - Span::days(1)),
            "another would end with the root as well"
        );
    }
}

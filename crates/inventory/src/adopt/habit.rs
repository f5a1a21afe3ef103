//! When an automation renews, learnt from what it did, and when it is late by that.

use notafter_cert::{Certificate, Span, Time};
use serde::Serialize;

use super::case::Case;
use super::fact::Validity;
use crate::model::Renewer;

/// An earlier successor was asked for by a person, and tells nothing about the habit.
const EARLIEST_HABIT: i64 = 200;
/// Where nothing else is known: two thirds of the lifetime, as most programs do.
const USUAL_HABIT: i64 = 667;

/// When a renewal is expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Due {
    /// By habit.
    pub at: Time,
    /// From here on it is late.
    pub late_at: Time,
    /// How the habit is known.
    pub by: String,
}

/// The share of the lifetime, in thousandths, after which a successor came: the median of what was seen.
#[must_use]
pub fn habit_permille(history: &[Validity]) -> Option<u16> {
    let share = |pair: &[Validity]| {
        let lifetime = pair[0].not_after.since(pair[0].not_before).as_seconds();
        let passed = pair[1].not_before.since(pair[0].not_before).as_seconds();
        let permille = passed.checked_mul(1000)?.checked_div(lifetime)?;
        (EARLIEST_HABIT..=1000).contains(&permille).then_some(permille)
    };
    let mut shares: Vec<i64> = history.windows(2).filter_map(share).collect();
    shares.sort_unstable();
    shares.get(shares.len() / 2).and_then(|&permille| u16::try_from(permille).ok())
}

/// When the newest certificate of a case is due for renewal, and when that is late.
#[must_use]
pub fn due(case: &Case, remembered: Option<u16>) -> Option<Due> {
    let newest = case.newest.as_ref()?;
    let (at, by) = expected(case, newest, remembered);
    // It is late once it had two more chances than it needed: at least a twentieth of the lifetime, never more than
    // an eighth, so that weeks are left at 90 days and hours at six.
    let chances = case.triggers.iter().filter_map(|trigger| trigger.every).max().unwrap_or(Span::ZERO);
    let lifetime = newest.lifetime();
    let left = newest.not_after().since(at).max(Span::ZERO);
    let slack =
        (chances + chances).max(lifetime.share(1, 20)).min(lifetime.share(1, 8)).min(left.share(1, 2));
    Some(Due { at, late_at: at + slack, by })
}

fn expected(case: &Case, newest: &Certificate, remembered: Option<u16>) -> (Time, String) {
    let (start, lifetime) = (newest.not_before(), newest.lifetime());
    let after = |permille: i64| start + lifetime.share(permille, 1000);
    let kept = case.kept.as_ref();
    if let Some(planned) =
        kept.and_then(|kept| kept.planned_at).filter(|&at| at > start && at < newest.not_after())
    {
        return (planned, "its own plan".to_owned());
    }
    let seen = kept.and_then(|kept| habit_permille(&kept.history)).or(remembered);
    if let Some(habit) = seen {
        return (after(i64::from(habit)), format!("its habit: after {} % of the lifetime", habit / 10));
    }
    if let Some(before) = kept.and_then(|kept| kept.renews_before).filter(|&before| before < lifetime) {
        return (newest.not_after() - before, format!("its settings: {before} before the end"));
    }
    match case.renewer {
        // certbot before 4.0 and lego take 30 days, certbot since 4.0 a third of the lifetime: the later one is safe
        // to accuse by.
        Renewer::Certbot | Renewer::Lego if newest.not_after() - Span::days(30) > after(USUAL_HABIT) => {
            (newest.not_after() - Span::days(30), "its default: 30 days before the end".to_owned())
        }
        _ => (after(USUAL_HABIT), "two thirds of the lifetime".to_owned()),
    }
}

//! When a lineage's certificate is renewed, and by whom.

use notafter_cert::Time;

use super::Keeper;
use crate::model::{Lineage, Mode, Renewer, Version};
use crate::plan::renew::RenewPlan;

/// Who renews a lineage.
#[must_use]
pub const fn keeper(mode: &Mode) -> Keeper {
    match mode {
        Mode::Managed(_) => Keeper::Notafter,
        Mode::WatchOnly(automation) => match automation.renewer {
            Renewer::Unknown => Keeper::Nobody,
            Renewer::Certbot | Renewer::Lego | Renewer::AcmeSh => Keeper::Others,
        },
    }
}

/// From when until when: the CA's window where the renewal is planned within it (RFC 9773 section 4.2), else the planned
/// instant; of what others renew, the instant at which they did so far.
#[must_use]
pub fn renewal(lineage: &Lineage, version: &Version, plan: Option<&RenewPlan>) -> Option<(Time, Time)> {
    match &lineage.mode {
        Mode::Managed(_) => {
            let at = plan?.action.not_before;
            let window = lineage
                .renewal
                .ari
                .as_ref()
                .filter(|window| window.version == version.id && window.start <= at && at < window.end);
            Some(window.map_or((at, at), |window| (window.start, window.end)))
        }
        Mode::WatchOnly(automation) => {
            let permille = automation.habit_permille.filter(|_| automation.renewer != Renewer::Unknown)?;
            let at = version.not_before + version.lifetime().share(i64::from(permille), 1000);
            Some((at, at))
        }
    }
}

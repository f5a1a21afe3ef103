//! The next CRL comes within ten days; of CAs alone, within twelve months.

use crate::lint::crl::CrlLint;
use crate::lint::{Effective, Meta, Severity, Source, Verdict};
use crate::x509::extension::IssuingDistributionPoint;
use crate::{Span, Time};

pub(super) const LINT: CrlLint = CrlLint {
    meta: Meta {
        id: "crl.next-update-invalid",
        title: "The next CRL comes within ten days; of CAs alone, within twelve months.",
        why: "Until then, whoever replays this CRL hides every revocation since.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.2",
        severity: Severity::Error,
        effective: Effective::from(2023, 7, 15),
        affects_path: false,
        alias: Some("zlint:e_crl_next_update_invalid"),
        hint: "set nextUpdate nearer to thisUpdate",
    },
    applies: |crl| crl.header.next_update.is_some(),
    judge: |crl| {
        let (made, next) = match (crl.header.this_update, crl.header.next_update) {
            (Ok(made), Some(Ok(next))) => (made.time, next.time),
            (Err(fault), _) | (_, Some(Err(fault))) => return Verdict::Unknown(fault.to_string()),
            (Ok(_), None) => return Verdict::Pass,
        };
        let point = crl.trailer.readable::<IssuingDistributionPoint<'_>>();
        let found = || format!("the next comes {} later", next.since(made));
        match point {
            _ if next <= made + Span::days(10) => Verdict::Pass,
            _ if next > a_year_after(made) => Verdict::Violated(found()),
            Some(point) if point.only_ca_certificates => Verdict::Pass,
            Some(point) if point.only_user_certificates => Verdict::Violated(found()),
            _ => Verdict::Unknown(format!("{}, and it does not say whether it is for CAs alone", found())),
        }
    },
};

/// The same day and hour, twelve months later; the 29th of February becomes the first of March.
fn a_year_after(at: Time) -> Time {
    at.calendar().map_or(at + Span::days(366), |at_calendar| {
        let next =
            time::Date::from_calendar_date(at_calendar.year() + 1, at_calendar.month(), at_calendar.day());
        next.map_or(at + Span::days(366), |date| {
            Time::from_unix_seconds(at_calendar.replace_date(date).unix_timestamp())
        })
    })
}

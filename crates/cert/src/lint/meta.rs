//! What a lint is about.

use super::{Outcome, Subject, Verdict, reading};
use crate::Time;
use crate::der::Field;

/// The metadata of a lint.
#[derive(Clone, Copy, Debug)]
pub struct Meta {
    /// Its name, for ever: `rfc.serial-number-not-positive`.
    pub id: &'static str,
    /// What must hold, in a sentence.
    pub title: &'static str,
    /// What goes wrong otherwise.
    pub why: &'static str,
    /// Whose rule it is.
    pub source: Source,
    /// Document and section.
    pub citation: &'static str,
    /// How bad a violation is.
    pub severity: Severity,
    /// When the rule is in force.
    pub effective: Effective,
    /// Whether clients that follow the document refuse a certificate that violates it.
    pub affects_path: bool,
    /// What another linter calls it: `zlint:e_serial_number_not_positive`.
    pub alias: Option<&'static str>,
    /// What whoever has such a certificate can do.
    pub hint: &'static str,
}

/// Whose rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The IETF: RFC 5280 and its kin.
    Rfc,
    /// The CA/Browser Forum's baseline requirements for TLS servers.
    BaselineRequirements,
    /// The same, for certificates that are not for servers: of OCSP responders, and of CAs that sign precertificates.
    BaselineRequirementsOfOthers,
    /// Its guidelines for extended validation.
    ExtendedValidation,
    /// Its baseline requirements for S/MIME.
    Smime,
    /// Its baseline requirements for code signing.
    CodeSigning,
    /// Mozilla's root store policy.
    Mozilla,
    /// Apple's.
    Apple,
    /// Chrome's.
    Chrome,
    /// ETSI's norms of qualified certificates.
    Etsi,
    /// Mistakes that people have found, and no document names.
    Community,
    /// Ours: what whoever runs servers should know.
    Operator,
}

impl Source {
    /// Its name in files and ids: the folder of its lints.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rfc => "rfc",
            Self::BaselineRequirements | Self::BaselineRequirementsOfOthers => "br",
            Self::ExtendedValidation => "ev",
            Self::Smime => "smime",
            Self::CodeSigning => "code_signing",
            Self::Mozilla => "mozilla",
            Self::Apple => "apple",
            Self::Chrome => "chrome",
            Self::Etsi => "etsi",
            Self::Community => "community",
            Self::Operator => "operator",
        }
    }

    /// Its name in options and documents.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::CodeSigning => "code-signing",
            other => other.name(),
        }
    }

    /// Whether its rules are about such a certificate at all.
    #[must_use]
    pub(super) fn covers(self, subject: &Subject<'_>) -> bool {
        subject.is_covered_by(self)
    }
}

/// How bad a violation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// Against a SHOULD, or soon an error.
    Warning,
    /// Against a MUST.
    Error,
}

impl Severity {
    /// The word in JSON and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// The days (UTC) on which a rule is in force, judged by notBefore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effective {
    /// Its first day.
    pub from: Option<Day>,
    /// The first day on which it is no longer in force.
    pub until: Option<Day>,
}

/// A day: year, month, day.
pub type Day = (i32, u8, u8);

impl Effective {
    /// Always.
    pub const ALWAYS: Self = Self { from: None, until: None };
    /// Since RFC 2459 (January 1999).
    pub const RFC_2459: Self = Self::from(1999, 1, 1);
    /// Since RFC 3279 (April 2002).
    pub const RFC_3279: Self = Self::from(2002, 4, 1);
    /// Since RFC 3280 (April 2002).
    pub const RFC_3280: Self = Self::from(2002, 4, 1);
    /// Since RFC 5280 (May 2008).
    pub const RFC_5280: Self = Self::from(2008, 5, 1);
    /// Since RFC 6818 (January 2013).
    pub const RFC_6818: Self = Self::from(2013, 1, 1);
    /// Since RFC 6962 (June 2013).
    pub const RFC_6962: Self = Self::from(2013, 6, 1);
    /// Since the baseline requirements are in force (July 2012).
    pub const BASELINE_REQUIREMENTS: Self = Self::from(2012, 7, 1);

    /// From a day on.
    #[must_use]
    pub const fn from(year: i32, month: u8, day: u8) -> Self {
        Self { from: Some((year, month, day)), until: None }
    }

    /// The same, until this day, which is no longer in it.
    #[must_use]
    pub const fn until(self, year: i32, month: u8, day: u8) -> Self {
        Self { from: self.from, until: Some((year, month, day)) }
    }

    /// Whether it is in force at an instant.
    #[must_use]
    pub fn holds_at(self, at: Time) -> bool {
        let begun = self.from.is_none_or(|from| at >= midnight(from));
        begun && self.until.is_none_or(|until| at < midnight(until))
    }
}

impl Effective {
    /// What becomes of a rule for what was made at an instant, where that can be read.
    pub(super) fn outcome(self, made: Field<Time>, judge: impl FnOnce() -> Verdict) -> Outcome {
        match made {
            _ if self == Self::ALWAYS => Outcome::Judged(judge()),
            Ok(made) if self.holds_at(made) => Outcome::Judged(judge()),
            Ok(_) => Outcome::NotEffective,
            Err(fault) => Outcome::Judged(reading::unreadable("the instant at which it was made", fault)),
        }
    }
}

impl Effective {
    /// Whether it is in force for what was made at an instant and stands on a path. What claims to be older than the format
    /// (X.509 version 3, 1996) is held to the newest rules.
    #[must_use]
    pub fn holds_on_path(self, made: Time) -> bool {
        if made < midnight((1996, 1, 1)) { self.until.is_none() } else { self.holds_at(made) }
    }
}

/// The first instant of a day.
#[must_use]
pub fn midnight((year, month, day): Day) -> Time {
    // Days since 1970-01-01 in the proleptic Gregorian calendar, years beginning in March.
    let (month, day) = (i64::from(month), i64::from(day));
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Time::from_unix_seconds(days * 86_400)
}

/// The same time of the day so many months later. A day that its month does not have is one of the next month.
#[must_use]
pub fn months_after(time: Time, months: i32) -> Option<Time> {
    let date = time.calendar()?.date();
    let months = i32::from(u8::from(date.month())) - 1 + months;
    let month = u8::try_from(months.rem_euclid(12) + 1).ok()?;
    let of_day = time.since(midnight((date.year(), date.month().into(), date.day())));
    Some(midnight((date.year() + months.div_euclid(12), month, date.day())) + of_day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_midnight() {
        for (day, text) in [
            ((1970, 1, 1), "1970-01-01T00:00:00Z"),
            ((2000, 2, 29), "2000-02-29T00:00:00Z"),
            ((2026, 3, 15), "2026-03-15T00:00:00Z"),
            ((1950, 12, 31), "1950-12-31T00:00:00Z"),
        ] {
            assert_eq!(midnight(day), text.parse().unwrap());
        }
    }

    #[test]
    fn the_first_day_counts_and_the_last_does_not() {
        let rule = Effective::from(2026, 3, 15).until(2027, 3, 15);
        for (at, holds) in [
            ("2026-03-14T23:59:59Z", false),
            ("2026-03-15T00:00:00Z", true),
            ("2027-03-14T23:59:59Z", true),
            ("2027-03-15T00:00:00Z", false),
        ] {
            assert_eq!(rule.holds_at(at.parse().unwrap()), holds, "{at}");
        }
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        for (from, months, to) in [
            ("2026-01-15T10:00:01Z", 39, "2029-04-15T10:00:01Z"),
            ("2026-11-30T00:00:00Z", 2, "2027-01-30T00:00:00Z"),
            ("2026-11-30T00:00:00Z", 3, "2027-03-02T00:00:00Z"),
            ("2026-12-31T23:59:59Z", 12, "2027-12-31T23:59:59Z"),
        ] {
            assert_eq!(months_after(from.parse().unwrap(), months), Some(to.parse().unwrap()), "{from}");
        }
    }
}

//! UTCTime and GeneralizedTime (X.690 sections 11.7 and 11.8; RFC 5280 section 4.1.2.5).

use time::{Date, Month, PrimitiveDateTime};

use super::fault::{Fault, Field};
use super::{Element, Tag};
use crate::{Span, Time};

/// How an instant is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MomentForm {
    /// Two digits for the year.
    Utc,
    /// Four.
    Generalized,
}

/// An instant as a document has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment<'a> {
    /// The instant.
    pub time: Time,
    /// How it is written.
    pub form: MomentForm,
    /// The letters.
    pub letters: &'a [u8],
    /// Whether it ends with seconds and `Z`, as DER and RFC 5280 want it.
    pub is_der: bool,
    /// Where it lies in the document.
    pub at: usize,
}

impl<'a> Moment<'a> {
    pub(super) fn read(element: &Element<'a>) -> Field<Self> {
        let form = match element.tag {
            Tag::UTC_TIME => MomentForm::Utc,
            Tag::GENERALIZED_TIME => MomentForm::Generalized,
            _ => return Err(element.fault("neither UTCTime nor GeneralizedTime")),
        };
        let letters = element.content;
        let (time, is_der) = instant(letters, form).ok_or(element.fault("no instant of the calendar"))?;
        Ok(Self { time, form, letters, is_der, at: element.at })
    }

    /// What RFC 5280 section 4.1.2.5 wants of its form: UTCTime until 2049, with seconds and `Z`.
    ///
    /// # Errors
    /// When it is otherwise.
    pub fn must_be_of_certificates(&self) -> Field<()> {
        let until_2049 = self.time < Time::from_unix_seconds(2_524_608_000);
        match self.form {
            _ if !self.is_der => Err(Fault::value(self.at, "a time without seconds and Z")),
            MomentForm::Generalized if until_2049 && self.time >= Time::from_unix_seconds(-631_152_000) => {
                Err(Fault::value(self.at, "GeneralizedTime for a year before 2050"))
            }
            _ => Ok(()),
        }
    }
}

/// The first and the last second of the calendar: four digits have no year but 0000 to 9999.
const FIRST: i64 = -62_167_219_200;
const LAST: i64 = 253_402_300_799;

fn instant(letters: &[u8], form: MomentForm) -> Option<(Time, bool)> {
    let text = std::str::from_utf8(letters).ok()?;
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(digits);
    let (year, digits) = match form {
        MomentForm::Utc => {
            let year: i32 = digits.get(..2)?.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, digits.get(2..)?)
        }
        MomentForm::Generalized => (digits.get(..4)?.parse().ok()?, digits.get(4..)?),
    };
    let part = |from: usize| digits.get(from..from + 2).and_then(|part| part.parse::<u8>().ok());
    let seconds = match digits.len() {
        10 => part(8)?,
        8 => 0,
        _ => return None,
    };
    let month = Month::try_from(part(0)?).ok()?;
    let date = Date::from_calendar_date(year, month, part(2)?).ok()?;
    // A leap second is the first of the next minute.
    let date_time: PrimitiveDateTime = date.with_hms(part(4)?, part(6)?, seconds.min(59)).ok()?;
    if seconds > 60 {
        return None;
    }
    let local = Time::from_unix_seconds(date_time.assume_utc().unix_timestamp() + i64::from(seconds == 60));
    let (time, has_zulu) = zone(local, rest, form)?;
    // An offset leads out of the calendar.
    if !(FIRST..=LAST).contains(&time.unix_seconds()) {
        return None;
    }
    Some((time, has_zulu && digits.len() == 10 && seconds < 60))
}

/// The instant in UTC, and whether it was written so.
fn zone(local: Time, rest: &str, form: MomentForm) -> Option<(Time, bool)> {
    let (fraction, zone) = match rest.strip_prefix(['.', ',']) {
        Some(rest) if form == MomentForm::Generalized => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            (digits > 0).then(|| (true, &rest[digits..]))?
        }
        _ => (false, rest),
    };
    let (sign, offset) = match zone.as_bytes() {
        b"Z" => return Some((local, !fraction)),
        b"" if form == MomentForm::Generalized => return Some((local, false)),
        [b'+', ..] => (-1, &zone[1..]),
        [b'-', ..] => (1, &zone[1..]),
        _ => return None,
    };
    let is_offset = offset.len() == 4 && offset.bytes().all(|byte| byte.is_ascii_digit());
    let minutes: i64 = is_offset.then(|| offset[..2].parse::<i64>().ok()).flatten()? * 60
        + offset[2..].parse::<i64>().ok()?;
    Some((local + Span::minutes(sign * minutes), false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_in_every_form_and_those_of_der_told_apart() {
        use MomentForm::{Generalized, Utc};
        let table = [
            ("260101000000Z", Utc, Some(("2026-01-01T00:00:00Z", true))),
            ("500101000000Z", Utc, Some(("1950-01-01T00:00:00Z", true))),
            ("491231235959Z", Utc, Some(("2049-12-31T23:59:59Z", true))),
            ("2601010000Z", Utc, Some(("2026-01-01T00:00:00Z", false))),
            ("260101020000+0200", Utc, Some(("2026-01-01T00:00:00Z", false))),
            ("260101000000-0130", Utc, Some(("2026-01-01T01:30:00Z", false))),
            ("20500101000000Z", Generalized, Some(("2050-01-01T00:00:00Z", true))),
            ("20500101000000.5Z", Generalized, Some(("2050-01-01T00:00:00Z", false))),
            ("20500101000000", Generalized, Some(("2050-01-01T00:00:00Z", false))),
            ("260101000000", Utc, None),
            ("261301000000Z", Utc, None),
            ("260230000000Z", Utc, None),
            ("260101250000Z", Utc, None),
            ("260101000061Z", Utc, None),
            ("26010100000Z", Utc, None),
            ("2601010000001Z", Utc, None),
            ("260101000000+2", Utc, None),
            ("99991231235959Z", Generalized, Some(("9999-12-31T23:59:59Z", true))),
            // An offset led into the year 10000, which no text could show.
            ("99991231235959-2359", Generalized, None),
            ("00000101000000+0001", Generalized, None),
            ("", Utc, None),
        ];
        for (letters, form, expected) in table {
            let expected = expected.map(|(time, is_der)| (time.parse::<Time>().unwrap(), is_der));
            assert_eq!(instant(letters.as_bytes(), form), expected, "{letters}");
        }
    }
}

//! ACME Renewal Information (RFC 9773): when the CA wants a certificate renewed.
//!
//! The sequence: [`url()`] of the certificate, plain GET, [`read`], then [`RenewalInfo::draw`] once per window with the
//! caller's randomness; the drawn instant is stored before anything else happens and kept while the window is the same.

use notafter_cert::{Span, Time};
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::failure::{Code, Failure};
use crate::jose::{base64url, from_base64url};
use crate::message::Directory;
use crate::problem::shorten;

/// The CA is not asked more often than this (RFC 9773 section 4.3.2).
pub const SHORTEST_PAUSE: Span = Span::minutes(1);
/// The CA is not asked less often than this (RFC 9773 section 4.3.2).
pub const LONGEST_PAUSE: Span = Span::days(1);
/// The pause where the CA names none.
pub const DEFAULT_PAUSE: Span = Span::hours(6);

/// Identifies a certificate to its CA: key identifier of the issuer and serial number (RFC 9773 section 4.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CertificateId {
    /// The authority key identifier's bytes.
    pub authority_key_id: Vec<u8>,
    /// The DER content octets of the serial number.
    pub serial: Vec<u8>,
}

impl CertificateId {
    /// From its text form; `None` where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (authority_key_id, serial) = text.split_once('.')?;
        let (authority_key_id, serial) = (from_base64url(authority_key_id)?, from_base64url(serial)?);
        (!authority_key_id.is_empty() && !serial.is_empty()).then_some(Self { authority_key_id, serial })
    }
}

impl std::fmt::Display for CertificateId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", base64url(&self.authority_key_id), base64url(&self.serial))
    }
}

/// What a CA says about one certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewalInfo {
    /// Start of the suggested window.
    pub start: Time,
    /// End of the suggested window.
    pub end: Time,
    /// A page that says why, shown to people.
    pub explanation_url: Option<String>,
    /// When to ask again.
    pub ask_again: Time,
}

impl RenewalInfo {
    /// One instant inside the window, uniformly from `random`; strictly before the end, because a public CA exempts a
    /// renewal from its limits only while `start <= now < end`. A window in the past gives its start: renew at once.
    #[must_use]
    pub fn draw(&self, random: u64) -> Time {
        let length = self.end.since(self.start).as_micros().unsigned_abs();
        // Multiplication keeps the distribution even without a remainder's bias.
        let offset = (u128::from(random) * u128::from(length)) >> 64;
        self.start + Span::micros(i64::try_from(offset).unwrap_or(i64::MAX))
    }

    /// Whether the window lies in the past: the CA wants it replaced at once (an incident, as a rule a revocation to
    /// come), and outside of the exemption from its limits.
    #[must_use]
    pub fn is_incident(&self, now: Time) -> bool {
        self.end <= now
    }

    /// Whether a renewal at `now` is inside the window.
    #[must_use]
    pub fn is_open(&self, now: Time) -> bool {
        self.start <= now && now < self.end
    }
}

/// Where the renewal information of this certificate (`cert::Certificate::ari_id`) is read; `None` when the CA offers
/// none.
#[must_use]
pub fn url(directory: &Directory, certificate_id: &str) -> Option<String> {
    CertificateId::parse(certificate_id)?;
    directory.renewal_info.as_ref().map(|base| format!("{}/{certificate_id}", base.trim_end_matches('/')))
}

/// When to ask again after a failure to read it (RFC 9773 section 4.3.3): the CA's word, else six hours.
#[must_use]
pub fn ask_again(answer: Option<&Answer>, now: Time) -> Time {
    let wanted = answer.and_then(Answer::retry_after).unwrap_or(now + DEFAULT_PAUSE);
    wanted.clamp(now + SHORTEST_PAUSE, now + LONGEST_PAUSE)
}

/// Reads the answer to a GET of [`url()`].
///
/// # Errors
/// The CA's problem, an answer that is none, or a window whose end is not after its start.
pub fn read(answer: &Answer) -> Result<RenewalInfo, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Written {
        suggested_window: Window,
        #[serde(rename = "explanationURL")]
        explanation_url: Option<String>,
    }
    #[derive(Deserialize)]
    struct Window {
        start: Time,
        end: Time,
    }
    let written: Written = answer.json("read the renewal information")?;
    let Window { start, end } = written.suggested_window;
    if end <= start {
        return Err(Failure::new(
            Code::UntruthfulAnswer,
            format!("read the renewal information: the window ends ({end}) before it starts ({start})"),
        ));
    }
    let explanation_url = written
        .explanation_url
        .map(|url| shorten(&url))
        .filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    Ok(RenewalInfo { start, end, explanation_url, ask_again: ask_again(Some(answer), answer.received_at) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::answer::tests::answer;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    /// RFC 9773 section 4.1 and appendix A.
    #[test]
    fn the_rfc_identifier_round_trips() {
        let id = CertificateId::parse("aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE").unwrap();
        assert_eq!(id.authority_key_id.len(), 20);
        assert_eq!(id.serial, [0x00, 0x87, 0x65, 0x43, 0x21]);
        assert_eq!(id.to_string(), "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
        for wrong in ["", ".", "a", "aYhb.", ".AIdl", "aYhb.AId=", "../x.AIdl"] {
            assert_eq!(CertificateId::parse(wrong), None, "{wrong:?}");
        }
    }

    /// RFC 9773 section 4.2.
    #[test]
    fn the_rfc_answer_is_read_and_its_pause_clamped() {
        let body = r#"{ "suggestedWindow": { "start": "2025-01-02T04:00:00Z", "end": "2025-01-03T04:00:00Z" },
                        "explanationURL": "https://acme.example.com/docs/ari" }"#;
        for (pause, asked) in [
            (Some("21600"), "2026-11-22T13:00:00Z"),
            (Some("1"), "2026-11-22T07:01:00Z"),
            (Some("9999999"), "2026-11-23T07:00:00Z"),
            (None, "2026-11-22T13:00:00Z"),
        ] {
            let headers: Vec<_> = pause.into_iter().map(|pause| ("retry-after", pause)).collect();
            let read = read(&answer(200, &headers, body)).unwrap();
            assert_eq!(read.ask_again, at(asked), "{pause:?}");
            assert!(read.is_incident(at("2026-11-22T07:00:00Z")));
            assert_eq!(read.explanation_url.as_deref(), Some("https://acme.example.com/docs/ari"));
        }
    }

    #[test]
    fn a_window_that_cannot_be_and_an_error_are_told_even_without_retry_after() {
        let backwards =
            r#"{ "suggestedWindow": { "start": "2025-01-03T04:00:00Z", "end": "2025-01-03T04:00:00Z" } }"#;
        assert_eq!(read(&answer(200, &[], backwards)).unwrap_err().code, Code::UntruthfulAnswer);
        assert_eq!(read(&answer(500, &[], "")).unwrap_err().code, Code::ServerError);
        assert_eq!(read(&answer(404, &[], "")).unwrap_err().code, Code::Refused);
    }

    proptest! {
        #[test]
        fn the_drawn_instant_lies_inside_the_window(start in 0i64..4_000_000_000_000_000, length in 1i64..400_000_000_000_000, random: u64) {
            let info = RenewalInfo {
                start: Time::from_micros(start), end: Time::from_micros(start + length),
                explanation_url: None, ask_again: Time::from_micros(0),
            };
            prop_assert!(info.is_open(info.draw(random)));
        }

        #[test]
        fn every_part_of_the_window_is_drawn(part in 0u64..100) {
            let info = RenewalInfo {
                start: Time::from_micros(0), end: Time::from_micros(100),
                explanation_url: None, ask_again: Time::from_micros(0),
            };
            prop_assert_eq!(info.draw(u64::MAX / 100 * part + u64::MAX / 200), Time::from_micros(part.cast_signed()));
        }
    }
}

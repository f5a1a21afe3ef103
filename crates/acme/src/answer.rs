//! What a CA answered, whole: status and headers matter as much as the body.

use notafter_cert::{Span, Time};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::failure::{Code, Failure};
use crate::http_date;
use crate::problem::{Problem, shorten};

/// The largest body that is read: a chain or a list of orders fits many times.
pub const MAX_BODY: usize = 1 << 20;

/// One HTTP answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Header names in lower case, in the order they came.
    pub headers: Vec<(String, String)>,
    /// The body, as sent.
    pub body: Vec<u8>,
    /// When its last byte came, on our clock.
    pub received_at: Time,
}

impl Answer {
    /// Whether the status is 2xx.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// The first header of this (lower-case) name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The nonce for the next request.
    #[must_use]
    pub fn nonce(&self) -> Option<&str> {
        // RFC 8555 section 6.5.1: base64url; anything else must be ignored.
        self.header("replay-nonce").filter(|nonce| {
            !nonce.is_empty()
                && nonce.len() <= 512
                && nonce.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        })
    }

    /// When the CA wants the next request.
    #[must_use]
    pub fn retry_after(&self) -> Option<Time> {
        self.header("retry-after").and_then(|value| http_date::retry_after(value, self.received_at))
    }

    /// How far our clock is ahead of the CA's `Date` (negative: behind), when it sent one.
    #[must_use]
    pub fn clock_skew(&self) -> Option<Span> {
        self.header("date").and_then(http_date::parse).map(|theirs| self.received_at.since(theirs))
    }

    /// The targets of `Link` headers with this relation (RFC 8288), at most 20.
    #[must_use]
    pub fn links(&self, relation: &str) -> Vec<String> {
        let values = self.headers.iter().filter(|(name, _)| name == "link").map(|(_, value)| value);
        values
            .flat_map(|value| split_links(value))
            .filter_map(|link| target(link, relation))
            .take(20)
            .collect()
    }

    /// The body as JSON of this shape, when the status is 2xx.
    ///
    /// # Errors
    /// The CA's problem document, or what came in its place.
    pub fn json<T: DeserializeOwned>(&self, doing: &str) -> Result<T, Failure> {
        self.success(doing)?;
        serde_json::from_slice(self.body()).map_err(|error| self.unreadable(doing, &error.to_string()))
    }

    /// Nothing, when the status is 2xx.
    ///
    /// # Errors
    /// The CA's problem document, or what came in its place.
    pub fn success(&self, doing: &str) -> Result<(), Failure> {
        if self.is_success() { Ok(()) } else { Err(self.failure(doing)) }
    }

    /// The problem document of an answer that is no success.
    #[must_use]
    pub fn problem(&self) -> Option<Problem> {
        let value: Value = serde_json::from_slice(self.body()).ok()?;
        let problem = Problem::from_json(&value)?;
        Some(Problem { status: problem.status.or(Some(self.status)), ..problem })
    }

    fn failure(&self, doing: &str) -> Failure {
        let failure = match self.problem() {
            Some(problem) => {
                let terms = problem
                    .is("userActionRequired")
                    .then(|| self.links("terms-of-service"))
                    .and_then(|links| links.into_iter().next());
                let failure = Failure::from_problem(problem, doing);
                Failure { link: failure.link.clone().or(terms), ..failure }
            }
            None => self.without_problem(doing),
        };
        Failure { retry_after: self.retry_after(), status: Some(self.status), ..failure }
    }

    fn without_problem(&self, doing: &str) -> Failure {
        let code = match self.status {
            429 => Code::RateLimited,
            500.. => Code::ServerError,
            401 | 403 => Code::Unauthorized,
            400..=499 => Code::Refused,
            _ => Code::UnreadableAnswer,
        };
        Failure::new(code, format!("{doing}: the CA answered {} with {}", self.status, self.shown()))
    }

    fn unreadable(&self, doing: &str, why: &str) -> Failure {
        let failure = Failure::new(
            Code::UnreadableAnswer,
            format!("{doing}: the CA answered {} with {} ({})", self.status, self.shown(), shorten(why)),
        );
        Failure { retry_after: self.retry_after(), status: Some(self.status), ..failure }
    }

    fn body(&self) -> &[u8] {
        &self.body[..self.body.len().min(MAX_BODY)]
    }

    /// What the body looks like to a person: its title when it is a page, its beginning otherwise.
    fn shown(&self) -> String {
        if self.body.is_empty() {
            return "an empty body".to_owned();
        }
        let text = String::from_utf8_lossy(&self.body[..self.body.len().min(4096)]);
        let lower = text.to_ascii_lowercase();
        let is_page = self.header("content-type").is_some_and(|kind| kind.contains("text/html"))
            || lower.contains("<html")
            || lower.contains("<!doctype");
        if !is_page {
            return format!("{:?}", shorten(&text).chars().take(120).collect::<String>());
        }
        let title = lower.find("<title>").and_then(|start| {
            let start = start + "<title>".len();
            let end = lower[start..].find("</title>")? + start;
            text.get(start..end).map(shorten)
        });
        title.map_or_else(|| "an HTML page".to_owned(), |title| format!("an HTML page titled {title:?}"))
    }
}

/// Splits at commas outside of `<...>` and quotes.
fn split_links(value: &str) -> Vec<&str> {
    let (mut parts, mut start, mut in_target, mut quoted) = (Vec::new(), 0, false, false);
    for (at, letter) in value.char_indices() {
        match letter {
            '<' if !quoted => in_target = true,
            '>' if !quoted => in_target = false,
            '"' if !in_target => quoted = !quoted,
            ',' if !in_target && !quoted => {
                parts.push(&value[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&value[start..]);
    parts
}

fn target(link: &str, relation: &str) -> Option<String> {
    let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
    let wanted =
        parameters.split(';').filter_map(|parameter| parameter.split_once('=')).any(|(name, value)| {
            name.trim().eq_ignore_ascii_case("rel")
                && value
                    .trim()
                    .trim_matches('"')
                    .split_whitespace()
                    .any(|rel| rel.eq_ignore_ascii_case(relation))
        });
    wanted.then(|| target.to_owned())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::problem::Class;

    pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
        Answer {
            status,
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: body.as_bytes().to_vec(),
            received_at: "2026-11-22T07:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn links_are_found_by_relation_wherever_the_commas_stand() {
        let read = answer(
            200,
            &[
                (
                    "link",
                    r#"<https://ca/dir>;rel="index", <https://ca/a,b>; title="x, y"; rel="up alternate""#,
                ),
                ("link", "<https://ca/c>;rel=alternate"),
                ("link", "nonsense, <https://ca/d"),
            ],
            "",
        );
        assert_eq!(read.links("alternate"), ["https://ca/a,b", "https://ca/c"]);
        assert_eq!(read.links("index"), ["https://ca/dir"]);
        assert!(read.links("next").is_empty());
    }

    #[test]
    fn what_comes_in_place_of_json_is_told_readably() {
        let page = "<!DOCTYPE html><html><head><TITLE>503 Service\n Unavailable</TITLE></head>";
        let table = [
            (answer(503, &[("retry-after", "60")], page), Class::Ca),
            (answer(502, &[], ""), Class::Ca),
            (answer(200, &[], page), Class::Ca),
            (answer(200, &[], ""), Class::Ca),
            (answer(200, &[], "[1, 2"), Class::Ca),
            (answer(429, &[("retry-after", "Sun, 22 Nov 2026 09:00:00 GMT")], "slow down"), Class::RateLimit),
            (answer(403, &[], "{}"), Class::Ours),
            (answer(304, &[], ""), Class::Ca),
        ];
        let told: Vec<String> = table
            .into_iter()
            .map(|(answer, class)| {
                let failure = answer.json::<Vec<u8>>("fetch the directory").unwrap_err();
                assert_eq!(failure.class(), class, "{failure}");
                format!("{failure} | {:?}", failure.retry_after)
            })
            .collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn the_clock_is_compared_with_the_date_header() {
        let read = answer(200, &[("date", "Sun, 22 Nov 2026 05:30:00 GMT")], "");
        assert_eq!(read.clock_skew(), Some(Span::minutes(90)));
        assert_eq!(answer(200, &[], "").clock_skew(), None);
    }

    #[test]
    fn only_a_well_formed_nonce_is_used() {
        for (nonce, taken) in [("abc-_09", true), ("", false), ("a b", false), ("a=", false)] {
            assert_eq!(answer(200, &[("replay-nonce", nonce)], "").nonce().is_some(), taken, "{nonce:?}");
        }
    }
}

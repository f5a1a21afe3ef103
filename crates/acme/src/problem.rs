//! Problem documents (RFC 7807 with RFC 8555 section 6.7), and whose fault they tell of.

use notafter_cert::Identifier;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::Code;
use crate::message::WireIdentifier;

/// The prefix of the ACME error types.
pub const NAMESPACE: &str = "urn:ietf:params:acme:error:";

/// At most this many subproblems are read.
const MAX_SUBPROBLEMS: usize = 200;
/// At most this many characters of a CA's text are kept.
const MAX_TEXT: usize = 2000;

/// What a CA says went wrong. Members of other types than expected are taken for absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The `type` as sent; empty when there was none.
    #[serde(rename = "type")]
    pub kind: String,
    /// `title` and `detail`, whichever were sent.
    pub detail: String,
    /// The HTTP status, from the document or else from the answer.
    pub status: Option<u16>,
    /// What went wrong with which identifier.
    pub subproblems: Vec<Subproblem>,
}

/// One part of a problem (RFC 8555 section 6.7.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subproblem {
    /// The `type` as sent.
    #[serde(rename = "type")]
    pub kind: String,
    /// What happened.
    pub detail: String,
    /// The identifier it is about, where there is one that we understand.
    pub identifier: Option<Identifier>,
}

/// Whose fault a failure is: decides backoff and who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// This installation: configuration, account, clock, request.
    Ours,
    /// The domain: DNS, reachability, CAA, a challenge that was answered wrongly.
    Domain,
    /// The CA: 5xx, nonsense, maintenance.
    Ca,
    /// A limit of the CA.
    RateLimit,
    /// The way to the CA.
    Network,
}

impl Problem {
    /// Reads a problem document; `None` where the value is not an object with a `type`, `title` or `detail`.
    #[must_use]
    pub fn from_json(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        let text = |name: &str| shorten(object.get(name).and_then(Value::as_str).unwrap_or_default());
        let (kind, title, detail) = (text("type"), text("title"), text("detail"));
        if kind.is_empty() && title.is_empty() && detail.is_empty() {
            return None;
        }
        let status =
            object.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
        let subproblems = object.get("subproblems").and_then(Value::as_array).map_or_else(Vec::new, |list| {
            list.iter().take(MAX_SUBPROBLEMS).map(Subproblem::from_json).collect()
        });
        let detail = match (title.is_empty(), detail.is_empty()) {
            (false, false) => format!("{title}: {detail}"),
            (false, true) => title,
            _ => detail,
        };
        Some(Self { kind, detail, status, subproblems })
    }

    /// The type without the ACME namespace: `badNonce`; the whole type where it is another's; `about:blank` for none.
    #[must_use]
    pub fn name(&self) -> &str {
        match self.kind.as_str() {
            "" => "about:blank",
            kind => kind.strip_prefix(NAMESPACE).unwrap_or(kind),
        }
    }

    /// Whether it is of this ACME type.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.kind.strip_prefix(NAMESPACE) == Some(name)
    }

    /// The identifiers that the subproblems name.
    #[must_use]
    pub fn identifiers(&self) -> Vec<Identifier> {
        let mut named: Vec<Identifier> =
            self.subproblems.iter().filter_map(|part| part.identifier.clone()).collect();
        named.sort();
        named.dedup();
        named
    }

    /// The catalogue's code for it.
    #[must_use]
    pub fn code(&self) -> Code {
        if let Some(code) = self.kind.strip_prefix(NAMESPACE).and_then(by_name) {
            return match (code, self.unpause_link()) {
                (Code::RateLimited, Some(_)) => Code::Paused,
                _ => code,
            };
        }
        match self.status {
            Some(429) => Code::RateLimited,
            Some(500..) => Code::ServerError,
            _ => Code::Refused,
        }
    }

    /// The page on which a person lifts a pause: Let's Encrypt names it in the detail of a `rateLimited` problem once an
    /// identifier has failed too often (1,152 failures in a row).
    #[must_use]
    pub fn unpause_link(&self) -> Option<String> {
        if !self.is("rateLimited") || !self.detail.contains("unpause") && !self.detail.contains("paused") {
            return None;
        }
        self.detail
            .split(|letter: char| letter.is_whitespace() || "\"'<>()".contains(letter))
            .find(|word| word.starts_with("https://") && word.contains("unpause"))
            .map(|link| link.trim_end_matches(['.', ',', ';']).to_owned())
    }
}

impl Subproblem {
    fn from_json(value: &Value) -> Self {
        let text = |name: &str| shorten(value.get(name).and_then(Value::as_str).unwrap_or_default());
        let identifier = value
            .get("identifier")
            .and_then(|identifier| WireIdentifier::deserialize(identifier).ok())
            .and_then(|identifier| identifier.known());
        Self { kind: text("type"), detail: text("detail"), identifier }
    }
}

/// RFC 8555 section 6.7, RFC 9773 section 7.4, draft-ietf-acme-profiles.
fn by_name(name: &str) -> Option<Code> {
    Some(match name {
        "accountDoesNotExist" => Code::AccountUnknown,
        "alreadyReplaced" => Code::AlreadyReplaced,
        "alreadyRevoked" => Code::AlreadyRevoked,
        "badCSR" | "badPublicKey" => Code::BadRequestedKey,
        "badNonce" => Code::BadNonce,
        "badRevocationReason"
        | "badSignatureAlgorithm"
        | "malformed"
        | "invalidContact"
        | "unsupportedContact"
        | "orderNotReady" => Code::Refused,
        "caa" => Code::Caa,
        "connection" | "dns" | "incorrectResponse" | "tls" => Code::ChallengeFailed,
        "externalAccountRequired" => Code::ExternalAccountRequired,
        "invalidProfile" => Code::UnknownProfile,
        "rateLimited" => Code::RateLimited,
        "rejectedIdentifier" | "unsupportedIdentifier" => Code::IdentifierRejected,
        "serverInternal" => Code::ServerError,
        "unauthorized" => Code::Unauthorized,
        "userActionRequired" => Code::UserActionRequired,
        _ => return None,
    })
}

/// Text of the other side is kept to a length, on one line, without control characters.
pub(crate) fn shorten(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(MAX_TEXT)
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problem(value: &Value) -> Problem {
        Problem::from_json(value).unwrap()
    }

    /// RFC 8555 section 6.7.1.
    #[test]
    fn the_rfc_example_names_each_identifier() {
        let read = problem(&json!({
            "type": "urn:ietf:params:acme:error:malformed",
            "detail": "Some of the identifiers requested were rejected",
            "subproblems": [
                { "type": "urn:ietf:params:acme:error:malformed", "detail": "Invalid underscore in DNS name \"_example.org\"",
                  "identifier": { "type": "dns", "value": "_example.org" } },
                { "type": "urn:ietf:params:acme:error:rejectedIdentifier",
                  "detail": "This CA will not issue for \"example.net\"",
                  "identifier": { "type": "dns", "value": "example.net" } },
                { "type": "x", "identifier": { "type": "permanent-identifier", "value": "12" } }, 7
            ]
        }));
        assert_eq!(read.identifiers(), ["_example.org".parse().unwrap(), "example.net".parse().unwrap()]);
        assert_eq!(read.subproblems.len(), 4);
        assert_eq!(read.code(), Code::Refused);
    }

    #[test]
    fn each_type_has_its_class() {
        let table = [
            ("rateLimited", 429, Class::RateLimit),
            ("serverInternal", 500, Class::Ca),
            ("caa", 403, Class::Domain),
            ("dns", 400, Class::Domain),
            ("connection", 400, Class::Domain),
            ("unauthorized", 403, Class::Ours),
            ("badCSR", 400, Class::Ours),
            ("rejectedIdentifier", 400, Class::Domain),
            ("userActionRequired", 403, Class::Ours),
            ("neverHeardOf", 400, Class::Ours),
            ("neverHeardOf", 503, Class::Ca),
            ("neverHeardOf", 429, Class::RateLimit),
        ];
        for (name, status, class) in table {
            let kind = format!("{NAMESPACE}{name}");
            let read = problem(&json!({ "type": kind, "status": status }));
            assert_eq!(read.code().class(), class, "{name} {status}");
        }
    }

    #[test]
    fn a_pause_is_told_apart_from_a_limit_with_the_page_that_lifts_it() {
        let paused = problem(&json!({
            "type": "urn:ietf:params:acme:error:rateLimited", "status": 429,
            "detail": "Your account is temporarily prevented from requesting certificates for shop.example and possibly others. Please visit: https://portal.letsencrypt.org/sfe/v1/unpause?jwt=eyJ.x.y"
        }));
        assert_eq!(paused.code(), Code::Paused);
        assert_eq!(
            paused.unpause_link().as_deref(),
            Some("https://portal.letsencrypt.org/sfe/v1/unpause?jwt=eyJ.x.y")
        );
        let limited = problem(&json!({
            "type": "urn:ietf:params:acme:error:rateLimited",
            "detail": "too many new orders recently: see https://letsencrypt.org/docs/rate-limits/"
        }));
        assert_eq!((limited.code(), limited.unpause_link()), (Code::RateLimited, None));
    }

    #[test]
    fn what_is_no_problem_document_is_none_and_foreign_text_is_tamed() {
        for value in [json!({}), json!([]), json!("x"), json!({ "type": 7 })] {
            assert_eq!(Problem::from_json(&value), None, "{value}");
        }
        let long = "x\n\u{1b}[31m".repeat(3000);
        let read = problem(&json!({ "detail": long }));
        assert!(read.detail.chars().count() <= MAX_TEXT && !read.detail.contains(['\n', '\u{1b}']));
    }
}

//! What can go wrong between us and a CA, in one type that is stored, shown and acted upon.

use std::fmt;

use notafter_cert::{Identifier, Retry, Time, Trouble};
use serde::{Deserialize, Serialize};

use crate::problem::{Class, Problem};

/// The catalogue's codes of this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Code {
    /// The account key is not known to the CA.
    #[serde(rename = "acme.account-unknown")]
    AccountUnknown,
    /// The certificate named in `replaces` was replaced by another order.
    #[serde(rename = "acme.already-replaced")]
    AlreadyReplaced,
    /// The certificate was revoked before.
    #[serde(rename = "acme.already-revoked")]
    AlreadyRevoked,
    /// Every nonce was rejected.
    #[serde(rename = "acme.bad-nonce")]
    BadNonce,
    /// The CA does not take the CSR or its key.
    #[serde(rename = "acme.bad-requested-key")]
    BadRequestedKey,
    /// The request could not be signed.
    #[serde(rename = "acme.cannot-sign")]
    CannotSign,
    /// A CAA record forbids this CA.
    #[serde(rename = "acme.caa")]
    Caa,
    /// The CA could not confirm control over an identifier.
    #[serde(rename = "acme.challenge-failed")]
    ChallengeFailed,
    /// The directory's URL cannot be one.
    #[serde(rename = "acme.directory-url")]
    DirectoryUrl,
    /// The CA wants an external account binding.
    #[serde(rename = "acme.external-account-required")]
    ExternalAccountRequired,
    /// The CA will not issue for an identifier.
    #[serde(rename = "acme.identifier-rejected")]
    IdentifierRejected,
    /// The CA offers no challenge that we can answer.
    #[serde(rename = "acme.no-usable-challenge")]
    NoUsableChallenge,
    /// The CA offers no such service.
    #[serde(rename = "acme.not-offered")]
    NotOffered,
    /// The order or an authorization ended before it was finished, and so did its successors.
    #[serde(rename = "acme.order-lapsed")]
    OrderLapsed,
    /// The CA called the order invalid without a usable reason.
    #[serde(rename = "acme.order-invalid")]
    OrderInvalid,
    /// The CA did not finish within the time we give it.
    #[serde(rename = "acme.order-stuck")]
    OrderStuck,
    /// An identifier is paused until a person visits the CA's page.
    #[serde(rename = "acme.paused")]
    Paused,
    /// A limit of the CA.
    #[serde(rename = "acme.rate-limited")]
    RateLimited,
    /// A refusal of another kind.
    #[serde(rename = "acme.refused")]
    Refused,
    /// The CA is broken or in maintenance.
    #[serde(rename = "acme.server-error")]
    ServerError,
    /// The terms of service must be agreed to.
    #[serde(rename = "acme.terms-not-agreed")]
    TermsNotAgreed,
    /// The account may not do this.
    #[serde(rename = "acme.unauthorized")]
    Unauthorized,
    /// The CA has no such profile.
    #[serde(rename = "acme.unknown-profile")]
    UnknownProfile,
    /// No answer came.
    #[serde(rename = "acme.unreachable")]
    Unreachable,
    /// The CA's own TLS certificate is not trusted here, or TLS with it fails.
    #[serde(rename = "acme.untrusted")]
    Untrusted,
    /// The answer is not what RFC 8555 wants in this place.
    #[serde(rename = "acme.unreadable-answer")]
    UnreadableAnswer,
    /// The answer contradicts what was asked or said before.
    #[serde(rename = "acme.untruthful-answer")]
    UntruthfulAnswer,
    /// A URL that is not the CA's own.
    #[serde(rename = "acme.url-escapes-origin")]
    UrlEscapesOrigin,
    /// The CA wants a person to do something first.
    #[serde(rename = "acme.user-action-required")]
    UserActionRequired,
}

impl Code {
    /// The text in the catalogue.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccountUnknown => "acme.account-unknown",
            Self::AlreadyReplaced => "acme.already-replaced",
            Self::AlreadyRevoked => "acme.already-revoked",
            Self::BadNonce => "acme.bad-nonce",
            Self::BadRequestedKey => "acme.bad-requested-key",
            Self::CannotSign => "acme.cannot-sign",
            Self::Caa => "acme.caa",
            Self::ChallengeFailed => "acme.challenge-failed",
            Self::DirectoryUrl => "acme.directory-url",
            Self::ExternalAccountRequired => "acme.external-account-required",
            Self::IdentifierRejected => "acme.identifier-rejected",
            Self::NoUsableChallenge => "acme.no-usable-challenge",
            Self::NotOffered => "acme.not-offered",
            Self::OrderLapsed => "acme.order-lapsed",
            Self::OrderInvalid => "acme.order-invalid",
            Self::OrderStuck => "acme.order-stuck",
            Self::Paused => "acme.paused",
            Self::RateLimited => "acme.rate-limited",
            Self::Refused => "acme.refused",
            Self::ServerError => "acme.server-error",
            Self::TermsNotAgreed => "acme.terms-not-agreed",
            Self::Unauthorized => "acme.unauthorized",
            Self::UnknownProfile => "acme.unknown-profile",
            Self::Unreachable => "acme.unreachable",
            Self::Untrusted => "acme.untrusted",
            Self::UnreadableAnswer => "acme.unreadable-answer",
            Self::UntruthfulAnswer => "acme.untruthful-answer",
            Self::UrlEscapesOrigin => "acme.url-escapes-origin",
            Self::UserActionRequired => "acme.user-action-required",
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub const fn class(self) -> Class {
        match self {
            Self::Caa | Self::ChallengeFailed | Self::IdentifierRejected => Class::Domain,
            Self::Paused | Self::RateLimited => Class::RateLimit,
            Self::Unreachable | Self::Untrusted => Class::Network,
            Self::BadNonce
            | Self::OrderLapsed
            | Self::OrderInvalid
            | Self::OrderStuck
            | Self::ServerError
            | Self::UnreadableAnswer
            | Self::UntruthfulAnswer
            | Self::UrlEscapesOrigin => Class::Ca,
            _ => Class::Ours,
        }
    }

    /// What to do.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::AccountUnknown => {
                "the next attempt registers the same key anew, by itself; at once: notafter renew LINEAGE --force"
            }
            Self::AlreadyReplaced => "order without naming the certificate that is replaced",
            Self::AlreadyRevoked => "nothing is left to do: it is revoked",
            Self::BadNonce => "try again; if it stays, something between here and the CA replays answers",
            Self::BadRequestedKey => "choose another key algorithm for the lineage, and never a blocked key",
            Self::CannotSign => "check that the vault can be opened and holds the account's key",
            Self::Caa => "add this CA to the domain's CAA records, or order from a CA that they name",
            Self::ChallengeFailed => {
                "make http://NAME/.well-known/acme-challenge/ reach this machine from outside, on every address"
            }
            Self::DirectoryUrl => "write the directory URL from the CA's documentation",
            Self::ExternalAccountRequired => {
                "get a key identifier and MAC key from the CA, and name them: --eab-kid and --eab-hmac of notafter issue, or \
                 `external_account` of the issuer in an inventory file"
            }
            Self::IdentifierRejected => {
                "remove the named identifiers from the lineage, or order from another CA"
            }
            Self::NoUsableChallenge => "order from a CA that offers http-01 for these identifiers",
            Self::NotOffered => "order from a CA that offers it",
            Self::OrderLapsed | Self::OrderInvalid => "order again; if it stays, ask the CA about this order",
            Self::OrderStuck => "wait, and look at the CA's status page",
            Self::Paused => "mend the named identifiers, then lift the pause on the CA's page",
            Self::RateLimited => "wait until the CA takes requests again; do not try earlier",
            Self::Refused => "read the CA's words above; the request was refused as it is",
            Self::ServerError => "wait; look at the CA's status page; a second issuer can take over",
            Self::TermsNotAgreed => {
                "read the CA's terms of service, then agree to them: --agree-terms of notafter issue, or `terms_agreed` of \
                 the issuer in an inventory file"
            }
            Self::Unauthorized => "check that the account is active and owns what the request is about",
            Self::UnknownProfile => "choose one of the profiles in the CA's directory",
            Self::Unreachable => {
                "check the network, DNS and the trust anchors for the CA's own certificate; look at the CA's status page"
            }
            Self::Untrusted => {
                "a private CA's root is named with `trust` of the issuer, or --ca-trust of notafter issue; a public CA \
                 is reached through something that puts its own certificate in between"
            }
            Self::UnreadableAnswer => {
                "check that the directory URL leads to an ACME server and no proxy answers for it"
            }
            Self::UntruthfulAnswer | Self::UrlEscapesOrigin => "do not trust this CA; ask its operator",
            Self::UserActionRequired => "visit the CA's page named above",
        }
    }
}

/// A failed step, kept with everything a person or a plan needs: code, class, words, the identifiers it is about and when
/// it may be tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The catalogue's code.
    pub code: Code,
    /// What happened, in words, with the CA's own.
    pub message: String,
    /// The HTTP status of the answer, where one came.
    pub status: Option<u16>,
    /// The identifiers it is about; empty when it is about all.
    pub identifiers: Vec<Identifier>,
    /// When the CA said that it may be tried again.
    pub retry_after: Option<Time>,
    /// The CA's page on which a person can act (an unpause link, new terms).
    pub link: Option<String>,
    /// The problem document, where one came.
    pub problem: Option<Box<Problem>>,
}

impl Failure {
    /// A failure without a problem document.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            status: None,
            identifiers: Vec::new(),
            retry_after: None,
            link: None,
            problem: None,
        }
    }

    /// The failure that a problem document tells of; `doing` says during what.
    #[must_use]
    pub fn from_problem(problem: Problem, doing: &str) -> Self {
        let mut message = format!("{doing}: the CA answered {}", problem.name());
        if let Some(status) = problem.status {
            message.push_str(&format!(" ({status})"));
        }
        if !problem.detail.is_empty() {
            message.push_str(&format!(": {}", problem.detail));
        }
        for part in &problem.subproblems {
            let subject = part.identifier.as_ref().map_or_else(String::new, |name| format!("{name}: "));
            message.push_str(&format!("; {subject}{}", part.detail));
        }
        Self {
            status: problem.status,
            identifiers: problem.identifiers(),
            link: problem.unpause_link(),
            problem: Some(Box::new(problem.clone())),
            ..Self::new(problem.code(), message)
        }
    }

    /// The same, about these identifiers.
    #[must_use]
    pub fn about(mut self, identifiers: Vec<Identifier>) -> Self {
        self.identifiers = identifiers;
        self
    }

    /// Whose fault it is.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.code.class()
    }

    /// Whether the same request may be repeated as it is once some time has passed, because nothing was decided.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(
            self.code,
            Code::ServerError
                | Code::Unreachable
                | Code::Untrusted
                | Code::UnreadableAnswer
                | Code::RateLimited
                | Code::BadNonce
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl Trouble for Failure {
    fn code(&self) -> &'static str {
        self.code.name()
    }

    fn hint(&self) -> String {
        let link = self.link.as_ref().map_or_else(String::new, |link| format!(": {link}"));
        let wait = self
            .retry_after
            .map_or_else(String::new, |at| format!(" (the CA says: not before {})", at.for_people()));
        format!("{}{link}{wait}", self.code.hint())
    }

    fn retry(&self) -> Retry {
        match self.code {
            Code::Paused | Code::AlreadyRevoked | Code::DirectoryUrl | Code::NotOffered => Retry::Never,
            code if matches!(code.class(), Class::Ours) => Retry::Never,
            _ => Retry::Later,
        }
    }
}

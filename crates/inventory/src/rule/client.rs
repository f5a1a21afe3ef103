//! What visitors see.
//!
//! The names are those of Chromium's `net/base/net_error_list.h`, Firefox's `SSLErrors` and `nsPKIErrors`, Safari's
//! page titles, and curl's exit codes with OpenSSL's words.

use serde::{Deserialize, Serialize};

use crate::model::Violation;

/// What the evidence of findings calls it.
pub(crate) const SEEN_AS: &str = "seen_as";

/// What the usual programs show when a rule is violated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clients<S = &'static str> {
    /// Chrome and Edge.
    pub chromium: Page<S>,
    /// Firefox.
    pub firefox: Page<S>,
    /// Safari.
    pub safari: Page<S>,
    /// curl; a [`Page::Warning`] is passed with `--insecure`.
    pub curl: Page<S>,
}

/// What one program shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Page<S = &'static str> {
    /// Nothing: the visit goes on.
    Nothing,
    /// Not known: it depends on what the program offers.
    Unknown,
    /// An error that a person can click through, unless the site is known for HSTS.
    Warning(S),
    /// An error that nobody can pass.
    Wall(S),
}

impl Clients {
    /// The same, with words of its own.
    #[must_use]
    pub(crate) fn owned(self) -> Clients<String> {
        let [chromium, firefox, safari, curl] =
            [self.chromium, self.firefox, self.safari, self.curl].map(Page::owned);
        Clients { chromium, firefox, safari, curl }
    }

    /// The evidence with what is seen of it, where that is not the rule's usual.
    pub(super) fn kept_with(&self, mut evidence: serde_json::Value) -> serde_json::Value {
        if let Some(evidence) = evidence.as_object_mut() {
            evidence.insert(SEEN_AS.to_owned(), serde_json::json!(self));
        }
        evidence
    }
}

impl Clients<String> {
    /// What is seen of a violation: as it was found, or as its rule says.
    pub(crate) fn of(violation: &Violation) -> Option<Self> {
        let kept = Self::deserialize(&violation.evidence[SEEN_AS]).ok();
        kept.or_else(|| super::find(&violation.code)?.meta.clients.map(Clients::owned))
    }
}

impl Page {
    fn owned(self) -> Page<String> {
        match self {
            Self::Nothing => Page::Nothing,
            Self::Unknown => Page::Unknown,
            Self::Warning(shows) => Page::Warning(shows.to_owned()),
            Self::Wall(shows) => Page::Wall(shows.to_owned()),
        }
    }
}

/// The title of Safari's page for every certificate error.
pub(super) const SAFARI: Page = Page::Warning("This Connection Is Not Private");

/// The title of Safari's page when there is no connection.
pub(super) const SAFARI_NO_CONNECTION: Page = Page::Wall("Safari Can't Connect to the Server");

//! What others testify of a chain, beside the chain itself: who was asked about its revocation, the OCSP answer that was stapled,
//! the logs that promised to publish it.

mod revocation;
mod transparency;

use std::sync::Arc;

use notafter_tls::observation::Staple;

pub use revocation::{CertificateStatus, SourceStatement, Statuses, Told};
pub use transparency::{ListSummary, LogJudge, PolicySummary, SctSummary, Transparency};

use super::{Facts, Found, Known, Remark, Shown, judge};
use crate::rule::{Kind, RevocationFacts, TransparencyFacts};

/// What is known of one chain by witnesses.
pub(super) struct Witnesses<'a> {
    pub(super) staple: &'a Staple,
    /// Of each certificate of which anybody told anything, from the leaf upwards.
    pub(super) statuses: Arc<[CertificateStatus]>,
    /// Whether anybody was asked about revocation.
    pub(super) were_asked: bool,
    pub(super) transparency: Option<Arc<Transparency>>,
}

impl Witnesses<'_> {
    /// What the rules say of it.
    pub(super) fn findings(&self, known: &Known, shown: &Shown<'_>) -> Vec<Found> {
        let Ok(chain) = known.chain.as_ref() else { return Vec::new() };
        let (staple, were_asked) = (self.staple, self.were_asked);
        let is_public = known.is_public();
        let revocation = RevocationFacts { chain, staple, statuses: &self.statuses, were_asked, is_public };
        judge(shown, |kind| match (kind, self.transparency.as_deref()) {
            (Kind::Revocation(judge), _) => judge(&revocation),
            (Kind::Transparency(judge), Some(transparency)) => {
                judge(&TransparencyFacts { chain, transparency })
            }
            _ => Vec::new(),
        })
    }

    /// What is odd, without harm.
    pub(super) fn remarks(&self, known: &Known) -> Vec<Remark> {
        let path = known.path.as_deref().filter(|_| self.were_asked && known.askable().is_empty());
        let not_asked = path.map(|path| Remark {
            code: "note.revocation-not-asked",
            text: match path.is_complete() {
                true => "nobody was asked about revocation: the certificate is a trust anchor itself, and nobody above it could \
                         revoke it"
                    .to_owned(),
                false => "nobody was asked about revocation: no trust anchor vouches for the addresses in these certificates"
                    .to_owned(),
            },
        });
        let cautions = self.transparency.iter().flat_map(|transparency| &transparency.cautions);
        let cautions = cautions.map(|text| Remark { code: "note.ct-log-list", text: text.clone() });
        not_asked.into_iter().chain(cautions).collect()
    }

    /// The facts, with what witnesses say.
    pub(super) fn beside(&self, facts: Facts) -> Facts {
        Facts { revocation: Arc::clone(&self.statuses), transparency: self.transparency.clone(), ..facts }
    }
}

//! An answer about a certificate is good for eight hours to ten days.

use crate::Span;
use crate::lint::ocsp::OcspLint;
use crate::lint::{Effective, Meta, Severity, Source, Verdict};
use crate::x509::ocsp::SingleResponse;

pub(super) const LINT: OcspLint = OcspLint {
    meta: Meta {
        id: "ocsp.cab-validity-interval",
        title: "An answer says when the next one will be there, at least eight hours and at most ten days later.",
        why: "A shorter one cannot be kept and stapled; a longer one hides for too long that the certificate was revoked.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 4.9.9",
        severity: Severity::Warning,
        effective: Effective::from(2020, 9, 30),
        affects_path: false,
        alias: None,
        hint: "let the responder answer with a nextUpdate within ten days",
    },
    applies: |response| response.responses().next().is_some(),
    judge: |response| Verdict::of(response.responses().find_map(oddity)),
};

/// Both ends are in the interval. What is said of CAs may be good for a year, and whom an answer is about does not show: a
/// longer one is no error.
fn oddity(answer: &SingleResponse<'_>) -> Option<String> {
    let (Ok(known), Some(Ok(next))) = (&answer.this_update, &answer.next_update) else {
        return answer.next_update.is_none().then(|| "it has no nextUpdate".to_owned());
    };
    let interval = next.time.since(known.time);
    let is_within = interval >= Span::hours(8) && interval <= Span::days(10);
    (!is_within).then(|| format!("the next one is there after {interval}"))
}

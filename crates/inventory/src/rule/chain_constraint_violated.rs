//! The path is complete and signed, but breaks a rule of path validation.

use notafter_cert::path::{Constraint, Fault, Step};
use serde_json::json;

use super::client::SAFARI;
use super::{ChainFacts, Clients, Kind, Meta, Page, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "chain.constraint-violated",
        title: "path breaks a constraint",
        why: "A CA in the path, or the certificate itself, was not made for this use; clients refuse it.",
        source: "RFC 5280 section 6.1",
        severity: Severity::Critical,
        hint: "Have the certificate issued for TLS servers (extended key usage serverAuth) by a CA that may certify the name.",
        clients: Some(Clients {
            chromium: Page::Wall("NET::ERR_CERT_INVALID"),
            firefox: Page::Warning(
                "SEC_ERROR_INADEQUATE_CERT_TYPE, MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY or SEC_ERROR_CERT_NOT_IN_NAME_SPACE",
            ),
            safari: SAFARI,
            curl: Page::Warning(
                "60: SSL certificate problem: unsuitable certificate purpose, or permitted subtree violation",
            ),
        }),
        marks: &[],
    },
    kind: Kind::Chain(violated),
};

fn violated(facts: &ChainFacts<'_>) -> Vec<Said> {
    let judge = |problem: &notafter_cert::path::Problem| {
        let Fault::Refused(constraint) = &problem.fault else { return None };
        let step = facts.path.path.get(problem.step)?;
        let certificate = &step.certificate;
        // Weak signatures and keys have rules of their own.
        if *constraint == Constraint::Signature && facts.path.path.iter().any(is_weak) {
            return None;
        }
        let text = format!("{constraint} ({})", certificate.shown_name());
        let evidence =
            json!({ "fingerprint": certificate.fingerprint(), "constraint": constraint.to_string() });
        Some(Said::new(Severity::Critical, constraint, text, evidence))
    };
    facts.path.problems.iter().filter_map(judge).collect()
}

fn is_weak(step: &Step) -> bool {
    let certificate = &step.certificate;
    certificate.signature_algorithm().weak || certificate.key().weakness().is_some()
}

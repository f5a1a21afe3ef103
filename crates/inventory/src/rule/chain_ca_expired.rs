//! A CA certificate that the path needs is past its end, or before its beginning.

use notafter_cert::path::Fault;
use serde_json::json;

use super::client::SAFARI;
use super::{ChainFacts, Clients, Kind, Meta, Page, Rule, Said};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "chain.ca-expired",
        title: "CA certificate out of date",
        why: "The server's certificate may be fresh, but the path above it is not: clients refuse it as a whole.",
        source: "RFC 5280 section 6.1.3 (a)(2)",
        severity: Severity::Critical,
        hint: "Serve the chain that the CA offers today, or have the certificate issued anew: the CA uses another intermediate by now.",
        clients: Some(EXPIRED),
        marks: &[],
    },
    kind: Kind::Chain(violated),
};

const EXPIRED: Clients = Clients {
    chromium: Page::Warning("NET::ERR_CERT_DATE_INVALID"),
    firefox: Page::Warning("SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE"),
    safari: SAFARI,
    curl: Page::Warning("60: SSL certificate problem: certificate has expired"),
};

const NOT_YET_VALID: Clients = Clients {
    firefox: Page::Warning("MOZILLA_PKIX_ERROR_NOT_YET_VALID_ISSUER_CERTIFICATE"),
    curl: Page::Warning("60: SSL certificate problem: certificate is not yet valid"),
    ..EXPIRED
};

fn violated(facts: &ChainFacts<'_>) -> Vec<Said> {
    let judge = |problem: &notafter_cert::path::Problem| {
        let step = facts.path.path.get(problem.step).filter(|_| problem.step > 0)?;
        let ca = &step.certificate;
        let role = if step.anchor { "the root" } else { "the intermediate" };
        let name = ca.shown_name();
        let (text, clients) = match problem.fault {
            Fault::Expired => (format!("{role} {name} expired ({})", ca.not_after().for_people()), EXPIRED),
            Fault::NotYetValid => {
                (format!("{role} {name} is valid only from {}", ca.not_before().for_people()), NOT_YET_VALID)
            }
            _ => return None,
        };
        let evidence = json!({
            "fingerprint": ca.fingerprint(),
            "subject": ca.subject(),
            "not_before": ca.not_before(),
            "not_after": ca.not_after(),
            "position": step.sent,
        });
        Some(Said::new(Severity::Critical, ca.fingerprint(), text, evidence).seen_as(clients))
    };
    facts.path.problems.iter().filter_map(judge).collect()
}

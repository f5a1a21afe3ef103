//! Browsers ask for more promises of logs than come with the certificate.

use notafter_ct::policy::{self, Verdict};
use serde_json::json;

use super::client::SAFARI;
use super::{Clients, Kind, Meta, Page, Rule, Said, TransparencyFacts};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "certificate.ct-lacking",
        title: "too few promises of logs",
        why: "Of a certificate of a public CA browsers want proof that it stands in public logs: promises (SCTs) of enough logs that they rely on. Without them they warn.",
        source: "Chrome Certificate Transparency Policy; Apple's Certificate Transparency policy (HT205280); Mozilla's wiki, SecurityEngineering/Certificate Transparency",
        severity: Severity::Critical,
        hint: "Have the CA issue the certificate anew, with SCTs of logs that are relied upon; where it comes without any, the CA has an option for it that is off.",
        clients: Some(Clients {
            chromium: Page::Warning("NET::ERR_CERTIFICATE_TRANSPARENCY_REQUIRED"),
            firefox: Page::Warning("MOZILLA_PKIX_ERROR_INSUFFICIENT_CERTIFICATE_TRANSPARENCY"),
            safari: SAFARI,
            curl: Page::Nothing,
        }),
        marks: &[],
    },
    kind: Kind::Transparency(violated),
};

fn violated(facts: &TransparencyFacts<'_>) -> Vec<Said> {
    let known = facts.transparency;
    let lacking: Vec<(&str, String)> = known.report.policies.iter().filter_map(lacks).collect();
    if !known.required || lacking.is_empty() {
        return Vec::new();
    }
    let told: Vec<String> = lacking.iter().map(|(id, lacks)| format!("{} ({lacks})", name(id))).collect();
    let text = format!("too few promises of logs for {}", told.join(", "));
    let leaf = facts.chain.leaf().fingerprint();
    let evidence = json!({ "fingerprint": leaf, "list": known.list, "policies": known.policies });
    vec![Said::new(Severity::Critical, leaf, text, evidence).seen_as(clients(&lacking))]
}

fn lacks<'r>((id, verdict): &'r (&'static str, Verdict)) -> Option<(&'r str, String)> {
    match verdict {
        Verdict::Lacking(lacks) => Some((id, lacks.join("; "))),
        Verdict::Compliant | Verdict::Unknown(_) => None,
    }
}

fn name(id: &str) -> &str {
    policy::ALL.iter().find(|policy| policy.id == id).map_or(id, |policy| policy.name)
}

/// Whoever is content shows nothing.
fn clients(lacking: &[(&str, String)]) -> Clients {
    let page =
        |id: &str, page: Page| if lacking.iter().any(|(of, _)| *of == id) { page } else { Page::Nothing };
    Clients {
        chromium: page("chrome", Page::Warning("NET::ERR_CERTIFICATE_TRANSPARENCY_REQUIRED")),
        firefox: page("firefox", Page::Warning("MOZILLA_PKIX_ERROR_INSUFFICIENT_CERTIFICATE_TRANSPARENCY")),
        safari: page("apple", SAFARI),
        curl: Page::Nothing,
    }
}

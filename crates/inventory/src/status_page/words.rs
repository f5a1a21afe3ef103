//! What is wrong, in words for whoever uses a service: without a name, a number or anything else of the inside.

use crate::model::ComponentState;

/// What a finding of this code means to them.
pub(super) fn of_code(code: &str) -> &'static str {
    match code {
        "certificate.expired" => "The certificate has expired.",
        "certificate.not-yet-valid" => "The certificate is not valid yet.",
        "certificate.name-mismatch" => "The certificate is for another name.",
        "certificate.weak-key" => "The key of the certificate is too weak for today's browsers.",
        "certificate.weak-signature" => "The certificate is signed in a way that browsers no longer accept.",
        "certificate.revoked" => "The certificate was withdrawn by the authority that issued it.",
        "certificate.must-staple-missing" | "handshake.staple-unusable" => {
            "The service does not show that its certificate was not withdrawn, and some browsers refuse the connection."
        }
        "certificate.ct-lacking" => {
            "The certificate does not stand in the public logs that browsers ask for."
        }
        "chain.self-signed" | "chain.untrusted-root" => {
            "The certificate does not come from an authority that browsers trust."
        }
        "chain.missing-intermediate" => {
            "A part of the certificate chain is not sent, and programs that do not know it refuse the connection."
        }
        "chain.broken-signature" => "The signature of the certificate is wrong.",
        "chain.constraint-violated" => "The authority of the certificate may not issue it.",
        "chain.ca-expired" => "A certificate of the authority has expired.",
        "handshake.signature-wrong" => "The service does not show that the certificate is its own.",
        "endpoint.refused" => "The service takes no connections.",
        "endpoint.reset" => "The service breaks connections off.",
        _ => "The service does not answer as it should.",
    }
}

/// Whether browsers warn of it.
pub(super) fn warns(code: &str) -> bool {
    ["certificate.", "chain.", "handshake."].iter().any(|area| code.starts_with(area))
}

/// What whoever meets a warning is to do.
pub(super) const DO_NOT_GO_ON: &str =
    "If a browser or program warns you, do not go on: wait until this is over.";

/// What a state is called where something went wrong.
pub(super) const fn what(state: ComponentState) -> &'static str {
    match state {
        ComponentState::MajorOutage => "major outage",
        ComponentState::PartialOutage => "partial outage",
        ComponentState::DegradedPerformance => "not served to everybody",
        ComponentState::Operational | ComponentState::UnderMaintenance | ComponentState::Unknown => "trouble",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Severity;
    use crate::rule::{self, Mark};

    /// A rule that is added says what it means to the public.
    #[test]
    fn whatever_the_public_notices_has_words() {
        let unknown = of_code("");
        for rule in rule::ALL {
            let meta = &rule.meta;
            let is_felt = rule.is_of_a_look()
                && meta.severity == Severity::Critical
                && !meta.marks.contains(&Mark::ToCome);
            assert_eq!(of_code(meta.code) != unknown, is_felt, "{}", meta.code);
        }
    }
}

//! What our own TLS listener shall present cannot be loaded, and what it presents hides that.

use serde_json::json;

use super::{Kind, Meta, Rule, Said, ServerFacts};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "server.certificate-not-loaded",
        title: "notafter's own certificate cannot be loaded",
        why: "What was presented before is presented still, so that nobody sees it: at its end, or at the next start, nobody can trust the pages of notafter.",
        source: "docs/server.md",
        severity: Severity::Warning,
        hint: "Mend what the text says: the certificate is presented within seconds.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Server(violated),
};

fn violated(facts: &ServerFacts<'_>) -> Vec<Said> {
    let is_told = facts.is_stand_in && !facts.is_watched;
    let Some(obstacle) = facts.lasting_obstacle().filter(|_| !is_told) else { return Vec::new() };
    let presents = match facts.is_stand_in {
        true => "a self-signed stand-in".to_owned(),
        false => format!("the certificate from before, until {}", facts.presented.not_after().for_people()),
    };
    let text = format!("{} presents {presents}: {}", facts.listener, obstacle.words);
    let evidence = json!({ "code": obstacle.code, "since": obstacle.since });
    vec![Said::new(Severity::Warning, "not-loaded", text, evidence).with_hint(obstacle.hint.to_owned())]
}

#[cfg(test)]
mod tests {
    use notafter_cert::{Certificate, Span, Time};
    use rcgen::{CertificateParams, KeyPair};

    use crate::rule::{Obstacle, ServerFacts, judge_server};
    use crate::threshold::Thresholds;

    const NOW: Time = Time::from_unix_seconds(1_796_000_000);
    const WHY: &str = "there is no lineage \"pages\" to serve";

    /// A certificate of 90 days with so much left.
    fn certificate(left: Span) -> Certificate {
        let mut params = CertificateParams::new(vec!["na.example".to_owned()]).unwrap();
        params.not_before = (NOW + left - Span::days(90)).calendar().unwrap();
        params.not_after = (NOW + left).calendar().unwrap();
        let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        Certificate::parse(made.der()).unwrap()
    }

    fn codes(left: Span, change: impl FnOnce(&mut ServerFacts<'_>)) -> Vec<String> {
        let (presented, thresholds) = (certificate(left), Thresholds::default());
        let mut facts = ServerFacts {
            listener: "[::]:8443",
            presented: &presented,
            is_stand_in: false,
            obstacle: None,
            is_watched: false,
            is_end_told: false,
            thresholds: &thresholds,
            now: NOW,
        };
        change(&mut facts);
        judge_server(&facts).into_iter().map(|one| format!("{} {}", one.severity, one.code)).collect()
    }

    fn obstacle(lasts: Span) -> Option<Obstacle<'static>> {
        let (words, hint) = (WHY, "issue it");
        Some(Obstacle { code: "server.no-certificate", words, hint, since: NOW - lasts })
    }

    #[test]
    fn an_end_is_told_unless_somebody_hears_of_it_anyway() {
        let day = Span::days(1);
        for (left, said) in [
            (Span::days(60), &[][..]),
            (Span::days(20), &["WARNING server.certificate-expires-soon"]),
            (day, &["CRITICAL server.certificate-expires-soon"]),
            (Span::ZERO, &["CRITICAL server.certificate-expires-soon"]),
            (-day, &["CRITICAL server.certificate-expired"]),
        ] {
            assert_eq!(codes(left, |_| ()), said, "{left} left");
            assert_eq!(codes(left, |facts| facts.is_end_told = true), [""; 0], "{left} left");
        }
    }

    /// A first certificate takes a moment: every start of a new installation would have been critical.
    #[test]
    fn what_passes_by_itself_is_not_told_and_leaves_what_was_told_before() {
        for (lasts, is_told) in [(Span::seconds(119), false), (Span::minutes(2), true)] {
            let said = codes(Span::days(30), |facts| {
                facts.is_stand_in = true;
                facts.obstacle = obstacle(lasts);
                for code in ["server.stand-in", "server.certificate-not-loaded"] {
                    assert_eq!(facts.is_judged(code), is_told, "{code}");
                }
                assert!(facts.is_judged("server.certificate-expired") && !facts.is_judged("clock.set-back"));
            });
            assert_eq!(said == ["CRITICAL server.stand-in"], is_told, "{said:?}");
        }
    }

    #[test]
    fn what_cannot_be_loaded_is_told_once() {
        let said = |is_stand_in, is_watched| {
            codes(Span::days(60), |facts| {
                (facts.is_stand_in, facts.is_watched) = (is_stand_in, is_watched);
                facts.obstacle = obstacle(Span::hours(1));
            })
        };
        assert_eq!(said(false, false), ["WARNING server.certificate-not-loaded"]);
        assert_eq!(said(false, true), ["WARNING server.certificate-not-loaded"]);
        assert_eq!(said(true, false), ["CRITICAL server.stand-in"]);
        assert_eq!(
            said(true, true),
            ["WARNING server.certificate-not-loaded"],
            "chain.self-signed says the rest"
        );
    }
}

//! A name was left out of the certificate, because its self-check fails.

use serde_json::json;

use super::{Kind, Meta, Rule, Said};
use crate::model::Severity;
use crate::plan::renew::State;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "renewal.name-left-out",
        title: "a name is left out of the certificate",
        why: "The name does not answer challenges. It was left out so that the other names could be renewed; whoever visits it gets a certificate for other names.",
        source: "RFC 8555 section 7.1.3: an order fails as a whole with any of its identifiers",
        severity: Severity::Warning,
        hint: "Mend what keeps CAs from the name (DNS, the port of its challenges), or take it out of the lineage.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Lineage(violated),
};

fn violated(state: &State<'_>) -> Vec<Said> {
    let wanted = &state.spec.identifiers;
    let shed = state.lineage.renewal.shed.iter().filter(|one| wanted.contains(one));
    shed.map(|name| {
        let text = format!("{name} is left out of the certificate: its self-check fails");
        let port = state.http01_port;
        let hint = format!("mend DNS and port {port} of {name}, or take it out of the lineage");
        Said::new(Severity::Warning, name, text, json!({ "identifier": name })).with_hint(hint)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use notafter_cert::{Span, Time};

    use super::*;
    use crate::ledger::Ledger;
    use crate::plan::renew::stage::{held, lineage, spec};
    use crate::rule::judge_lineage;

    #[test]
    fn a_shed_name_is_told() {
        let start = Time::from_unix_seconds(1_796_000_000);
        let ledger = Ledger::default();
        let (mut lineage, mut held) = (lineage(spec()), held(start, Span::days(90)));
        assert_eq!(judge_lineage(&State::of(&lineage, Some(&held), &ledger, start).unwrap()), []);
        lineage.renewal.shed = vec![spec().identifiers[1].clone()];
        held.ordered.truncate(1);
        let told = judge_lineage(&State::of(&lineage, Some(&held), &ledger, start).unwrap());
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].code.as_str(), told[0].severity), (RULE.meta.code, RULE.meta.severity));
        let elsewhere =
            State { http01_port: 5002, ..State::of(&lineage, Some(&held), &ledger, start).unwrap() };
        assert!(judge_lineage(&elsewhere)[0].hint.contains("port 5002 of www.shop.example"));
    }
}

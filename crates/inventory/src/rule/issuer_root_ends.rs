//! The root of a private CA nears its end.

use notafter_cert::Span;
use serde_json::json;

use super::{Kind, Meta, Rule, Said};
use crate::model::{Severity, Subject};
use crate::plan::renew::State;
use crate::plan::sign;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "issuer.root-ends",
        title: "the root of the private CA nears its end",
        why: "Nothing that it signed can outlast it, and nobody but people can put another root where this one is trusted. That takes longer than a renewal.",
        source: "RFC 5280 section 6.1: no certificate of a path is valid beyond its own dates",
        severity: Severity::Warning,
        hint: "Write another issuer of kind private, give its root to every client, then name it in the lineages.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Lineage(violated),
};

fn violated(state: &State<'_>) -> Vec<Said> {
    let Some(private) = state.ca.and_then(|ca| ca.private()) else { return Vec::new() };
    let Some(root) = private.authority.as_ref().map(|authority| &authority.root) else { return Vec::new() };
    let left = root.not_after.since(state.now);
    let (early, late) = sign::root_limits(root);
    if left >= early {
        return Vec::new();
    }
    let severity = if left < late { Severity::Critical } else { Severity::Warning };
    let name = &private.name;
    let text = if left <= Span::ZERO {
        format!("the root of {name} has ended {}; nothing can be signed", root.not_after.for_people())
    } else {
        format!("the root of {name} ends {}, in {}", root.not_after.for_people(), left.for_people())
    };
    let hint = format!(
        "write another issuer of kind private beside {name}, give its root to every client, then name it in the lineages"
    );
    let evidence = json!({ "root": root.fingerprint, "not_after": root.not_after });
    let cause = Subject::Issuer(private.id).to_string();
    vec![Said::new(severity, cause, text, evidence).with_hint(hint)]
}

#[cfg(test)]
mod tests {
    use notafter_cert::{Fingerprint, KeySpec, Time};

    use super::*;
    use crate::ledger::Ledger;
    use crate::model::{Authority, Certified, Issuer, IssuerId, KeyId, Practice, PrivateIssuer};
    use crate::plan::renew::stage::{lineage, spec};

    const END: Time = Time::from_unix_seconds(1_796_000_000);

    fn house() -> Issuer {
        let root = Certified {
            common_name: "house root".to_owned(),
            key_id: KeyId::from_bytes([1; 16]),
            pem: String::new(),
            fingerprint: Fingerprint::of(&[]),
            not_before: END - Span::days(3650),
            not_after: END,
        };
        let authority = Authority { intermediate: root.clone(), root, intermediates: 1 };
        let practice = Practice {
            common_name: "house".to_owned(),
            key: KeySpec::EcdsaP384,
            permitted: Vec::new(),
            lifetime: sign::LEAF_LASTS,
            root_lifetime: sign::ROOT_LASTS,
        };
        let id = IssuerId::from_bytes([7; 16]);
        PrivateIssuer { id, name: "house".to_owned(), practice, authority: Some(Box::new(authority)) }.into()
    }

    #[test]
    fn it_is_told_a_year_before_and_of_the_issuer() {
        let (lineage, ledger, house) = (lineage(spec()), Ledger::default(), house());
        let told = |left: Span| {
            let state = State::of(&lineage, None, &ledger, END - left).unwrap().with_ca(&house);
            violated(&state)
        };
        assert_eq!(told(Span::days(366)), []);
        let said = [364, 92, 90, 0, -1].map(|days| {
            let said = told(Span::days(days)).remove(0);
            assert_eq!(
                said.cause,
                Subject::Issuer(house.id()).to_string(),
                "one alert, whatever hangs on it"
            );
            format!("{}: {}", said.severity, said.text)
        });
        insta::assert_snapshot!(said.join("\n"));
    }
}

//! A place names nothing on the wire that could prove it.

use serde_json::json;

use super::{Kind, Meta, Rule, Said};
use crate::model::Severity;
use crate::plan::renew::State;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "place.no-endpoint",
        title: "nothing can prove the installation",
        why: "The files are written and the server is reloaded, but no endpoint is named at which the new certificate must be seen.",
        source: "Azure Storage, 2013-02-22: renewed, and never served",
        severity: Severity::Warning,
        hint: "Name the endpoints of the place: `endpoints = [\"shop.example:443\"]`.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Lineage(violated),
};

fn violated(state: &State<'_>) -> Vec<Said> {
    let unproved = state.places.unwrap_or_default().iter().filter(|place| place.endpoints.is_empty());
    unproved
        .map(|place| {
            let text = format!("place {} of {} names no endpoint", place.name, state.lineage.name);
            Said::new(Severity::Warning, &place.name, text, json!({ "place": place.name }))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use notafter_cert::Time;

    use super::*;
    use crate::ledger::Ledger;
    use crate::model::{OwnerId, Place, PlaceId};
    use crate::plan::renew::stage::{lineage, spec};

    #[test]
    fn each_place_without_an_endpoint_is_named() {
        let (lineage, ledger) = (lineage(spec()), Ledger::default());
        let place = |name: &str, endpoints: &[&str]| Place {
            id: PlaceId::from_bytes([0; 16]),
            owner_id: OwnerId::from_bytes([0; 16]),
            lineage_id: lineage.id,
            name: name.to_owned(),
            deployer: "files".to_owned(),
            settings: json!({}),
            endpoints: endpoints.iter().map(|target| target.parse().unwrap()).collect(),
        };
        let places = [place("web", &["shop.example"]), place("mail", &[])];
        let state =
            State::of(&lineage, None, &ledger, Time::from_unix_seconds(1)).unwrap().with_places(&places);
        let causes: Vec<String> = violated(&state).into_iter().map(|said| said.cause).collect();
        assert_eq!(causes, ["mail"]);
    }
}

//! The answer as a document (docs/schema/inspect-1.json).

use notafter_cert::inspect::{Description, FactValue};
use notafter_cert::pile::{Lack, ServingOrder, Set};
use serde_json::{Map, Value, json};

use super::{Found, Inspected, dump};

pub(super) fn write(inspected: &Inspected, with_der: bool) -> String {
    let objects = inspected.found.iter().zip(&inspected.descriptions);
    let objects: Vec<Value> = objects.map(|(found, told)| object(found, told, with_der)).collect();
    let document = json!({
        "schema": "notafter.inspect/1",
        "at": inspected.at,
        "anchors": inspected.anchors.name(),
        "objects": objects,
        "pile": pile(inspected),
        "remarks": inspected.remarks,
    });
    format!("{document:#}\n")
}

fn object(found: &Found, told: &Description, with_der: bool) -> Value {
    let facts: Map<String, Value> =
        told.facts.iter().map(|fact| (fact.name.to_owned(), value(&fact.value))).collect();
    let der = with_der.then(|| {
        let dump = dump::whole(&found.object.octets, found.object.kind.structure());
        json!({ "lines": dump.lines, "is_cut": dump.is_cut })
    });
    json!({
        "source": found.source,
        "place": found.object.place.to_string(),
        "alias": found.object.alias,
        "kind": told.kind,
        "title": told.title,
        "facts": facts,
        "glance": told.glance,
        "sections": told.sections,
        "odd": told.odd,
        "der": der,
    })
}

fn value(value: &FactValue) -> Value {
    match value {
        FactValue::Text(text) => json!(text),
        FactValue::List(list) => json!(list),
        FactValue::Time(time) => json!(time),
        FactValue::Number(number) => json!(number),
        FactValue::Flag(flag) => json!(flag),
        FactValue::Nothing => Value::Null,
    }
}

/// Numbers are positions among the objects.
fn pile(inspected: &Inspected) -> Value {
    let pile = &inspected.pile;
    let duplicates = pile.duplicates.iter().map(|(later, first)| json!({ "object": later, "first": first }));
    let lists = pile.revocation_lists.iter().map(|(list, of)| json!({ "object": list, "may_tell_of": of }));
    json!({
        "sets": pile.sets.iter().map(set).collect::<Vec<_>>(),
        "unneeded": pile.unneeded,
        "roots": pile.roots,
        "duplicates": duplicates.collect::<Vec<_>>(),
        "lonely_keys": pile.lonely_keys,
        "untold_keys": pile.untold_keys,
        "open_requests": pile.open_requests,
        "revocation_lists": lists.collect::<Vec<_>>(),
    })
}

fn set(set: &Set) -> Value {
    json!({
        "leaf": set.leaf,
        "keys": set.keys,
        "requests": set.requests,
        "public_keys": set.public_keys,
        "chain": chain(&set.chain),
    })
}

fn chain(chain: &ServingOrder) -> Value {
    let (lack, issuer, urls) = match &chain.lack {
        None => (None, None, Vec::new()),
        Some(Lack::Issuer { name, urls }) => (Some("issuer"), Some(name), urls.clone()),
        Some(Lack::UnknownRoot) => (Some("unknown-root"), None, Vec::new()),
        Some(Lack::SelfSigned) => (Some("self-signed"), None, Vec::new()),
        Some(Lack::WrongSignature) => (Some("wrong-signature"), None, Vec::new()),
    };
    let serve = chain.links.iter().map(|link| {
        json!({
            "object": link.place,
            "sha256": link.certificate.fingerprint().to_string(),
            "subject": link.certificate.subject(),
        })
    });
    json!({
        "is_complete": chain.lack.is_none(),
        "lack": lack,
        "missing_issuer": issuer,
        "fetch": urls,
        "serve": serve.collect::<Vec<_>>(),
        "root": chain.root,
        "ends_at": chain.end,
        "problems": chain.problems,
    })
}

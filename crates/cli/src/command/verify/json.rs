//! The answer as a document (docs/schema/verify-1.json).

use notafter_cert::path::{Link, Path, PathError, Verification};
use notafter_inventory::check::stores::HorizonSummary;
use serde_json::{Value, json};

use super::Answer;

pub(super) fn write(answer: &Answer) -> String {
    let mut document = json!({
        "schema": "notafter.verify/1",
        "verdict": answer.asked.verdict.name(),
        "at": answer.question.at,
        "profile": answer.question.profile.name,
        "name": answer.question.name.as_ref().map(ToString::to_string),
        "purpose": answer.question.purpose.name(),
        "anchors": answer.question.anchors.name(),
        "exhausted": answer.asked.exhausted,
        "paths": answer.asked.paths.iter().map(path).collect::<Vec<_>>(),
        "clients": answer.clients.iter().map(|(profile, said)| client(profile.name, profile.source, said)).collect::<Vec<_>>(),
        "horizon": answer.horizon.as_ref().map(HorizonSummary::of),
        "stores": answer.stores,
        "remarks": answer.remarks,
    });
    if let (Some(transparency), Some(members)) = (&answer.transparency, document.as_object_mut()) {
        members.insert("ct".to_owned(), json!(transparency));
    }
    format!("{document:#}\n")
}

fn path(path: &Path) -> Value {
    json!({
        "verdict": path.verdict().name(),
        "certs": path.certificates.iter().map(certificate).collect::<Vec<_>>(),
        "errors": path.errors.iter().map(error).collect::<Vec<_>>(),
        "policies": path.policies,
    })
}

fn certificate(link: &Link) -> Value {
    let certificate = &link.certificate;
    json!({
        "sha256": certificate.fingerprint().to_string(),
        "subject": certificate.subject(),
        "issuer": certificate.issuer(),
        "serial": certificate.serial_hex(),
        "not_before": certificate.not_before(),
        "not_after": certificate.not_after(),
        "given": link.given,
        "anchor": link.anchor,
    })
}

fn error(error: &PathError) -> Value {
    json!({
        "cert": error.certificate,
        "code": error.rule.code,
        "text": error.text(),
        "section": error.rule.section,
        "expected": error.expected,
        "found": error.found,
        "hint": error.rule.hint,
    })
}

fn client(name: &str, source: &str, said: &Verification) -> Value {
    let first = said.paths.first();
    json!({
        "profile": name,
        "source": source,
        "verdict": said.verdict.name(),
        "errors": first.iter().flat_map(|path| &path.errors).map(error).collect::<Vec<_>>(),
    })
}

//! Requests and responses of OCSP.

use super::odd::Oddities;
use super::{Context, Description, Fact, Kind, Line, Section, certificate, field};
use crate::der::Field;
use crate::hex;
use crate::x509::Anatomy;
use crate::x509::ocsp::{
    BasicResponse, CertId, CertStatus, OcspRequestAnatomy, OcspResponseAnatomy, OcspStatus, ResponderId,
    SingleRequest, SingleResponse,
};

/// Which certificate is meant.
fn certificate_id(id: &CertId<'_>) -> Vec<Line> {
    vec![
        Line::octets("serialNumber", id.serial.bytes()),
        Line::octets("issuerNameHash", id.name_hash),
        Line::octets("issuerKeyHash", id.key_hash),
        Line::text("hashAlgorithm", id.algorithm.oid.shown()),
    ]
}

pub(super) fn request(der: &[u8], context: &Context<'_>) -> Description {
    let request = OcspRequestAnatomy::of(der);
    let mut odd = Oddities::default();
    odd.faults(request.surplus.iter().map(|fault| ("the request", *fault)).collect());
    odd.audit(der);
    let count = request.requests.as_ref().map_or(0, Vec::len);
    let asked = |one: &Field<SingleRequest<'_>>| match one {
        Ok(one) => Line::text("certificate", hex(one.certificate.serial.bytes()))
            .with(certificate_id(&one.certificate)),
        Err(fault) => Line::fault("certificate", *fault),
    };
    let list =
        |_, all: &Vec<Field<SingleRequest<'_>>>| Line::group("requestList", all.iter().map(asked).collect());
    let requestor = request.requestor.as_ref().map(field::general_name);
    let lines = requestor.into_iter().chain([Line::of("requestList", &request.requests, list)]).collect();
    let mut sections = vec![Section::new("fields", lines)];
    sections
        .extend(request.extensions.as_ref().map(|all| certificate::extensions("extensions", all, context)));
    let signed = if request.signature.is_some() { "by the asker" } else { "not signed, as usual" };
    Description {
        kind: Kind::OcspRequest,
        title: format!("OCSP request about {}", field::count(count, "certificate", "certificates")),
        facts: vec![
            Fact::new("sha256", hex(&field::sha256(der))),
            Fact::new("certificates", u64::try_from(count).unwrap_or(u64::MAX)),
        ],
        glance: vec![
            Line::text("about", field::count(count, "certificate", "certificates")),
            Line::text("signed", signed),
        ],
        sections,
        odd,
    }
}

pub(super) fn response(der: &[u8], context: &Context<'_>) -> Description {
    let response = OcspResponseAnatomy::of(der);
    let mut odd = Oddities::default();
    odd.faults(response.faults());
    odd.audit(der);
    let mut sections = Vec::new();
    if let Some(basic) = &response.basic {
        odd.ocsp_lints(basic);
        stale(basic, &mut odd, context);
        sections.extend(of_basic(basic, context));
    }
    let status = response.status.map_or("a status that cannot be read", OcspStatus::name);
    let status_line =
        Line::of("responseStatus", &response.status, |name, status| Line::text(name, status.name()));
    let kind = response
        .kind
        .as_ref()
        .map(|kind| Line::of("responseType", kind, |name, kind| Line::text(name, kind.shown())));
    sections.insert(0, Section::new("response", [Some(status_line), kind].into_iter().flatten().collect()));
    sections.push(field::fingerprints(der, None));
    let answers: Vec<&SingleResponse<'_>> =
        response.basic.iter().flat_map(BasicResponse::responses).collect();
    let (word, title) = match &answers[..] {
        [one] => (state(&one.status), format!("OCSP response: {}", state(&one.status))),
        [] => (status, format!("OCSP response without an answer: {status}")),
        several => (status, format!("OCSP response about {} certificates", several.len())),
    };
    let produced = response.basic.as_ref().and_then(|basic| basic.produced_at.ok());
    Description {
        kind: Kind::OcspResponse,
        title,
        facts: vec![
            Fact::new("sha256", hex(&field::sha256(der))),
            Fact::new("status", status),
            Fact::new("answer", word),
            Fact::new(
                "serials",
                answers.iter().map(|one| hex(one.certificate.serial.bytes())).collect::<Vec<_>>(),
            ),
            Fact::new("produced_at", produced.map(|moment| moment.time)),
        ],
        glance: answers.iter().flat_map(|one| at_a_glance(one, context)).collect(),
        sections,
        odd,
    }
}

const fn state(status: &Field<CertStatus<'_>>) -> &'static str {
    match status {
        Ok(CertStatus::Good) => "good",
        Ok(CertStatus::Revoked { .. }) => "revoked",
        Ok(CertStatus::Unknown) => "unknown to the responder",
        Err(_) => "an answer that cannot be read",
    }
}

fn at_a_glance(answer: &SingleResponse<'_>, context: &Context<'_>) -> Vec<Line> {
    let serial =
        Line::text("certificate", format!("serial number {}", hex(answer.certificate.serial.bytes())));
    let until = match &answer.next_update {
        None => Line::text("until", "nobody knows when: nextUpdate is left out"),
        Some(next) => {
            Line::of("until", next, |name, moment| Line::text(name, moment.time.with_distance(context.at)))
        }
    };
    vec![serial, status(&answer.status), until]
}

fn status(status: &Field<CertStatus<'_>>) -> Line {
    Line::of("status", status, |name, said| match said {
        CertStatus::Revoked { at, reason } => {
            let reason = reason
                .and_then(|reason| reason.reason())
                .map_or("none given", crate::x509::extension::Reason::name);
            Line::text(name, format!("revoked {}, reason: {reason}", at.time))
        }
        _ => Line::text(name, state(&Ok(*said))),
    })
}

fn of_basic(basic: &BasicResponse<'_>, context: &Context<'_>) -> Vec<Section> {
    let responder = |name, responder: &ResponderId<'_>| match responder {
        ResponderId::Name(responder) => field::name(name, responder),
        ResponderId::Key(hash) => Line::octets(name, hash).noted(Some("hash of its key")),
    };
    let answers = |name, all: &Vec<Field<SingleResponse<'_>>>| {
        Line::text(name, field::count(all.len(), "answer", "answers"))
            .with(all.iter().map(|one| answer(one, context)).collect())
    };
    let fields = vec![
        Line::of("responderID", &basic.responder, responder),
        Line::of("producedAt", &basic.produced_at, field::instant),
        Line::of("responses", &basic.responses, answers),
    ];
    let mut sections = vec![Section::new("answer", fields)];
    sections.extend(basic.extensions.as_ref().map(|all| certificate::extensions("extensions", all, context)));
    let held = Line::of("certs", &basic.certificates, |name, all| {
        Line::text(name, field::count(all.len(), "certificate", "certificates"))
            .with(all.iter().map(|der| held(der)).collect())
    });
    sections.push(field::signature(&basic.signature_algorithm, &basic.signature, Some(held)));
    sections
}

fn answer(answer: &Field<SingleResponse<'_>>, context: &Context<'_>) -> Line {
    let answer = match answer {
        Ok(answer) => answer,
        Err(fault) => return Line::fault("answer", *fault),
    };
    let mut lines = vec![status(&answer.status), Line::of("thisUpdate", &answer.this_update, field::instant)];
    lines.extend(answer.next_update.as_ref().map(|next| Line::of("nextUpdate", next, field::instant)));
    lines.extend(certificate_id(&answer.certificate));
    if let Some(all) = &answer.extensions {
        lines.push(Line::group("singleExtensions", certificate::extensions("", all, context).lines));
    }
    Line::text("answer", hex(answer.certificate.serial.bytes())).with(lines)
}

/// A responder's certificate.
fn held(der: &[u8]) -> Line {
    let anatomy = Anatomy::of(der);
    let lines = vec![
        Line::of("issuer", &anatomy.issuer, |name, issuer| Line::text(name, issuer.to_string())),
        Line::of("notAfter", &anatomy.not_after, field::instant),
        Line::text("SHA-256", hex(&field::sha256(der))),
    ];
    Line::of("certificate", &anatomy.subject, |name, subject| Line::text(name, subject.to_string()))
        .with(lines)
}

fn stale(basic: &BasicResponse<'_>, odd: &mut Oddities, context: &Context<'_>) {
    for answer in basic.responses() {
        if let Some(Ok(next)) = answer.next_update
            && next.time < context.at
        {
            odd.add(
                "dates",
                format!("a newer answer was due {}", next.time.with_distance(context.at)),
                Some(answer.at),
            );
        }
    }
}

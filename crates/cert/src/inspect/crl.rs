//! A CRL.

use std::collections::BTreeMap;

use super::odd::Oddities;
use super::{Context, Description, Fact, Kind, Line, Section, certificate, extension, field};
use crate::hex;
use crate::x509::extension::{CrlNumber, DeltaCrlIndicator, IssuingDistributionPoint, Reason, ReasonCode};
use crate::x509::{CrlAnatomy, CrlEntry, Version};

/// So many entries are shown; all are counted.
const MOST: usize = 1_000;
/// CRLs with more entries are not gone through by lints and the audit of DER: that would take seconds.
const LARGE: usize = 100_000;

/// What is told of all entries together.
struct Entries {
    lines: Vec<Line>,
    count: usize,
    unreadable: usize,
    reasons: BTreeMap<&'static str, usize>,
}

pub(super) fn describe(der: &[u8], context: &Context<'_>) -> Description {
    let crl = CrlAnatomy::of(der);
    let entries = entries(&crl, context);
    let issuer = crl.header.issuer.as_ref().ok().and_then(certificate::called);
    let whose = issuer.unwrap_or_else(|| "somebody whose name cannot be read".to_owned());
    Description {
        kind: Kind::RevocationList,
        title: format!("{} of {whose}", if is_delta(&crl) { "delta CRL" } else { "CRL" }),
        facts: facts(&crl, &entries),
        glance: glance(&crl, &entries, context),
        odd: odd(&crl, &entries, context),
        sections: sections(&crl, entries, context),
    }
}

fn is_delta(crl: &CrlAnatomy<'_>) -> bool {
    crl.trailer.value::<DeltaCrlIndicator<'_>>().is_some()
}

fn entries(crl: &CrlAnatomy<'_>, context: &Context<'_>) -> Entries {
    let mut all = Entries { lines: Vec::new(), count: 0, unreadable: 0, reasons: BTreeMap::new() };
    for entry in crl.entries() {
        all.count += 1;
        match &entry {
            Ok(entry) => *all.reasons.entry(reason(entry)).or_default() += 1,
            Err(_) => all.unreadable += 1,
        }
        if all.lines.len() < MOST {
            all.lines.push(match entry {
                Ok(entry) => line(&entry, context),
                Err(fault) => Line::fault("entry", fault),
            });
        }
    }
    all
}

fn reason(entry: &CrlEntry<'_>) -> &'static str {
    match entry.value::<ReasonCode>() {
        None => "no reason",
        Some(Ok(code)) => code.reason().map_or("a number that is no reason", Reason::name),
        Some(Err(_)) => "a reason that cannot be read",
    }
}

fn line(entry: &CrlEntry<'_>, context: &Context<'_>) -> Line {
    let more = match entry.extensions() {
        Some(Ok(all)) => all.iter().map(|one| extension::describe(one, context)).collect(),
        Some(Err(fault)) => vec![Line::fault("crlEntryExtensions", fault)],
        None => Vec::new(),
    };
    Line::text(hex(entry.serial.bytes()), format!("revoked {}", entry.date.time)).with(more)
}

fn facts(crl: &CrlAnatomy<'_>, entries: &Entries) -> Vec<Fact> {
    let number = crl.trailer.readable::<CrlNumber<'_>>().map(|number| hex(number.number.bytes()));
    let next = crl.header.next_update.and_then(Result::ok).map(|moment| moment.time);
    vec![
        Fact::new("sha256", hex(&field::sha256(crl.der))),
        Fact::new("issuer", crl.header.issuer.as_ref().ok().map(ToString::to_string)),
        Fact::new("this_update", crl.header.this_update.ok().map(|moment| moment.time)),
        Fact::new("next_update", next),
        Fact::new("number", number),
        Fact::new("entries", u64::try_from(entries.count).unwrap_or(u64::MAX)),
        Fact::new("is_delta", is_delta(crl)),
    ]
}

fn glance(crl: &CrlAnatomy<'_>, entries: &Entries, context: &Context<'_>) -> Vec<Line> {
    let reasons: Vec<String> =
        entries.reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    let reasons = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join(", ")) };
    let revoked = field::count(entries.count, "certificate is", "certificates are")
        .replace("no certificate is", "nothing is");
    let next = match &crl.header.next_update {
        None => Line::text("next", "nobody knows when: nextUpdate is left out"),
        Some(next) => {
            Line::of("next", next, |name, moment| Line::text(name, moment.time.with_distance(context.at)))
        }
    };
    let made = Line::of("made", &crl.header.this_update, |name, moment| {
        Line::text(name, moment.time.with_distance(context.at))
    });
    vec![Line::text("revoked", format!("{revoked} on it{reasons}")), scope(crl), made, next]
}

/// Which certificates it tells of.
fn scope(crl: &CrlAnatomy<'_>) -> Line {
    match crl.trailer.value::<IssuingDistributionPoint<'_>>() {
        None => Line::text("about", "all certificates of its issuer"),
        Some(Ok(point)) => Line::text("about", extension::scope(&point)),
        Some(Err(fault)) => Line::fault("about", fault),
    }
}

fn sections(crl: &CrlAnatomy<'_>, entries: Entries, context: &Context<'_>) -> Vec<Section> {
    let header = &crl.header;
    let version = |name, version: &Version| {
        Line::text(name, version.number.saturating_add(1).to_string())
            .noted((!version.is_written).then_some("not written"))
    };
    let fields = [
        Line::of("version", &header.version, version),
        Line::of("signature", &header.tbs_signature, field::algorithm),
        Line::of("issuer", &header.issuer, field::name),
        Line::of("thisUpdate", &header.this_update, field::instant),
    ];
    let next = header.next_update.as_ref().map(|next| Line::of("nextUpdate", next, field::instant));
    let mut sections = vec![Section::new("fields", fields.into_iter().chain(next).collect())];
    if let Some(all) = &crl.trailer.extensions {
        sections.push(certificate::extensions("extensions", all, context));
    }
    if !entries.lines.is_empty() {
        let mut lines = entries.lines;
        if entries.count > MOST {
            lines.push(Line::text("more", format!("{} entries are left out", entries.count - MOST)));
        }
        sections.push(Section::new("entries", lines));
    }
    sections.push(field::signature(&crl.trailer.signature_algorithm, &crl.trailer.signature, None));
    sections.push(field::fingerprints(crl.der, None));
    sections
}

fn odd(crl: &CrlAnatomy<'_>, entries: &Entries, context: &Context<'_>) -> Oddities {
    let mut odd = Oddities::default();
    if let Some(Ok(next)) = crl.header.next_update
        && next.time < context.at
    {
        odd.add("dates", format!("a newer one was due {}", next.time.with_distance(context.at)), None);
    }
    odd.faults(crl.faults());
    odd.extensions(crl.trailer.extensions());
    if entries.unreadable > 0 {
        let text = format!("{} cannot be read", field::count(entries.unreadable, "entry", "entries"));
        odd.add("field", text, None);
    }
    if entries.count <= LARGE {
        odd.audit(crl.der);
        odd.crl_lints(crl);
    }
    odd
}

//! Somebody else's automation renewed the file, and the server still serves the earlier certificate.

use serde_json::json;

use super::{Kind, Meta, Rule, Said, list};
use crate::adopt::{Agreement, Watched};
use crate::model::Severity;

/// The rule.
pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "automation.not-reloaded",
        title: "renewed on disk, never reloaded",
        why: "The newest certificate lies on disk, but the server was not told: it will serve the earlier one until that expires.",
        source: "certbot #8528, open since 2020: a deploy hook that fails is only logged; Azure Storage, 2013-02-22",
        severity: Severity::Critical,
        hint: "Reload the server, and give the renewing program a hook that does so.",
        clients: None,
        marks: &[],
    },
    kind: Kind::Automation(violated),
};

fn violated(watched: &Watched<'_>) -> Vec<Said> {
    let case = watched.case;
    let Some(newest) = &case.newest else { return Vec::new() };
    if watched.may_be_reloading() {
        return Vec::new();
    }
    let earlier: Vec<_> = case
        .seen
        .iter()
        .filter(|seen| seen.agreement(Some(newest)) == Agreement::Earlier)
        .filter_map(|seen| Some((seen.address, seen.leaf.as_ref().ok()?)))
        .collect();
    let Some((_, first_to_end)) = earlier.iter().min_by_key(|(_, leaf)| leaf.not_after()) else {
        return Vec::new();
    };
    let left = first_to_end.not_after().since(watched.now);
    let limits = watched.thresholds.leaf(first_to_end.lifetime());
    let severity = limits.severity(left).max(Severity::Warning);
    let mut addresses: Vec<_> = earlier.iter().map(|(address, _)| *address).collect();
    addresses.sort();
    addresses.dedup();
    let ends =
        if left.is_negative() { format!("expired {} ago", left.abs()) } else { format!("expires in {left}") };
    let text = format!(
        "renewed on disk{}, but {} still serve{} the earlier certificate, which {ends}",
        case.written.map(|written| format!(" {} ago", watched.now.since(written))).unwrap_or_default(),
        list(&addresses),
        if addresses.len() == 1 { "s" } else { "" },
    );
    let evidence = json!({
        "chain_file": case.chain_file,
        "on_disk": newest.fingerprint(),
        "served": first_to_end.fingerprint(),
        "served_not_after": first_to_end.not_after(),
        "addresses": addresses,
    });
    let said = Said::new(severity, "not-reloaded", text, evidence);
    let (reload, instead) = (case.how_to_reload(), watched.or_take_over());
    vec![said.with_hint(format!(
        "Now: {reload}. For the next time: give the renewing program a hook that does so{instead}."
    ))]
}

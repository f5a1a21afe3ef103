//! Cases in which we do not agree with a suite, each with its reason.

use std::collections::BTreeMap;

/// The cases of an exceptions file: a case to the line, then a tab and the reason.
pub(crate) fn read(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (case, reason) = line.rsplit_once('\t').unwrap_or_else(|| panic!("no reason: {line}"));
            assert!(reason.len() > 10, "no reason: {line}");
            (case.to_owned(), reason.to_owned())
        })
        .collect()
}

/// Every disagreement is an exception, and every exception a disagreement.
pub(crate) fn compare(disagreements: &BTreeMap<String, String>, exceptions: &BTreeMap<String, String>) {
    let new: Vec<String> = disagreements
        .iter()
        .filter(|(case, _)| !exceptions.contains_key(*case))
        .map(|(case, found)| format!("{case}: {found}"))
        .collect();
    let gone: Vec<&String> = exceptions.keys().filter(|case| !disagreements.contains_key(*case)).collect();
    assert!(new.is_empty(), "{} disagreements without a reason:\n{}", new.len(), new.join("\n"));
    assert!(gone.is_empty(), "exceptions that are none any more: {gone:#?}");
}

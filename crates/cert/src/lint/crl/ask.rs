//! What several lints of CRLs ask.

use crate::der::Integer;
use crate::lint::Verdict;
use crate::x509::extension::{Extensions, ReasonCode};
use crate::x509::{CrlAnatomy, CrlEntry};

/// Violated with the words for the first entry that has some; unknown where an entry cannot be read.
pub(super) fn entries(crl: &CrlAnatomy<'_>, wrong: impl Fn(&CrlEntry<'_>) -> Option<String>) -> Verdict {
    let mut fault = None;
    for entry in crl.entries() {
        match entry.map(|entry| wrong(&entry)) {
            Ok(Some(found)) => return Verdict::Violated(found),
            Ok(None) => {}
            Err(other) => fault = fault.or(Some(other)),
        }
    }
    fault.map_or(Verdict::Pass, |fault| Verdict::Unknown(fault.to_string()))
}

/// The same for the entries that give a reason: by serial number and reason.
pub(super) fn reasons(
    crl: &CrlAnatomy<'_>,
    wrong: impl Fn(Integer<'_>, ReasonCode) -> Option<String>,
) -> Verdict {
    entries(crl, |entry| {
        let code = entry.value::<ReasonCode>()?.ok()?;
        wrong(entry.serial, code)
    })
}

/// The first kind that is there a second time.
pub(super) fn twice(extensions: &Extensions<'_>) -> Option<String> {
    let kinds: Vec<_> = extensions.iter().map(|extension| extension.kind).collect();
    let again =
        kinds.iter().enumerate().find(|(place, kind)| kinds.iter().take(*place).any(|other| other == *kind));
    again.map(|(_, kind)| kind.shown())
}

//! Counts of verdicts, and the one that stands for all.

use std::fmt;

use notafter_inventory::check::Report;
use notafter_inventory::model::Severity;
use serde::Serialize;

/// How many targets have which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Tally {
    /// All of them.
    pub(super) targets: usize,
    /// Addresses looked at, in all.
    pub(super) addresses: usize,
    critical: usize,
    warning: usize,
    unknown: usize,
    ok: usize,
}

/// How the run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Everything was checked.
    Complete,
    /// Ctrl-C.
    Interrupted,
    /// The limit for the whole run.
    OutOfTime,
}

impl Tally {
    pub(super) fn add(&mut self, report: &Report) {
        self.targets += 1;
        self.addresses += report.addresses.iter().filter(|address| address.address.is_some()).count();
        *match report.verdict {
            Severity::Critical => &mut self.critical,
            Severity::Warning => &mut self.warning,
            Severity::Unknown => &mut self.unknown,
            Severity::Ok => &mut self.ok,
        } += 1;
    }

    /// The worst in the order critical, warning, unknown, ok; nothing looked at is unknown, and so is a plug-in's run
    /// that its limit ended, whatever was seen until then (plug-in guidelines, "Input Parameters").
    pub(super) const fn verdict(&self, ending: Ending) -> Severity {
        match self {
            Self { .. } if matches!(ending, Ending::OutOfTime) => Severity::Unknown,
            Self { critical: 1.., .. } => Severity::Critical,
            Self { warning: 1.., .. } => Severity::Warning,
            Self { unknown: 1.., .. } | Self { targets: 0, .. } => Severity::Unknown,
            Self { .. } if matches!(ending, Ending::Complete) => Severity::Ok,
            Self { .. } => Severity::Unknown,
        }
    }
}

/// `3 targets: 1 critical, 2 ok`.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.targets, if self.targets == 1 { "target" } else { "targets" })?;
        let counts = [
            (self.critical, "critical"),
            (self.warning, "warning"),
            (self.unknown, "unknown"),
            (self.ok, "ok"),
        ];
        let mut separator = ": ";
        for (count, word) in counts.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, "{separator}{count} {word}")?;
            separator = ", ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_counts_in_the_documented_order_and_nothing_is_unknown() {
        let tally = |critical, warning, unknown, ok| Tally {
            targets: critical + warning + unknown + ok,
            addresses: 0,
            critical,
            warning,
            unknown,
            ok,
        };
        let verdict = |tally: Tally| tally.verdict(Ending::Complete).exit_code();
        assert_eq!(verdict(tally(1, 1, 1, 1)), 2);
        assert_eq!(verdict(tally(0, 1, 1, 1)), 1);
        assert_eq!(verdict(tally(0, 0, 1, 1)), 3);
        assert_eq!(verdict(tally(0, 0, 0, 1)), 0);
        assert_eq!(verdict(tally(0, 0, 0, 0)), 3);
        assert_eq!(tally(0, 0, 0, 1).verdict(Ending::OutOfTime).exit_code(), 3);
        assert_eq!(tally(1, 0, 0, 1).verdict(Ending::OutOfTime).exit_code(), 3);
        assert_eq!(tally(1, 0, 0, 1).verdict(Ending::Interrupted).exit_code(), 2);
        assert_eq!(tally(1, 0, 2, 0).to_string(), "3 targets: 1 critical, 2 unknown");
    }
}

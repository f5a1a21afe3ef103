//! When a judgement changes by itself, for whoever plans the next look.

use notafter_cert::{Span, Time};

use super::{CertificateSummary, Report};
use crate::threshold::Thresholds;

impl Report {
    /// The shortest lifetime among the leaves that were seen.
    #[must_use]
    pub fn shortest_lifetime(&self) -> Option<Span> {
        self.leaves().map(lifetime).min()
    }

    /// The next instant after this judgement at which a leaf begins, falls below a limit, or ends.
    #[must_use]
    pub fn turning_point(&self, thresholds: &Thresholds) -> Option<Time> {
        self.leaves()
            .flat_map(|leaf| {
                let limits = thresholds.leaf(lifetime(leaf));
                let end = leaf.not_after;
                [leaf.not_before, end - limits.warning, end - limits.critical, end + Span::seconds(1)]
            })
            .chain(self.earliest_end())
            .filter(|turn| *turn > self.at)
            .min()
    }

    fn leaves(&self) -> impl Iterator<Item = &CertificateSummary> {
        self.addresses.iter().filter_map(|report| report.facts.as_ref()?.chain.first())
    }
}

/// Both ends are inclusive (RFC 5280 section 4.1.2.5).
fn lifetime(leaf: &CertificateSummary) -> Span {
    leaf.not_after.since(leaf.not_before) + Span::seconds(1)
}

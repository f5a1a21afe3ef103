//! When a judgement changes by itself, for whoever plans the next look.

use notafter_cert::{Span, Time};

use super::{CertificateSummary, Report};
use crate::threshold::{Limits, Thresholds};

impl Report {
    /// The shortest lifetime among the leaves that were seen.
    #[must_use]
    pub fn shortest_lifetime(&self) -> Option<Span> {
        self.leaves().map(lifetime).min()
    }

    /// The next instant after this judgement at which a leaf begins, falls below a limit, or ends, or a CA certificate
    /// above it falls below a limit of its own, or ends.
    #[must_use]
    pub fn turning_point(&self, thresholds: &Thresholds) -> Option<Time> {
        self.leaves()
            .flat_map(|leaf| {
                let turns = thresholds.leaf(lifetime(leaf)).turning_points(leaf.not_after);
                turns.into_iter().chain([leaf.not_before])
            })
            .chain(self.ends_above().flat_map(|end| Limits::CA.turning_points(end)))
            .filter(|turn| *turn > self.at)
            .min()
    }

    fn ends_above(&self) -> impl Iterator<Item = Time> {
        let facts = self.addresses.iter().filter_map(|report| report.facts.as_ref());
        facts.flat_map(|facts| facts.path.ends_above.iter().copied())
    }

    fn leaves(&self) -> impl Iterator<Item = &CertificateSummary> {
        self.addresses.iter().filter_map(|report| report.facts.as_ref()?.chain.first())
    }
}

/// Both ends are inclusive (RFC 5280 section 4.1.2.5).
fn lifetime(leaf: &CertificateSummary) -> Span {
    leaf.not_after.since(leaf.not_before) + Span::seconds(1)
}

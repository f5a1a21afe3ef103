//! The CRL of a certificate for mail is fetched by HTTP.

use super::ask::{
    self,
    Generation::{Legacy, Multipurpose, Strict},
};
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading, uri};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.subscribers-crl-distribution-points-are-http",
        title: "The CRL of a certificate for mail is fetched by HTTP.",
        why: "Mail programs fetch by HTTP and by nothing else; HTTPS would need the certificate that is being looked \
              up.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.2.3 b",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_subscribers_crl_distribution_points_are_http"),
        hint: "have the CA issue it with an http URI",
    },
    applies: ask::is_subscriber,
    judge: |subject| match subject.crl_uris() {
        Ok(uris) => {
            let by_http = uris.iter().filter(|uri| uri::is_http(uri)).count();
            let must_all = ask::is_of(subject, &[Multipurpose, Strict]);
            let must_one = ask::is_of(subject, &[Legacy]);
            let holds = (!must_all || by_http == uris.len()) && (!must_one || by_http > 0);
            Verdict::holds(holds, || format!("{by_http} of {} URIs are of HTTP", uris.len()))
        }
        Err(fault) => reading::unreadable("cRLDistributionPoints", fault),
    },
};

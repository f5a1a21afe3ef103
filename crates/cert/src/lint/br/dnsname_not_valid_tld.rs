//! Names end in a top-level domain.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, dns, top_level_domains};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.dnsname-not-valid-tld",
        title: "A host's name ends in a top-level domain that there was when the certificate was issued.",
        why: "A name that ends in none belongs to nobody in particular: whoever else uses it inside of a network can be impersonated.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements sections 1.6.1 (Internal Name) and 4.2.2",
        severity: Severity::Error,
        effective: Effective::BASELINE_REQUIREMENTS,
        affects_path: false,
        alias: Some("zlint:e_dnsname_not_valid_tld"),
        hint: "use a name below a domain of your own, or a CA of your own",
    },
    applies: ask::is_of_a_host,
    judge: |subject| {
        let Ok(begins) = subject.anatomy.not_before.as_ref().map(|moment| moment.time) else {
            return Verdict::Unknown("notBefore cannot be read".to_owned());
        };
        let strange = || ask::hosts(subject).filter(|name| !top_level_domains::is_below_one(name, begins));
        match (strange().find(|name| !may_be_new(name)), strange().next()) {
            (Some(name), _) => Verdict::Violated(format!("{name:?} did not end in one when it was issued")),
            (None, Some(name)) => Verdict::Unknown(format!("since when {name:?} ends in one")),
            (None, None) => Verdict::Pass,
        }
    },
};

/// Whether the name ends in one that is younger than our list of dates.
fn may_be_new(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    dns::is_listed_top_level(last) && !top_level_domains::is_or_was_one(last)
}

//! The labels of a domain in a name begin with the top-level domain.

use super::ask;
use crate::der::oid;
use crate::lint::dns;
use crate::lint::{Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.domain-component-order",
        title: "The domainComponent attributes are the labels of one domain, its top-level domain first.",
        why: "Read the other way round they are the name of another domain.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.7.4",
        severity: Severity::Error,
        effective: ask::SINCE_PROFILES,
        affects_path: false,
        alias: None,
        hint: "order it with the labels of the domain from the right to the left, one in each part of the name",
    },
    applies: |subject| subject.is_subscriber() && ask::subject_has(subject, oid::DOMAIN_COMPONENT),
    judge: |subject| {
        let labels = ask::texts(subject, oid::DOMAIN_COMPONENT);
        let top = labels.first().is_some_and(|label| dns::is_listed_top_level(label));
        let whole = labels.iter().all(|label| !label.is_empty() && !label.contains('.'));
        Verdict::holds(top && whole, || format!("they are {}", labels.join(", ")))
    },
};

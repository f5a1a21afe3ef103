//! No DNS name begins with question marks in place of labels.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "community.contains-redacted-dnsname",
        title: "No DNS name begins with question marks in place of labels.",
        why: "Precertificates were once written so, to keep names out of public logs: no log and no client accepts \
              it any more.",
        source: Source::Community,
        citation: "draft-strad-trans-redaction-00",
        severity: Severity::Notice,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:n_contains_redacted_dnsname"),
        hint: "have the certificate issued with the whole names",
    },
    applies: |subject| subject.is_subscriber(),
    judge: |subject| {
        let is_redacted = |name: &[u8]| name.strip_prefix(b"*.").unwrap_or(name).starts_with(b"?.");
        let verdict = ask::no_dns_name(subject, is_redacted);
        match &subject.anatomy.subject {
            Ok(name) if verdict == Verdict::Pass => {
                let names = name.all(oid::COMMON_NAME).filter_map(|common| common.value.text().ok());
                Verdict::of(names.into_iter().find(|name| is_redacted(name.as_bytes())).map(Into::into))
            }
            _ => verdict,
        }
    },
};

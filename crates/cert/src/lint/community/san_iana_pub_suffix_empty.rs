//! No DNS name in the subjectAltName is a public suffix itself.

use psl::Type;

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "community.san-iana-pub-suffix-empty",
        title: "No DNS name in the subjectAltName is a public suffix itself.",
        why: "Below a public suffix anybody can register; hardly ever is the suffix itself a server.",
        source: Source::Community,
        citation: "publicsuffix.org; certlint of awslabs",
        severity: Severity::Notice,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: Some("zlint:n_san_iana_pub_suffix_empty"),
        hint: "ask for the names of your servers",
    },
    applies: ask::has_alt_names,
    judge: |subject| {
        ask::no_dns_name(subject, |name| {
            let name = name.to_ascii_lowercase();
            // Those that companies have put on the list are names of theirs; a label that is not on it is only known within.
            let suffix = psl::suffix(&name).filter(|suffix| suffix.typ() == Some(Type::Icann));
            suffix.is_some_and(|suffix| suffix.as_bytes() == name)
        })
    },
};

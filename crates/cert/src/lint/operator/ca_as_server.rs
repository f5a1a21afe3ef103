//! A server's certificate is not a CA's.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::{GeneralName, GeneralNames};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "operator.ca-as-server",
        title: "A server's certificate is not a CA's.",
        why: "Whoever gets at the key of the server can issue certificates that all who trust this one accept; \
              browsers refuse it as the certificate of a server.",
        source: Source::Operator,
        citation: "RFC 5280 section 4.2.1.9; Baseline Requirements section 7.1.2.7",
        severity: Severity::Warning,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: None,
        hint: "have a certificate issued for the server, and keep the key of the CA away from it",
    },
    applies: |subject| subject.is_ca(),
    judge: |subject| {
        reading::extension(subject, |names: Option<GeneralNames<'_>>| {
            let is_server = |name: &GeneralName<'_>| matches!(name, GeneralName::Dns(_) | GeneralName::Ip(_));
            let server = names.as_ref().and_then(|names| names.iter().find(is_server));
            Verdict::of(server.map(|name| format!("it is a CA's and names {name}")))
        })
    },
};

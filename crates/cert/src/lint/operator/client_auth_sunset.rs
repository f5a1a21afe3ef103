//! A server's certificate is not used for clients.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "operator.client-auth-sunset",
        title: "A server's certificate is not used for clients.",
        why: "Public CAs may not issue certificates for both any more from 2027-03-15 on, and many stop before: what \
              logs in by this one will fail after a renewal.",
        source: Source::Operator,
        citation: "Chrome Root Program Policy 1.8 section 1.3.2",
        severity: Severity::Warning,
        effective: Effective::ALWAYS.until(2027, 3, 15),
        affects_path: false,
        alias: None,
        hint: "find out what logs in by it, and give that a certificate of a CA of your own",
    },
    applies: |subject| {
        ask::is_of_server(subject)
            && subject.purposes().is_some_and(|purposes| purposes.has(oid::SERVER_AUTH))
    },
    judge: |subject| {
        let both = subject.purposes().is_some_and(|purposes| purposes.has(oid::CLIENT_AUTH));
        Verdict::holds(!both, || "clientAuth is among its purposes: not after 2027-03-15".to_owned())
    },
};

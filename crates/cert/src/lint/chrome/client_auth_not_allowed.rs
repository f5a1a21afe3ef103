//! A server's certificate is not for clients too.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::ExtendedKeyUsage;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "chrome.client-auth-not-allowed",
        title: "A server's certificate is not for clients too.",
        why: "The roots of Chrome are for servers alone: a certificate that also lets a client in must come from \
              another hierarchy.",
        source: Source::Chrome,
        citation: "Chrome Root Program Policy 1.8 section 1.3.2",
        severity: Severity::Error,
        effective: Effective::from(2027, 3, 15),
        affects_path: false,
        alias: Some("zlint:e_client_auth_not_allowed"),
        hint: "ask for a certificate for servers alone, and for clients take one of a CA of your own",
    },
    applies: |subject| subject.is_for_servers() && subject.is_subscriber(),
    judge: |subject| {
        reading::extension(subject, |purposes: Option<ExtendedKeyUsage<'_>>| {
            let is_for_clients = purposes.is_some_and(|purposes| purposes.has(oid::CLIENT_AUTH));
            Verdict::holds(!is_for_clients, || "clientAuth is among its purposes".to_owned())
        })
    },
};

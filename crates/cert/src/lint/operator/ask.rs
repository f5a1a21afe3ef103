//! What several lints of ours ask.

use crate::lint::Subject;

/// Whether it is a subscriber's and may be meant for TLS servers.
pub(super) fn is_of_server(subject: &Subject<'_>) -> bool {
    subject.is_subscriber() && subject.is_for_servers()
}

/// The DNS names of the subjectAltName in lower case.
pub(super) fn dns_names(subject: &Subject<'_>) -> Vec<String> {
    subject.dns_names().iter().map(|name| name.to_lowercase()).collect()
}

/// Whether it is a name that can be registered: one label below a public suffix.
pub(super) fn is_registrable(name: &str) -> bool {
    psl::domain(name.as_bytes()).is_some_and(|domain| domain.suffix().is_known() && domain == name)
}

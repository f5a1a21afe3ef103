//! The baseline requirements of the CA/Browser Forum for TLS servers.

mod dnsname_label_too_long;

use super::Lint;

/// In the order of the sections.
pub(super) const ALL: &[&Lint] = &[&dnsname_label_too_long::LINT];

//! Chrome's root program.

mod client_auth_not_allowed;

use super::Lint;

/// In the order of the sections.
pub(super) const ALL: &[&Lint] = &[&client_auth_not_allowed::LINT];

//! Rules of the IETF.

mod serial_number_not_positive;

use super::Lint;

/// In the order of the sections of RFC 5280.
pub(super) const ALL: &[&Lint] = &[&serial_number_not_positive::LINT];

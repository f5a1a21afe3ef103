//! What several lints of code signing ask.

use crate::der::oid;
use crate::lint::Subject;

/// Whether the rules are about such a certificate: its policies say so.
pub(in crate::lint) fn covers(subject: &Subject<'_>) -> bool {
    subject.has_policy(&[oid::CABF_CODE_SIGNING, oid::CABF_EV_CODE_SIGNING])
}

/// Whether it is a subscriber's or that of a CA below a root.
pub(super) fn is_below_root(subject: &Subject<'_>) -> bool {
    subject.is_subscriber() || subject.is_subordinate_ca()
}

/// Whether it is a subscriber's without extended validation.
pub(super) fn is_without_ev(subject: &Subject<'_>) -> bool {
    subject.is_subscriber() && !subject.has_policy(&[oid::CABF_EV_CODE_SIGNING])
}

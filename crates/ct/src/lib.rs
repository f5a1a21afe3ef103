//! What logs promised of a certificate, and whether browsers are content with it (RFC 6962).
//!
//! Pure (law 1): a certificate, its issuer, what came beside it, a log list and an instant come in; a [`Report`] comes out.
//! Whether a certificate must be logged at all is not asked here: browsers ask for it below public anchors alone.

mod entry;
mod judge;
pub mod loglist;
pub mod policy;
mod report;
mod sct;
mod verify;

pub use entry::{Entry, EntryFault};
pub use judge::judge;
pub use loglist::LogList;
pub use report::{Delivery, Doubt, Judged, Report, SctVerdict, Source, Wrong};
pub use sct::{Algorithm, LogId, Sct};
pub use verify::{KeyFault, LogKey, SignatureFault};

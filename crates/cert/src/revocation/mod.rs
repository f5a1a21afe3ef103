//! Whether a certificate was revoked, by whatever tells of it: CRLs (RFC 5280 section 6.3), OCSP (RFC 6960), CRLite filters.
//!
//! Nothing is fetched here, and what cannot be told is [`Verdict::Unknown`] with its reason, never good.

pub mod crl;
pub mod crlite;
mod expectation;
pub mod ocsp;
mod reasons;
mod status;
mod verdict;

pub(crate) use expectation::is_short_lived;
pub use expectation::{Expectation, expectation};
pub use reasons::Reasons;
pub use status::{Exempt, Source, Statement, Status};
pub use verdict::{Because, OutOfScope, Verdict};

pub use crate::x509::extension::Reason;

use crate::Span;

/// How long something counts that does not say until when it does. RFC 5280 section 5.1.2.5 wants nextUpdate in every CRL; without
/// it in an answer, newer information is there all the time (RFC 6960 section 4.2.2.1). Firefox takes such an answer for a day.
const UNDATED: Span = Span::days(1);

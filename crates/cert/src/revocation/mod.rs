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

pub use expectation::{Expectation, expectation};
pub use reasons::Reasons;
pub use status::{Exempt, Source, Statement, Status};
pub use verdict::{Because, OutOfScope, Verdict};

pub use crate::x509::extension::Reason;

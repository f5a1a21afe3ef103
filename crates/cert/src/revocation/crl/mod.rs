//! CRLs: the validation of RFC 5280 section 6.3.

mod delta;
mod given;
mod issuer;
mod judge;
mod scope;
mod search;
mod sieve;

pub use given::Crl;
pub use issuer::CrlIssuer;
pub use judge::judge;
pub use search::Sought;
pub use sieve::{Sieve, SievedCrl};

use super::UNDATED;
use crate::Span;

/// What a judgement may use.
#[derive(Clone, Copy, Debug)]
pub struct Material<'m, 'a> {
    /// Complete and delta CRLs, in any order, those of others among them.
    pub crls: &'m [Crl<'a>],
    /// Who may have signed them: the certificate's issuer, and whoever else has a path to the same anchor that the caller
    /// has validated (RFC 5280 section 6.3.3 step f): another key of the same name, the issuer of an indirect CRL. Nothing
    /// here checks that path.
    pub issuers: &'m [CrlIssuer<'a>],
}

/// What whoever asks makes of CRLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How old thisUpdate may be, whatever nextUpdate says.
    pub max_age: Option<Span>,
    /// How old thisUpdate may be where nextUpdate is not there, and no other age is set.
    pub undated: Span,
    /// How far clocks may be apart.
    pub tolerance: Span,
    /// Which CRLs count.
    pub reach: Reach,
}

/// Which CRLs count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All that RFC 5280 section 6.3 knows: indirect ones, those for some reasons, deltas, and those of the certificate's issuer
    /// that none of its distribution points names.
    Everything,
    /// As browsers do it: complete CRLs of the certificate's issuer, from the points that the certificate names.
    Direct,
}

impl Default for Policy {
    fn default() -> Self {
        Self { max_age: None, undated: UNDATED, tolerance: Span::ZERO, reach: Reach::Everything }
    }
}

#[cfg(test)]
mod tests;

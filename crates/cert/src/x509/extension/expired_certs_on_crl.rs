//! expiredCertsOnCRL (X.509 section 9.5.2.8).

use super::ExtensionValue;
use crate::der::{Element, Field, Moment, Oid, oid};

/// A CRL that keeps certificates after they have ended: all that have not ended before this instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpiredCertsOnCrl<'a>(pub Moment<'a>);

impl<'a> ExtensionValue<'a> for ExpiredCertsOnCrl<'a> {
    const OID: Oid<'static> = oid::EXPIRED_CERTS_ON_CRL;

    fn read(value: Element<'a>) -> Field<Self> {
        value.moment().map(Self)
    }
}

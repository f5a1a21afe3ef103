//! invalidityDate (RFC 5280 section 5.3.2).

use super::ExtensionValue;
use crate::der::{Element, Fault, Field, Moment, MomentForm, Oid, oid};

/// Since when the key is known or suspected to be no longer good: before the revocation, where that came later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidityDate<'a>(pub Moment<'a>);

impl<'a> ExtensionValue<'a> for InvalidityDate<'a> {
    const OID: Oid<'static> = oid::INVALIDITY_DATE;

    fn read(value: Element<'a>) -> Field<Self> {
        value.moment().map(Self)
    }

    fn check(&self) -> Field<()> {
        match self.0.form {
            MomentForm::Generalized if self.0.is_der => Ok(()),
            MomentForm::Generalized => Err(Fault::value(self.0.at, "a time without seconds and Z")),
            MomentForm::Utc => Err(Fault::value(self.0.at, "UTCTime where GeneralizedTime must be")),
        }
    }
}

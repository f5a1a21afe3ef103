//! cRLNumber and deltaCRLIndicator (RFC 5280 sections 5.2.3 and 5.2.4).

use super::ExtensionValue;
use crate::der::{Element, Fault, Field, Integer, Oid, Tag, oid};

/// Which of its issuer's CRLs this is: a later one has a greater number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrlNumber<'a> {
    /// The number.
    pub number: Integer<'a>,
    at: usize,
}

/// Marks a delta CRL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeltaCrlIndicator<'a> {
    /// `BaseCRLNumber`: of the complete CRL since which it tells what has changed.
    pub base: Integer<'a>,
    at: usize,
}

impl<'a> ExtensionValue<'a> for CrlNumber<'a> {
    const OID: Oid<'static> = oid::CRL_NUMBER;

    fn read(value: Element<'a>) -> Field<Self> {
        let number = value.must_be(Tag::INTEGER)?.integer()?;
        Ok(Self { number, at: value.at })
    }

    fn check(&self) -> Field<()> {
        check(self.number, self.at)
    }
}

impl<'a> ExtensionValue<'a> for DeltaCrlIndicator<'a> {
    const OID: Oid<'static> = oid::DELTA_CRL_INDICATOR;

    fn read(value: Element<'a>) -> Field<Self> {
        let base = value.must_be(Tag::INTEGER)?.integer()?;
        Ok(Self { base, at: value.at })
    }

    fn check(&self) -> Field<()> {
        check(self.base, self.at)
    }
}

fn check(number: Integer<'_>, at: usize) -> Field<()> {
    match number {
        number if number.is_negative() => Err(Fault::value(at, "a CRL number below zero")),
        number if number.shortest().len() > 20 => {
            Err(Fault::value(at, "a CRL number of more than 20 octets"))
        }
        _ => Ok(()),
    }
}

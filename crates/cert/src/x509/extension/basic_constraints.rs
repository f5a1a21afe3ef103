//! basicConstraints (RFC 5280 section 4.2.1.9).

use super::ExtensionValue;
use crate::der::{Element, Fault, Field, Integer, Oid, Tag, oid};

/// Whether the subject is a CA, and how many may lie below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasicConstraints<'a> {
    /// Whether it is a CA.
    pub ca: bool,
    /// Whether `cA` is written although it is false.
    pub default_written: bool,
    /// `pathLenConstraint`, whatever number it is.
    pub path_len: Option<Integer<'a>>,
    at: usize,
}

impl BasicConstraints<'_> {
    /// How many CAs that are not self-issued may follow; the largest number where it is larger than that.
    #[must_use]
    pub fn allowed_below(&self) -> Option<u32> {
        let number = self.path_len?.to_i64().unwrap_or(i64::MAX);
        Some(u32::try_from(number.max(0)).unwrap_or(u32::MAX))
    }
}

impl<'a> ExtensionValue<'a> for BasicConstraints<'a> {
    const OID: Oid<'static> = oid::BASIC_CONSTRAINTS;

    fn read(value: Element<'a>) -> Field<Self> {
        let mut fields = value.sequence()?;
        let ca = fields.optional(Tag::BOOLEAN)?.map(|element| element.boolean()).transpose()?;
        let path_len = fields.optional(Tag::INTEGER)?.map(|element| element.integer()).transpose()?;
        fields.finish()?;
        Ok(Self { ca: ca.unwrap_or(false), default_written: ca == Some(false), path_len, at: value.at })
    }

    fn check(&self) -> Field<()> {
        match self.path_len {
            // No honest path comes near; BoringSSL keeps the number in an octet.
            Some(number) if number.to_i64().is_none_or(|number| number > 255) && !number.is_negative() => {
                Err(Fault::value(self.at, "a pathLenConstraint above 255"))
            }
            Some(number) if number.is_negative() => {
                Err(Fault::value(self.at, "a pathLenConstraint below zero"))
            }
            _ => Ok(()),
        }
    }
}

//! cabfOrganizationIdentifier (CA/B Forum EV guidelines section 9.8.2).

use super::ExtensionValue;
use crate::der::{Element, Field, Oid, Tag, oid};

/// The organisation in a register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CabfOrganizationIdentifier {
    /// The register's scheme: `NTR`, `VAT`, `PSD`.
    pub scheme: String,
    /// The country of the register.
    pub country: String,
    /// The state or province.
    pub state: Option<String>,
    /// The number in the register.
    pub reference: String,
}

impl<'a> ExtensionValue<'a> for CabfOrganizationIdentifier {
    const OID: Oid<'static> = oid::CABF_ORGANIZATION_IDENTIFIER;

    fn read(value: Element<'a>) -> Field<Self> {
        let mut fields = value.sequence()?;
        let scheme =
            fields.expect(Tag::PRINTABLE_STRING, "registrationSchemeIdentifier")?.text()?.into_owned();
        let country = fields.expect(Tag::PRINTABLE_STRING, "registrationCountry")?.text()?.into_owned();
        let state = fields.optional_context(0)?;
        let reference = fields.element()?.text()?.into_owned();
        fields.finish()?;
        let state = state.map(|element| String::from_utf8_lossy(element.content).into_owned());
        Ok(Self { scheme, country, state, reference })
    }
}

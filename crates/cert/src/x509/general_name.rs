//! GeneralName (RFC 5280 section 4.2.1.6).

use std::fmt;
use std::net::IpAddr;

use super::DistinguishedName;
use super::extension::ExtensionValue;
use crate::der::{Element, Fault, Field, Item, Items, List, Oid, Reader, Tag, oid};

/// One name of any form. Text is kept as octets: what they should be is for lints to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeneralName<'a> {
    /// A name of a form that an object identifier names.
    Other {
        /// The form.
        kind: Oid<'a>,
        /// The value, without its tag.
        value: Element<'a>,
    },
    /// A mail address.
    Rfc822(&'a [u8]),
    /// A DNS name.
    Dns(&'a [u8]),
    /// An X.400 address, which nobody has.
    X400(Element<'a>),
    /// A distinguished name.
    Directory(DistinguishedName<'a>),
    /// An EDI party's name.
    EdiParty(Element<'a>),
    /// A URI.
    Uri(&'a [u8]),
    /// An address; with its mask in name constraints.
    Ip(&'a [u8]),
    /// An object identifier.
    RegisteredId(Oid<'a>),
}

/// The name forms, as the numbers of their tags.
impl<'a> GeneralName<'a> {
    /// Of an element that has one of the nine tags.
    ///
    /// # Errors
    /// When it has another, or its content is not of its form.
    pub fn read(element: Element<'a>) -> Field<Self> {
        match (element.tag.number, element.tag) {
            (0, tag) if tag == Tag::context_constructed(0) => {
                let mut fields = element.children();
                let kind = fields.expect(Tag::OID, "type-id")?.oid()?;
                let value = fields.expect(Tag::context_constructed(0), "value")?;
                fields.finish()?;
                Ok(Self::Other { kind, value })
            }
            (1, tag) if tag == Tag::context(1) => Ok(Self::Rfc822(element.content)),
            (2, tag) if tag == Tag::context(2) => Ok(Self::Dns(element.content)),
            (3, tag) if tag == Tag::context_constructed(3) => Ok(Self::X400(element)),
            (4, tag) if tag == Tag::context_constructed(4) => {
                Ok(Self::Directory(DistinguishedName::read(element.inner()?)?))
            }
            (5, tag) if tag == Tag::context_constructed(5) => Ok(Self::EdiParty(element)),
            (6, tag) if tag == Tag::context(6) => Ok(Self::Uri(element.content)),
            (7, tag) if tag == Tag::context(7) => Ok(Self::Ip(element.content)),
            (8, tag) if tag == Tag::context(8) => Ok(Self::RegisteredId(element.oid()?)),
            _ => Err(element.fault("not a GeneralName")),
        }
    }

    /// The form, by the name that RFC 5280 gives it.
    #[must_use]
    pub const fn form(&self) -> &'static str {
        match self {
            Self::Other { .. } => "otherName",
            Self::Rfc822(_) => "rfc822Name",
            Self::Dns(_) => "dNSName",
            Self::X400(_) => "x400Address",
            Self::Directory(_) => "directoryName",
            Self::EdiParty(_) => "ediPartyName",
            Self::Uri(_) => "uniformResourceIdentifier",
            Self::Ip(_) => "iPAddress",
            Self::RegisteredId(_) => "registeredID",
        }
    }

    /// The letters of the three forms that are text.
    #[must_use]
    pub const fn letters(&self) -> Option<&'a [u8]> {
        match self {
            Self::Rfc822(letters) | Self::Dns(letters) | Self::Uri(letters) => Some(letters),
            _ => None,
        }
    }

    /// The address, where it is one.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Ip(octets) => address(octets),
            _ => None,
        }
    }

    /// The text of an otherName whose value is a string: a principal's name, an international mailbox.
    #[must_use]
    pub fn other_text(&self) -> Option<String> {
        match self {
            Self::Other { value, .. } => Some(value.inner().ok()?.text().ok()?.into_owned()),
            _ => None,
        }
    }
}

/// The address of 4 or 16 octets.
#[must_use]
pub(crate) fn address(octets: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()
}

impl fmt::Display for GeneralName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rfc822(letters) | Self::Dns(letters) | Self::Uri(letters) => {
                f.write_str(&String::from_utf8_lossy(letters))
            }
            Self::Directory(name) => write!(f, "{name}"),
            Self::Ip(octets) => match (address(octets), octets.split_at(octets.len() / 2)) {
                (Some(address), _) => write!(f, "{address}"),
                (None, (network, mask)) => match (address(network), address(mask)) {
                    (Some(network), Some(mask)) => write!(f, "{network} with mask {mask}"),
                    _ => write!(f, "#{}", crate::hex(octets)),
                },
            },
            Self::RegisteredId(id) => write!(f, "{id}"),
            Self::Other { kind, value } => match self.other_text() {
                Some(text) => write!(f, "{}: {text}", kind.shown()),
                None => write!(f, "{}: #{}", kind.shown(), crate::hex(value.content)),
            },
            Self::X400(element) | Self::EdiParty(element) => write!(f, "#{}", crate::hex(element.content)),
        }
    }
}

impl<'a> Item<'a> for GeneralName<'a> {
    fn item(element: Element<'a>) -> Field<Self> {
        Self::read(element)
    }
}

/// A SEQUENCE OF GeneralName, each of which is a name or wrong by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GeneralNames<'a>(pub List<'a, GeneralName<'a>>);

impl<'a> GeneralNames<'a> {
    /// Of the content of a SEQUENCE.
    ///
    /// # Errors
    /// When an element does not end. Those that are no names are kept as their faults.
    pub fn read(fields: Reader<'a>) -> Field<Self> {
        List::of_fields(fields).map(Self)
    }

    /// The names that could be read.
    #[must_use]
    pub const fn iter(&self) -> Items<'a, GeneralName<'a>> {
        self.0.iter()
    }

    /// The letters of the DNS names.
    pub fn dns(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.iter().filter_map(|name| if let GeneralName::Dns(letters) = name { Some(letters) } else { None })
    }

    /// The letters of the URIs.
    pub fn uris(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.iter().filter_map(|name| if let GeneralName::Uri(letters) = name { Some(letters) } else { None })
    }
}

/// subjectAltName.
impl<'a> ExtensionValue<'a> for GeneralNames<'a> {
    const OID: Oid<'static> = oid::SUBJECT_ALT_NAME;

    fn read(value: Element<'a>) -> Field<Self> {
        Self::read(value.sequence()?)
    }

    fn check(&self) -> Field<()> {
        if self.0.is_empty() {
            return Err(Fault::value(self.0.at(), "no name, where one is the least"));
        }
        self.0.fields().try_for_each(|name| match name {
            Err(fault) => Err(fault),
            Ok(GeneralName::Ip(octets)) if !matches!(octets.len(), 4 | 16) => {
                Err(Fault::value(self.0.at(), "an iPAddress of neither 4 nor 16 octets"))
            }
            Ok(name) if name.letters().is_some_and(|letters| !letters.is_ascii()) => {
                Err(Fault::value(self.0.at(), "a name with letters beyond ASCII"))
            }
            Ok(_) => Ok(()),
        })
    }
}

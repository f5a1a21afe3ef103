//! Identifier octets (X.690 section 8.1.2).

use std::fmt;

/// The class of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Types that X.680 itself defines.
    Universal,
    /// Hardly used.
    Application,
    /// A field of the structure around it.
    Context,
    /// Of a private agreement.
    Private,
}

/// What kind of element follows.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tag {
    /// Its class.
    pub class: Class,
    /// Whether its content is elements.
    pub constructed: bool,
    /// Its number.
    pub number: u32,
}

impl Tag {
    /// BOOLEAN.
    pub const BOOLEAN: Self = Self::universal(1);
    /// INTEGER.
    pub const INTEGER: Self = Self::universal(2);
    /// BIT STRING.
    pub const BIT_STRING: Self = Self::universal(3);
    /// OCTET STRING.
    pub const OCTET_STRING: Self = Self::universal(4);
    /// NULL.
    pub const NULL: Self = Self::universal(5);
    /// OBJECT IDENTIFIER.
    pub const OID: Self = Self::universal(6);
    /// ENUMERATED.
    pub const ENUMERATED: Self = Self::universal(10);
    /// UTF8String.
    pub const UTF8_STRING: Self = Self::universal(12);
    /// SEQUENCE and SEQUENCE OF.
    pub const SEQUENCE: Self = Self { constructed: true, ..Self::universal(16) };
    /// SET and SET OF.
    pub const SET: Self = Self { constructed: true, ..Self::universal(17) };
    /// NumericString.
    pub const NUMERIC_STRING: Self = Self::universal(18);
    /// PrintableString.
    pub const PRINTABLE_STRING: Self = Self::universal(19);
    /// TeletexString.
    pub const TELETEX_STRING: Self = Self::universal(20);
    /// IA5String.
    pub const IA5_STRING: Self = Self::universal(22);
    /// UTCTime.
    pub const UTC_TIME: Self = Self::universal(23);
    /// GeneralizedTime.
    pub const GENERALIZED_TIME: Self = Self::universal(24);
    /// VisibleString.
    pub const VISIBLE_STRING: Self = Self::universal(26);
    /// UniversalString.
    pub const UNIVERSAL_STRING: Self = Self::universal(28);
    /// BMPString.
    pub const BMP_STRING: Self = Self::universal(30);

    /// Of an octet that has the number in itself, as all but those of 31 and more do.
    #[inline]
    pub(super) const fn of(octet: u8) -> Self {
        let class = match octet >> 6 {
            0 => Class::Universal,
            1 => Class::Application,
            2 => Class::Context,
            _ => Class::Private,
        };
        Self { class, constructed: octet & 0x20 != 0, number: (octet & 0x1f) as u32 }
    }

    /// A primitive tag of class universal.
    #[must_use]
    pub const fn universal(number: u32) -> Self {
        Self { class: Class::Universal, constructed: false, number }
    }

    /// `[number] IMPLICIT` of a primitive type.
    #[must_use]
    pub const fn context(number: u32) -> Self {
        Self { class: Class::Context, constructed: false, number }
    }

    /// `[number] EXPLICIT`, or `[number] IMPLICIT` of a constructed type.
    #[must_use]
    pub const fn context_constructed(number: u32) -> Self {
        Self { class: Class::Context, constructed: true, number }
    }

    /// Whether it is `[number]` of a structure, primitive or constructed.
    #[must_use]
    pub fn is_context(self, number: u32) -> bool {
        self.class == Class::Context && self.number == number
    }

    /// The name of a universal type, as X.680 writes it.
    #[must_use]
    pub const fn type_name(self) -> Option<&'static str> {
        let Class::Universal = self.class else { return None };
        Some(match self.number {
            1 => "BOOLEAN",
            2 => "INTEGER",
            3 => "BIT STRING",
            4 => "OCTET STRING",
            5 => "NULL",
            6 => "OBJECT IDENTIFIER",
            10 => "ENUMERATED",
            12 => "UTF8String",
            16 => "SEQUENCE",
            17 => "SET",
            18 => "NumericString",
            19 => "PrintableString",
            20 => "TeletexString",
            22 => "IA5String",
            23 => "UTCTime",
            24 => "GeneralizedTime",
            26 => "VisibleString",
            28 => "UniversalString",
            30 => "BMPString",
            _ => return None,
        })
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.type_name(), self.class) {
            (Some(name), _) => f.write_str(name),
            (None, Class::Universal) => write!(f, "[UNIVERSAL {}]", self.number),
            (None, Class::Application) => write!(f, "[APPLICATION {}]", self.number),
            (None, Class::Context) => write!(f, "[{}]", self.number),
            (None, Class::Private) => write!(f, "[PRIVATE {}]", self.number),
        }
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}{}", if self.constructed { " {}" } else { "" })
    }
}

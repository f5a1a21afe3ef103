//! Distinguished names as people write them for a request: `O=Example Ltd, C=DE`, or OpenSSL's `/O=Example Ltd/C=DE`.

use std::fmt;
use std::str::FromStr;

use rcgen::{DistinguishedName, DnType, DnValue};

/// A subject: kinds and values, in the order in which they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject(Vec<(Part, String)>);

/// What a part of a subject is (RFC 4519 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    CommonName,
    Country,
    State,
    Locality,
    Organization,
    OrganizationalUnit,
    SerialNumber,
}

/// A text that is no subject.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseSubjectError {
    /// A part is no `KIND=value`.
    #[error("{0:?} is no part of a name: write KIND=value, such as O=Example Ltd")]
    NoPair(String),
    /// A kind that is not known.
    #[error("{0:?} is no kind of a name's parts: {names} are", names = Part::NAMES.map(|(name, _)| name).join(", "))]
    Kind(String),
    /// The same kind twice.
    #[error("{0} is written twice")]
    Twice(&'static str),
    /// A kind that no CA puts into the certificate of a server.
    #[error("CAs leave {0} out of certificates of servers: leave it out of the request")]
    Ignored(String),
    /// Several parts at once.
    #[error("{0:?} has a + that joins several parts: write them one after the other, and a plus sign as \\+")]
    Joined(String),
    /// In quotes.
    #[error(
        "{0:?} is in quotes: write a comma as \\, without them, or all of the name as /O=Example, Ltd/C=DE"
    )]
    Quoted(String),
    /// Escaped octets that are no letters.
    #[error("{0:?} is no text in UTF-8")]
    NotUtf8(String),
    /// Not what its kind may hold.
    #[error("{0}")]
    Value(&'static str),
}

impl Part {
    const NAMES: [(&'static str, Self); 7] = [
        ("CN", Self::CommonName),
        ("O", Self::Organization),
        ("OU", Self::OrganizationalUnit),
        ("L", Self::Locality),
        ("ST", Self::State),
        ("C", Self::Country),
        ("serialNumber", Self::SerialNumber),
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::CommonName => "CN",
            Self::Organization => "O",
            Self::OrganizationalUnit => "OU",
            Self::Locality => "L",
            Self::State => "ST",
            Self::Country => "C",
            Self::SerialNumber => "serialNumber",
        }
    }

    /// The longest value (X.520's upper bounds, RFC 5280 appendix A).
    const fn longest(self) -> usize {
        match self {
            Self::Country => 2,
            Self::Locality | Self::State => 128,
            _ => 64,
        }
    }

    fn kind(self) -> DnType {
        match self {
            Self::CommonName => DnType::CommonName,
            Self::Organization => DnType::OrganizationName,
            Self::OrganizationalUnit => DnType::OrganizationalUnitName,
            Self::Locality => DnType::LocalityName,
            Self::State => DnType::StateOrProvinceName,
            Self::Country => DnType::CountryName,
            Self::SerialNumber => DnType::CustomDnType(vec![2, 5, 4, 5]),
        }
    }
}

impl Subject {
    /// As the library writes names. Countries and serial numbers are PrintableStrings (RFC 5280 appendix A).
    pub(crate) fn distinguished_name(&self) -> DistinguishedName {
        let mut name = DistinguishedName::new();
        for (part, value) in &self.0 {
            let printable = matches!(part, Part::Country | Part::SerialNumber)
                .then(|| value.as_str().try_into().ok().map(DnValue::PrintableString))
                .flatten();
            name.push(part.kind(), printable.unwrap_or_else(|| DnValue::Utf8String(value.clone())));
        }
        name
    }
}

impl FromStr for Subject {
    type Err = ParseSubjectError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (text, mark) = match text.strip_prefix('/') {
            Some(rest) => (rest, '/'),
            None => (text, ','),
        };
        let mut parts: Vec<(Part, String)> = Vec::new();
        let pairs = split(text, mark);
        if let Some(quoted) = pairs.iter().find(|pair| is_quoted(pair)) {
            return Err(ParseSubjectError::Quoted(quoted.trim().to_owned()));
        }
        for pair in pairs {
            let (kind, value) =
                pair.split_once('=').ok_or_else(|| ParseSubjectError::NoPair(pair.clone()))?;
            let (kind, value) = (kind.trim(), unescaped(value.trim())?);
            let value = value.trim();
            let part = Part::NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(kind));
            let (_, part) = part.ok_or_else(|| unknown(kind))?;
            if parts.iter().any(|(known, _)| known == part) {
                return Err(ParseSubjectError::Twice(part.name()));
            }
            parts.push((*part, checked(*part, value)?));
        }
        Ok(Self(parts))
    }
}

fn checked(part: Part, value: &str) -> Result<String, ParseSubjectError> {
    if value.is_empty() {
        return Err(ParseSubjectError::Value("a part of the name is empty"));
    }
    let is_country = value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_alphabetic());
    if part == Part::Country && !is_country {
        return Err(ParseSubjectError::Value("a country (C) is two letters, such as DE (ISO 3166)"));
    }
    if value.chars().count() > part.longest() {
        return Err(ParseSubjectError::Value(
            "a part of the name is too long: 64 letters, for L and ST 128 (RFC 5280 appendix A)",
        ));
    }
    Ok(if part == Part::Country { value.to_ascii_uppercase() } else { value.to_owned() })
}

fn unknown(kind: &str) -> ParseSubjectError {
    let is_email = ["emailAddress", "email", "E"].iter().any(|name| name.eq_ignore_ascii_case(kind));
    if is_email {
        ParseSubjectError::Ignored(kind.to_owned())
    } else {
        ParseSubjectError::Kind(kind.to_owned())
    }
}

/// The parts between marks, as they are written; a mark after a backslash is a letter like others.
fn split(text: &str, mark: char) -> Vec<String> {
    let (mut parts, mut is_escaped) = (vec![String::new()], false);
    for letter in text.chars() {
        let is_mark = letter == mark && !is_escaped;
        is_escaped = letter == '\\' && !is_escaped;
        match parts.last_mut() {
            Some(part) if !is_mark => part.push(letter),
            _ => parts.push(String::new()),
        }
    }
    parts
}

fn is_quoted(pair: &str) -> bool {
    pair.split_once('=').is_some_and(|(_, value)| value.trim_start().starts_with('"'))
}

/// A value without its escapes: a backslash before a letter, or before two hexadecimal digits of an octet (RFC 4514 section
/// 2.4).
fn unescaped(value: &str) -> Result<String, ParseSubjectError> {
    let mut octets = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some(letter) = rest.chars().next() {
        let after = &rest[letter.len_utf8()..];
        let octet = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (letter, octet, after.chars().next()) {
            ('+', ..) => return Err(ParseSubjectError::Joined(value.to_owned())),
            ('\\', Some(octet), Some(digit)) if digit != '+' => {
                octets.push(octet);
                rest = &after[2..];
            }
            ('\\', _, Some(escaped)) => {
                octets.extend_from_slice(escaped.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &after[escaped.len_utf8()..];
            }
            _ => {
                octets.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                rest = after;
            }
        }
    }
    String::from_utf8(octets).map_err(|_| ParseSubjectError::NotUtf8(value.to_owned()))
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> =
            self.0.iter().map(|(part, value)| format!("{}={value}", part.name())).collect();
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_people_write_them() {
        let table = [
            ("O=Example Ltd, C=de", Ok("O=Example Ltd, C=DE")),
            ("/C=DE/O=Example, Ltd", Ok("C=DE, O=Example, Ltd")),
            (r"o=Example\, Ltd,cn=x", Ok("O=Example, Ltd, CN=x")),
            ("serialNumber=7", Ok("serialNumber=7")),
            // The comma was read as 2C, and the plus sign as part of the value.
            (r"O=Foo\2C Bar,CN=caf\C3\A9", Ok("O=Foo, Bar, CN=café")),
            (r"O=a\+b", Ok("O=a+b")),
            (
                "CN=a+OU=b",
                Err(
                    r#""a+OU=b" has a + that joins several parts: write them one after the other, and a plus sign as \+"#,
                ),
            ),
            (r"O=\C3", Err(r#""\\C3" is no text in UTF-8"#)),
            (
                "O=\"Foo, Inc\",C=US",
                Err(
                    r#""O=\"Foo" is in quotes: write a comma as \, without them, or all of the name as /O=Example, Ltd/C=DE"#,
                ),
            ),
            (
                "/O=a/emailAddress=a@b.example",
                Err("CAs leave emailAddress out of certificates of servers: leave it out of the request"),
            ),
            ("O=", Err("a part of the name is empty")),
            ("C=Germany", Err("a country (C) is two letters, such as DE (ISO 3166)")),
            ("O=a,O=b", Err("O is written twice")),
            ("", Err("\"\" is no part of a name: write KIND=value, such as O=Example Ltd")),
            ("X=1", Err("\"X\" is no kind of a name's parts: CN, O, OU, L, ST, C, serialNumber are")),
        ];
        for (text, expected) in table {
            let read =
                text.parse::<Subject>().map(|subject| subject.to_string()).map_err(|error| error.to_string());
            assert_eq!(read, expected.map(str::to_owned).map_err(str::to_owned), "{text}");
        }
        assert!(format!("CN={}", "x".repeat(65)).parse::<Subject>().is_err());
    }
}

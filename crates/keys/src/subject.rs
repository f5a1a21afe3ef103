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
        for pair in split(text, mark) {
            let (kind, value) =
                pair.split_once('=').ok_or_else(|| ParseSubjectError::NoPair(pair.clone()))?;
            let (kind, value) = (kind.trim(), value.trim());
            let part = Part::NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(kind));
            let (_, part) = part.ok_or_else(|| ParseSubjectError::Kind(kind.to_owned()))?;
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

/// The parts between marks; a mark after a backslash is a letter like others.
fn split(text: &str, mark: char) -> Vec<String> {
    let (mut parts, mut is_escaped) = (vec![String::new()], false);
    for letter in text.chars() {
        match letter {
            '\\' if !is_escaped => is_escaped = true,
            letter if letter == mark && !is_escaped => parts.push(String::new()),
            letter => {
                is_escaped = false;
                parts.last_mut().into_iter().for_each(|part| part.push(letter));
            }
        }
    }
    parts
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

//! Where a CA lives: every URL it hands out must stay there (law 10).

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::failure::{Code, Failure};

/// Scheme, host and port of an ACME directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin(Url);

impl TryFrom<String> for Origin {
    type Error = Failure;

    fn try_from(directory: String) -> Result<Self, Failure> {
        Self::of(&directory)
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.0.into()
    }
}

impl Origin {
    /// The origin of this directory URL.
    ///
    /// # Errors
    /// When the text is no URL with a host, or not `https` (RFC 8555 section 6.1).
    pub fn of(directory: &str) -> Result<Self, Failure> {
        let wrong = |why: &str| {
            Failure::new(Code::DirectoryUrl, format!("{directory:?} cannot be an ACME directory: {why}"))
        };
        let url = Url::parse(directory).map_err(|error| wrong(&error.to_string()))?;
        if url.scheme() != "https" {
            return Err(wrong("the scheme must be https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("a URL with a user name or password"));
        }
        Ok(Self(url))
    }

    /// The absolute form of a URL that the CA gave (it may be relative to the directory), if it stays at this origin.
    ///
    /// # Errors
    /// [`Code::UrlEscapesOrigin`] when it points elsewhere.
    pub fn pin(&self, given: &str) -> Result<String, Failure> {
        let joined = self.0.join(given).ok().filter(|url| {
            url.origin() == self.0.origin() && url.username().is_empty() && url.password().is_none()
        });
        joined.map(String::from).ok_or_else(|| {
            let shown: String = given.chars().take(200).collect();
            Failure::new(
                Code::UrlEscapesOrigin,
                format!("the CA at {self} handed out the URL {shown:?}, which is not its own"),
            )
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.origin().ascii_serialization())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_stays_at_the_directory_or_is_refused() {
        let origin = Origin::of("https://ca.example:14000/dir").unwrap();
        let table = [
            ("https://ca.example:14000/order/1", Some("https://ca.example:14000/order/1")),
            ("/order/1", Some("https://ca.example:14000/order/1")),
            ("https://CA.example:14000/x", Some("https://ca.example:14000/x")),
            ("http://ca.example:14000/order/1", None),
            ("https://ca.example/order/1", None),
            ("https://ca.example:14000@evil.example/", None),
            ("https://user@ca.example:14000/", None),
            ("https://169.254.169.254/latest/meta-data", None),
            ("//evil.example/", None),
            ("file:///etc/passwd", None),
            ("https://[", None),
        ];
        for (given, wanted) in table {
            let pinned = origin.pin(given);
            assert_eq!(pinned.as_deref().ok(), wanted, "{given}");
            if let Err(failure) = pinned {
                assert_eq!(failure.code, Code::UrlEscapesOrigin);
            }
        }
    }

    #[test]
    fn a_directory_is_reached_over_https() {
        for wrong in ["http://ca.example/dir", "ca.example", "https://", "https://me:pw@ca.example/dir"] {
            assert_eq!(Origin::of(wrong).unwrap_err().code, Code::DirectoryUrl, "{wrong}");
        }
    }
}

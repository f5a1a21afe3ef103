//! URIs taken apart (RFC 3986 section 3), as far as lints ask.

use std::net::IpAddr;

/// A URI, or a reference that is relative to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Uri<'a> {
    /// What stands before the first colon.
    pub(super) scheme: Option<&'a str>,
    /// What stands between two slashes and the path.
    pub(super) authority: Option<&'a str>,
    /// Path, query and fragment.
    pub(super) rest: &'a str,
}

impl<'a> Uri<'a> {
    /// Of a text; `None` where it has control characters, or a percent sign that begins no octet (section 2.1).
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let escapes = text.split('%').skip(1);
        let whole = |escape: &str| escape.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
        if text.chars().any(|letter| letter.is_ascii_control()) || !escapes.into_iter().all(whole) {
            return None;
        }
        let (scheme, after) = match text.split_once(':') {
            Some((scheme, after)) if is_scheme(scheme) => (Some(scheme), after),
            _ => (None, text),
        };
        let Some(hierarchy) = after.strip_prefix("//") else {
            return Some(Self { scheme, authority: None, rest: after });
        };
        let end = hierarchy.find(['/', '?', '#']).unwrap_or(hierarchy.len());
        let (authority, rest) = hierarchy.split_at(end);
        Some(Self { scheme, authority: Some(authority), rest })
    }

    /// The host of the authority, without user, port and brackets (RFC 3986 section 3.2.2).
    pub(super) fn host(&self) -> Option<&'a str> {
        let authority = self.authority?;
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let bracketed = host.strip_prefix('[').and_then(|inner| inner.split_once(']'));
        Some(match bracketed {
            Some((address, _)) => address,
            None => host.split_once(':').map_or(host, |(host, _)| host),
        })
    }

    /// Whether something follows the scheme.
    pub(super) fn has_specific_part(&self) -> bool {
        self.authority.is_some_and(|authority| !authority.is_empty()) || !self.rest.is_empty()
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, b'+' | b'-' | b'.'))
}

/// The host of a URI; `None` where it has none, or one without letters.
pub(super) fn host(text: &str) -> Option<&str> {
    Uri::read(text)?.host().filter(|host| !host.is_empty())
}

/// Whether a host is an address or a fully qualified domain name, or a wildcard for such names.
pub(super) fn is_qualified(host: &str) -> bool {
    host.parse::<IpAddr>().is_ok() || is_domain(host)
}

/// Whether it is a domain name of two labels or more, the last of them no number; may begin with a wildcard.
pub(super) fn is_domain(host: &str) -> bool {
    let name = host.strip_prefix("*.").unwrap_or(host);
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_label = |label: &str| {
        !label.is_empty()
            && label.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_'))
    };
    let Some((above, top)) = name.rsplit_once('.') else { return false };
    above.split('.').all(is_label) && is_label(top) && top.chars().any(char::is_alphabetic)
}

/// Whether it is a URI of HTTP without TLS, by which certificates and CRLs are fetched.
pub(super) fn is_http(letters: &[u8]) -> bool {
    let uri = std::str::from_utf8(letters).ok().and_then(Uri::read);
    uri.and_then(|uri| uri.scheme).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_taken_apart() {
        let table: [(&str, Option<Uri<'_>>, Option<&str>); 7] = [
            (
                "http://user@www.example.com:80/a?b",
                Some(Uri { scheme: Some("http"), authority: Some("user@www.example.com:80"), rest: "/a?b" }),
                Some("www.example.com"),
            ),
            (
                "ldap://[2001:db8::1]:389",
                Some(Uri { scheme: Some("ldap"), authority: Some("[2001:db8::1]:389"), rest: "" }),
                Some("2001:db8::1"),
            ),
            ("urn:a:b", Some(Uri { scheme: Some("urn"), authority: None, rest: "a:b" }), None),
            ("www.example.com", Some(Uri { scheme: None, authority: None, rest: "www.example.com" }), None),
            ("test//user@*:1/", Some(Uri { scheme: None, authority: None, rest: "test//user@*:1/" }), None),
            ("http://a%2", None, None),
            ("http://a\n", None, None),
        ];
        for (text, uri, host) in table {
            let found = Uri::read(text);
            assert_eq!(found, uri, "{text}");
            assert_eq!(found.and_then(|uri| uri.host()), host, "{text}");
        }
    }

    #[test]
    fn the_host_is_found() {
        for (uri, expected) in [
            ("http://ocsp.example.com/a", Some("ocsp.example.com")),
            ("https://me@facebookcorewwwi.onion:443/a?b#c", Some("facebookcorewwwi.onion")),
            ("http://[2001:db8::1]:80/", Some("2001:db8::1")),
            ("ldap:///cn=a?x", None),
            ("example.com/a", None),
        ] {
            assert_eq!(host(uri), expected, "{uri}");
        }
    }

    #[test]
    fn hosts_have_two_labels_or_are_addresses() {
        for host in
            ["example.com", "*.example.com", "a_b.example.", "192.0.2.1", "2001:db8::1", "xn--p1ai.рф"]
        {
            assert!(is_qualified(host), "{host}");
        }
        for host in ["", "example", "*", "*.com", ".example.com", "a..b", "192.168.1", "a b.example"] {
            assert!(!is_qualified(host), "{host}");
        }
    }

    #[test]
    fn what_is_fetched_without_tls_is_told() {
        for (letters, is) in [
            (&b"http://a.example/x"[..], true),
            (b"HTTP://a.example", true),
            (b"https://a.example", false),
            (b"http://a\n.example", false),
            (b"a.example", false),
            (b"http://\xff", false),
        ] {
            assert_eq!(is_http(letters), is, "{}", letters.escape_ascii());
        }
    }
}

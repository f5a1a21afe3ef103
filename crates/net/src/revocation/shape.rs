//! What came instead of a CRL or an answer, by its first octets.

use notafter_cert::revocation::Because;

/// So many octets are looked at.
pub(super) const FIRST: usize = 256;

/// Why these octets are no DER at all, where their beginning tells: in words that somebody who looks after a server knows.
pub(super) fn of_others(octets: &[u8]) -> Option<Because> {
    let begin = &octets[..octets.len().min(FIRST)];
    let text = begin.strip_prefix(b"\xef\xbb\xbf").unwrap_or(begin).trim_ascii_start();
    let what = match begin {
        [] => "what came is empty",
        // RFC 1952 section 2.3.1.
        [0x1f, 0x8b, ..] => "what came is compressed (gzip), and nobody asked for that",
        _ if text.starts_with(b"-----BEGIN ") => {
            "what came is PEM, where DER must be (RFC 5280 section 4.2.1.13, RFC 6960 appendix A)"
        }
        _ if text.starts_with(b"<") => "what came is a web page",
        _ => return None,
    };
    Some(Because::Unfetched(what.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A web page was told as "byte 0: UniversalString where SEQUENCE must be".
    #[test]
    fn what_is_no_der_is_told_in_words() {
        let table: [(&[u8], Option<&str>); 7] = [
            (b"<!doctype html>", Some("what came is a web page")),
            (b"\xef\xbb\xbf\r\n <html>", Some("what came is a web page")),
            (
                b"-----BEGIN X509 CRL-----\n",
                Some("what came is PEM, where DER must be (RFC 5280 section 4.2.1.13, RFC 6960 appendix A)"),
            ),
            (b"\x1f\x8b\x08", Some("what came is compressed (gzip), and nobody asked for that")),
            (b"", Some("what came is empty")),
            (b"\x30\x82\x01\x00", None),
            (b"\x04\x00", None),
        ];
        for (octets, wanted) in table {
            let wanted = wanted.map(|words| Because::Unfetched(words.to_owned()));
            assert_eq!(of_others(octets), wanted, "{octets:?}");
        }
    }
}

//! debian: keys of the random numbers of Debian's OpenSSL from 2006 to 2008 (CVE-2008-0166).

use super::super::list::About;
use super::{Check, Kind, Severity};

pub(super) static CHECK: Check = Check {
    id: "debian",
    title: "A key from Debian's predictable random numbers",
    why: "From 2006 to 2008 OpenSSL on Debian and Ubuntu made no more than some 100,000 different keys of each kind, and all of \
          them are published (CVE-2008-0166).",
    source: "Baseline Requirements section 6.1.1.3 (Debian weak keys); DSA-1571-1",
    hint: "Make a new key on a system of today, revoke the certificate, and replace it.",
    severity: Severity::Error,
    kind: Kind::Listed(About::Debian),
};

#[cfg(test)]
mod tests {
    use super::super::super::evidence::{Evidence, Unknown, Verdict};
    use super::super::super::list::{KeyList, ListFormat};
    use super::super::super::samples::{DEBIAN, FRESH, PRIME, judged_by, rsa};
    use super::*;

    /// `openssl rsa -noout -modulus | sha1sum | cut -c 21-40` of a key from an affected system.
    const LINE: &str = "# RSA-2048\nb7ead9492dfd921fc4f9\n";

    fn list(format: ListFormat, text: &str) -> Vec<KeyList> {
        vec![KeyList::parse("openssl-blacklist", About::Debian, format, text.as_bytes(), 10).unwrap()]
    }

    #[test]
    fn a_key_from_an_affected_system_is_on_debians_list() {
        let lists = list(ListFormat::OpensslBlacklist { bits: 2048 }, LINE);
        let found = Evidence::Listed { list: "openssl-blacklist".to_owned(), collection: None };
        assert_eq!(judged_by(&CHECK, &rsa(DEBIAN, 65_537), &lists), Verdict::Weak(found.clone()));
        assert_eq!(judged_by(&CHECK, &rsa(DEBIAN, 3), &lists), Verdict::Weak(found));
        assert_eq!(judged_by(&CHECK, &rsa(FRESH, 65_537), &lists), Verdict::Sound);
    }

    #[test]
    fn a_list_of_another_size_or_purpose_says_nothing() {
        let unknown = Verdict::Unknown(Unknown::NoList);
        let lists = list(ListFormat::OpensslBlacklist { bits: 1024 }, LINE);
        assert_eq!(judged_by(&CHECK, &rsa(FRESH, 65_537), &lists), unknown);
        assert_eq!(judged_by(&CHECK, &rsa(PRIME, 65_537), &[]), unknown);
        let other =
            KeyList::parse("other", About::Compromised, ListFormat::SpkiSha256, &[b'0'; 64], 10).unwrap();
        assert_eq!(judged_by(&CHECK, &rsa(FRESH, 65_537), &[other]), unknown);
    }
}

//! compromised: keys that somebody published.

use super::super::list::About;
use super::{Check, Kind, Severity};

pub(super) static CHECK: Check = Check {
    id: "compromised",
    title: "A key that is known to be compromised",
    why: "The private key is public: in firmware, in a test suite, in a repository, or by a fault that made few keys. Certificates \
          for it must be revoked within 24 hours.",
    source: "Baseline Requirements sections 4.9.1.1 and 6.1.1.3",
    hint: "Make a new key, revoke the certificate at once for keyCompromise, and replace it.",
    severity: Severity::Error,
    kind: Kind::Listed(About::Compromised),
};

#[cfg(test)]
mod tests {
    use super::super::super::evidence::{Evidence, Unknown, Verdict};
    use super::super::super::list::{KeyList, ListFormat};
    use super::super::super::samples::{DEBIAN, FRESH, judged_by, rsa};
    use super::*;
    use crate::hex;

    fn list(format: ListFormat, bytes: &[u8]) -> Vec<KeyList> {
        vec![KeyList::parse("published", About::Compromised, format, bytes, 10).unwrap()]
    }

    fn sha256(bytes: &[u8]) -> Vec<u8> {
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref().to_vec()
    }

    #[test]
    fn badkeys_blocklist_has_the_collection() {
        let block = [&sha256(&rsa(DEBIAN, 3).modulus)[..15], &[9]].concat();
        let lists = list(ListFormat::BadkeysBlocklist, &block);
        let found = Evidence::Listed { list: "published".to_owned(), collection: Some(9) };
        assert_eq!(judged_by(&CHECK, &rsa(DEBIAN, 65_537), &lists), Verdict::Weak(found));
        assert_eq!(judged_by(&CHECK, &rsa(FRESH, 65_537), &lists), Verdict::Sound);
        assert_eq!(judged_by(&CHECK, &rsa(FRESH, 65_537), &[]), Verdict::Unknown(Unknown::NoList));
    }

    #[test]
    fn a_list_of_hashes_knows_the_key_as_it_is_written() {
        let sample = rsa(DEBIAN, 65_537);
        let lists =
            list(ListFormat::SpkiSha256, format!("# seen\n{}:12\n", hex(&sha256(&sample.spki))).as_bytes());
        assert!(matches!(judged_by(&CHECK, &sample, &lists), Verdict::Weak(Evidence::Listed { .. })));
        assert_eq!(judged_by(&CHECK, &rsa(FRESH, 65_537), &lists), Verdict::Sound);
    }
}

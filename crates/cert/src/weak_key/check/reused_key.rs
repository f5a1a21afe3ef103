//! reused-key: one key for several certificates.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};

use super::super::evidence::{Evidence, Group, PileVerdict};
use super::super::key::Key;
use super::super::limits::PileLimits;
use super::{Check, Kind, Severity};
use crate::Fingerprint;
use crate::der::oid;
use crate::x509::Anatomy;
use crate::x509::extension::BasicConstraints;

pub(super) static CHECK: Check = Check {
    id: "reused-key",
    title: "The same key more than once",
    why: "Whoever takes the key from one place has it for all of them, and all of their certificates are revoked together.",
    source: "NIST SP 800-57 part 1 revision 5 section 5.2 (one key, one use); Baseline Requirements section 4.9.1.1",
    hint: "Make a key of its own for every certificate, and with every renewal.",
    severity: Severity::Notice,
    kind: Kind::Pile(judge),
};

fn judge(keys: &[Key<'_>], _: &PileLimits) -> PileVerdict {
    let mut places: BTreeMap<[u8; 32], Vec<usize>> = BTreeMap::new();
    for (place, key) in keys.iter().enumerate() {
        places.entry(sha256(key.spki)).or_default().push(place);
    }
    let several = places.into_iter().filter(|(_, members)| members.len() > 1);
    let groups = several.map(|(hash, members)| Group { members, evidence: Evidence::SharedKey(hash) });
    let mut groups: Vec<Group> = groups.collect();
    groups.sort_by(|one, other| one.members.cmp(&other.members));
    PileVerdict { groups, unknown: Vec::new() }
}

/// Whose key it is: one value for certificates that have one key by definition. Those are the certificates of a CA under one
/// name (a root's and its cross-certificates), and a precertificate and its certificate, which differ in poison and SCTs alone
/// (RFC 6962 section 3.1).
#[must_use]
pub fn holder(anatomy: &Anatomy<'_>) -> Fingerprint {
    let (Ok(subject), Ok(key)) = (&anatomy.subject, &anatomy.key) else {
        return Fingerprint::of(anatomy.der);
    };
    if anatomy.readable::<BasicConstraints<'_>>().is_some_and(|basic| basic.ca) {
        return Fingerprint::of(&[subject.der(), key.element.whole].concat());
    }
    let (Ok(issuer), Ok(serial)) = (&anatomy.issuer, &anatomy.serial) else {
        return Fingerprint::of(anatomy.der);
    };
    let of_logs = [oid::PRECERTIFICATE_POISON, oid::SCT_LIST];
    let extensions = anatomy.extensions().filter(|extension| !of_logs.contains(&extension.kind));
    let fixed = [issuer.der(), serial.bytes(), subject.der(), key.element.whole];
    let parts = fixed.into_iter().chain(extensions.map(|extension| extension.element.whole));
    Fingerprint::of(&parts.flatten().copied().collect::<Vec<u8>>())
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::super::super::key::Numbers;
    use super::*;
    use rcgen::{BasicConstraints as Basic, CertificateParams, CustomExtension, IsCa, Issuer, KeyPair};

    fn pile(spki: &[&'static [u8]]) -> PileVerdict {
        let keys: Vec<Key<'_>> =
            spki.iter().map(|spki| Key { numbers: Numbers::Other(spki), spki }).collect();
        CHECK.judge_pile(&keys, &PileLimits::default()).unwrap()
    }

    #[test]
    fn keys_are_grouped_by_what_is_written_of_them() {
        let found = pile(&[b"b", b"a", b"c", b"a", b"b", b"a"]);
        let members: Vec<&[usize]> = found.groups.iter().map(|group| group.members.as_slice()).collect();
        assert_eq!(members, [&[0, 4][..], &[1, 3, 5]]);
        assert_eq!(found.groups[1].evidence, Evidence::SharedKey(sha256(b"a")));
        assert_eq!(pile(&[b"a", b"b"]), PileVerdict::default());
        assert_eq!(pile(&[]), PileVerdict::default());
    }

    #[test]
    fn certificates_that_have_one_key_by_definition_have_one_holder() {
        let (key, issuer) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let issued = |change: fn(&mut CertificateParams)| {
            let mut params = CertificateParams::new(["a.example".to_owned()]).unwrap();
            params.serial_number = Some(vec![7; 16].into());
            change(&mut params);
            let issuer = Issuer::new(CertificateParams::default(), &issuer);
            params.signed_by(&key, &issuer).unwrap().der().to_vec()
        };
        let ca: fn(&mut CertificateParams) = |params| params.is_ca = IsCa::Ca(Basic::Unconstrained);
        fn logged(last: u64, params: &mut CertificateParams) {
            let id = [1, 3, 6, 1, 4, 1, 11129, 2, 4, last];
            params.custom_extensions.push(CustomExtension::from_oid_content(&id, vec![5, 0]));
        }
        let leaf = issued(|_| {});
        let table = [
            ("itself", issued(|_| {}), true),
            ("its precertificate", issued(|params| logged(3, params)), true),
            ("the same with SCTs", issued(|params| logged(2, params)), true),
            ("its renewal", issued(|params| params.serial_number = Some(vec![8; 16].into())), false),
            ("one with the same number", issued(|params| params.subject_alt_names.clear()), false),
            ("a CA's", issued(ca), false),
        ];
        let whose = |der: &[u8]| holder(&Anatomy::of(der));
        for (what, other, is_one) in &table {
            assert_eq!(whose(&leaf) == whose(other), *is_one, "{what}");
        }
        let mut params = CertificateParams::default();
        ca(&mut params);
        let root = params.self_signed(&key).unwrap();
        assert_eq!(whose(root.der()), whose(&issued(ca)), "a root and its cross-certificate");
    }
}

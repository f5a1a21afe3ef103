//! reused-key: one key for several certificates.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};

use super::super::evidence::{Evidence, Group, PileVerdict};
use super::super::key::Key;
use super::super::limits::PileLimits;
use super::{Check, Kind, Severity};

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

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::super::super::key::Numbers;
    use super::*;

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
}

//! Judgements of fields that may be broken: what cannot be read is unknown, never good.

use std::collections::BTreeSet;

use super::{Subject, Verdict};
use crate::Time;
use crate::der::{Fault, Integer, oid};
use crate::weak_key::{self, Check, Given, Key};
use crate::x509::{DistinguishedName, ExtensionValue, SubjectPublicKeyInfo};

/// Judges the name of the subject.
pub(super) fn name(subject: &Subject<'_>, judge: impl FnOnce(&DistinguishedName<'_>) -> Verdict) -> Verdict {
    match &subject.anatomy.subject {
        Ok(name) => judge(name),
        Err(fault) => unreadable("the subject's name", *fault),
    }
}

/// Judges the first and the last instant of the validity.
pub(super) fn validity(subject: &Subject<'_>, judge: impl FnOnce(Time, Time) -> Verdict) -> Verdict {
    match (&subject.anatomy.not_before, &subject.anatomy.not_after) {
        (Ok(begins), Ok(ends)) => judge(begins.time, ends.time),
        (Err(fault), _) | (_, Err(fault)) => unreadable("the validity", *fault),
    }
}

/// Judges the value of an extension, or its absence.
pub(super) fn extension<'a, T: ExtensionValue<'a>>(
    subject: &Subject<'a>,
    judge: impl FnOnce(Option<T>) -> Verdict,
) -> Verdict {
    match subject.anatomy.value::<T>() {
        None => judge(None),
        Some(Ok(value)) => judge(Some(value)),
        Some(Err(fault)) => unreadable(&T::OID.shown(), fault),
    }
}

/// Whether it has an RSA key of the ordinary kind.
pub(super) fn is_rsa(subject: &Subject<'_>) -> bool {
    subject.anatomy.key.as_ref().is_ok_and(|key| key.algorithm.oid == oid::RSA_ENCRYPTION)
}

/// Judges modulus and public exponent of an RSA key.
pub(super) fn rsa(subject: &Subject<'_>, judge: impl FnOnce(Integer<'_>, Integer<'_>) -> Verdict) -> Verdict {
    match subject.anatomy.key.as_ref().map(SubjectPublicKeyInfo::rsa) {
        Ok(Some(Ok((modulus, exponent)))) => judge(modulus, exponent),
        Ok(Some(Err(fault))) => unreadable("the key", fault),
        Ok(None) => Verdict::Unknown("not an RSA key".to_owned()),
        Err(fault) => unreadable("the key", *fault),
    }
}

/// Judges the key by checks of weak keys, in this order.
pub(super) fn weak_key(subject: &Subject<'_>, checks: &[&Check]) -> Verdict {
    let key = match subject.anatomy.key.as_ref().map(Key::of) {
        Ok(Ok(key)) => key,
        Ok(Err(fault)) => return unreadable("the key", fault),
        Err(fault) => return unreadable("the key", *fault),
    };
    let mut judged = Verdict::Pass;
    for check in checks {
        match check.judge(&key, &Given::default()) {
            weak_key::Verdict::Weak(evidence) => return Verdict::Violated(evidence.to_string()),
            weak_key::Verdict::Unknown(why) => judged = Verdict::Unknown(why.to_string()),
            weak_key::Verdict::Sound | weak_key::Verdict::Inapplicable => {}
        }
    }
    judged
}

/// As many as are compared with each other without a set of those before.
const FEW: usize = 32;

/// The first that was there before, in a time that many of them, which are somebody else's, do not square.
pub(super) fn repeated<T: Ord, I: Iterator<Item = T>>(all: impl Fn() -> I) -> Option<T> {
    if all().nth(FEW).is_some() {
        let mut seen = BTreeSet::new();
        return all().find_map(|one| seen.replace(one));
    }
    let is_earlier = |place: usize, one: &T| all().take(place).any(|earlier| earlier == *one);
    all().enumerate().find(|(place, one)| is_earlier(*place, one)).map(|(_, one)| one)
}

/// That a field cannot be read, and why.
pub(super) fn unreadable(what: &str, fault: Fault) -> Verdict {
    Verdict::Unknown(format!("{what} cannot be read: {fault}"))
}

#[cfg(test)]
mod tests {
    use super::repeated;

    #[test]
    fn what_is_there_twice_is_told_of_few_and_of_many() {
        let many: Vec<usize> = (0..40_000).collect();
        let twice = [&many[..], &[39_999, 7]].concat();
        let table: [(&[usize], Option<usize>); 6] = [
            (&[], None),
            (&[1], None),
            (&[1, 2, 3, 2, 1], Some(2)),
            (&many[..33], None),
            (&many, None),
            (&twice, Some(39_999)),
        ];
        for (all, expected) in table {
            assert_eq!(repeated(|| all.iter().copied()), expected, "{} of them", all.len());
        }
    }
}

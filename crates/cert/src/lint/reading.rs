//! Judgements of fields that may be broken: what cannot be read is unknown, never good.

use std::collections::BTreeSet;

use super::{Subject, Verdict};
use crate::Time;
use crate::der::{Fault, Field, Integer, Oid, oid};
use crate::weak_key::{self, Check, Given, Key};
use crate::x509::extension::{KeyUsage, KeyUsageBit};
use crate::x509::{AlgorithmIdentifier, DistinguishedName, ExtensionValue, SubjectPublicKeyInfo};

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

/// That it is valid for at most so many days of 86,400 seconds, first and last second counted (section 6.3.2).
pub(super) fn lasts_at_most(subject: &Subject<'_>, days: i64) -> Verdict {
    validity(subject, |begins, ends| {
        let seconds = ends.since(begins).as_seconds() + 1;
        let begun = (seconds + 86_399).div_euclid(86_400);
        Verdict::holds(seconds <= days * 86_400, || format!("it is valid for {begun} days"))
    })
}

/// That its subjectAltName is not critical where its subject has a name.
pub(super) fn names_critical_only_without_subject(subject: &Subject<'_>) -> Verdict {
    let critical = subject.anatomy.extension(oid::SUBJECT_ALT_NAME).is_some_and(|names| names.critical);
    name(subject, |name| {
        let is_named = name.attributes().next().is_some();
        Verdict::holds(!critical || !is_named, || format!("it is critical, and the subject is {name}"))
    })
}

/// That an extension that is there is critical.
pub(super) fn must_be_critical(subject: &Subject<'_>, kind: Oid<'static>) -> Verdict {
    let critical = subject.anatomy.extension(kind).is_none_or(|extension| extension.critical);
    Verdict::holds(critical, || format!("{} is not critical", kind.shown()))
}

/// That an extension that is there is not critical.
pub(super) fn must_not_be_critical(subject: &Subject<'_>, kind: Oid<'static>) -> Verdict {
    let critical = subject.anatomy.extension(kind).is_some_and(|extension| extension.critical);
    Verdict::holds(!critical, || format!("{} is critical", kind.shown()))
}

/// That an extension is there.
pub(super) fn must_be_there(subject: &Subject<'_>, kind: Oid<'static>) -> Verdict {
    let there = subject.anatomy.extension(kind).is_some();
    Verdict::holds(there, || format!("there is no {}", kind.shown()))
}

/// That an extension is not there.
pub(super) fn must_not_be_there(subject: &Subject<'_>, kind: Oid<'static>) -> Verdict {
    let there = subject.anatomy.extension(kind).is_some();
    Verdict::holds(!there, || format!("there is {}", kind.shown()))
}

/// That its keyUsage, where it is there, has nothing but these.
pub(super) fn only_usages(subject: &Subject<'_>, permitted: &[KeyUsageBit]) -> Verdict {
    extension(subject, |usage: Option<KeyUsage<'_>>| {
        let other = usage.iter().flat_map(KeyUsage::set).find(|bit| !permitted.contains(bit));
        Verdict::of(other.map(|bit| format!("{} is set", bit.name())))
    })
}

/// That its keyUsage, where it is there, has this bit.
pub(super) fn must_set(subject: &Subject<'_>, bit: KeyUsageBit) -> Verdict {
    extension(subject, |usage: Option<KeyUsage<'_>>| {
        Verdict::holds(usage.is_none_or(|usage| usage.has(bit)), || format!("{} is not set", bit.name()))
    })
}

/// That its keyUsage does not have this bit.
pub(super) fn must_not_set(subject: &Subject<'_>, bit: KeyUsageBit) -> Verdict {
    extension(subject, |usage: Option<KeyUsage<'_>>| {
        Verdict::holds(!usage.is_some_and(|usage| usage.has(bit)), || format!("{} is set", bit.name()))
    })
}

/// That a signature is not made over SHA-1.
pub(super) fn not_sha1(algorithm: &Field<AlgorithmIdentifier<'_>>) -> Verdict {
    match algorithm {
        Ok(algorithm) => Verdict::holds(!algorithm.is_over_sha1(), || {
            format!("it is signed with {}", algorithm.oid.shown())
        }),
        Err(fault) => unreadable("the algorithm of the signature", *fault),
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

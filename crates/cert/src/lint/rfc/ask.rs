//! What several lints of the IETF's rules ask.

use std::borrow::Cow;

use crate::der::{Element, Field, Moment, MomentForm, Oid, Tag, oid};
use crate::lint::dns::{HostName, Registered};
use crate::lint::uri::Uri;
use crate::lint::{Subject, Verdict};
use crate::x509::extension::{
    AuthorityInfoAccess, CertificatePolicies, KeyUsage, KeyUsageBit, NameConstraints,
};
use crate::x509::{DistinguishedName, Extension, ExtensionValue, GeneralName, GeneralNames};

/// Whether it has an extension of this kind.
pub(super) fn has(subject: &Subject<'_>, kind: Oid<'static>) -> bool {
    subject.anatomy.extension(kind).is_some()
}

/// The verdict on a field; unknown where it cannot be read.
pub(super) fn field<T>(field: &Field<T>, judge: impl FnOnce(&T) -> Verdict) -> Verdict {
    match field {
        Ok(value) => judge(value),
        Err(fault) => Verdict::Unknown(fault.to_string()),
    }
}

/// The verdict on an extension's value; unknown where it cannot be read, and pass where it is not there.
pub(super) fn value<'a, T: ExtensionValue<'a>>(
    subject: &Subject<'a>,
    judge: impl FnOnce(&T) -> Verdict,
) -> Verdict {
    subject.anatomy.value::<T>().map_or(Verdict::Pass, |value| field(&value, judge))
}

/// The verdict on the elements of an extension that is a SEQUENCE OF, whatever they are.
pub(super) fn elements(
    subject: &Subject<'_>,
    kind: Oid<'static>,
    judge: impl FnOnce(&Vec<Element<'_>>) -> Verdict,
) -> Verdict {
    subject.anatomy.extension(kind).map_or(Verdict::Pass, |extension| {
        let elements = extension.inner().and_then(|inner| inner.sequence()?.all());
        field(&elements, judge)
    })
}

/// Violated where one of the elements of an extension that is a SEQUENCE OF has no content.
pub(super) fn filled(subject: &Subject<'_>, kind: Oid<'static>) -> Verdict {
    elements(subject, kind, |names| {
        let empty = names.iter().find(|name| name.content.is_empty());
        Verdict::of(empty.map(|name| format!("byte {}: a name without content", name.at)))
    })
}

/// Whether an extension is there, and is a SEQUENCE.
pub(super) fn is_list(subject: &Subject<'_>, kind: Oid<'static>) -> bool {
    let inner = subject.anatomy.extension(kind).map(Extension::inner);
    inner.is_some_and(|inner| inner.is_ok_and(|inner| inner.tag == Tag::SEQUENCE))
}

/// Violated where an extension that is a SEQUENCE OF has no element.
pub(super) fn not_empty(subject: &Subject<'_>, kind: Oid<'static>) -> Verdict {
    elements(subject, kind, |names| {
        Verdict::holds(!names.is_empty(), || format!("{} is empty", kind.shown()))
    })
}

/// Violated where a DNS name has a letter beyond ASCII.
pub(super) fn ascii_dns_names(names: &GeneralNames<'_>) -> Verdict {
    let odd = names.dns().find(|name| !name.is_ascii());
    Verdict::of(odd.map(|name| String::from_utf8_lossy(name).into_owned()))
}

/// Violated where a DNS name is a space.
pub(super) fn no_space(names: &GeneralNames<'_>) -> Verdict {
    Verdict::holds(names.dns().all(|name| name != b" "), || "a DNS name that is a space".to_owned())
}

/// Violated where a mail address stands between angle brackets, has a space, or a comment after it.
pub(super) fn mailboxes(names: &GeneralNames<'_>) -> Verdict {
    let odd = names.iter().find(|name| match name {
        GeneralName::Rfc822(letters) => {
            letters.contains(&b' ') || letters.starts_with(b"<") || letters.ends_with(b")")
        }
        _ => false,
    });
    Verdict::of(odd.map(|name| format!("{name} is not local-part@domain")))
}

/// Violated where a URI has a letter beyond ASCII.
pub(super) fn ascii_uris(names: &GeneralNames<'_>) -> Verdict {
    let odd = names.uris().find(|uri| !uri.is_ascii());
    Verdict::of(odd.map(|uri| String::from_utf8_lossy(uri).into_owned()))
}

/// Violated at the first URI that is none, or not as it must be.
pub(super) fn uris(names: &GeneralNames<'_>, is_good: fn(&Uri<'_>) -> bool) -> Verdict {
    let odd = names
        .uris()
        .map(String::from_utf8_lossy)
        .find(|text| !Uri::read(text).is_some_and(|uri| is_good(&uri)));
    Verdict::of(odd.map(Cow::into_owned))
}

/// Whether the host of a URI is qualified; a URI that has a scheme and no authority has no host, and need not have one.
pub(super) fn has_qualified_host(uri: &Uri<'_>) -> bool {
    match uri.host() {
        Some(host) => crate::lint::uri::is_qualified(host),
        None => uri.scheme.is_some(),
    }
}

/// Whether a subscriber's certificate names hosts, in its subjectAltName or as its common name.
pub(super) fn names_hosts(subject: &Subject<'_>) -> bool {
    let in_alt_names = || subject.alt_names().is_some_and(|names| names.dns().next().is_some());
    let as_common_name = || texts(subject, oid::COMMON_NAME).any(|name| !name.is_empty());
    subject.is_subscriber() && (as_common_name() || in_alt_names())
}

/// The label of the registered domain, and what stands before it: `("www", "example")` of `www.example.co.uk`. `None` of a
/// public suffix. Suffixes of private registries are names like others here.
fn parts<'n>(name: &'n HostName<'_>) -> Option<(&'n str, &'n str)> {
    let Registered { below, label, .. } = name.registered()?;
    (!label.is_empty()).then_some((below, label))
}

/// Violated at the first DNS name of which this is said: what stands below its registered domain, and the label of that.
pub(super) fn wrong_part(subject: &Subject<'_>, is_wrong: fn(&str, &str) -> bool) -> Verdict {
    let names = subject.dns_names();
    let wrong = names.iter().find(|name| parts(name).is_some_and(|(below, label)| is_wrong(below, label)));
    Verdict::of(wrong.map(ToString::to_string))
}

/// Whether it names hosts, and one of its DNS names, where it has any, is below a public suffix.
pub(super) fn has_parts(subject: &Subject<'_>) -> bool {
    names_hosts(subject) && {
        let names = subject.dns_names();
        names.is_empty() || names.iter().any(|name| parts(name).is_some())
    }
}

/// The international labels of its DNS names (RFC 5890 section 2.3.2.1): as written, and in Unicode where they can be decoded.
pub(super) fn international_labels(subject: &Subject<'_>) -> Vec<(String, Option<String>)> {
    let names = subject.dns_names();
    let labels = names.iter().flat_map(|name| name.split('.'));
    labels
        .filter_map(|label| {
            let prefix = label.get(..4).filter(|prefix| prefix.eq_ignore_ascii_case("xn--"))?;
            let encoded = label.get(prefix.len()..).filter(|encoded| !encoded.is_empty());
            Some((label.to_owned(), encoded.and_then(idna::punycode::decode_to_string)))
        })
        .collect()
}

/// Whether a text is in normalization form C.
pub(super) fn is_nfc(text: &str) -> bool {
    icu_normalizer::ComposingNormalizerBorrowed::new_nfc().is_normalized(text)
}

/// The texts of the subject's attributes of a kind that can be read.
pub(super) fn texts<'s, 'a>(
    subject: &'s Subject<'a>,
    kind: Oid<'static>,
) -> impl Iterator<Item = Cow<'a, str>> + use<'s, 'a> {
    let name = subject.anatomy.subject.iter();
    name.flat_map(move |name| name.all(kind)).filter_map(|attribute| attribute.value.text().ok())
}

/// Whether the subject has a text of this kind, be it an empty one.
pub(super) fn has_text(subject: &Subject<'_>, kind: Oid<'static>) -> bool {
    texts(subject, kind).next().is_some()
}

/// Violated where the subject has a text of this kind with more letters.
pub(super) fn at_most(subject: &Subject<'_>, kind: Oid<'static>, most: usize) -> Verdict {
    let longest = texts(subject, kind).map(|text| text.chars().count()).max().unwrap_or(0);
    Verdict::holds(longest <= most, || format!("{} of {longest} letters", kind.shown()))
}

/// Whether a name has an attribute of this kind.
pub(super) fn has_attribute(name: &Field<DistinguishedName<'_>>, kind: Oid<'static>) -> bool {
    name.as_ref().is_ok_and(|name| name.all(kind).next().is_some())
}

/// Violated where an attribute of this kind is no PrintableString.
pub(super) fn printable(name: &Field<DistinguishedName<'_>>, kind: Oid<'static>) -> Verdict {
    field(name, |name| {
        let odd = name.all(kind).find(|attribute| attribute.value.tag != Tag::PRINTABLE_STRING);
        Verdict::of(odd.map(|attribute| format!("{attribute} is a {}", attribute.value.tag)))
    })
}

/// notBefore and notAfter, where they can be read and are written in this form.
pub(super) fn moments<'s, 'a>(
    subject: &'s Subject<'a>,
    form: MomentForm,
) -> impl Iterator<Item = &'s Moment<'a>> + use<'s, 'a> {
    let both = [&subject.anatomy.not_before, &subject.anatomy.not_after];
    both.into_iter().flatten().filter(move |moment| moment.form == form)
}

/// Whether one of them is written in this form.
pub(super) fn has_moment(subject: &Subject<'_>, form: MomentForm) -> bool {
    moments(subject, form).next().is_some()
}

/// Violated where one that is written in this form is not as it must be.
pub(super) fn all_moments(
    subject: &Subject<'_>,
    form: MomentForm,
    is_good: fn(&Moment<'_>) -> bool,
) -> Verdict {
    let odd = moments(subject, form).find(|moment| !is_good(moment));
    Verdict::of(odd.map(|moment| String::from_utf8_lossy(moment.letters).into_owned()))
}

/// How many digits a time begins with.
pub(super) fn digits(moment: &Moment<'_>) -> usize {
    moment.letters.iter().take_while(|letter| letter.is_ascii_digit()).count()
}

/// Whether its key is of this kind.
pub(super) fn has_key(subject: &Subject<'_>, kind: Oid<'static>) -> bool {
    subject.anatomy.key.as_ref().is_ok_and(|key| key.algorithm.oid == kind)
}

/// Violated where keyUsage has one of these bits.
pub(super) fn without(subject: &Subject<'_>, forbidden: &[KeyUsageBit]) -> Verdict {
    value(subject, |usage: &KeyUsage<'_>| {
        let found: Vec<&str> =
            forbidden.iter().filter(|bit| usage.has(**bit)).map(|bit| bit.name()).collect();
        Verdict::holds(found.is_empty(), || format!("keyUsage has {}", found.join(", ")))
    })
}

/// Violated where nameConstraints has a subtree of this name form, whatever the root of it says.
pub(super) fn without_form(subject: &Subject<'_>, number: u32) -> Verdict {
    value(subject, |constraints: &NameConstraints<'_>| {
        let found = constraints.subtrees().find(|subtree| subtree.root.tag.is_context(number));
        Verdict::of(found.map(|subtree| format!("byte {}: a subtree of such names", subtree.root.at)))
    })
}

/// The explicit texts of user notices that are not empty.
pub(super) fn explicit_texts<'a>(subject: &Subject<'a>) -> Vec<Element<'a>> {
    let policies = subject.readable::<CertificatePolicies<'a>>();
    let qualifiers = policies.iter().flat_map(CertificatePolicies::qualifiers);
    let notices = qualifiers.filter_map(|qualifier| qualifier.user_notice()?.ok());
    notices.filter_map(|notice| notice.text).filter(|text| !text.content.is_empty()).collect()
}

/// The text of a string; of one whose octets are none of its alphabet, what they are in UTF-8, which is the usual mistake.
fn lenient<'a>(element: &Element<'a>) -> Field<Cow<'a, str>> {
    let utf8 = || std::str::from_utf8(element.content).ok().map(Cow::Borrowed);
    element.text().or_else(|fault| utf8().ok_or(fault))
}

/// Violated at the first explicit text that is not as it must be; unknown where one cannot be read.
pub(super) fn all_explicit_texts(subject: &Subject<'_>, is_good: fn(Tag, &str) -> bool) -> Verdict {
    for element in explicit_texts(subject) {
        match lenient(&element) {
            Ok(text) if is_good(element.tag, &text) => {}
            Ok(text) => return Verdict::Violated(format!("{} {text:?}", element.tag)),
            Err(fault) => return Verdict::Unknown(fault.to_string()),
        }
    }
    Verdict::Pass
}

/// Whether a URI begins with `http:` or `ldap:`.
pub(super) fn is_http_or_ldap(uri: &[u8]) -> bool {
    let begins = |with: &[u8]| uri.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with));
    begins(b"http://") || begins(b"ldap://")
}

/// The URIs at which the issuer's certificate is.
pub(super) fn issuer_uris<'a>(subject: &Subject<'a>) -> Vec<&'a [u8]> {
    let access = subject.readable::<AuthorityInfoAccess<'a>>();
    access.iter().flat_map(|access| access.uris(oid::AD_CA_ISSUERS)).collect()
}

#[cfg(test)]
mod tests {
    use super::parts;
    use crate::lint::HostName;

    #[test]
    fn names_are_divided_at_the_public_suffix() {
        for (name, expected) in [
            ("www.example.co.uk", Some(("www", "example"))),
            ("a.b.EXAMPLE.com", Some(("a.b", "EXAMPLE"))),
            ("example.com", Some(("", "example"))),
            ("*.example.com", Some(("*", "example"))),
            ("a.b.github.io", Some(("a.b", "github"))),
            ("co.uk", None),
            ("localhost", None),
            ("", None),
            (".com", None),
        ] {
            assert_eq!(parts(&HostName::new(name.into())), expected, "{name}");
        }
    }
}

//! Where names lie: the constraints of RFC 5280 section 4.2.1.10, form by form.

use super::node::Node;
use crate::der::{Fault, oid};
use crate::x509::{DistinguishedName, GeneralName};

/// Where a name lies, seen from a constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Inside,
    Outside,
    /// The constraint is of another form: it says nothing about the name.
    OtherForm,
    /// One of the two is no name of its form, or nothing says what the form's constraints mean.
    Unknown(&'static str),
}

/// Every name of a certificate that constraints bind: its subject, the mail addresses in it, and its alternative names.
pub(super) fn of<'a>(node: &Node<'a>, reading: NameReading) -> Vec<Result<GeneralName<'a>, Fault>> {
    let mut names = Vec::new();
    if let Ok(subject) = &node.anatomy.subject
        && !subject.is_empty()
    {
        let mail =
            subject.all(oid::EMAIL_ADDRESS).map(|attribute| Ok(GeneralName::Rfc822(attribute.value.content)));
        names.push(Ok(GeneralName::Directory(*subject)));
        names.extend(mail);
    }
    names.extend(node.alt_names.iter().flat_map(|names| names.0.fields()));
    let has_host = names.iter().any(|name| matches!(name, Ok(GeneralName::Dns(_))));
    if let (true, false, Ok(subject)) = (reading.common_name, has_host, &node.anatomy.subject) {
        let common = subject.all(oid::COMMON_NAME).map(|attribute| attribute.value.content);
        names.extend(
            common
                .filter(|name| is_host(name, false) && name.contains(&b'.'))
                .map(|name| Ok(GeneralName::Dns(name))),
        );
    }
    names
}

/// What clients make differently of constraints on host names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct NameReading {
    /// Whether a constraint may begin with a dot, and then means all that is below it and not itself. RFC 5280 knows that for
    /// URIs and mailboxes alone.
    pub dotted: bool,
    /// Whether a wildcard lies within what is excluded only where all does that it stands for.
    pub wildcards_escape: bool,
    /// Whether the common name at the end of the path counts as a host name where no alternative name is one, and it looks like one.
    pub common_name: bool,
}

/// Whether a name lies within what is permitted: a wildcard does where every name that it stands for does.
pub(super) fn permitted(name: &GeneralName<'_>, base: &GeneralName<'_>, reading: NameReading) -> Place {
    match (name, base) {
        (GeneralName::Dns(name), GeneralName::Dns(base)) => dns(name, base, false, reading),
        _ => place(name, base),
    }
}

/// Whether a name lies within what is excluded: a wildcard does where one of the names that it stands for does
/// (CVE-2025-61727).
pub(super) fn excluded(name: &GeneralName<'_>, base: &GeneralName<'_>, reading: NameReading) -> Place {
    match (name, base) {
        (GeneralName::Dns(name), GeneralName::Dns(base)) => {
            dns(name, base, !reading.wildcards_escape, reading)
        }
        _ => place(name, base),
    }
}

/// The forms of constraints that bind a name: its own, and those of plain mailboxes an international one (RFC 9598 section 6).
pub(super) const fn bound_by(name: &GeneralName<'_>) -> [Option<&'static str>; 2] {
    match name {
        GeneralName::Other { .. } => [Some(name.form()), Some("rfc822Name")],
        _ => [Some(name.form()), None],
    }
}

fn place(name: &GeneralName<'_>, base: &GeneralName<'_>) -> Place {
    match (name, base) {
        (GeneralName::Ip(name), GeneralName::Ip(base)) => address(name, base),
        (GeneralName::Rfc822(name), GeneralName::Rfc822(base)) => mailbox(name, base),
        (GeneralName::Uri(name), GeneralName::Uri(base)) => uri(name, base),
        (GeneralName::Directory(name), GeneralName::Directory(base)) => inside(directory(name, base)),
        (GeneralName::Other { kind, .. }, GeneralName::Other { kind: base_kind, .. })
            if kind != base_kind =>
        {
            Place::OtherForm
        }
        (GeneralName::Other { kind, value }, GeneralName::Other { value: base, .. }) => match *kind {
            oid::SRV_NAME => service(value.inner(), base.inner()),
            _ => Place::Unknown("nothing says how names of this form are constrained"),
        },
        // An international mailbox is bound by the constraints of plain ones (RFC 9598 section 6).
        (GeneralName::Other { kind: oid::SMTP_UTF8_MAILBOX, value }, GeneralName::Rfc822(base)) => {
            match value.inner().ok().and_then(|value| value.text().ok()) {
                Some(text) => mailbox(text.as_bytes(), base),
                None => Place::Unknown("it is no mailbox"),
            }
        }
        _ if name.form() == base.form() => {
            Place::Unknown("nothing says how names of this form are constrained")
        }
        _ => Place::OtherForm,
    }
}

const fn inside(is_inside: bool) -> Place {
    if is_inside { Place::Inside } else { Place::Outside }
}

/// Host names: the constraint, and all that ends with a dot and the constraint.
fn dns(name: &[u8], base: &[u8], any: bool, reading: NameReading) -> Place {
    let (is_dotted, base) = match base.strip_prefix(b".").filter(|_| reading.dotted) {
        Some(domain) => (true, domain),
        None => (false, base),
    };
    if !is_host(base, false) && (is_dotted || !base.is_empty()) {
        return Place::Unknown("the constraint is no host name");
    }
    if !is_host(name, true) {
        return Place::Unknown("it is no host name");
    }
    let (name, base) = (without_last_dot(name), without_last_dot(base));
    let (wildcard, bare) = match name.strip_prefix(b"*.") {
        Some(parent) => (true, parent),
        None => (false, name),
    };
    // What a wildcard stands for is below its parent.
    if is_below(bare, base) && (!is_dotted || wildcard || bare.len() > base.len()) {
        return Place::Inside;
    }
    // `*.example.com` stands for `bar.example.com`, too.
    let dot = base.iter().position(|letter| *letter == b'.');
    let covers = || dot.is_some_and(|dot| base[dot + 1..].eq_ignore_ascii_case(bare));
    inside(any && wildcard && !is_dotted && covers())
}

fn without_last_dot(letters: &[u8]) -> &[u8] {
    letters.strip_suffix(b".").unwrap_or(letters)
}

fn lower(letters: &[u8]) -> Vec<u8> {
    without_last_dot(letters).to_ascii_lowercase()
}

/// Whether a name is the base, or below it, in any case.
fn is_below(name: &[u8], base: &[u8]) -> bool {
    let Some(above) = name.len().checked_sub(base.len()) else { return false };
    let (above, end) = name.split_at(above);
    end.eq_ignore_ascii_case(base) && (base.is_empty() || above.is_empty() || above.ends_with(b"."))
}

/// Whether it is written as a host name: labels of letters, digits, hyphens and underscores, of 63 octets at most.
fn is_host(letters: &[u8], may_be_wildcard: bool) -> bool {
    let letters = match letters.strip_prefix(b"*.") {
        Some(parent) if may_be_wildcard => parent,
        _ => letters,
    };
    let letters = letters.strip_suffix(b".").unwrap_or(letters);
    letters.len() <= 253
        && letters.split(|letter| *letter == b'.').all(|label| {
            let known = |letter: &u8| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_');
            !label.is_empty() && label.len() <= 63 && label.iter().all(known)
        })
}

/// Addresses: those that agree with the network in every bit of the mask.
fn address(name: &[u8], base: &[u8]) -> Place {
    if !matches!(name.len(), 4 | 16) {
        return Place::Unknown("it is no address");
    }
    if !matches!(base.len(), 8 | 32) {
        return Place::Unknown("the constraint is no network");
    }
    if base.len() != name.len() * 2 {
        return Place::Outside;
    }
    let (network, mask) = base.split_at(name.len());
    let agree =
        name.iter().zip(network).zip(mask).all(|((name, network), mask)| (name ^ network) & mask == 0);
    inside(agree)
}

/// Mailboxes: one, those of a host, or (with a dot before) those of the hosts of a domain.
fn mailbox(name: &[u8], base: &[u8]) -> Place {
    let Some((_, host)) = split_mailbox(name) else { return Place::Unknown("it is no mailbox") };
    if base.contains(&b'@') {
        return match split_mailbox(base) {
            Some(_) => inside(same_mailbox(name, base)),
            None => Place::Unknown("the constraint is no mailbox"),
        };
    }
    let bare = base.strip_prefix(b".").unwrap_or(base);
    if !bare.is_empty() && !is_host(bare, false) {
        return Place::Unknown("the constraint is no host name");
    }
    inside(within_host(&lower(host), base))
}

/// A host against a constraint that is a host, or a domain with a dot before it.
fn within_host(host: &[u8], base: &[u8]) -> bool {
    match base.strip_prefix(b".") {
        Some(domain) => host.strip_suffix(&lower(domain)[..]).is_some_and(|above| above.ends_with(b".")),
        None => base.is_empty() || host == lower(base),
    }
}

fn split_mailbox(mailbox: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = mailbox.iter().rposition(|letter| *letter == b'@')?;
    let (local, host) = (&mailbox[..at], &mailbox[at + 1..]);
    let is_quoted = local.len() > 1 && local.starts_with(b"\"") && local.ends_with(b"\"");
    let is_plain =
        !local.is_empty() && local.iter().all(|letter| *letter != b'@' && !letter.is_ascii_whitespace());
    ((is_quoted || is_plain) && is_host(host, false)).then_some((local, host))
}

/// Whether both are one mailbox: the host in any case, the rest letter by letter (RFC 5280 section 7.5).
pub(super) fn same_mailbox(one: &[u8], other: &[u8]) -> bool {
    match (split_mailbox(one), split_mailbox(other)) {
        (Some((local, host)), Some((other_local, other_host))) => {
            local == other_local && lower(host) == lower(other_host)
        }
        _ => false,
    }
}

/// URIs, by their hosts: one host, or (with a dot before) the hosts of a domain. One without a host name is never within a
/// constraint (RFC 5280 section 4.2.1.10).
fn uri(name: &[u8], base: &[u8]) -> Place {
    let Some(host) = uri_host(name) else { return Place::Unknown("its URI has no host name") };
    let bare = base.strip_prefix(b".").unwrap_or(base);
    if !bare.is_empty() && !is_host(bare, false) {
        return Place::Unknown("the constraint is no host name");
    }
    inside(within_host(&lower(host), base))
}

/// The host of a URI with an authority right after its scheme (RFC 3986 section 3), where it is a name and no address.
fn uri_host(uri: &[u8]) -> Option<&[u8]> {
    let colon = uri.iter().position(|letter| *letter == b':')?;
    let (scheme, rest) = (&uri[..colon], uri[colon..].strip_prefix(b"://")?);
    let is_scheme = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|letter| letter.is_ascii_alphanumeric() || b"+-.".contains(letter));
    let is_known =
        |letter: &u8| letter.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(letter);
    if !is_scheme || !rest.iter().all(is_known) {
        return None;
    }
    let end = rest.iter().position(|letter| matches!(letter, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let mut parts = rest[..end].rsplitn(2, |letter| *letter == b'@');
    let host = parts.next()?;
    if parts.next().is_some_and(|user| user.contains(&b'@')) {
        return None;
    }
    let end = host.iter().position(|letter| *letter == b':').unwrap_or(host.len());
    let host = &host[..end];
    let is_number = host.split(|letter| *letter == b'.').next_back()?.iter().all(u8::is_ascii_digit);
    (is_host(host, false) && !is_number).then_some(host)
}

/// Distinguished names: those that begin with the parts of the constraint.
fn directory(name: &DistinguishedName<'_>, base: &DistinguishedName<'_>) -> bool {
    let (name, base) = (name.normalized(), base.normalized());
    name.len() >= base.len() && name.iter().zip(&base).all(|(part, base)| part == base)
}

/// Services (RFC 4985 section 4): `_service.host` by service and host, or either alone.
fn service(
    name: Result<crate::der::Element<'_>, Fault>,
    base: Result<crate::der::Element<'_>, Fault>,
) -> Place {
    let (Ok(name), Ok(base)) = (name, base) else { return Place::Unknown("it is no service") };
    let split = |letters: &[u8]| -> (Vec<u8>, Vec<u8>) {
        let letters = lower(letters);
        match letters.iter().position(|letter| *letter == b'.') {
            Some(dot) if letters.starts_with(b"_") => (letters[..dot].to_vec(), letters[dot + 1..].to_vec()),
            None if letters.starts_with(b"_") => (letters, Vec::new()),
            _ => (Vec::new(), letters),
        }
    };
    let ((service, host), (base_service, base_host)) = (split(name.content), split(base.content));
    let same_service = base_service.is_empty() || service == base_service;
    inside(same_service && is_below(&host, base_host.strip_prefix(b".").unwrap_or(&base_host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(place: Place) -> &'static str {
        match place {
            Place::Inside => "inside",
            Place::Outside => "outside",
            Place::OtherForm => "other form",
            Place::Unknown(_) => "unknown",
        }
    }

    #[test]
    fn host_names_lie_below_a_constraint() {
        let table = [
            ("example.com", "example.com", "inside", "inside"),
            ("WWW.example.com", "Example.com", "inside", "inside"),
            ("notexample.com", "example.com", "outside", "outside"),
            ("example.com", "www.example.com", "outside", "outside"),
            ("*.example.com", "example.com", "inside", "inside"),
            ("*.example.com", "bar.example.com", "outside", "inside"),
            ("*.example.com", "a.bar.example.com", "outside", "outside"),
            ("example.com", "", "inside", "inside"),
            ("example.com", ".example.com", "unknown", "unknown"),
            ("example.com", "*.example.com", "unknown", "unknown"),
            ("a..example.com", "example.com", "unknown", "unknown"),
            ("a b.example.com", "example.com", "unknown", "unknown"),
        ];
        for (name, base, as_permitted, as_excluded) in table {
            let (held, limit) = (GeneralName::Dns(name.as_bytes()), GeneralName::Dns(base.as_bytes()));
            let plain = NameReading::default();
            let found = (told(permitted(&held, &limit, plain)), told(excluded(&held, &limit, plain)));
            assert_eq!(found, (as_permitted, as_excluded), "{name} in {base:?}");
        }
    }

    /// Clients take constraints that begin with a dot, and were all said to refuse them.
    #[test]
    fn a_constraint_with_a_dot_means_what_is_below() {
        let dotted = NameReading { dotted: true, ..NameReading::default() };
        let table = [
            ("www.example.com", ".example.com", "inside", "inside"),
            ("example.com", ".example.com", "outside", "outside"),
            ("*.example.com", ".example.com", "inside", "inside"),
            ("*.com", ".example.com", "outside", "outside"),
            ("example.com", ".", "unknown", "unknown"),
            ("example.com", "..com", "unknown", "unknown"),
        ];
        for (name, base, as_permitted, as_excluded) in table {
            let (held, limit) = (GeneralName::Dns(name.as_bytes()), GeneralName::Dns(base.as_bytes()));
            let found = (told(permitted(&held, &limit, dotted)), told(excluded(&held, &limit, dotted)));
            assert_eq!(found, (as_permitted, as_excluded), "{name} in {base:?}");
        }
        let (wildcard, limit) = (GeneralName::Dns(b"*.example.com"), GeneralName::Dns(b"bar.example.com"));
        let escaping = NameReading { wildcards_escape: true, ..NameReading::default() };
        assert_eq!(told(excluded(&wildcard, &limit, escaping)), "outside", "as OpenSSL reads it");
    }

    #[test]
    fn mailboxes_lie_in_a_host_a_domain_or_are_one() {
        let table = [
            ("foo@example.com", "foo@example.com", "inside"),
            ("foo@EXAMPLE.com", "foo@example.com", "inside"),
            ("Foo@example.com", "foo@example.com", "outside"),
            ("foo@example.com", "example.com", "inside"),
            ("foo@mail.example.com", "example.com", "outside"),
            ("foo@mail.example.com", ".example.com", "inside"),
            ("foo@example.com", ".example.com", "outside"),
            ("*@example.com", "*@example.com", "inside"),
            ("user@example.com", "*@example.com", "outside"),
            ("a@b@example.com", "example.com", "unknown"),
            ("\"a@b\"@example.com", "example.com", "inside"),
            ("example.com", "example.com", "unknown"),
        ];
        for (name, base, expected) in table {
            let place = permitted(
                &GeneralName::Rfc822(name.as_bytes()),
                &GeneralName::Rfc822(base.as_bytes()),
                NameReading::default(),
            );
            assert_eq!(told(place), expected, "{name} in {base}");
        }
    }

    #[test]
    fn uris_lie_where_their_hosts_do() {
        let table = [
            ("https://www.example.com/x", "www.example.com", "inside"),
            ("https://user@www.example.com:8443?q", ".example.com", "inside"),
            ("https://example.com", ".example.com", "outside"),
            ("https://192.0.2.1/", ".example.com", "unknown"),
            ("urn:x", ".example.com", "unknown"),
            ("git+ssh://www.example.com", "www.example.com", "inside"),
            // What is no authority was taken for one, wherever it stood.
            ("foo:bar?x=http://www.example.com/", "www.example.com", "unknown"),
            ("http:evil.com/x://www.example.com/", "www.example.com", "unknown"),
            ("https://evil.com\\@www.example.com/", "www.example.com", "unknown"),
            ("https://evil.com@x@www.example.com/", "www.example.com", "unknown"),
            ("1http://www.example.com/", "www.example.com", "unknown"),
            ("://www.example.com/", "www.example.com", "unknown"),
        ];
        for (name, base, expected) in table {
            let place = permitted(
                &GeneralName::Uri(name.as_bytes()),
                &GeneralName::Uri(base.as_bytes()),
                NameReading::default(),
            );
            assert_eq!(told(place), expected, "{name} in {base}");
        }
    }

    #[test]
    fn addresses_lie_in_networks() {
        let table: [(&[u8], &[u8], &str); 5] = [
            (&[10, 1, 2, 3], &[10, 0, 0, 0, 255, 0, 0, 0], "inside"),
            (&[11, 1, 2, 3], &[10, 0, 0, 0, 255, 0, 0, 0], "outside"),
            (&[0; 16], &[0; 8], "outside"),
            (&[1, 2, 3], &[0; 8], "unknown"),
            (&[1, 2, 3, 4], &[0; 4], "unknown"),
        ];
        for (name, base, expected) in table {
            let place = permitted(&GeneralName::Ip(name), &GeneralName::Ip(base), NameReading::default());
            assert_eq!(told(place), expected, "{name:?} in {base:?}");
        }
        assert_eq!(
            told(permitted(&GeneralName::Ip(&[1, 2, 3, 4]), &GeneralName::Dns(b"a"), NameReading::default())),
            "other form"
        );
    }
}

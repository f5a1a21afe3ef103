//! What an anchor is trusted for, beside what its certificate says: by the rules of a root programme, or by the settings
//! that somebody wrote behind it.

use super::names::{self, NameReading, Place};
use super::question::Purpose;
use crate::der::{Element, Oid, Reader, Tag, oid};
use crate::x509::GeneralName;
use crate::x509::extension::SctList;
use crate::{Certificate, Identifier, Time};

/// The terms on which somebody trusts an anchor; by default there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Certificates that came later are not trusted.
    pub distrust: Option<Distrust>,
    /// The only host names that it may certify, with all below them; empty for any.
    pub hosts: Vec<String>,
    /// Purposes that it is trusted for, as contents of object identifiers; `None` for any.
    pub trusted: Option<Vec<Vec<u8>>>,
    /// Purposes that it is not trusted for.
    pub rejected: Vec<Vec<u8>>,
}

/// From when on certificates are too late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distrust {
    /// The last instant that still counts.
    pub after: Time,
    /// What is compared with it.
    pub by: Dated,
}

/// What dates a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dated {
    /// Its notBefore (Mozilla's CKA_NSS_SERVER_DISTRUST_AFTER): the CA's own word.
    Issued,
    /// The earliest of the logs' promises in it (Chrome's SCTNotAfter); its notBefore where it carries none.
    Logged,
}

impl Terms {
    /// Whether nothing is asked.
    #[must_use]
    pub fn is_free(&self) -> bool {
        *self == Self::default()
    }

    /// The settings behind a certificate of OpenSSL's kind TRUSTED CERTIFICATE (X509_CERT_AUX): what it is trusted for, and
    /// what not. Other parts, such as its alias, say nothing about trust.
    #[must_use]
    pub fn of_settings(settings: &[u8]) -> Self {
        let read = || Reader::new(settings).element().ok()?.sequence().ok()?.all().ok();
        let mut terms = Self::default();
        for part in read().unwrap_or_default() {
            match part.tag {
                Tag::SEQUENCE => terms.trusted = Some(purposes(&part)),
                tag if tag == Tag::context_constructed(0) => terms.rejected = purposes(&part),
                _ => {}
            }
        }
        terms
    }

    /// Why the anchor is not trusted for this purpose, where that is so.
    #[must_use]
    pub fn refused_purpose(&self, purpose: Purpose) -> Option<String> {
        let wanted = purpose.oid()?;
        let names = |listed: &[Vec<u8>]| {
            listed.iter().any(|one| one == wanted.content() || one == oid::ANY_EXTENDED_KEY_USAGE.content())
        };
        if names(&self.rejected) {
            return Some(format!("its settings say that it is not trusted for {purpose}"));
        }
        let trusted = self.trusted.as_ref()?;
        (!names(trusted)).then(|| format!("its settings do not trust it for {purpose}"))
    }

    /// Why this certificate came too late to be trusted, where that is so.
    #[must_use]
    pub fn too_late(&self, leaf: &Certificate) -> Option<String> {
        let Distrust { after, by } = self.distrust?;
        let (dated, what) = match by {
            Dated::Issued => (leaf.not_before(), "issued"),
            Dated::Logged => match logged(leaf) {
                Some(logged) => (logged, "first logged"),
                None => (leaf.not_before(), "issued"),
            },
        };
        (dated > after).then(|| format!("{what} {}", dated.for_people()))
    }

    /// The first host name of a certificate that the anchor may not certify.
    #[must_use]
    pub fn outside(&self, leaf: &Certificate) -> Option<String> {
        if self.hosts.is_empty() {
            return None;
        }
        let is_allowed = |name: &Identifier| {
            let Identifier::Dns(host) = name else { return true };
            let name = GeneralName::Dns(host.as_bytes());
            let below = |base: &String| {
                names::permitted(&name, &GeneralName::Dns(base.as_bytes()), NameReading::default())
            };
            self.hosts.iter().any(|base| below(base) == Place::Inside)
        };
        leaf.names().iter().find(|name| !is_allowed(name)).map(ToString::to_string)
    }
}

/// The object identifiers of a list.
fn purposes(list: &Element<'_>) -> Vec<Vec<u8>> {
    let parts = list.children().all().unwrap_or_default();
    let oids = parts.iter().filter_map(|part| part.oid().ok());
    oids.map(|oid: Oid<'_>| oid.content().to_vec()).collect()
}

/// When the first log promised to keep it (RFC 6962 section 3.2: version, log, milliseconds).
fn logged(leaf: &Certificate) -> Option<Time> {
    let anatomy = leaf.anatomy();
    let list: SctList<'_> = anatomy.readable()?;
    let instant = |octets: &[u8]| {
        let millis: [u8; 8] = octets.get(33..41)?.try_into().ok()?;
        i64::try_from(u64::from_be_bytes(millis)).ok()?.checked_mul(1000).map(Time::from_micros)
    };
    list.0.iter().filter_map(|sct| instant(sct.octets)).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::der::write;

    fn settings(trusted: Option<&[Oid<'_>]>, rejected: &[Oid<'_>]) -> Vec<u8> {
        let list = |tag, oids: &[Oid<'_>]| {
            let oids: Vec<Vec<u8>> = oids.iter().map(|oid| write(Tag::OID, &[oid.content()])).collect();
            write(tag, &oids.iter().map(Vec::as_slice).collect::<Vec<_>>())
        };
        let trusted = trusted.map(|oids| list(Tag::SEQUENCE, oids)).unwrap_or_default();
        let rejected = match rejected {
            [] => Vec::new(),
            oids => list(Tag::context_constructed(0), oids),
        };
        write(Tag::SEQUENCE, &[&trusted, &rejected])
    }

    #[test]
    fn settings_of_openssl_name_purposes() {
        let of = |trusted: Option<&[Oid<'_>]>, rejected: &[Oid<'_>]| {
            Terms::of_settings(&settings(trusted, rejected))
        };
        let (server, mail, any) = (oid::SERVER_AUTH, oid::EMAIL_PROTECTION, oid::ANY_EXTENDED_KEY_USAGE);
        let table = [
            (of(None, &[]), [true, true]),
            (of(Some(&[server]), &[]), [true, false]),
            (of(Some(&[mail]), &[]), [false, true]),
            (of(Some(&[any]), &[]), [true, true]),
            (of(None, &[server]), [false, true]),
            (of(None, &[any]), [false, false]),
            (of(Some(&[server]), &[server]), [false, false]),
            (Terms::of_settings(&[0x30, 0]), [true, true]),
            (Terms::of_settings(&[1, 2, 3]), [true, true]),
        ];
        for (terms, expected) in table {
            let told =
                [Purpose::Server, Purpose::Email].map(|purpose| terms.refused_purpose(purpose).is_none());
            assert_eq!(told, expected, "{terms:?}");
            assert_eq!(terms.refused_purpose(Purpose::Any), None);
        }
    }

    /// The second log came first; the CA's own date is before both.
    #[test]
    fn the_first_promise_of_a_log_dates_a_certificate() {
        use super::super::tests::{leaf_params, now, root, signed};
        use crate::Span;
        let sct = |days: i64| {
            let millis = u64::try_from((now() + Span::days(days)).as_micros() / 1000).unwrap();
            [&[0_u8; 33][..], &millis.to_be_bytes(), &[0; 8]].concat()
        };
        let vector =
            |octets: &[u8]| [&u16::try_from(octets.len()).unwrap().to_be_bytes()[..], octets].concat();
        let list = vector(&[vector(&sct(3)), vector(&sct(-2))].concat());
        let mut params = leaf_params();
        let content = write(Tag::OCTET_STRING, &[&list]);
        params.custom_extensions =
            vec![rcgen::CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 11129, 2, 4, 2], content)];
        let leaf = Certificate::parse(&signed(params, &root("R"))).unwrap();
        let told = |days: i64, seconds: i64| {
            let after = now() + Span::days(days) + Span::seconds(seconds);
            Terms { distrust: Some(Distrust { after, by: Dated::Logged }), ..Terms::default() }
                .too_late(&leaf)
        };
        assert_eq!(told(-2, 0), None);
        assert_eq!(told(-2, -1).as_deref(), Some("first logged 2026-11-20 00:00 UTC"));
    }
}

//! A certificate as path validation sees it: what its rules ask about, read once.

use std::cell::OnceCell;
use std::collections::HashSet;

use super::terms::Terms;
use crate::Certificate;
use crate::der::{Field, Oid};
use crate::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies, ExtendedKeyUsage, ExtensionValue,
    KeyUsage, KeyUsageBit, NameConstraints,
};
use crate::x509::{Anatomy, DistinguishedName, GeneralNames};

pub(super) struct Node<'a> {
    /// Where it stands among all that may be on a path.
    pub(super) place: usize,
    pub(super) certificate: &'a Certificate,
    pub(super) anatomy: Anatomy<'a>,
    /// Position among the certificates as given; `None` where it came from the anchors alone.
    pub(super) given: Option<usize>,
    pub(super) is_anchor: bool,
    /// On what terms, where it is an anchor.
    pub(super) terms: Option<&'a Terms>,
    pub(super) subject: NameKey,
    pub(super) issuer: NameKey,
    pub(super) basic: Option<BasicConstraints<'a>>,
    pub(super) usage: Option<KeyUsage<'a>>,
    pub(super) purposes: Option<ExtendedKeyUsage<'a>>,
    pub(super) alt_names: Option<GeneralNames<'a>>,
    pub(super) constraints: Option<NameConstraints<'a>>,
    pub(super) policies: Option<CertificatePolicies<'a>>,
    faults: OnceCell<Vec<String>>,
    repeated: OnceCell<Vec<String>>,
}

/// A name in the form in which it is compared (RFC 5280 section 7.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum NameKey {
    Text(Vec<Vec<u8>>),
    /// One that cannot be read is equal to none.
    Unreadable,
}

impl NameKey {
    pub(super) fn of(name: &Field<DistinguishedName<'_>>) -> Self {
        name.as_ref().map_or(Self::Unreadable, |name| Self::Text(name.normalized()))
    }
}

impl<'a> Node<'a> {
    /// The one of this place; `given` is its position among the certificates as given.
    pub(super) fn of(certificate: &'a Certificate, place: usize, given: Option<usize>) -> Self {
        let anatomy = certificate.anatomy();
        Self {
            place,
            certificate,
            given,
            is_anchor: false,
            terms: None,
            subject: NameKey::of(&anatomy.subject),
            issuer: NameKey::of(&anatomy.issuer),
            basic: anatomy.readable(),
            usage: anatomy.readable(),
            purposes: anatomy.readable(),
            alt_names: anatomy.readable(),
            constraints: anatomy.readable(),
            policies: anatomy.readable(),
            faults: OnceCell::new(),
            repeated: OnceCell::new(),
            anatomy,
        }
    }

    /// Whether subject and issuer are one name (RFC 5280 section 3.2).
    pub(super) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer && self.subject != NameKey::Unreadable
    }

    pub(super) fn is_ca(&self) -> bool {
        self.basic.is_some_and(|basic| basic.ca)
    }

    /// Whether keyUsage, where it is there, has this bit.
    pub(super) fn may(&self, bit: KeyUsageBit) -> bool {
        self.usage.is_none_or(|usage| usage.has(bit))
    }

    /// Whether the key identifiers allow that this one issued the other: CAs of one name with different keys are told apart
    /// by them (RFC 5280 section 4.2.1.1).
    pub(super) fn may_have_issued(&self, subject: &Self) -> bool {
        let wanted =
            subject.anatomy.readable::<AuthorityKeyIdentifier<'_>>().and_then(|authority| authority.key_id);
        match (wanted, self.certificate.subject_key_id()) {
            (Some(wanted), Some(held)) => wanted == held,
            _ => true,
        }
    }

    /// What is wrong with its fields, and with extensions whose kind is known here.
    pub(super) fn faults(&self) -> &[String] {
        self.faults.get_or_init(|| {
            let fields = self.anatomy.faults().into_iter().map(|(field, fault)| format!("{field}, {fault}"));
            let broken = self.anatomy.extensions().filter_map(|extension| {
                extension.fault().map(|fault| format!("{}, {fault}", extension.kind.shown()))
            });
            fields.chain(broken).collect()
        })
    }

    /// The kinds of extensions that are there more than once, as often as they are again.
    pub(super) fn repeated(&self) -> &[String] {
        self.repeated.get_or_init(|| {
            let mut seen: HashSet<Oid<'_>> = HashSet::new();
            let kinds = self.anatomy.extensions().map(|extension| extension.kind);
            kinds.filter(|kind| !seen.insert(*kind)).map(|kind| kind.shown()).collect()
        })
    }

    /// What people call it.
    pub(super) fn shown(&self) -> String {
        self.certificate.shown_name()
    }

    /// The value of an extension, where it is there and can be read.
    pub(super) fn value<T: ExtensionValue<'a>>(&self) -> Option<T> {
        self.anatomy.readable()
    }
}

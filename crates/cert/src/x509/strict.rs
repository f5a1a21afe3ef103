//! What a strict reader of RFC 5280 finds wrong with the form of a certificate, whatever it says.

use std::collections::HashSet;

use super::{Anatomy, DistinguishedName, Extension};
use crate::der::audit::{audit, audit_element};
use crate::der::{Broken, Fault, Tag, oid};

impl Anatomy<'_> {
    /// What cannot be read, in fields and in extensions that are known here; what DER forbids; strings with letters that
    /// their alphabets lack; what RFC 5280 section 4 forbids of the form. Each with the field that it is in. An algorithm
    /// identifier that cannot be read is one that nobody knows, which is a matter of signatures.
    #[must_use]
    pub fn strict_faults(&self) -> Vec<(String, Fault)> {
        let within = |fault: &Fault| {
            let around = |element: &crate::der::Element<'_>| {
                fault.at > element.at && fault.at < element.at + element.whole.len()
            };
            self.algorithms.iter().flatten().any(around)
        };
        let named = |(field, fault): (&str, Fault)| (field.to_owned(), fault);
        let fields = self.faults().into_iter().map(named);
        let der = audit(self.der).into_iter().map(|fault| ("certificate".to_owned(), fault));
        let names = [("issuer", &self.issuer), ("subject", &self.subject)];
        let letters = names.into_iter().flat_map(|(field, name)| {
            name.iter().flat_map(letters).map(move |fault| (field.to_owned(), fault)).collect::<Vec<_>>()
        });
        let all = fields.chain(self.form()).chain(letters).chain(self.values()).chain(der);
        all.filter(|(_, fault)| !within(fault)).collect()
    }

    /// Versions and lists of extensions.
    fn form(&self) -> Vec<(String, Fault)> {
        let mut faults = Vec::new();
        let at = self.tbs.as_ref().map_or(0, |tbs| tbs.at);
        if self.version.is_ok_and(|version| version.is_written && version.number == 0) {
            faults.push(("version".to_owned(), Fault::value(at, "version 1, written out")));
        }
        if let Some(Ok(extensions)) = &self.extensions
            && extensions.is_empty()
        {
            faults.push(("extensions".to_owned(), extensions.element.fault("no extension at all")));
        }
        let nameless = self.subject.as_ref().is_ok_and(DistinguishedName::is_empty);
        let names = self.extension(oid::SUBJECT_ALT_NAME).filter(|extension| nameless && !extension.critical);
        if let Some(extension) = names {
            let fault = extension.element.fault("not critical, where the subject is empty");
            faults.push((extension.kind.shown(), fault));
        }
        faults
    }

    /// Each extension, and those that are there twice.
    fn values(&self) -> Vec<(String, Fault)> {
        let mut faults = Vec::new();
        let mut seen = HashSet::new();
        for extension in self.extensions() {
            let mut tell = |fault| faults.push((extension.kind.shown(), fault));
            if !seen.insert(extension.kind) {
                tell(extension.element.fault("an extension that is there twice"));
            }
            if extension.default_written {
                let why = "critical, written out although it is false";
                tell(Fault::new(extension.element.at, Broken::NotDer(why)));
            }
            value(extension).into_iter().for_each(tell);
        }
        faults
    }
}

fn value(extension: &Extension<'_>) -> Vec<Fault> {
    let inside = extension.inner().ok().filter(|_| extension.is_known());
    let audited = inside.map(|element| audit_element(&element)).unwrap_or_default();
    extension.fault().into_iter().chain(audited).collect()
}

/// Strings of a name with octets that are no letters of their alphabet, or not of PrintableString's (X.680 section 41.4).
fn letters<'a>(name: &'a DistinguishedName<'_>) -> impl Iterator<Item = Fault> + 'a {
    let is_printable = |letter: &u8| letter.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(letter);
    name.attributes().filter_map(move |attribute| {
        let value = &attribute.value;
        match value.tag {
            Tag::PRINTABLE_STRING if !value.content.iter().all(is_printable) => {
                Some(value.fault("letters that PrintableString does not have"))
            }
            tag if tag.type_name().is_some_and(|name| name.ends_with("String")) => value.text().err(),
            _ => None,
        }
    })
}

//! What several lints of the community ask.

use crate::der::{Field, oid};
use crate::lint::{Subject, Verdict, reading};
use crate::x509::extension::IssuerAltName;
use crate::x509::{DistinguishedName, GeneralNames};

/// Whether it has a subjectAltName, readable or not.
pub(super) fn has_alt_names(subject: &Subject<'_>) -> bool {
    subject.anatomy.extension(oid::SUBJECT_ALT_NAME).is_some()
}

/// Whether it has an issuerAltName, readable or not.
pub(super) fn has_issuer_alt_names(subject: &Subject<'_>) -> bool {
    subject.anatomy.extension(oid::ISSUER_ALT_NAME).is_some()
}

/// That no DNS name of the subjectAltName is like this; the first that is.
pub(super) fn no_dns_name(subject: &Subject<'_>, is_wrong: impl Fn(&[u8]) -> bool) -> Verdict {
    reading::extension(subject, |names: Option<GeneralNames<'_>>| first(names.as_ref(), is_wrong))
}

/// The same of the issuerAltName.
pub(super) fn no_issuer_dns_name(subject: &Subject<'_>, is_wrong: impl Fn(&[u8]) -> bool) -> Verdict {
    reading::extension(subject, |names: Option<IssuerAltName<'_>>| {
        first(names.as_ref().map(|names| &names.0), is_wrong)
    })
}

fn first(names: Option<&GeneralNames<'_>>, is_wrong: impl Fn(&[u8]) -> bool) -> Verdict {
    let wrong = names.into_iter().flat_map(GeneralNames::dns).find(|name| is_wrong(name));
    Verdict::of(wrong.map(|name| format!("\"{}\"", name.escape_ascii())))
}

/// That no text of a distinguished name is like this; the first that is.
pub(super) fn no_text(name: &Field<DistinguishedName<'_>>, is_wrong: impl Fn(&str) -> bool) -> Verdict {
    let name = match name {
        Ok(name) => name,
        Err(fault) => return reading::unreadable("the name", *fault),
    };
    let wrong = name.attributes().find_map(|attribute| {
        let text = attribute.value.text().ok().filter(|text| is_wrong(text))?;
        Some(format!("{} is {text:?}", attribute.kind.shown()))
    });
    Verdict::of(wrong)
}

/// That every part of a distinguished name has one attribute.
pub(super) fn no_crowded_part(name: &Field<DistinguishedName<'_>>) -> Verdict {
    let name = match name {
        Ok(name) => name,
        Err(fault) => return reading::unreadable("the name", *fault),
    };
    let crowded = name.rdns.iter().find(|rdn| rdn.attributes.len() > 1);
    Verdict::of(crowded.map(|rdn| {
        let attributes: Vec<String> = rdn.attributes.iter().map(|one| one.to_string()).collect();
        format!("{} are one part", attributes.join(" and "))
    }))
}

//! The organizationIdentifier of the subject and that of the extension are one.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::CabfOrganizationIdentifier;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "ev.ev-orgid-inconsistent-subj-and-ext",
        title: "The organizationIdentifier of the subject and that of the extension are one.",
        why: "They are two ways to write one number; where they differ, one is false.",
        source: Source::ExtendedValidation,
        citation: "EV Guidelines section 7.1.4.2.8",
        severity: Severity::Error,
        effective: Effective::from(2020, 1, 31),
        affects_path: false,
        alias: Some("zlint:e_ev_orgid_inconsistent_subj_and_ext"),
        hint: "order it anew with the right number in both places",
    },
    applies: |subject| {
        let name = subject.anatomy.subject.as_ref();
        ask::claims_extended_validation(subject)
            && name.is_ok_and(|name| ask::organization_identifier(name).is_some())
            && subject.anatomy.extension(oid::CABF_ORGANIZATION_IDENTIFIER).is_some()
    },
    judge: |subject| {
        let text =
            subject.anatomy.subject.as_ref().ok().and_then(ask::organization_identifier).unwrap_or_default();
        reading::extension(subject, |extension: Option<CabfOrganizationIdentifier>| {
            let Some(parts) = Parts::of(&text) else {
                return Verdict::Violated(format!("{text} is not of the form of the guidelines"));
            };
            let same = extension.is_some_and(|extension| parts.are_of(&extension));
            Verdict::holds(same, || format!("{text} is not what cabfOrganizationIdentifier says"))
        })
    },
};

/// The parts of `NTRGB-12345678` or `NTRUS+CA-987654321`.
struct Parts<'a> {
    scheme: &'a str,
    country: &'a str,
    state: Option<&'a str>,
    reference: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (head, reference) = text.split_once('-')?;
        let (head, state) = head.split_once('+').map_or((head, None), |(head, state)| (head, Some(state)));
        let (scheme, country) = head.split_at_checked(3)?;
        let are_letters =
            |text: &str, count| text.len() == count && text.bytes().all(|it| it.is_ascii_uppercase());
        let whole = are_letters(scheme, 3)
            && are_letters(country, 2)
            && state.is_none_or(|state| are_letters(state, 2))
            && !reference.is_empty();
        whole.then_some(Self { scheme, country, state, reference })
    }

    /// Whether the extension says the same. Before the number of a payment service stands the authority that gave it,
    /// which the extension may leave out.
    fn are_of(&self, extension: &CabfOrganizationIdentifier) -> bool {
        let after_authority = self
            .reference
            .split_once('-')
            .filter(|(authority, _)| {
                self.scheme == "PSD" && authority.bytes().all(|it| it.is_ascii_uppercase())
            })
            .map(|(_, number)| number);
        self.scheme == extension.scheme
            && self.country == extension.country
            && self.state.unwrap_or_default() == extension.state.as_deref().unwrap_or_default()
            && (self.reference == extension.reference
                || after_authority == Some(extension.reference.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_compared() {
        let table = [
            ("NTRGB-1", ("NTR", "GB", None, "1"), Some(true)),
            ("NTRUS+CA-1-2", ("NTR", "US", Some("CA"), "1-2"), Some(true)),
            ("NTRUS+CA-1", ("NTR", "US", None, "1"), Some(false)),
            ("PSDES-BDE-3DFD21", ("PSD", "ES", None, "3DFD21"), Some(true)),
            ("PSDES-BDE-3DFD21", ("PSD", "ES", None, "BDE-3DFD21"), Some(true)),
            ("VATES-BDE-3DFD21", ("VAT", "ES", None, "3DFD21"), Some(false)),
            ("NTRGB1", ("NTR", "GB", None, "1"), None),
            ("ntrGB-1", ("NTR", "GB", None, "1"), None),
            ("NTRGB-", ("NTR", "GB", None, ""), None),
        ];
        for (text, (scheme, country, state, reference), same) in table {
            let extension = CabfOrganizationIdentifier {
                scheme: scheme.to_owned(),
                country: country.to_owned(),
                state: state.map(str::to_owned),
                reference: reference.to_owned(),
            };
            assert_eq!(Parts::of(text).map(|parts| parts.are_of(&extension)), same, "{text}");
        }
    }
}

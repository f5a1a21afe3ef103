//! The register of the organisation is in the country of the subject's name.

use super::ask::{self, Validated};
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::DistinguishedName;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.registration-scheme-id-matches-subject-country",
        title: "The register of the organisation is in the country of the subject's name.",
        why: "A number of another register is that of another organisation.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.4.2.2 d; appendix A.1",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_registration_scheme_id_matches_subject_country"),
        hint: "have the CA issue it with the register of the country",
    },
    applies: |subject| {
        let name = subject.anatomy.subject.as_ref();
        let registers = name.ok().and_then(registers);
        registers.is_some_and(|(_, registers)| !registers.is_empty())
            && ask::has_validated(subject, &[Validated::Organization, Validated::Sponsor])
    },
    judge: |subject| {
        reading::name(subject, |name| {
            let Some((country, registers)) = registers(name) else { return Verdict::Pass };
            let other = registers.into_iter().find(|register| *register != country);
            Verdict::of(
                other.map(|register| format!("the register is one of {register}, and C is {country}")),
            )
        })
    },
};

/// The country of the name, and those of its registers that are of a country; `None` where one of them is not written so.
fn registers(name: &DistinguishedName<'_>) -> Option<(String, Vec<String>)> {
    let country = ask::texts(name, oid::COUNTRY).into_iter().next().filter(|code| code.len() == 2)?;
    let mut registers = Vec::new();
    for identifier in ask::texts(name, oid::ORGANIZATION_IDENTIFIER) {
        // Three letters of the scheme and two of the country.
        let scheme = identifier.get(..3)?;
        let register = identifier.get(3..5)?;
        if !scheme.bytes().chain(register.bytes()).all(|letter| letter.is_ascii_uppercase()) {
            return None;
        }
        if !matches!(scheme, "INT" | "LEI") {
            registers.push(register.to_owned());
        }
    }
    Some((country, registers))
}

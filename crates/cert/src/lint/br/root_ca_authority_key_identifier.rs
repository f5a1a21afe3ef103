//! A root that names the key of its issuer names its own.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::{AuthorityKeyIdentifier, SubjectKeyIdentifier};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "br.root-ca-authority-key-identifier",
        title: "The authorityKeyIdentifier of a root has a keyIdentifier, equal to its subjectKeyIdentifier, and nothing else.",
        why: "Whoever builds paths looks for another certificate above the root otherwise.",
        source: Source::BaselineRequirements,
        citation: "Baseline Requirements section 7.1.2.1.3",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 15),
        affects_path: true,
        alias: None,
        hint: "issue the root anew without the extension, or with its own key identifier alone",
    },
    applies: |subject| {
        subject.is_root() && subject.anatomy.extension(crate::der::oid::AUTHORITY_KEY_IDENTIFIER).is_some()
    },
    judge: |subject| {
        reading::extension(subject, |authority: Option<AuthorityKeyIdentifier<'_>>| {
            let Some(authority) = authority else { return Verdict::Pass };
            let own = subject.readable::<SubjectKeyIdentifier<'_>>().map(|id| id.0);
            match authority.key_id {
                None => Verdict::Violated("there is no keyIdentifier".to_owned()),
                key_id if key_id != own => Verdict::Violated("the keyIdentifier is another key's".to_owned()),
                _ if authority.issuer.is_some() || authority.serial.is_some() => {
                    Verdict::Violated("it names its issuer's certificate too".to_owned())
                }
                _ => Verdict::Pass,
            }
        })
    },
};

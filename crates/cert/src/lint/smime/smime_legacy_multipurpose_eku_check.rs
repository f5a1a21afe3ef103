//! A certificate for mail is for mail, and not for servers, code, time stamps or anything.

use super::ask::{
    self,
    Generation::{Legacy, Multipurpose},
};
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::ExtendedKeyUsage;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "smime.smime-legacy-multipurpose-eku-check",
        title: "A certificate for mail is for mail, and not for servers, code, time stamps or anything.",
        why: "The key of a mailbox must not stand for a server or sign programs.",
        source: Source::Smime,
        citation: "S/MIME Baseline Requirements section 7.1.2.3 f",
        severity: Severity::Error,
        effective: Effective::from(2023, 9, 1),
        affects_path: false,
        alias: Some("zlint:e_smime_legacy_multipurpose_eku_check"),
        hint: "have the CA issue it with emailProtection, and other certificates for the rest",
    },
    applies: |subject| ask::is_of(subject, &[Legacy, Multipurpose]),
    judge: |subject| {
        reading::extension(subject, |purposes: Option<ExtendedKeyUsage<'_>>| {
            let has = |purpose| purposes.as_ref().is_some_and(|purposes| purposes.has(purpose));
            let forbidden =
                [oid::SERVER_AUTH, oid::CODE_SIGNING, oid::TIME_STAMPING, oid::ANY_EXTENDED_KEY_USAGE];
            match forbidden.into_iter().find(|purpose| has(*purpose)) {
                Some(purpose) => Verdict::Violated(format!("it is for {}", purpose.shown())),
                None => Verdict::holds(has(oid::EMAIL_PROTECTION), || "it is not for mail".to_owned()),
            }
        })
    },
};

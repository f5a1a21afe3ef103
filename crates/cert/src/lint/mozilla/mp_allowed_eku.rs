//! A CA below a root is for servers or for mail, not for both and not for anything.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};
use crate::x509::extension::ExtendedKeyUsage;

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "mozilla.mp-allowed-eku",
        title: "A CA below a root is for servers or for mail, not for both and not for anything.",
        why: "A CA for everything endangers everything; Mozilla wants one CA for each purpose. A cross-certificate \
              of a root is exempt, which cannot be told from the certificate.",
        source: Source::Mozilla,
        citation: "Mozilla Root Store Policy section 5.3",
        severity: Severity::Notice,
        effective: Effective::from(2019, 1, 1),
        affects_path: false,
        alias: Some("zlint:n_mp_allowed_eku"),
        hint: "have the CA certified for the one purpose that it serves",
    },
    applies: |subject| subject.is_subordinate_ca(),
    judge: |subject| {
        reading::extension(subject, |purposes: Option<ExtendedKeyUsage<'_>>| match purposes {
            None => Verdict::Violated("it lists no purpose".to_owned()),
            Some(purposes) if purposes.purposes.is_empty() => {
                Verdict::Violated("it lists no purpose".to_owned())
            }
            Some(purposes) if purposes.has(oid::ANY_EXTENDED_KEY_USAGE) => {
                Verdict::Violated("it is for any purpose".to_owned())
            }
            Some(purposes) => {
                let both = purposes.has(oid::SERVER_AUTH) && purposes.has(oid::EMAIL_PROTECTION);
                Verdict::holds(!both, || "it is for servers and for mail".to_owned())
            }
        })
    },
};

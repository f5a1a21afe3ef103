//! An RSA key that signs certificates or CRLs does not encrypt.

use crate::der::oid;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::extension::{KeyUsage, KeyUsageBit};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.rsa-allowed-ku-no-encipherment-ca",
        title: "An RSA key that signs certificates or CRLs does not encrypt.",
        why: "Decrypting for others may reveal enough to forge a signature with the same key.",
        source: Source::Rfc,
        citation: "RFC 3279 section 2.3.1",
        severity: Severity::Error,
        effective: Effective::RFC_3279,
        affects_path: false,
        alias: Some("zlint:e_rsa_allowed_ku_no_encipherment_ca"),
        hint: "have the CA's certificate issued anew without keyEncipherment and dataEncipherment",
    },
    applies: |subject| {
        subject.is_ca() && ask::has_key(subject, oid::RSA_ENCRYPTION) && ask::has(subject, oid::KEY_USAGE)
    },
    judge: |subject| {
        ask::value(subject, |usage: &KeyUsage<'_>| {
            let signs = usage.has(KeyUsageBit::KeyCertSign) || usage.has(KeyUsageBit::CrlSign);
            let encrypts =
                usage.has(KeyUsageBit::KeyEncipherment) || usage.has(KeyUsageBit::DataEncipherment);
            Verdict::holds(!(signs && encrypts), || "keyUsage has both signing and encipherment".to_owned())
        })
    },
};

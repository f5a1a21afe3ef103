//! An RSA key below 3072 bits is not in use after 2030.

use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, midnight, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "operator.rsa-2048-beyond-2030",
        title: "An RSA key below 3072 bits is not in use after 2030.",
        why: "Keys with the strength of 112 bits are held to be good until the end of 2030; a certificate that lasts \
              longer must be replaced before it ends.",
        source: Source::Operator,
        citation: "NIST SP 800-57 part 1 revision 5 table 4; SP 800-131A revision 2",
        severity: Severity::Notice,
        effective: Effective::ALWAYS,
        affects_path: false,
        alias: None,
        hint: "make a key on P-256, or an RSA key of 3072 bits, at the next renewal",
    },
    applies: reading::is_rsa,
    judge: |subject| {
        reading::rsa(subject, |modulus, _| {
            reading::validity(subject, |_, ends| {
                let bits = modulus.bit_length();
                let holds = bits >= 3072 || ends < midnight((2031, 1, 1));
                Verdict::holds(holds, || format!("the key has {bits} bits, and the certificate ends {ends}"))
            })
        })
    },
};

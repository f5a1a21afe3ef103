//! A CA's certificate does not stand at the end of a path.

use super::{Meta, Rule};
use crate::path::profile::CaAtEnd;
use crate::x509::extension::KeyUsageBit;

pub(super) static RULE: Rule = Rule {
    meta: Meta {
        code: "path.leaf-is-ca",
        title: "A CA's certificate is used as a server's",
        why: "A key that signs certificates should not lie on a server: some clients refuse such a certificate there.",
        section: "Baseline Requirements section 7.1.2.7.8; mozilla::pkix",
        hint: "have a certificate of its own issued for the server",
        weight: 5,
        is_doubt: false,
    },
    judge: |walk, findings| {
        let leaf = walk.leaf();
        let is_refused = match walk.question.profile.ca_at_end {
            CaAtEnd::Accepted => false,
            CaAtEnd::AsCa => !leaf.may(KeyUsageBit::KeyCertSign),
            CaAtEnd::Refused => true,
        };
        if is_refused && leaf.is_ca() {
            findings.tell(0, "basicConstraints has cA true", "cA false");
        }
    },
};

//! A certificate for code has authorityInfoAccess, not critical.

use super::ask;
use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "code-signing.cs-authority-information-access",
        title: "A certificate for code has authorityInfoAccess, not critical.",
        why: "Operating systems fetch the issuer's certificate by it where the signer has not sent it.",
        source: Source::CodeSigning,
        citation: "Baseline Requirements for Code Signing section 7.1.2.3 a",
        severity: Severity::Error,
        effective: Effective::from(2019, 8, 13),
        affects_path: false,
        alias: Some("zlint:e_cs_authority_information_access"),
        hint: "have the CA issue it with authorityInfoAccess",
    },
    applies: ask::is_below_root,
    judge: |subject| match subject.anatomy.extension(oid::AUTHORITY_INFO_ACCESS) {
        None => Verdict::Violated("authorityInfoAccess is missing".to_owned()),
        Some(access) => Verdict::holds(!access.critical, || "authorityInfoAccess is critical".to_owned()),
    },
};

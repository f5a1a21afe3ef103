//! A signature of RSASSA-PSS says so in one of three exact ways.

use crate::der::oid;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, pss, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "mozilla.mp-rsassa-pss-parameters-encoding-in-signature-algorithm-correct",
        title: "A signature of RSASSA-PSS says so in one of three exact ways.",
        why: "Clients compare these octets instead of reading them: another way of writing the same is refused.",
        source: Source::Mozilla,
        citation: "Mozilla Root Store Policy section 5.1.1",
        severity: Severity::Error,
        effective: Effective::from(2020, 1, 1),
        affects_path: true,
        alias: Some("zlint:e_mp_rsassa-pss_parameters_encoding_in_signature_algorithm_correct"),
        hint: "have the CA sign with SHA-256, MGF1 with SHA-256 and a salt of 32 octets, or the like for SHA-384 and \
               SHA-512",
    },
    applies: |subject| {
        subject.anatomy.tbs_signature.as_ref().is_ok_and(|algorithm| algorithm.oid == oid::RSASSA_PSS)
    },
    judge: |subject| match &subject.anatomy.tbs_signature {
        Ok(algorithm) => Verdict::holds(pss::is_allowed(algorithm), || crate::hex(algorithm.der())),
        Err(fault) => reading::unreadable("the signature algorithm", *fault),
    },
};

//! A signature of ECDSA has the digest that fits its curve, and no parameters.

use super::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict, reading};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "mozilla.mp-ecdsa-signature-encoding-correct",
        title: "A signature of ECDSA has the digest that fits its curve, and no parameters.",
        why: "The digest is fixed by the curve of the signer: clients refuse any other pair. The curve is told by \
              the length of the signature.",
        source: Source::Mozilla,
        citation: "Mozilla Root Store Policy section 5.1.2",
        severity: Severity::Error,
        effective: Effective::from(2025, 3, 15),
        affects_path: true,
        alias: Some("zlint:e_mp_ecdsa_signature_encoding_correct"),
        hint: "have the CA sign with SHA-256 by P-256, SHA-384 by P-384, SHA-512 by P-521",
    },
    applies: ask::is_signed_by_ecdsa,
    judge: |subject| match (&subject.anatomy.tbs_signature, &subject.anatomy.signature) {
        (Ok(algorithm), Ok(signature)) => {
            let [sha256, sha384, sha512] = ask::ECDSA;
            // Two numbers of 32, 48 or 66 octets, each with its header, perhaps with a zero before it.
            let (curve, expected) = match signature.bytes.len() {
                ..=72 => ("P-256", sha256),
                73..=104 => ("P-384", sha384),
                105..=140 => ("P-521", sha512),
                length => return Verdict::Violated(format!("no curve has a signature of {length} octets")),
            };
            let fits = algorithm.oid == expected && algorithm.parameters.is_none();
            let parameters = if algorithm.parameters.is_some() { " with parameters" } else { "" };
            Verdict::holds(fits, || {
                format!("{}{parameters}, where the signature is one of {curve}", algorithm.oid.shown())
            })
        }
        (Err(fault), _) | (_, Err(fault)) => reading::unreadable("the signature", *fault),
    },
};

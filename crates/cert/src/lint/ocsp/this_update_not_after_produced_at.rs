//! What an answer tells was known before the answer was signed.

use crate::lint::ocsp::OcspLint;
use crate::lint::{Effective, Meta, Severity, Source, Verdict};

pub(super) const LINT: OcspLint = OcspLint {
    meta: Meta {
        id: "ocsp.this-update-not-after-produced-at",
        title: "What an answer tells was known before the answer was signed.",
        why: "A responder cannot know what is still to come: one of its two clocks is wrong, and clients whose own is right refuse the answer.",
        source: Source::Rfc,
        citation: "RFC 6960 section 2.4",
        severity: Severity::Error,
        effective: Effective::from(2013, 6, 1),
        affects_path: false,
        alias: Some("zlint:e_this_update_not_after_produced_at"),
        hint: "look at the clocks of the responder and of the CA behind it",
    },
    applies: |response| response.responses().next().is_some(),
    judge: |response| {
        let Ok(produced) = response.produced_at else {
            return Verdict::Unknown("producedAt cannot be read".to_owned());
        };
        for answer in response.responses() {
            match answer.this_update {
                Ok(known) if known.time > produced.time => {
                    return Verdict::Violated(format!(
                        "known at {}, signed at {}",
                        known.time, produced.time
                    ));
                }
                Ok(_) => {}
                Err(fault) => return Verdict::Unknown(fault.to_string()),
            }
        }
        Verdict::Pass
    },
};

//! A UTCTime is given in Greenwich Mean Time.

use crate::der::MomentForm;
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.utc-time-not-in-zulu",
        title: "A UTCTime is given in Greenwich Mean Time.",
        why: "DER has one form for each instant; clients that read no other take the certificate for broken.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.1.2.5.1",
        severity: Severity::Error,
        effective: Effective::RFC_2459,
        affects_path: true,
        alias: Some("zlint:e_utc_time_not_in_zulu"),
        hint: "have it issued anew with times written as YYMMDDHHMMSSZ",
    },
    applies: |subject| ask::has_moment(subject, MomentForm::Utc),
    judge: |subject| ask::all_moments(subject, MomentForm::Utc, |moment| moment.letters.ends_with(b"Z")),
};

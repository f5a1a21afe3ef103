//! The uses of the key fit its purposes.

use crate::der::{List, Oid, oid};
use crate::lint::rfc::ask;
use crate::lint::{Effective, Lint, Meta, Severity, Source, Verdict};
use crate::x509::extension::{ExtendedKeyUsage, KeyUsage, KeyUsageBit};

pub(super) const LINT: Lint = Lint {
    meta: Meta {
        id: "rfc.key-usage-and-extended-key-usage-inconsistent",
        title: "The uses of the key fit its purposes.",
        why: "A client must find both consistent: a key that may not do what its purpose needs is refused for it.",
        source: Source::Rfc,
        citation: "RFC 5280 section 4.2.1.12",
        severity: Severity::Error,
        effective: Effective::RFC_5280,
        affects_path: false,
        alias: Some("zlint:e_key_usage_and_extended_key_usage_inconsistent"),
        hint: "have it issued anew with the uses that RFC 5280 names for the purpose",
    },
    applies: |subject| {
        subject.is_subscriber()
            && ask::has(subject, oid::EXTENDED_KEY_USAGE)
            && ask::has(subject, oid::KEY_USAGE)
    },
    judge: |subject| {
        ask::value(subject, |usage: &KeyUsage<'_>| {
            ask::value(subject, |purposes: &ExtendedKeyUsage<'_>| {
                Verdict::holds(is_consistent(usage, purposes.purposes), || {
                    let bits: Vec<&str> = usage.set().map(KeyUsageBit::name).collect();
                    let purposes: Vec<String> = purposes.purposes.iter().map(|one| one.shown()).collect();
                    format!("{} does not fit {}", bits.join(", "), purposes.join(", "))
                })
            })
        })
    },
};

const SIGNS: KeyUsageBit = KeyUsageBit::DigitalSignature;
const COMMITS: KeyUsageBit = KeyUsageBit::ContentCommitment;
const ENCRYPTS: KeyUsageBit = KeyUsageBit::KeyEncipherment;
const AGREES: KeyUsageBit = KeyUsageBit::KeyAgreement;

/// The uses that may be consistent with each purpose.
const FITTING: [(Oid<'static>, &[KeyUsageBit]); 6] = [
    (oid::SERVER_AUTH, &[SIGNS, ENCRYPTS, AGREES]),
    (oid::CLIENT_AUTH, &[SIGNS, AGREES]),
    (oid::CODE_SIGNING, &[SIGNS]),
    (oid::EMAIL_PROTECTION, &[SIGNS, COMMITS, ENCRYPTS, AGREES]),
    (oid::TIME_STAMPING, &[SIGNS, COMMITS]),
    (oid::OCSP_SIGNING, &[SIGNS, COMMITS]),
];

/// Whether every use fits one of the purposes. A key for one purpose either encrypts keys or agrees on them; with a purpose
/// that RFC 5280 does not know, every use may fit.
fn is_consistent(usage: &KeyUsage<'_>, purposes: List<'_, Oid<'_>>) -> bool {
    let fitting =
        |purpose: Oid<'_>| FITTING.iter().find(|(known, _)| *known == purpose).map(|(_, uses)| *uses);
    let Some(uses) = purposes.iter().map(fitting).collect::<Option<Vec<_>>>() else { return true };
    let fits = usage.set().all(|bit| uses.iter().any(|uses| uses.contains(&bit)));
    let both = purposes.len() == 1 && usage.has(ENCRYPTS) && usage.has(AGREES);
    purposes.is_empty() || (fits && !both && usage.set().next().is_some())
}

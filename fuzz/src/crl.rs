//! Any bytes as a CRL: no panic, and what is read in pieces is what is read as a whole.

use notafter_cert::Time;
use notafter_cert::lint;
use notafter_cert::revocation::crl::{Crl, Material, Policy, Sieve, Sought, judge};
use notafter_cert::x509::{Anatomy, CrlAnatomy};

/// A certificate to look for.
const CERTIFICATE: &[u8] = include_bytes!("../seeds/certificate/leaf.der");

pub(super) fn run(bytes: &[u8]) {
    let crl = CrlAnatomy::of(bytes);
    let faults = crl.faults();
    let entries = crl.entries().count();
    for extension in crl.trailer.extensions() {
        let _ = extension.fault();
    }
    for lint in lint::of_crls() {
        let _ = lint.run(&crl);
    }
    let certificate = Anatomy::of(CERTIFICATE);
    let mut sieve = Sieve::new(Sought::of(&certificate).into_iter().collect());
    let read = bytes.chunks(5).try_for_each(|chunk| sieve.push(chunk)).and_then(|()| sieve.finish());
    let at = Time::from_unix_seconds(1_795_000_000);
    let judged = |crl| judge(&certificate, &Material { crls: &[crl], issuers: &[] }, at, &Policy::default());
    assert!(!judged(Crl::of(bytes)).is_good(), "nobody signed it");
    if let Ok(sieved) = &read {
        assert!(!judged(Crl::sieved(sieved)).is_good(), "nobody signed it");
        // Lengths that are wrong in a way that only one of the two readers forgives are faults of the other.
        assert!(!faults.is_empty() || sieved.entries == u64::try_from(entries).unwrap_or(u64::MAX));
    }
}

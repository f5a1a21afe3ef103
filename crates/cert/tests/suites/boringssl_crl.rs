//! BoringSSL's tests of CRLs: a certificate, its issuers and a CRL each, and what BoringSSL makes of them.

use std::collections::BTreeMap;

use notafter_cert::revocation::Verdict;
use notafter_cert::revocation::crl::{Crl, CrlIssuer, Material, Policy, Reach, Sieve, Sought, judge};
use notafter_cert::x509::Anatomy;
use notafter_cert::{Span, Time, pem};

use crate::archive;

const WHAT: &str = "BoringSSL's tests of CRLs";
/// The instant at which they are judged.
const AT: i64 = 1_489_017_600;

/// The blocks of a file by their labels.
fn blocks(text: &[u8]) -> BTreeMap<String, Vec<u8>> {
    pem::blocks(text).into_iter().map(|block| (block.label, block.der)).collect()
}

/// As browsers see it, a week being the greatest age.
fn policy() -> Policy {
    Policy { max_age: Some(Span::days(7)), reach: Reach::Direct, ..Policy::default() }
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "GOOD",
        Verdict::Revoked { .. } => "REVOKED",
        Verdict::Unknown(_) => "UNKNOWN",
    }
}

/// 66 cases, held as a whole and read in pieces of seven octets; every one agrees.
#[test]
fn boringssl_and_we_agree_on_every_crl() {
    let Some(files) = archive::files("boringssl-parse-crl.tar.xz", WHAT) else { return };
    let rows = String::from_utf8(files["crl_expected.tsv"].clone()).unwrap();
    let (mut disagreements, mut count) = (Vec::new(), 0);
    for row in rows.lines().filter(|row| row.starts_with("crl\t")) {
        let [_, name, expected, ..] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("{row}") };
        let blocks = blocks(&files[&format!("crl_unittest/{name}")]);
        let certificate = Anatomy::of(&blocks["CERTIFICATE"]);
        let issuers =
            ["CA CERTIFICATE", "CA CERTIFICATE 2"].into_iter().filter_map(|label| blocks.get(label));
        let issuers: Vec<_> = issuers.map(|der| CrlIssuer::certificate(&Anatomy::of(der)).unwrap()).collect();
        let judged = |crl: Crl<'_>| {
            let material = Material { crls: &[crl], issuers: &issuers };
            judge(&certificate, &material, Time::from_unix_seconds(AT), &policy())
        };
        let mut sieve = Sieve::new(vec![Sought::of(&certificate).unwrap()]);
        let pushed = blocks["CRL"].chunks(7).try_for_each(|chunk| sieve.push(chunk));
        let sieved = pushed.and_then(|()| sieve.finish());
        let sieved = sieved.map(|sieved| judged(Crl::sieved(&sieved)));
        let held = judged(Crl::of(&blocks["CRL"]));
        let in_pieces = sieved.as_ref().map_or("UNKNOWN", word);
        if word(&held) != expected || in_pieces != expected {
            disagreements.push(format!("{name}: {expected}, but held {held:?}, in pieces {sieved:?}"));
        }
        count += 1;
    }
    assert!(disagreements.is_empty(), "{disagreements:#?}");
    assert_eq!(count, 66);
}

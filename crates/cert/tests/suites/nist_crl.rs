//! The CRLs of NIST's path validation testing: taken apart, read in pieces, and judged along every path.

use std::collections::BTreeMap;

use notafter_cert::Time;
use notafter_cert::revocation::crl::{Crl, CrlIssuer, Material, Policy, judge};
use notafter_cert::revocation::{Because, Verdict};
use notafter_cert::x509::extension::{CrlNumber, ExtensionValue, KeyUsage};
use notafter_cert::x509::{Anatomy, CrlAnatomy, CrlEntry, CrlPiece, CrlStream};

use crate::archive;

const WHAT: &str = "NIST's path validation testing";

/// What matters of an entry: its serial number, its date, and its place.
type Seen = (Vec<u8>, Time, usize);

fn seen(entry: &CrlEntry<'_>) -> Seen {
    (entry.serial.bytes().to_vec(), entry.date.time, entry.at)
}

/// The entries of a CRL that comes in chunks of this size, and the CRL without them.
fn in_pieces(der: &[u8], size: usize) -> (Vec<Seen>, Vec<u8>) {
    let (mut stream, mut entries) = (CrlStream::new(), Vec::new());
    for chunk in der.chunks(size) {
        stream.push(chunk);
        while let Some(piece) = stream.piece().unwrap() {
            if let CrlPiece::Entry(entry) = piece {
                entries.push(seen(&entry.unwrap()));
            }
        }
    }
    (entries, stream.finish().unwrap().emptied)
}

#[test]
fn every_crl_of_nist_is_taken_apart() {
    let Some(files) = archive::files("nist-pkits.tar.xz", WHAT) else { return };
    let crls: Vec<_> = files.iter().filter(|(name, _)| name.ends_with(".crl")).collect();
    assert_eq!(crls.len(), 91);
    for (name, der) in crls {
        let crl = CrlAnatomy::of(der);
        assert_eq!(crl.faults(), [], "{name}");
        let entries: Vec<Seen> = crl.entries().map(|entry| seen(&entry.unwrap())).collect();
        let number = crl.trailer.readable::<CrlNumber<'_>>();
        assert!(number.is_some_and(|number| number.check().is_ok()), "{name}");
        for size in [1, 16, der.len()] {
            let (pieces, emptied) = in_pieces(der, size);
            assert_eq!(pieces, entries, "{name}");
            assert_eq!(CrlAnatomy::of(&emptied).faults(), [], "{name}");
        }
    }
}

/// What the CRLs of a test say of every certificate of its path but the anchor.
fn verdicts(test: &serde_json::Value, files: &BTreeMap<String, Vec<u8>>) -> Vec<Verdict> {
    let names = |list: &str, folder: &str| -> Vec<&Vec<u8>> {
        let names = test[list].as_array().unwrap().iter();
        names.map(|name| &files[&format!("{folder}/{}", name.as_str().unwrap())]).collect()
    };
    let path: Vec<Anatomy<'_>> = names("CertPath", "certs").into_iter().map(|der| Anatomy::of(der)).collect();
    let crls: Vec<Crl<'_>> = names("CRLPath", "crls").into_iter().map(|der| Crl::of(der)).collect();
    // The anchor is a name and a key; of the others, whoever has a key usage.
    let signs = |anatomy: &&Anatomy<'_>| anatomy.value::<KeyUsage<'_>>().is_some();
    let issuers: Vec<CrlIssuer<'_>> =
        path.iter().filter(signs).map(|anatomy| CrlIssuer::certificate(anatomy).unwrap()).collect();
    let material = Material { crls: &crls, issuers: &issuers };
    let at: Time = "2012-01-01T00:00:00Z".parse().unwrap();
    path.iter().skip(1).map(|anatomy| judge(anatomy, &material, at, &Policy::default())).collect()
}

/// Section 4.4 is about CRLs, and 4.5 about their keys: each certificate is good where the path is, and not where it is not. All
/// other paths that are good must have no certificate that is not.
#[test]
fn crls_say_of_every_path_of_nist_what_its_test_expects() {
    let Some(files) = archive::files("nist-pkits.tar.xz", WHAT) else { return };
    let tests: Vec<serde_json::Value> = serde_json::from_slice(&files["vectors.json"]).unwrap();
    let mut disagreements = Vec::new();
    for test in &tests {
        let (name, is_valid) = (test["Name"].as_str().unwrap(), test["ShouldValidate"].as_bool().unwrap());
        // Its key signs CRLs and no certificates, which is for path validation to see.
        let is_about_crls = name.starts_with("4.4.") || name.starts_with("4.5.");
        let is_about_crls = is_about_crls && !name.starts_with("4.5.8 ");
        if !is_valid && !is_about_crls {
            continue;
        }
        let verdicts = verdicts(test, &files);
        // DSA with SHA-1 is broken, and not known here.
        let broken = Verdict::Unknown(Because::WeakSignature("DSA with SHA-1".to_owned()));
        if name.contains("DSA") && verdicts.contains(&broken) {
            continue;
        }
        if verdicts.iter().all(Verdict::is_good) != is_valid {
            disagreements.push(format!("{name}: {verdicts:?}"));
        }
    }
    assert!(disagreements.is_empty(), "{disagreements:#?}");
}

//! The certificates of BoringSSL's parser tests: whole ones, of which its `ERRORS` blocks say whether they may be read.

use std::collections::BTreeMap;

use notafter_cert::pem;
use notafter_cert::x509::Anatomy;

use crate::{archive, exceptions};

const WHAT: &str = "BoringSSL's certificates";

/// At least 69 of 71 are faulty where BoringSSL has an error, and whole where it has none.
#[test]
fn certificates_are_faulty_where_boringssl_says_so() {
    let Some(files) = archive::files("boringssl-parse-crl.tar.xz", WHAT) else { return };
    let (mut count, mut disagreements) = (0, BTreeMap::new());
    for (name, text) in files.iter().filter(|(name, _)| name.starts_with("parse_certificate_unittest/")) {
        let blocks = pem::blocks(text);
        let block = |label: &str| blocks.iter().find(|block| block.label == label);
        let Some(certificate) = block("CERTIFICATE") else { continue };
        count += 1;
        let errors =
            block("ERRORS").map(|block| String::from_utf8_lossy(&block.der).into_owned()).unwrap_or_default();
        let faults = Anatomy::of(&certificate.der).strict_faults();
        if faults.is_empty() == errors.contains("ERROR") {
            let told: Vec<String> = faults.iter().map(|(field, fault)| format!("{field}, {fault}")).collect();
            disagreements
                .insert(name.clone(), format!("{} where BoringSSL says {errors:?}", told.join("; ")));
        }
    }
    assert_eq!(count, 71);
    assert!(disagreements.len() <= 2, "{}: {disagreements:#?}", disagreements.len());
    exceptions::compare(&disagreements, &exceptions::read(include_str!("exceptions/boringssl_parse.tsv")));
}

//! Certificates of other makers, and bytes of nobody's making.
#![expect(clippy::unwrap_used, reason = "a test may stop where what it stands on is missing")]
#![expect(clippy::disallowed_methods, reason = "the fixtures are files beside the test")]
#![expect(clippy::disallowed_types, reason = "openssl is asked about the same files")]

mod baseline_lints;
mod certificate;
mod containers;
mod hostile;
#[path = "../../../lab/tests/it/left_out.rs"]
mod left_out;
mod ocsp;
mod operator_lints;
mod oracle;
mod ordinary_certificates;
mod path;
mod pem;

use notafter_cert::Certificate;

/// A certificate from `data/`, made with OpenSSL (or copied from an RFC, where its name says so).
fn fixture(name: &str) -> Certificate {
    let path = format!("{}/tests/it/data/{name}.pem", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let ders = notafter_cert::pem::chain_from(text.as_bytes()).unwrap();
    Certificate::parse(&ders[0]).unwrap()
}

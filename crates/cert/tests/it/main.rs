//! Certificates of other makers, and bytes of nobody's making.

mod certificate;
mod hostile;
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

//! Any PKCS#12 file, opened with the passwords that are tried on files that are found: no panic, and the work is bounded.

use notafter_keys::pkcs12;

pub(super) fn run(bytes: &[u8]) {
    let _ = pkcs12::read(bytes, &["", "changeit"]);
}

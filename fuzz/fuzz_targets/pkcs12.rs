//! PKCS#12 files, opened with the passwords that are tried on files that are found.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = notafter_keys::pkcs12::read(data, &["", "changeit"]);
});

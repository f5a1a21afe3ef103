//! Any file: no panic, and every PEM block that is read is written and read the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notafter_cert::{bag, pem};

fuzz_target!(|bytes: &[u8]| {
    let _ = bag::read(bytes);
    for block in pem::blocks(bytes) {
        let written = pem::write(&block.label, &block.der);
        assert_eq!(pem::blocks(written.as_bytes()), [block]);
    }
});

//! Any file: no panic, and every PEM block that is read is written and read the same.

use notafter_cert::{bag, pem};

pub(super) fn run(bytes: &[u8]) {
    let _ = bag::read(bytes);
    let _ = pem::chain_from(bytes);
    for block in pem::blocks(bytes) {
        let written = pem::write(&block.label, &block.der);
        assert_eq!(pem::blocks(written.as_bytes()), [block]);
    }
}

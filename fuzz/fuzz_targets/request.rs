//! Any bytes: no panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notafter_cert::csr::Request;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = Request::parse(bytes) {
        let _ = request.is_self_signed();
    }
});

//! Any bytes as a signing request: no panic.

use notafter_cert::csr::Request;

pub(super) fn run(bytes: &[u8]) {
    if let Ok(request) = Request::parse(bytes) {
        let _ = request.is_self_signed();
    }
}

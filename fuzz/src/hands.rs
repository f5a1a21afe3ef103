//! Any bytes at the helper's socket: no panic.

use std::io::Write;
use std::os::unix::net::UnixStream;

use notafter_keys::parcel::Parcel;
use notafter_providers::hands::Question;

pub(super) fn run(bytes: &[u8]) {
    let _ = Question::read(bytes);
    // What a socket holds without somebody who reads.
    if bytes.len() > 64 * 1024 {
        return;
    }
    let Ok((mut here, there)) = UnixStream::pair() else { return };
    if here.write_all(bytes).is_ok() {
        drop(here);
        let _ = Parcel::receive(&there);
    }
}

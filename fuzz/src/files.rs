//! Any files where certificates usually lie: no panic, and what is read is the same when read again.

use super::staged;

const FILES: [&str; 4] = ["etc/ssl/shop.pem", "etc/ssl/shop.der", "etc/ssl/shop.p12", "etc/ssl/shop.crt"];

pub(super) fn run(bytes: &[u8]) {
    staged::survey(&["files", "key_uses"], &FILES, bytes);
}

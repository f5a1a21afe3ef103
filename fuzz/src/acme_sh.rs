//! Any settings, accounts and logs of acme.sh: no panic, and what is read is the same when read again.

use super::staged;

const FILES: [&str; 7] = [
    "root/.acme.sh/shop.example_ecc/shop.example.conf",
    "root/.acme.sh/shop.example_ecc/fullchain.cer",
    "root/.acme.sh/account.conf",
    "root/.acme.sh/ca/ca.example/directory/ca.conf",
    "root/.acme.sh/ca/ca.example/directory/account.key",
    "var/log/acme.log",
    "etc/passwd",
];

pub(super) fn run(bytes: &[u8]) {
    staged::survey(&["cron", "acme_sh"], &FILES, bytes);
}

//! Any renewal configuration, account and log of certbot: no panic, and what is read is the same when read again.

use super::staged;

const FILES: [&str; 5] = [
    "etc/letsencrypt/renewal/shop.example.conf",
    "etc/letsencrypt/live/shop.example/fullchain.pem",
    "etc/letsencrypt/archive/shop.example/cert1.pem",
    "etc/letsencrypt/accounts/ca.example/directory/a1/regr.json",
    "var/log/letsencrypt/letsencrypt.log",
];

pub(super) fn run(bytes: &[u8]) {
    staged::survey(&["certbot"], &FILES, bytes);
}

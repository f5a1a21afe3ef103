//! Any configuration of Apache: no panic, and an end within the budgets.

use super::staged;

const FILES: [&str; 4] = [
    "etc/apache2/apache2.conf",
    "etc/apache2/sites-enabled/shop.conf",
    "etc/apache2/sites-enabled/other.conf",
    "etc/apache2/envvars",
];

pub(super) fn run(bytes: &[u8]) {
    staged::survey(&["apache"], &FILES, bytes);
}

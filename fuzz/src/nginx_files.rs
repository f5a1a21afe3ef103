//! Any configuration of nginx as its files lie on disk: no panic, and an end within the budgets.

use super::staged;

const FILES: [&str; 4] = [
    "etc/nginx/nginx.conf",
    "etc/nginx/sites-enabled/shop",
    "etc/nginx/sites-enabled/other",
    "etc/nginx/snippets/pair.conf",
];

pub(super) fn run(bytes: &[u8]) {
    staged::survey(&["nginx"], &FILES, bytes);
}

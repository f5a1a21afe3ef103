//! Any units of systemd: no panic, and what is read is the same when read again.

use super::staged;

const FILES: [&str; 4] = [
    "etc/systemd/system/certbot.timer",
    "etc/systemd/system/certbot.service",
    "etc/systemd/system/certbot.timer.d/more.conf",
    "lib/systemd/system/certbot.timer",
];

pub(super) fn run(bytes: &[u8]) {
    staged::survey(&["timers"], &FILES, bytes);
}

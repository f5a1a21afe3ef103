//! Any files where other people's renewers and web servers keep theirs, read by every source after the other.

use super::staged;

const FILES: [&str; 16] = [
    "etc/nginx/nginx.conf",
    "etc/nginx/sites-enabled/shop",
    "etc/apache2/apache2.conf",
    "etc/apache2/sites-enabled/shop.conf",
    "etc/letsencrypt/renewal/shop.example.conf",
    "etc/letsencrypt/live/shop.example/fullchain.pem",
    "etc/letsencrypt/live/shop.example/privkey.pem",
    "etc/crontab",
    "etc/systemd/system/certbot.timer",
    "etc/systemd/system/certbot.service",
    "root/.acme.sh/shop.example/shop.example.conf",
    "root/.acme.sh/shop.example/fullchain.cer",
    "etc/lego/certificates/shop.example.json",
    "etc/lego/certificates/shop.example.crt",
    "var/log/letsencrypt/letsencrypt.log",
    "etc/ssl/shop.p12",
];

pub(super) fn run(bytes: &[u8]) {
    staged::survey(&[], &FILES, bytes);
}

//! Configuration files are anybody's: no content makes a reader panic, and what is read is the same when read again.

use std::path::Path;

use notafter_inventory::adopt::fact::Survey;
use notafter_providers::discover::{ALL, Machine};
use notafter_providers::nginx::Config;
use proptest::prelude::*;

/// What the readers look for.
const FILES: [&str; 11] = [
    "etc/nginx/nginx.conf",
    "etc/nginx/sites-enabled/shop",
    "etc/apache2/apache2.conf",
    "etc/apache2/sites-enabled/shop.conf",
    "etc/letsencrypt/renewal/shop.example.conf",
    "etc/crontab",
    "etc/cron.d/certbot",
    "etc/systemd/system/certbot.timer",
    "etc/systemd/system/certbot.service",
    "root/.acme.sh/shop.example/shop.example.conf",
    "var/log/letsencrypt/letsencrypt.log",
];

/// Words that mean something to one reader or another, and what they trip over.
const WORDS: [&str; 44] = [
    "server",
    "http",
    "{",
    "}",
    ";",
    "listen 443 ssl",
    "server_name",
    "ssl_certificate",
    "include",
    "*",
    "\\",
    "\\\n",
    "\n",
    "\n\n",
    " ",
    "\t",
    "\"",
    "'",
    "#",
    "=",
    "$host",
    "%{X}",
    "<VirtualHost *:443>",
    "</VirtualHost>",
    "SSLEngine on",
    "SSLCertificateFile",
    "Include /etc/apache2/*.conf",
    "Define x",
    "[Timer]",
    "[Service]",
    "[Install]",
    "OnCalendar=daily",
    "ExecStart=/usr/bin/certbot renew",
    "WantedBy=timers.target",
    "0 */12 * * *",
    "@daily",
    "root certbot -q renew",
    "[renewalparams]",
    "[[webroot_map]]",
    "fullchain = /etc/letsencrypt/live/shop/fullchain.pem",
    "Le_NextRenewTime='1'",
    "\u{0}",
    "99999999999999999999",
    "é\u{202e}",
];

fn content() -> impl Strategy<Value = Vec<u8>> {
    let words = proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..40);
    prop_oneof![
        4 => words.prop_map(|words| words.concat().into_bytes()),
        1 => proptest::collection::vec(any::<u8>(), 0..200),
    ]
}

fn survey(root: &Path) -> Survey {
    let machine = Machine::new(root, Vec::new());
    let mut survey = Survey::default();
    for source in ALL {
        source.discover(&machine, &mut survey);
    }
    survey
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_configuration_is_read_or_told_as_unseen(files in proptest::collection::vec((0..FILES.len(), content()), 1..8)) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("run/systemd/system")).unwrap();
        for (index, bytes) in files {
            let path = folder.path().join(FILES[index]);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        prop_assert_eq!(survey(folder.path()), survey(folder.path()));
    }

    #[test]
    fn any_dump_of_nginx_is_read_or_refused(bytes in content()) {
        let text = String::from_utf8_lossy(&bytes);
        for dump in [text.to_string(), format!("# configuration file /etc/nginx/nginx.conf:\n{text}")] {
            if let Ok(config) = Config::from_dump(&dump) {
                let _ = (config.servers(), config.http(), config.pid_file());
            }
        }
    }
}

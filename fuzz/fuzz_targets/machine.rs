//! Any files where other people's renewers and web servers keep theirs: no panic, and what is read is the same when read
//! again. The first byte of each piece names the file, the next two its length.
#![no_main]

use std::fs;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use notafter_inventory::adopt::fact::Survey;
use notafter_providers::discover::{ALL, Machine};

const FILES: [&str; 12] = [
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
    "root/.lego/certificates/shop.example.json",
    "var/log/letsencrypt/letsencrypt.log",
];

fuzz_target!(|bytes: &[u8]| {
    let Ok(folder) = tempfile::tempdir() else { return };
    let made = fs::create_dir_all(folder.path().join("run/systemd/system"));
    let mut rest = bytes;
    while let [file, high, low, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (content, after) = after.split_at(after.len().min(length));
        if lay(&folder.path().join(FILES[usize::from(*file) % FILES.len()]), content).is_err() || made.is_err() {
            return;
        }
        rest = after;
    }
    assert_eq!(survey(folder.path()), survey(folder.path()));
});

fn lay(path: &Path, content: &[u8]) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, content)
}

fn survey(root: &Path) -> Survey {
    let machine = Machine::new(root, Vec::new());
    let mut survey = Survey::default();
    for source in ALL {
        source.discover(&machine, &mut survey);
    }
    survey
}

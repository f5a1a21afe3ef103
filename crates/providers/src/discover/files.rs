//! Certificate files: those that a configuration names, and those in the usual places.

use notafter_cert::{Certificate, bag};
use notafter_inventory::adopt::fact::{Container, Der, FoundFile, Survey, Validity};
use notafter_keys::{on_disk, pkcs12};

use super::machine::{Blind, Entry, Machine};
use super::{Discoverer, Meta, note, seen};

/// PEM, DER and PKCS#12 files.
pub(super) struct Files;

/// Directories that are walked, and how deep.
const USUAL: [(&str, u32); 16] = [
    ("/etc/ssl", 2),
    ("/etc/pki/tls", 2),
    ("/etc/pki/nginx", 2),
    ("/etc/nginx", 3),
    ("/etc/apache2", 2),
    ("/etc/httpd", 2),
    ("/etc/haproxy", 2),
    ("/etc/postfix", 2),
    ("/etc/dovecot", 2),
    ("/etc/exim4", 2),
    ("/etc/ldap", 2),
    ("/etc/mysql", 2),
    ("/etc/postgresql", 3),
    ("/etc/certs", 2),
    ("/srv/certs", 2),
    ("/usr/local/etc/ssl", 2),
];
/// Keys of one directory with which a self-signed certificate is compared.
const MOST_KEYS: usize = 20;
const ENDINGS: [&str; 8] = [".pem", ".crt", ".cer", ".cert", ".der", ".p12", ".pfx", ".chained"];
/// Passwords that protect nothing: an export without one, and Java's default.
const OPEN_PASSWORDS: [&str; 2] = ["", "changeit"];

impl Discoverer for Files {
    fn meta(&self) -> Meta {
        Meta {
            name: "files",
            title: "PEM, DER and PKCS#12 files",
            reads: &[
                "files that web servers and renewing programs name",
                "/etc/ssl",
                "/etc/pki/tls",
                "/etc/nginx",
            ],
        }
    }

    fn discover(&self, machine: &Machine, survey: &mut Survey) {
        let sites =
            survey.sites.iter().flat_map(|site| site.pairs.iter().map(|pair| pair.certificate.clone()));
        let kept =
            survey.kept.iter().flat_map(|kept| [&kept.chain_file].into_iter().chain(&kept.copies).cloned());
        let mut named: Vec<String> = sites.chain(kept).collect();
        named.sort();
        named.dedup();
        for path in named {
            match read(machine, &path) {
                Ok(file) => survey.files.push(file),
                Err(Blind::Missing) => note(survey, &path, "a configuration names it, but it does not exist"),
                Err(blind) => note(survey, &path, blind.to_string()),
            }
        }
        for (directory, depth) in USUAL {
            walk(machine, survey, directory, depth);
        }
        for directory in machine.also() {
            walk(machine, survey, directory, 3);
            linked(machine, survey, directory);
        }
        for path in machine.files() {
            let is_known = |survey: &Survey| survey.files.iter().any(|known| known.path == *path);
            match read(machine, path) {
                _ if is_known(survey) => {}
                Ok(file) => survey.files.push(file),
                // Whoever watches it says that it is gone.
                Err(Blind::Missing) => {}
                Err(blind) => note(survey, path, blind.to_string()),
            }
        }
    }
}

fn walk(machine: &Machine, survey: &mut Survey, directory: &str, depth: u32) {
    let entries = machine.list(directory);
    let entries = seen(survey, directory, entries).unwrap_or_default();
    let keys = keys(&entries);
    for entry in &entries {
        // Links lead to files that are found where they lie, or are trust anchors under their hashes.
        if machine.link(&entry.path).is_some() {
            continue;
        }
        if entry.is_directory {
            if depth > 1 && !is_archive(survey, &entry.path) {
                walk(machine, survey, &entry.path, depth - 1);
            }
        } else if ENDINGS.iter().any(|ending| entry.name.ends_with(ending)) {
            add(machine, survey, &entry.path, &keys);
        }
    }
}

/// Where a renewing program keeps what it had before: certbot in `archive`, lego in `archives`. The newest is told with what
/// it keeps.
fn is_archive(survey: &Survey, directory: &str) -> bool {
    survey.kept.iter().any(|kept| {
        directory
            .strip_prefix(kept.home.trim_end_matches('/'))
            .is_some_and(|rest| ["/archive", "/archives"].contains(&rest))
    })
}

/// Who names a directory means what is linked into it too. Of several files with one certificate, the last by name: the
/// full chain before the bare certificate, where certbot made them.
fn linked(machine: &Machine, survey: &mut Survey, directory: &str) {
    let entries = machine.list(directory).unwrap_or_default();
    let keys = keys(&entries);
    for entry in entries.iter().rev() {
        let wanted = ENDINGS.iter().any(|ending| entry.name.ends_with(ending));
        if entry.is_directory || !wanted || machine.link(&entry.path).is_none() {
            continue;
        }
        let leaf = |file: &FoundFile| file.chain.first().map(|der| der.0.clone());
        let Ok(file) = read(machine, &entry.path) else { continue };
        if !survey.files.iter().any(|known| leaf(known) == leaf(&file)) {
            add(machine, survey, &entry.path, &keys);
        }
    }
}

/// Files of a directory that are keys by their names.
fn keys(entries: &[Entry]) -> Vec<&str> {
    let is_key = |entry: &&Entry| !entry.is_directory && entry.name.to_ascii_lowercase().contains("key");
    entries.iter().filter(is_key).map(|entry| entry.path.as_str()).take(MOST_KEYS).collect()
}

/// Files that hold no certificate of a server (anchors, keys, parameters) are none of ours; `keys` lie beside it.
fn add(machine: &Machine, survey: &mut Survey, path: &str, keys: &[&str]) {
    if survey.files.iter().any(|known| known.real == path || known.path == path) {
        return;
    }
    match read(machine, path) {
        Ok(file) => {
            let leaf = file.chain.first().and_then(|der| Certificate::parse(&der.0).ok());
            if leaf.is_some_and(|leaf| !leaf.is_ca() || is_kept_with_its_key(machine, &leaf, path, keys)) {
                survey.files.push(file);
            }
        }
        Err(Blind::Missing) => {}
        Err(Blind::Other(why)) if !path.ends_with(".p12") && !path.ends_with(".pfx") => {
            tracing::debug!(path, why, "no certificate in the file");
        }
        Err(blind) => note(survey, path, blind.to_string()),
    }
}

/// A certificate that vouches for itself and lies with its key is served somewhere, and no anchor that came from elsewhere:
/// `openssl req -x509` calls every one that it makes a CA's.
fn is_kept_with_its_key(machine: &Machine, leaf: &Certificate, path: &str, keys: &[&str]) -> bool {
    let is_its_key = |key: &&str| {
        let real = machine.resolve(key).map(|real| machine.outer(&real));
        real.is_ok_and(|real| matches!(on_disk::is_key_of(&real, leaf), Ok(true)))
    };
    leaf.is_self_signed() && std::iter::once(&path).chain(keys).any(is_its_key)
}

fn read(machine: &Machine, path: &str) -> Result<FoundFile, Blind> {
    let bytes = machine.read(path)?;
    let (container, chain, has_key) = if path.ends_with(".p12") || path.ends_with(".pfx") {
        let contents =
            pkcs12::read(&bytes, &OPEN_PASSWORDS).map_err(|error| Blind::Other(error.to_string()))?;
        (Container::Pkcs12, contents.certificates, contents.key_count > 0)
    } else {
        let contents = bag::read(&bytes).map_err(|error| Blind::Other(error.to_string()))?;
        let is_pem = bytes.first() != Some(&0x30);
        let chain = contents.certificates.iter().map(|certificate| certificate.der().to_vec()).collect();
        let has_key = !contents.private_keys.is_empty();
        (if is_pem { Container::Pem } else { Container::Der }, chain, has_key)
    };
    if chain.is_empty() {
        return Err(Blind::Other("there is no certificate in it".to_owned()));
    }
    Ok(FoundFile {
        path: path.to_owned(),
        real: machine.resolve(path)?,
        container,
        chain: chain.into_iter().map(Der).collect(),
        has_key,
        modified: machine.modified(path),
    })
}

/// The first certificate in a file that is no PKCS#12.
pub(super) fn leaf(machine: &Machine, path: &str) -> Option<Certificate> {
    bag::read(&machine.read(path).ok()?).ok()?.certificates.into_iter().next()
}

/// First and last instant of the first certificate in a file.
pub(super) fn validity(machine: &Machine, path: &str) -> Option<Validity> {
    let leaf = leaf(machine, path)?;
    Some(Validity { not_before: leaf.not_before(), not_after: leaf.not_after() })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn certificate(name: &str) -> (String, String) {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate =
            rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    #[test]
    fn files_with_a_servers_certificate_are_found_and_others_are_not() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("etc/ssl/private");
        fs::create_dir_all(&place).unwrap();
        let (certificate, key) = certificate("shop.example");
        fs::write(place.join("both.pem"), format!("{key}{certificate}")).unwrap();
        fs::write(place.join("key.pem"), key).unwrap();
        fs::write(place.join("junk.crt"), "junk").unwrap();
        fs::write(place.join("locked.p12"), [0x30, 3, 2, 1, 3]).unwrap();
        let mut survey = Survey::default();
        Files.discover(&Machine::new(directory.path(), vec![]), &mut survey);
        let [file] = survey.files.as_slice() else { panic!("{survey:?}") };
        assert_eq!((file.path.as_str(), file.has_key), ("/etc/ssl/private/both.pem", true));
        assert_eq!(survey.unseen.len(), 1, "{:?}", survey.unseen);
        assert_eq!(survey.unseen[0].what, "/etc/ssl/private/locked.p12");
    }

    /// It was taken for a trust anchor, and had no row unless it was served.
    #[test]
    fn a_self_signed_certificate_that_says_ca_is_found_where_its_key_lies_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let make = |place: &str, key_of_another: bool| {
            let place = directory.path().join(place);
            fs::create_dir_all(&place).unwrap();
            let key = rcgen::KeyPair::generate().unwrap();
            let mut params = rcgen::CertificateParams::new(vec!["shop.example".to_owned()]).unwrap();
            params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            let made = params.self_signed(&key).unwrap().pem();
            let other = rcgen::KeyPair::generate().unwrap();
            fs::write(place.join("cert.pem"), &made).unwrap();
            fs::write(place.join("key.pem"), if key_of_another { &other } else { &key }.serialize_pem())
                .unwrap();
            fs::write(place.join("both.crt"), format!("{made}{}", key.serialize_pem())).unwrap();
            fs::write(place.join("anchor.crt"), certificate_of_a_ca()).unwrap();
        };
        make("etc/ssl/own", false);
        make("etc/nginx/anchors", true);
        let mut survey = Survey::default();
        Files.discover(&Machine::new(directory.path(), vec![]), &mut survey);
        let mut found: Vec<&str> = survey.files.iter().map(|file| file.path.as_str()).collect();
        found.sort_unstable();
        assert_eq!(found, ["/etc/nginx/anchors/both.crt", "/etc/ssl/own/both.crt", "/etc/ssl/own/cert.pem"]);
    }

    fn certificate_of_a_ca() -> String {
        let mut params = rcgen::CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem()
    }

    /// `--look-in` of a directory of certbot's, which holds links alone, found nothing and said nothing.
    #[test]
    fn what_is_linked_into_a_directory_that_a_person_names_is_found_once() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let (certificate, key) = certificate("shop.example");
        for place in ["srv/live", "srv/archive"] {
            fs::create_dir_all(root.join(place)).unwrap();
        }
        for (name, text) in [("cert", &certificate), ("fullchain", &certificate), ("privkey", &key)] {
            fs::write(root.join(format!("srv/archive/{name}1.pem")), text).unwrap();
            let link = root.join(format!("srv/live/{name}.pem"));
            std::os::unix::fs::symlink(format!("../archive/{name}1.pem"), link).unwrap();
        }
        let mut survey = Survey::default();
        Files.discover(&Machine::new(root, vec!["/srv/live".to_owned()]), &mut survey);
        let [file] = survey.files.as_slice() else { panic!("{survey:?}") };
        assert_eq!(file.path, "/srv/live/fullchain.pem");
    }

    /// Every version that certbot had before was a certificate that would not survive.
    #[test]
    fn what_certbot_had_before_was_found_below_a_directory_that_a_person_named() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let place = |name: &str| root.join("srv/letsencrypt").join(name);
        for folder in ["renewal", "live/shop", "archive/shop"] {
            fs::create_dir_all(place(folder)).unwrap();
        }
        for number in 1..4 {
            for name in ["cert", "chain", "fullchain"] {
                fs::write(place(&format!("archive/shop/{name}{number}.pem")), certificate("shop.example").0)
                    .unwrap();
            }
            fs::write(place(&format!("archive/shop/privkey{number}.pem")), certificate("shop.example").1)
                .unwrap();
        }
        let live = "/srv/letsencrypt/live/shop";
        let mut settings = String::new();
        for name in ["cert", "privkey", "chain", "fullchain"] {
            let link = place(&format!("live/shop/{name}.pem"));
            std::os::unix::fs::symlink(format!("../../archive/shop/{name}3.pem"), link).unwrap();
            settings += &format!("{name} = {live}/{name}.pem\n");
        }
        fs::write(place("renewal/shop.conf"), settings).unwrap();
        let machine = Machine::new(root, vec!["/srv/letsencrypt".to_owned()]);
        let mut survey = Survey::default();
        super::super::certbot::Certbot.discover(&machine, &mut survey);
        Files.discover(&machine, &mut survey);
        let found: Vec<&str> = survey.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(found, [format!("{live}/fullchain.pem")], "{:?}", survey.unseen);
        // Who names the archive itself means it.
        let machine = Machine::new(root, vec!["/srv/letsencrypt/archive/shop".to_owned()]);
        Files.discover(&machine, &mut survey);
        assert!(survey.files.len() > 1);
    }

    #[test]
    fn a_file_that_a_configuration_names_and_that_is_missing_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let mut survey = Survey::default();
        survey.sites.push(notafter_inventory::adopt::fact::Site {
            software: notafter_inventory::adopt::fact::Software::Nginx,
            names: vec![],
            listens: vec![],
            pairs: vec![notafter_inventory::adopt::fact::FilePair {
                certificate: "/gone.pem".to_owned(),
                key: None,
                key_at: None,
            }],
            config: String::new(),
            main: None,
        });
        Files.discover(&Machine::new(directory.path(), vec![]), &mut survey);
        assert!(survey.unseen[0].why.contains("does not exist"));
    }
}

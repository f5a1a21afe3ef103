//! Whether the keys that servers and renewing programs use with their certificates are those certificates' own.

use std::collections::BTreeMap;

use notafter_cert::Certificate;
use notafter_inventory::adopt::fact::{Container, FoundFile, KeyUse, Known, Software, Survey};
use notafter_keys::on_disk::{self, UnknownKey};

use super::machine::{Blind, Machine};
use super::{Discoverer, Meta, files};

/// Key files beside certificates.
pub(super) struct KeyUses;

impl Discoverer for KeyUses {
    fn meta(&self) -> Meta {
        Meta {
            name: "key_uses",
            title: "whether private keys fit the certificates that they are used with",
            reads: &["key files that web servers and renewing programs name"],
        }
    }

    fn discover(&self, machine: &Machine, survey: &mut Survey) {
        let compared = uses(survey).into_iter().filter_map(|((certificate, key), (by, named_at))| {
            // What cannot be read is told where the file is.
            let leaf = Certificate::parse(&survey.file(&certificate)?.chain.first()?.0).ok()?;
            let fits = fits(machine, &leaf, (&certificate, &key), by);
            Some(KeyUse { certificate, key, fits, named_at })
        });
        survey.key_uses = compared.collect();
    }
}

/// The server that uses a key, and the line of its configuration that says so; neither where a renewing program does.
type User = (Option<Software>, Option<String>);

/// Certificate and key files that are used together, each once; with the server that does, where one does.
fn uses(survey: &Survey) -> BTreeMap<(String, String), User> {
    let mut uses = BTreeMap::new();
    let with_key = |file: &&FoundFile| file.has_key && file.container == Container::Pem;
    for file in survey.files.iter().filter(with_key) {
        uses.insert((file.path.clone(), file.path.clone()), User::default());
    }
    for kept in &survey.kept {
        let installs = &kept.installs;
        let own = Some(&kept.chain_file).zip(kept.key_file.as_ref());
        let installed = installs.full_chain.as_ref().or(installs.certificate.as_ref());
        for (certificate, key) in own.into_iter().chain(installed.zip(installs.key.as_ref())) {
            uses.insert((certificate.clone(), key.clone()), User::default());
        }
    }
    for site in &survey.sites {
        for pair in &site.pairs {
            let Some(key) = &pair.key else { continue };
            let user = (Some(site.software), pair.key_at.clone());
            uses.insert((pair.certificate.clone(), key.clone()), user);
        }
    }
    uses
}

fn fits(
    machine: &Machine,
    leaf: &Certificate,
    (certificate, key): (&str, &str),
    by: Option<Software>,
) -> Known {
    let real = match machine.resolve(key) {
        Ok(real) => real,
        Err(blind) => return without(&blind, key, by),
    };
    let is_key_of = |leaf: &Certificate| on_disk::is_key_of(&machine.outer(&real), leaf);
    match is_key_of(leaf) {
        Ok(true) => Known::Yes,
        Ok(false) => match files::leaf(machine, certificate) {
            // The certificate was read a while ago: it may have been renewed since.
            Some(now) if now.fingerprint() != leaf.fingerprint() => match is_key_of(&now) {
                Ok(true) => Known::Yes,
                _ => Known::Unknown(format!("{certificate} was being replaced")),
            },
            _ => Known::No(format!("it is not the key of the certificate in {certificate}")),
        },
        Err(UnknownKey::Unreadable(error)) => without(&Blind::from(&error), key, by),
        Err(unknown) => Known::Unknown(format!("{key}: {unknown}")),
    }
}

/// A key that is not there: a server that names its file does not start. A renewing program may have been given a request
/// and no key, and a name with a colon may be no file's (`pkcs11:`).
fn without(blind: &Blind, key: &str, by: Option<Software>) -> Known {
    match (blind, by) {
        (Blind::Missing, Some(server)) if !key.contains([':', '$']) => {
            Known::No(format!("{} names it, but it does not exist", server.name()))
        }
        _ => Known::Unknown(format!("{key}: {blind}")),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use notafter_inventory::adopt::fact::{FilePair, Site};

    use super::*;

    /// A certificate and its key.
    fn pair() -> (String, String) {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["shop.example".to_owned()]).unwrap();
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    /// What is found of a site that reads `/shop.pem` with this key, all files being in `root`.
    fn found(root: &Path, software: Software, key: &str) -> Known {
        let pairs =
            vec![FilePair { certificate: "/shop.pem".to_owned(), key: Some(key.to_owned()), key_at: None }];
        let site =
            Site { software, names: vec![], listens: vec![], pairs, config: String::new(), main: None };
        let mut survey = Survey { sites: vec![site], ..Survey::default() };
        let machine = Machine::new(root, vec![]);
        files::Files.discover(&machine, &mut survey);
        KeyUses.discover(&machine, &mut survey);
        let fits = survey.key_uses.iter().find(|used| used.key == key).map(|used| used.fits.clone());
        fits.unwrap_or_else(|| panic!("{survey:?}"))
    }

    #[test]
    fn a_key_is_compared_and_what_cannot_be_compared_is_unknown() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let ((certificate, key), (_, other)) = (pair(), pair());
        let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n";
        for (name, text) in [
            ("shop.pem", &certificate),
            ("own.key", &key),
            ("both.key", &format!("{certificate}{key}")),
            ("other.key", &other),
            ("locked.key", &encrypted.to_owned()),
            ("empty.key", &String::new()),
        ] {
            fs::write(root.join(name), text).unwrap();
        }
        symlink("/own.key", root.join("link.key")).unwrap();
        symlink("circle.key", root.join("circle.key")).unwrap();
        fs::create_dir(root.join("directory.key")).unwrap();
        let said = |name: &str| match found(root, Software::Nginx, &format!("/{name}")) {
            Known::Yes => format!("{name}: yes"),
            Known::No(why) => format!("{name}: no, {why}"),
            Known::Unknown(why) => format!("{name}: unknown, {why}"),
            Known::Unasked => format!("{name}: unasked"),
        };
        let names = [
            "own.key",
            "both.key",
            "link.key",
            "other.key",
            "gone.key",
            "locked.key",
            "empty.key",
            "circle.key",
            "directory.key",
        ];
        insta::assert_snapshot!(names.map(said).join("\n"));
        assert!(matches!(found(root, Software::Apache, "/pkcs11:token=x"), Known::Unknown(_)));
    }

    #[test]
    fn a_pair_that_was_renewed_while_the_machine_was_read_is_compared_as_it_is_now() {
        let directory = tempfile::tempdir().unwrap();
        let ((certificate, key), (before, _)) = (pair(), pair());
        fs::write(directory.path().join("shop.pem"), certificate).unwrap();
        fs::write(directory.path().join("shop.key"), key).unwrap();
        fs::write(directory.path().join("third.key"), rcgen::KeyPair::generate().unwrap().serialize_pem())
            .unwrap();
        let read_before = notafter_cert::pem::chain_from(before.as_bytes()).unwrap().remove(0);
        let read_before = Certificate::parse(&read_before).unwrap();
        let machine = Machine::new(directory.path(), vec![]);
        let fits = |key: &str| fits(&machine, &read_before, ("/shop.pem", key), None);
        assert_eq!(fits("/shop.key"), Known::Yes);
        assert_eq!(fits("/third.key"), Known::Unknown("/shop.pem was being replaced".to_owned()));
    }

    #[test]
    fn a_key_that_may_not_be_read_is_unknown() {
        let denied = without(&Blind::Denied, "/shop.key", Some(Software::Nginx));
        assert_eq!(denied, Known::Unknown("/shop.key: permission denied: run as root to see it".to_owned()));
    }
}

//! Writing out: beside, then swapped; nothing live is touched by a failure.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::PathBuf;

use notafter_cert::{KeySpec, Trouble};
use notafter_keys::PrivateKey;
use notafter_keys::pkcs12;
use notafter_keys::write_out::{Content, Destination, Tag, WriteError, new_path, stage, swap};
use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::left_out::{Need, left_out};
use crate::openssl;

struct Site {
    dir: TempDir,
    key: PrivateKey,
    chain: Vec<Vec<u8>>,
    tag: Tag,
}

impl Site {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let pair = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(["shop.example".to_owned()]).unwrap().self_signed(&pair).unwrap();
        let above = CertificateParams::new(["ca.example".to_owned()])
            .unwrap()
            .self_signed(&KeyPair::generate().unwrap())
            .unwrap();
        Self {
            dir,
            key: PrivateKey::from_pem(pair.serialize_pem().as_bytes()).unwrap(),
            chain: vec![leaf.der().to_vec(), above.der().to_vec()],
            tag: "dp_1".parse().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn destination(&self, name: &str, content: Content) -> Destination {
        Destination { path: self.path(name), content, mode: 0o640, owner: None, group: None }
    }

    fn stage(&self, destinations: &[Destination]) -> Result<(), WriteError> {
        stage(&self.tag, &self.key, &self.chain, destinations)
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }
}

#[test]
fn every_content_is_what_its_reader_expects() {
    let site = Site::new();
    let destinations = [
        site.destination("key.pem", Content::Key),
        site.destination("cert.pem", Content::Certificate),
        site.destination("chain.pem", Content::Chain),
        site.destination("fullchain.pem", Content::FullChain),
        site.destination("all.pem", Content::KeyAndFullChain),
        site.destination("site.p12", Content::Pkcs12(Zeroizing::new("swordfish".to_owned()))),
    ];
    site.stage(&destinations).unwrap();
    let paths: Vec<PathBuf> = destinations.iter().map(|destination| destination.path.clone()).collect();
    swap(&site.tag, &paths).unwrap();
    swap(&site.tag, &paths).unwrap();
    assert_eq!(site.names().len(), 6, "{:?}", site.names());
    assert_eq!(fs::metadata(&paths[0]).unwrap().mode() & 0o7777, 0o640);
    let from_key = openssl::run(site.dir.path(), "pkey -in key.pem -pubout");
    assert_eq!(openssl::run(site.dir.path(), "x509 -in cert.pem -noout -pubkey"), from_key);
    assert_eq!(site.read("fullchain.pem"), site.read("cert.pem") + &site.read("chain.pem"));
    assert_eq!(site.read("all.pem"), site.read("key.pem") + &site.read("fullchain.pem"));
    let shown = openssl::run(site.dir.path(), "pkcs12 -in site.p12 -passin pass:swordfish -nodes -info");
    assert!(shown.contains("PBES2, PBKDF2, AES-256-CBC") && shown.contains("MAC: sha256"), "{shown}");
    assert_eq!(shown.matches("BEGIN CERTIFICATE").count(), 2);
    assert!(!format!("{destinations:?}").contains("swordfish"));
}

#[test]
fn pkcs12_of_openssl_old_and_new_is_read() {
    let site = Site::new();
    site.stage(&[site.destination("all.pem", Content::KeyAndFullChain)]).unwrap();
    swap(&site.tag, &[site.path("all.pem")]).unwrap();
    for more in ["", " -legacy", " -keypbe NONE -certpbe NONE -nomac"] {
        openssl::run(
            site.dir.path(),
            &format!("pkcs12 -export -in all.pem -out out.p12 -passout pass:changeit{more}"),
        );
        let bytes = fs::read(site.path("out.p12")).unwrap();
        let contents = pkcs12::read(&bytes, &["", "changeit"]).unwrap();
        assert_eq!((contents.certificates.len(), contents.key_count), (2, 1), "{more}");
        assert_eq!(contents.keys[0].spki_der(), site.key.spki_der());
        assert_eq!(contents.certificates[0], site.chain[0]);
    }
    openssl::run(site.dir.path(), "pkcs12 -export -in all.pem -out out.p12 -passout pass:changeit");
    let bytes = fs::read(site.path("out.p12")).unwrap();
    assert_eq!(pkcs12::read(&bytes, &["", "wrong"]).unwrap_err().code(), "pkcs12.not-opened");
    for cut in (0..bytes.len()).step_by(97) {
        assert!(pkcs12::read(&bytes[..cut], &["changeit"]).is_err());
    }
}

#[test]
fn a_link_is_replaced_itself_and_a_swap_may_be_repeated() {
    let site = Site::new();
    let (key, link) = (site.path("key.pem"), site.path("cert.pem"));
    fs::write(&key, "old key").unwrap();
    fs::write(site.path("archive1.pem"), "old certificate").unwrap();
    symlink("archive1.pem", &link).unwrap();
    site.stage(&[
        site.destination("key.pem", Content::Key),
        site.destination("cert.pem", Content::FullChain),
    ])
    .unwrap();
    assert_eq!((site.read("key.pem"), site.read("cert.pem")), ("old key".into(), "old certificate".into()));
    for _ in 0..2 {
        swap(&site.tag, &[key.clone(), link.clone()]).unwrap();
        assert!(site.read("cert.pem").starts_with("-----BEGIN CERTIFICATE"));
        assert_eq!(site.read("archive1.pem"), "old certificate", "what a link points to is not written");
    }
    assert_eq!(site.names(), ["archive1.pem", "cert.pem", "key.pem"]);
}

#[test]
fn a_key_of_another_certificate_is_never_written() {
    let site = Site::new();
    let other = PrivateKey::generate(KeySpec::EcdsaP256).unwrap();
    let error =
        stage(&site.tag, &other, &site.chain, &[site.destination("key.pem", Content::Key)]).unwrap_err();
    assert_eq!(error.code(), "key.mismatch");
    assert!(site.names().is_empty());
}

#[test]
fn what_cannot_be_a_destination_is_refused_before_anything_is_written() {
    let site = Site::new();
    fs::create_dir(site.path("directory")).unwrap();
    let good = site.destination("key.pem", Content::Key);
    let mut shown = String::new();
    for path in
        ["relative.pem".into(), site.path("missing/key.pem"), site.path("directory"), good.path.clone()]
    {
        let error = site.stage(&[good.clone(), Destination { path, ..good.clone() }]).unwrap_err();
        shown.push_str(&format!("{}: {error}\nhint: {}\n", error.code(), error.hint()));
        assert_eq!(site.names(), ["directory"]);
    }
    shown.push_str(&format!("{}\n", "../evil".parse::<Tag>().unwrap_err()));
    insta::assert_snapshot!(shown.replace(site.dir.path().to_str().unwrap(), "DIR"));
}

#[test]
fn a_failure_in_the_middle_leaves_nothing_beside_and_the_live_file_alone() {
    let site = Site::new();
    fs::write(site.path("key.pem"), "old key").unwrap();
    let blocked = site.destination("cert.pem", Content::FullChain);
    // A directory where the second file would be staged: it cannot be removed or written, even by root.
    fs::create_dir(new_path(&blocked.path, &site.tag)).unwrap();
    let error = site.stage(&[site.destination("key.pem", Content::Key), blocked]).unwrap_err();
    assert!(error.code().starts_with("write."), "{error}");
    assert_eq!(site.names(), [".cert.pem.notafter-dp_1.new", "key.pem"]);
    assert_eq!(site.read("key.pem"), "old key");
}

#[test]
fn a_full_disk_is_named_and_nothing_live_is_lost() {
    let site = Site::new();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=8k", "notafter-test"])
        .arg(site.dir.path())
        .stderr(std::process::Stdio::null())
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        left_out("a_full_disk_is_named_and_nothing_live_is_lost", Need::Right("the right to mount"));
        return;
    }
    let _mount = Mount(site.dir.path().to_owned());
    fs::write(site.path("key.pem"), "old key").unwrap();
    let destinations =
        [site.destination("key.pem", Content::Key), site.destination("cert.pem", Content::FullChain)];
    let error = site.stage(&destinations).unwrap_err();
    let shown = format!("{}: {error}\nhint: {}\n", error.code(), error.hint());
    insta::assert_snapshot!(shown.replace(site.dir.path().to_str().unwrap(), "DIR"));
    assert_eq!(site.names(), ["key.pem"]);
    assert_eq!(site.read("key.pem"), "old key");
}

struct Mount(PathBuf);

impl Drop for Mount {
    fn drop(&mut self) {
        drop(std::process::Command::new("umount").arg(&self.0).status());
    }
}

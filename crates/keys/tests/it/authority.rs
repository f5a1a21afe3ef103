//! What the private CA signs, before judges who have never heard of it: OpenSSL, GnuTLS, and the path judgement that browsers'
//! rules are told by.

use std::path::Path;
use std::process::Command;

use notafter_cert::path::{Anchors, Chain, Fault, judge};
use notafter_cert::{Certificate, Identifier, KeySpec, Span, Subtree, Time, Validity, pem};
use notafter_keys::PrivateKey;
use notafter_keys::authority::{AuthorityKey, Dated, Signer, intermediate, leaf, root, serial};

use crate::left_out::{Need, left_out};
use crate::openssl;

const NOW: Time = Time::from_unix_seconds(1_796_000_000);

/// A CA with its certificates on disk, for the judges.
struct House {
    dir: tempfile::TempDir,
    root: Vec<u8>,
    intermediate: Vec<u8>,
    key: AuthorityKey,
}

fn dated(serial: &[u8], lasts: Span) -> Dated<'_> {
    Dated { serial, validity: Validity { not_before: NOW - Span::hours(1), not_after: NOW + lasts } }
}

fn names(names: &[&str]) -> Vec<Identifier> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

impl House {
    fn new(spec: KeySpec, permitted: &[&str]) -> Self {
        let permitted: Vec<Subtree> = permitted.iter().map(|subtree| subtree.parse().unwrap()).collect();
        let (root_key, key) = (AuthorityKey::generate(spec).unwrap(), AuthorityKey::generate(spec).unwrap());
        let own = Signer { common_name: "House root", key: &root_key };
        let top = root(own, &permitted, dated(&serial([7; 18]), Span::days(3650))).unwrap();
        let below = Signer { common_name: "House intermediate 1", key: &key };
        let signed =
            intermediate(below, own, &permitted, dated(&serial([0xff; 18]), Span::days(365))).unwrap();
        let house = Self { dir: tempfile::tempdir().unwrap(), root: top, intermediate: signed, key };
        house.write("root.pem", &[&house.root]);
        house.write("intermediate.pem", &[&house.intermediate]);
        house
    }

    fn write(&self, name: &str, ders: &[&Vec<u8>]) {
        let ders: Vec<Vec<u8>> = ders.iter().map(|der| (*der).clone()).collect();
        std::fs::write(self.dir.path().join(name), pem::chain_to(&ders)).unwrap();
    }

    /// A leaf for these names, whatever is permitted.
    fn sign(&self, wanted: &[&str]) -> Vec<u8> {
        let key = PrivateKey::generate(KeySpec::EcdsaP256).unwrap();
        let signer = Signer { common_name: "House intermediate 1", key: &self.key };
        let signed = leaf(&key, &names(wanted), signer, dated(&serial([0; 18]), Span::days(30))).unwrap();
        self.write("leaf.pem", &[&signed]);
        self.write("chain.pem", &[&signed, &self.intermediate, &self.root]);
        signed
    }

    /// What each judge says of a leaf for these names: OpenSSL, GnuTLS, and the path judgement.
    fn verdicts(&self, wanted: &[&str]) -> [bool; 3] {
        let signed = self.sign(wanted);
        let at = NOW.unix_seconds();
        let openssl = format!(
            "verify -x509_strict -check_ss_sig -purpose sslserver -attime {at} -CAfile root.pem -untrusted intermediate.pem leaf.pem"
        );
        let chain = Chain::read(&[signed, self.intermediate.clone()]).unwrap();
        let anchors = Anchors::from_ders("house", [&self.root]);
        let ours = judge(&chain, &anchors, NOW);
        let refused = ours.problems.iter().any(|problem| matches!(problem.fault, Fault::Refused(_)));
        assert_eq!(ours.problems.is_empty(), !refused, "{:?}", ours.problems);
        [is_fine("openssl", &openssl, self.dir.path()), self.gnutls(), ours.problems.is_empty()]
    }

    /// GnuTLS of Debian 12 judges by the machine's clock alone, which is therefore another one.
    fn gnutls(&self) -> bool {
        let verify =
            "-f @2026-11-30T01:00:00 certtool --verify --load-ca-certificate root.pem --infile chain.pem";
        is_fine("faketime", verify, self.dir.path())
    }
}

fn is_fine(program: &str, arguments: &str, directory: &Path) -> bool {
    let output = Command::new(program)
        .args(arguments.split(' '))
        .env("TZ", "UTC")
        .env("FAKETIME_FMT", "%Y-%m-%dT%H:%M:%S")
        .current_dir(directory)
        .output()
        .unwrap();
    output.status.success()
}

fn has_gnutls(test: &str) -> bool {
    for (program, package) in [("certtool", "gnutls-bin"), ("faketime", "faketime")] {
        if Command::new(program).arg("--version").output().is_err() {
            left_out(test, Need::Package(package));
            return false;
        }
    }
    true
}

#[test]
fn openssl_and_gnutls_accept_what_is_signed_and_refuse_what_is_not_permitted() {
    if !has_gnutls("openssl_and_gnutls_accept_what_is_signed_and_refuse_what_is_not_permitted") {
        return;
    }
    let below = ["internal.example", "10.0.0.0/8"];
    let table: [(&[&str], &[&str], bool); 10] = [
        (&[], &["shop.example", "*.shop.example", "192.0.2.1", "2001:db8::1"], true),
        (&below, &["wiki.internal.example", "internal.example", "10.0.0.7"], true),
        (&below, &["wiki.internal.example", "shop.example"], false),
        (&below, &["11.0.0.7"], false),
        (&below, &["2001:db8::1"], false),
        (&["internal.example"], &["wiki.internal.example"], true),
        (&["internal.example"], &["10.0.0.7"], false),
        (&["fd00::/8"], &["fd12::1"], true),
        (&["fd00::/8"], &["wiki.internal.example"], false),
        (&["fd00::/8"], &["10.0.0.7"], false),
    ];
    for (permitted, wanted, fine) in table {
        let house = House::new(KeySpec::EcdsaP256, permitted);
        assert_eq!(house.verdicts(wanted), [fine; 3], "{wanted:?} where {permitted:?} is permitted");
    }
}

#[test]
fn the_profiles_are_those_of_rfc_5280() {
    let house = House::new(KeySpec::EcdsaP384, &["internal.example", "10.0.0.0/8"]);
    let signed = house.sign(&["wiki.internal.example", "10.0.0.7"]);
    // The signatures and public keys are new each time, and so are the identifiers made of those.
    let shown = |file: &str| {
        let text = openssl::run(
            house.dir.path(),
            &format!("x509 -in {file} -noout -text -certopt no_pubkey,no_sigdump,no_version"),
        );
        let is_hash = |line: &&str| {
            line.trim().len() == 59
                && line.trim().bytes().all(|byte| byte == b':' || byte.is_ascii_hexdigit())
        };
        text.lines().filter(|line| !is_hash(line)).map(str::trim_end).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!([shown("root.pem"), shown("intermediate.pem"), shown("leaf.pem")].join("\n"));
    let leaf = Certificate::parse(&signed).unwrap();
    let signer = Certificate::parse(&house.intermediate).unwrap();
    assert_eq!(leaf.issuer_der(), signer.subject_der());
    assert_eq!(leaf.not_after(), NOW + Span::days(30));
}

#[test]
fn a_serial_number_is_positive_and_of_one_length_whatever_is_drawn() {
    for random in [[0; 18], [0xff; 18], [0x80; 18]] {
        let serial = serial(random);
        assert_eq!((serial.len(), serial[0] & 0xc0), (18, 0x40), "{serial:?}");
    }
}

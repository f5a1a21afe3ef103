//! OpenSSL and we agree on which chains lead to an anchor.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::left_out::{Need, left_out};
use notafter_cert::path::{Anchors, Chain, judge};
use notafter_cert::{Span, Time, pem};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

type Ca = CertifiedIssuer<'static, KeyPair>;

fn start() -> Time {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn params(name: &str, days: i64) -> CertificateParams {
    let mut params = CertificateParams::new(vec![format!("{name}.example")]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.use_authority_key_identifier_extension = true;
    params.not_before = start().calendar().unwrap();
    params.not_after = (start() + Span::days(days)).calendar().unwrap();
    params
}

fn ca_params(name: &str, days: i64) -> CertificateParams {
    let mut params = params(name, days);
    params.subject_alt_names.clear();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn root(name: &str) -> Ca {
    CertifiedIssuer::self_signed(ca_params(name, 4000), KeyPair::generate().unwrap()).unwrap()
}

fn below(name: &str, days: i64, issuer: &Ca) -> Ca {
    CertifiedIssuer::signed_by(ca_params(name, days), KeyPair::generate().unwrap(), issuer).unwrap()
}

struct OpenSsl {
    binary: PathBuf,
    folder: PathBuf,
}

impl OpenSsl {
    fn accepts(&self, leaf: &[u8], others: &[Vec<u8>], root: &[u8], at: Time) -> bool {
        let write = |name: &str, text: String| {
            let path = self.folder.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let leaf = write("leaf.pem", pem::write("CERTIFICATE", leaf));
        let root = write("root.pem", pem::write("CERTIFICATE", root));
        let mut command = Command::new(&self.binary);
        command.args(["verify", "-purpose", "sslserver", "-no-CApath", "-no-CAstore", "-partial_chain"]);
        command.args(["-attime", &at.unix_seconds().to_string(), "-CAfile"]).arg(root);
        if !others.is_empty() {
            command.arg("-untrusted").arg(write("others.pem", pem::chain_to(others)));
        }
        command.arg(leaf).output().unwrap().status.success()
    }
}

fn openssl() -> Option<OpenSsl> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let binary = std::env::split_paths(&path).map(|folder| folder.join("openssl")).find(|file| file.exists());
    let Some(binary) = binary else {
        left_out("openssl_and_we_agree_on_every_chain", Need::Package("openssl"));
        return None;
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("oracle-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    Some(OpenSsl { binary, folder })
}

/// Every selection of four certificates beside the leaf, in both orders, under two roots, at three times.
#[test]
fn openssl_and_we_agree_on_every_chain() {
    let Some(openssl) = openssl() else { return };
    let (one, two) = (root("one"), root("two"));
    let upper = below("upper", 900, &one);
    let lower = below("lower", 300, &upper);
    let cross = ca_params("upper", 900).signed_by(upper.key(), &two).unwrap();
    let leaf = params("leaf", 90).signed_by(&KeyPair::generate().unwrap(), &lower).unwrap().der().to_vec();
    let pool = [lower.der().to_vec(), upper.der().to_vec(), cross.der().to_vec(), one.der().to_vec()];
    let times = [start() + Span::days(30), start() + Span::days(200), start() - Span::days(1)];

    let (mut accepted, mut stuck) = (0, 0);
    for selection in 0_u8..16 {
        let mut others: Vec<Vec<u8>> = pool
            .iter()
            .enumerate()
            .filter(|(bit, _)| selection & (1 << bit) != 0)
            .map(|(_, der)| der.clone())
            .collect();
        if selection.count_ones() % 2 == 0 {
            others.reverse();
        }
        for (root, at) in [&one, &two].into_iter().flat_map(|root| times.map(|at| (root, at))) {
            let chain = Chain::read(&[std::slice::from_ref(&leaf), &others].concat()).unwrap();
            let ours = judge(&chain, &Anchors::from_ders("root", [root.der()]), at).is_trusted();
            let theirs = openssl.accepts(&leaf, &others, root.der(), at);
            // OpenSSL takes one of two certificates for one CA and does not come back for the other.
            let no_way_back = selection & 0b0110 == 0b0110 && ours && !theirs;
            assert!(ours == theirs || no_way_back, "selection {selection:04b} at {at}: {ours}, {theirs}");
            stuck += usize::from(no_way_back);
            accepted += usize::from(ours);
        }
    }
    std::fs::remove_dir_all(&openssl.folder).unwrap();
    // lower and upper with or without the other two, under one; lower and cross likewise, under two.
    assert_eq!(accepted, 8);
    assert_eq!(stuck, 2, "the exception is still deserved, and is not needed elsewhere");
}

//! Every lint over everything that is in the suites: none stops, whatever it meets.

use notafter_cert::lint::{self, About, Outcome, Subject};
use notafter_cert::weak_key::{self, Given, Key, PileLimits};
use notafter_cert::x509::ocsp::OcspResponseAnatomy;
use notafter_cert::x509::{Anatomy, CrlAnatomy};
use notafter_cert::{Time, pem};

use crate::archive;

const WHAT: &str = "the files of all suites";

/// What is in a file, each with what it is.
fn objects(bytes: &[u8]) -> Vec<(About, Vec<u8>)> {
    let blocks = pem::blocks(bytes).into_iter();
    let blocks = blocks.filter_map(|block| {
        let about = About::labelled(&block.label).or_else(|| About::of(&block.der))?;
        Some((about, block.der))
    });
    let whole = About::of(bytes).map(|about| (about, bytes.to_vec()));
    blocks.chain(whole).collect()
}

/// What became of every lint.
fn linted(about: About, der: &[u8], at: Time) -> Vec<Outcome> {
    match about {
        About::Crl => {
            let crl = CrlAnatomy::of(der);
            lint::of_crls().map(|lint| lint.run(&crl)).collect()
        }
        About::OcspResponse => match OcspResponseAnatomy::of(der).basic {
            Some(basic) => lint::of_ocsp().map(|lint| lint.run(&basic)).collect(),
            None => Vec::new(),
        },
        _ => {
            let subject = Subject::of(der, at);
            lint::all().map(|lint| lint.run(&subject)).collect()
        }
    }
}

#[test]
fn no_lint_stops_at_any_file() {
    let at: Time = "2026-12-01T00:00:00Z".parse().unwrap();
    let (mut certificates, mut others, mut keys) = (0, 0, Vec::new());
    for suite in ["zlint-testdata.tar.xz", "nist-pkits.tar.xz", "boringssl-parse-crl.tar.xz"] {
        let Some(files) = archive::files(suite, WHAT) else { return };
        for (about, der) in files.values().flat_map(|bytes| objects(bytes)) {
            assert!(!linted(about, &der, at).is_empty() || about == About::OcspResponse);
            if about == About::Certificate {
                certificates += 1;
                keys.push(der);
            } else {
                others += 1;
            }
        }
    }
    assert!(certificates > 1000 && others > 150, "{certificates} certificates, {others} others");
    keys.sort();
    keys.dedup();
    let infos = keys.iter().filter_map(|der| Anatomy::of(der).key.ok());
    let keys: Vec<Key<'_>> = infos.filter_map(|info| Key::of(&info).ok()).collect();
    assert!(keys.iter().all(|key| !weak_key::judge(key, &Given::default()).is_empty()));
    let pile = weak_key::judge_pile(&keys, &PileLimits::default());
    assert!(pile.iter().any(|judged| !judged.verdict.groups.is_empty()), "suites use their keys again");
}

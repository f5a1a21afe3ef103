//! How fast certificates are taken apart and linted: `cargo bench -p notafter-cert`, with x509-parser, x509-cert and
//! rustls-webpki in the same run. Real certificates come from the suite that `NOTAFTER_SUITES` names, else from the tests.
#![expect(clippy::unwrap_used, reason = "a benchmark may stop where what it stands on is missing")]
#![expect(
    clippy::disallowed_methods,
    reason = "certificates are files, and the environment names their folder"
)]

use std::hint::black_box;
use std::io::Read;
use std::path::PathBuf;
use std::sync::LazyLock;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use notafter_cert::lint::{self, Lint, Subject};
use notafter_cert::path::{Anchors, PeerName, Question, Verdict, validate};
use notafter_cert::weak_key::{self, Given, Key};
use notafter_cert::x509::Anatomy;
use notafter_cert::x509::GeneralNames;
use notafter_cert::x509::extension::{
    AuthorityInfoAccess, AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies,
    CrlDistributionPoints, ExtendedKeyUsage, KeyUsage, SctList, SubjectKeyIdentifier,
};
use notafter_cert::{Certificate, Time, pem};
use serde_json::Value;
use x509_cert::der::Decode;

/// One that is as most are: it has three names, and came from a CA that is used much.
const ORDINARY: &str = "docs.python.org";

/// The leaf of one well-known site, or those of all of fourteen, some of which have a hundred names; without the suite the
/// certificate with the most extensions that the tests have.
fn leaves(only: &str) -> Vec<Vec<u8>> {
    let Some(suite) = suite() else {
        return pem::chain_from(include_bytes!("../tests/it/data/everything.pem")).unwrap();
    };
    let cases = suite["testcases"].as_array().unwrap().iter();
    let online = cases
        .filter(|case| case["id"].as_str().is_some_and(|id| id.starts_with("online::") && id.contains(only)));
    online
        .flat_map(|case| pem::chain_from(case["peer_certificate"].as_str().unwrap().as_bytes()).unwrap())
        .collect()
}

/// x509-limbo, where somebody has it.
fn suite() -> Option<&'static Value> {
    static SUITE: LazyLock<Option<Value>> = LazyLock::new(|| {
        let folder = std::env::var_os("NOTAFTER_SUITES").map(PathBuf::from)?;
        let packed = std::fs::read(folder.join("limbo.json.xz")).unwrap();
        let mut suite = Vec::new();
        lzma_rust2::XzReader::new(&packed[..], true).read_to_end(&mut suite).unwrap();
        Some(serde_json::from_slice(&suite).unwrap())
    });
    SUITE.as_ref()
}

/// Every field and the value of every extension that a server's certificate has.
fn index(der: &[u8]) -> usize {
    let anatomy = Anatomy::of(black_box(der));
    let read = [
        anatomy.readable::<AuthorityInfoAccess<'_>>().is_some(),
        anatomy.readable::<AuthorityKeyIdentifier<'_>>().is_some(),
        anatomy.readable::<BasicConstraints<'_>>().is_some(),
        anatomy.readable::<CertificatePolicies<'_>>().is_some(),
        anatomy.readable::<CrlDistributionPoints<'_>>().is_some(),
        anatomy.readable::<ExtendedKeyUsage<'_>>().is_some(),
        anatomy.readable::<GeneralNames<'_>>().is_some(),
        anatomy.readable::<KeyUsage<'_>>().is_some(),
        anatomy.readable::<SctList<'_>>().is_some(),
        anatomy.readable::<SubjectKeyIdentifier<'_>>().is_some(),
    ];
    black_box(&anatomy);
    read.into_iter().filter(|is_read| *is_read).count()
}

fn fields(c: &mut Criterion) {
    for (name, leaves) in [("fields", leaves(ORDINARY)), ("fields of fourteen", leaves(""))] {
        fields_of(c, name, &leaves);
    }
}

fn fields_of(c: &mut Criterion, name: &str, leaves: &[Vec<u8>]) {
    assert!(leaves.iter().all(|der| Anatomy::of(der).faults().is_empty()));
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Elements(leaves.len() as u64));
    group.bench_function("notafter", |b| b.iter(|| leaves.iter().map(|der| index(der)).sum::<usize>()));
    group.bench_function("rustls-webpki", |b| {
        let ders: Vec<_> =
            leaves.iter().map(|der| rustls_pki_types::CertificateDer::from(&der[..])).collect();
        b.iter(|| ders.iter().filter(|der| black_box(webpki::EndEntityCert::try_from(*der)).is_ok()).count());
    });
    group.bench_function("x509-parser", |b| {
        b.iter(|| {
            leaves.iter().filter(|der| black_box(x509_parser::parse_x509_certificate(der)).is_ok()).count()
        });
    });
    group.bench_function("x509-cert", |b| {
        b.iter(|| {
            leaves.iter().filter(|der| black_box(x509_cert::Certificate::from_der(der)).is_ok()).count()
        });
    });
    group.finish();
}

/// Lints that try to take a key apart: measured with the weak keys.
const ARITHMETIC: [&str; 2] = ["br.rsa-mod-factors-smaller-than-752", "community.rsa-fermat-factorization"];

fn lints(c: &mut Criterion) {
    let at: Time = "2026-12-01T00:00:00Z".parse().unwrap();
    let lints: Vec<&Lint> = lint::all().filter(|lint| !ARITHMETIC.contains(&lint.meta.id)).collect();
    assert_eq!(lints.len() + ARITHMETIC.len(), lint::all().count());
    for (name, leaves) in [("lints", leaves(ORDINARY)), ("lints of fourteen", leaves(""))] {
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Elements(leaves.len() as u64));
        group.bench_function("all", |b| {
            b.iter(|| {
                for der in &leaves {
                    let subject = Subject::of(black_box(der), at);
                    lints.iter().for_each(|lint| drop(black_box(lint.run(&subject))));
                }
            });
        });
        group.finish();
    }
}

fn weak_keys(c: &mut Criterion) {
    let leaves = leaves("");
    let infos: Vec<_> = leaves.iter().filter_map(|der| Anatomy::of(der).key.ok()).collect();
    let keys: Vec<Key<'_>> = infos.iter().filter_map(|info| Key::of(info).ok()).collect();
    let given = Given::default();
    let mut group = c.benchmark_group("weak keys");
    group.throughput(Throughput::Elements(keys.len() as u64));
    group.bench_function("every check", |b| {
        b.iter(|| keys.iter().map(|key| weak_key::judge(black_box(key), &given).len()).sum::<usize>());
    });
    group.finish();
}

/// Of so many cases of x509-limbo one is judged.
const ONE_OF: usize = 16;

/// Judges cases as `notafter verify --limbo` does, their certificates read anew each time.
fn paths(c: &mut Criterion) {
    let Some(suite) = suite() else { return };
    let cases: Vec<Case> =
        suite["testcases"].as_array().unwrap().iter().step_by(ONE_OF).filter_map(case).collect();
    let mut group = c.benchmark_group("paths");
    group.throughput(Throughput::Elements(cases.len() as u64)).sample_size(20);
    group.bench_function("notafter", |b| {
        b.iter(|| cases.iter().filter(|case| validate(&case.question()).verdict == Verdict::Valid).count());
    });
    group.finish();
}

struct Case {
    leaf: Vec<u8>,
    untrusted: Vec<Vec<u8>>,
    trusted: Vec<Vec<u8>>,
    name: Option<PeerName>,
    at: Time,
}

fn case(case: &Value) -> Option<Case> {
    let ders = |list: &str| -> Vec<Vec<u8>> {
        let texts = case[list].as_array().into_iter().flatten().filter_map(Value::as_str);
        texts.flat_map(|text| pem::chain_from(text.as_bytes()).unwrap_or_default()).collect()
    };
    let leaf = pem::chain_from(case["peer_certificate"].as_str()?.as_bytes()).ok()?.swap_remove(0);
    Certificate::parse(&leaf).ok()?;
    Some(Case {
        leaf,
        untrusted: ders("untrusted_intermediates"),
        trusted: ders("trusted_certs"),
        name: case["expected_peer_name"]["value"].as_str().and_then(|name| name.parse().ok()),
        at: case["validation_time"].as_str().unwrap_or("2026-12-01T00:00:00Z").parse().ok()?,
    })
}

impl Case {
    fn question(&self) -> Question {
        Question {
            name: self.name.clone(),
            ..Question::of_server(
                Certificate::parse(&self.leaf).unwrap(),
                self.untrusted.iter().filter_map(|der| Certificate::parse(der).ok()).collect(),
                Anchors::from_ders("the case's", &self.trusted),
                self.at,
            )
        }
    }
}

criterion_group!(brain, fields, lints, weak_keys, paths);
criterion_main!(brain);

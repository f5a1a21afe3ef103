//! Any file: every object in it is told of and dumped, whatever is wrong with it, and piles of them are sorted.

use notafter_cert::der::dump::{Structure, dump};
use notafter_cert::inspect::{Context, Kind, describe, objects};
use notafter_cert::path::Anchors;
use notafter_cert::pile::{Thing, What, sort};
use notafter_cert::x509::{Anatomy, PrivateKeyStructure, RequestAnatomy};
use notafter_cert::{Certificate, Time, inspect};

const STRUCTURES: [Structure; 10] = [
    Structure::Certificate,
    Structure::Request,
    Structure::RevocationList,
    Structure::OcspRequest,
    Structure::OcspResponse,
    Structure::PublicKey,
    Structure::PrivateKey,
    Structure::Pkcs7,
    Structure::Pkcs12,
    Structure::Unknown,
];

pub(super) fn run(bytes: &[u8]) {
    let _ = (Anatomy::of(bytes).faults(), RequestAnatomy::of(bytes).faults());
    let at = Time::from_unix_seconds(1_795_000_000);
    let context = Context { at, log_name: &|_| None, calculates: false };
    let found = objects(bytes);
    assert!(!found.is_empty(), "there is always something");
    for object in &found {
        let told = describe(object, &context);
        assert_eq!(told.kind, object.kind);
        assert!(!told.title.is_empty());
    }
    for structure in STRUCTURES {
        for line in dump(bytes, structure, 1_000).lines {
            assert!(line.at <= bytes.len() && line.length <= bytes.len(), "{line:?}");
        }
    }
    let things: Vec<Thing> = found.iter().take(8).map(|object| thing(object.kind, &object.octets)).collect();
    let _ = sort(&things, &Anchors::mozilla(), at);
}

fn thing(kind: Kind, octets: &[u8]) -> Thing {
    let what = match kind {
        Kind::Certificate => Certificate::parse(octets).map_or(What::Other, What::Certificate),
        Kind::PublicKey => What::PublicKey(octets.to_vec()),
        Kind::RevocationList => What::RevocationList(octets.to_vec()),
        Kind::PrivateKey => {
            let spki = PrivateKeyStructure::read(octets).ok().and_then(|key| inspect::public_half(&key));
            What::Key { spki, is_sealed: false }
        }
        _ => What::Other,
    };
    Thing { file: "file".to_owned(), what }
}

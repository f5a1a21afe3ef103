//! No bytes make a parser panic, and what is changed is never taken for what it was.

use notafter_cert::der::Reader;
use notafter_cert::der::dump::{Structure, dump};
use notafter_cert::inspect::{Context, Kind, describe, objects};
use notafter_cert::path::{Anchors, Chain, judge};
use notafter_cert::x509::PrivateKeyStructure;
use notafter_cert::x509::java_keystore::JavaKeystore;
use notafter_cert::x509::pkcs7::SignedData;
use notafter_cert::x509::pkcs12::{Pfx, bags};
use notafter_cert::{Certificate, Span, bag, csr, pem};
use proptest::prelude::*;

use crate::fixture;

/// Everything in a file, told and dumped; answers what it is.
fn shown(file: &[u8]) -> Vec<Kind> {
    let at = "2026-12-01T00:00:00Z".parse().unwrap();
    let context = Context { at, log_name: &|_| None, calculates: false };
    let told = objects(file).into_iter().map(|object| {
        let dump = dump(&object.octets, object.kind.structure(), 10_000);
        assert!(dump.lines.iter().all(|line| line.at <= object.octets.len()), "{dump:?}");
        describe(&object, &context).kind
    });
    told.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_bytes_are_shown(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(!shown(&bytes).is_empty());
        let _ = dump(&bytes, Structure::Certificate, 1_000);
    }

    #[test]
    fn a_changed_certificate_is_still_shown_as_one(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut der = fixture("everything").der().to_vec();
        let at = at.index(der.len());
        der[at] = byte;
        let file = pem::write("CERTIFICATE", &der);
        prop_assert!(!shown(&der).is_empty());
        prop_assert_eq!(shown(file.as_bytes())[0], Kind::Certificate);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = Certificate::parse(&bytes);
        let _ = csr::Request::parse(&bytes);
        let _ = bag::read(&bytes);
        let _ = pem::chain_from(&bytes);
        let _ = PrivateKeyStructure::read(&bytes);
        let _ = SignedData::read(&bytes);
        let _ = Pfx::read(&bytes).map(|pfx| pfx.parts().map(|parts| parts.len()));
        let _ = bags(Reader::new(&bytes));
        let _ = JavaKeystore::read(&bytes);
    }

    #[test]
    fn a_changed_certificate_is_read_or_refused_and_never_trusted(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let original = fixture("everything");
        let mut der = original.der().to_vec();
        let at = at.index(der.len());
        der[at] ^= 1 << bit;
        if let Ok(changed) = Certificate::parse(&der) {
            prop_assert_ne!(changed.fingerprint(), original.fingerprint());
            let anchors = Anchors::from_ders("ca", [fixture("ca").der()]);
            let chain = Chain::read(&[der]).unwrap();
            let judgement = judge(&chain, &anchors, original.not_before() + Span::days(1));
            prop_assert!(!judgement.is_trusted(), "byte {at}, bit {bit}");
        }
    }

    #[test]
    fn cut_files_are_told(cut in 30_usize..400) {
        let text = pem::write("CERTIFICATE", fixture("everything").der());
        prop_assert!(pem::chain_from(&text.as_bytes()[..text.len() - cut]).is_err());
    }

    #[test]
    fn blocks_survive_any_surroundings(before in "[^-]*", after in "[^-]*", der in proptest::collection::vec(any::<u8>(), 1..200)) {
        let text = format!("{before}\n{}{after}", pem::write("X", &der));
        prop_assert_eq!(pem::blocks(text.as_bytes()), [pem::Block { label: "X".to_owned(), der }]);
    }
}

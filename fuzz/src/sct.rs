//! Any bytes as an SCT, as a list of them that a server sent, and as a certificate with some in it: no panic, nothing is read
//! beyond the bytes, nothing is proved without a log list, and what logs would have signed is one element.

use notafter_cert::der::Reader;
use notafter_cert::x509::Anatomy;
use notafter_cert::x509::extension::SerializedSct;
use notafter_cert::{Certificate, Time};
use notafter_ct::{Delivery, Entry, Sct, Source, judge};

pub(super) fn run(bytes: &[u8]) {
    let sct = Sct::of(SerializedSct { octets: bytes, at: 0 });
    let _ = (sct.time(), sct.leaf_index());
    match (sct.fault(), sct.extensions, sct.signature) {
        (Some(fault), ..) => assert!(fault.at <= bytes.len()),
        (None, Ok(extensions), Ok(signature)) => {
            assert_eq!(bytes.len(), 47 + extensions.len() + signature.len());
        }
        _ => panic!("a field is missing without a fault"),
    }
    let anatomy = Anatomy::of(bytes);
    let entries =
        [Entry::of_final(&anatomy, &anatomy), Entry::of_precertificate(&anatomy, &anatomy, Some(&anatomy))];
    for entry in entries.into_iter().flatten() {
        let Entry::Precertificate { tbs, .. } = entry else { panic!("an entry of another kind") };
        let element = Reader::new(&tbs).element();
        assert!(element.is_ok_and(|element| element.whole == tbs));
    }
    if let Ok(certificate) = Certificate::parse(bytes) {
        let delivery = Delivery { source: Source::Tls, list: bytes };
        let at = Time::from_unix_seconds(1_795_000_000);
        let report = judge(&certificate, Some(&certificate), &[delivery], None, at);
        assert_eq!(report.proved(), 0);
    }
}

//! Bytes of nobody's making.

use notafter_cert::der::Reader;
use notafter_cert::x509::Anatomy;
use notafter_cert::x509::extension::SerializedSct;
use notafter_ct::{Entry, LogKey, LogList, Sct};
use proptest::prelude::*;

use crate::stage::{Order, ca, poison, sct_extension};

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..most)
}

proptest! {
    #[test]
    fn any_bytes_are_a_promise_or_say_why_not(bytes in bytes(300), at in 0_usize..1000) {
        let sct = Sct::of(SerializedSct { octets: &bytes, at });
        let _ = (sct.leaf_index(), sct.time());
        match sct.fault() {
            Some(fault) => prop_assert!(fault.at >= at && fault.at <= at + bytes.len()),
            None => {
                let (extensions, signature) = (sct.extensions.unwrap(), sct.signature.unwrap());
                prop_assert_eq!(bytes.len(), 47 + extensions.len() + signature.len());
            }
        }
    }

    #[test]
    fn a_promise_that_is_written_is_read(
        time in any::<u64>(),
        extensions in bytes(60),
        signature in bytes(80),
        id in any::<[u8; 32]>(),
        kind in any::<[u8; 2]>(),
    ) {
        let vector = |part: &[u8]| [&u16::try_from(part.len()).unwrap().to_be_bytes()[..], part].concat();
        let octets = [&[0][..], &id, &time.to_be_bytes(), &vector(&extensions), &kind, &vector(&signature)].concat();
        let sct = Sct::of(SerializedSct { octets: &octets, at: 0 });
        prop_assert_eq!(sct.fault(), None);
        prop_assert_eq!(*sct.log.unwrap().as_bytes(), id);
        prop_assert_eq!(sct.timestamp.unwrap(), time);
        prop_assert_eq!(sct.extensions.unwrap(), &extensions[..]);
        prop_assert_eq!(sct.signature.unwrap(), &signature[..]);
    }

    #[test]
    fn any_bytes_are_a_key_a_list_or_none(bytes in bytes(200)) {
        let _ = (LogKey::read(&bytes), LogList::read(&bytes));
    }

    #[test]
    fn an_entry_of_a_broken_certificate_is_none_or_well_formed(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let (ca, order) = (ca("CA"), Order::new());
        let issuer = Anatomy::of(ca.der());
        for extension in [poison(), sct_extension(&[vec![1; 50]])] {
            let mut der = order.signed(&ca, Some(extension));
            let at = at.index(der.len());
            der[at] = byte;
            let leaf = Anatomy::of(&der);
            let entries = [Entry::of_final(&leaf, &issuer), Entry::of_precertificate(&leaf, &issuer, None)];
            for entry in entries.into_iter().flatten() {
                let Entry::Precertificate { tbs, .. } = entry else { panic!("another entry") };
                prop_assert!(tbs.len() < der.len());
                prop_assert_eq!(Reader::new(&tbs).element().unwrap().whole.len(), tbs.len());
            }
        }
    }
}

//! Any bytes as PKCS#7: no panic, and what was carried is written and read the same.

use notafter_cert::der::{Element, Field};
use notafter_cert::x509::pkcs7::{self, SignedData};

pub(super) fn run(bytes: &[u8]) {
    let Ok(data) = SignedData::read(bytes) else { return };
    let _ = data.faults();
    let (certificates, lists) = (members(&data.certificates), members(&data.revocation_lists));
    let written = pkcs7::write(&certificates, &lists);
    let again = SignedData::read(&written).unwrap();
    assert_eq!((members(&again.certificates), members(&again.revocation_lists)), (certificates, lists));
}

/// In the order in which they are written.
fn members<'a>(list: &Field<Vec<Element<'a>>>) -> Vec<&'a [u8]> {
    let mut members: Vec<&[u8]> = list.iter().flatten().map(|element| element.whole).collect();
    members.sort_unstable();
    members
}

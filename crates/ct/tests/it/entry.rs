//! What logs sign is built again to the octet.

use notafter_cert::x509::Anatomy;
use notafter_ct::{Entry, EntryFault};
use rcgen::{CertificateParams, CertifiedIssuer, CustomExtension, ExtendedKeyUsagePurpose, KeyPair};

use crate::stage::{Ca, Order, ca, ca_params, key_hash, poison, sct_extension};

fn expected(order: &Order, ca: &Ca) -> Entry<'static> {
    let hash = key_hash(ca).try_into().unwrap();
    Entry::Precertificate { issuer_key_hash: hash, tbs: order.tbs(ca) }
}

fn of_final(order: &Order, ca: &Ca) -> Result<Entry<'static>, EntryFault> {
    let der = order.signed(ca, Some(sct_extension(&[vec![7; 120], vec![8; 90]])));
    Entry::of_final(&Anatomy::of(&der), &Anatomy::of(ca.der()))
}

fn of_precertificate(order: &Order, ca: &Ca) -> Result<Entry<'static>, EntryFault> {
    let der = order.signed(ca, Some(poison()));
    Entry::of_precertificate(&Anatomy::of(&der), &Anatomy::of(ca.der()), None)
}

fn other() -> CustomExtension {
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 24], vec![0x30, 3, 2, 1, 5])
}

#[test]
fn both_documents_have_the_same_entry() {
    let (ca, mut order) = (ca("CA"), Order::new());
    for after in [Vec::new(), vec![other()]] {
        order.after = after;
        assert_eq!(of_final(&order, &ca), Ok(expected(&order, &ca)));
        assert_eq!(of_precertificate(&order, &ca), Ok(expected(&order, &ca)));
    }
}

/// RFC 5280 has no empty list of extensions: with the last one goes the field.
#[test]
fn without_another_extension_the_field_goes() {
    let (ca, order) = (ca("CA"), Order::of(CertificateParams::default()));
    let der = order.signed(&ca, Some(poison()));
    assert_eq!(Anatomy::of(&der).extensions().count(), 1);
    assert_eq!(of_final(&order, &ca), Ok(expected(&order, &ca)));
    assert_eq!(of_precertificate(&order, &ca), Ok(expected(&order, &ca)));
}

/// RFC 6962 section 3.1: another key may sign precertificates for the CA, which is the issuer in the end.
#[test]
fn a_special_certificate_may_have_signed_the_precertificate() {
    let (ca, mut order) = (ca("CA"), Order::new());
    order.after = vec![other()];
    let mut params = ca_params("Signs precertificates");
    let usage = ExtendedKeyUsagePurpose::Other(vec![1, 3, 6, 1, 4, 1, 11129, 2, 4, 4]);
    params.extended_key_usages = vec![usage];
    let special = CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &ca).unwrap();
    let entry = |order: &Order, above: Option<&Anatomy<'_>>| {
        let der = order.signed(&special, Some(poison()));
        Entry::of_precertificate(&Anatomy::of(&der), &Anatomy::of(special.der()), above)
    };
    let above = Anatomy::of(ca.der());
    assert_eq!(entry(&order, None), Err(EntryFault::NoCaAbove));
    assert_eq!(entry(&order, Some(&above)), Ok(expected(&order, &ca)));
    // Without the extension that names the CA's key it is put at the end, where it is in the certificate to come.
    order.params.use_authority_key_identifier_extension = false;
    order.after.clear();
    let Ok(Entry::Precertificate { tbs, .. }) = entry(&order, Some(&above)) else { panic!("no entry") };
    let authority = Anatomy::of(special.der());
    let authority = authority.extension(notafter_cert::der::oid::AUTHORITY_KEY_IDENTIFIER).unwrap();
    assert!(tbs.ends_with(authority.element.whole));
}

#[test]
fn what_is_not_there_or_there_twice_has_no_entry() {
    let (ca, mut order) = (ca("CA"), Order::new());
    let plain = order.signed(&ca, None);
    let issuer = Anatomy::of(ca.der());
    assert_eq!(
        Entry::of_final(&Anatomy::of(&plain), &issuer).unwrap_err().to_string(),
        "the list of SCTs is not there"
    );
    order.after = vec![poison()];
    assert_eq!(of_precertificate(&order, &ca), Err(EntryFault::Twice("the poison")));
    let bare = Order::of(CertificateParams::default()).signed(&ca, None);
    assert_eq!(Entry::of_final(&Anatomy::of(&bare), &issuer), Err(EntryFault::Absent("the list of SCTs")));
    let nothing = Anatomy::of(&[]);
    assert!(matches!(Entry::of_final(&nothing, &issuer), Err(EntryFault::Unreadable(_))));
    let der = order.signed(&ca, Some(sct_extension(&[])));
    assert!(matches!(Entry::of_final(&Anatomy::of(&der), &nothing), Err(EntryFault::Unreadable(_))));
}

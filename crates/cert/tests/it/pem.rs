//! Files as OpenSSL writes them.

use notafter_cert::{Certificate, bag};

use crate::fixture;

#[test]
fn what_openssl_wrote_is_written_back_letter_for_letter() {
    let path = format!("{}/tests/it/data/everything.pem", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(notafter_cert::pem::write("CERTIFICATE", fixture("everything").der()), text);
}

#[test]
fn a_bag_with_text_between_the_certificates_is_opened() {
    let (leaf, ca) = (fixture("everything"), fixture("ca"));
    let text = format!(
        "Bag Attributes\n    friendlyName: shop\nsubject=CN = shop\n\n{}\nBag Attributes: <No Attributes>\n{}",
        notafter_cert::pem::write("CERTIFICATE", leaf.der()),
        notafter_cert::pem::write("CERTIFICATE", ca.der()),
    );
    let certificates: Vec<Certificate> = bag::read(text.as_bytes()).unwrap().certificates;
    assert_eq!(certificates, [leaf, ca]);
}

//! What lints look at, out of files that people name.

use std::path::Path;

use notafter_cert::bag::{self, Container, Form};
use notafter_cert::der::Reader;
use notafter_cert::lint::About;
use notafter_cert::pem::Piece;
use notafter_cert::x509::pkcs7::SignedData;
use notafter_cert::{Certificate, ParseError};

use crate::file;

/// What came of a file.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// As it was named.
    pub(super) file: String,
    /// What is linted.
    pub(super) objects: Vec<Object>,
    /// What is in it beside that.
    pub(super) left_out: Vec<LeftOut>,
    /// Why it could not be read, and what to do.
    pub(super) failure: Option<(String, &'static str)>,
}

/// Something that is linted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    /// A certificate, a CRL or an OCSP response.
    pub(super) about: About,
    /// Its octets.
    pub(super) der: Vec<u8>,
    /// The line of its PEM block, counted from one.
    pub(super) line: Option<usize>,
}

/// Something that is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// What it is called.
    pub(super) label: String,
    /// The line of its PEM block, counted from one.
    pub(super) line: Option<usize>,
    /// Why.
    pub(super) why: String,
    /// Whether there would be lints for it, if it could be read.
    pub(super) is_unseen: bool,
}

/// What standard input is called.
pub(super) const STANDARD_INPUT: &str = "-";

const NO_LINTS: &str = "there are no lints for it";

/// Reads a file; whatever is wrong with it is told in what came of it.
pub(super) fn read(path: &Path) -> Source {
    let mut source = Source { file: path.display().to_string(), ..Source::default() };
    match file::input(path) {
        Ok(bytes) => source.take(&bytes),
        Err(error) => source.failure = Some((error.to_string(), error.hint())),
    }
    source
}

impl Source {
    fn take(&mut self, bytes: &[u8]) {
        match bag::form(bytes) {
            Form::Pem(pieces) => pieces.iter().for_each(|piece| self.take_piece(piece)),
            Form::Octets(octets) if octets.first() == Some(&0x30) => self.take_der(&octets),
            Form::Octets(octets) => {
                if let Some(container) = Container::of(&octets) {
                    self.leave_out(&container.to_string(), None, container.opened_by());
                }
            }
        }
    }

    fn take_piece(&mut self, piece: &Piece) {
        let line = Some(piece.line);
        let der = match &piece.content {
            Ok(der) => der.as_slice(),
            Err(damage) if is_linted(&piece.label) => return self.miss(&piece.label, line, &damage.to_string()),
            Err(damage) => return self.leave_out(&piece.label, line, &damage.to_string()),
        };
        if Container::of(der) == Some(Container::Pkcs7Der) {
            return self.take_pkcs7(der, line);
        }
        // OpenSSL's TRUSTED CERTIFICATE carries trust settings after the certificate.
        let der = match Reader::new(der).element() {
            Ok(element) if piece.label.starts_with("TRUSTED") => element.whole,
            _ => der,
        };
        match About::labelled(&piece.label).or_else(|| About::of(der)) {
            Some(about) => self.take_object(about, der, line),
            None => self.leave_out(&piece.label, line, NO_LINTS),
        }
    }

    /// One structure after the other. What has the shape of nothing is a certificate where it may be one that is broken.
    fn take_der(&mut self, bytes: &[u8]) {
        let mut document = Reader::new(bytes);
        while !document.rest().trim_ascii().is_empty() {
            let rest = document.rest();
            let whole = match document.element() {
                Ok(element) => element.whole,
                Err(_) if rest.first() == Some(&0x30) => return self.take_object(About::Certificate, rest, None),
                Err(_) => return self.leave_out("DER", None, &format!("{} octets at the end are none", rest.len())),
            };
            match (About::of(whole), Container::of(whole)) {
                (Some(about), _) => self.take_object(about, whole, None),
                (None, Some(Container::Pkcs7Der)) => self.take_pkcs7(whole, None),
                (None, Some(container)) => self.leave_out(&container.to_string(), None, container.opened_by()),
                (None, None) => self.take_unknown(whole),
            }
        }
    }

    fn take_unknown(&mut self, der: &[u8]) {
        match bag::read(der) {
            Ok(known) => {
                let labels: Vec<&str> = known.items.iter().map(|item| item.label.as_str()).collect();
                self.leave_out(&labels.join(", "), None, NO_LINTS);
            }
            Err(_) if der.first() == Some(&0x30) => self.take_object(About::Certificate, der, None),
            Err(_) => self.leave_out("DER", None, NO_LINTS),
        }
    }

    fn take_pkcs7(&mut self, der: &[u8], line: Option<usize>) {
        let data = match SignedData::read(der) {
            Ok(data) => data,
            Err(fault) => return self.miss("PKCS7", line, &fault.to_string()),
        };
        let certificates = data.certificates.iter().flatten().map(|element| (About::Certificate, element));
        let lists = data.revocation_lists.iter().flatten().map(|element| (About::Crl, element));
        for (about, element) in certificates.chain(lists) {
            self.take_object(about, element.whole, line);
        }
        for (field, fault) in data.faults() {
            self.miss("PKCS7", line, &format!("{field}, {fault}"));
        }
    }

    /// What is longer than any honest certificate is not linted: whoever made it chose how long that takes.
    fn take_object(&mut self, about: About, der: &[u8], line: Option<usize>) {
        if about == About::Certificate && der.len() > Certificate::LONGEST {
            return self.miss("CERTIFICATE", line, &ParseError::TooLong(der.len()).to_string());
        }
        self.objects.push(Object { about, der: der.to_vec(), line });
    }

    fn leave_out(&mut self, label: &str, line: Option<usize>, why: &str) {
        self.left_out.push(LeftOut { label: label.to_owned(), line, why: why.to_owned(), is_unseen: false });
    }

    fn miss(&mut self, label: &str, line: Option<usize>, why: &str) {
        self.left_out.push(LeftOut { label: label.to_owned(), line, why: why.to_owned(), is_unseen: true });
    }

    /// What there would be lints for, if it could be read.
    pub(super) fn unseen(&self) -> impl Iterator<Item = &LeftOut> {
        self.left_out.iter().filter(|left_out| left_out.is_unseen)
    }
}

/// Whether what stands in a block of this label is linted.
fn is_linted(label: &str) -> bool {
    About::labelled(label).is_some() || matches!(label, "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA")
}

#[cfg(test)]
mod tests {
    use notafter_cert::pem;

    use super::*;

    fn taken(bytes: &[u8]) -> Source {
        let mut source = Source::default();
        source.take(bytes);
        source
    }

    fn certificate() -> Vec<u8> {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(["shop.example".to_owned()]).unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn files_of_every_kind_are_taken_apart() {
        let der = certificate();
        let block = pem::write("CERTIFICATE", &der);
        let key = pem::write("PRIVATE KEY", &[0x30, 3, 2, 1, 0]);
        let table: [(&str, Vec<u8>, usize, usize); 9] = [
            ("DER", der.clone(), 1, 0),
            ("DER twice, and a line's end", [&der[..], &der, b"\n"].concat(), 2, 0),
            ("DER and more", [&der[..], &[0xff]].concat(), 1, 1),
            ("DER that is cut off", der[..der.len() - 9].to_vec(), 1, 0),
            ("PEM, with a key", format!("{key}words\n{block}{block}").into_bytes(), 2, 1),
            ("PEM of another label", pem::write("CA CERTIFICATE", &der).into_bytes(), 1, 0),
            ("PEM with a block that is broken", pem::write("CERTIFICATE", b"no").into_bytes(), 1, 0),
            ("nothing", Vec::new(), 0, 0),
            ("words", b"what is this".to_vec(), 0, 0),
        ];
        for (what, bytes, objects, left_out) in table {
            let source = taken(&bytes);
            assert_eq!((source.objects.len(), source.left_out.len()), (objects, left_out), "{what}: {source:?}");
        }
    }

    #[test]
    fn a_block_is_told_with_its_line() {
        let text = format!("words\n\n{}", pem::write("CERTIFICATE", &certificate()));
        assert_eq!(taken(text.as_bytes()).objects[0].line, Some(3));
    }
}

//! Certificates from files that people name.

use std::fmt;
use std::path::{Path, PathBuf};

use notafter_cert::bag::{self, Form};
use notafter_cert::der::Reader;
use notafter_cert::path::Anchors;
use notafter_cert::{Certificate, ParseError, pem};
use serde_json::json;

use super::Format;
use crate::failure::Failure;
use crate::file;

/// A certificate that cannot be read at all.
#[derive(Debug)]
pub(super) struct Unreadable {
    file: String,
    number: usize,
    error: ParseError,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "certificate {} of {} cannot be read: {}", self.number, self.file, self.error)
    }
}

impl Unreadable {
    /// What is said where the leaf is one: nothing leads anywhere from it.
    pub(super) fn written(&self, format: Format) -> String {
        let hint = format!("notafter inspect {} shows it field by field", self.file);
        match format {
            Format::Text => format!("invalid: {self}\nhint: {hint}\n"),
            Format::Json => {
                let error = json!({
                    "cert": 0, "code": "path.malformed", "text": self.to_string(), "section": "RFC 5280 section 4", "hint": hint,
                });
                let path = json!({ "certs": [], "verdict": "invalid", "errors": [error] });
                let document = json!({ "schema": "notafter.verify/1", "verdict": "invalid", "paths": [path] });
                format!("{document:#}\n")
            }
        }
    }
}

/// The certificates of a file, PEM or DER, one or several, in its order.
pub(super) fn objects(path: &Path) -> Result<Vec<Result<Certificate, Unreadable>>, Failure> {
    Ok(held(path)?.into_iter().map(|(_, certificate)| certificate).collect())
}

/// A certificate's block, and the certificate in it.
type Held = (Vec<u8>, Result<Certificate, Unreadable>);

/// As they lie in the file, and read. OpenSSL's TRUSTED CERTIFICATE has trust settings after the certificate.
fn held(path: &Path) -> Result<Vec<Held>, Failure> {
    let bytes = bytes(path)?;
    let read = |(block, number): (pem::Block, usize)| {
        let certificate = match Reader::new(&block.der).element() {
            Ok(element) if block.label.starts_with("TRUSTED") => Certificate::parse(element.whole),
            _ => Certificate::parse(&block.der),
        };
        let file = path.display().to_string();
        (block.der, certificate.map_err(|error| Unreadable { file, number, error }))
    };
    Ok(blocks(&bytes, &pem::CERTIFICATE_LABELS).into_iter().zip(1..).map(read).collect())
}

fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let name = || if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
    file::input(path).map_err(|error| Failure::new(format!("{} {error}", name()), error.hint()))
}

/// Objects of one kind from files, PEM of this label or DER.
pub(super) fn all(files: &[PathBuf], label: &str) -> Result<Vec<Vec<u8>>, Failure> {
    let mut found = Vec::new();
    for path in files {
        let bytes = bytes(path)?;
        let here = blocks(&bytes, &[label]);
        if here.is_empty() {
            let hint = format!("name a DER file, or PEM with a block {label}");
            return Err(Failure::new(format!("{} holds no {label}", path.display()), hint));
        }
        found.extend(here.into_iter().map(|block| block.der));
    }
    Ok(found)
}

/// The objects of these labels; those of DER have none.
fn blocks(bytes: &[u8], labels: &[&str]) -> Vec<pem::Block> {
    let octets = match bag::form(bytes) {
        Form::Pem(pieces) => {
            let wanted = pieces.into_iter().filter(|piece| labels.contains(&piece.label.as_str()));
            return wanted.filter_map(|piece| Some(pem::Block { der: piece.content.ok()?, label: piece.label })).collect();
        }
        Form::Octets(octets) => octets,
    };
    let mut document = Reader::new(&octets);
    let mut blocks = Vec::new();
    while !document.is_empty() && octets.first() == Some(&0x30) {
        let rest = document.rest();
        match document.element() {
            Ok(element) => blocks.push(bare(element.whole)),
            Err(_) => blocks.push(bare(rest)),
        }
    }
    blocks
}

fn bare(der: &[u8]) -> pem::Block {
    pem::Block { label: String::new(), der: der.to_vec() }
}

/// Every certificate of these files as an anchor, with its settings.
pub(super) fn anchors(files: &[PathBuf]) -> Result<Anchors, Failure> {
    let mut trusted = Vec::new();
    for path in files {
        let found = held(path)?;
        if found.is_empty() {
            return Err(no_certificate(path));
        }
        for (der, certificate) in found {
            match certificate {
                Ok(_) => trusted.push(der),
                Err(unreadable) => {
                    let hint = "leave it out of the file, or have it mended";
                    return Err(Failure::new("a trusted certificate cannot be read", hint).because(unreadable));
                }
            }
        }
    }
    let names: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    Ok(Anchors::from_ders(&names.join(", "), trusted))
}

pub(super) fn no_certificate(path: &Path) -> Failure {
    let hint = "name a PEM or DER file with certificates; notafter convert makes one of other containers";
    Failure::new(format!("{} holds no certificate", path.display()), hint)
}

//! What was chosen, in the format that was asked for.

use notafter_cert::x509::pkcs7;
use notafter_cert::{Certificate, pem};
use notafter_keys::LooseKey;
use notafter_keys::pkcs12::{self, Style};
use zeroize::Zeroizing;

use super::chosen::Chosen;
use super::{Format, Order, Part};
use crate::failure::Failure;
use crate::made::Made;

/// A result.
pub(super) struct Content {
    bytes: Zeroizing<Vec<u8>>,
    /// Whether a private key is in it.
    pub(super) is_secret: bool,
    is_text: bool,
    /// What it is, in words.
    pub(super) what: String,
    /// The format's name.
    pub(super) format: &'static str,
    /// What was chosen, and the format does not hold.
    pub(super) left_out: Vec<String>,
}

impl Content {
    pub(super) fn made(&self) -> Made<'_> {
        Made { bytes: &self.bytes, is_secret: self.is_secret, is_text: self.is_text }
    }
}

/// What of it is written.
struct Selection<'a> {
    certificates: &'a [Certificate],
    key: Option<&'a LooseKey>,
    /// Requests, lists and public keys, with the labels of their PEM blocks.
    others: Vec<(&'static str, &'a [u8])>,
    /// Labels of those that the format does not hold.
    left_out: Vec<&'static str>,
}

impl<'a> Selection<'a> {
    fn of(part: Part, format: Format, chosen: &'a Chosen) -> Self {
        let all = &chosen.certificates[..];
        let (certificates, key) = match part {
            Part::All => (all, chosen.key.as_ref()),
            Part::Fullchain => (all, None),
            Part::Leaf => (&all[..all.len().min(1)], None),
            Part::Chain => (all.get(1..).unwrap_or_default(), None),
            Part::Key => (&all[..0], chosen.key.as_ref()),
        };
        let labelled = |label, ders: &'a [Vec<u8>]| ders.iter().map(move |der| (label, der.as_slice()));
        let others = labelled("CERTIFICATE REQUEST", &chosen.requests)
            .chain(labelled("X509 CRL", &chosen.revocation_lists))
            .chain(labelled("PUBLIC KEY", &chosen.public_keys));
        let holds = |label: &str| match format {
            Format::Pem | Format::Der => true,
            Format::Pkcs7 => label == "X509 CRL",
            Format::Pkcs12 | Format::Pkcs8 | Format::Traditional => false,
        };
        let (others, rest): (Vec<_>, Vec<_>) =
            others.filter(|_| part == Part::All).partition(|(label, _)| holds(label));
        Self { certificates, key, others, left_out: rest.into_iter().map(|(label, _)| label).collect() }
    }

    fn count(&self) -> usize {
        self.certificates.len() + usize::from(self.key.is_some()) + self.others.len()
    }

    fn key(&self) -> Result<&'a LooseKey, Failure> {
        self.key.ok_or_else(|| {
            Failure::new("there is no private key in it", "name the file with the key, too, or --key FILE")
        })
    }

    /// In words: `ECDSA P-256 key, shop.example, 2 more certificates`.
    fn in_words(&self) -> String {
        let mut words: Vec<String> = self.key.iter().map(|key| format!("{} key", key.kind())).collect();
        words.extend(self.certificates.first().map(|first| format!("certificate of {}", first.shown_name())));
        match self.certificates.len() {
            0 | 1 => {}
            2 => words.push("1 more certificate".to_owned()),
            more => words.push(format!("{} more certificates", more - 1)),
        }
        words.extend(self.others.iter().map(|(label, _)| named(label)));
        words.join(", ")
    }
}

/// What people call what has this label.
fn named(label: &str) -> String {
    match label {
        "X509 CRL" => "revocation list".to_owned(),
        label => label.to_lowercase(),
    }
}

/// Writes it.
pub(super) fn write(order: &Order, chosen: &Chosen) -> Result<Content, Failure> {
    let selection = Selection::of(order.part, order.format, chosen);
    if selection.count() == 0 && selection.left_out.is_empty() {
        let missing = match order.part {
            Part::All => "certificate, key or request",
            Part::Fullchain | Part::Leaf => "certificate",
            Part::Chain => "certificate but the leaf",
            Part::Key => "private key",
        };
        return Err(Failure::new(format!("there is no {missing} in it"), "name more files, or another --only"));
    }
    let bytes = match order.format {
        Format::Pem => as_pem(&selection, order)?,
        Format::Der => as_der(&selection, order)?,
        Format::Pkcs7 => as_pkcs7(&selection)?,
        Format::Pkcs12 => as_pkcs12(&selection, order)?,
        Format::Pkcs8 => key_in_pem(selection.key()?, order)?,
        Format::Traditional => Zeroizing::new(selection.key()?.traditional_pem()?.as_bytes().to_vec()),
    };
    Ok(Content {
        bytes,
        is_secret: selection.key.is_some(),
        is_text: matches!(order.format, Format::Pem | Format::Pkcs8 | Format::Traditional),
        what: selection.in_words(),
        format: order.format.name(),
        left_out: selection.left_out.iter().map(|label| named(label)).collect(),
    })
}

fn key_in_pem(key: &LooseKey, order: &Order) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let pem = match &order.password {
        Some(password) => key.sealed_pem(password)?,
        None => key.to_pem(),
    };
    Ok(Zeroizing::new(pem.as_bytes().to_vec()))
}

fn as_pem(selection: &Selection<'_>, order: &Order) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let certificates: String =
        selection.certificates.iter().map(|one| pem::write("CERTIFICATE", one.der())).collect();
    let key = selection.key.map(|key| key_in_pem(key, order)).transpose()?.unwrap_or_default();
    let others: String = selection.others.iter().map(|(label, der)| pem::write(label, der)).collect();
    Ok(Zeroizing::new([certificates.as_bytes(), &key, others.as_bytes()].concat()))
}

fn as_der(selection: &Selection<'_>, order: &Order) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if selection.count() > 1 {
        let hint = "choose with --only leaf or --only key; several certificates go into --to pkcs7, with a key --to pkcs12";
        return Err(Failure::new(format!("DER holds one thing, and there are {}", selection.count()), hint));
    }
    let plain = selection.certificates.iter().map(Certificate::der).chain(selection.others.iter().map(|(_, der)| *der));
    if let Some(der) = plain.into_iter().next() {
        return Ok(Zeroizing::new(der.to_vec()));
    }
    let key = selection.key()?;
    Ok(match &order.password {
        Some(password) => key.sealed_der(password)?,
        None => key.pkcs8().clone(),
    })
}

fn as_pkcs7(selection: &Selection<'_>) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let certificates: Vec<&[u8]> = selection.certificates.iter().map(Certificate::der).collect();
    let lists: Vec<&[u8]> = selection.others.iter().map(|(_, der)| *der).collect();
    if certificates.is_empty() && lists.is_empty() {
        return Err(Failure::new("there is no certificate for PKCS#7", "name the file with the certificates"));
    }
    Ok(Zeroizing::new(pkcs7::write(&certificates, &lists)))
}

fn as_pkcs12(selection: &Selection<'_>, order: &Order) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let Some(first) = selection.certificates.first() else {
        let hint = "name the file with the certificate, too; a key alone is written with --to pkcs8";
        return Err(Failure::new("there is no certificate for PKCS#12", hint));
    };
    let chain: Vec<Vec<u8>> = selection.certificates.iter().map(|one| one.der().to_vec()).collect();
    let name = order.name.clone().unwrap_or_else(|| first.shown_name());
    let style = if order.legacy { Style::Legacy } else { Style::Modern };
    let password = order.password.as_ref().map(|password| password.as_str()).unwrap_or_default();
    Ok(pkcs12::write(selection.key, &chain, &name, password, style)?)
}

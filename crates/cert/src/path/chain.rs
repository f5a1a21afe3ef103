//! A chain as a server sent it.

use crate::{Certificate, ParseError, Retry, Trouble};

use super::{Anchors, Note, Step};

/// The most certificates of a chain that are looked at. Honest servers send two to five.
const MOST: usize = 32;

/// A chain whose leaf could be read.
#[derive(Clone, Debug)]
pub struct Chain {
    leaf: Certificate,
    rest: Vec<Sent>,
    unreadable: Vec<usize>,
}

/// A certificate after the leaf.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its position in the chain as sent; the leaf is 0.
    pub index: usize,
    /// The certificate.
    pub certificate: Certificate,
}

/// A chain without a leaf.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainReadError {
    /// Nothing was sent.
    #[error("the chain is empty")]
    Empty,
    /// The first certificate is none.
    #[error("the first certificate of the chain cannot be read")]
    Leaf(#[source] ParseError),
}

impl Trouble for ChainReadError {
    fn code(&self) -> &'static str {
        "cert.unreadable-chain"
    }

    fn hint(&self) -> String {
        "look at the server's certificate file: it must begin with the server's own certificate".to_owned()
    }

    fn retry(&self) -> Retry {
        Retry::Never
    }
}

impl Chain {
    /// Reads a chain, leaf first. What cannot be read after the leaf is noted.
    ///
    /// # Errors
    /// When there is no leaf.
    pub fn read<D: AsRef<[u8]>>(ders: &[D]) -> Result<Self, ChainReadError> {
        let (first, others) = ders.split_first().ok_or(ChainReadError::Empty)?;
        let leaf = Certificate::parse(first.as_ref()).map_err(ChainReadError::Leaf)?;
        let mut chain = Self { leaf, rest: Vec::new(), unreadable: Vec::new() };
        for (index, der) in others.iter().enumerate().take(MOST) {
            match Certificate::parse(der.as_ref()) {
                Ok(certificate) => chain.rest.push(Sent { index: index + 1, certificate }),
                Err(_) => chain.unreadable.push(index + 1),
            }
        }
        chain.unreadable.extend(MOST + 1..ders.len());
        Ok(chain)
    }

    /// The server's own certificate.
    #[must_use]
    pub fn leaf(&self) -> &Certificate {
        &self.leaf
    }

    /// What was sent after it, in order.
    #[must_use]
    pub fn rest(&self) -> &[Sent] {
        &self.rest
    }

    /// Every certificate that could be read, the leaf first.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        std::iter::once(&self.leaf).chain(self.rest.iter().map(|sent| &sent.certificate))
    }

    /// What is odd about the chain, given the path that was found in it.
    pub(super) fn notes(&self, path: &[Step], anchors: &Anchors) -> Vec<Note> {
        let mut notes: Vec<Note> = self.unreadable.iter().copied().map(Note::Unreadable).collect();
        let complete = path.last().is_some_and(|step| step.anchor);
        let mut seen = vec![&self.leaf];
        for Sent { index, certificate } in &self.rest {
            if seen.contains(&certificate) {
                notes.push(Note::Duplicate(*index));
                continue;
            }
            seen.push(certificate);
            let place = path.iter().position(|step| step.certificate == *certificate);
            if anchors.contains(certificate) || certificate.is_self_signed() {
                notes.push(Note::RootSent(*index));
            } else if place.is_none() {
                // Where nothing leads to an anchor, nobody can say what is not needed.
                notes.extend(complete.then_some(Note::Unneeded(*index)));
            } else if path.iter().take(place.unwrap_or(0)).any(|step| step.sent > Some(*index)) {
                notes.push(Note::Misordered(*index));
            }
        }
        notes
    }
}

//! A CRL too large to be held: read in pieces, and only what it says of some certificates kept.

use super::search::{Search, Sought};
use crate::der::Field;
use crate::x509::{CrlPiece, CrlStream, ReadCrl};

/// Reads a CRL in pieces, and keeps what it says of the certificates that are looked for.
pub struct Sieve {
    stream: CrlStream,
    sought: Vec<Sought>,
    search: Option<Search>,
    entries: u64,
}

/// What is left of a CRL that was read in pieces; `Crl::sieved` makes a judgement take it.
#[derive(Clone)]
pub struct SievedCrl {
    /// How many entries there were.
    pub entries: u64,
    pub(super) read: ReadCrl,
    pub(super) search: Search,
}

impl Sieve {
    /// Looks for these certificates; of others nothing can be said afterwards.
    #[must_use]
    pub const fn new(sought: Vec<Sought>) -> Self {
        Self { stream: CrlStream::new(), sought, search: None, entries: 0 }
    }

    /// Takes the next octets in.
    ///
    /// # Errors
    /// Where they are no CRL. Nothing can be read after that.
    pub fn push(&mut self, octets: &[u8]) -> Field<()> {
        self.stream.push(octets);
        while let Some(piece) = self.stream.piece()? {
            match piece {
                CrlPiece::Header(header) => {
                    self.search = Some(Search::new(std::mem::take(&mut self.sought), &header.issuer?));
                }
                CrlPiece::Entry(entry) => {
                    self.entries += 1;
                    self.search.iter_mut().for_each(|search| search.take(&entry));
                }
                CrlPiece::Trailer(_) => {}
            }
        }
        Ok(())
    }

    /// After the last octet.
    ///
    /// # Errors
    /// Where the CRL has not ended, or something follows it.
    pub fn finish(self) -> Field<SievedCrl> {
        let read = self.stream.finish()?;
        let nothing = crate::der::Fault::new(0, crate::der::Broken::Missing("CertificateList"));
        Ok(SievedCrl { entries: self.entries, read, search: self.search.ok_or(nothing)? })
    }
}

impl std::fmt::Debug for SievedCrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SievedCrl({} entries)", self.entries)
    }
}

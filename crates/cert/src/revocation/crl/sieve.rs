//! A CRL too large to be held: read in pieces, and only what it says of some certificates kept.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::search::{Search, Sought};
use crate::der::Field;
use crate::x509::{CrlPiece, CrlStream, ReadCrl};

/// Reads a CRL in pieces, and keeps what it says of the certificates that are looked for.
pub struct Sieve {
    stream: CrlStream,
    sought: Vec<Sought>,
    search: Option<Search>,
    serials: Serials,
    entries: u64,
}

/// Hashes of all serial numbers, as long as they are not more than that.
enum Serials {
    Forgotten,
    Remembered { hashes: Vec<u64>, most: usize },
}

/// What is left of a CRL that was read in pieces; `Crl::sieved` makes a judgement take it.
#[derive(Clone)]
pub struct SievedCrl {
    /// How many entries there were.
    pub entries: u64,
    pub(super) read: ReadCrl,
    pub(super) search: Search,
    /// Hashes of all serial numbers, in order; nothing where they were not remembered.
    serials: Option<Arc<[u64]>>,
}

impl Sieve {
    /// Looks for these certificates; of others nothing can be said afterwards.
    #[must_use]
    pub const fn new(sought: Vec<Sought>) -> Self {
        Self { stream: CrlStream::new(), sought, search: None, serials: Serials::Forgotten, entries: 0 }
    }

    /// The same, and hashes of all serial numbers are remembered where there are not more of them: then
    /// [`SievedCrl::of_absent`] answers for most other certificates. Eight octets each.
    #[must_use]
    pub fn remembering(self, most: usize) -> Self {
        Self { serials: Serials::Remembered { hashes: Vec::new(), most }, ..self }
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
                    // One that cannot be read makes all of the CRL useless, whoever is looked for.
                    if let Ok(entry) = &entry {
                        self.serials.take(entry.serial.shortest());
                    }
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
        let serials = self.serials.finish();
        Ok(SievedCrl { entries: self.entries, read, search: self.search.ok_or(nothing)?, serials })
    }
}

impl Serials {
    fn take(&mut self, serial: &[u8]) {
        let Self::Remembered { hashes, most } = self else { return };
        match hashes.len() < *most {
            true => hashes.push(hash(serial)),
            false => *self = Self::Forgotten,
        }
    }

    fn finish(self) -> Option<Arc<[u64]>> {
        let Self::Remembered { mut hashes, .. } = self else { return None };
        hashes.sort_unstable();
        Some(hashes.into())
    }
}

impl SievedCrl {
    /// What it says of another certificate, where that is not on it for sure; nothing where it may be on it, or that is not known.
    #[must_use]
    pub fn of_absent(&self, certificate: Sought) -> Option<Self> {
        let hash = hash(certificate.serial());
        self.serials.as_ref()?.binary_search(&hash).err()?;
        Some(Self { search: self.search.of_absent(certificate), ..self.clone() })
    }
}

/// Two serial numbers of one hash cost another look into the CRL, no more.
fn hash(serial: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    serial.hash(&mut hasher);
    hasher.finish()
}

impl std::fmt::Debug for SievedCrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SievedCrl({} entries)", self.entries)
    }
}

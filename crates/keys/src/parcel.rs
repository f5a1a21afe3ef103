//! A key on its way to another process of this machine: over a UNIX socket, and by no other way.
//!
//! The other process is the helper that writes with rights which this one does not have. A parcel offers nothing but to
//! be sent and to be received, so that neither side's callers ever hold its bytes; what was read on the way is zeroized.
//! Whom the socket leads to is for its callers to check: a parcel is not encrypted.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;

use notafter_cert::{Retry, Trouble};
use zeroize::Zeroizing;

use crate::{KeyError, PrivateKey};

/// Begins every parcel; a newer kind would begin with another line.
const MARK: &[u8] = b"notafter-parcel-1\n";

/// The longest key: RSA of 8192 bits in PKCS#8 has less than 5,000 bytes.
const LONGEST_KEY: usize = 16 * 1024;
const LONGEST_PASSWORD: usize = 4 * 1024;
/// As long as the longest certificate that a TLS peer may send us.
const LONGEST_CERTIFICATE: usize = 64 * 1024;
const MOST_CERTIFICATES: usize = 32;

/// What is in a parcel.
#[derive(Clone)]
pub struct Parcel {
    /// The private key.
    pub key: PrivateKey,
    /// The chain in DER, leaf first.
    pub chain: Vec<Vec<u8>>,
    /// The password of a PKCS#12 file.
    pub password: Option<Zeroizing<String>>,
}

/// A parcel that did not come over.
#[derive(Debug, thiserror::Error)]
pub enum ParcelError {
    /// The socket failed, or the other side went away.
    #[error("the key was not handed over")]
    Io(#[source] io::Error),
    /// What came is no parcel, or more than one may hold.
    #[error("what came over the socket is no key and chain: {0}")]
    Unreadable(&'static str),
    /// The key in it is none.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Trouble for ParcelError {
    fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "parcel.io",
            Self::Unreadable(_) => "parcel.unreadable",
            Self::Key(error) => error.code(),
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Io(_) => {
                "look whether the other process still runs; it is tried again by itself".to_owned()
            }
            Self::Unreadable(_) => "make sure that both processes are of the same version".to_owned(),
            Self::Key(error) => error.hint(),
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Io(_) => Retry::Later,
            Self::Unreadable(_) => Retry::Never,
            Self::Key(error) => error.retry(),
        }
    }
}

impl Parcel {
    /// Hands it over.
    ///
    /// # Errors
    /// The socket failed, or the parcel holds more than the other side would take.
    pub fn send(&self, mut socket: &UnixStream) -> Result<(), ParcelError> {
        if self.chain.len() > MOST_CERTIFICATES {
            return Err(ParcelError::Unreadable("too many certificates"));
        }
        socket.write_all(MARK).map_err(ParcelError::Io)?;
        write_part(socket, self.key.pkcs8(), LONGEST_KEY)?;
        let password = self.password.as_ref().map_or(&[][..], |password| password.as_bytes());
        write_part(socket, password, LONGEST_PASSWORD)?;
        for certificate in &self.chain {
            write_part(socket, certificate, LONGEST_CERTIFICATE)?;
        }
        write_part(socket, &[], 0)
    }

    /// Takes it. Reads not a byte more than belongs to it; how long that may take is the socket's read timeout's to say.
    ///
    /// # Errors
    /// The socket failed or ended, what comes is no parcel, or holds no key.
    pub fn receive(mut socket: &UnixStream) -> Result<Self, ParcelError> {
        let mut mark = [0; MARK.len()];
        socket.read_exact(&mut mark).map_err(ParcelError::Io)?;
        if mark != MARK {
            return Err(ParcelError::Unreadable("another beginning"));
        }
        let key = read_part(socket, LONGEST_KEY)?;
        let password = read_part(socket, LONGEST_PASSWORD)?;
        let chain = read_chain(socket)?;
        Ok(Self { key: PrivateKey::from_pkcs8(&key)?, chain, password: text(&password)? })
    }
}

fn text(password: &[u8]) -> Result<Option<Zeroizing<String>>, ParcelError> {
    let text = std::str::from_utf8(password).map_err(|_| ParcelError::Unreadable("password is no text"))?;
    Ok((!text.is_empty()).then(|| Zeroizing::new(text.to_owned())))
}

/// Certificates up to an empty part.
fn read_chain(socket: &UnixStream) -> Result<Vec<Vec<u8>>, ParcelError> {
    let mut chain = Vec::new();
    loop {
        let certificate = read_part(socket, LONGEST_CERTIFICATE)?;
        if certificate.is_empty() {
            return Ok(chain);
        }
        if chain.len() == MOST_CERTIFICATES {
            return Err(ParcelError::Unreadable("too many certificates"));
        }
        chain.push(certificate.to_vec());
    }
}

fn write_part(mut socket: &UnixStream, part: &[u8], longest: usize) -> Result<(), ParcelError> {
    let length = u32::try_from(part.len()).ok().filter(|_| part.len() <= longest);
    let length = length.ok_or(ParcelError::Unreadable("part is too long"))?;
    socket.write_all(&length.to_be_bytes()).and_then(|()| socket.write_all(part)).map_err(ParcelError::Io)
}

fn read_part(mut socket: &UnixStream, longest: usize) -> Result<Zeroizing<Vec<u8>>, ParcelError> {
    let mut length = [0; 4];
    socket.read_exact(&mut length).map_err(ParcelError::Io)?;
    let length = usize::try_from(u32::from_be_bytes(length)).ok().filter(|length| *length <= longest);
    let length = length.ok_or(ParcelError::Unreadable("part is too long"))?;
    // Allocated once: growing would leave copies that nobody zeroizes.
    let mut part = Zeroizing::new(vec![0; length]);
    socket.read_exact(&mut part).map_err(ParcelError::Io)?;
    Ok(part)
}

/// Only what is public.
impl std::fmt::Debug for Parcel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Parcel({:?}, {} certificates)", self.key, self.chain.len())
    }
}

#[cfg(test)]
mod tests {
    use notafter_cert::KeySpec;

    use super::*;

    fn parcel(password: Option<&str>) -> Parcel {
        Parcel {
            key: PrivateKey::generate(KeySpec::EcdsaP256).unwrap(),
            chain: vec![b"leaf".to_vec(), b"intermediate".to_vec()],
            password: password.map(|text| Zeroizing::new(text.to_owned())),
        }
    }

    fn received(bytes: &[u8]) -> Result<Parcel, ParcelError> {
        let (mut here, there) = UnixStream::pair().unwrap();
        here.write_all(bytes).unwrap();
        drop(here);
        Parcel::receive(&there)
    }

    #[test]
    fn what_is_sent_is_received_and_not_a_byte_more_is_read() {
        for password in [None, Some("söcret")] {
            let (here, there) = UnixStream::pair().unwrap();
            let sent = parcel(password);
            sent.send(&here).unwrap();
            (&here).write_all(b"next").unwrap();
            let got = Parcel::receive(&there).unwrap();
            assert_eq!(got.key.spki_sha256(), sent.key.spki_sha256());
            assert_eq!((&got.chain, got.password.as_deref().map(String::as_str)), (&sent.chain, password));
            let mut next = [0; 4];
            (&there).read_exact(&mut next).unwrap();
            assert_eq!(&next, b"next");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_parcel_or_an_error(
            has_mark in proptest::bool::ANY,
            lengths in proptest::collection::vec(0_u8..20, 0..6),
            bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
        ) {
            let mut all = if has_mark { MARK.to_vec() } else { Vec::new() };
            for length in lengths {
                all.extend([0, 0, 0, length]);
                all.extend(bytes.iter().take(length.into()));
            }
            all.extend(bytes);
            drop(received(&all));
        }
    }

    #[test]
    fn nothing_of_the_key_is_shown() {
        assert!(format!("{:?}", parcel(Some("söcret"))).ends_with(", 2 certificates)"));
    }

    #[test]
    fn what_is_no_parcel_is_refused_before_room_is_made_for_it() {
        let with = |rest: &[u8]| [MARK, rest].concat();
        let many = [[0, 0, 0, 1].as_slice(), b"c"].concat().repeat(MOST_CERTIFICATES + 1);
        for (bytes, code) in [
            (Vec::new(), "parcel.io"),
            (b"GET / HTTP/1.1\r\n\r\n".to_vec(), "parcel.unreadable"),
            (with(&[0xff; 4]), "parcel.unreadable"),
            (with(&[0, 0, 0, 9, 1]), "parcel.io"),
            (with(&[0; 12]), "key.unparsable"),
            (with(&[&[0; 8], many.as_slice()].concat()), "parcel.unreadable"),
        ] {
            assert_eq!(received(&bytes).unwrap_err().code(), code, "{bytes:?}");
        }
        let long = Parcel { chain: vec![vec![1]; MOST_CERTIFICATES + 1], ..parcel(None) };
        let (here, _there) = UnixStream::pair().unwrap();
        assert_eq!(long.send(&here).unwrap_err().code(), "parcel.unreadable");
    }
}

//! Lists of keys that somebody else has, as they are published.

use std::str::FromStr;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use dashu_int::UBig;
use thiserror::Error;

use super::curve::Curve;
use super::evidence::{Evidence, Unknown, Verdict};
use super::key::{Key, Numbers};
use super::number;

/// What the keys of a list are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Keys of the random numbers of Debian's OpenSSL from 2006 to 2008 (CVE-2008-0166).
    Debian,
    /// Keys whose private key was published.
    Compromised,
}

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListFormat {
    /// A file of Debian's package `openssl-blacklist`, such as `blacklist.RSA-2048`: one RSA key on each line, as the last 20
    /// hexadecimal digits of the SHA-1 over `Modulus=`, the modulus in upper-case hexadecimal, and a line feed. Lines that
    /// begin with `#` are comments.
    OpensslBlacklist {
        /// The length of the moduli, which stands in the file's name alone.
        bits: u32,
    },
    /// `blocklist.dat` of badkeys (docs/BLOCKLISTFORMAT.md there): blocks of 16 octets, which are 120 bits of a hash and the
    /// number of a collection.
    BadkeysBlocklist,
    /// `lookup.txt` of badkeys: lines of 64 bits of a hash in hexadecimal, a semicolon, and a path.
    BadkeysLookup,
    /// One key on each line, as the SHA-256 of its SubjectPublicKeyInfo in hexadecimal; a colon and a count may follow. What
    /// stands behind `#` is a comment.
    SpkiSha256,
}

/// Words that are no format of lists, or numbers that are no length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "write openssl:2048 (with the length of the moduli), badkeys-blocklist, badkeys-lookup or spki-sha256"
)]
pub struct ParseListFormatError;

impl FromStr for ListFormat {
    type Err = ParseListFormatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "badkeys-blocklist" => Ok(Self::BadkeysBlocklist),
            "badkeys-lookup" => Ok(Self::BadkeysLookup),
            "spki-sha256" => Ok(Self::SpkiSha256),
            _ => {
                let bits = text.strip_prefix("openssl:").and_then(|bits| bits.parse().ok());
                bits.map(|bits| Self::OpensslBlacklist { bits }).ok_or(ParseListFormatError)
            }
        }
    }
}

impl ListFormat {
    /// The format that a file looks like, by its first line that says something and, for Debian's lists, by its name.
    #[must_use]
    pub fn detect(file_name: &str, bytes: &[u8]) -> Option<Self> {
        let said = |line: &[u8]| !line.is_empty() && !line.starts_with(b"#");
        let first = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).find(|line| said(line))?;
        if openssl_line(first).is_ok() {
            let digits = file_name.rsplit_once("RSA-")?.1;
            let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
            return digits.get(..end)?.parse().ok().map(|bits| Self::OpensslBlacklist { bits });
        }
        if lookup_line(first).is_ok() {
            return Some(Self::BadkeysLookup);
        }
        if spki_line(first.split(|byte| *byte == b'#').next()?.trim_ascii()).is_ok() {
            return Some(Self::SpkiSha256);
        }
        (!bytes.is_ascii() && bytes.len().is_multiple_of(16)).then_some(Self::BadkeysBlocklist)
    }
}

/// A list that was read: sorted, so that a key is looked up in a moment.
#[derive(Clone, Debug)]
pub struct KeyList {
    name: String,
    about: About,
    entries: Entries,
}

/// What a list says of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// The key is on it.
    Listed {
        /// In badkeys' blocklist: the number of the collection that the key is from.
        collection: Option<u8>,
    },
    /// The key is not on it.
    Absent,
    /// No key of this kind or size would be on it.
    NotCovered,
}

/// Why a list was not read. Nothing of it is used then: a key that is missing would be called sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ParseListError {
    /// A line is of another form.
    #[error("line {number} is not {expected}")]
    Line {
        /// Counted from one.
        number: usize,
        /// What a line is.
        expected: &'static str,
    },
    /// The file ends within a block.
    #[error(
        "the file has {octets} octets, which is not a multiple of 16: it is cut off, or of another format"
    )]
    Cut {
        /// Its length.
        octets: usize,
    },
    /// The list has more keys than may be held.
    #[error("the list has more than {limit} keys")]
    TooMany {
        /// The most that may be held.
        limit: usize,
    },
    /// There is no key on it.
    #[error("the list has no keys")]
    Empty,
}

#[derive(Clone, Debug)]
enum Entries {
    /// The last 80 bits of the SHA-1 over the modulus in words, for moduli of this length.
    Openssl(u32, Vec<[u8; 10]>),
    /// The first 120 bits of BKHASH, and the number of a collection.
    Blocklist(Vec<[u8; 16]>),
    /// The first 64 bits of BKHASH.
    Lookup(Vec<[u8; 8]>),
    /// The SHA-256 of the SubjectPublicKeyInfo.
    Spki(Vec<[u8; 32]>),
}

impl KeyList {
    /// Reads a list with no more keys than the limit. The name is what evidence calls it.
    ///
    /// # Errors
    /// Something in it is not of the format, it has too many keys, or none.
    pub fn parse(
        name: &str,
        about: About,
        format: ListFormat,
        bytes: &[u8],
        limit: usize,
    ) -> Result<Self, ParseListError> {
        let entries = match format {
            ListFormat::OpensslBlacklist { bits } => {
                Entries::Openssl(bits, lines(bytes, limit, openssl_line)?)
            }
            ListFormat::BadkeysBlocklist => Entries::Blocklist(blocks(bytes, limit)?),
            ListFormat::BadkeysLookup => Entries::Lookup(lines(bytes, limit, lookup_line)?),
            ListFormat::SpkiSha256 => Entries::Spki(lines(bytes, limit, spki_line)?),
        };
        Ok(Self { name: name.to_owned(), about, entries })
    }

    /// What the list is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its keys are.
    #[must_use]
    pub const fn about(&self) -> About {
        self.about
    }

    /// How many different keys it has; never none.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an empty list is not read")]
    pub fn len(&self) -> usize {
        match &self.entries {
            Entries::Openssl(_, entries) => entries.len(),
            Entries::Blocklist(entries) => entries.len(),
            Entries::Lookup(entries) => entries.len(),
            Entries::Spki(entries) => entries.len(),
        }
    }

    /// Looks the key up.
    #[must_use]
    pub fn look_up(&self, key: &Key<'_>) -> Listing {
        let found = match &self.entries {
            Entries::Openssl(bits, entries) => openssl_hash(key, *bits).map(|hash| has(entries, &hash)),
            Entries::Blocklist(entries) => badkeys_hash(key).map(|hash| collection(entries, &hash)),
            Entries::Lookup(entries) => badkeys_hash(key).map(|hash| has(entries, &part(&hash))),
            Entries::Spki(entries) => Some(has(entries, &part(&sha256(key.spki)))),
        };
        found.unwrap_or(Listing::NotCovered)
    }
}

/// What the lists about this say of the key together.
pub(super) fn find(key: &Key<'_>, about: About, lists: &[KeyList]) -> Verdict {
    let mut answer = Verdict::Unknown(Unknown::NoList);
    for list in lists.iter().filter(|list| list.about == about) {
        match list.look_up(key) {
            Listing::Listed { collection } => {
                return Verdict::Weak(Evidence::Listed { list: list.name.clone(), collection });
            }
            Listing::Absent => answer = Verdict::Sound,
            Listing::NotCovered => {}
        }
    }
    answer
}

/// Every line that says something, sorted, each once.
fn lines<const N: usize>(
    bytes: &[u8],
    limit: usize,
    read: LineReader<N>,
) -> Result<Vec<[u8; N]>, ParseListError> {
    let mut entries = Vec::new();
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        let said = line.split(|byte| *byte == b'#').next().unwrap_or_default().trim_ascii();
        if said.is_empty() {
            continue;
        }
        if entries.len() == limit {
            return Err(ParseListError::TooMany { limit });
        }
        let entry = read(said).map_err(|expected| ParseListError::Line { number, expected })?;
        entries.push(entry);
    }
    sorted(entries)
}

/// Reads a line, or says what it should be.
type LineReader<const N: usize> = fn(&[u8]) -> Result<[u8; N], &'static str>;

fn openssl_line(line: &[u8]) -> Result<[u8; 10], &'static str> {
    digits(line).ok_or("20 hexadecimal digits")
}

fn lookup_line(line: &[u8]) -> Result<[u8; 8], &'static str> {
    let hash = line.iter().position(|byte| *byte == b';').and_then(|end| digits(line.get(..end)?));
    hash.ok_or("16 hexadecimal digits, a semicolon and a path")
}

fn spki_line(line: &[u8]) -> Result<[u8; 32], &'static str> {
    let (hash, count) = match line.iter().position(|byte| *byte == b':') {
        Some(colon) => (line.get(..colon), line.get(colon + 1..)),
        None => (Some(line), Some(&b"0"[..])),
    };
    let is_count = |count: &&[u8]| !count.is_empty() && count.iter().all(u8::is_ascii_digit);
    let counted = count.filter(is_count).and(hash);
    counted.and_then(digits).ok_or("64 hexadecimal digits, or these with a colon and a count")
}

/// The octets that so many hexadecimal digits stand for.
fn digits<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut octets = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (octet, pair) in octets.iter_mut().zip(text.chunks_exact(2)) {
        for digit in pair {
            let value = char::from(*digit).to_digit(16).and_then(|value| u8::try_from(value).ok())?;
            *octet = *octet << 4 | value;
        }
    }
    Some(octets)
}

fn blocks(bytes: &[u8], limit: usize) -> Result<Vec<[u8; 16]>, ParseListError> {
    let (blocks, rest) = bytes.as_chunks::<16>();
    if !rest.is_empty() {
        return Err(ParseListError::Cut { octets: bytes.len() });
    }
    if blocks.len() > limit {
        return Err(ParseListError::TooMany { limit });
    }
    sorted(blocks.to_vec())
}

fn sorted<const N: usize>(mut entries: Vec<[u8; N]>) -> Result<Vec<[u8; N]>, ParseListError> {
    if entries.is_empty() {
        return Err(ParseListError::Empty);
    }
    entries.sort_unstable();
    entries.dedup();
    entries.shrink_to_fit();
    Ok(entries)
}

fn has<const N: usize>(entries: &[[u8; N]], hash: &[u8; N]) -> Listing {
    match entries.binary_search(hash) {
        Ok(_) => Listing::Listed { collection: None },
        Err(_) => Listing::Absent,
    }
}

/// The first block that has the hash.
fn collection(entries: &[[u8; 16]], hash: &[u8; 32]) -> Listing {
    let wanted: [u8; 15] = part(hash);
    let place = entries.partition_point(|block| block[..15] < wanted[..]);
    match entries.get(place) {
        Some(block) if block[..15] == wanted => Listing::Listed { collection: Some(block[15]) },
        _ => Listing::Absent,
    }
}

/// Of moduli with this length, what stands for one on Debian's list.
fn openssl_hash(key: &Key<'_>, bits: u32) -> Option<[u8; 10]> {
    let Numbers::Rsa { modulus, .. } = key.numbers else { return None };
    let modulus = UBig::from_be_bytes(modulus);
    if u32::try_from(number::bits(&modulus)) != Ok(bits) {
        return None;
    }
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, format!("Modulus={modulus:X}\n").as_bytes());
    hash.as_ref().last_chunk().copied()
}

/// BKHASH in full: the SHA-256 of the number that badkeys knows a key by, without zeros in front.
fn badkeys_hash(key: &Key<'_>) -> Option<[u8; 32]> {
    let number = match key.numbers {
        Numbers::Rsa { modulus, .. } => UBig::from_be_bytes(modulus),
        Numbers::Ec { curve, point } => Curve::of(curve)?.decode(point).ok()?.x,
        Numbers::Edwards(octets) => UBig::from_be_bytes(octets),
        Numbers::Other(octets) => return Some(sha256(octets)),
    };
    Some(sha256(&number.to_be_bytes()))
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    part(digest(&SHA256, bytes).as_ref())
}

/// The first octets of a hash that has more.
fn part<const N: usize>(hash: &[u8]) -> [u8; N] {
    let mut octets = [0; N];
    octets.iter_mut().zip(hash).for_each(|(octet, from)| *octet = *from);
    octets
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::key::NamedCurve;
    use super::super::samples::{DEBIAN, FRESH, generated_point, key_of, rsa};
    use super::*;
    use crate::hex;

    const OPENSSL: ListFormat = ListFormat::OpensslBlacklist { bits: 2048 };

    fn parse(format: ListFormat, bytes: &[u8]) -> Result<KeyList, ParseListError> {
        KeyList::parse("list", About::Debian, format, bytes, 4)
    }

    #[test]
    fn comments_and_empty_lines_say_nothing_and_lines_are_counted_once() {
        let text =
            "# head\r\n\r\n00000000000000000001\r\n  00000000000000000000\n00000000000000000001 # again\n";
        assert_eq!(parse(OPENSSL, text.as_bytes()).unwrap().len(), 2);
        let text = format!("{}\n{}:17 # seen\n", "Aa".repeat(32), "bb".repeat(32));
        assert_eq!(parse(ListFormat::SpkiSha256, text.as_bytes()).unwrap().len(), 2);
    }

    #[test]
    fn what_is_not_of_the_format_is_told_with_its_line() {
        let table: [(ListFormat, &[u8], &str); 9] = [
            (OPENSSL, b"# only\n", "the list has no keys"),
            (OPENSSL, b"#\n0000000000000000000\n", "line 2 is not 20 hexadecimal digits"),
            (OPENSSL, b"0000000000000000000g", "line 1 is not 20 hexadecimal digits"),
            (
                ListFormat::BadkeysLookup,
                b"0000000000000000 a",
                "line 1 is not 16 hexadecimal digits, a semicolon and a path",
            ),
            (
                ListFormat::SpkiSha256,
                b"\n\nab:1",
                "line 3 is not 64 hexadecimal digits, or these with a colon and a count",
            ),
            (
                ListFormat::SpkiSha256,
                b"00000000000000000000000000000000000000000000000000000000000000ab:x",
                "line 1 is not 64 hexadecimal digits, or these with a colon and a count",
            ),
            (ListFormat::BadkeysBlocklist, b"", "the list has no keys"),
            (
                ListFormat::BadkeysBlocklist,
                &[0; 17],
                "the file has 17 octets, which is not a multiple of 16: it is cut off, or of another format",
            ),
            (ListFormat::BadkeysBlocklist, &[0; 80], "the list has more than 4 keys"),
        ];
        for (format, bytes, words) in table {
            assert_eq!(parse(format, bytes).unwrap_err().to_string(), words);
        }
        assert_eq!(
            parse(OPENSSL, "00000000000000000000\n".repeat(5).as_bytes()).unwrap_err(),
            ParseListError::TooMany { limit: 4 }
        );
    }

    #[test]
    fn formats_are_told_by_the_first_line_and_by_their_words() {
        let hash = "ab".repeat(32);
        let table: [(&str, &[u8], Option<ListFormat>); 8] = [
            ("blacklist.RSA-2048", b"# head\n\n00000000000000000000\n", Some(OPENSSL)),
            (
                "blacklist.RSA-4096.txt",
                b"0123456789abcdef0123",
                Some(ListFormat::OpensslBlacklist { bits: 4096 }),
            ),
            ("blacklist", b"00000000000000000000\n", None),
            ("lookup.txt", b"0123456789abcdef;a/b.key\n", Some(ListFormat::BadkeysLookup)),
            (
                "pwnedkeys",
                format!("{hash}:3 # seen\n").as_bytes().to_vec().leak(),
                Some(ListFormat::SpkiSha256),
            ),
            ("blocklist.dat", &[0xfe; 32], Some(ListFormat::BadkeysBlocklist)),
            ("words", b"what is this\n", None),
            ("empty", b"# nothing\n", None),
        ];
        for (name, bytes, format) in table {
            assert_eq!(ListFormat::detect(name, bytes), format, "{name}");
        }
        assert_eq!("openssl:2048".parse(), Ok(OPENSSL));
        assert_eq!("spki-sha256".parse(), Ok(ListFormat::SpkiSha256));
        assert_eq!("openssl".parse::<ListFormat>(), Err(ParseListFormatError));
    }

    #[test]
    fn badkeys_knows_a_key_by_one_number_whatever_its_encoding() {
        let point = generated_point();
        let hash = sha256(&UBig::from_be_bytes(&point[1..33]).to_be_bytes());
        let lookup =
            parse(ListFormat::BadkeysLookup, format!("{};a/b.key\n", hex(&hash[..8])).as_bytes()).unwrap();
        let block = [&[0; 16][..], &hash[..15], &[7], &[0xff; 16]].concat();
        let blocklist = parse(ListFormat::BadkeysBlocklist, &block).unwrap();
        let compressed = [&[2][..], &point[1..33]].concat();
        for point in [&point, &compressed] {
            let key = Key { numbers: Numbers::Ec { curve: NamedCurve::P256, point }, spki: &[] };
            assert_eq!(lookup.look_up(&key), Listing::Listed { collection: None });
            assert_eq!(blocklist.look_up(&key), Listing::Listed { collection: Some(7) });
        }
        let other = Key { numbers: Numbers::Ec { curve: NamedCurve::Other, point: &point }, spki: &[] };
        assert_eq!(blocklist.look_up(&other), Listing::NotCovered);
        let padded = [&[0, 0][..], &rsa(DEBIAN, 3).modulus].concat();
        let padded = Key { numbers: Numbers::Rsa { modulus: &padded, exponent: &[3] }, spki: &[] };
        assert_eq!(badkeys_hash(&padded), badkeys_hash(&key_of(&rsa(DEBIAN, 3))));
    }

    #[test]
    fn keys_without_numbers_are_known_by_their_octets() {
        let hash = sha256(b"octets");
        let block = [&hash[..15], &[1]].concat();
        let list = parse(ListFormat::BadkeysBlocklist, &block).unwrap();
        let key = |numbers| Key { numbers, spki: &[] };
        assert_eq!(list.look_up(&key(Numbers::Other(b"octets"))), Listing::Listed { collection: Some(1) });
        assert_eq!(
            list.look_up(&key(Numbers::Edwards(b"\0octets"))),
            Listing::Listed { collection: Some(1) }
        );
        assert_eq!(list.look_up(&key(Numbers::Other(b"\0octets"))), Listing::Absent);
    }

    #[test]
    fn debians_list_is_of_one_length() {
        let list = parse(OPENSSL, b"00000000000000000000").unwrap();
        assert_eq!(list.look_up(&key_of(&rsa(FRESH, 3))), Listing::Absent);
        assert_eq!(list.look_up(&key_of(&rsa("c5", 3))), Listing::NotCovered);
        let key = Key { numbers: Numbers::Edwards(&[1; 32]), spki: &[] };
        assert_eq!(list.look_up(&key), Listing::NotCovered);
    }

    proptest! {
        #[test]
        fn every_entry_is_found_in_whatever_order_it_was_written(
            hashes in prop::collection::hash_set(any::<[u8; 32]>(), 1..50), other in any::<[u8; 32]>()
        ) {
            let text: String = hashes.iter().map(|hash| hex(hash) + "\n").collect();
            let list = KeyList::parse("list", About::Compromised, ListFormat::SpkiSha256, text.as_bytes(), 50).unwrap();
            prop_assert_eq!(list.len(), hashes.len());
            let Entries::Spki(entries) = &list.entries else { unreachable!() };
            for hash in &hashes {
                prop_assert_eq!(has(entries, hash), Listing::Listed { collection: None });
            }
            prop_assert_eq!(has(entries, &other) == Listing::Absent, !hashes.contains(&other));
        }
    }
}

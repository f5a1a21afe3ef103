//! A CRL that comes in bit by bit: a download or file of a hundred megabytes, of which a few kilobytes are held at a time.

use aws_lc_rs::digest;

use super::crl::{CrlEntry, CrlHeader, CrlTrailer};
use crate::der::{Broken, Fault, Field, Frame, Reader, Tag};
use crate::model::prehash;

/// The most octets before the entries; an honest header has some hundred.
const HEADER: usize = 64 * 1024;
/// The most octets of one entry; an honest one has less than a hundred.
const ENTRY: usize = 64 * 1024;
/// The most octets after the entries: an issuing distribution point may have many names, a signature some kilobytes.
const TRAILER: usize = 1024 * 1024;

/// Reads a CRL in pieces: after each [`CrlStream::push`], [`CrlStream::piece`] is asked until it has none.
///
/// What is signed is hashed as it goes by, where the algorithm hashes first and signs then.
pub struct CrlStream {
    buffer: Vec<u8>,
    /// How many octets at the beginning of the buffer are done with.
    done: usize,
    /// The offset in the document of the buffer's first octet.
    at: usize,
    stage: Stage,
    /// Where `tbsCertList` ends, and the CRL.
    tbs_end: usize,
    end: usize,
    hash: Option<digest::Context>,
    /// The parts of a CRL without entries.
    header: Vec<u8>,
    trailer: Vec<u8>,
    outer: Vec<u8>,
    lists_nothing: bool,
}

#[derive(Clone, Copy)]
enum Stage {
    /// Nothing is known yet.
    Begin,
    /// The outer SEQUENCE is open.
    Header,
    /// Entries up to this offset.
    Entries(usize),
    Trailer,
    Over,
    Broken(Fault),
}

/// A part of a CRL, in the order in which they come.
#[derive(Clone, Debug)]
pub enum CrlPiece<'a> {
    /// What stands before the entries: comes once.
    Header(CrlHeader<'a>),
    /// An entry, or what is wrong with it.
    Entry(Field<CrlEntry<'a>>),
    /// What stands after them: comes once, as the last.
    Trailer(CrlTrailer<'a>),
}

/// A CRL that was read to its end.
#[derive(Clone)]
pub struct ReadCrl {
    /// The same CRL without its entries, for `CrlAnatomy::of`. Its signature does not hold: it was made over the whole.
    pub emptied: Vec<u8>,
    /// Whether there was a list of entries with nothing on it.
    pub lists_nothing: bool,
    /// The hash of what is signed, where its algorithm signs a hash.
    pub(crate) digest: Option<digest::Digest>,
}

/// A piece that lies whole in the buffer: where it begins there, and its length.
struct Cut {
    kind: Kind,
    from: usize,
    length: usize,
}

enum Kind {
    Header,
    Entry,
    Trailer,
}

impl Default for CrlStream {
    fn default() -> Self {
        Self::new()
    }
}

impl CrlStream {
    /// Before the first octet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            buffer: Vec::new(),
            done: 0,
            at: 0,
            stage: Stage::Begin,
            tbs_end: 0,
            end: 0,
            hash: None,
            header: Vec::new(),
            trailer: Vec::new(),
            outer: Vec::new(),
            lists_nothing: false,
        }
    }

    /// Takes the next octets in.
    pub fn push(&mut self, octets: &[u8]) {
        self.buffer.drain(..self.done);
        self.at += self.done;
        self.done = 0;
        if !matches!(self.stage, Stage::Broken(_)) {
            self.buffer.extend_from_slice(octets);
        }
    }

    /// The next piece that has come whole; `None` where more octets must come first.
    ///
    /// # Errors
    /// Where the octets are no CRL, or a part of it is larger than any honest one. Nothing can be read after that.
    pub fn piece(&mut self) -> Field<Option<CrlPiece<'_>>> {
        match self.cut() {
            Ok(None) => Ok(None),
            Ok(Some(cut)) => self.shape(&cut).map(Some),
            Err(fault) => {
                self.stage = Stage::Broken(fault);
                self.buffer.clear();
                self.done = 0;
                Err(fault)
            }
        }
    }

    /// After the last octet.
    ///
    /// # Errors
    /// Where the CRL has not ended, or something follows it.
    pub fn finish(self) -> Field<ReadCrl> {
        match self.stage {
            Stage::Broken(fault) => Err(fault),
            Stage::Over if self.window().is_empty() => {
                let tbs = wrap(&[&self.header[..], &self.trailer].concat());
                Ok(ReadCrl {
                    emptied: wrap(&[tbs, self.outer].concat()),
                    lists_nothing: self.lists_nothing,
                    digest: self.hash.map(digest::Context::finish),
                })
            }
            Stage::Over => Err(self.trailing()),
            Stage::Begin => Err(Fault::new(0, Broken::Missing("CertificateList"))),
            _ => {
                let needed = self.end.saturating_sub(self.position());
                Err(Fault::new(self.position(), Broken::Truncated { needed, left: self.window().len() }))
            }
        }
    }

    /// How many octets are held now; never more than were pushed last and the largest part that is read.
    #[must_use]
    pub const fn held(&self) -> usize {
        self.buffer.len()
    }

    fn window(&self) -> &[u8] {
        self.buffer.get(self.done..).unwrap_or_default()
    }

    const fn position(&self) -> usize {
        self.at + self.done
    }

    fn cut(&mut self) -> Field<Option<Cut>> {
        if matches!(self.stage, Stage::Begin) {
            let Some(frame) = self.frame(Tag::SEQUENCE)? else { return Ok(None) };
            self.end = frame.whole();
            self.done += frame.header;
            self.stage = Stage::Header;
        }
        match self.stage {
            Stage::Header => self.cut_header(),
            Stage::Entries(end) => self.cut_entry(end),
            Stage::Trailer => self.cut_trailer(),
            Stage::Broken(fault) => Err(fault),
            // Whatever follows is not read to its end before that is said.
            Stage::Over if !self.window().is_empty() => Err(self.trailing()),
            Stage::Begin | Stage::Over => Ok(None),
        }
    }

    /// The next frame, which must be of this kind.
    fn frame(&self, expected: Tag) -> Field<Option<Frame>> {
        let frame = Frame::of(self.window(), self.position())?;
        match frame {
            Some(Frame { tag: found, .. }) if found != expected => {
                Err(Fault::new(self.position(), Broken::Tag { expected, found }))
            }
            other => Ok(other),
        }
    }

    fn cut_header(&mut self) -> Field<Option<Cut>> {
        let Some(tbs) = self.frame(Tag::SEQUENCE)? else { return Ok(None) };
        self.tbs_end = self.position().saturating_add(tbs.whole());
        if self.tbs_end > self.end {
            return Err(self.beyond(tbs.whole(), self.end));
        }
        let Some((length, list)) = self.header_end(&tbs)? else { return Ok(None) };
        let list_at = self.position() + length;
        let list_end = list_at + list.map_or(0, |list| list.whole());
        if list_end > self.tbs_end {
            return Err(Fault::new(list_at, Broken::Truncated { needed: list_end, left: self.tbs_end }));
        }
        let fields = self.window().get(tbs.header..length).unwrap_or_default().to_vec();
        let algorithm = CrlHeader::read(&mut Reader::nested(&fields, 0)).tbs_signature;
        self.hash =
            algorithm.ok().and_then(|algorithm| prehash::digest_of(&algorithm)).map(digest::Context::new);
        self.header = fields;
        self.lists_nothing = list.is_some_and(|list| list.content == 0);
        self.stage = list.map_or(Stage::Trailer, |_| Stage::Entries(list_end));
        let from = self.take(length + list.map_or(0, |list| list.header));
        Ok(Some(Cut { kind: Kind::Header, from: from + tbs.header, length: length - tbs.header }))
    }

    /// How far the header goes from here, and the frame of the list of entries that follows it.
    fn header_end(&self, tbs: &Frame) -> Field<Option<(usize, Option<Frame>)>> {
        let (window, end) = (self.window(), tbs.whole());
        let (mut length, mut has_time) = (tbs.header, false);
        while length < end {
            let rest = window.get(length..).unwrap_or_default();
            let Some(frame) = Frame::of(rest, self.position() + length)? else { return Ok(None) };
            match frame.tag {
                Tag::SEQUENCE if has_time => return Ok(Some((length, Some(frame)))),
                tag if tag.is_context(0) => break,
                tag => has_time |= matches!(tag, Tag::UTC_TIME | Tag::GENERALIZED_TIME),
            }
            length = length.saturating_add(frame.whole());
            if length > HEADER {
                return Err(Fault::value(self.position(), "a CRL whose header is longer than 64 KiB"));
            }
        }
        if length > end {
            return Err(self.beyond(length, self.tbs_end));
        }
        Ok((length <= window.len()).then_some((length, None)))
    }

    fn cut_entry(&mut self, end: usize) -> Field<Option<Cut>> {
        if self.position() == end {
            self.stage = Stage::Trailer;
            return self.cut_trailer();
        }
        let Some(frame) = Frame::of(self.window(), self.position())? else { return Ok(None) };
        let length = frame.whole();
        if length > ENTRY {
            return Err(Fault::value(self.position(), "an entry of a CRL that is longer than 64 KiB"));
        }
        if self.position() + length > end {
            return Err(self.beyond(length, end));
        }
        if self.window().len() < length {
            return Ok(None);
        }
        let from = self.take(length);
        Ok(Some(Cut { kind: Kind::Entry, from, length }))
    }

    fn cut_trailer(&mut self) -> Field<Option<Cut>> {
        let length = self.end.saturating_sub(self.position());
        if length > TRAILER {
            return Err(Fault::value(self.position(), "more than 1 MiB after the entries of a CRL"));
        }
        if self.window().len() < length {
            return Ok(None);
        }
        let within = self.tbs_end.saturating_sub(self.position());
        let (fields, outer) = self.window().split_at_checked(within).unwrap_or_default();
        (self.trailer, self.outer) =
            (fields.to_vec(), outer.get(..length - within).unwrap_or_default().to_vec());
        let from = self.take(length);
        self.stage = Stage::Over;
        Ok(Some(Cut { kind: Kind::Trailer, from, length }))
    }

    fn trailing(&self) -> Fault {
        Fault::new(self.position(), Broken::Trailing(self.window().len()))
    }

    fn beyond(&self, needed: usize, end: usize) -> Fault {
        Fault::new(self.position(), Broken::Truncated { needed, left: end.saturating_sub(self.position()) })
    }

    /// Is done with so many octets, and hashes those that are signed. Where they began in the buffer.
    fn take(&mut self, length: usize) -> usize {
        let signed = length.min(self.tbs_end.saturating_sub(self.position()));
        if let Some(hash) = &mut self.hash {
            hash.update(self.buffer.get(self.done..self.done + signed).unwrap_or_default());
        }
        let from = self.done;
        self.done += length;
        from
    }

    fn shape(&self, cut: &Cut) -> Field<CrlPiece<'_>> {
        let octets = self.buffer.get(cut.from..cut.from + cut.length).unwrap_or_default();
        let at = self.at + cut.from;
        let mut fields = Reader::nested(octets, at);
        match cut.kind {
            Kind::Header => {
                let header = CrlHeader::read(&mut fields);
                fields.finish().map(|()| CrlPiece::Header(header))
            }
            Kind::Entry => Ok(CrlPiece::Entry(fields.element().and_then(CrlEntry::read))),
            Kind::Trailer => {
                let (within, outer) = octets.split_at_checked(self.trailer.len()).unwrap_or_default();
                let mut fields = Reader::nested(within, at);
                let mut outer = Reader::nested(outer, at + within.len());
                let trailer = CrlTrailer::read(&mut fields, &mut outer);
                fields.finish().and_then(|()| outer.finish()).map(|()| CrlPiece::Trailer(trailer))
            }
        }
    }
}

/// A SEQUENCE of this content.
fn wrap(content: &[u8]) -> Vec<u8> {
    crate::der::write(Tag::SEQUENCE, &[content])
}

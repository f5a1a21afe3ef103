//! The last line of a backup: the SHA-256 of all that stands before it.
//!
//! SQLite reads no further than the pages that the header counts, so a backup stays a database that anything can open. Its own
//! check sees a broken structure; that a value is another one than was written, it cannot see.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use notafter_cert::hex;

const BEGINS: &str = "\nnotafter backup, SHA-256 of what stands above: ";
/// With the digest in hexadecimal digits and the end of the line. No page of SQLite is that short (512 bytes at least).
const LENGTH: u64 = BEGINS.len() as u64 + 64 + 1;

/// Writes it, and sees it on the disk.
pub(crate) fn write(backup: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).append(true).open(backup)?;
    let line = line(&mut file)?;
    file.write_all(line.as_bytes())?;
    file.sync_all()
}

/// Whether a backup has it; those of an older notafter have none, and nor has a copy of a database.
///
/// # Errors
/// It is there and speaks of another content; or there is none, and the file is no whole number of pages: it was cut, or the
/// line itself is damaged.
pub(crate) fn check(backup: &Path) -> io::Result<bool> {
    let mut file = File::open(backup)?;
    let length = file.metadata()?.len();
    let Some(above) = length.checked_sub(LENGTH) else { return Ok(false) };
    file.seek(SeekFrom::Start(above))?;
    let mut found = Vec::new();
    file.read_to_end(&mut found)?;
    file.rewind()?;
    if found.starts_with(BEGINS.as_bytes()) {
        let right = line(&mut file.take(above))?;
        return match found == right.as_bytes() {
            true => Ok(true),
            false => Err(io::Error::other("it is damaged: its content is not what its digest was made of")),
        };
    }
    // Whatever comes behind the pages that SQLite counts: https://www.sqlite.org/fileformat2.html, section 1.3.
    let mut header = [0; 100];
    file.read_exact(&mut header)?;
    let page = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        size => u64::from(size),
    };
    if header.starts_with(b"SQLite format 3\0") && page > 0 && length % page != 0 {
        return Err(io::Error::other("it is damaged: it was cut, or its last line was changed"));
    }
    Ok(false)
}

/// Takes it off a copy that was checked: what becomes the database begins and ends with its pages.
pub(crate) fn take_off(copy: &Path) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(copy)?;
    file.set_len(file.metadata()?.len().saturating_sub(LENGTH))?;
    file.sync_all()
}

/// What the line has to be after this content.
fn line(content: &mut impl Read) -> io::Result<String> {
    let mut digest = Context::new(&SHA256);
    let mut buffer = vec![0; 1 << 16];
    loop {
        match content.read(&mut buffer)? {
            0 => break,
            read => digest.update(&buffer[..read]),
        }
    }
    Ok(format!("{BEGINS}{}\n", hex(digest.finish().as_ref())))
}

//! Files that a person names, read within limits: the name may lead to anything.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The largest that is read: Mozilla's whole trust list is a quarter of a megabyte of PEM, and no chain, key or inventory
/// of an organisation comes near.
const LARGEST: u64 = 64 << 20;

/// How long a pipe's writer, or somebody at a terminal, may take.
const PIPE_WITHIN: Duration = Duration::from_secs(10);

/// A file that is not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// The system refuses.
    #[error("cannot be read: {0}")]
    Refused(#[from] io::Error),
    /// The content is no text.
    #[error("is not text")]
    NotText,
    /// It has no content of its own.
    #[error("is {0}, not a file")]
    NotAFile(&'static str),
    /// A pipe into which nobody writes, or a terminal.
    #[error("is a pipe or a terminal, and nobody wrote all of it within {} s", .0.as_secs_f32())]
    Silent(Duration),
    /// More than anything honest.
    #[error("has more than {} MiB", LARGEST >> 20)]
    TooLarge,
}

impl FileError {
    /// What to do.
    pub(crate) const fn hint(&self) -> &'static str {
        match self {
            Self::Refused(_) => "check the path and its permissions",
            Self::NotText => {
                "give PEM; from DER and other containers it is made by notafter convert FILE --out FILE.pem"
            }
            Self::NotAFile(_) => "name the file itself",
            Self::Silent(_) => "write into it at the same time, or name a file",
            Self::TooLarge => "name the file with the certificate or key alone",
        }
    }
}

/// The content of a file, or of a pipe into which somebody writes (`<(command)` of a shell); a device that goes on for
/// ever meets the limit.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    read_within(path, PIPE_WITHIN)
}

/// As [`read`]; the writer of a pipe may not take longer than this.
pub(crate) fn read_within(path: &Path, within: Duration) -> Result<Vec<u8>, FileError> {
    let about = std::fs::metadata(path)?;
    if let Some(what) = instead_of_a_file(&about) {
        return Err(FileError::NotAFile(what));
    }
    if about.len() > LARGEST {
        return Err(FileError::TooLarge);
    }
    let may_wait = about.file_type().is_fifo() || about.file_type().is_char_device();
    let content = if may_wait { read_pipe(path, within.min(PIPE_WITHIN))? } else { read_all(path)? };
    if content.len() as u64 > LARGEST { Err(FileError::TooLarge) } else { Ok(content) }
}

/// As [`read`], or standard input where the path is `-`.
pub(crate) fn input(path: &Path) -> Result<Vec<u8>, FileError> {
    if path == Path::new("-") { standard_input() } else { read(path) }
}

/// Standard input, which `-` is. Whoever types into it, or waits for another program, takes the time that it takes.
pub(crate) fn standard_input() -> Result<Vec<u8>, FileError> {
    let mut content = Vec::new();
    io::stdin().lock().take(LARGEST + 1).read_to_end(&mut content)?;
    if content.len() as u64 > LARGEST { Err(FileError::TooLarge) } else { Ok(content) }
}

fn read_all(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut content)?;
    Ok(content)
}

/// Opening a pipe waits for a writer, and reading it for the writer's end: in a thread that nobody needs to end.
fn read_pipe(path: &Path, within: Duration) -> Result<Vec<u8>, FileError> {
    let (sender, receiver) = mpsc::channel();
    let path = path.to_owned();
    thread::spawn(move || drop(sender.send(read_all(&path))));
    match receiver.recv_timeout(within) {
        Ok(content) => Ok(content?),
        Err(_) => Err(FileError::Silent(within)),
    }
}

/// As [`read`], for text.
pub(crate) fn read_text(path: &Path) -> Result<String, FileError> {
    String::from_utf8(read(path)?).map_err(|_| FileError::NotText)
}

fn instead_of_a_file(about: &Metadata) -> Option<&'static str> {
    let kind = about.file_type();
    if kind.is_dir() {
        Some("a directory")
    } else if kind.is_block_device() {
        Some("a disk")
    } else if kind.is_socket() {
        Some("a socket")
    } else {
        None
    }
}

//! What is to be inspected: files, folders, endpoints, standard input.

use std::path::{Path, PathBuf};

use notafter_cert::Trouble;
use notafter_cert::inspect::{Kind, Object, objects};
use notafter_tls::Target;

use super::key::{self, Passwords};
use super::{Args, Found, look};
use crate::command::check;
use crate::failure::Failure;
use crate::file;
use crate::password::Source;
use crate::session::Session;

/// A folder has no more files that matter.
const MOST_FILES: usize = 1_000;
/// Folders within folders.
const DEEPEST: usize = 8;
/// What is longer is no certificate, key or container of anybody's.
const LARGEST_IN_FOLDER: u64 = 4 << 20;

/// What was found.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) found: Vec<Found>,
    pub(super) remarks: Vec<String>,
}

pub(super) async fn gather(args: &Args, session: &Session) -> Result<Gathered, Failure> {
    let source = Source::of(args.password_file.clone(), args.password_env.clone());
    let mut passwords = Passwords::of(source.as_ref(), session)?;
    let mut gathered = Gathered::default();
    for word in &args.words {
        if word == "-" {
            let bytes = file::standard_input().map_err(|error| unreadable("standard input", &error))?;
            gathered.take("standard input", &bytes, &mut passwords);
            continue;
        }
        let path = Path::new(word);
        if path.is_dir() {
            gathered.folder(path, &mut passwords)?;
        } else if path.exists() || check::names_a_file(word) {
            let bytes = file::read(path).map_err(|error| unreadable(word, &error))?;
            gathered.take(word, &bytes, &mut passwords);
        } else {
            let looked = look::at(target(word, args)?, args, session).await?;
            gathered.found.extend(looked.found);
            gathered.remarks.extend(looked.remarks);
        }
    }
    Ok(gathered)
}

fn unreadable(word: &str, error: &file::FileError) -> Failure {
    Failure::new(format!("{word} {error}"), error.hint())
}

/// A word that is no file: where it is no target either, both are said.
fn target(word: &str, args: &Args) -> Result<Target, Failure> {
    check::target(word, args.sni.as_ref().map(ToString::to_string), args.starttls).map_err(|error| {
        let hint = format!("check the path; an endpoint is written like shop.example:443 ({})", error.hint());
        Failure::usage(format!("there is no file {word}, and it is no endpoint"), hint).because(error)
    })
}

impl Gathered {
    /// The objects of a file.
    fn take(&mut self, source: &str, bytes: &[u8], passwords: &mut Passwords) {
        let mut is_told = false;
        for object in objects(bytes) {
            let opened = key::open(&object, passwords);
            let is_container = object.kind.is_container();
            self.add(source, object, opened.spki);
            opened.inside.into_iter().for_each(|inner| self.add(source, inner, None));
            if let Some(remark) = opened.remark.filter(|_| !is_told) {
                self.remarks.push(format!("{source}: {remark}"));
                // Whoever has no password for a container has none for the keys in it.
                is_told = is_container;
            }
        }
    }

    fn add(&mut self, source: &str, object: Object, spki: Option<Vec<u8>>) {
        self.found.push(Found { source: source.to_owned(), is_sent: false, object, spki });
    }

    /// The files of a folder that hold anything known.
    fn folder(&mut self, folder: &Path, passwords: &mut Passwords) -> Result<(), Failure> {
        let mut files = Vec::new();
        let list = list(folder, 0, &mut files);
        list.map_err(|error| Failure::new(format!("cannot read {}", folder.display()), "check its permissions").because(error))?;
        if files.len() > MOST_FILES {
            self.remarks.push(format!("{}: only the first {MOST_FILES} files are looked at", folder.display()));
        }
        let mut strangers = 0_usize;
        for path in files.iter().take(MOST_FILES) {
            let name = path.display().to_string();
            match file::read(path) {
                Ok(bytes) if is_known(&bytes) => self.take(&name, &bytes, passwords),
                Ok(_) => strangers += 1,
                Err(error) => self.remarks.push(format!("{name} {error}")),
            }
        }
        if strangers > 0 {
            let word = if strangers == 1 { "file holds" } else { "files hold" };
            self.remarks.push(format!("{}: {strangers} {word} nothing that is known here", folder.display()));
        }
        Ok(())
    }
}

/// Whether a file of a folder is one of ours, and not somebody's text or picture.
fn is_known(bytes: &[u8]) -> bool {
    objects(bytes).iter().any(|object| !matches!(object.kind, Kind::Der | Kind::NotDer))
}

/// The files below a folder, by name. What is no plain file is left out, and so are links to folders: they may go round.
fn list(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for path in entries {
        let Ok(about) = std::fs::symlink_metadata(&path) else { continue };
        if about.is_dir() {
            // A folder below that cannot be read hides nothing of the others.
            if depth < DEEPEST && files.len() <= MOST_FILES {
                list(&path, depth + 1, files).ok();
            }
            continue;
        }
        let is_file = std::fs::metadata(&path).is_ok_and(|about| about.is_file() && about.len() <= LARGEST_IN_FOLDER);
        if is_file {
            files.push(path);
        }
    }
    Ok(())
}

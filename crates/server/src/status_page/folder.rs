//! A copy of the page in a folder, for a web server or an object store that goes on when this one is down. Each file is written
//! beside and put in place at once: whoever reads meanwhile reads the old one or the new one, whole.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Bytes;
use notafter_cert::Fingerprint;
use notafter_engine::operate::Fault;
use tokio::sync::watch;

use super::{COMPONENTS, Files, WARNING_FILE};

/// The folder, and what was written there.
pub(super) struct Folder {
    path: PathBuf,
    written: HashMap<String, Fingerprint>,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, written: HashMap::new() }
    }

    /// Writes whatever is shown, until it is dropped. What cannot be written is told once, until it can.
    pub(super) async fn keep(mut self, mut shown: watch::Receiver<Option<Arc<Files>>>) {
        let mut is_failing = false;
        // Without a board the process ends.
        while shown.changed().await.is_ok() {
            let Some(files) = shown.borrow_and_update().clone() else { continue };
            let path = self.path.display().to_string();
            let written = tokio::task::spawn_blocking(move || {
                let outcome = self.write(files.copy());
                (self, outcome)
            });
            // What panicked has told so.
            let Ok((folder, outcome)) = written.await else { return };
            self = folder;
            match outcome {
                Ok(()) if is_failing => tracing::info!(path, "the copy of the status page is written again"),
                Ok(()) => {}
                Err(_) if is_failing => {}
                Err(ref error) => {
                    let Fault { code, what, hint, .. } = unwritable(&path, error);
                    tracing::warn!(code, hint, "{what}: {error}");
                }
            }
            is_failing = outcome.is_err();
        }
    }

    /// Writes what differs from what was written before, in the order in which it comes.
    pub(super) fn write(
        &mut self,
        files: impl Iterator<Item = Result<(String, Bytes), Fault>>,
    ) -> io::Result<()> {
        let mut there = HashSet::new();
        for file in files {
            let (path, bytes) = file.map_err(|fault| io::Error::other(fault.what))?;
            let (below, is) = (path.trim_start_matches('/'), Fingerprint::of(&bytes));
            // Somebody may have emptied the folder.
            if self.written.get(&path) != Some(&is) || !self.path.join(below).exists() {
                put(&self.path, below, &bytes)?;
                self.written.insert(path.clone(), is);
            }
            there.insert(path);
        }
        self.sweep(&there)
    }

    /// Removes what is of components that are no more; nothing else that lies there.
    fn sweep(&mut self, there: &HashSet<String>) -> io::Result<()> {
        let entries = match fs::read_dir(self.path.join(COMPONENTS.trim_start_matches('/'))) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let feed = name.strip_suffix(".atom");
            let identity = feed.unwrap_or(&name);
            let is_ours = identity.len() == 12 && identity.bytes().all(|byte| byte.is_ascii_hexdigit());
            let path = match feed {
                Some(_) => format!("{COMPONENTS}/{name}"),
                None => format!("{COMPONENTS}/{name}{WARNING_FILE}"),
            };
            if !is_ours || there.contains(&path) {
                continue;
            }
            self.written.remove(&path);
            match feed {
                Some(_) => fs::remove_file(entry.path())?,
                // What a link leads to is not ours.
                None if entry.file_type()?.is_dir() => remove_warning(&entry.path())?,
                None => {}
            }
        }
        Ok(())
    }
}

/// Removes the page from a component's folder, and the folder where nothing else lies in it.
fn remove_warning(folder: &Path) -> io::Result<()> {
    match fs::remove_file(folder.join(WARNING_FILE.trim_start_matches('/'))) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    match fs::remove_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::DirectoryNotEmpty => Err(error),
        _ => Ok(()),
    }
}

/// Everybody may read it, whatever the process keeps to itself otherwise.
const FOR_EVERYBODY: u32 = 0o644;
const FOLDER_FOR_EVERYBODY: u32 = 0o755;

/// Puts a file in place below the folder.
fn put(root: &Path, below: &str, bytes: &[u8]) -> io::Result<()> {
    make(root)?;
    let (folders, name) = below.rsplit_once('/').unwrap_or(("", below));
    let mut folder = root.to_owned();
    for part in folders.split('/').filter(|part| !part.is_empty()) {
        folder.push(part);
        make(&folder)?;
        // Whoever else may write here must not lead us elsewhere.
        if fs::symlink_metadata(&folder)?.is_symlink() {
            let why = format!("{} is a link", folder.display());
            return Err(io::Error::new(io::ErrorKind::NotADirectory, why));
        }
    }
    let beside = folder.join(format!(".{name}.new"));
    let written = write_beside(&beside, bytes).and_then(|()| fs::rename(&beside, folder.join(name)));
    if written.is_err() {
        // It is in nobody's way, and goes before the next one.
        fs::remove_file(&beside).ok();
    }
    written
}

/// A new file, never one that is there already under this name, or that a link there leads to.
fn write_beside(beside: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::remove_file(beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = File::create_new(beside)?;
    file.set_permissions(Permissions::from_mode(FOR_EVERYBODY))?;
    file.write_all(bytes)?;
    file.sync_data()
}

/// Makes a folder with those above it; one that is there stays as it is.
fn make(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        make(above)?;
    }
    match fs::create_dir(folder) {
        Ok(()) => fs::set_permissions(folder, Permissions::from_mode(FOLDER_FOR_EVERYBODY)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

fn unwritable(path: &str, error: &io::Error) -> Fault {
    Fault::new(
        "status-page.no-copy",
        format!("the copy of the status page in {path} cannot be written"),
        "let the user of the server write there (systemd: ReadWritePaths=), or name another folder in status_folder",
    )
    .because(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(all: &[(&str, &str)]) -> impl Iterator<Item = Result<(String, Bytes), Fault>> {
        let style = ("/style.css", include_str!("../../static/style.css"));
        let all: Vec<(&str, &str)> = std::iter::once(style).chain(all.iter().copied()).collect();
        all.into_iter()
            .map(|(path, text)| Ok((path.to_owned(), Bytes::from(text.to_owned()))))
            .collect::<Vec<_>>()
            .into_iter()
    }

    #[test]
    fn a_copy_follows_the_page_and_leaves_alone_what_is_of_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("www/status");
        let mut copy = Folder::new(path.clone());
        let read = |name: &str| fs::read_to_string(path.join(name));
        let feed = "/status/components/0123456789ab.atom";
        let warning = "/status/components/0123456789ab/warning.html";
        copy.write(files(&[(feed, "feed"), (warning, "warned"), ("/index.html", "one")])).unwrap();
        assert_eq!(read(warning.trim_start_matches('/')).unwrap(), "warned");
        assert_eq!(read("index.html").unwrap(), "one");
        assert!(read("style.css").unwrap().contains(".headline"));
        for name in ["index.html", "status/components/0123456789ab.atom"] {
            let mode = fs::metadata(path.join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o644, "{name}");
        }
        for others in ["logo.svg", "status/components/about.txt"] {
            fs::write(path.join(others), "mine").unwrap();
        }
        fs::remove_file(path.join("style.css")).unwrap();
        copy.write(files(&[("/index.html", "two")])).unwrap();
        assert_eq!(read("index.html").unwrap(), "two");
        assert!(read("style.css").is_ok(), "what somebody took away comes back");
        assert!(read(feed.trim_start_matches('/')).is_err(), "a component that is no more has no feed");
        assert!(!path.join("status/components/0123456789ab").exists(), "and no page of warnings");
        for others in ["logo.svg", "status/components/about.txt"] {
            assert_eq!(read(others).unwrap(), "mine");
        }
        let names = |folder: &Path| {
            let mut names: Vec<String> = fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        assert_eq!(names(&path), ["index.html", "logo.svg", "status", "style.css"], "nothing is left beside");
    }

    /// A web server that follows the copy shows the old page or the new one.
    #[test]
    fn a_file_is_put_in_place_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut copy = Folder::new(folder.path().to_owned());
        copy.write(files(&[("/index.html", "old")])).unwrap();
        let opened = File::open(folder.path().join("index.html")).unwrap();
        copy.write(files(&[("/index.html", "new and longer")])).unwrap();
        assert_eq!(io::read_to_string(opened).unwrap(), "old", "whoever reads it reads on");
    }

    /// A web server's user may own the folder, and the server be root.
    #[test]
    fn a_link_in_the_folder_leads_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let (path, elsewhere) = (folder.path().join("www"), folder.path().join("elsewhere"));
        fs::create_dir(&path).unwrap();
        fs::write(&elsewhere, "mine").unwrap();
        std::os::unix::fs::symlink(&elsewhere, path.join(".index.html.new")).unwrap();
        let mut copy = Folder::new(path.clone());
        copy.write(files(&[("/index.html", "one")])).unwrap();
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "mine");
        assert!(!fs::symlink_metadata(path.join("index.html")).unwrap().is_symlink());
        let outside = folder.path().join("outside");
        fs::create_dir(&outside).unwrap();
        std::os::unix::fs::symlink(&outside, path.join("api")).unwrap();
        copy.write(files(&[("/api/v2/status.json", "{}")])).unwrap_err();
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_told_and_nothing_is_left_of_a_try() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("index.html")).unwrap();
        let mut copy = Folder::new(folder.path().to_owned());
        let error = copy.write(files(&[("/index.html", "one")])).unwrap_err();
        assert!(!folder.path().join(".index.html.new").exists());
        let fault = unwritable("/srv/status", &error);
        assert_eq!(fault.what, "the copy of the status page in /srv/status cannot be written");
        fs::remove_dir(folder.path().join("index.html")).unwrap();
        copy.write(files(&[("/index.html", "one")])).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("index.html")).unwrap(), "one");
    }
}

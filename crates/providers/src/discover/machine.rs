//! The file system of a machine, read within budgets: this machine's, or one below another root.
//!
//! Paths in and out are the machine's own ("virtual"): `/etc/letsencrypt`, wherever the root lies. A path that is
//! written with the root in front (as tools write it that were run with such a directory) means the same file.

use std::cell::Cell;
use std::fs;
use std::io::Read;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use notafter_cert::Time;
use rustix::fs::{Mode, OFlags};

/// Larger files are not read: configuration, PEM and log tails stay below.
const LARGEST_FILE: u64 = 4 << 20;
/// All that one survey reads.
const LARGEST_TOTAL: u64 = 256 << 20;
/// Names in directories that one survey looks at.
const MOST_ENTRIES: u64 = 100_000;
/// No path is longer (PATH_MAX of limits.h).
const LONGEST_PATH: usize = 4_096;
/// Symbolic links on the way to one file, as Linux counts them (path_resolution(7)).
const MOST_LINKS: u32 = 40;
/// How many files one pattern may name.
const MOST_MATCHES: usize = 4_000;

/// Why something that is there was not seen. What is not there at all is [`Blind::Missing`]: a fact, not an unknown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Blind {
    /// It does not exist.
    #[error("it does not exist")]
    Missing,
    /// Not for us.
    #[error("permission denied: run as root to see it")]
    Denied,
    /// Symbolic links that lead nowhere or in circles.
    #[error("its symbolic links go in circles")]
    Loop,
    /// Over the budget of one file.
    #[error("it is larger than {} MiB", LARGEST_FILE >> 20)]
    TooLarge,
    /// Over the budget of the survey.
    #[error("the survey had read enough before it came here")]
    Spent,
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// A machine to survey.
#[derive(Debug)]
pub struct Machine {
    root: PathBuf,
    also: Vec<String>,
    files: Vec<String>,
    bytes: Cell<u64>,
    entries: Cell<u64>,
    pub(super) systemd: super::systemd::Answers,
}

/// One entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its whole path.
    pub path: String,
    /// Whether it is a directory, symbolic links followed.
    pub is_directory: bool,
}

impl Machine {
    /// The machine below `root`: `/` is this one. `also` names further directories where renewing programs or
    /// certificates may be.
    #[must_use]
    pub fn new(root: &Path, also: Vec<String>) -> Self {
        let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
        Self {
            root,
            also,
            files: Vec::new(),
            bytes: Cell::new(0),
            entries: Cell::new(0),
            systemd: super::systemd::Answers::default(),
        }
    }

    /// The same machine, with these directories of it in which to look as well.
    #[must_use]
    pub fn with_also(self, also: Vec<String>) -> Self {
        Self { also, ..self }
    }

    /// The same machine, of which these certificate files are read as well, wherever they lie.
    #[must_use]
    pub fn with_files(self, files: Vec<String>) -> Self {
        Self { files, ..self }
    }

    /// Whether it is the one this program runs on.
    #[must_use]
    pub fn is_this_one(&self) -> bool {
        self.root == Path::new("/")
    }

    /// Directories that the person named.
    #[must_use]
    pub fn also(&self) -> &[String] {
        &self.also
    }

    /// Certificate files that somebody named.
    #[must_use]
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// The machine's own form of a path that may be written with the root in front.
    #[must_use]
    pub fn own(&self, path: &str) -> String {
        let root = self.root.to_string_lossy();
        let inner = match path.strip_prefix(root.as_ref()) {
            Some(rest) if !self.is_this_one() && rest.starts_with('/') => rest,
            Some("") if !self.is_this_one() => "/",
            _ => path,
        };
        normal(inner)
    }

    /// Where the path lies for the system calls of this process.
    #[must_use]
    pub fn outer(&self, path: &str) -> PathBuf {
        self.root.join(self.own(path).trim_start_matches('/'))
    }

    /// The file's content.
    ///
    /// # Errors
    /// When it cannot be had, and why.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, Blind> {
        let file = self.open(&self.resolve(path)?)?;
        if file.metadata().map_err(|error| Blind::from(&error))?.len() > LARGEST_FILE {
            return Err(Blind::TooLarge);
        }
        self.take_from(file, LARGEST_FILE)
    }

    /// A pseudo file of the kernel, whose length is not known beforehand.
    ///
    /// # Errors
    /// When it cannot be had, and why.
    pub fn read_kernel(&self, path: &str) -> Result<Vec<u8>, Blind> {
        self.take_from(self.open(path)?, LARGEST_FILE)
    }

    /// The last `most` bytes of a file that may be long.
    ///
    /// # Errors
    /// When it cannot be had, and why.
    pub fn read_tail(&self, path: &str, most: u64) -> Result<Vec<u8>, Blind> {
        use std::io::{Seek, SeekFrom};
        let mut file = self.open(&self.resolve(path)?)?;
        let length = file.metadata().map_err(|error| Blind::from(&error))?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(most))).map_err(|error| Blind::from(&error))?;
        // What is written while it is read lies behind the end.
        self.take_from(file.take(most), most)
    }

    /// A regular file and nothing else. Whoever owns a name may put a pipe there into which nobody ever writes, or name a
    /// device, which opening alone may set going (`/dev/watchdog`): what it is, is looked at without opening it, and that
    /// very thing is opened then.
    fn open(&self, real: &str) -> Result<fs::File, Blind> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let found = rustix::fs::open(self.outer(real), flags, Mode::empty())
            .map(fs::File::from)
            .map_err(|error| Blind::from(&error.into()))?;
        let about = found.metadata().map_err(|error| Blind::from(&error))?;
        if !about.is_file() {
            let what = if about.is_dir() { "it is a directory" } else { "it is no regular file" };
            return Err(Blind::Other(what.to_owned()));
        }
        fs::File::open(format!("/proc/self/fd/{}", found.as_raw_fd())).map_err(|error| {
            match Blind::from(&error) {
                Blind::Missing => Blind::Other("it cannot be opened where /proc is not mounted".to_owned()),
                blind => blind,
            }
        })
    }

    fn take_from(&self, file: impl Read, most: u64) -> Result<Vec<u8>, Blind> {
        if self.bytes.get() >= LARGEST_TOTAL {
            return Err(Blind::Spent);
        }
        let mut content = Vec::new();
        file.take(most + 1).read_to_end(&mut content).map_err(|error| Blind::from(&error))?;
        self.bytes.set(self.bytes.get() + content.len() as u64);
        if content.len() as u64 > most { Err(Blind::TooLarge) } else { Ok(content) }
    }

    /// The file's content as text; foreign bytes are replaced, paths in it are the machine's own.
    ///
    /// # Errors
    /// When it cannot be had, and why.
    pub fn read_text(&self, path: &str) -> Result<String, Blind> {
        let bytes = self.read(path)?;
        let text = String::from_utf8_lossy(&bytes);
        if self.is_this_one() {
            return Ok(text.into_owned());
        }
        Ok(text.replace(self.root.to_string_lossy().as_ref(), ""))
    }

    /// When the file was last written, symbolic links followed.
    #[must_use]
    pub fn modified(&self, path: &str) -> Option<Time> {
        let about = fs::metadata(self.outer(&self.resolve(path).ok()?)).ok()?;
        Some(Time::from_unix_seconds(about.mtime()))
    }

    /// Whether something is there, symbolic links followed.
    ///
    /// # Errors
    /// When that cannot be found out.
    pub fn exists(&self, path: &str) -> Result<bool, Blind> {
        match self.resolve(path) {
            Ok(real) => match fs::metadata(self.outer(&real)) {
                Ok(_) => Ok(true),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
                Err(error) => Err(Blind::from(&error)),
            },
            Err(Blind::Missing) => Ok(false),
            Err(blind) => Err(blind),
        }
    }

    /// What a symbolic link says, as it is written.
    #[must_use]
    pub fn link(&self, path: &str) -> Option<String> {
        fs::read_link(self.outer(path)).ok().map(|target| target.to_string_lossy().into_owned())
    }

    /// The entries of a directory, by name.
    ///
    /// # Errors
    /// When it cannot be had, and why.
    pub fn list(&self, directory: &str) -> Result<Vec<Entry>, Blind> {
        let real = self.resolve(directory)?;
        let mut entries = Vec::new();
        for entry in fs::read_dir(self.outer(&real)).map_err(|error| Blind::from(&error))? {
            self.looked()?;
            let Ok(entry) = entry else { continue };
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = join(directory, &name);
            let is_directory = match entry.file_type() {
                Ok(kind) if kind.is_symlink() => {
                    self.resolve(&path).is_ok_and(|real| self.outer(&real).is_dir())
                }
                Ok(kind) => kind.is_dir(),
                Err(_) => false,
            };
            entries.push(Entry { name, path, is_directory });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// One more name was looked at.
    fn looked(&self) -> Result<(), Blind> {
        if self.entries.get() >= MOST_ENTRIES {
            return Err(Blind::Spent);
        }
        self.entries.set(self.entries.get() + 1);
        Ok(())
    }

    /// The path with every symbolic link followed, inside the machine.
    ///
    /// # Errors
    /// When it is not there, or goes in circles.
    pub fn resolve(&self, path: &str) -> Result<String, Blind> {
        possible(path)?;
        let mut left: Vec<String> = parts(&self.own(path)).rev().map(str::to_owned).collect();
        let mut done = String::new();
        let mut links = 0;
        while let Some(part) = left.pop() {
            if part == ".." {
                done.truncate(done.rfind('/').unwrap_or(0));
                continue;
            }
            let here = format!("{done}/{part}");
            let about = fs::symlink_metadata(self.root.join(here.trim_start_matches('/')))
                .map_err(|error| Blind::from(&error))?;
            if !about.file_type().is_symlink() {
                done = here;
                continue;
            }
            links += 1;
            if links > MOST_LINKS {
                return Err(Blind::Loop);
            }
            let target = self.link(&here).ok_or(Blind::Denied)?;
            let target = if target.starts_with('/') {
                done.clear();
                self.own(&target)
            } else {
                target
            };
            left.extend(parts(&target).rev().map(str::to_owned));
        }
        Ok(if done.is_empty() { "/".to_owned() } else { done })
    }

    /// The files that a shell pattern names, in order; `*` and `?` do not cross `/`.
    ///
    /// # Errors
    /// When a directory on the way cannot be listed.
    pub fn glob(&self, pattern: &str) -> Result<Vec<String>, Blind> {
        possible(pattern)?;
        let pattern = self.own(pattern);
        let mut found = vec![String::new()];
        for part in parts(&pattern) {
            let mut next = Vec::new();
            for base in found {
                self.glob_part(&base, part, &mut next)?;
            }
            found = next;
        }
        Ok(found)
    }

    fn glob_part(&self, base: &str, part: &str, next: &mut Vec<String>) -> Result<(), Blind> {
        if !part.contains(['*', '?', '[']) {
            let path = format!("{base}/{part}");
            self.looked()?;
            if fs::symlink_metadata(self.outer(&path)).is_ok() {
                next.push(path);
            }
            return Ok(());
        }
        let Ok(wanted) = glob::Pattern::new(part) else { return Ok(()) };
        let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
        let directory = if base.is_empty() { "/" } else { base };
        let entries = match self.list(directory) {
            Err(Blind::Missing) => return Ok(()),
            other => other?,
        };
        for entry in entries {
            if wanted.matches_with(&entry.name, options) && next.len() < MOST_MATCHES {
                next.push(join(directory, &entry.name));
            }
        }
        Ok(())
    }

    /// The home directories of the machine's users, root's first.
    #[must_use]
    pub fn homes(&self) -> Vec<String> {
        let mut homes = vec!["/root".to_owned()];
        let users = self.read_text("/etc/passwd").unwrap_or_default();
        for line in users.lines() {
            let mut fields = line.split(':');
            let shell_user = fields.next();
            if let (Some(_), Some(home)) = (shell_user, fields.nth(4))
                && home.starts_with('/')
                && home != "/"
                && !homes.iter().any(|known| known == home)
            {
                homes.push(home.to_owned());
            }
        }
        homes
    }
}

impl From<&std::io::Error> for Blind {
    fn from(error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            // A directory on the way that is a file is "not there" as well.
            ErrorKind::NotFound | ErrorKind::NotADirectory => Self::Missing,
            // Whoever is root already is kept out by something else: a namespace, a network file system.
            ErrorKind::PermissionDenied if rustix::process::geteuid().is_root() => {
                Self::Other("permission denied, though root asks".to_owned())
            }
            ErrorKind::PermissionDenied => Self::Denied,
            _ => Self::Other(error.to_string()),
        }
    }
}

/// What is too long to be a path is none, and need not be taken apart.
fn possible(path: &str) -> Result<(), Blind> {
    if path.len() > LONGEST_PATH {
        return Err(Blind::Other("its name is longer than that of any file".to_owned()));
    }
    Ok(())
}

/// `directory/name` without a doubled slash.
pub(super) fn join(directory: &str, name: &str) -> String {
    if name.starts_with('/') {
        return name.to_owned();
    }
    format!("{}/{name}", directory.trim_end_matches('/'))
}

fn parts(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty() && *part != ".")
}

fn normal(path: &str) -> String {
    let mut normal = String::with_capacity(path.len());
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        normal.push('/');
        normal.push_str(part);
    }
    if normal.is_empty() { "/".to_owned() } else { normal }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn staged() -> (tempfile::TempDir, Machine) {
        let directory = tempfile::tempdir().unwrap();
        let machine = Machine::new(directory.path(), vec![]);
        (directory, machine)
    }

    #[test]
    fn links_stay_inside_the_machine() {
        let (directory, machine) = staged();
        let root = directory.path();
        fs::create_dir_all(root.join("etc/live")).unwrap();
        fs::write(root.join("etc/real"), "inside").unwrap();
        symlink("/etc/real", root.join("etc/live/absolute")).unwrap();
        symlink("../real", root.join("etc/live/relative")).unwrap();
        symlink("../../../../../../etc/real", root.join("etc/live/up")).unwrap();
        symlink("circle", root.join("etc/circle")).unwrap();
        for name in ["absolute", "relative", "up"] {
            assert_eq!(machine.resolve(&format!("/etc/live/{name}")).unwrap(), "/etc/real", "{name}");
            assert_eq!(machine.read(&format!("/etc/live/{name}")).unwrap(), b"inside", "{name}");
        }
        assert_eq!(machine.read("/etc/circle"), Err(Blind::Loop));
        assert_eq!(machine.read("/etc/none"), Err(Blind::Missing));
        assert_eq!(machine.read("/etc/real/below"), Err(Blind::Missing));
        assert!(matches!(machine.read("/etc"), Err(Blind::Other(_))));
    }

    #[test]
    fn a_path_written_with_the_root_in_front_is_the_same_file() {
        let (directory, machine) = staged();
        fs::write(directory.path().join("a"), "x").unwrap();
        let written = machine.outer("/a").to_string_lossy().into_owned();
        assert_eq!(machine.own(&written), "/a");
        assert_eq!(machine.read(&written).unwrap(), b"x");
        assert_eq!(machine.own("//etc/./x"), "/etc/x");
    }

    #[test]
    fn patterns_name_files_in_order_and_no_hidden_ones() {
        let (directory, machine) = staged();
        fs::create_dir_all(directory.path().join("sites")).unwrap();
        for name in ["b.conf", "a.conf", ".hidden.conf", "c.txt"] {
            fs::write(directory.path().join("sites").join(name), "").unwrap();
        }
        assert_eq!(machine.glob("/sites/*.conf").unwrap(), ["/sites/a.conf", "/sites/b.conf"]);
        assert_eq!(machine.glob("/sites/c.txt").unwrap(), ["/sites/c.txt"]);
        assert!(machine.glob("/nowhere/*").unwrap().is_empty());
    }

    /// `adopt` waited for a writer without end where a log or a configuration was a pipe, which every user can lay into a
    /// home of acme.sh's.
    #[test]
    fn a_pipe_in_a_files_place_is_not_waited_for() {
        let (directory, machine) = staged();
        let pipe = directory.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, Mode::RUSR | Mode::WUSR).unwrap();
        symlink("/pipe", directory.path().join("link")).unwrap();
        let refused = Err(Blind::Other("it is no regular file".to_owned()));
        for name in ["/pipe", "/link"] {
            assert_eq!(machine.read(name), refused);
            assert_eq!(machine.read_tail(name, 10), refused);
        }
        assert_eq!(machine.read_kernel("/pipe"), refused);
        std::os::unix::net::UnixListener::bind(directory.path().join("socket")).unwrap();
        assert_eq!(machine.read("/socket"), refused);
        assert_eq!(Machine::new(Path::new("/"), vec![]).read_tail("/dev/null", 10), refused);
    }

    #[test]
    fn patterns_and_paths_that_would_be_looked_up_for_hours_are_not() {
        let (directory, machine) = staged();
        fs::create_dir(directory.path().join("a")).unwrap();
        assert!(matches!(machine.resolve(&"/a/..".repeat(1_000)), Err(Blind::Other(_))));
        let one = format!("/a{}", "/../a".repeat(800));
        assert_eq!(machine.glob(&one).unwrap().len(), 1);
        let spent = (0..1_000).find_map(|_| machine.glob(&one).err());
        assert_eq!(spent, Some(Blind::Spent));
    }

    #[test]
    fn a_file_over_the_budget_is_unknown_not_empty() {
        let (directory, machine) = staged();
        let file = fs::File::create(directory.path().join("huge")).unwrap();
        file.set_len(LARGEST_FILE + 1).unwrap();
        assert_eq!(machine.read("/huge"), Err(Blind::TooLarge));
        assert_eq!(machine.read_tail("/huge", 10).unwrap().len(), 10);
    }
}

//! Replaces a set of files in one atomic step, and puts the old ones back exactly.
//!
//! A key and its certificate lie in several files, and no system call renames two files at once: between two renames a
//! server that reads them finds a pair that does not match. So the files of each deployment lie together in a
//! *generation* (a directory), the paths that the server knows are symbolic links through one pointer, `current`, and
//! turning that pointer is the swap: one `rename(2)`. (The kubelet does the same for mounted secrets.)
//!
//! ```text
//! /etc/ssl/shop/key.pem           -> .notafter-pl_0192.../current/key
//! /etc/ssl/shop/fullchain.pem     -> .notafter-pl_0192.../current/full-chain
//! /etc/ssl/shop/.notafter-pl_0192.../current -> dp_0193...
//! ```
//!
//! Files that somebody else put there are not copied: a hard link beside them keeps owner, mode, times and bytes, and is
//! renamed back on restore. Every step can be repeated after a crash, and no step but the turn of the pointer changes
//! what a reader of the paths finds.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

const POINTER: &str = "current";
/// What ends the name of a generation that holds what was there before another one.
const BEFORE: &str = "-before";

/// A path that the server reads, and the name of its content within a generation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// What the server knows.
    pub path: PathBuf,
    /// The name within a generation, such as `key`.
    pub role: String,
}

/// What was there before: enough to put it back exactly. Stored before anything is touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// The directory of the generations.
    store: PathBuf,
    /// The name of the generation that this deployment makes.
    new: String,
    /// The generation that was current; `None` when there was none.
    current: Option<String>,
    /// What each path held.
    slots: Vec<(Slot, Held)>,
}

/// What a path held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Held {
    /// Nothing.
    Nothing,
    /// A link of ours into the generation that was current.
    Ours,
    /// A file or link that somebody else put there.
    Foreign,
}

/// A step that the file system refused.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} {}", .path.display())]
pub struct SwapError {
    /// What was tried.
    pub doing: &'static str,
    /// On which path.
    pub path: PathBuf,
    /// Why it did not work.
    pub source: io::Error,
}

/// What is done with the directory of a path.
pub(crate) const DIRECTORY: &str = "use the directory";

type Outcome<T = ()> = Result<T, SwapError>;

fn failed<'a>(doing: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> SwapError + 'a {
    move |source| SwapError { doing, path: path.to_owned(), source }
}

impl Before {
    /// Records what the paths hold, touching nothing. `place` names the directory of the generations, `new` the
    /// generation to be made; both must be plain file names.
    ///
    /// # Errors
    /// When a path cannot be looked at, or its directory does not exist.
    pub fn record(slots: Vec<Slot>, place: &str, new: &str) -> Outcome<Self> {
        // Before the links: of a path that can hold none, that is the telling error.
        slots.iter().try_for_each(|slot| can_hold_a_file(&slot.path))?;
        let store = store_of(&slots, place);
        let pointer = store.join(POINTER);
        let current = match fs::read_link(&pointer) {
            Ok(target) => Some(target.to_string_lossy().into_owned()),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(failed("read the link", &pointer)(error)),
        };
        let mut held = Vec::with_capacity(slots.len());
        for slot in slots {
            let what = slot.held(&store)?;
            held.push((slot, what));
        }
        Ok(Self { store, new: new.to_owned(), current, slots: held })
    }

    /// What is installed, slot by slot.
    pub fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().map(|(slot, _)| slot)
    }

    /// Whether this is the record of this deployment of this place, and names nothing beside its own directory of
    /// generations: of a record that came from outside, every name is judged.
    #[must_use]
    pub fn belongs_to(&self, place: &str, new: &str) -> bool {
        let slots: Vec<Slot> = self.slots().cloned().collect();
        let is_plain = |name: &String| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
            !name.is_empty() && name.bytes().all(fits)
        };
        !slots.is_empty()
            && self.store == store_of(&slots, place)
            && self.new == new
            && self.current.as_ref().is_none_or(is_plain)
    }

    /// Owner, group and mode of what a path held, links followed; `None` when it held nothing.
    #[must_use]
    pub fn ownership(path: &Path) -> Option<(u32, u32, u32)> {
        fs::metadata(path).ok().map(|found| (found.uid(), found.gid(), found.mode() & 0o7777))
    }

    /// Every path, in order, and whether it is a link of ours now.
    ///
    /// # Errors
    /// When a path cannot be looked at.
    pub fn paths(&self) -> Outcome<Vec<(&Path, bool)>> {
        let look = |(slot, _): &'_ (Slot, Held)| slot.held(&self.store);
        let held = self.slots.iter().map(look).collect::<Outcome<Vec<Held>>>()?;
        let paths = self.slots.iter().map(|(slot, _)| slot.path.as_path());
        Ok(paths.zip(held.into_iter().map(|held| held == Held::Ours)).collect())
    }

    /// Whether the directories of the paths can be written; touches nothing.
    ///
    /// # Errors
    /// The first one that cannot.
    pub fn writable(&self) -> Outcome {
        let wanted = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
        self.slots.iter().try_for_each(|(slot, _)| {
            let directory = directory_of(&slot.path);
            rustix::fs::access(directory, wanted)
                .map_err(|error| failed("write in the directory", directory)(error.into()))
        })
    }

    /// Makes the directory of the new generation, empty, and keeps what must be put back on restore. Answers where the
    /// new files are to be written, under the names of their roles. `None`: the generation is already the current one
    /// and must not be touched.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn prepare(&self) -> Outcome<Option<PathBuf>> {
        make_directory(&self.store)?;
        if self.points_at(&self.new) {
            return Ok(None);
        }
        self.sweep()?;
        for (slot, held) in &self.slots {
            if *held == Held::Foreign {
                self.keep(slot)?;
            }
        }
        if self.needs_own_before() {
            self.make_before()?;
        }
        let directory = self.store.join(&self.new);
        remove_directory(&directory)?;
        make_directory(&directory)?;
        self.carry(&directory)?;
        Ok(Some(directory))
    }

    /// What was installed and is not asked for any more stays as it is: its path leads through the pointer still.
    fn carry(&self, directory: &Path) -> Outcome {
        let Some(current) = &self.current else { return Ok(()) };
        let before = self.store.join(current);
        let entries = match fs::read_dir(&before) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed("read", &before)(error)),
        };
        for entry in entries {
            let name = entry.map_err(failed("read", &before))?.file_name();
            if !self.slots().any(|slot| name == *slot.role) {
                link_again(&before.join(&name), &directory.join(&name))?;
            }
        }
        Ok(())
    }

    /// Makes the new generation current. Until the last step, every path keeps its content.
    ///
    /// # Errors
    /// When the file system refuses; then every path still holds what it held.
    pub fn activate(&self) -> Outcome {
        let directory = self.store.join(&self.new);
        sync(&directory)?;
        if self.points_at(&self.new) {
            return Ok(());
        }
        self.turn(&self.before_name())?;
        for (slot, _) in &self.slots {
            self.lead_through_pointer(slot)?;
        }
        self.turn(&self.new)
    }

    /// Turns back to what the paths held, at once for all of them, and keeps the new generation for another try.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn turn_back(&self) -> Outcome {
        self.turn(&self.before_name())
    }

    /// Puts back what was there: content at once for all paths, then the very files. What the new generation and the
    /// links led through stays until [`Before::tidy`]: somebody may be on the way through them.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn restore(&self) -> Outcome {
        if self.store.join(self.before_name()).exists() {
            self.turn(&self.before_name())?;
        }
        self.slots.iter().try_for_each(|(slot, held)| self.put_back(slot, *held))?;
        match &self.current {
            Some(current) => self.turn(current),
            None => Ok(()),
        }
    }

    /// Removes what a restored deployment leaves behind.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn tidy(&self) -> Outcome {
        for (slot, held) in &self.slots {
            if *held == Held::Foreign {
                remove_file(&self.kept(slot))?;
            }
        }
        match &self.current {
            None => return remove_directory(&self.store),
            // Recorded once more while it was live already: there is nothing before it.
            Some(current) if *current == self.new => return Ok(()),
            Some(_) => remove_directory(&self.store.join(&self.new))?,
        }
        remove_directory(&self.store.join(self.before_name_of_new()))
    }

    fn points_at(&self, generation: &str) -> bool {
        fs::read_link(self.store.join(POINTER)).is_ok_and(|target| target == Path::new(generation))
    }

    /// Only where every path already led through the pointer can the old generation itself be pointed at again.
    fn needs_own_before(&self) -> bool {
        self.current.is_none() || self.slots.iter().any(|(_, held)| *held != Held::Ours)
    }

    fn before_name(&self) -> String {
        match &self.current {
            Some(current) if !self.needs_own_before() => current.clone(),
            _ => self.before_name_of_new(),
        }
    }

    fn before_name_of_new(&self) -> String {
        format!("{}{BEFORE}", self.new)
    }

    /// A generation with exactly what the paths hold now.
    fn make_before(&self) -> Outcome {
        let directory = self.store.join(self.before_name_of_new());
        remove_directory(&directory)?;
        make_directory(&directory)?;
        for (slot, held) in &self.slots {
            let entry = directory.join(&slot.role);
            match (held, &self.current) {
                (Held::Foreign, _) => {
                    let kept = self.kept(slot);
                    symlink(&kept, &entry).map_err(failed("link", &entry))?;
                }
                (Held::Ours, Some(current)) => {
                    let old = self.store.join(current).join(&slot.role);
                    // A deployment that ended between the links and its last turn left links to nothing.
                    match fs::symlink_metadata(&old) {
                        Ok(_) => link_again(&old, &entry)?,
                        Err(error) if error.kind() == ErrorKind::NotFound => {}
                        Err(error) => return Err(failed("look at", &old)(error)),
                    }
                }
                _ => {}
            }
        }
        self.carry(&directory)?;
        sync(&directory)
    }

    /// Where the hard link to what somebody else put there lies: beside it, so that it is on the same file system and a
    /// relative link still leads to the same place.
    fn kept(&self, slot: &Slot) -> PathBuf {
        let name = slot.path.file_name().unwrap_or_default().to_string_lossy();
        directory_of(&slot.path).join(format!(".{name}.{}-before", self.new))
    }

    fn keep(&self, slot: &Slot) -> Outcome {
        if slot.held(&self.store)? != Held::Foreign {
            // Converted before a crash: what was there is kept already.
            return Ok(());
        }
        let kept = self.kept(slot);
        remove_file(&kept)?;
        link_again(&slot.path, &kept)?;
        sync(directory_of(&slot.path))
    }

    fn lead_through_pointer(&self, slot: &Slot) -> Outcome {
        if slot.held(&self.store)? == Held::Ours {
            return Ok(());
        }
        place_link(&slot.link(&self.store), &slot.path)
    }

    fn put_back(&self, slot: &Slot, held: Held) -> Outcome {
        let ours = slot.held(&self.store)? == Held::Ours;
        match held {
            Held::Ours if !ours => place_link(&slot.link(&self.store), &slot.path),
            Held::Ours => Ok(()),
            Held::Nothing if ours => {
                remove_file(&slot.path)?;
                sync(directory_of(&slot.path))
            }
            Held::Nothing => Ok(()),
            Held::Foreign if ours => {
                let beside = beside(&slot.path);
                remove_file(&beside)?;
                link_again(&self.kept(slot), &beside)?;
                fs::rename(&beside, &slot.path).map_err(failed("put back", &slot.path))?;
                sync(directory_of(&slot.path))
            }
            // Not led through the pointer yet, or put back before a crash, or replaced by somebody since: theirs stays.
            Held::Foreign => Ok(()),
        }
    }

    /// Turns the pointer, durably.
    fn turn(&self, generation: &str) -> Outcome {
        place_link(Path::new(generation), &self.store.join(POINTER))
    }

    /// Removes generations that are neither current nor this deployment's own: keys must not pile up. What they had kept
    /// of somebody else's files goes with them. What is no generation by its name was not put there by us.
    fn sweep(&self) -> Outcome {
        let entries = fs::read_dir(&self.store).map_err(failed("read", &self.store))?;
        for entry in entries {
            let entry = entry.map_err(failed("read", &self.store))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let mine = name == self.new || name == self.before_name_of_new();
            let live = name == POINTER || self.points_at(&name) || self.current.as_ref() == Some(&name);
            if mine || live || !self.is_generation(&name) {
                continue;
            }
            if name.ends_with(BEFORE) {
                forget_kept(&entry.path(), &name)?;
            }
            remove_directory(&entry.path())?;
        }
        Ok(())
    }
}

impl Before {
    /// Operations are named alike up to the first `_`.
    fn is_generation(&self, name: &str) -> bool {
        let kind = self.new.split_once('_').map_or(self.new.as_str(), |(kind, _)| kind);
        name.split_once('_').is_some_and(|(its, _)| its == kind)
    }
}

impl Slot {
    fn held(&self, store: &Path) -> Outcome<Held> {
        match fs::symlink_metadata(&self.path) {
            Ok(found) if found.is_dir() => {
                Err(failed("replace", &self.path)(io::Error::from(ErrorKind::IsADirectory)))
            }
            Ok(found) if !found.is_symlink() => Ok(Held::Foreign),
            Ok(_) => {
                let target = fs::read_link(&self.path).map_err(failed("read the link", &self.path))?;
                Ok(if target == self.link(store) { Held::Ours } else { Held::Foreign })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Held::Nothing),
            Err(error) => Err(failed("look at", &self.path)(error)),
        }
    }

    /// Relative where the generations lie beside the path: the directory may be mounted elsewhere for the server.
    fn link(&self, store: &Path) -> PathBuf {
        let store = match store.strip_prefix(directory_of(&self.path)) {
            Ok(beside) => beside,
            Err(_) => store,
        };
        store.join(POINTER).join(&self.role)
    }
}

/// The system's own words for it do not say what is there instead.
pub(crate) fn no_directory() -> io::Error {
    io::Error::new(ErrorKind::NotADirectory, "it is a file, not a directory")
}

/// Whether a path can hold a file: its directory is there, and it is no directory itself.
///
/// # Errors
/// It cannot, or may not be looked at.
pub fn can_hold_a_file(path: &Path) -> Outcome {
    let directory = directory_of(path);
    let found = fs::metadata(directory).map_err(failed(DIRECTORY, directory))?;
    if !found.is_dir() {
        return Err(failed(DIRECTORY, directory)(no_directory()));
    }
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => Err(failed("replace", path)(io::Error::from(ErrorKind::IsADirectory))),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed("look at", path)(error)),
        _ => Ok(()),
    }
}

/// The generations lie beside the most public file, because whoever reads it must be able to get there; keys are
/// protected by their own mode.
fn store_of(slots: &[Slot], place: &str) -> PathBuf {
    let most_public = slots.iter().find(|slot| !slot.is_secret()).or(slots.first());
    most_public.map_or(Path::new("/"), |slot| directory_of(&slot.path)).join(format!(".notafter-{place}"))
}

impl Slot {
    fn is_secret(&self) -> bool {
        matches!(self.role.as_str(), "key" | "pkcs12")
    }
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("/"))
}

/// Traversable by everybody, readable by its owner: a server finds its file and cannot list the others. One that is there
/// already is ours, or we do not go on: whoever may write beside it must not lead us, by a link or a directory of their
/// own, to what only we may write and remove.
fn make_directory(path: &Path) -> Outcome {
    match fs::DirBuilder::new().mode(0o711).create(path) {
        // Whatever the umask of the process takes away.
        Ok(()) => fs::set_permissions(path, fs::Permissions::from_mode(0o711))
            .map_err(failed("set the mode of", path))
            .and_then(|()| sync(directory_of(path))),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => is_ours(path),
        Err(error) => Err(failed("make the directory", path)(error)),
    }
}

fn is_ours(directory: &Path) -> Outcome {
    let found = fs::symlink_metadata(directory).map_err(failed("look at", directory))?;
    let foreign = |why: &str| Err(failed("use the directory", directory)(io::Error::other(why.to_owned())));
    if !found.is_dir() {
        return foreign("it is no directory, and was not put there by notafter: remove it");
    }
    let me = rustix::process::geteuid().as_raw();
    if found.uid() != me && found.uid() != 0 {
        let owner = found.uid();
        return foreign(&format!("it belongs to user {owner}, and this is user {me}: give it to that one"));
    }
    if found.mode() & 0o022 != 0 {
        return foreign("others may write in it");
    }
    Ok(())
}

fn remove_directory(path: &Path) -> Outcome {
    absent_is_fine(fs::remove_dir_all(path)).map_err(failed("remove", path))
}

fn remove_file(path: &Path) -> Outcome {
    absent_is_fine(fs::remove_file(path)).map_err(failed("remove", path))
}

fn absent_is_fine(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn link_again(old: &Path, new: &Path) -> Outcome {
    // linkat without AT_SYMLINK_FOLLOW: a symbolic link is kept as the link that it is.
    fs::hard_link(old, new).map_err(failed("keep a hard link to", old))
}

/// Where the next content of a path is made, to be renamed over it.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    directory_of(path).join(format!(".{name}.notafter-new"))
}

/// A symbolic link in place of whatever is at `path`, in one rename, durably.
fn place_link(target: &Path, path: &Path) -> Outcome {
    let beside = beside(path);
    remove_file(&beside)?;
    symlink(target, &beside).map_err(failed("link", &beside))?;
    fs::rename(&beside, path).map_err(failed("replace", path))?;
    sync(directory_of(path))
}

/// Removes the hard links that an old "before" generation of this name leads to, and nothing else that it leads to.
fn forget_kept(generation: &Path, name: &str) -> Outcome {
    for entry in fs::read_dir(generation).map_err(failed("read", generation))? {
        let entry = entry.map_err(failed("read", generation))?;
        let Ok(kept) = fs::read_link(entry.path()) else { continue };
        let of = kept.file_name().unwrap_or_default().to_string_lossy();
        if of.starts_with('.') && of.ends_with(&format!(".{name}")) {
            remove_file(&kept)?;
        }
    }
    Ok(())
}

fn sync(directory: &Path) -> Outcome {
    File::open(directory).and_then(|opened| opened.sync_all()).map_err(failed("make durable", directory))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    use super::*;

    struct Stage {
        root: tempfile::TempDir,
    }

    impl Stage {
        fn new() -> Self {
            let root = tempfile::tempdir().unwrap();
            fs::create_dir(root.path().join("private")).unwrap();
            fs::create_dir(root.path().join("certs")).unwrap();
            Self { root }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.root.path().join(name)
        }

        fn slots(&self) -> Vec<Slot> {
            [("private/shop.pem", "key"), ("certs/shop.pem", "full-chain")]
                .map(|(path, role)| Slot { path: self.path(path), role: role.to_owned() })
                .into()
        }

        fn record(&self, operation: &str) -> Before {
            Before::record(self.slots(), "pl_1", operation).unwrap()
        }

        fn write(&self, before: &Before, content: &str) {
            let directory = before.prepare().unwrap().unwrap();
            for role in ["key", "full-chain"] {
                fs::write(directory.join(role), format!("{content} {role}")).unwrap();
            }
        }

        fn deploy(&self, operation: &str) -> Before {
            let before = self.record(operation);
            self.write(&before, operation);
            before.activate().unwrap();
            before
        }

        fn read(&self) -> [Option<String>; 2] {
            ["private/shop.pem", "certs/shop.pem"].map(|name| fs::read_to_string(self.path(name)).ok())
        }

        /// Every entry below the root with its inode, mode and link target.
        fn inventory(&self) -> Vec<String> {
            let mut entries = Vec::new();
            let mut directories = vec![self.root.path().to_owned()];
            while let Some(directory) = directories.pop() {
                let paths = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
                for path in paths {
                    let found = fs::symlink_metadata(&path).unwrap();
                    let target = fs::read_link(&path).ok();
                    entries.push(format!("{} {} {:o} {target:?}", path.display(), found.ino(), found.mode()));
                    directories.extend(found.is_dir().then_some(path));
                }
            }
            entries.sort();
            entries
        }

        /// One consistent look at key and certificate: two looks saw the same. Key, certificate and key again would not
        /// do, for a restoration brings an earlier key back. A reader that was stopped in the middle of a path from one
        /// round into the next finds its generation swept, and looks again; within a round, no path is ever absent.
        fn read_pair(&self, rounds: &AtomicU32) -> Option<(String, String)> {
            let round = rounds.load(Ordering::SeqCst);
            let (first, second) = (self.read(), self.read());
            let absent = first.iter().chain(&second).any(Option::is_none);
            assert!(!absent || rounds.load(Ordering::SeqCst) != round, "{first:?}, then {second:?}");
            if first != second {
                return None;
            }
            let [key, chain] = first;
            key.zip(chain)
        }
    }

    fn both(content: &str) -> [Option<String>; 2] {
        [Some(format!("{content} key")), Some(format!("{content} full-chain"))]
    }

    /// No space for the second link, and then a newer version: the first link leads to nothing.
    #[test]
    fn a_deployment_that_ended_among_its_links_does_not_stop_the_next() {
        let stage = Stage::new();
        let first = stage.record("dp_1");
        stage.write(&first, "dp_1");
        first.turn(&first.before_name()).unwrap();
        first.lead_through_pointer(&first.slots[0].0).unwrap();
        assert_eq!(stage.read(), [None, None]);
        let second = stage.deploy("dp_2");
        assert_eq!(stage.read(), both("dp_2"));
        second.restore().unwrap();
        assert_eq!(stage.read(), [None, None]);
    }

    /// A file that was left out of the settings was a link to nothing after the next deployment.
    #[test]
    fn what_is_not_asked_for_any_more_stays_as_it_is() {
        let stage = Stage::new();
        stage.deploy("dp_1");
        for operation in ["dp_2", "dp_3"] {
            let only_chain = vec![stage.slots().remove(1)];
            let before = Before::record(only_chain, "pl_1", operation).unwrap();
            let directory = before.prepare().unwrap().unwrap();
            fs::write(directory.join("full-chain"), format!("{operation} full-chain")).unwrap();
            before.activate().unwrap();
            let [key, _] = both("dp_1");
            assert_eq!(stage.read(), [key.clone(), Some(format!("{operation} full-chain"))]);
            before.restore().unwrap();
            assert_eq!(stage.read()[0], key);
            before.activate().unwrap();
        }
    }

    /// Whoever may write in the directory of a certificate could have any file removed by whoever deploys there, by a link
    /// among what is swept.
    #[test]
    fn what_is_swept_removes_nothing_that_was_not_kept_by_it() {
        let stage = Stage::new();
        fs::write(stage.path("victim"), "precious").unwrap();
        fs::write(stage.path("certs/.shop.pem.dp_0-before"), "kept once").unwrap();
        stage.deploy("dp_1");
        let planted = stage.path("certs/.notafter-pl_1/dp_0-before");
        fs::create_dir(&planted).unwrap();
        symlink(stage.path("victim"), planted.join("key")).unwrap();
        symlink(stage.path("certs/.shop.pem.dp_0-before"), planted.join("full-chain")).unwrap();
        stage.deploy("dp_2");
        assert_eq!(fs::read_to_string(stage.path("victim")).unwrap(), "precious");
        assert!(!planted.exists() && !stage.path("certs/.shop.pem.dp_0-before").exists());
    }

    /// A link in place of our directory made us write the key elsewhere, and remove every directory that lay there.
    #[test]
    fn a_link_in_place_of_the_generations_is_not_followed() {
        let stage = Stage::new();
        fs::create_dir_all(stage.path("elsewhere/precious")).unwrap();
        symlink(stage.path("elsewhere"), stage.path("certs/.notafter-pl_1")).unwrap();
        let error = stage.record("dp_1").prepare().unwrap_err();
        assert_eq!(error.doing, "use the directory");
        assert!(stage.path("elsewhere/precious").exists() && !stage.path("elsewhere/dp_1").exists());
        // A directory that was moved there: what lies in it is not ours to remove.
        fs::remove_file(stage.path("certs/.notafter-pl_1")).unwrap();
        fs::rename(stage.path("elsewhere"), stage.path("certs/.notafter-pl_1")).unwrap();
        stage.deploy("dp_1");
        assert!(stage.path("certs/.notafter-pl_1/precious").exists());
        let set =
            |mode| fs::set_permissions(stage.path("certs/.notafter-pl_1"), PermissionsExt::from_mode(mode));
        set(0o777).unwrap();
        assert_eq!(stage.record("dp_2").prepare().unwrap_err().source.to_string(), "others may write in it");
        set(0o711).unwrap();
        stage.deploy("dp_2");
    }

    /// What cannot be looked at is not taken for absent: it would be restored as absent.
    #[test]
    fn a_generation_that_cannot_be_looked_at_stops_the_next_deployment() {
        let stage = Stage::new();
        stage.deploy("dp_1");
        fs::remove_file(stage.path("private/shop.pem")).unwrap();
        fs::write(stage.path("private/shop.pem"), "theirs").unwrap();
        let second = stage.record("dp_2");
        let generation = stage.path("certs/.notafter-pl_1/dp_1");
        fs::remove_dir_all(&generation).unwrap();
        fs::write(&generation, "no directory").unwrap();
        let error = second.prepare().unwrap_err();
        assert_eq!((error.doing, error.source.kind()), ("look at", ErrorKind::NotADirectory));
    }

    #[test]
    fn the_very_files_come_back_with_mode_and_inode() {
        let stage = Stage::new();
        fs::write(stage.path("private/shop.pem"), "old key").unwrap();
        fs::set_permissions(stage.path("private/shop.pem"), fs::Permissions::from_mode(0o640)).unwrap();
        fs::write(stage.path("certs/real.pem"), "old full-chain").unwrap();
        symlink("real.pem", stage.path("certs/shop.pem")).unwrap();
        let was = stage.inventory();
        let before = stage.deploy("dp_1");
        assert_eq!(stage.read(), both("dp_1"));
        before.restore().unwrap();
        assert_eq!(stage.read(), both("old"));
        before.tidy().unwrap();
        assert_eq!(stage.inventory(), was);
        before.restore().unwrap();
        before.tidy().unwrap();
        assert_eq!(stage.inventory(), was, "restoring twice is restoring once");
    }

    #[test]
    fn what_was_absent_is_absent_again() {
        let stage = Stage::new();
        let was = stage.inventory();
        let before = stage.deploy("dp_1");
        assert_eq!(stage.read(), both("dp_1"));
        before.restore().unwrap();
        assert_eq!(stage.read(), [None, None]);
        before.tidy().unwrap();
        assert_eq!(stage.inventory(), was);
    }

    #[test]
    fn a_later_deployment_restores_the_generation_before_and_sweeps_older_ones() {
        let stage = Stage::new();
        fs::write(stage.path("private/shop.pem"), "old key").unwrap();
        stage.deploy("dp_1");
        stage.deploy("dp_2");
        let third = stage.deploy("dp_3");
        assert_eq!(stage.read(), both("dp_3"));
        let names: Vec<String> =
            stage.inventory().into_iter().filter(|entry| entry.contains("dp_1")).collect();
        assert_eq!(names, Vec::<String>::new(), "the first generation's keys are gone");
        third.restore().unwrap();
        third.tidy().unwrap();
        assert_eq!(stage.read(), both("dp_2"));
        assert!(fs::read_link(stage.path("certs/shop.pem")).unwrap().starts_with(".notafter-pl_1"));
    }

    #[test]
    fn a_file_that_somebody_put_over_our_link_is_restored_as_theirs() {
        let stage = Stage::new();
        stage.deploy("dp_1");
        fs::remove_file(stage.path("certs/shop.pem")).unwrap();
        fs::write(stage.path("certs/shop.pem"), "theirs").unwrap();
        let second = stage.deploy("dp_2");
        assert_eq!(stage.read(), both("dp_2"));
        second.restore().unwrap();
        second.tidy().unwrap();
        assert_eq!(stage.read(), [Some("dp_1 key".to_owned()), Some("theirs".to_owned())]);
    }

    #[test]
    fn a_crash_between_any_two_steps_is_resumed() {
        let stage = Stage::new();
        fs::write(stage.path("private/shop.pem"), "old key").unwrap();
        fs::write(stage.path("certs/shop.pem"), "old full-chain").unwrap();
        let before = stage.record("dp_1");
        stage.write(&before, "torn");
        stage.write(&before, "dp_1");
        // Each prefix of an activation, then the whole.
        before.turn(&before.before_name()).unwrap();
        assert_eq!(stage.read(), both("old"));
        before.lead_through_pointer(&stage.slots()[0]).unwrap();
        assert_eq!(stage.read(), both("old"), "leading a path through the pointer changes nothing");
        stage.write(&before, "dp_1");
        assert_eq!(stage.read(), both("old"));
        before.activate().unwrap();
        before.activate().unwrap();
        assert_eq!(stage.read(), both("dp_1"));
        before.turn_back().unwrap();
        assert_eq!(stage.read(), both("old"));
        before.activate().unwrap();
        assert_eq!(stage.read(), both("dp_1"));
        assert_eq!(before.prepare().unwrap(), None, "a current generation is not written again");
        // A restore that stopped after the first file.
        before.turn(&before.before_name()).unwrap();
        let (slot, held) = &before.slots[0];
        before.put_back(slot, *held).unwrap();
        assert_eq!(stage.read(), both("old"));
        before.restore().unwrap();
        assert_eq!(stage.read(), both("old"));
        before.tidy().unwrap();
        assert_eq!(stage.read(), both("old"));
        assert!(!stage.path("certs/.notafter-pl_1").exists());
    }

    #[test]
    fn a_reader_never_sees_a_pair_that_does_not_match() {
        let stage = Stage::new();
        fs::write(stage.path("private/shop.pem"), "old key").unwrap();
        fs::write(stage.path("certs/shop.pem"), "old full-chain").unwrap();
        let (stop, rounds) = (AtomicBool::new(false), AtomicU32::new(0));
        let read_until_stopped = || {
            let mut reads = 0_u32;
            while !stop.load(Ordering::Relaxed) || reads == 0 {
                if let Some((key, chain)) = stage.read_pair(&rounds) {
                    assert_eq!(key.split(' ').next(), chain.split(' ').next());
                    reads += 1;
                }
            }
        };
        std::thread::scope(|scope| {
            let reader = scope.spawn(read_until_stopped);
            for operation in 0..20 {
                let before = stage.deploy(&format!("dp_{operation}"));
                if operation % 3 == 0 {
                    before.restore().unwrap();
                }
                rounds.fetch_add(1, Ordering::SeqCst);
            }
            stop.store(true, Ordering::Relaxed);
            reader.join().unwrap();
        });
    }

    #[test]
    fn a_missing_directory_is_told_before_anything_is_touched() {
        let slots = vec![Slot { path: PathBuf::from("/nonexistent/dir/key.pem"), role: "key".to_owned() }];
        let error = Before::record(slots, "pl_1", "dp_1").unwrap_err();
        assert_eq!(error.to_string(), "cannot use the directory /nonexistent/dir");
    }
}

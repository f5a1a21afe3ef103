//! Switching another program's renewal off for one certificate, and exactly back on.
//!
//! Every change is an [`Edit`]: what was there, what is there instead. The list is stored before the first of them is
//! made (law 3), so that a crash in the middle is finished or taken back.

mod certbot;

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown, symlink};
use std::path::{Path, PathBuf};

use notafter_cert::{Retry, Trouble, base64};
use notafter_inventory::model::Renewer;
use notafter_keys::write_out::WriteError;
use serde::{Deserialize, Serialize};

pub use certbot::NextVersion;

/// One file, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// Where.
    pub path: PathBuf,
    /// What was there.
    pub before: Content,
    /// What shall be there.
    pub after: Content,
    /// Where what was there goes instead of away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aside: Option<Aside>,
}

/// Where a file lies that its program shall not find.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aside {
    /// In the same directory.
    pub path: PathBuf,
    /// What lay there before.
    pub held: Content,
}

/// What became of a file that was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenBack {
    /// It is as it was.
    AsItWas,
    /// It is back, with what somebody changed in it while it lay aside.
    AsChanged,
    /// Somebody has written another one meanwhile: that stays, and the earlier one goes on lying aside.
    Another,
}

/// What a path holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// Nothing.
    Absent,
    /// A file.
    File {
        /// Its bytes in base64.
        bytes: String,
        /// Permission bits.
        mode: u32,
        /// User.
        uid: u32,
        /// Group.
        gid: u32,
    },
    /// A symbolic link.
    Link(PathBuf),
}

/// What belongs to the old program.
#[derive(Clone, Debug)]
pub struct Old<'a> {
    /// The program.
    pub renewer: Renewer,
    /// Its settings file for the certificate.
    pub config_file: Option<&'a Path>,
    /// The cron file and line (from 1) that starts it, where a line of its own does.
    pub cron_line: Option<(&'a Path, usize)>,
}

/// Why a program's renewal was not switched off or on.
#[derive(Debug, thiserror::Error)]
pub enum HandOverError {
    /// There is no known way to switch it off for this certificate alone.
    #[error("the old renewal cannot be switched off for this certificate alone: {0}")]
    NoSwitch(String),
    /// The file is not as it was seen.
    #[error("{} was changed by somebody else meanwhile", .0.display())]
    Changed(PathBuf),
    /// The newest pair could not be written into its files.
    #[error("the newest certificate cannot be written where the old program keeps its own")]
    NotWritten(#[from] WriteError),
    /// The disk refused.
    #[error("cannot {what} {}", .path.display())]
    Disk {
        /// The verb.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The disk's word.
        source: io::Error,
    },
}

impl Trouble for HandOverError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoSwitch(_) => "adopt.no-switch",
            Self::Changed(_) => "adopt.file-changed",
            Self::NotWritten(error) => error.code(),
            Self::Disk { .. } => "adopt.file-refused",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::NoSwitch(_) => {
                "switch it off by hand, or leave it watched: `notafter adopt --watch`".to_owned()
            }
            Self::Changed(path) => format!("look at {} and decide which content is right", path.display()),
            Self::NotWritten(error) => error.hint(),
            Self::Disk { .. } => "run as a user who may write the file (often root)".to_owned(),
        }
    }

    fn retry(&self) -> Retry {
        Retry::Never
    }
}

/// What has to be changed so that the old program leaves this certificate alone. Changes nothing.
///
/// # Errors
/// There is no way, or a file cannot be read.
pub fn switch_off(old: &Old<'_>) -> Result<Vec<Edit>, HandOverError> {
    let no_config = || HandOverError::NoSwitch("its settings file is not known".to_owned());
    match old.renewer {
        // certbot reads every `renewal/*.conf`, whatever it says of `autorenew`, and `certbot renew` fails over one whose
        // files are not as certbot made them (`storage.py`: `renewal_conf_files`, `RenewableCert._check_symlinks`).
        Renewer::Certbot => set_aside(old.config_file.ok_or_else(no_config)?, CERTBOTS_ASIDE),
        // acme.sh's own way (`acme.sh --remove`): a domain whose settings are named so is not renewed.
        Renewer::AcmeSh => set_aside(old.config_file.ok_or_else(no_config)?, ".removed"),
        Renewer::Lego => lego(old.cron_line),
        Renewer::Unknown => Err(HandOverError::NoSwitch("nobody knows what renews it".to_owned())),
    }
}

/// What is added to the name of certbot's settings for a certificate that notafter renews.
pub const CERTBOTS_ASIDE: &str = ".notafter";

/// The program looks for its settings by their name.
fn set_aside(path: &Path, ending: &str) -> Result<Vec<Edit>, HandOverError> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(ending);
    let aside = PathBuf::from(aside);
    let (before, held) = match (Content::read(path)?, Content::read(&aside)?) {
        (Content::Absent, Content::Absent) => {
            return Err(HandOverError::NoSwitch(format!("{} does not exist", path.display())));
        }
        // Whoever took it over before never gave it back, and is not there any more.
        (Content::Absent, there) => (there, Content::Absent),
        both => both,
    };
    let aside = Some(Aside { path: aside, held });
    Ok(vec![Edit { path: path.to_owned(), before, after: Content::Absent, aside }])
}

/// lego has no settings: the line that starts it is commented out.
fn lego(line: Option<(&Path, usize)>) -> Result<Vec<Edit>, HandOverError> {
    let no_line = || {
        HandOverError::NoSwitch(
            "lego is started by something else than a cron line for this name alone".to_owned(),
        )
    };
    let (path, number) = line.ok_or_else(no_line)?;
    edit_text(path, |text| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let line = lines.get_mut(number.checked_sub(1)?)?;
        line.insert_str(0, "# renewed by notafter instead: ");
        Some(lines.join("\n") + "\n")
    })
}

fn edit_text(path: &Path, change: impl Fn(&str) -> Option<String>) -> Result<Vec<Edit>, HandOverError> {
    let strange = || HandOverError::NoSwitch(format!("{} is not as that program writes it", path.display()));
    let before = Content::read(path)?;
    let Content::File { bytes, mode, uid, gid } = &before else { return Err(strange()) };
    let text = base64::decode(bytes).and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(strange)?;
    let changed = change(&text).ok_or_else(strange)?;
    let after =
        Content::File { bytes: base64::encode(changed.as_bytes()), mode: *mode, uid: *uid, gid: *gid };
    Ok(vec![Edit { path: path.to_owned(), before, after, aside: None }])
}

impl Edit {
    /// Makes it. Done twice, it is done once.
    ///
    /// # Errors
    /// The file is neither as before nor as after, or the disk refuses.
    pub fn make(&self) -> Result<(), HandOverError> {
        match &self.aside {
            None => swap(&self.path, &self.before, &self.after),
            Some(aside) => match Content::read(&self.path)? {
                Content::Absent => sync(&self.path),
                now if now == self.before => rename(&self.path, &aside.path),
                _ => Err(HandOverError::Changed(self.path.clone())),
            },
        }
    }

    /// Takes it back. Done twice, it is done once. A file that lies aside comes back as it is by now, and as it was where it
    /// was lost.
    ///
    /// # Errors
    /// A file that did not go aside is neither as before nor as after, or the disk refuses.
    pub fn take_back(&self) -> Result<TakenBack, HandOverError> {
        match &self.aside {
            None => swap(&self.path, &self.after, &self.before).map(|()| TakenBack::AsItWas),
            Some(aside) => self.bring_back(aside),
        }
    }

    fn bring_back(&self, aside: &Aside) -> Result<TakenBack, HandOverError> {
        let (now, lies) = (Content::read(&self.path)?, Content::read(&aside.path)?);
        let is_lost = lies == Content::Absent || lies == aside.held && lies != self.before;
        match (&now, &lies) {
            (Content::Absent, _) if is_lost => self.before.put(&self.path)?,
            (Content::Absent, _) => rename(&aside.path, &self.path)?,
            // Somebody has copied it back.
            (_, _) if now == lies => Content::Absent.put(&aside.path)?,
            (_, Content::Absent) => {}
            (_, _) if lies == aside.held => {}
            (_, _) => return Ok(TakenBack::Another),
        }
        if aside.held != Content::Absent && Content::read(&aside.path)? == Content::Absent {
            aside.held.put(&aside.path)?;
        }
        let is_as_it_was = Content::read(&self.path)? == self.before;
        Ok(if is_as_it_was { TakenBack::AsItWas } else { TakenBack::AsChanged })
    }
}

/// To another name in the same directory, in one step and durably.
fn rename(from: &Path, to: &Path) -> Result<(), HandOverError> {
    let refused = |source| HandOverError::Disk { what: "rename", path: from.to_owned(), source };
    fs::rename(from, to).map_err(refused)?;
    sync(to)
}

/// What happened to the names beside this one is durable.
fn sync(path: &Path) -> Result<(), HandOverError> {
    let refused = |source| HandOverError::Disk { what: "write", path: path.to_owned(), source };
    let directory = path.parent().unwrap_or(Path::new("/"));
    fs::File::open(directory).and_then(|directory| directory.sync_all()).map_err(refused)
}

fn swap(path: &Path, from: &Content, to: &Content) -> Result<(), HandOverError> {
    let now = Content::read(path)?;
    if now == *to {
        return Ok(());
    }
    if now != *from {
        return Err(HandOverError::Changed(path.to_owned()));
    }
    to.put(path)
}

impl Content {
    /// What the path holds now; a link is not followed.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(path: &Path) -> Result<Self, HandOverError> {
        let refused = |source| HandOverError::Disk { what: "read", path: path.to_owned(), source };
        let about = match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::Absent),
            other => other.map_err(refused)?,
        };
        if about.is_symlink() {
            return fs::read_link(path).map(Self::Link).map_err(refused);
        }
        let bytes = base64::encode(&fs::read(path).map_err(refused)?);
        Ok(Self::File { bytes, mode: about.mode() & 0o7777, uid: about.uid(), gid: about.gid() })
    }

    /// Puts it there in one step, durably, whatever was there.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn put(&self, path: &Path) -> Result<(), HandOverError> {
        let refused = |source| HandOverError::Disk { what: "write", path: path.to_owned(), source };
        let directory = path.parent().unwrap_or(Path::new("/"));
        self.put_beside(path, directory).map_err(refused)?;
        sync(path)
    }

    fn put_beside(&self, path: &Path, directory: &Path) -> io::Result<()> {
        if *self == Self::Absent {
            return remove(path);
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // Always the same name: what a killed process left there goes when it is done again.
        let beside = directory.join(format!(".{name}.notafter-new"));
        remove(&beside)?;
        let put = self.write(&beside).and_then(|()| fs::rename(&beside, path));
        if put.is_err() {
            // The first error is the one to tell.
            drop(remove(&beside));
        }
        put
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        match self {
            Self::Absent => Ok(()),
            Self::Link(target) => symlink(target, path),
            Self::File { bytes, mode, uid, gid } => {
                let bytes = base64::decode(bytes).ok_or_else(|| io::Error::other("the record is damaged"))?;
                let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
                file.write_all(&bytes)?;
                let about = file.metadata()?;
                if (about.uid(), about.gid()) != (*uid, *gid) {
                    fchown(&file, Some(*uid), Some(*gid))?;
                }
                file.set_permissions(fs::Permissions::from_mode(*mode))?;
                file.sync_all()
            }
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONF: &str =
        "version = 2.1.0\n[renewalparams]\naccount = 1\n[[webroot_map]]\nshop.example = /srv\n";

    fn staged(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        (directory, path)
    }

    fn off(renewer: Renewer, path: &Path) -> Vec<Edit> {
        switch_off(&Old { renewer, config_file: Some(path), cron_line: Some((path, 2)) }).unwrap()
    }

    fn aside(path: &Path) -> PathBuf {
        path.with_extension("conf.notafter")
    }

    /// `autorenew = False` stayed in sight of `certbot renew`, which failed for good over the files that we had deployed.
    #[test]
    fn certbots_settings_go_out_of_its_sight_and_come_back_to_the_byte() {
        let (directory, path) = staged("shop.example.conf", CONF);
        let edits = off(Renewer::Certbot, &path);
        for _ in 0..2 {
            edits[0].make().unwrap();
        }
        let names: Vec<_> =
            fs::read_dir(directory.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert_eq!(names, ["shop.example.conf.notafter"], "certbot looks for *.conf");
        assert_eq!(
            off(Renewer::Certbot, &path),
            edits,
            "said again, also by an installation that knows nothing of it"
        );
        for _ in 0..2 {
            assert_eq!(edits[0].take_back().unwrap(), TakenBack::AsItWas);
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), CONF);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
        assert!(!aside(&path).exists());
    }

    /// What happened to the files while they lay aside, and what is there after they were taken back.
    #[test]
    fn what_lay_aside_comes_back_whatever_was_done_to_it() {
        let other = "[renewalparams]\nother = 1\n";
        let said = |meanwhile: &dyn Fn(&Path, &Path)| {
            let (_directory, path) = staged("shop.example.conf", CONF);
            let edits = off(Renewer::Certbot, &path);
            edits[0].make().unwrap();
            meanwhile(&path, &aside(&path));
            let first = edits[0].take_back().unwrap();
            assert_eq!(edits[0].take_back().unwrap(), first, "done twice, it is done once");
            let left = |path: &Path| fs::read_to_string(path).unwrap_or_default();
            (first, left(&path), left(&aside(&path)))
        };
        let with = |taken, here: &str, aside: &str| (taken, here.to_owned(), aside.to_owned());
        let copied = |path: &Path, aside: &Path| {
            fs::copy(aside, path).unwrap();
        };
        let renamed = |path: &Path, aside: &Path| fs::rename(aside, path).unwrap();
        assert_eq!(said(&|_, aside| fs::write(aside, other).unwrap()), with(TakenBack::AsChanged, other, ""));
        assert_eq!(said(&|_, aside| fs::remove_file(aside).unwrap()), with(TakenBack::AsItWas, CONF, ""));
        assert_eq!(said(&copied), with(TakenBack::AsItWas, CONF, ""));
        assert_eq!(said(&renamed), with(TakenBack::AsItWas, CONF, ""), "half way");
        assert_eq!(said(&|path, _| fs::write(path, other).unwrap()), with(TakenBack::Another, other, CONF));
    }

    #[test]
    fn what_lay_there_before_lies_there_again() {
        let (_directory, path) = staged("shop.example.conf", CONF);
        fs::write(aside(&path), "older").unwrap();
        let edits = off(Renewer::Certbot, &path);
        edits[0].make().unwrap();
        assert_eq!(fs::read_to_string(aside(&path)).unwrap(), CONF);
        for _ in 0..2 {
            assert_eq!(edits[0].take_back().unwrap(), TakenBack::AsItWas);
            assert_eq!(fs::read_to_string(aside(&path)).unwrap(), "older");
        }
    }

    #[test]
    fn what_somebody_else_changed_is_not_overwritten() {
        let (_directory, path) = staged("shop.example.conf", CONF);
        let edits = off(Renewer::Certbot, &path);
        fs::write(&path, "[renewalparams]\nother = 1\n").unwrap();
        assert!(matches!(edits[0].make(), Err(HandOverError::Changed(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "[renewalparams]\nother = 1\n");
        fs::remove_file(&path).unwrap();
        let gone = Old { renewer: Renewer::Certbot, config_file: Some(&path), cron_line: None };
        assert!(matches!(switch_off(&gone), Err(HandOverError::NoSwitch(_))));
    }

    #[test]
    fn acme_shs_settings_go_aside_and_come_back() {
        let (_directory, path) = staged("shop.example.conf", "Le_Domain='shop.example'\n");
        let edits = off(Renewer::AcmeSh, &path);
        edits.iter().for_each(|edit| edit.make().unwrap());
        assert!(!path.exists() && path.with_extension("conf.removed").exists());
        edits.iter().rev().for_each(|edit| assert_eq!(edit.take_back().unwrap(), TakenBack::AsItWas));
        assert!(path.exists() && !path.with_extension("conf.removed").exists());
    }

    #[test]
    fn legos_line_is_commented_out() {
        let (_directory, path) = staged("lego", "# x\n0 3 * * * root lego renew\n");
        off(Renewer::Lego, &path)[0].make().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.lines().nth(1).unwrap().starts_with("# renewed by notafter"), "{text}");
        let nothing = Old { renewer: Renewer::Lego, config_file: None, cron_line: None };
        assert!(matches!(switch_off(&nothing), Err(HandOverError::NoSwitch(_))));
    }

    #[test]
    fn what_a_killed_process_left_beside_is_neither_in_the_way_nor_left_again() {
        let (directory, path) = staged("live.pem", "old");
        let file = Content::read(&path).unwrap();
        for content in [Content::Link("../archive/cert1.pem".into()), file] {
            fs::write(directory.path().join(".live.pem.notafter-new"), "half").unwrap();
            content.put(&path).unwrap();
            assert_eq!(Content::read(&path).unwrap(), content);
            assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn links_are_put_back_over_files() {
        let (directory, path) = staged("live.pem", "new");
        Content::Link("../archive/cert1.pem".into()).put(&path).unwrap();
        assert_eq!(fs::read_link(&path).unwrap(), Path::new("../archive/cert1.pem"));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left beside it");
    }
}

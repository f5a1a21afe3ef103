//! What the service is made of: units, a user, settings, grants.

use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Where the example units, which are what is installed, have the binary.
const BINARY: &str = "/usr/local/bin/notafter";

/// The units, the server last.
pub(super) const UNITS: [&str; 2] = ["notafter-hands.service", "notafter.service"];

/// Directories that must be there: settings, and where certificates may be written.
const DIRECTORIES: [&str; 2] = ["/etc/notafter", "/etc/ssl/notafter"];

/// One file of the service.
#[derive(Debug)]
pub(super) struct Part {
    /// Where it lies.
    pub(super) path: PathBuf,
    /// What stands in it.
    pub(super) content: String,
    /// Whether people change it: then what is there stays.
    pub(super) is_theirs: bool,
}

/// What became of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    Wrote,
    /// It was as it would be written.
    Same,
    /// People may have changed it.
    Kept,
}

/// Where units and users are described: below `/etc` for who installs by hand, below `/usr/lib` for a package.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub(super) prefix: &'a Path,
    pub(super) binary: &'a str,
}

impl Place<'_> {
    /// Everything that is written.
    pub(super) fn parts(&self) -> Vec<Part> {
        let unit = |name: &str, text: &str| Part {
            path: self.prefix.join("systemd/system").join(name),
            content: text.replace(BINARY, self.binary),
            is_theirs: false,
        };
        let setting = |name: &str, text: &str| Part {
            path: Path::new("/etc/notafter").join(name),
            content: text.to_owned(),
            is_theirs: true,
        };
        vec![
            setting("notafter.toml", include_str!("../../../../../docs/examples/systemd/notafter.toml")),
            setting("hands.toml", include_str!("../../../../../docs/examples/systemd/hands.toml")),
            Part {
                path: self.users(),
                content: include_str!("../../../../../docs/examples/systemd/sysusers.conf").to_owned(),
                is_theirs: false,
            },
            unit(UNITS[0], include_str!("../../../../../docs/examples/systemd/notafter-hands.service")),
            unit(UNITS[1], include_str!("../../../../../docs/examples/systemd/notafter.service")),
        ]
    }

    /// The file that describes the user.
    pub(super) fn users(&self) -> PathBuf {
        self.prefix.join("sysusers.d/notafter.conf")
    }
}

/// A path of the machine, below a directory that stands for its root.
pub(super) fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

/// Makes the directories that nothing else makes.
pub(super) fn make_directories(root: &Path) -> io::Result<()> {
    let made = |path: &str| {
        let path = below(root, Path::new(path));
        std::fs::DirBuilder::new().recursive(true).mode(0o755).create(path)
    };
    DIRECTORIES.into_iter().try_for_each(made)
}

impl Part {
    /// Writes it, whole or not at all.
    pub(super) fn write(&self, root: &Path) -> io::Result<Done> {
        let path = below(root, &self.path);
        match std::fs::read(&path) {
            Ok(there) if there == self.content.as_bytes() => return Ok(Done::Same),
            Ok(_) if self.is_theirs => return Ok(Done::Kept),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let Some(directory) = path.parent() else { return Err(io::ErrorKind::InvalidInput.into()) };
        std::fs::DirBuilder::new().recursive(true).mode(0o755).create(directory)?;
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(self.content.as_bytes())?;
        // The user of the server reads its settings; no secret stands in any of them.
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(Done::Wrote)
    }
}

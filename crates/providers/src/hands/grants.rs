//! What an administrator granted to the helper: a file that nobody else can write.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use notafter_cert::{Retry, Span, Trouble};
use serde::Deserialize;

use super::way::{self, Bendable};
use crate::command::CommandLine;
use crate::deploy::DeployError;
use crate::installation::Account;
use crate::nginx::Nginx;
use crate::reload;

/// Where the grants lie when nothing else is said.
pub const USUAL: &str = "/etc/notafter/hands.toml";

/// A command may take this long when nothing else is granted.
const LONGEST_COMMAND: Span = Span::minutes(2);

/// A step has at most two commands, and whoever asks waits longer than for both.
const LONGEST_OF_ALL: Span = Span::minutes(3);

/// The largest file of grants.
const LARGEST: u64 = 1024 * 1024;

/// What the helper may do, and for whom.
#[derive(Debug)]
pub struct Grants {
    /// The file that says so.
    pub(super) path: PathBuf,
    /// Who may ask.
    pub(super) user: u32,
    /// Whose the socket is besides.
    pub(super) group: Option<u32>,
    pub(super) directories: Vec<PathBuf>,
    pub(super) owners: Vec<u32>,
    pub(super) groups: Vec<u32>,
    pub(super) modes: Vec<u32>,
    pub(super) commands: Vec<CommandLine>,
    /// A file with a process number, and a signal without `SIG`.
    pub(super) signals: Vec<(PathBuf, String)>,
    pub(super) longest_command: Span,
}

/// As written in the file. An unknown key is an error.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    user: String,
    group: Option<String>,
    directories: Vec<PathBuf>,
    #[serde(default)]
    owners: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
    modes: Option<Vec<String>>,
    #[serde(default)]
    commands: Vec<CommandLine>,
    #[serde(default)]
    signals: Vec<Signal>,
    #[serde(default)]
    nginx: Vec<Server>,
    longest_command: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signal {
    pid_file: PathBuf,
    signal: String,
}

/// An nginx whose configuration may be read and tested, and that may be reloaded.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Server {
    program: Option<String>,
    config: Option<PathBuf>,
}

/// Grants that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GrantsError {
    /// The file cannot be read.
    #[error("the grants cannot be read from {}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody else may write the file: they could grant themselves anything.
    #[error("the grants in {} are not believed: {why}", .path.display())]
    Writable {
        /// The file.
        path: PathBuf,
        /// Who may write what.
        why: String,
    },
    /// The file has a mistake.
    #[error("the grants in {} have a mistake: {why}", .path.display())]
    Mistake {
        /// The file.
        path: PathBuf,
        /// Which.
        why: String,
    },
}

impl Trouble for GrantsError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "hands.grants-unreadable",
            Self::Writable { .. } => "hands.grants-writable",
            Self::Mistake { .. } => "hands.grants-mistake",
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Unreadable { .. } => {
                "docs/processes.md shows such a file; --grants FILE names another".to_owned()
            }
            Self::Writable { path, .. } => {
                format!("let {} and its directory belong to root: chown root, chmod go-w", path.display())
            }
            Self::Mistake { .. } => "docs/processes.md lists every key".to_owned(),
        }
    }

    fn retry(&self) -> Retry {
        Retry::Never
    }
}

impl Grants {
    /// Reads them from a file that nobody else can write.
    ///
    /// # Errors
    /// It cannot be read, is not believed, or has a mistake.
    pub async fn load(path: &Path) -> Result<Self, GrantsError> {
        let failed = |source| GrantsError::Unreadable { path: path.to_owned(), source };
        let writable = |why| GrantsError::Writable { path: path.to_owned(), why };
        let real = std::fs::canonicalize(path).map_err(failed)?;
        let directory = real.parent().unwrap_or(Path::new("/"));
        way::held(directory).map_err(|Bendable(why)| writable(why))?;
        let file = File::open(&real).map_err(failed)?;
        let about = file.metadata().map_err(failed)?;
        way::owned(&about, false).map_err(|why| writable(format!("it {why}")))?;
        let mut text = String::new();
        file.take(LARGEST).read_to_string(&mut text).map_err(failed)?;
        Self::read(path, &text).await
    }

    /// Understands the text of such a file.
    ///
    /// # Errors
    /// It has a mistake.
    pub async fn read(path: &Path, text: &str) -> Result<Self, GrantsError> {
        let mistake = |why: String| GrantsError::Mistake { path: path.to_owned(), why };
        let written: Written = toml::from_str(text).map_err(|error| mistake(error.to_string()))?;
        let account = |error: DeployError| mistake(error.to_string());
        let user = Account::User(written.user).number().await.map_err(account)?;
        let group = match written.group {
            Some(name) => Some(Account::Group(name).number().await.map_err(account)?),
            None => None,
        };
        let owners = numbers(Account::User, written.owners).await.map_err(account)?;
        let groups = numbers(Account::Group, written.groups).await.map_err(account)?;
        let directories = directories(written.directories).map_err(mistake)?;
        let longest_command = longest(written.longest_command.as_deref()).map_err(mistake)?;
        let modes = modes(written.modes).map_err(mistake)?;
        let signals = written.signals.into_iter().map(signal).collect::<Result<_, _>>().map_err(mistake)?;
        let mut commands = written.commands;
        commands.extend(written.nginx.into_iter().flat_map(calls));
        let path = path.to_owned();
        Ok(Self { path, user, group, directories, owners, groups, modes, commands, signals, longest_command })
    }
}

async fn numbers(kind: fn(String) -> Account, names: Vec<String>) -> Result<Vec<u32>, DeployError> {
    let mut numbers = Vec::with_capacity(names.len());
    for name in names {
        numbers.push(kind(name).number().await?);
    }
    Ok(numbers)
}

fn directories(written: Vec<PathBuf>) -> Result<Vec<PathBuf>, String> {
    match written.iter().find(|path| !path.is_absolute() || path.parent().is_none()) {
        Some(path) => Err(format!("directories: {} is not an absolute path below /", path.display())),
        None => Ok(written),
    }
}

fn longest(written: Option<&str>) -> Result<Span, String> {
    let longest = written.map_or(Ok(LONGEST_COMMAND), str::parse::<Span>);
    match longest.map_err(|error| format!("longest_command: {error}"))? {
        longest if longest > LONGEST_OF_ALL => Err(format!("longest_command: at most {LONGEST_OF_ALL}")),
        longest => Ok(longest),
    }
}

fn modes(written: Option<Vec<String>>) -> Result<Vec<u32>, String> {
    let Some(written) = written else { return Ok(vec![0o400, 0o440, 0o444, 0o600, 0o640, 0o644]) };
    let read = |text: String| {
        let mode = u32::from_str_radix(&text, 8).ok().filter(|mode| *mode <= 0o777 && mode & 0o133 == 0);
        mode.ok_or_else(|| {
            format!("modes: {text:?} is not written in octal, such as \"0640\", or lets others write")
        })
    };
    written.into_iter().map(read).collect()
}

fn signal(written: Signal) -> Result<(PathBuf, String), String> {
    let signal = reload::signal(&written.signal)?;
    Ok((written.pid_file, reload::signal_name(signal).to_owned()))
}

fn calls(server: Server) -> Vec<CommandLine> {
    let usual = Nginx::new(server.config);
    Nginx { program: server.program.unwrap_or(usual.program), ..usual }.calls().into()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::sync::Arc;

    use super::*;
    use crate::hands::Bounds;

    async fn read(text: &str) -> Result<Grants, GrantsError> {
        Grants::read(Path::new("/etc/notafter/hands.toml"), text).await
    }

    async fn bounds(text: &str) -> Bounds {
        Bounds::granted(Arc::new(read(text).await.unwrap()))
    }

    #[tokio::test]
    async fn only_what_lies_in_a_granted_directory_after_all_links_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["granted/inner", "granted/loose", "granted-too", "other"] {
            fs::create_dir_all(path(name)).unwrap();
        }
        fs::set_permissions(path("granted/loose"), PermissionsExt::from_mode(0o777)).unwrap();
        symlink(path("other"), path("granted/out")).unwrap();
        symlink(path("granted/inner"), path("other/in")).unwrap();
        symlink(path("other/file"), path("granted/key.pem")).unwrap();
        let bounds = bounds(&format!("user = \"0\"\ndirectories = [{:?}]", path("granted"))).await;
        for (asked, found) in [
            ("granted/new.pem", Ok("granted/new.pem")),
            ("granted/inner/new.pem", Ok("granted/inner/new.pem")),
            ("granted/./new.pem", Ok("granted/new.pem")),
            // The link itself is replaced, and what it leads to is left alone.
            ("granted/key.pem", Ok("granted/key.pem")),
            ("other/in/new.pem", Ok("granted/inner/new.pem")),
            ("granted/../other/new.pem", Err("not granted")),
            ("granted/inner/../new.pem", Err("not granted")),
            ("granted/out/new.pem", Err("not granted")),
            ("granted-too/new.pem", Err("not granted")),
            ("other/new.pem", Err("not granted")),
            ("other/none/new.pem", Err("not granted")),
            ("granted", Err("not granted")),
            ("granted/none/new.pem", Err("cannot be used")),
            ("granted/loose/new.pem", Err("can be written by others")),
        ] {
            match (bounds.destination(path(asked)), found) {
                (Ok(real), Ok(expected)) => assert_eq!(real, path(expected), "{asked}"),
                (Err(denied), Err(expected)) => assert!(denied.to_string().contains(expected), "{denied}"),
                (outcome, _) => panic!("{asked}: {outcome:?}"),
            }
        }
        for asked in ["", "/", "key.pem", "granted/key.pem", ".."] {
            assert!(bounds.destination(asked.into()).is_err(), "{asked:?}");
        }
    }

    #[tokio::test]
    async fn only_the_very_commands_and_signals_that_were_granted_are_given() {
        let bounds = bounds(
            "user = \"0\"\ndirectories = []\ncommands = [[\"systemctl\", \"reload\", \"postfix\"]]\n\
             signals = [{ pid_file = \"/run/haproxy.pid\", signal = \"SIGUSR2\" }]\n\
             nginx = [{ config = \"/etc/nginx/nginx.conf\" }, { program = \"/opt/nginx\" }]",
        )
        .await;
        for (line, granted) in [
            ("systemctl reload postfix", true),
            ("systemctl reload", false),
            ("systemctl reload postfix sshd", false),
            ("systemctl reload sshd", false),
            ("/bin/systemctl reload postfix", false),
            ("nginx -c /etc/nginx/nginx.conf -t", true),
            ("nginx -c /etc/nginx/nginx.conf -T", true),
            ("nginx -c /etc/nginx/nginx.conf -s reload", true),
            ("nginx -c /etc/nginx/nginx.conf -s stop", false),
            ("nginx -c /tmp/nginx.conf -t", false),
            ("nginx -t", false),
            ("/opt/nginx -t", true),
            ("/opt/nginx -c /tmp/nginx.conf -t", false),
        ] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let command = CommandLine::try_from(words).unwrap();
            assert_eq!(bounds.command(&command, Span::seconds(30)).is_ok(), granted, "{line}");
        }
        let command = CommandLine::new("systemctl", ["reload", "postfix"]);
        let long = bounds.command(&command, Span::hours(1)).unwrap_err();
        assert_eq!(
            long.to_string(),
            "the helper was not granted to wait 1 h for `systemctl reload postfix`, only 2 min"
        );
        for (file, signal, granted) in [
            ("/run/haproxy.pid", "USR2", true),
            ("/run/haproxy.pid", "HUP", false),
            ("/run/sshd.pid", "USR2", false),
        ] {
            assert_eq!(bounds.signal(Path::new(file), signal).is_ok(), granted, "{file} {signal}");
        }
        assert!(Bounds::own().command(&CommandLine::new("anything", [""; 0]), Span::hours(1)).is_ok());
    }

    #[tokio::test]
    async fn only_granted_owners_and_modes_are_set_and_no_key_is_opened_to_all() {
        let text = "user = \"0\"\ndirectories = []\nowners = [\"4242\"]\ngroups = [\"4343\"]";
        let usual = bounds(text).await;
        let (me, mine) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        for (owner, group, mode, is_secret, granted) in [
            (None, None, 0o600, true, true),
            (Some(me), Some(mine), 0o640, true, true),
            (Some(4242), Some(4343), 0o640, true, true),
            (Some(4343), None, 0o600, true, false),
            (None, Some(4242), 0o600, true, false),
            (None, None, 0o644, false, true),
            (None, None, 0o644, true, false),
            (None, None, 0o755, false, false),
            (None, None, 0o4600, false, false),
            (None, None, 0o666, false, false),
        ] {
            let outcome = usual.ownership(owner, group, mode, is_secret);
            assert_eq!(outcome.is_ok(), granted, "{owner:?} {group:?} {mode:o} {is_secret}");
        }
        let narrow = bounds(&format!("{text}\nmodes = [\"0600\"]")).await;
        let denied = narrow.ownership(None, None, 0o640, true).unwrap_err();
        assert!(denied.hint().contains("modes in /etc/notafter/hands.toml"), "{}", denied.hint());
    }

    #[tokio::test]
    async fn a_mistake_is_told_and_nothing_is_granted_by_it() {
        for (text, word) in [
            ("", "user"),
            ("user = \"0\"", "directories"),
            ("user = \"0\"\ndirectories = []\ndirectory = \"/x\"", "directory"),
            ("user = \"0\"\ndirectories = [\"etc\"]", "not an absolute path"),
            ("user = \"0\"\ndirectories = [\"/\"]", "not an absolute path below /"),
            ("user = \"no-such-user\"\ndirectories = []", "there is no user"),
            ("user = \"0\"\ndirectories = []\ncommands = [\"systemctl reload\"]", "commands"),
            ("user = \"0\"\ndirectories = []\ncommands = [[]]", "a command is a list"),
            ("user = \"0\"\ndirectories = []\nmodes = [\"0777\"]", "lets others write"),
            ("user = \"0\"\ndirectories = []\nlongest_command = \"1h\"", "at most 3 min"),
            (
                "user = \"0\"\ndirectories = []\nsignals = [{ pid_file = \"/x\", signal = \"KILL\" }]",
                "not one of HUP",
            ),
        ] {
            let error = read(text).await.unwrap_err();
            assert!(error.to_string().contains(word), "{text}: {error}");
            assert_eq!(error.code(), "hands.grants-mistake");
        }
    }

    #[tokio::test]
    async fn the_example_in_the_documentation_has_no_mistake() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/hands.toml");
        let text = fs::read_to_string(path).unwrap();
        let known = ["notafter", "root", "ssl-cert"]
            .iter()
            .fold(text, |text, name| text.replace(&format!("\"{name}\""), "\"0\""));
        assert_eq!(read(&known).await.unwrap().commands.len(), 1 + 3);
    }

    #[tokio::test]
    async fn a_file_that_others_can_write_grants_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hands.toml");
        assert_eq!(Grants::load(&path).await.unwrap_err().code(), "hands.grants-unreadable");
        fs::write(&path, "user = \"0\"\ndirectories = []").unwrap();
        let set = |path: &Path, mode| fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
        set(&path, 0o644);
        Grants::load(&path).await.unwrap();
        for (file, directory) in [(0o666, 0o755), (0o644, 0o777)] {
            set(&path, file);
            set(folder.path(), directory);
            let error = Grants::load(&path).await.unwrap_err();
            assert_eq!(error.code(), "hands.grants-writable", "{error}");
        }
    }
}

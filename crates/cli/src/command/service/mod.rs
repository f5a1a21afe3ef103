//! `notafter service`: notafter as a service of systemd.

mod files;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use notafter_cert::Span;
use notafter_providers::command::{self, CommandLine};
use notafter_providers::hands::Bounds;

use self::files::{Done, Part, Place, UNITS, below};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::print;
use crate::session::Session;

/// Run notafter as a service of systemd: install it, take it away, see what it is made of
///
/// Two units: the server as a user of its own without root's rights, and beside it the helper that writes keys and
/// reloads products, within what /etc/notafter/hands.toml grants (docs/processes.md). The Debian package brings the
/// same.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Write units, user and settings, and start the service; settings that are there stay
    ///
    /// Said again, it brings the units up to date and starts the service anew.
    Install {
        #[command(flatten)]
        place: Where,
        /// Write below this directory instead of / and start nothing: for packages and images
        #[arg(long, value_name = "DIR")]
        root: Option<PathBuf>,
        /// Start nothing, neither now nor with the machine
        #[arg(long)]
        no_start: bool,
    },
    /// Stop the service and take its units away; settings, keys and data stay
    Remove,
    /// Print what install would write
    Show {
        #[command(flatten)]
        place: Where,
    },
}

#[derive(clap::Args, Debug)]
struct Where {
    /// The binary that the units run [default: the one that runs now]
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
    /// Below which units and user are described: /etc by hand, /usr/lib for a package
    #[arg(long, value_name = "DIR", default_value = "/etc")]
    prefix: PathBuf,
}

/// Starting waits for a database that is brought up to date.
const STARTING: Span = Span::minutes(31);

/// What any other command of systemd takes at the most.
const SYSTEMD: Span = Span::minutes(2);

/// What a command of systemd may write.
const OUTPUT: usize = 64 * 1024;

/// Where an installation of root's without a service has its database.
const BEFORE: &str = "/var/lib/notafter/notafter.db";

pub(crate) async fn run(args: Args, _session: &Session) -> Result<Exit, Failure> {
    match args.what {
        What::Install { place, root, no_start } => {
            let binary = place.binary()?;
            let place = Place { prefix: &place.prefix, binary: &binary };
            match root {
                Some(root) => print(&write(&place, &root)?)?,
                None => install(&place, !no_start).await?,
            }
        }
        What::Remove => remove().await?,
        What::Show { place } => {
            let binary = place.binary()?;
            let parts = Place { prefix: &place.prefix, binary: &binary }.parts();
            let shown: Vec<String> =
                parts.iter().map(|part| format!("==> {} <==\n{}", part.path.display(), part.content)).collect();
            print(&shown.join("\n"))?;
        }
    }
    Ok(Exit::Done)
}

impl Where {
    fn binary(&self) -> Result<String, Failure> {
        let found = self.binary.clone().map_or_else(std::env::current_exe, Ok);
        let path = found.map_err(|error| {
            Failure::new("cannot find out where this binary lies", "name it: --binary PATH").because(error)
        })?;
        crate::path::absolute(&path)
    }
}

async fn install(place: &Place<'_>, starts: bool) -> Result<(), Failure> {
    may_be_done("install")?;
    may_be_run(Path::new(place.binary))?;
    if Path::new(BEFORE).exists() {
        return Err(Failure::new(
            "/var/lib/notafter holds the data of an installation that root ran",
            "move them first, or the service begins an empty one: docs/processes.md, step 5",
        ));
    }
    print(&write(place, Path::new("/"))?)?;
    let users = place.users();
    systemd(&["systemd-sysusers", &users.to_string_lossy()], SYSTEMD).await?;
    systemd(&["systemctl", "daemon-reload"], SYSTEMD).await?;
    if !starts {
        return print("not started: systemctl enable --now notafter-hands notafter\n");
    }
    for unit in UNITS {
        systemd(&["systemctl", "enable", "--quiet", unit], SYSTEMD).await?;
        systemd(&["systemctl", "restart", unit], STARTING).await?;
    }
    print(
        "running, and started with the machine\n\
         the link to sign in with for the first time: journalctl -u notafter\n\
         what it is able to do: notafter doctor\n",
    )
}

/// What was done with each part, a line each.
fn write(place: &Place<'_>, root: &Path) -> Result<String, Failure> {
    let cannot = |path: &Path, error: &std::io::Error| {
        let hint = "say it again once the reason is mended: what is written already is found as it is";
        Failure::new(format!("cannot write {}", path.display()), hint).because(error)
    };
    files::make_directories(root).map_err(|error| cannot(root, &error))?;
    let mut told = String::new();
    for part in place.parts() {
        let done = part.write(root).map_err(|error| cannot(&below(root, &part.path), &error))?;
        told.push_str(&line(&part, done, root));
    }
    Ok(told)
}

fn line(part: &Part, done: Done, root: &Path) -> String {
    let path = below(root, &part.path);
    let path = path.display();
    match done {
        Done::Wrote => format!("wrote {path}\n"),
        Done::Same => format!("{path} is as it would be written\n"),
        Done::Kept => format!("kept {path}: it was there\n"),
    }
}

async fn remove() -> Result<(), Failure> {
    may_be_done("remove")?;
    let place = Place { prefix: Path::new("/etc"), binary: "" };
    let ours: Vec<PathBuf> = place.parts().into_iter().filter(|part| !part.is_theirs).map(|part| part.path).collect();
    if !ours.iter().any(|path| path.exists()) {
        let hint = "a package is removed by its manager: apt remove notafter";
        return Err(Failure::new("no service was installed below /etc", hint));
    }
    for unit in UNITS.iter().rev() {
        systemd(&["systemctl", "disable", "--quiet", "--now", unit], SYSTEMD).await?;
    }
    for path in ours.iter().filter(|path| path.exists()) {
        std::fs::remove_file(path).map_err(|error| {
            let hint = "remove it by hand, then: systemctl daemon-reload";
            Failure::new(format!("cannot remove {}", path.display()), hint).because(error)
        })?;
    }
    systemd(&["systemctl", "daemon-reload"], SYSTEMD).await?;
    print(
        "the service is stopped, and gone\n\
         what stays: /etc/notafter (settings), /var/lib/notafter (keys and data), /etc/ssl/notafter, the user notafter\n",
    )
}

/// Only root installs services, and only systemd runs them.
fn may_be_done(what: &str) -> Result<(), Failure> {
    if !rustix::process::geteuid().is_root() {
        let hint = format!("say it as root: sudo notafter service {what}");
        return Err(Failure::new("only root installs and removes services", hint));
    }
    if !Path::new("/run/systemd/system").is_dir() {
        let hint = "let your supervisor run `notafter serve` as a user of its own: docs/processes.md";
        return Err(Failure::new("systemd does not run on this machine", hint));
    }
    Ok(())
}

/// What root starts, nobody else may be able to write; and the units hide these directories from what they start.
fn may_be_run(binary: &Path) -> Result<(), Failure> {
    let hint = || {
        let path = binary.display();
        format!("install -m 755 {path} /usr/local/bin/notafter; then /usr/local/bin/notafter service install")
    };
    let shown = binary.display();
    let hidden = ["/home", "/root", "/run/user", "/tmp", "/var/tmp"];
    if let Some(above) = hidden.into_iter().find(|above| binary.starts_with(above)) {
        return Err(Failure::new(format!("the service cannot run {shown}: it does not see {above}"), hint()));
    }
    // Whoever may change what a link leads to decides what root runs.
    let real = std::fs::canonicalize(binary)
        .map_err(|error| Failure::new(format!("cannot look at {shown}"), hint()).because(error))?;
    for path in binary.ancestors().chain(real.ancestors()) {
        let about = std::fs::symlink_metadata(path).map_err(|error| {
            Failure::new(format!("cannot look at {}", path.display()), hint()).because(error)
        })?;
        let anybody = about.mode() & 0o022 != 0 && !about.file_type().is_symlink();
        if about.uid() != 0 || anybody {
            let what = format!("root must not run {shown}: others than root can change {}", path.display());
            return Err(Failure::new(what, hint()));
        }
    }
    Ok(())
}

async fn systemd(line: &[&str], within: Span) -> Result<(), Failure> {
    let command = CommandLine::new(line[0], line[1..].iter().copied());
    command::run(&Bounds::own(), &command, within, OUTPUT).await?;
    Ok(())
}

//! `notafter adopt`: the first minute on a real machine.

mod act;
mod json;
mod text;

use std::cmp::Reverse;
use std::io;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use notafter_cert::{Span, Time};
use notafter_engine::adopt::{Examined, examine};
use notafter_engine::open;
use notafter_engine::operate::adopt::OnRecord;
use notafter_inventory::adopt::fact::{Known, Unseen};
use notafter_inventory::adopt::row::{self, Row};
use notafter_inventory::adopt::{Port, Remembered, Watched, reunite};
use notafter_inventory::check::Judge;
use notafter_inventory::threshold::Thresholds;
use notafter_net::dns::{Override, Resolver};
use notafter_net::limits::AddressPolicy;
use notafter_net::observe::{Network, Options};
use notafter_net::trust::{Choice, Trust};
use notafter_providers::discover::{self, Blind, Machine};

use crate::argument;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::here::Here;
use crate::output::{reader, terminal};
use crate::path::absolute;
use crate::session::Session;

/// Read what this machine has: certificates, who renews them, what is served, what will not survive
///
/// Reads listening ports, web server configurations, certbot, lego and acme.sh, their timers and last runs, what
/// notafter itself renews, and certificate files; looks at every address they serve. Run as root, it sees all of it.
///
/// Without --watch, --take-over or --undo nothing is changed, neither there nor in notafter's own data: what notafter
/// renews is asked of its server, or read from its database as that stands. Exit code 0 says that it looked, not that all
/// is well.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Also look into this directory of the machine (repeatable), and for renewing programs two levels below it; a relative
    /// path begins in the current directory, and with --root or machine_root below that
    #[arg(long, value_name = "DIR")]
    look_in: Vec<PathBuf>,
    /// Read the machine below this directory, such as a mounted image [default: the setting `machine_root`, /]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Use these addresses instead of DNS (repeatable): shop.example:443:192.0.2.7
    #[arg(long, value_name = "HOST:PORT:ADDRESS[,ADDRESS]")]
    resolve: Vec<Override>,
    /// Limit for one look, such as 500ms, 10s or 2min, and for the answer of notafter's own server
    #[arg(short, long, value_name = "TIME", value_parser = argument::seconds, default_value = "5s")]
    timeout: Span,
    /// Judge as of this instant instead of now, such as 2027-01-31T12:00:00Z
    #[arg(long, value_name = "RFC3339")]
    at: Option<Time>,
    /// Change nothing: what `adopt` does anyway
    #[arg(long)]
    dry_run: bool,
    /// Have notafter's server watch all of it from now on: endpoints, and the automation that renews their certificates
    #[arg(long, conflicts_with_all = ["dry_run", "take_over", "undo"])]
    watch: bool,
    /// Renew the certificate of this name in the table with notafter instead: account, key, names and settings are
    /// imported
    #[arg(long, value_name = "LINEAGE", conflicts_with_all = ["dry_run", "undo"])]
    take_over: Option<String>,
    /// Give the certificate of this name back to the program that renewed it before
    #[arg(long, value_name = "LINEAGE", conflicts_with = "dry_run")]
    undo: Option<String>,
    /// With --take-over: the old automation may be switched off
    #[arg(short, long, requires = "take_over")]
    yes: bool,
    /// With --take-over: trust anchors (PEM) for the CA's own server, where it is a private one
    #[arg(long, value_name = "FILE", requires = "take_over")]
    issuer_trust: Option<PathBuf>,
    /// How to write the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One document
    Json,
}

/// What is told.
pub(super) struct Told {
    at: Time,
    rows: Vec<Row>,
    ports: Vec<Port>,
    unseen: Vec<Unseen>,
}

impl Told {
    /// With files to look at where this process finds them: below the root of a machine that is not this one.
    fn reached_through(mut self, machine: &Machine) -> Self {
        for Row { next, disk, .. } in &mut self.rows {
            let looks = |next: &&mut String| ["notafter check /", "notafter convert /"].iter().any(|it| next.starts_with(it));
            if let Some(next) = next.as_mut().filter(looks) {
                *next = next.replace(&disk.chain_file, &machine.outer(&disk.chain_file).to_string_lossy());
            }
        }
        self
    }

    /// No command changes what is done on a machine that no server of ours watches.
    fn of_another_machine(mut self) -> Self {
        for row in &mut self.rows {
            row.next = row.next.take().filter(|next| !next.starts_with("notafter adopt --"));
        }
        self
    }

    /// With commands that mean the installation of this run.
    fn here(mut self, here: &Here) -> Self {
        for row in &mut self.rows {
            row.next = row.next.take().map(|next| here.in_words(&next));
            let served = row.served.iter_mut().flat_map(|served| &mut served.violations);
            for violation in row.violations.iter_mut().chain(served) {
                violation.hint = here.in_words(&violation.hint);
                violation.text = here.in_words(&violation.text);
            }
            if let Known::No(why) | Known::Unknown(why) = &mut row.automation.alive {
                *why = here.in_words(why);
            }
        }
        for unseen in &mut self.unseen {
            unseen.why = here.in_words(&unseen.why);
        }
        self
    }
}

/// Looks at the same time.
const PARALLEL: usize = 32;

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    if let Some(root) = args.root.iter().find(|root| !root.is_dir()) {
        return Err(no_directory(root));
    }
    if args.watch || args.take_over.is_some() {
        args.refuse_other_machine(&session.settings.machine_root)?;
    }
    if let Some(lineage) = &args.undo {
        let undone = act::give_back(session, lineage).await?;
        let undone = act::undone_here(undone, &session.here);
        return args.say(&undone, |out| text::undone(out, &undone));
    }
    let on_record = args.on_record(session).await;
    let theirs = on_record.as_ref().map(|found| found.theirs.as_slice()).unwrap_or_default();
    let examined = args.examine(args.machine(session, theirs)?, theirs, session).await?;
    if let Some(lineage) = &args.take_over {
        let case = act::named(&examined, theirs, lineage)?;
        let taken = act::make_ours(session, &args, case).await?;
        let taken = act::taken_here(taken, &session.here);
        return args.say(&taken, |out| text::taken_over(out, &taken, &session.here));
    }
    if args.watch {
        let watching = act::watch(session, &examined).await?;
        let watching = act::watching_here(watching, &session.here);
        return args.say(&watching, |out| text::watching(out, &watching));
    }
    let told = args.told(session, examined, on_record);
    written(match args.format {
        Format::Text => text::write(&mut anstream::AutoStream::auto(io::stdout()), &told, terminal::width()),
        Format::Json => json::write(&mut io::stdout(), &told),
    })
}

fn no_directory(path: &Path) -> Failure {
    Failure::new(format!("{} is not a directory", path.display()), "check the path")
}

fn written(result: io::Result<()>) -> Result<Exit, Failure> {
    let failed = |error| Failure::new("cannot write the result", "check the disk or the pipe").because(error);
    reader::or_gone(result).map(|()| Exit::Done).map_err(failed)
}

impl Args {
    /// What was done, for people or programs.
    fn say(
        &self,
        done: &impl serde::Serialize,
        in_words: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
    ) -> Result<Exit, Failure> {
        written(match self.format {
            Format::Text => in_words(&mut anstream::AutoStream::auto(io::stdout())),
            Format::Json => json::write_done(&mut io::stdout(), done),
        })
    }

    /// The server reads the machine again and again: what lies elsewhere it would report as lost.
    fn refuse_other_machine(&self, watched: &Path) -> Result<(), Failure> {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        match &self.root {
            Some(root) if real(root) != real(watched) => Err(Failure::usage(
                format!("{} is not the machine that the server watches", root.display()),
                format!("write machine_root = {root:?} into notafter.toml, and leave --root out"),
            )
            .because(format!("the server reads {}", watched.display()))),
            _ => Ok(()),
        }
    }

    fn is_of_another_machine(&self, session: &Session) -> bool {
        self.refuse_other_machine(&session.settings.machine_root).is_err()
    }

    /// Another machine than that of the installation is neither renewed nor watched by it.
    async fn on_record(&self, session: &Session) -> Result<OnRecord, Unseen> {
        match self.is_of_another_machine(session) {
            true => Ok(OnRecord::default()),
            false => act::on_record(session, self.timeout).await,
        }
    }

    /// Compared with what is on record, judged, and with commands that find the same things again.
    fn told(&self, session: &Session, mut examined: Examined, on_record: Result<OnRecord, Unseen>) -> Told {
        match on_record {
            Ok(found) => {
                examined.cases = examined.cases.into_iter().map(|case| case.tied(&found.ours)).collect();
            }
            Err(unseen) => examined.unseen.push(unseen),
        }
        examined.cases = reunite(examined.cases);
        let now = self.at.unwrap_or_else(|| session.clock.now());
        let machine = Machine::new(self.root(session), vec![]);
        let told = tell(&examined, now, &judge(session)).reached_through(&machine);
        let told = match self.is_of_another_machine(session) {
            true => told.of_another_machine(),
            false => told,
        };
        told.here(&self.again()).here(&session.here)
    }

    /// What every further `adopt` has to say to look where this one looked.
    fn again(&self) -> Here {
        let root = self.root.iter().map(|path| ("--root", path.as_path()));
        let looked_in = self.look_in.iter().map(|path| ("--look-in", path.as_path()));
        Here::default().with("adopt", root.chain(looked_in))
    }

    fn root<'a>(&'a self, session: &'a Session) -> &'a Path {
        self.root.as_deref().unwrap_or(&session.settings.machine_root)
    }

    /// What is to be read, also in the homes of the programs that are watched.
    fn machine(&self, session: &Session, theirs: &[Remembered]) -> Result<Machine, Failure> {
        let machine = Machine::new(self.root(session), vec![]);
        let mut also = also(&machine, &self.look_in)?;
        also.extend(theirs.iter().filter_map(|remembered| remembered.home.clone()));
        Ok(machine.with_also(also))
    }

    async fn examine(
        &self,
        machine: Machine,
        theirs: &[Remembered],
        session: &Session,
    ) -> Result<Examined, Failure> {
        let survey = discover::survey(machine).await;
        let mut overrides = self.resolve.clone();
        overrides.extend(open::overrides(&session.settings).map_err(Failure::of)?);
        let eye = Network::new(Options {
            resolver: Resolver::system(self.timeout).with_overrides(overrides),
            policy: AddressPolicy::Anywhere,
            clock: session.clock.clone(),
            within: self.timeout,
            vantage: "local".to_owned(),
        });
        Ok(examine(&survey, theirs, &eye, PARALLEL).await)
    }
}

/// The directories in which to look as well: they lie on the machine that is read, which may be another one than this.
fn also(machine: &Machine, named: &[PathBuf]) -> Result<Vec<String>, Failure> {
    let one = |named: &PathBuf| {
        let path = match machine.is_this_one() {
            true => absolute(named)?,
            false => named.to_string_lossy().into_owned(),
        };
        let path = machine.own(&path);
        // One that may not be looked into is told as not seen.
        match machine.list(&path) {
            Err(Blind::Missing) => Err(no_directory(named)),
            Ok(_) | Err(_) => Ok(path),
        }
    };
    named.iter().map(one).collect()
}

fn tell(examined: &Examined, now: Time, judge: &Judge) -> Told {
    let thresholds = Thresholds::default();
    let watched = |case| Watched { case, now, thresholds: &thresholds, habit_permille: None };
    let mut rows: Vec<Row> = examined.cases.iter().map(|case| row::row(&watched(case), judge)).collect();
    rows.sort_by_key(|row| Reverse(row.severity));
    Told { at: now, rows, ports: examined.ports.clone(), unseen: examined.unseen.clone() }
}

/// By the anchors of the settings, as the server judges.
fn judge(session: &Session) -> Judge {
    let Ok(choice) = session.settings.trust.parse::<Choice>();
    match Trust::load(&choice) {
        Ok(trust) => Judge::new(trust.anchors().clone(), Thresholds::default()),
        Err(error) => Judge::without_anchors(error.to_string(), Thresholds::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It was looked for in the current directory, then read below `/`, and nothing was found and nothing said.
    #[test]
    fn a_relative_directory_is_the_one_here_and_with_a_root_the_one_below_it() {
        let ask = |machine: &Machine, path: &str| also(machine, &[path.into()]).map_err(|error| error.to_string());
        let this = Machine::new(Path::new("/"), vec![]);
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
        assert_eq!(ask(&this, "src"), Ok(vec![source.to_owned()]));
        assert_eq!(ask(&this, source), Ok(vec![source.to_owned()]));

        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("srv/certs")).unwrap();
        let machine = Machine::new(root.path(), vec![]);
        let outside = root.path().join("srv/certs");
        for named in ["srv/certs", "/srv/certs", "./srv//certs/", outside.to_str().unwrap()] {
            assert_eq!(ask(&machine, named), Ok(vec!["/srv/certs".to_owned()]), "{named}");
        }
        let missing = "error: src is not a directory\n hint: check the path";
        assert_eq!(ask(&machine, "src"), Err(missing.to_owned()), "it is here, and not there");
    }
}

//! `notafter adopt`: the first minute on a real machine.

mod json;
mod text;

use std::io;
use std::path::PathBuf;

use clap::ValueEnum;
use notafter_cert::{Span, Time};
use notafter_engine::adopt::{Examined, examine};
use notafter_inventory::adopt::fact::Unseen;
use notafter_inventory::adopt::row::{self, Row};
use notafter_inventory::adopt::Watched;
use notafter_inventory::threshold::Thresholds;
use notafter_net::Clock;
use notafter_net::dns::{Override, Resolver};
use notafter_net::limits::AddressPolicy;
use notafter_net::observe::{Network, Options};
use notafter_providers::discover::{self, Machine};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::terminal;
use crate::session::Session;

/// Read what this machine has: certificates, who renews them, what is served, what will not survive
///
/// Reads listening ports, web server configurations, certbot, lego and acme.sh, their timers and last runs, and
/// certificate files; looks at every address they serve. Nothing is changed.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Also look into this directory (repeatable)
    #[arg(long, value_name = "DIR")]
    look_in: Vec<PathBuf>,
    /// Read the machine below this directory, such as a mounted image
    #[arg(long, value_name = "DIR", default_value = "/")]
    root: PathBuf,
    /// Use these addresses instead of DNS (repeatable)
    #[arg(long, value_name = "HOST:PORT:ADDRESS[,ADDRESS]")]
    resolve: Vec<Override>,
    /// Limit for one look
    #[arg(short, long, value_name = "TIME", default_value = "5s")]
    timeout: Span,
    /// Judge as of this instant instead of now
    #[arg(long, value_name = "RFC3339")]
    at: Option<Time>,
    /// Change nothing: what `adopt` does anyway
    #[arg(long)]
    dry_run: bool,
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
    unseen: Vec<Unseen>,
}

/// Looks at the same time.
const PARALLEL: usize = 32;

pub(crate) async fn run(args: Args, _session: &Session) -> Result<Exit, Failure> {
    let clock = Clock::system();
    let examined = args.examine(&clock).await;
    let told = tell(&examined, args.at.unwrap_or_else(|| clock.now()));
    let written = match args.format {
        Format::Text => text::write(&mut anstream::AutoStream::auto(io::stdout()), &told, terminal::width()),
        Format::Json => json::write(&mut io::stdout(), &told),
    };
    match written {
        Ok(()) => Ok(Exit::Done),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Done),
        Err(error) => Err(Failure::new("cannot write the result", "check the disk or the pipe").because(error)),
    }
}

impl Args {
    async fn examine(&self, clock: &Clock) -> Examined {
        let also = self.look_in.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        let survey = discover::survey(Machine::new(&self.root, also)).await;
        let eye = Network::new(Options {
            resolver: Resolver::system(self.timeout).with_overrides(self.resolve.clone()),
            policy: AddressPolicy::Anywhere,
            clock: clock.clone(),
            within: self.timeout,
            vantage: "local".to_owned(),
        });
        examine(&survey, &eye, PARALLEL).await
    }
}

fn tell(examined: &Examined, now: Time) -> Told {
    let thresholds = Thresholds::default();
    let watched = |case| Watched { case, now, thresholds: &thresholds, habit_permille: None };
    let rows = examined.cases.iter().map(|case| row::row(&watched(case))).collect();
    Told { at: now, rows, unseen: examined.unseen.clone() }
}

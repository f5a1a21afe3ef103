//! `notafter lint`: what documents ask of certificates, CRLs and OCSP responses, and keys that anybody can break.

mod input;
mod judge;
mod json;
mod junit;
mod keys;
mod page;
mod sarif;
mod text;

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

use clap::ValueEnum;
use notafter_cert::lint::{About as Looks, Page, Severity, pages};
use notafter_cert::weak_key::{About, Given, Limits, ListFormat};
use notafter_cert::Time;
use notafter_inventory::model::Severity as Verdict;

use self::input::{STANDARD_INPUT, Source};
use self::judge::{Book, Linted};
pub(crate) use self::page::told as page_of;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome;
use crate::output::terminal::visible;
use crate::session::Session;

/// Lint certificates, CRLs and OCSP responses: what documents ask of them, and weak keys
///
/// Nothing is fetched. Rules are those of the day on which an object was made; every lint is told in the JSON document, also
/// those that pass. Keys are compared over all files that are named.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Files with certificates, CRLs or OCSP responses, PEM or DER, one or several in each (`-` is standard input)
    #[arg(value_name = "FILE", required_unless_present_any = ["explain", "list"])]
    files: Vec<PathBuf>,
    /// Only lints of these sources, such as rfc,br,weak-key [default: all; --list names them]
    #[arg(long, value_name = "SOURCE", value_delimiter = ',', value_parser = source)]
    source: Vec<&'static str>,
    /// Only lints of this severity and worse
    #[arg(long, value_enum, default_value_t = Level::Notice)]
    severity: Level,
    /// From which severity on findings make the exit code: 2 where there are errors, else 1
    #[arg(long, value_enum, default_value_t = Level::Error)]
    fail_on: Level,
    /// Judge what is to come as of this instant instead of now, such as 2027-01-31T12:00:00Z
    #[arg(long, value_name = "RFC3339")]
    at: Option<Time>,
    /// A list of Debian's weak keys, such as blacklist.RSA-2048 of its package openssl-blacklist (repeatable)
    #[arg(long, value_name = "FILE")]
    debian_list: Vec<PathBuf>,
    /// A list of keys that are known to be compromised, such as blocklist.dat of badkeys (repeatable)
    #[arg(long, value_name = "FILE")]
    compromised_list: Vec<PathBuf>,
    /// How these lists are written: openssl:2048 (with the length of the moduli), badkeys-blocklist, badkeys-lookup,
    /// spki-sha256 [default: as each looks]
    #[arg(long, value_name = "FORMAT")]
    list_format: Option<ListFormat>,
    /// How to write the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Show the page of a lint, by its id or zlint's name for it, such as br.ext-san-missing
    #[arg(long, value_name = "ID", conflicts_with = "files")]
    explain: Option<String>,
    /// List all lints
    #[arg(long, conflicts_with_all = ["files", "explain"])]
    list: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One document (docs/schema/lint-1.json)
    Json,
    /// What code hosts show (SARIF 2.1.0)
    Sarif,
    /// What build servers show (JUnit's XML)
    Junit,
}

/// Severities, as they are typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Level {
    /// Against a MUST
    Error,
    /// Against a SHOULD, or soon an error
    Warning,
    /// Worth knowing
    Notice,
}

impl Level {
    const fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Notice => Severity::Notice,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.severity().name())
    }
}

fn source(text: &str) -> Result<&'static str, String> {
    let mut sources: Vec<&'static str> = Vec::new();
    for page in pages().filter(|page| page.source != PATH) {
        if !sources.contains(&page.source) {
            sources.push(page.source);
        }
    }
    let known = sources.iter().find(|source| **source == text).copied();
    known.ok_or_else(|| format!("sources are {}", sources.join(", ")))
}

/// The source of what judges paths, which `verify` does.
const PATH: &str = "path";

/// What people call a file.
fn called(file: &str) -> Cow<'_, str> {
    if file == STANDARD_INPUT { Cow::Borrowed("standard input") } else { visible(file) }
}

/// What the title of a page says: what must hold, or of keys, what is wrong.
fn rule(page: &Page) -> &'static str {
    match page.about {
        Looks::Key | Looks::Keys => "weakness",
        _ => "rule",
    }
}

/// Everything that was looked at.
struct Report<'a> {
    at: Time,
    sources: &'a [Source],
    linted: &'a [Linted<'a>],
    fail_on: Severity,
}

/// What is asked for and cannot be.
fn refused(args: &Args) -> Option<Failure> {
    if args.fail_on.severity() < args.severity.severity() {
        let what = format!("--severity {} leaves out what --fail-on {} waits for", args.severity, args.fail_on);
        return Some(Failure::usage(what, format!("say --severity {}", args.fail_on)));
    }
    let is_page = args.explain.is_some() || args.list;
    (is_page && matches!(args.format, Format::Sarif | Format::Junit)).then(|| {
        Failure::usage("pages of lints are no results of lints", "say --format text or --format json")
    })
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    if let Some(failure) = refused(&args) {
        return Err(failure);
    }
    let wanted = |page: &Page| {
        (args.source.is_empty() || args.source.contains(&page.source)) && page.severity >= args.severity.severity()
    };
    if let Some(name) = &args.explain {
        outcome::print(&page::explained(name, args.format == Format::Text)?)?;
        return Ok(Exit::Done);
    }
    if args.list {
        outcome::print(&page::listed(pages().filter(wanted), args.format == Format::Text))?;
        return Ok(Exit::Done);
    }
    let mut lists = keys::lists(&args.debian_list, About::Debian, args.list_format)?;
    lists.extend(keys::lists(&args.compromised_list, About::Compromised, args.list_format)?);
    let given = Given { limits: Limits::default(), lists: &lists };
    let at = args.at.unwrap_or_else(|| session.clock.now());
    let sources: Vec<Source> = args.files.iter().map(|path| input::read(path)).collect();
    let book = Book::of(wanted);
    let linted = book.lint(&sources, at, &given);
    let report = Report { at, sources: &sources, linted: &linted, fail_on: args.fail_on.severity() };
    match args.format {
        Format::Text => outcome::print(&text::write(&report)),
        Format::Json => outcome::print_bytes(&json::write(&report)),
        Format::Sarif => outcome::print(&sarif::write(&report)),
        Format::Junit => outcome::print(&junit::write(&report)),
    }?;
    Ok(Exit::Verdict(report.verdict()))
}

/// How many of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
struct Counts {
    error: usize,
    warning: usize,
    notice: usize,
    /// What could not be told.
    unknown: usize,
}

impl Counts {
    fn of(linted: &Linted<'_>) -> Self {
        let mut counts = Self::default();
        for result in &linted.results {
            let violated = result.violation().is_some();
            match result.page.severity {
                _ if result.doubt().is_some() => counts.unknown += 1,
                Severity::Error => counts.error += usize::from(violated),
                Severity::Warning => counts.warning += usize::from(violated),
                Severity::Notice => counts.notice += usize::from(violated),
            }
        }
        counts
    }

    fn of_all(linted: &[Linted<'_>]) -> Self {
        linted.iter().map(Self::of).fold(Self::default(), |sum, one| Self {
            error: sum.error + one.error,
            warning: sum.warning + one.warning,
            notice: sum.notice + one.notice,
            unknown: sum.unknown + one.unknown,
        })
    }
}

impl Report<'_> {
    /// The worst, in the order critical, warning, unknown, ok.
    fn verdict(&self) -> Verdict {
        let counts = Counts::of_all(self.linted);
        let warned = match self.fail_on {
            Severity::Error => false,
            Severity::Warning => counts.warning > 0,
            Severity::Notice => counts.warning + counts.notice > 0,
        };
        let doubted = |linted: &Linted<'_>| {
            linted.results.iter().any(|result| result.doubt().is_some() && result.page.severity >= self.fail_on)
        };
        let unseen = self.sources.iter().any(|source| source.objects.is_empty() || source.unseen().next().is_some());
        match () {
            () if counts.error > 0 => Verdict::Critical,
            () if warned => Verdict::Warning,
            () if unseen || self.linted.iter().any(doubted) => Verdict::Unknown,
            () => Verdict::Ok,
        }
    }
}

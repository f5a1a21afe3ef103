//! `notafter check`: one look at every address of every target, judged.

mod input;
mod json;
mod look;
mod nagios;
mod tally;
mod text;
mod witness;

use std::fmt;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, ValueEnum};
use futures_util::StreamExt;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use notafter_cert::{Identifier, Span, Time};
use notafter_engine::open;
use notafter_inventory::check::{Judge, Report};
use notafter_inventory::threshold::{Threshold, Thresholds};
use notafter_net::dns::{Override, Resolver};
use notafter_net::limits::AddressPolicy;
use notafter_net::observe::{Network, Options};
use notafter_net::trust::{Choice, Trust};
use notafter_tls::dialogue::{self, Protocol};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::argument;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{reader, terminal};
use crate::session::Session;
use input::{Input, Reading, Source};
use look::Checker;
use tally::{Ending, Tally};

pub(super) use input::{names_a_file, target};
pub(super) use nagios::cannot_run;

/// Look at every address of each target once, and judge what it serves
///
/// A TARGET is host, host:port, `[v6]:port`, SCHEME://host with https, tls (TLS from the first byte, as for imaps:
/// tls://host:993), smtp, imap or postgres, a PEM or DER file, or `-` for a list on standard input: shop.example,
/// smtp://mail.example, ./chain.pem.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// What to check
    #[arg(value_name = "TARGET", required_unless_present_any = ["file", "hostname"])]
    targets: Vec<String>,
    /// Check the targets in this file, one a line (repeatable; # starts a comment; `-` is standard input)
    #[arg(short, long, value_name = "LIST")]
    file: Vec<PathBuf>,
    /// One more target: the option that monitoring plug-ins have
    #[arg(short = 'H', long, value_name = "TARGET")]
    hostname: Vec<String>,
    /// Judge as of this instant instead of now, such as 2027-01-31T12:00:00Z
    #[arg(long, value_name = "RFC3339")]
    at: Option<Time>,
    /// Trust anchors: mozilla, system, or a PEM file [default: the setting `trust`, else mozilla]
    #[arg(long, value_name = "ANCHORS")]
    trust: Option<Choice>,
    /// Use these addresses instead of DNS (repeatable), before those of the setting `resolve`:
    /// shop.example:443:192.0.2.7
    #[arg(long, value_name = "HOST:PORT:ADDRESS[,ADDRESS]")]
    resolve: Vec<Override>,
    /// Server name to send, and to expect in the certificate, instead of the host
    #[arg(long, value_name = "NAME")]
    sni: Option<Identifier>,
    /// Dialogue that leads to TLS for targets without a scheme
    #[arg(long, value_name = "PROTOCOL", value_parser = protocols())]
    starttls: Option<Protocol>,
    /// Limit for one look, such as 500ms, 10s or 2min, a bare number in seconds, and as long again for all OCSP responders of a
    /// certificate; CRLs have a minute. With --format nagios for the whole run, which exits with 3 when it was not finished
    #[arg(short, long, value_name = "TIME", default_value = "10s", value_parser = argument::seconds)]
    timeout: Span,
    /// Handshakes at the same time, 1 to 4096
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = clap::value_parser!(u16).range(1..=4096))]
    concurrency: u16,
    /// Warn when less is left: 25% of the lifetime, 21d, 48h; 0% for never before the end [default: the smaller of 1/4
    /// and 30 days]
    #[arg(short, long, value_name = "LEFT", value_parser = threshold, allow_hyphen_values = true)]
    warning: Option<Threshold>,
    /// Critical when less is left, written as for --warning [default: the smaller of 1/8 and 14 days, but at least 24 hours; at most half of -w]
    #[arg(short, long, value_name = "LEFT", value_parser = threshold, allow_hyphen_values = true)]
    critical: Option<Threshold>,
    #[command(flatten)]
    witness: witness::Witnesses,
    /// How to write the results
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// With --format json or jsonl: every certificate as sent, in base64
    #[arg(long)]
    evidence: bool,
    /// Tell more: what findings mean, where that is written, and what each client makes of the chain; twice: how each
    /// address was seen
    #[arg(short, long, visible_alias = "detail", action = ArgAction::Count)]
    verbose: u8,
    /// Exit with 0 whatever the verdict
    #[arg(long)]
    exit_ok: bool,
}

/// How long each part of a look may take.
struct Limits {
    resolving: Span,
    looking: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One document
    Json,
    /// One line per target, as it is finished
    Jsonl,
    /// As the monitoring plug-in guidelines say
    Nagios,
}

/// By name; help and errors list them.
pub(super) fn protocols() -> impl TypedValueParser<Value = Protocol> {
    let known = PossibleValuesParser::new(dialogue::ALL.iter().map(|protocol| protocol.name()));
    known.try_map(|name| dialogue::find(&name).ok_or_else(|| format!("{name} is no protocol of ours")))
}

/// `21d:` is the same as a range of the plug-in guidelines: alert when less is left.
fn threshold(text: &str) -> Result<Threshold, String> {
    text.strip_suffix(':').unwrap_or(text).parse().map_err(|error| format!("{error}"))
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    args.limits_are_in_order()?;
    let words: Vec<String> = args.targets.iter().chain(&args.hostname).cloned().collect();
    let reading = Reading { sni: args.sni.as_ref().map(ToString::to_string), starttls: args.starttls };
    let source = Source::open(&words, &args.file, &reading)?;
    let nothing = source.nothing();
    let window = at_once(usize::from(args.concurrency));
    let asked: Option<Vec<String>> = source.words().map(|inputs| inputs.iter().map(Input::name).collect());
    let in_order = asked.is_some();
    let few = asked.as_ref().is_some_and(|asked| asked.len() < FEW);
    let checker = Arc::new(args.checker(session, window, few).await?);
    let progress = if few { ProgressBar::hidden() } else { progress(&source) };
    let reports = look::reports(checker, source.stream(reading, window), window, in_order);
    let deadline = (args.format == Format::Nagios).then_some(args.timeout);
    let output = args.output(asked.unwrap_or_default());
    // Beside the looks, on the threads that they run on: to wake another one for every report is dear.
    let delivered = tokio::spawn(async move {
        let delivered = deliver(reports, output, &progress, deadline).await;
        progress.finish_and_clear();
        delivered
    });
    match delivered.await.unwrap_or_else(|error| resume_unwind(error.into_panic())) {
        Ok((tally, Ending::Complete)) if tally.targets == 0 => Err(nothing),
        Ok((tally, ending)) => Ok(args.exit(&tally, ending)),
        // Whoever reads us has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::OutcomeUnknown),
        Err(error) => Err(Failure::new("cannot write the results", "check the disk or the pipe").because(error)),
    }
}

impl Args {
    /// A warning that could never be seen is a slip of the pen.
    fn limits_are_in_order(&self) -> Result<(), Failure> {
        let (Some(warning), Some(critical)) = (self.warning, self.critical) else { return Ok(()) };
        let reversed = match (warning, critical) {
            (Threshold::Percent(warning), Threshold::Percent(critical)) => warning < critical,
            (Threshold::Left(warning), Threshold::Left(critical)) => warning < critical,
            _ => false,
        };
        if reversed {
            let what = format!("--warning {warning} would never be seen beside --critical {critical}");
            return Err(Failure::usage(what, "a warning comes first: give it the larger limit"));
        }
        Ok(())
    }
}

/// Where reports go as they come.
trait Output: Send {
    /// One more report. It may wait in a buffer until [`Output::pause`].
    fn report(&mut self, report: &Report) -> io::Result<()>;
    /// The next one is not there yet: whoever reads us sees all that came so far.
    fn pause(&mut self) -> io::Result<()> {
        Ok(())
    }
    /// No more will come.
    fn finish(&mut self, tally: &Tally, ending: Ending) -> io::Result<()>;
}

async fn deliver(
    reports: impl futures_util::Stream<Item = Report>,
    mut output: Box<dyn Output>,
    progress: &ProgressBar,
    deadline: Option<Span>,
) -> io::Result<(Tally, Ending)> {
    let mut tally = Tally::default();
    let interrupted = tokio::signal::ctrl_c();
    let expired = async {
        match deadline {
            Some(within) => tokio::time::sleep(within.to_std()).await,
            None => std::future::pending().await,
        }
    };
    // All that are ready by now, at once.
    let reports = reports.ready_chunks(CHUNK);
    let gone = reader::gone();
    tokio::pin!(interrupted, expired, gone, reports);
    // Lines push the progress away, which is drawn anew below them: together, where they come fast.
    let shares_terminal = !progress.is_hidden() && io::stdout().is_terminal();
    let (mut held, mut written, mut told) = (Vec::new(), Instant::now(), Instant::now());
    let ending = loop {
        tokio::select! {
            biased;
            _ = &mut interrupted => break Ending::Interrupted,
            () = tokio::time::sleep_until(written + REDRAW), if !held.is_empty() => {
                progress.suspend(|| write(output.as_mut(), &mut held))?;
                written = Instant::now();
            },
            chunk = reports.next() => {
                let Some(chunk) = chunk else { break Ending::Complete };
                chunk.iter().for_each(|report| tally.add(report));
                progress.inc(chunk.len() as u64);
                if told.elapsed() >= REDRAW {
                    progress.set_message(tally.to_string());
                    told = Instant::now();
                }
                held.extend(chunk);
                if !shares_terminal {
                    write(output.as_mut(), &mut held)?;
                }
            },
            () = &mut expired => break Ending::OutOfTime,
            () = &mut gone => return Err(io::ErrorKind::BrokenPipe.into()),
        }
    };
    progress.finish_and_clear();
    if !held.is_empty() {
        write(output.as_mut(), &mut held)?;
    }
    output.finish(&tally, ending)?;
    Ok((tally, ending))
}

/// As many targets as somebody looks at one by one.
const FEW: usize = 8;

/// Reports that are written before somebody waiting for them sees the first.
const CHUNK: usize = 64;

/// The progress is drawn anew no sooner for what it says, for the clock in it, or for lines above it; nobody reads faster.
const REDRAW: Duration = Duration::from_millis(200);
/// What is drawn of all these together.
const REDRAWS_A_SECOND: u8 = 10;

/// Writes what was held, and holds nothing any more.
fn write(output: &mut dyn Output, held: &mut Vec<Report>) -> io::Result<()> {
    held.drain(..).try_for_each(|report| output.report(&report))?;
    output.pause()
}

/// Descriptors of everything but handshakes: standard streams, the runtime, lists, files, questions to name servers.
const OTHER_DESCRIPTORS: u64 = 24;

/// Every handshake under way needs a descriptor, and the usual soft limit is 1024. It is lifted as far as it may be; where
/// that is not far enough, fewer handshakes are under way.
fn at_once(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).ok();
    within(wanted, getrlimit(Resource::Nofile).current)
}

/// As many of the wanted as there are descriptors for; no limit is `None`.
fn within(wanted: usize, descriptors: Option<u64>) -> usize {
    let Some(all) = descriptors else { return wanted };
    usize::try_from(all.saturating_sub(OTHER_DESCRIPTORS)).map_or(wanted, |left| wanted.min(left.max(1)))
}

/// On standard error, and only where that is a terminal.
fn progress(source: &Source) -> ProgressBar {
    let stderr = ProgressDrawTarget::stderr_with_hz(REDRAWS_A_SECOND);
    if stderr.is_hidden() {
        return ProgressBar::hidden();
    }
    let total = source.total();
    let template = match total {
        Some(_) => "{spinner} {elapsed} {pos} of {len}, {rate}; {msg}",
        None => "{spinner} {elapsed} {rate}; {msg}",
    };
    let rate = |state: &ProgressState, out: &mut dyn fmt::Write| {
        write!(out, "{:.0} a second", state.per_sec()).ok();
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
    let progress = ProgressBar::with_draw_target(total, stderr).with_style(style.with_key("rate", rate));
    progress.enable_steady_tick(REDRAW);
    progress
}

impl Args {
    fn thresholds(&self) -> Thresholds {
        Thresholds { warning: self.warning, critical: self.critical }
    }

    async fn checker(&self, session: &Session, window: usize, few: bool) -> Result<Checker, Failure> {
        let clock = &session.clock;
        let Ok(setting) = session.settings.trust.parse::<Choice>();
        let choice = self.trust.as_ref().unwrap_or(&setting);
        let trust = Trust::load(choice)?;
        let limits = self.limits();
        let of_settings = open::overrides(&session.settings).map_err(Failure::of)?;
        let overrides: Vec<Override> = self.resolve.iter().cloned().chain(of_settings).collect();
        let resolver = Resolver::system(limits.resolving).with_overrides(overrides);
        let asker = self.witness.asker(resolver.clone(), clock.clone(), (limits.looking, self.format)).await?;
        let eye = Network::new(Options {
            resolver,
            policy: AddressPolicy::Anywhere,
            clock: clock.clone(),
            within: limits.looking,
            vantage: "local".to_owned(),
        });
        Ok(Checker {
            eye,
            judge: Judge::new(trust.anchors().clone(), self.thresholds())
                .with_logs(self.witness.logs()?)
                .with_stores(self.asks_stores(few)),
            asker,
            clock: clock.clone(),
            at: self.at,
            expected: self.sni.clone(),
            // A plug-in tells no visitor's view, and its time is short.
            asks_for_hsts: self.format != Format::Nagios,
            evidence: self.evidence,
            permits: Arc::new(Semaphore::new(window)),
            files: look::places_for_files(),
            // The limit of a plug-in ends its whole run, which says so.
            pipes: if self.format == Format::Nagios { self.timeout + self.timeout } else { self.timeout },
        })
    }

    /// Whether it is told whose anchors lead to a chain: of a few targets, and of many where more is asked for. A plug-in's
    /// line has no room for it.
    const fn asks_stores(&self, few: bool) -> bool {
        !matches!(self.format, Format::Nagios) && (few || self.verbose > 0)
    }

    /// A plug-in's look ends before its run does, so that it can say at which stage.
    fn limits(&self) -> Limits {
        let all = self.timeout;
        match self.format {
            Format::Nagios => {
                // A second is enough to tell it on a busy machine.
                let to_tell = all.share(1, 10).max(Span::seconds(1)).min(all.share(1, 2));
                Limits { resolving: all.share(1, 2), looking: all - to_tell }
            }
            _ => Limits { resolving: all, looking: all },
        }
    }

    /// `asked` are the names of what will be reported, where they are known beforehand.
    fn output(&self, asked: Vec<String>) -> Box<dyn Output> {
        match self.format {
            Format::Text => {
                let out = anstream::AutoStream::auto(io::stdout());
                Box::new(text::Text::new(out, terminal::width(), self.verbose))
            }
            Format::Json => Box::new(json::Document::new(buffered())),
            Format::Jsonl => Box::new(json::Lines::new(buffered())),
            Format::Nagios => {
                let told = nagios::Told { thresholds: self.thresholds(), verbosity: self.verbose, within: self.timeout };
                Box::new(nagios::Plugin::new(io::stdout(), told, asked))
            }
        }
    }

    fn exit(&self, tally: &Tally, ending: Ending) -> Exit {
        match ending {
            Ending::Interrupted if self.format == Format::Nagios => Exit::OutcomeUnknown,
            Ending::Interrupted => Exit::Interrupted,
            _ if self.exit_ok => Exit::Done,
            ending => Exit::Verdict(tally.verdict(ending)),
        }
    }
}

/// Results are streamed: each one is flushed where somebody may be waiting for it.
fn buffered() -> impl Write + Send {
    BufWriter::with_capacity(if io::stdout().is_terminal() { 0 } else { 64 * 1024 }, io::stdout())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without descriptors for all that was asked for, addresses were said to have no route.
    #[test]
    fn no_more_is_under_way_than_there_are_descriptors_for() {
        assert_eq!(within(128, Some(1024)), 128);
        assert_eq!(within(2000, Some(1024)), 1000);
        assert_eq!((within(128, Some(40)), within(128, Some(8))), (16, 1));
        assert_eq!(within(4096, None), 4096);
    }

    #[test]
    fn plug_in_spellings_of_limits_and_times_are_understood() {
        assert_eq!(argument::seconds("10").unwrap(), Span::seconds(10));
        assert_eq!(argument::seconds("500ms").unwrap(), Span::millis(500));
        assert!(argument::seconds("0").is_err() && argument::seconds("soon").is_err());
        assert_eq!(threshold("21d:").unwrap(), Threshold::Left(Span::days(21)));
        assert_eq!(threshold("25%").unwrap(), Threshold::Percent(25));
        assert!(threshold("20").is_err(), "a bare number is a range from 0 in the guidelines: it would invert");
    }
}

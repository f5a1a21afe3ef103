//! One file per command; the list below is the order in which `--help` shows them.

use std::ffi::OsString;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser};

use crate::exit::{self, Exit};
use crate::failure::Failure;
use crate::here::Here;
use crate::output::terminal::asked_width;
use crate::session::Session;
use crate::settings::Global;

/// Declares the commands from one list: module and variant. A module offers `Args` (its doc comment is the help text)
/// and `async fn run(args, &Session) -> Result<Exit, Failure>`.
macro_rules! commands {
    ($($module:ident $variant:ident,)*) => {
        $(mod $module;)*

        #[derive(clap::Subcommand)]
        enum Command {
            $($variant($module::Args),)*
        }

        impl Command {
            async fn run(self, session: &Session) -> Result<Exit, Failure> {
                match self {
                    $(Self::$variant(args) => $module::run(args, session).await,)*
                }
            }
        }
    };
}

commands! {
    check Check,
    inspect Inspect,
    verify Verify,
    lint Lint,
    serve Serve,
    service Service,
    hands Hands,
    demo Demo,
    adopt Adopt,
    apply Apply,
    get Get,
    inventory Inventory,
    explain Explain,
    why Why,
    events Events,
    look Look,
    calendar Calendar,
    drill Drill,
    issue Issue,
    renew Renew,
    deploy Deploy,
    rollback Rollback,
    revoke Revoke,
    import Import,
    key Key,
    csr Csr,
    convert Convert,
    alert Alert,
    owner Owner,
    ping Ping,
    incident Incident,
    maintenance Maintenance,
    subscriber Subscriber,
    status Status,
    doctor Doctor,
    backup Backup,
    restore Restore,
    vault Vault,
    account Account,
    ca Ca,
    user User,
    token Token,
    completions Completions,
    man Man,
}

pub(crate) use drill::set_stage as drill_stage;

impl Command {
    /// Whether it works on much at once. The others do one thing after another: handing it from thread to thread would
    /// cost them more than a second processor gains.
    const fn works_on_much(&self) -> bool {
        matches!(self, Self::Check(_) | Self::Serve(_) | Self::Hands(_) | Self::Demo(_) | Self::Drill(_))
    }

    /// Whether a mail server reads its exit code (sysexits.h).
    const fn is_for_a_mail_server(&self) -> bool {
        matches!(self, Self::Alert(args) if args.is_for_a_mail_server())
    }

    /// Whether its exit code is a verdict on what was looked at: then a failure must not be read as "critical".
    const fn gives_a_verdict(&self) -> bool {
        matches!(self, Self::Check(_) | Self::Verify(_) | Self::Lint(_) | Self::Doctor(_))
    }
}

/// As wide as help is set.
const WIDEST_HELP: usize = 100;

/// Whether notafter has a command of this name.
pub(crate) fn is_one(name: &str) -> bool {
    Cli::command().get_subcommands().any(|command| command.get_name() == name)
}

const EXIT_CODES: &str = "\
Exit codes: 0 done, 2 failed, 3 outcome unknown, 64 bad usage, 130 interrupted; check and doctor give a verdict: 0 ok, 1 \
warning, 2 critical, 3 unknown (docs/exit-codes.md)";

/// What commands end with that give a verdict.
const VERDICTS: &str = "\
Exit codes: 0 ok, 1 warning, 2 critical, 3 unknown (of several the worst, in the order 2, 1, 3, 0), 64 bad usage, 130 \
interrupted (docs/exit-codes.md)";

/// What `verify` ends with.
const VALIDITY: &str = "\
Exit codes: 0 valid, 2 not valid, 3 unknown, 64 bad usage, 130 interrupted (docs/exit-codes.md)";

/// What `lint` ends with.
const LINTS: &str = "\
Exit codes: 0 nothing from --fail-on on, 1 only warnings or notices of these, 2 errors, 3 something could not be judged, 64 bad \
usage, 130 interrupted (docs/exit-codes.md)";

/// What every other command ends with.
const ENDS: &str = "\
Exit codes: 0 done, 2 failed, 3 outcome unknown, 64 bad usage, 130 interrupted (docs/exit-codes.md)";

/// Keeps every TLS certificate alive, and proves it from outside.
#[derive(Parser)]
#[command(
    name = "notafter",
    version,
    propagate_version = true,
    max_term_width = WIDEST_HELP,
    after_help = EXIT_CODES,
    subcommand_required = true,
    arg_required_else_help = true
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What the plug-in guidelines want after help, version, usage, and everything that kept a plug-in from looking.
const PLUGIN_UNKNOWN: u8 = 3;

/// Threads of the runtime come to rest in milliseconds, unless they wait for a disk or another program.
const COMING_TO_REST: Duration = Duration::from_secs(1);

/// Runs the command line; answers the exit code.
pub(crate) fn main(arguments: Vec<OsString>) -> u8 {
    let for_nagios = asks_for_nagios(&arguments);
    let cli = match read(arguments) {
        Ok(cli) => cli,
        Err(error) => return usage_code(&error, for_nagios),
    };
    let gives_a_verdict = cli.command.gives_a_verdict();
    let for_a_mail_server = cli.command.is_for_a_mail_server();
    let here = Here::of(&cli.global);
    let outcome = Session::begin(cli.global).and_then(|session| {
        let runtime = Session::runtime(cli.command.works_on_much())?;
        let outcome = runtime.block_on(async move {
            let outcome = cli.command.run(&session).await;
            if let Some(strangers) = session.strangers.told() {
                anstream::eprintln!("warning: {strangers}");
            }
            session.leave();
            outcome
        });
        // What is given up ends at its next pause. AWS-LC aborts the process where a handshake asks it for random bytes
        // while the process ends. What blocks for long must not delay the end.
        runtime.shutdown_timeout(COMING_TO_REST);
        outcome
    });
    match outcome.map_err(|failure| failure.here(&here)) {
        Ok(exit) => exit.code(),
        Err(failure) if for_nagios => {
            let (what, hint) = failure.in_one_line();
            print(&check::cannot_run(&what, &format!("hint: {hint}")));
            PLUGIN_UNKNOWN
        }
        Err(failure) => {
            anstream::eprintln!("{failure}");
            match (gives_a_verdict, for_a_mail_server) {
                (true, _) => failure.code_instead_of_a_verdict(),
                (_, true) => failure.code_for_a_mail_server(),
                _ => failure.exit_code(),
            }
        }
    }
}

/// The command line, as help, completions and manual pages tell it.
fn described() -> clap::Command {
    Cli::command().mut_subcommands(with_exit_codes)
}

/// Help and errors are set as the rest is, where somebody says how wide that may be.
fn read(arguments: Vec<OsString>) -> Result<Cli, clap::Error> {
    let mut command = described();
    if let Some(columns) = asked_width() {
        command = command.term_width(columns.min(WIDEST_HELP));
    }
    let mut matches = command.clone().try_get_matches_from(arguments)?;
    Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}

/// Each command's help says what it ends with.
fn with_exit_codes(command: clap::Command) -> clap::Command {
    let codes = match command.get_name() {
        "check" | "doctor" => VERDICTS,
        "verify" => VALIDITY,
        "lint" => LINTS,
        _ => ENDS,
    };
    command.after_help(codes).mut_subcommands(with_exit_codes)
}

/// Nothing can be done about a closed standard output here.
fn print(text: &str) {
    std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes()).ok();
}

/// Help, version and usage exit with 3 where the plug-in guidelines hold, and all of it goes to standard output there.
fn usage_code(error: &clap::Error, for_nagios: bool) -> u8 {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if for_nagios && !asked {
        let text = error.render().to_string();
        let (what, more) = text.split_once("\n\n").unwrap_or((&text, ""));
        let words: Vec<&str> = what.trim_start_matches("error: ").split_whitespace().collect();
        print(&check::cannot_run(&words.join(" "), more));
        return PLUGIN_UNKNOWN;
    }
    // Nothing can be done about a closed standard output here.
    drop(error.print());
    match asked {
        true if for_nagios => PLUGIN_UNKNOWN,
        true => 0,
        false => exit::USAGE,
    }
}

/// Before parsing: whether `--format nagios` stands on the command line.
fn asks_for_nagios(arguments: &[OsString]) -> bool {
    let mut previous = "";
    arguments.iter().filter_map(|argument| argument.to_str()).any(|argument| {
        let found = argument == "--format=nagios" || (previous == "--format" && argument == "nagios");
        previous = argument;
        found
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Options with a value of some form left it to be guessed: `--at <RFC3339>`, `--timeout <TIME>`.
    #[test]
    fn every_option_of_every_command_explains_itself() {
        fn walk(command: &clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            assert!(command.get_about().is_some(), "{path} says nothing of itself");
            for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
                let help = argument.get_long_help().or_else(|| argument.get_help());
                let help = help.map(ToString::to_string).unwrap_or_default();
                assert!(!help.is_empty(), "{path}: {argument} says nothing");
                let forms: Vec<&str> = argument
                    .get_value_names()
                    .unwrap_or_default()
                    .iter()
                    .map(clap::builder::Str::as_str)
                    .collect();
                if matches!(forms.as_slice(), ["RFC3339" | "TIME" | "LEFT"]) {
                    let has_example = help.contains(|letter: char| letter.is_ascii_digit());
                    assert!(has_example, "{path}: {argument} gives no example: {help}");
                }
            }
            command.get_subcommands().for_each(|one| walk(one, &path));
        }
        walk(&Cli::command(), "");
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn nagios_is_seen_in_both_spellings() {
        let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
        assert!(asks_for_nagios(&words("notafter check --format nagios --help")));
        assert!(asks_for_nagios(&words("notafter check --format=nagios x")));
        assert!(!asks_for_nagios(&words("notafter check --format json nagios")));
    }

    /// The README, and every text of the documentation, by its name.
    fn documents() -> Vec<(String, String)> {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let docs = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
        let docs = docs.filter(|path| path.extension().is_some_and(|end| end == "md"));
        let read = |path: std::path::PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        };
        docs.chain([root.join("README.md")]).map(read).collect()
    }

    /// What is typed: the lines of indented blocks without what a program runs before and after them, and what stands between
    /// backticks.
    fn typed(text: &str) -> Vec<String> {
        let text = text.replace("\\\n", " ");
        let blocks = text.lines().filter_map(|line| line.strip_prefix("    "));
        let lines = blocks.flat_map(|line| line.split(" #").next().unwrap_or_default().split(['|', ';']));
        let lines = lines.flat_map(|line| line.split(" && "));
        let quoted = text.split('`').skip(1).step_by(2).filter(|words| words.starts_with("notafter "));
        let quoted = quoted.flat_map(|words| words.split('|').next());
        let all = lines.chain(quoted).map(|line| line.trim().trim_start_matches("sudo ").to_owned());
        all.map(|line| line.replace('\n', " ")).collect()
    }

    /// Words as a shell takes them apart, without redirections.
    fn words(line: &str) -> Vec<String> {
        let (mut words, mut quote) = (vec![String::new()], None);
        for letter in line.chars() {
            match (quote, letter) {
                (None, '"' | '\'') => quote = Some(letter),
                (Some(open), _) if open == letter => quote = None,
                (None, '>' | '<') => break,
                (None, ' ') => words.push(String::new()),
                _ => words.last_mut().unwrap().push(letter),
            }
        }
        words.retain(|word| !word.is_empty());
        words
    }

    /// A command is only named, or asks for help; or a word of it says what to type in its place, as `al_...` or `ALERT` does.
    fn is_meant(error: &clap::Error, words: &[String]) -> bool {
        let is_placeholder =
            |word: &String| word.ends_with("...") || word.chars().all(|one| one.is_ascii_uppercase());
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::MissingRequiredArgument => true,
            ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
                words.len() == 3 && words[2].starts_with("--") || words.iter().any(is_placeholder)
            }
            _ => false,
        }
    }

    /// `alert test --channel phone` stood in a text long after the option was gone.
    #[test]
    fn every_command_of_the_documentation_is_understood() {
        let (mut understood, mut wrong) = (0, Vec::new());
        for (document, text) in documents() {
            for line in typed(&text) {
                let mut words = words(&line);
                if words.first().is_some_and(|word| word == "cargo")
                    && words.get(1).is_some_and(|word| word == "run")
                {
                    words = words.split_off(words.iter().position(|word| word == "--").unwrap());
                    words[0] = "notafter".to_owned();
                }
                // Postfix calls a service by our name.
                let is_ours = words.first().is_some_and(|word| word == "notafter")
                    && words.get(1).is_some_and(|word| word != "unix");
                if !is_ours {
                    continue;
                }
                match Cli::try_parse_from(&words) {
                    Err(error) if !is_meant(&error, &words) => {
                        wrong.push(format!("{document}: {line}: {error}"));
                    }
                    Ok(_) | Err(_) => understood += 1,
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(understood >= 100, "only {understood} commands were found");
    }

    #[test]
    fn every_command_file_is_in_the_list() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/command");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|entry| {
                let name = entry.unwrap().file_name().into_string().unwrap();
                let name = name.strip_suffix(".rs").unwrap_or(&name).to_owned();
                (!["mod", "snapshots"].contains(&name.as_str())).then_some(name)
            })
            .collect();
        files.sort();
        let mut listed: Vec<String> =
            Cli::command().get_subcommands().map(|command| command.get_name().replace('-', "_")).collect();
        listed.sort();
        assert_eq!(files, listed);
    }
}

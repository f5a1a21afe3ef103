//! `notafter alert`: prove the ways to people, see what they were told, take it, or silence it.

mod reply;
mod text;

use clap::{ArgGroup, ValueEnum};
use notafter_cert::{Span, Time};
use notafter_engine::operate::alert::{
    AcknowledgeArgs, ConfirmArgs, Confirmed, ListArgs, Listing, SilenceArgs, TestArgs, Tested, UnsilenceArgs,
};
use notafter_inventory::model::{Alert, AlertId, DeliveryState, Severity, Silence, SilenceId};
use serde::Serialize;
use serde_json::json;

use crate::argument;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::outcome::print;
use crate::output::terminal;
use crate::session::Session;

/// Prove the ways to people, list alerts, acknowledge and silence them
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
    /// How to write the results
    #[arg(long, value_enum, default_value_t = Format::Text, global = true)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One document
    Json,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Send a test message to every contact, and see whether it is taken
    ///
    /// What people get carries a code; type it with `notafter alert confirm CODE`, because a server that accepts a message
    /// has not shown it to anybody. A program (webhook, command) proves itself by its answer. Exit code: 0 when all were taken, 2 when one
    /// was not.
    Test {
        /// Only this channel
        channel: Option<String>,
        /// Only this owner's contacts
        #[arg(long)]
        owner: Option<String>,
    },
    /// Confirm that a test message arrived, by the code in it
    Confirm {
        /// The code, as it stands in the message
        code: String,
    },
    /// List alerts, silences, and the ways to people
    List {
        /// Those that are over too
        #[arg(long)]
        all: bool,
    },
    /// Take an alert: it does not climb and does not remind, until it gets worse
    #[command(visible_alias = "acknowledge")]
    Ack {
        /// The alert: al_...
        id: AlertId,
        /// What to tell the others
        #[arg(long)]
        note: Option<String>,
    },
    /// Read a reply to a mail about an alert from standard input, for a mail server
    ///
    /// It takes the alert; what it says is kept as the note. A reply that begins with `silence 4h` silences it instead. What
    /// answers by itself (holidays, bounces, mailing lists) does nothing. Ends as mail servers understand it: 0 when it was
    /// read, 65 when it is no reply to a message of ours, 75 when it is to be tried again.
    Reply {
        /// The sender of its envelope; empty for a bounce
        #[arg(long, value_name = "ADDRESS", env = "SENDER", hide_env_values = true)]
        sender: Option<String>,
    },
    /// Tell nobody of what is known, until an instant
    Silence(Silencing),
    /// End a silence
    Unsilence {
        /// The silence: si_...
        id: SilenceId,
    },
}

#[derive(clap::Args, Debug)]
#[command(group = ArgGroup::new("scope").required(true).multiple(true).args(["code", "subject", "owner"]))]
#[command(group = ArgGroup::new("end").required(true).args(["until", "for_how_long"]))]
struct Silencing {
    /// Findings of this code, or of a whole area: renewal.failing, renewal.*
    #[arg(long, value_parser = argument::code_of_findings)]
    code: Option<String>,
    /// Findings about this endpoint, lineage or issuer, or with it behind them, such as shop.example:443
    #[arg(long)]
    subject: Option<String>,
    /// Findings of this owner
    #[arg(long)]
    owner: Option<String>,
    /// The end, as an instant, such as 2027-01-31T12:00:00Z
    #[arg(long, value_name = "RFC3339")]
    until: Option<Time>,
    /// The end, as a length of time: 2h, 3d
    #[arg(long = "for", value_name = "TIME", value_parser = argument::silence)]
    for_how_long: Option<Span>,
    /// Why: the next person will ask
    #[arg(long, value_parser = argument::words)]
    why: String,
}

impl Args {
    /// Whether a mail server reads the exit code.
    pub(crate) const fn is_for_a_mail_server(&self) -> bool {
        matches!(self.what, What::Reply { .. })
    }
}

pub(crate) async fn run(args: Args, session: &Session) -> Result<Exit, Failure> {
    let format = args.format;
    match args.what {
        What::Test { channel, owner } => test(session, TestArgs { channel, owner, to: None }, format).await,
        What::Confirm { code } => {
            let proved: Confirmed = session.operate("alert.confirm", ConfirmArgs { code }).await?;
            write(session, format, "notafter.alert-confirm/1", &proved, &text::confirmed(&proved))
        }
        What::List { all } => {
            let listing: Listing = session.operate("alert.list", ListArgs { all }).await?;
            write(session, format, "notafter.alert-list/1", &listing, &text::listing(&listing, session.clock.now()))
        }
        What::Ack { id, note } => {
            let alert: Alert = session.operate("alert.acknowledge", AcknowledgeArgs { id, note }).await?;
            write(session, format, "notafter.alert-ack/1", &alert, &text::acknowledged(&alert))
        }
        What::Reply { sender } => reply::run(session, sender.as_deref(), format).await,
        What::Silence(silencing) => {
            let silence: Silence = session.operate("alert.silence", silencing.args()).await?;
            write(session, format, "notafter.alert-silence/1", &silence, &text::silenced(&silence))
        }
        What::Unsilence { id } => {
            session.operate::<()>("alert.unsilence", UnsilenceArgs { id }).await?;
            write(session, format, "notafter.alert-unsilence/1", &json!({ "id": id }), &format!("{id} is over\n"))
        }
    }
}

impl Silencing {
    fn args(self) -> SilenceArgs {
        let Self { code, subject, owner, until, for_how_long, why } = self;
        SilenceArgs { code, subject, owner, until, for_how_long, why }
    }
}

async fn test(session: &Session, args: TestArgs, format: Format) -> Result<Exit, Failure> {
    let tested: Vec<Tested> = session.operate("alert.test", args).await?;
    write(session, format, "notafter.alert-test/1", &tested, &text::tested(&tested))?;
    let taken = |test: &Tested| matches!(test.state, DeliveryState::Accepted | DeliveryState::Confirmed);
    Ok(if tested.iter().all(taken) { Exit::Done } else { Exit::Verdict(Severity::Critical) })
}

fn write(
    session: &Session,
    format: Format,
    schema: &str,
    result: &impl Serialize,
    text: &str,
) -> Result<Exit, Failure> {
    let text = match format {
        Format::Text => terminal::fit(session.here.in_words(text)),
        Format::Json => {
            let document = json!({ "schema": schema, "result": result });
            format!("{document:#}\n")
        }
    };
    print(&text)?;
    Ok(Exit::Done)
}

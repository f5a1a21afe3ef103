//! A program of one's own: the message as JSON on its standard input, what a script needs of it as variables, and 0 as its
//! exit code when it was delivered.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notafter_inventory::model::{ChannelKind, Form, Proof, Receipt, Recipient, Setting};
use serde::Deserialize;

use super::news::{self, Mark};
use super::{Door, Notifier, NotifyError, Outgoing, event};
use crate::command::{self, CommandLine, Told};
use crate::hands::Bounds;

/// Runs a program.
pub(super) struct Command;

static KIND: ChannelKind = ChannelKind {
    name: "command",
    title: "a program of your own",
    receipt: "the program ended with 0: it answers for the delivery itself",
    proof: Proof::Answer,
    hears_who_took_it: false,
    to: Recipient::OfChannel,
    through: &["program"],
    settings: &[
        Setting::required("program", Form::Path, "what runs, without a shell, as the server's user"),
        Setting::optional("arguments", Form::Texts, "its arguments, as they are"),
        super::PROVE,
    ],
    check: ChannelKind::unchecked,
};

/// The most bytes of standard output that are read, and shown.
const OUTPUT_LIMIT: usize = 64 * 1024;
const OUTPUT_SHOWN: usize = 200;

/// The variables that a program finds, each one line; what has nothing to say is not there.
pub static VARIABLES: &[&str] = &[
    "NOTAFTER_MESSAGE_ID",
    "NOTAFTER_ALERT_ID",
    "NOTAFTER_PURPOSE",
    "NOTAFTER_SEVERITY",
    "NOTAFTER_TEXT",
    "NOTAFTER_NAME",
    "NOTAFTER_OWNER",
    "NOTAFTER_CODES",
    "NOTAFTER_TO",
];
const VARIABLE_CHARS: usize = 1_000;

#[derive(Deserialize)]
struct Settings {
    program: String,
    #[serde(default)]
    arguments: Vec<String>,
}

impl Notifier for Command {
    fn kind(&self) -> &'static ChannelKind {
        &KIND
    }

    fn render(&self, outgoing: &Outgoing<'_>) -> Result<Vec<u8>, NotifyError> {
        event::bytes(outgoing)
    }

    fn send<'a>(
        &'a self,
        outgoing: &'a Outgoing<'a>,
        rendered: Vec<u8>,
        door: &'a Door,
    ) -> BoxFuture<'a, Result<Receipt, NotifyError>> {
        async move {
            let Settings { program, arguments } = outgoing.settings()?;
            let line = CommandLine::new(program, arguments);
            let told = Told { input: rendered, variables: variables(outgoing) };
            let output = command::run_with(&Bounds::own(), &line, told, door.within, OUTPUT_LIMIT).await?;
            let said = news::line(&String::from_utf8_lossy(&output.stdout), OUTPUT_SHOWN);
            Ok(Receipt { detail: format!("exit code 0 {said}").trim_end().to_owned(), end_to_end: true })
        }
        .boxed()
    }
}

/// What stands in the document as well, for a script that does not read JSON. Name, owner and codes are those of the one
/// alert that it tells of.
fn variables(outgoing: &Outgoing<'_>) -> Vec<(&'static str, String)> {
    let delivery = outgoing.delivery;
    let all = news::all(delivery);
    let one = match all.as_slice() {
        [one] => Some(one),
        _ => None,
    };
    let purpose = serde_json::to_value(delivery.purpose).ok();
    let said = [
        ("NOTAFTER_MESSAGE_ID", Some(delivery.id.to_string())),
        ("NOTAFTER_ALERT_ID", delivery.alert_id.map(|id| id.to_string())),
        ("NOTAFTER_PURPOSE", purpose.and_then(|purpose| purpose.as_str().map(str::to_owned))),
        ("NOTAFTER_SEVERITY", severity(Mark::of(delivery)).map(str::to_owned)),
        ("NOTAFTER_TEXT", Some(delivery.message.subject.clone())),
        ("NOTAFTER_NAME", one.and_then(|one| one.name).map(str::to_owned)),
        ("NOTAFTER_OWNER", one.and_then(|one| one.owner).map(str::to_owned)),
        ("NOTAFTER_CODES", one.map(|one| one.codes.join(" "))),
        ("NOTAFTER_TO", delivery.to.clone()),
    ];
    let lines = said.map(|(name, value)| (name, news::line(&value.unwrap_or_default(), VARIABLE_CHARS)));
    lines.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// The worst that holds; what is over is well.
const fn severity(mark: Mark) -> Option<&'static str> {
    match mark {
        Mark::Critical => Some("critical"),
        Mark::Warning => Some("warning"),
        Mark::Unknown => Some("unknown"),
        Mark::Recovered => Some("ok"),
        Mark::Note => None,
    }
}

//! A program of one's own: the message as JSON on its standard input, and 0 as its exit code when it was delivered.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use notafter_inventory::model::{ChannelKind, Form, Proof, Receipt, Recipient, Setting};
use serde::Deserialize;

use super::{Door, Notifier, NotifyError, Outgoing, event, news};
use crate::command::{self, CommandLine};
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
    settings: &[
        Setting::required("program", Form::Path, "what runs, without a shell, as the server's user"),
        Setting::optional("arguments", Form::Texts, "its arguments, as they are"),
    ],
    check: ChannelKind::unchecked,
};

/// The most bytes of standard output that are read, and shown.
const OUTPUT_LIMIT: usize = 64 * 1024;
const OUTPUT_SHOWN: usize = 200;

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
            let output =
                command::run_with(&Bounds::own(), &line, rendered, door.within, OUTPUT_LIMIT).await?;
            let said = news::line(&String::from_utf8_lossy(&output.stdout), OUTPUT_SHOWN);
            Ok(Receipt { detail: format!("exit code 0 {said}").trim_end().to_owned(), end_to_end: true })
        }
        .boxed()
    }
}
